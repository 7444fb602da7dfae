"""All that is known of a run's health at one moment: what its rows say, and what the clock, the process, the disk and
the checkpoints do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from livemon.analysis.checkpoints.listing import steps_of_checkpoints
from livemon.health.best_not_saved import find_unsaved_best
from livemon.health.checkup import Checkup
from livemon.health.disk import find_full_disk
from livemon.health.finding import Finding, Kind, NotJudged, Severity, Verdict, worst_first
from livemon.health.process_gone import find_failure
from livemon.health.stall import find_stall
from livemon.health.time_limit import find_time_limit
from livemon.health.unread import why_unread
from livemon.runs.experiment import ExperimentLoader
from livemon.wording import clipped, count

__all__ = ["Examination"]

_Value = TypeVar("_Value")

_RESUMED = frozenset((Kind.NAN, Kind.DIVERGENCE, Kind.COLLAPSE))  # what one goes back behind
_KEPT = frozenset((Kind.OVERFITTING,))
_LOOK_AGAIN_SECONDS = 5.0  # for files that may not be read, and for checkpoints
_CLOCK_SECONDS = 1.0  # what the clock, the process and the disk say


class Examination:
    """The health of a run, asked again and again as it grows.

    Args:
        run: It is refreshed by whoever owns it.
        clock: Unix seconds.

    Attributes:
        checkup: What the rows say.
    """

    def __init__(self, run: ExperimentLoader, clock: Callable[[], float] = time.time) -> None:
        self._run = run
        self._clock = clock
        self.checkup = Checkup(run)
        self._unread: _Kept[str] = _Kept(_LOOK_AGAIN_SECONDS)
        self._checkpoints: _Kept[tuple[list[tuple[float, str]], Finding | None]] = _Kept(_LOOK_AGAIN_SECONDS)
        self._clocked: _Kept[list[Finding | None]] = _Kept(_CLOCK_SECONDS)

    def findings(self, *, ended: bool | None = None) -> tuple[Finding, ...]:
        """What is found now, the worst first. Judges the rows that are new. `ended`: `run.ended`, where the caller has
        just asked for it."""
        self.checkup.update()
        run, now = self._run, self._clock()
        same = run.ended if ended is None else ended, tuple(run.exp_dirs)
        clocked = self._clocked.get(now, same, lambda: [
            find_failure(run), find_stall(run, now), find_time_limit(run, now), find_full_disk(run)])
        of_rows = self.checkup.findings
        saved, unsaved = self._checkpoints.get(now, same, self._list_checkpoints)
        if saved:
            of_rows = tuple(_with_checkpoint(finding, saved) for finding in of_rows)
        return worst_first([*of_rows, *(finding for finding in (*clocked, unsaved) if finding is not None)])

    def _list_checkpoints(self) -> tuple[list[tuple[float, str]], Finding | None]:
        """The checkpoints, and whether the best step has none, for which every point is looked at."""
        saved = steps_of_checkpoints(self._run)
        return saved, find_unsaved_best(self._run, self._run.main_metric()) if saved else None

    def verdict(self, findings: Sequence[Finding]) -> Verdict:
        """What these findings say. Without a warning a run is unknown where rows of it could not be read."""
        verdict = self.checkup.verdict(findings)
        return Verdict.UNKNOWN if verdict is Verdict.HEALTHY and self.why_unread else verdict

    @property
    def why_unread(self) -> str:
        """Why not all rows could be read; "" where all could. It is looked for every few seconds."""
        return self._unread.get(self._clock(), None, lambda: why_unread(self._run))

    @property
    def not_judged(self) -> tuple[NotJudged, ...]:
        """The conditions that could be judged of no metric, and why."""
        return self.checkup.not_judged


class _Kept(Generic[_Value]):
    """A value that costs something to find, kept for some seconds while what it depends on is the same."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._found: tuple[float, object, _Value] | None = None

    def get(self, now: float, of: object, find: Callable[[], _Value]) -> _Value:
        """The value of `of`, which is found where it is not known or too old."""
        if self._found is None or self._found[1] != of or not 0 <= now - self._found[0] < self._seconds:
            self._found = now, of, find()
        return self._found[2]


def _with_checkpoint(finding: Finding, saved: Sequence[tuple[float, str]]) -> Finding:
    """The finding with the checkpoint to go back to, or to keep."""
    if finding.since is None or finding.kind not in _RESUMED | _KEPT or finding.severity is Severity.INFO:
        return finding
    since = finding.since
    if finding.kind in _KEPT:
        step, name = min(saved, key=lambda one: abs(one[0] - since))
        advice = f"keep {clipped(name, 80)} (step {count(step)}), the checkpoint nearest to the best; {finding.advice}"
    else:
        before = [one for one in saved if one[0] < since]
        if not before:
            return replace(finding, advice=f"no checkpoint is older than this; {finding.advice}")
        step, name = before[-1]
        advice = f"{clipped(name, 80)} (step {count(step)}) is the last checkpoint before it; {finding.advice}"
    return replace(finding, advice=advice, evidence={**finding.evidence, "checkpoint": name, "checkpoint_step": step})
