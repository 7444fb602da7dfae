"""How long a training will still take, and how sure that is, where the number of its steps is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livemon.runs.liveness import pause_among
from livemon.tables import names
from livemon.tables.table import Table

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["TimeLeft", "seconds_left", "time_left"]

_RECENT = 500  # rows from which the pace is taken
_PARTS = 10  # of them: by how much their paces differ is how sure the time is
_SHIFT = 1.5  # times: where all later parts differ so much from all earlier ones, the pace has changed
_ERRORS = 2.0  # standard errors: the interval holds the end in 19 of 20 trainings whose pace stays as it is


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How many seconds a training will still take: by its recent pace, and the interval in which that lies. `low` and
    `high` are None if there are too few rows."""

    seconds: float
    low: float | None = None
    high: float | None = None


def time_left(run: ExperimentLoader) -> TimeLeft | None:
    """Of a run that goes on; None where its steps or its pace are not known, or it has ended."""
    total, step_name = run.total_steps, run.x_column("step")
    tables = [table for table in run.tables if not table.is_supplement and table.n_rows]
    if not total or step_name is None or run.ended or not tables:
        return None
    steps = tables[-1].x_column(step_name)
    if steps is None or not len(steps) or not math.isfinite(step := float(steps.values[-1])):
        return None
    return seconds_left(tables[-1], step_name, run.x_column("time"), total - step, run.pace.usual_seconds)


def seconds_left(table: Table, step_name: str, time_name: str | None, steps_left: float, usual_seconds: float | None
                 ) -> TimeLeft | None:  # fmt: skip
    """The steps that are left times the recent pace: of the time column, or else of the rows' arrival."""
    column = table.x_column(step_name)
    if column is None or len(column) < 3 or steps_left <= 0:
        return None
    recent = column.rows_from(max(len(column) - _RECENT, 0))
    ends = recent[[0, -1]]
    steps = float(np.diff(table.at_rows(column.name, ends))[0])
    times = table.x_column(time_name) if time_name else None
    seconds, paces = math.nan, np.empty(0)
    if times is not None and len(times):
        unit = names.seconds_in(float(times.values[0]))
        at = _without_pause(table.at_rows(times.name, recent) * unit)
        seconds = float(at[-1] - at[0])
        if len(recent) > 2 * _PARTS:
            borders = np.linspace(0, len(recent) - 1, _PARTS + 1).astype(np.int64)
            with np.errstate(all="ignore"):
                paces = np.diff(at[borders]) / np.diff(table.at_rows(column.name, recent[borders]))
            paces = paces[np.isfinite(paces) & (paces > 0)]
    if not seconds > 0 and usual_seconds:
        seconds = usual_seconds * float(ends[1] - ends[0])
    if not (steps > 0 and seconds > 0):
        return None
    lately = _since_it_changed(paces)
    left = steps_left * (seconds / steps if len(lately) == len(paces) else float(lately.mean()))
    if len(lately) < _PARTS // 2:
        return TimeLeft(left)
    error = steps_left * float(lately.std(ddof=1)) / math.sqrt(len(lately)) * _ERRORS
    return TimeLeft(left, max(left - error, 0.0), left + error)


def _without_pause(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The times of rows without a pause among them, in which nothing was computed."""
    gaps = np.diff(times)
    if (pause := pause_among(gaps)) is None:
        return times
    return np.where(np.arange(len(times)) > pause, times - gaps[pause] + np.median(gaps), times)


def _since_it_changed(paces: NDArray[np.float64]) -> NDArray[np.float64]:
    """The paces behind the last change of pace; all where it has not changed, as by a validation now and then."""
    start = 1
    while start < len(paces) - 1:
        before, after = paces[:start], paces[start:]
        if after.min() > _SHIFT * before.max() or _SHIFT * after.max() < before.min():
            paces, start = after, 0
        start += 1
    return paces
