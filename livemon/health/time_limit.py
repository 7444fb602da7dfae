"""A job whose scheduler will end it before the training is complete."""

from __future__ import annotations

from livemon import wording
from livemon.health.finding import Finding, Kind, Severity
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.notes import read_note
from livemon.runs.time_left import time_left
from livemon.states import Reason

__all__ = ["find_time_limit"]


def find_time_limit(run: ExperimentLoader, now: float) -> Finding | None:
    """Find out whether a time limit comes before the run's end at its present pace, or has ended it. `now`: unix
    seconds."""
    if run.reason == Reason.TIME_LIMIT:
        return Finding(Kind.TIME_LIMIT, Severity.WARNING, "", None, None, None,
                       "the run was ended at its job's time limit", "resume from the newest checkpoint in another job")
    ends = read_note(run.exp_dir).job_ends
    if run.ended or ends is None or (left := time_left(run)) is None or ends < now:
        return None
    limit = ends - now
    if left.seconds <= limit:
        return None
    sure = left.low is None or left.low > limit
    return Finding(
        Kind.TIME_LIMIT, Severity.WARNING if sure else Severity.INFO, "", None, None, limit,
        f"the job ends in {wording.duration(limit)}, and the run needs about {wording.duration(left.seconds)}",
        "ask for more time, or make sure that a checkpoint is saved in time, and resume from it",
        evidence={"job_ends_in_seconds": limit, "seconds_left": left.seconds})
