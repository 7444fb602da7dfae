"""A training that has failed: its process is gone, or it reported a failure."""

from __future__ import annotations

from livemon.health.disk import has_full_disk
from livemon.health.finding import Finding, Kind, Severity
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.last_output import LastOutput
from livemon.states import Reason, State
from livemon.wording import clipped

__all__ = ["find_failure"]

_LONGEST_NAME, _LONGEST_LINE = 40, 100  # characters
_GONE = frozenset((Reason.KILLED, Reason.PREEMPTED))


def find_failure(run: ExperimentLoader, output: LastOutput | None) -> Finding | None:
    """A run that failed, and why. `output`: its last output, if known."""
    if run.state != State.FAILED or run.reason == Reason.TIME_LIMIT:  # a time limit is a finding of its own
        return None
    gone = run.reason in _GONE
    failed = f"the run failed{f' ({run.reason})' if run.reason else ''}"
    marker = run.state_evidence.removesuffix(" says so")
    message = f"{failed}, as {marker} says" if marker != run.state_evidence else f"{failed}: {marker}"
    advice = {
        Reason.OUT_OF_MEMORY: "use smaller batches, or accumulate gradients over several",
        Reason.KILLED: "look at the system log: did memory run out, or did somebody kill it?",
        Reason.PREEMPTED: "resume from the newest checkpoint",
    }.get(run.reason or Reason.ERROR, "look at the end of its output")
    if run.reason == Reason.KILLED and has_full_disk(run):  # then it could not write how it ended, nor its last rows
        advice = "its disk is full: rows may be missing, and perhaps the note that it finished; free some space"
    if output is not None:
        file, line = clipped(output.path.name, _LONGEST_NAME), clipped(output.lines[-1], _LONGEST_LINE)
        advice = f"{advice}; {file} ends with {line!r}"
    return Finding(Kind.PROCESS_GONE if gone else Kind.FAILED, Severity.CRITICAL, "", None, None, None, message, advice)
