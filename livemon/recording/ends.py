"""The error that ended a training -> the state of the run."""

from __future__ import annotations

import signal
import time

from livemon.recording.problems import kind_and_message
from livemon.states import Reason, Standing, State, reason_in, standing_after_exit
from livemon.system.environment import job_ends_at

__all__ = ["standing_after", "standing_after_sigterm"]

SIGTERM_STATUS = 128 + signal.SIGTERM  # the exit status of a script that ended because of this signal
BEFORE_TIME_LIMIT_SECONDS = 300.0  # a job may ask Slurm for the signal this long before its end: `--signal=TERM@300`
_STOPPED_BY = {"KeyboardInterrupt", "GeneratorExit", "CancelledError"}
_PRUNED_BY = {"TrialPruned"}  # Optuna's, and the class of the same name in its integrations


def standing_after(error: BaseException | None) -> Standing:
    """The state of a training that ended with this error."""
    if error is None:
        return Standing(State.FINISHED)
    words = kind_and_message(error)
    if isinstance(error, SystemExit):
        if error.code == SIGTERM_STATUS:
            return standing_after_sigterm()
        if error.code is None or error.code == 0:
            return Standing(State.FINISHED)
        if isinstance(error.code, int):
            return standing_after_exit(error.code, words)
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _STOPPED_BY:
        return Standing(State.STOPPED, Reason.INTERRUPTED, words)
    if names & _PRUNED_BY:
        return Standing(State.STOPPED, Reason.PRUNED, words)
    return Standing(State.FAILED, reason_in(f"{' '.join(names)} {words}") or Reason.ERROR, words)


def standing_after_sigterm() -> Standing:
    """The state of a training that a scheduler ended: at its time limit, or because the machine is needed."""
    ends = job_ends_at()
    if ends is not None and ends - time.time() < BEFORE_TIME_LIMIT_SECONDS:
        return Standing(State.FAILED, Reason.TIME_LIMIT, "SIGTERM")
    return Standing(State.FAILED, Reason.PREEMPTED, "SIGTERM")
