"""Why the conditions beside the rows (clock, disk, checkpoints) cannot be judged."""

from __future__ import annotations

from livemon.health.advice import Saved
from livemon.health.finding import Kind, NotJudged
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.liveness import has_living_process
from livemon.runs.notes import read_note
from livemon.runs.time_left import time_left
from livemon.states import State
from livemon.system.disk_space import free_bytes

__all__ = ["unjudged_beside_the_rows"]


def unjudged_beside_the_rows(run: ExperimentLoader, saved: Saved) -> list[NotJudged]:
    """The kinds that cannot be judged for a run although they may concern it: a run that has ended cannot stall.

    Args:
        run: The run; its owner refreshes it.
        saved: Its checkpoints whose names give a step.
    """
    ended = run.ended
    reasons = {
        Kind.STALL: "" if ended else _why_no_rhythm(run),
        Kind.TIME_LIMIT: "" if ended else _why_no_end(run),
        Kind.DISK: _why_no_room(run),
        Kind.BEST_NOT_SAVED: _why_no_best(run, saved),
    }
    return [NotJudged(kind, why) for kind, why in reasons.items() if why]


def _why_no_rhythm(run: ExperimentLoader) -> str:
    pace = run.pace
    if pace.last_row_at is None or not pace.is_known:
        return "when the newest row came is not known"
    has_rhythm = pace.usual_seconds is not None or pace.mean_seconds is not None
    return "" if has_rhythm or has_living_process(run.exp_dir) else "the usual time between rows is not known yet"


def _why_no_end(run: ExperimentLoader) -> str:
    """Without a time limit there is nothing to judge."""
    if read_note(run.exp_dir).job_ends is None or time_left(run) is not None:
        return ""
    return "the job's time limit is known, but not how much time the run needs"


def _why_no_room(run: ExperimentLoader) -> str:
    is_unknown = run.state in (State.RUNNING, State.WAITING) and free_bytes(run.exp_dir) is None
    return "how much room the disk has is not known" if is_unknown else ""


def _why_no_best(run: ExperimentLoader, saved: Saved) -> str:
    """Without checkpoints there is nothing to keep, which is no fault."""
    if not saved:
        return ""
    metric = run.main_metric()
    if metric is None:
        return "no metric says which step is the best"
    return "" if run.direction(metric) is not None else "whether less or more of the main metric is better is not known"
