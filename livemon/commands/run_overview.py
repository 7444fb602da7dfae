"""The present state of a run, as a list of runs shows it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livemon.boards.runs_health import describe_problems
from livemon.health.examination import Examination
from livemon.health.finding import Verdict
from livemon.health.run_object import RunObject, run_object
from livemon.runs.experiment import ExperimentLoader
from livemon.states import Reason, State
from livemon.tables.anomalies import why_refused

__all__ = ["OVERVIEW_FIELDS", "RunOverview", "overview_of"]

OVERVIEW_FIELDS = ("format", "state", "reason", "verdict", "age", "problems")  # the fields to filter, sort and show by


@dataclass(frozen=True, slots=True)
class RunOverview:
    """The present state of a run.

    Attributes:
        format: The format of its metrics.
        state, reason, evidence: Its state and the reasons for it.
        verdict: The verdict on its health; None if nobody looked.
        age: Seconds since its newest row.
        problems: Its problems, in a few words.
        why_empty: Why its files give no rows.
        steps, epochs: The numbers of a finished run; None for any other.
        run_object: The run object; None if the run could not be read, or nobody looked.
        choice: Which files of the run are shown, in words; "" if there is only one file.
    """

    format: str | None = None
    state: State | None = None
    reason: Reason | None = None
    verdict: Verdict | None = None
    age: float | None = None
    problems: str = ""
    why_empty: str = ""
    evidence: str = ""
    steps: int | None = None
    epochs: int | float | None = None
    run_object: RunObject | None = None
    choice: str = ""

    @property
    def severity(self) -> int:
        """The severity of its worst problem; 0 for none."""
        return self.verdict.rank if self.verdict is not None else 0


def overview_of(folders: Sequence[Path], header: Sequence[str]) -> RunOverview:
    """The state of the run in these folders, the oldest first."""
    try:
        run = ExperimentLoader(list(folders), header=header)
        run.refresh()
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return RunOverview(state=State.UNKNOWN, verdict=Verdict.UNKNOWN, problems=problem)
    last = run.pace.last_row_at
    age = None if last is None else max(time.time() - last, 0.0)
    examination = Examination(run)
    judged = run_object(run, examination)
    problems = describe_problems(run, judged.findings, examination.checkup.axis)
    why = why_refused(run.anomalies) if not judged.rows else ""
    made = run.made() if run.state == State.FINISHED else (None, None)
    return RunOverview(run.format or None, run.state, run.reason, judged.verdict, age, problems, why,
                       run.state_evidence, *made, judged, run.choice)
