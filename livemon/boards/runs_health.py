"""The health of compared runs: the findings in their rows, as words beside each run and as notices of a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.boards.model import Notice
from livemon.boards.notices import bad_word, describe_health, notices_of
from livemon.health.advice import without_stop
from livemon.health.checkup import Checkup
from livemon.health.finding import Finding, Kind, Severity, Verdict
from livemon.runs.experiment import ExperimentLoader
from livemon.states import Reason, State

__all__ = ["MOST_JUDGED", "RunHealth", "health_of", "health_of_runs", "notices_of_runs", "describe_problems",
           "worst_runs_first"]

MOST_JUDGED = 50  # runs: judging a run takes longer than reading and ranking it
_LONGEST_WORDS = 60  # characters


@dataclass(frozen=True, slots=True)
class RunHealth:
    """The health of a run by its rows.

    Attributes:
        verdict: The verdict.
        problems: The warnings in a few words; "" for none.
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
    findings = tuple(without_stop(finding, run.ended) for finding in checkup.findings
                     if finding.severity is not Severity.INFO)
    problems = ", ".join([*_since_when_bad(findings, checkup.axis), *describe_health(findings, checkup.axis)])
    return RunHealth(checkup.verdict(checkup.findings), wording.clipped(problems, _LONGEST_WORDS), findings)


def health_of_runs(runs: MultiExperimentLoader, names: Sequence[str] | None = None, *, stacklevel: int = 2
                   ) -> dict[str, RunHealth]:  # fmt: skip
    """The health of the first of these runs. `names`: None for all runs."""
    return runs.only([*(runs.names if names is None else names)][:MOST_JUDGED]).read(
        health_of, stacklevel=stacklevel + 1)


def describe_problems(run: ExperimentLoader, findings: Sequence[Finding], axis: str) -> str:
    """The problems of a run in a few words: why it failed, the findings, irregularities of its files; if there are none
    of these, its worst finding.

    Args:
        run: The run as read last.
        findings: The findings on its health, the worst first.
        axis: The axis of their positions.
    """
    counts: dict[str, int] = {}
    for anomaly in run.anomalies:
        counts[anomaly.kind] = counts.get(anomaly.kind, 0) + anomaly.count
    problems = [*_why_failed(run), *_since_when_bad(findings, axis), *describe_health(findings, axis),
                *(f"{wording.count(count)} {kind}" if count > 1 else kind for kind, count in counts.items() if count)]
    worst = next((finding for finding in findings if finding.severity.rank), None)
    if not problems and worst is not None:
        problems = [wording.clipped(worst.message, _LONGEST_WORDS)]
    return ", ".join(problems)


def _since_when_bad(findings: Sequence[Finding], axis: str) -> list[str]:
    return [f"{bad_word(finding)} {'at' if finding.is_over else 'since'} {_place(finding.since, axis)}"
            for finding in findings if finding.kind is Kind.NAN]


def _why_failed(run: ExperimentLoader) -> list[str]:
    """The error of a failed run, or else the reason."""
    if run.state != State.FAILED:
        return []
    if run.reason in (None, Reason.ERROR, Reason.NAN, Reason.OUT_OF_MEMORY):
        evidence = "" if run.state_evidence.endswith(" says so") else run.state_evidence  # this gives no reason
        return [wording.setting(evidence, _LONGEST_WORDS) or "failed"]
    return [str(run.reason)]


def _place(at: float | None, axis: str) -> str:
    return "the start" if at is None else wording.count(at) if axis == "step" else f"{axis} {wording.count(at)}"


def worst_runs_first(health: Mapping[str, RunHealth], first: str | None = None) -> list[str]:
    """The runs with problems: the one ranked first, then critical ones, then the others."""
    sick = [name for name, run_health in health.items() if run_health.findings]
    return sorted(sick, key=lambda name: (name != first, -health[name].verdict.rank))


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
