"""The points of a run's metric, over an axis shared with other runs."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.notes import read_note
from livemon.tables import names

__all__ = ["ALIGNMENTS", "Points", "PointQuery", "common_kind", "meant_by", "metrics_of", "read_points", "shared_range"]

Array = NDArray[np.float64]
ALIGNMENTS = ("step", "epoch", "time", "wall", "row")  # time: since the run's start; wall: clock time

_UNIX = 1e8  # seconds; a smaller number is not a time stamp


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a metric; the newest attempt wins where several overlap.

    Attributes:
        metric: The column's name.
        kind: The kind of x; see `ALIGNMENTS`, or the name of a column.
        x: shape (n,), float64, finite, not decreasing.
        y: shape (n,), float64; NaN and infinity as logged.
    """

    metric: str
    kind: str
    x: Array
    y: Array

    def until(self, end: float) -> Points:
        """The points up to an x."""
        kept = self.x <= end
        return Points(self.metric, self.kind, self.x[kept], self.y[kept])


@dataclass(frozen=True, slots=True)
class PointQuery:
    """Asks a run for points; an object, so that it can be sent to another process.

    Attributes:
        metrics: Names of metrics; () for all. Well-known names find the run's own spelling.
        x: See `ALIGNMENTS`; None: the run's step, else its epoch, else the row.
    """

    metrics: tuple[str, ...]
    x: str | None = None

    def __call__(self, run: ExperimentLoader) -> dict[str, Points]:
        """The points by requested name; metrics that the run lacks are left out.

        Raises:
            KeyError: The run does not have this x.
        """
        known = metrics_of(run)
        wanted = self.metrics or tuple(known)
        own_names = {name: own for name in wanted if (own := meant_by(run, name, known)) is not None}
        for name, own in own_names.items():
            if own != name:
                why = "is a single number" if name in known else "is not a column"
                warnings.warn(f"{run.label}: {name!r} {why}; {own!r} is used for it", stacklevel=2)
        self._say_what_is_a_mean(run, own_names)
        return {name: read_points(run, own, self.x) for name, own in own_names.items()}

    def _say_what_is_a_mean(self, run: ExperimentLoader, own_names: Mapping[str, str]) -> None:
        """Warn about metrics that are compared by the mean over several writers."""
        means = [name for name, own in own_names.items() if run.columns.has_several_writers(own)]
        if means:
            of = wording.listed(means, 3)
            warnings.warn(f"{run.label}: of {of}, the mean over each {run.columns.writers} is compared", stacklevel=3)


def metrics_of(run: ExperimentLoader) -> list[str]:
    """The names of the run's present metrics."""
    run.refresh()
    return run.metric_names


def meant_by(run: ExperimentLoader, metric: str, known: Sequence[str]) -> str | None:
    """The run's metric that a name refers to in comparisons, among its existing ones.

    It is the metric with exactly this name, except if that is a single number and another spelling of it has a curve:
    the `train_loss` of Hugging Face's trainer is the mean over the whole training, and its curve is called `loss`.
    """
    match = names.find_metric(metric, known)
    if match is None or match != metric or _count(run, match) > 1:
        return match
    other = names.find_metric(metric, [name for name in known if name != metric])
    return other if other is not None and _count(run, other) > 1 else match


def _count(run: ExperimentLoader, metric: str) -> int:
    return sum(len(table.columns.get(metric, ())) for table in run.tables)


def read_points(run: ExperimentLoader, metric: str, x: str | None = None) -> Points:
    """The points of a metric, from what the run has read so far.

    Raises:
        KeyError: The run has no such metric or x; the message lists those that it has.
    """
    usual = ("step", "epoch", "time") if run.x_column() else ()
    kind = x or next((kind for kind in usual if run.x_column(kind)), "row")
    one_behind_the_other = _times_of_attempts(run, metric) if kind == "time" else None
    column, at, logged = one_behind_the_other or run.columns.latest_points(metric, "time" if kind == "wall" else kind)
    places, values = at.astype(np.float64), logged.astype(np.float64)
    if not (kept := np.isfinite(places)).all():
        places, values = places[kept], values[kept]
    if len(places) and np.any(places[1:] < places[:-1]):  # a column that does not rise, such as a loss
        order = np.argsort(places, kind="stable")
        places, values = places[order], values[order]
    if kind in ("time", "wall") and len(places):
        places = _clock(run, kind, places)
    return Points(column, kind, places, values)


def _times_of_attempts(run: ExperimentLoader, metric: str) -> tuple[str, Array, NDArray[Any]] | None:
    """The points of a metric over seconds of training, with each attempt after the one before, if the seconds of a
    later attempt begin anew; else None. By the seconds alone the later attempt would replace the earlier one; the steps
    tell which points were really replaced."""
    axis = next((kind for kind in ("step", "epoch") if run.x_column(kind)), None)
    clock = run.x_column("time")
    if axis is None or clock is None:
        return None
    try:
        _, places, seconds = run.columns.latest_points(clock, axis)
        column, at, logged = run.columns.latest_points(metric, axis)
    except KeyError:
        return None
    times = seconds.astype(np.float64)
    kept = np.isfinite(times) & np.isfinite(places.astype(np.float64))
    places, times = places[kept], times[kept]
    begins = np.flatnonzero(np.diff(times) < 0) + 1
    if not len(begins):
        return None
    for begin in begins.tolist():
        times[begin:] += times[begin - 1]
    return column, np.interp(at.astype(np.float64), places.astype(np.float64), times), logged


def _clock(run: ExperimentLoader, kind: str, places: Array) -> Array:
    stamps = places[0] > _UNIX
    if kind == "wall" and not stamps:
        return _by_the_clock(run, places)
    return places - places[0] if kind == "time" and stamps else places


def _by_the_clock(run: ExperimentLoader, seconds: Array) -> Array:
    """Seconds of training as unix time, by the start of each attempt in `livemon.json`."""
    note = read_note(run.exp_dir)
    noted = [(attempt.elapsed, attempt.started) for attempt in (*note.earlier, note)]
    known = [(begun, at) for begun, at in noted if begun is not None and at is not None]
    if not known:
        raise KeyError(
            f"{run.label} has no wall time: its {run.x_column('time')} counts from the start of the training")
    begun, at = (np.array(column, np.float64) for column in zip(*sorted(known), strict=True))
    attempt = np.maximum(np.searchsorted(begun, seconds, side="right") - 1, 0)
    return np.asarray(at[attempt] + seconds - begun[attempt], np.float64)


def common_kind(runs: Iterable[Mapping[str, Points]]) -> str:
    """The x that most runs have chosen; "step" if there is none."""
    counts = Counter(next(iter(of_run.values())).kind for of_run in runs if of_run)
    return counts.most_common(1)[0][0] if counts else "step"


def shared_range(points: Sequence[Points]) -> tuple[float, float] | None:
    """The range of x that all of them cover, or None."""
    inside = [(of_run.x[0], of_run.x[-1]) for of_run in points if len(of_run.x) > 1]
    if not inside:
        return None
    low, high = float(max(low for low, _ in inside)), float(min(high for _, high in inside))
    return (low, high) if high > low else None
