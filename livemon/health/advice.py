"""What to do about all findings together. The most urgent action comes first, and at most one checkpoint is named to
resume from and one to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from livemon.health.finding import Finding, Kind, Severity
from livemon.wording import clipped, count

__all__ = ["Saved", "advised", "named_checkpoint", "without_stop"]

Saved = Sequence[tuple[float, Path]]

_RESUMED = frozenset((Kind.NAN, Kind.DIVERGENCE, Kind.COLLAPSE))  # faults before which to resume
_STOP = "stop, and "
_BEFORE, _NEWEST = "resume from a checkpoint before it", "resume from the newest checkpoint"
_LONGEST_PATH = 200


def advised(findings: Sequence[Finding], saved: Saved, unsaved: Finding | None, *, is_ended: bool) -> list[Finding]:
    """The findings with advice: the checkpoint to resume from, or the one to keep.

    Args:
        findings: The findings, the worst first.
        saved: The checkpoints, the lowest step first.
        unsaved: The finding about a best step without a checkpoint.
        is_ended: Whether the run has ended, so that nothing can be stopped.
    """
    made = [without_stop(finding, is_ended or finding.is_over) for finding in findings]
    fatal = [index for index, finding in enumerate(made) if finding.kind in _RESUMED and finding.since is not None
             and finding.severity is not Severity.INFO and not finding.is_over]
    since = min((made[index].since or 0.0 for index in fatal), default=None)
    if saved and since is not None:
        made[fatal[0]] = _resumed(made[fatal[0]], [checkpoint for checkpoint in saved if checkpoint[0] < since])
    # Keep the best checkpoint, even if the run resumes from a later one.
    made = [_kept(finding, saved) if finding.kind is Kind.OVERFITTING and finding.severity is not Severity.INFO else
            finding for finding in made]
    is_named = named_checkpoint(made) is not None
    if any("checkpoint_step" in made[index].evidence for index in fatal):  # one to resume from, and no other to keep
        made = [_referring(finding) for finding in made]
    if unsaved is not None:
        kept = unsaved.evidence.get("keep_step")
        is_later = since is not None and isinstance(kept, int | float) and kept >= since
        if is_named or is_later:
            unsaved = replace(unsaved, advice="save a checkpoint at each best step")
        made.append(replace(unsaved, evidence={}) if is_later else unsaved)
    return made


def named_checkpoint(findings: Sequence[Finding]) -> str | None:
    """The path of the checkpoint that the advice names, or None."""
    return next((str(finding.evidence["path"]) for finding in findings if "checkpoint_step" in finding.evidence), None)


def _referring(finding: Finding) -> Finding:
    """The finding with words that refer to the checkpoint named elsewhere."""
    if "checkpoint_step" in finding.evidence:
        return finding
    advice = finding.advice
    for text in (_BEFORE, _NEWEST):
        advice = advice.replace(text, "resume from the named checkpoint")
    return finding if advice == finding.advice else replace(finding, advice=advice)


def without_stop(finding: Finding, has_ended: bool) -> Finding:
    """The advice without "stop the run" if the run, or the problem, is over."""
    if not has_ended:
        return finding
    advice = finding.advice.removeprefix(_STOP).removeprefix("end the run, or ").removesuffix("; else end the run")
    return finding if advice == finding.advice else replace(finding, advice=advice)


def _resumed(finding: Finding, before: Saved) -> Finding:
    if not before:
        again = finding.advice.replace(_BEFORE, "start again")
        return replace(finding, advice=f"no checkpoint is older than this; {again}")
    step, path = before[-1]
    stop = _STOP if finding.advice.startswith(_STOP) else ""
    rest = finding.advice.removeprefix(_STOP).removeprefix(_BEFORE).lstrip(", ")
    rest = rest if rest.startswith("with ") else f"and {rest}"
    return _naming(finding, f"{stop}resume from {_text(path)}, {rest}", step, path)


def _kept(finding: Finding, saved: Saved) -> Finding:
    best = finding.evidence.get("best_at", finding.since)
    if not isinstance(best, int | float):
        return finding
    if not saved:
        return replace(finding, advice=f"no checkpoint is known of the best at {count(best)}; {finding.advice}")
    step, path = min(saved, key=lambda checkpoint: abs(checkpoint[0] - best))
    which = "the best" if step == best else f"the nearest to the best at {count(best)}"
    return _naming(finding, f"keep {_text(path)}, {which}; {finding.advice}", step, path)


def _naming(finding: Finding, advice: str, step: float, path: Path) -> Finding:
    return replace(finding, advice=advice, evidence={**finding.evidence, "checkpoint": path.name, "path": str(path),
                                                     "checkpoint_step": step})


def _text(path: Path) -> str:
    return clipped(str(path), _LONGEST_PATH)
