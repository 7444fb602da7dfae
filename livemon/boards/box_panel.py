"""A track -> a box plot of its values by epoch, or by tenth of the run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.boards.model import Box, Panel
from livemon.boards.point_sources import Axis, MetricSource
from livemon.boards.tracks import Track
from livemon.curves.limits import Limits, grown_limits
from livemon.curves.sizes import size_of
from livemon.curves.thinning import Sample
from livemon.tables.epochs import are_in_parts, epoch_of
from livemon.tables.table import Table

__all__ = ["BoxPanel", "epochs_of"]

Array = NDArray[np.float64]


class BoxPanel:
    """The distribution of one metric by epoch (the last 20), or by tenth of the run if there are too few epochs.

    Exact up to 4,096 points a box; above that computed from an even sample. An epoch with mostly non-finite values has
    no box, which would look healthy.
    """

    _KEPT = 20

    def __init__(self, track: Track, epoch_column: str | None) -> None:
        self.track = track
        self._column = epoch_column
        self._samples: dict[float, Sample] = {}
        self._boxes: dict[float, Box] = {}
        self._without: dict[float, int] = {}  # epoch -> number of non-finite values
        self._in_parts = False  # whether the column has fractions of epochs
        self._consumed: dict[int, int] = {}
        self._attempts = track.attempts
        self._made: tuple[tuple[Any, ...], Panel | None] | None = None
        self._limits: Limits | None = None
        self._tenths_of = 0
        self._tenths_made: list[Box] = []

    def panel(self, tables: Sequence[Table], title: str, least_epochs: int = 4) -> Panel | None:
        """The panel, or None if there are too few points."""
        if self._made is not None and self._made[0] == (self.track.version, title, least_epochs):
            return self._made[1]
        self._read(tables)
        made = self._make(title, least_epochs)
        self._made = (self.track.version, title, least_epochs), made
        return made

    def _make(self, title: str, least_epochs: int) -> Panel | None:
        epochs = sorted({*self._samples, *self._without})
        shown = epochs[-self._KEPT :]
        finite = {epoch: self._samples[epoch].seen if epoch in self._samples else 0 for epoch in shown}
        bad = {epoch: self._without.get(epoch, 0) for epoch in shown}
        enough = len(shown) >= least_epochs and np.median([finite[epoch] + bad[epoch] for epoch in shown]) >= 3
        boxes = []
        if enough and any(finite[epoch] >= max(bad[epoch], 1) for epoch in shown):
            boxes = [self._box(epoch, self._samples[epoch]) if finite[epoch] >= max(bad[epoch], 1)
                     else _no_box(wording.count(epoch), finite[epoch] + bad[epoch]) for epoch in shown]
            title = f"{title} by epoch"
        else:
            boxes = self._tenths()
            title = f"{title} by tenth of the run"
        drawn = [box for box in boxes if not math.isnan(box.median)]
        if not drawn:
            return None
        low, high = min(box.low for box in drawn), max(box.high for box in drawn)
        log = low > 0 and high > 50 * low
        self._limits = grown_limits((low, high), self._limits, log)
        note = f"last {self._KEPT}" if enough and len(epochs) > self._KEPT else ""
        return Panel("boxes", title, (0.5, len(boxes) + 0.5), self._limits, "log" if log else "linear", note=note,
                     boxes=tuple(boxes), colour="blue")

    def _read(self, tables: Sequence[Table]) -> None:
        if self._column is None:
            return
        if self._attempts != self.track.attempts:
            self._read_again(tables)
            return
        source = MetricSource(self.track.metric, Axis(self._column, "epoch"))
        for i, table in enumerate(tables):
            places, y, self._consumed[i] = source.read(table, self._consumed.get(i, 0))
            epochs = np.asarray(places, np.float64)
            if not self._in_parts and are_in_parts(epochs):
                self._in_parts = True
                self._read_again(tables)
                return
            self._add(epochs, y)

    def _read_again(self, tables: Sequence[Table]) -> None:
        assert self._column is not None
        self._samples.clear()
        self._boxes.clear()
        self._without.clear()
        self._attempts = self.track.attempts
        _, y, _, kept, order, _ = self.track.points()
        epochs = epochs_of(tables, self.track.metric, self._column)
        if len(y) == len(epochs):
            epochs = epochs if order is None else epochs[order]
            self._in_parts = self._in_parts or are_in_parts(epochs)
            self._add(epochs[kept], y[kept])
        self._consumed = {i: len(table.columns.get(self.track.metric, ())) for i, table in enumerate(tables)}

    def _add(self, epochs: Array, y: Array) -> None:
        good = np.isfinite(y) & np.isfinite(epochs)
        self._add_without(epoch_of(epochs[~good & np.isfinite(epochs)], self._in_parts))
        epochs, y = epoch_of(epochs[good], self._in_parts), y[good]
        if len(y) == 0:
            return
        latest = np.unique(np.append(epochs, list(self._samples)))[-self._KEPT - 4 :]
        epochs, y = epochs[epochs >= latest[0]], y[epochs >= latest[0]]
        if len(y) == 0:
            return
        starts = np.concatenate(([0], np.flatnonzero(np.diff(epochs)) + 1))
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(y)], strict=True):
            sample = self._samples.setdefault(float(epochs[start]), Sample())
            sample.add(epochs[start:end], y[start:end])
        while len(self._samples) > self._KEPT + 4:
            oldest = min(self._samples)
            del self._samples[oldest]
            self._boxes.pop(oldest, None)

    def _add_without(self, epochs: Array) -> None:
        for epoch, count in zip(*np.unique(epochs, return_counts=True), strict=True):
            self._without[float(epoch)] = self._without.get(float(epoch), 0) + int(count)
        for epoch in sorted(self._without)[: -self._KEPT - 4]:
            del self._without[epoch]

    def _box(self, epoch: float, sample: Sample) -> Box:
        known = self._boxes.get(epoch)
        if known is None or known.count != sample.seen:
            known = self._boxes[epoch] = _box(wording.count(epoch), sample.y, sample.seen)
        return known

    def _tenths(self) -> list[Box]:
        curve = self.track.curve
        if curve is None or len(curve.sample) < 20:
            return []
        if self.track.x_low is None or self.track.x_high is None:
            return []
        # A hundredth more moves no box visibly.
        if curve.sample.seen > 1.01 * self._tenths_of or self.track.bad.count:
            edges = np.linspace(self.track.x_low, self.track.x_high, 11)
            self._tenths_made = self._tenths_between(curve.sample, edges)
            self._tenths_of = curve.sample.seen
        return self._tenths_made

    def _tenths_between(self, sample: Sample, edges: Array) -> list[Box]:
        """The boxes for tenths of the axis, not of the points, which may be denser at the end. An empty tenth keeps its
        position."""
        bad, boxes = self._bad_in(edges), []
        for tenth, part in enumerate(_tenth_of(sample.x, edges, sample.y)):
            count, label = len(part) * sample.stride, str(tenth + 1)
            healthy = len(part) and count >= bad[tenth]
            boxes.append(_box(label, part, count) if healthy else _no_box(label, count * bool(bad[tenth]) + bad[tenth]))
        return boxes

    def _bad_in(self, edges: Array) -> list[int]:
        """The number of non-finite values in each tenth."""
        if not self.track.bad.count:
            return [0] * 10
        sample = self.track.bad.sample
        return [len(part) * sample.stride for part in _tenth_of(sample.x, edges, sample.x)]


def _tenth_of(x: Array, edges: Array, values: Array) -> list[Array]:
    """The values in each of ten stretches of x."""
    which = np.clip(np.searchsorted(edges, x, "right") - 1, 0, 9)
    return [values[which == tenth] for tenth in range(10)]


def _no_box(label: str, count: int) -> Box:
    return Box(label, math.nan, math.nan, math.nan, math.nan, math.nan, count)


def _box(label: str, y: Array, count: int) -> Box:
    """Tukey's box: whiskers reach the furthest points within 1.5 times the height of the box."""
    size = float(size_of(y))
    q1, median, q3 = (float(value) * size for value in np.percentile(y / size, (25, 50, 75)))
    with np.errstate(over="ignore"):  # beyond 1e308 nothing is too far
        reach = 1.5 * (np.float64(q3) - q1)
        inside = y[(y >= q1 - reach) & (y <= q3 + reach)] if np.isfinite(reach) else y
    return Box(label, min(float(inside.min()), q1), q1, median, q3, max(float(inside.max()), q3), count)


def epochs_of(tables: Sequence[Table], metric: str, column: str) -> Array:
    """The epoch of each point of the metric, over all tables."""
    source = MetricSource(metric, Axis(column, "epoch"))
    parts = [source.read(table, 0)[0] for table in tables]
    return np.concatenate(parts) if parts else np.empty(0)


