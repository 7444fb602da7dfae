"""The health of runs that are compared: what their rows say, in words beside each, and as notices of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from livemon import wording
from livemon.boards.model import Notice
from livemon.boards.notices import notices_of, words_of_health
from livemon.health.checkup import Checkup
from livemon.health.finding import Finding, Kind, Severity, Verdict
from livemon.runs.experiment import ExperimentLoader

__all__ = ["RunHealth", "health_of", "notices_of_runs", "worst_runs_first"]

_LONGEST_WORDS = 60  # characters
_SEVERITY = {Verdict.CRITICAL: 2, Verdict.WARNING: 1}


@dataclass(frozen=True, slots=True)
class RunHealth:
    """What the rows of a run say.

    Attributes:
        verdict: Of them.
        problems: The warnings in few words; "" for none.
        findings: The warnings, the worst first.
    """

    verdict: Verdict
    problems: str
    findings: tuple[Finding, ...]


def health_of(run: ExperimentLoader) -> RunHealth:
    """Judge the rows of a run; see `MultiExperimentLoader.read`."""
    run.refresh()
    checkup = Checkup(run)
    checkup.update()
    findings = tuple(one for one in checkup.findings if one.severity is not Severity.INFO)
    words = [f"NaN since {_place(one.since, checkup.axis)}" for one in findings if one.kind is Kind.NAN]
    problems = ", ".join([*words, *words_of_health(findings, checkup.axis)])
    return RunHealth(checkup.verdict(checkup.findings), wording.clipped(problems, _LONGEST_WORDS), findings)


def _place(at: float | None, axis: str) -> str:
    return "the start" if at is None else wording.count(at) if axis == "step" else f"{axis} {wording.count(at)}"


def worst_runs_first(health: Mapping[str, RunHealth], first: str | None = None) -> list[str]:
    """The runs with problems: the one that is ranked first, then those that are critical, then the others."""
    sick = [name for name, one in health.items() if one.findings]
    return sorted(sick, key=lambda name: (name != first, -_SEVERITY.get(health[name].verdict, 0)))


def notices_of_runs(health: Mapping[str, RunHealth], labels: Mapping[str, str], first: str | None
                    ) -> tuple[Notice, ...]:  # fmt: skip
    """The worst finding of each run, with the run's name."""
    notices = []
    for name in worst_runs_first(health, first):
        (notice,) = notices_of(health[name].findings[:1], kept=True) or (None,)
        if notice is not None:
            best = ", which is ranked first" if name == first else ""
            notices.append(Notice(notice.kind, notice.severity, notice.metric, notice.since,
                                  f"{wording.clipped(labels.get(name, name), 80)}{best}: {notice.text}", notice.advice,
                                  notice.is_over))
    return tuple(notices)
