"""How long a training will still take, and how certain that is, if the number of its steps is known."""

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

_RECENT = 500  # rows from which the pace is computed
_PARTS = 10  # of these rows; the differences between their paces give the interval
_SHIFT = 1.5  # times; if all later parts differ this much from all earlier parts, the pace has changed
_ERRORS = 2.0  # standard errors: the interval includes the end in 19 of 20 trainings whose pace does not change


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """The seconds that a training will still take at its recent pace, and their interval. `low` and `high` are None if
    there are too few rows."""

    seconds: float
    low: float | None = None
    high: float | None = None


def time_left(run: ExperimentLoader) -> TimeLeft | None:
    """The time left of a run; None if its steps or its pace are not known, or if it has ended."""
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
    """The steps that are left times the recent pace, from the time column or else from the arrival of rows."""
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
    """The times of rows, without a pause in which nothing was computed."""
    gaps = np.diff(times)
    if (pause := pause_among(gaps)) is None:
        return times
    return np.where(np.arange(len(times)) > pause, times - gaps[pause] + np.median(gaps), times)


def _since_it_changed(paces: NDArray[np.float64]) -> NDArray[np.float64]:
    """The paces after the last lasting change of pace, or all of them; an occasional validation is not a change."""
    start = 1
    while start < len(paces) - 1:
        before, after = paces[:start], paces[start:]
        if after.min() > _SHIFT * before.max() or _SHIFT * after.max() < before.min():
            paces, start = after, 0
        start += 1
    return paces
