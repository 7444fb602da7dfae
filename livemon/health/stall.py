"""Rows that stop coming although the training has not ended."""

from __future__ import annotations

from livemon import wording
from livemon.health.finding import Finding, Kind, Severity
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.liveness import STALLED_AT_LEAST_SECONDS, has_living_process

__all__ = ["find_stall"]


def find_stall(run: ExperimentLoader, now: float) -> Finding | None:
    """Find out whether rows have stopped for far longer than usual. It is a warning only if the process is known to
    run, or rows were seen to come: else the training may have ended long ago.

    now: The time in unix seconds.
        now: Unix seconds.
    """
    pace = run.pace
    if run.ended or pace.last_row_at is None or not pace.is_known:
        return None
    age = now - pace.last_row_at
    is_stalled = pace.is_stalled(age)
    if is_stalled is False or age <= STALLED_AT_LEAST_SECONDS:
        return None
    lives = has_living_process(run.exp_dir)
    if is_stalled is None and not lives:
        return None
    usual = f", {pace.usual_in_words}" if pace.usual_in_words else ""
    what = "its process runs" if lives else "it is not known whether the run has ended"
    return Finding(
        Kind.STALL, Severity.WARNING if (lives and pace.usual_seconds) or pace.was_seen else Severity.INFO, "", None,
        None, age, f"no new row for {wording.duration(age)}{usual}; {what}",
        "look at the process: is it waiting for data, for another rank, or for a lock?" if lives else
        "look whether its process is there: if so, it may wait for data, for another rank, or for a lock",
        evidence={"seconds": age, "usual_seconds": pace.usual_seconds})
