"""Tracks -> one panel of curves: scale, limits, lines, marks, notes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from livemon import wording
from livemon.boards.axis_rules import (
    ALMOST_ZERO,
    crosses_decades,
    falls_to_nothing,
    flattened,
    has_flat_tail,
    never_positive,
)
from livemon.boards.beyond_marks import Beyond, beyond, beyond_marks
from livemon.boards.finding_marks import well_apart
from livemon.boards.lens.value import Lens
from livemon.boards.metric_groups import Group, RunsCurve, names_a_unit
from livemon.boards.model import Colour, Line, Mark, Panel
from livemon.boards.panel_words import MOST_RESTARTS, bad_words, note_of, warning_of
from livemon.boards.tracks import Track
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits, grown_limits, robust_range, tight_limits, with_ends
from livemon.curves.smoothing import SMOOTHED_FROM, weight_of_span
from livemon.tables import names
from livemon.tables.names import is_perplexity
from livemon.wording import value_text

__all__ = ["CurvePanel"]

_ENOUGH_TO_JUDGE = 20  # points needed before a metric gets a panel of its own for good
_MOST_NAMED_RESTARTS = 3  # the newest ones, labelled at the line if there is room
_BEHIND_COLUMNS = 150  # pixel columns of a line in the background

# The share of points that the limits may leave out at each end. A schedule has no outliers; for throughput the usual
# level matters, not the dips at every evaluation.
_LEFT_OUT = {"learning_rate": 0.0, "throughput": 0.05}


@dataclass(slots=True)
class _KeptCurve:
    """The curve and lines of one track. They are kept while the track and its settings stay the same: if one of sixty
    runs has a new point, the others cost nothing."""

    track: Track
    version: int
    curve: Curve
    lines: _LinesOfCurve | None = None
    beyond: tuple[Limits, Beyond] | None = None  # the y limits, and the points outside them
    bad: list[tuple[float, float]] | None = None  # the points that are not finite in the visible part of x


@dataclass(frozen=True, slots=True)
class _LinesOfCurve:
    """The lines of a curve: the pale ones in the back, the superseded and raw ones, and the one that people read."""

    behind: tuple[Line, ...] = ()
    raw: tuple[Line, ...] = ()
    main: tuple[Line, ...] = ()


class CurvePanel:
    """Keeps the state of one panel of curves from one board to the next: scale, limits, and the curves.

    Longer than other classes, because scale, limits and curves depend on each other: a logarithmic axis needs other
    curves, these have other limits, and the limits decide which points are marked.

    Attributes:
        apart: metrics whose curve is not readable on an axis with the others.
    """

    def __init__(self, group: Group, lens: Lens) -> None:
        self.group = group
        self.lens = lens
        self.apart: set[str] = set()
        self._log = self._asked(lens.log)
        self._usually_log = all(map(is_perplexity, group.metrics))
        # A logarithmic axis does not help if metrics just have a similar name.
        self._of_any_unit = group.title.startswith("*_") and not names_a_unit(group.metrics[0])
        self._y_limits: Limits | None = None
        self._wanted: Limits | None = None
        self._measured = -1
        self._made: tuple[tuple[Any, ...], Panel] | None = None
        self._kept: dict[int, _KeptCurve] = {}  # index of the track -> its curve and lines
        self._zoomed: dict[int, _KeptCurve] = {}  # the same for the visible part of x
        self._zoomed_for: object = None  # that part, and what the whole curves are made for
        self._kept_for: tuple[Limits, int, bool] | None = None  # the limits, the span, and whether the axis is log
        self._restarts: tuple[float, ...] = ()
        self._star: Mark | None = None
        self._of_zoom: tuple[object, Limits | None] = None, None  # the last visible part of x, and its y limits

    def panel(self, tracks: Sequence[Track], limits: Limits, x_label: str, main: str | None,
              rising: bool | None, span: int, ended: bool, restarts: Sequence[float] = (),
              star: Mark | None = None, findings: Sequence[Mark] = ()) -> Panel:
        """The panel now; the same object as before if nothing changed.

        Args:
            tracks: of the group's metrics, in its order.
            limits: of x. x_label: the label of x.
            main, rising: the main metric, whose best point gets a star if its direction is known.
            ended: whether the y limits need no room to grow.
            restarts: x of the run's restarts, the same in each panel; empty: those of the panel's own metrics.
            star: the best point, if the main metric is the mean of these lines.
            findings: the findings about these metrics, the worst first.
        """
        key = (tuple(track.version for track in tracks), limits, main, rising, span, ended, tuple(restarts), star,
               tuple(findings))
        if self._made is None or self._made[0] != key:
            self._restarts = tuple(restarts)
            self._star = star
            made = self._with_star(self._make(tracks, limits, x_label, main, rising, span, ended))
            if findings:
                made = replace(made, marks=(*made.marks, *well_apart(findings, limits, made.y_limits)))
            self._made = key, made
        return self._made[1]

    def go_on_with(self, group: Group) -> bool:
        """Draw these lines from now on, if they are the same as before, possibly with other colours and further runs.
        Scale and limits stay. Returns whether they are the same."""
        if group is self.group or group == self.group:
            return True
        if not group.runs or group.title != self.group.title or not {curve.run for curve in self.group.runs} <= {
                curve.run for curve in group.runs}:
            return False
        self.group, self._made, self._measured = group, None, -1
        self._kept.clear()
        self._zoomed.clear()
        return True

    def _with_star(self, made: Panel) -> Panel:
        """The panel with the given best point, if it lies within the limits."""
        star = self._star
        if star is None or star.y is None or not (_holds(made.x_limits, star.x) and _holds(made.y_limits, star.y)):
            return made
        return replace(made, marks=(*made.marks, star))

    def _make(self, tracks: Sequence[Track], limits: Limits, x_label: str, main: str | None,
              rising: bool | None, span: int, ended: bool) -> Panel:
        drawn = self._kept_curves(tracks, limits, span)
        self._measure(tracks, drawn, ended)
        if self._log != drawn[0].log:
            drawn = self._kept_curves(tracks, limits, span)
            self._measured = -1
            self._measure(tracks, drawn, ended)
        return self._panel_of(tracks, drawn, limits, self._y_limits or self._nothing, x_label, main, rising, span)

    @property
    def _nothing(self) -> Limits:
        """y limits if there is nothing to measure."""
        return (1.0, 10.0) if self._log else (0.0, 1.0)

    def _panel_of(self, tracks: Sequence[Track], drawn: Sequence[Curve], limits: Limits, y_limits: Limits, x_label: str,
                  main: str | None, rising: bool | None, span: int, stretch: Limits | None = None) -> Panel:
        count = sum(track.count for track in tracks)
        bad = sum(track.bad.count for track in tracks)
        finite = any(curve.last for curve in drawn)
        message = "" if finite else "no finite value yet" + (f" ({bad_words(tracks)})" if bad else "")
        return Panel(
            key=self.group.key, title=self.group.title, x_limits=limits, y_limits=y_limits, x_label=x_label,
            y_scale="log" if self._log else "linear", span=span, message=message,
            note=note_of(self.group, tracks, drawn, in_stretch=stretch is not None, log=self._log),
            warning=warning_of(self.group, tracks, drawn, x_label, log=self._log,
                               asked=self._asked(self.lens.log)) if count else "",
            lines=tuple(self._lines(tracks, drawn, span, stretch)),
            marks=tuple(self._marks(tracks, drawn, limits, y_limits, x_label, main, rising, stretch)),
            colour=self.group.colours[0], smoothing=tuple(sorted({curve.weight for curve in drawn} - {0.0})),
            hidden=self.group.hidden, metrics=self.group.every_metric,
            points=count - bad if stretch is None else sum(curve.inside for curve in drawn),
        )

    @np.errstate(over="ignore", invalid="ignore")
    def enlarged(self, whole: Panel, tracks: Sequence[Track], stretch: Limits | None, y_limits: Limits | None,
                 main: str | None, rising: bool | None, zoom: object = None,
                 findings: Sequence[Mark] = ()) -> Panel:
        """A part of the panel: a range of x at full resolution, or the y limits asked for. The kind of axis and the
        smoothing are those of the whole panel.

        Args:
            whole: The last panel made by `panel`.
            tracks: See `panel`.
            stretch: The limits of x; None: those of the whole panel.
            y_limits: The y limits; None: those that fit the range.
            main, rising: See `panel`.
            zoom: The range as asked for: while it stays the same, fitted y limits stay, too.
            findings: The findings about these metrics, the worst first.
        """
        if whole.message:
            return whole if stretch is None else replace(whole, x_limits=stretch)
        limits = stretch or whole.x_limits
        if stretch is None:
            drawn = self._kept_curves(tracks, whole.x_limits, whole.span)
        else:
            drawn = self._zoomed_curves(tracks, stretch, whole)
            if y_limits is None:
                y_limits = self._limits_of(drawn, whole.y_limits, stretch, zoom)
        if self._log and y_limits is not None and y_limits[0] <= 0:
            y_limits = min(whole.y_limits[0], y_limits[1] / 10), y_limits[1]
        made = self._with_star(self._panel_of(tracks, drawn, limits, y_limits or whole.y_limits, whole.x_label, main,
                                              rising, whole.span, stretch))
        if not made.message or stretch is None:
            marks = (*made.marks, *well_apart(findings, limits, made.y_limits))
            return replace(made, marks=marks) if findings else made
        low, high = (wording.place(whole.x_label, end) for end in stretch)
        return replace(made, message=f"no point between {low} and {high}")

    def _limits_of(self, drawn: Sequence[Curve], whole: Limits, stretch: Limits, zoom: object) -> Limits:
        """y limits for a range: they contain its points and, leaps apart, the curves where they enter and leave it."""
        known = [span for span in map(self._wanted_range, drawn) if span is not None]
        if not known:
            return whole
        wanted = min(span[0] for span in known), max(span[1] for span in known)
        wanted = with_ends(wanted, [y for curve in drawn for y in curve.at_ends(stretch)], self._log)
        before, kept = self._of_zoom
        limits = grown_limits(wanted, kept, self._log) if kept and before == zoom else tight_limits(*wanted, self._log)
        self._of_zoom = zoom, limits
        return limits

    def _kept_curves(self, tracks: Sequence[Track], limits: Limits, span: int) -> list[Curve]:
        """The curves, made again or continued where a track has changed."""
        if self._kept_for != (limits, span, self._log):
            self._kept_for = limits, span, self._log
            self._kept.clear()
        for index, track in enumerate(tracks):
            kept = self._kept.get(index)
            if kept is None or kept.track is not track or kept.version != track.version:
                self._kept[index] = _KeptCurve(track, track.version, self._curve(index, track, limits, span))
        return [self._kept[index].curve for index in range(len(tracks))]

    def _zoomed_curves(self, tracks: Sequence[Track], stretch: Limits, whole: Panel) -> list[Curve]:
        """A part of the curves at full resolution, made again where a track has changed."""
        made_for = stretch, whole.x_limits, whole.span, self._log
        if self._zoomed_for != made_for:
            self._zoomed_for = made_for
            self._zoomed.clear()
        for index, track in enumerate(tracks):
            kept = self._zoomed.get(index)
            if kept is None or kept.track is not track or kept.version != track.version:
                self._curve(index, track, whole.x_limits, whole.span)  # whose smoothing the part has
                columns = _BEHIND_COLUMNS if self._is_behind(index) else self._columns(whole.span)
                self._zoomed[index] = _KeptCurve(track, track.version, track.stretch_at(stretch, columns))
        return [self._zoomed[index].curve for index in range(len(tracks))]

    def _kept_of(self, index: int, curve: Curve) -> _KeptCurve | None:
        """What is kept beside a curve of the panel or of its visible part."""
        kept = self._kept.get(index)
        if kept is None or kept.curve is not curve:
            kept = self._zoomed.get(index)
        return None if kept is None or kept.curve is not curve else kept

    def _curve(self, index: int, track: Track, limits: Limits, span: int) -> Curve:
        columns = _BEHIND_COLUMNS if self._is_behind(index) else self._columns(span)
        robust = self.lens.smooth is None  # a weight given by the user means TensorBoard's average
        return track.curve_at(limits, columns, self._weight(track, span), self._log, robust)

    def _is_behind(self, index: int) -> bool:
        """Whether a line is pale, behind those of other runs."""
        return bool(self.group.runs) and self.group.runs[index].is_behind

    def _columns(self, span: int) -> int:
        """The number of pixel columns of the panel."""
        return self.lens.pixels if span > 1 else max(self.lens.pixels // 2, 1)

    def _weight(self, track: Track, span: int) -> float | None:
        if self.group.kind == "learning_rate" or (self.lens.smooth is None and self._dotted(track, span)):
            return 0.0
        if self.lens.smooth is None and self.group.kind == "throughput":
            return _calm_weight(track.count)
        return self.lens.smooth

    def _dotted(self, track: Track, span: int) -> bool:
        """Whether there are few enough points to show each as a dot."""
        return track.count <= self._most_dots(span)

    def _most_dots(self, span: int) -> float:
        return (120 if span > 1 else 60) / (1 if len(self.group.metrics) < 4 else 4)

    # Scale and limits

    def _asked(self, axes: Sequence[str]) -> bool:
        """Whether this panel, or a metric of it, is among the names."""
        group = self.group
        return any(wanted in (group.title, *group.metrics) or names.find_metric(wanted, group.metrics) is not None
                   for wanted in axes)

    def _measure(self, tracks: Sequence[Track], drawn: Sequence[Curve], ended: bool) -> None:
        """Update scale and limits if there are enough new points or a line has left the limits."""
        count = sum(curve.sample.seen for curve in drawn)
        if not (self._measured < 0 or count > 1.02 * self._measured or ended or self._left_limits(drawn)):
            return
        self._measured = count
        if self._log and all(map(never_positive, drawn)):
            self._log, self._scale_kept = False, False  # first the curves are made again for the linear axis
            return
        ranges = [self._wanted_range(curve) for curve in drawn]
        known = [span for span in ranges if span is not None]
        if not known:
            return
        self._choose_scale(tracks, drawn, ranges, known)
        low, high = min(span[0] for span in known), max(span[1] for span in known)
        if self._log and low <= 0:
            return  # first the curves are made again for the log axis
        low, high = self._with_superseded(tracks, low, high)
        if self.group.kind == "throughput" and not self._log and low > 0:
            low, high = min(low, 0.9 * high), max(high, 1.1 * low)
        if ended:
            self._y_limits = tight_limits(low, high, self._log)
        else:
            self._y_limits = grown_limits((low, high), self._y_limits if self._scale_kept else None, self._log)
        self._scale_kept = True

    _scale_kept = False

    def _wanted_range(self, curve: Curve) -> Limits | None:
        """The range of y that the panel should show for a curve."""
        if self.lens.limits == "full":
            return curve.answer(_bounds)
        return curve.answer(Curve.wanted_range, self._left_out(curve))

    def _left_out(self, curve: Curve) -> float:
        """The share of the points that the limits may leave out at each end."""
        if self.group.kind == "learning_rate" and self._log and curve.answer(falls_to_nothing):
            return ALMOST_ZERO
        return _LEFT_OUT.get(self.group.kind, 0.005)

    def _left_limits(self, drawn: Sequence[Curve]) -> bool:
        if self._y_limits is None:
            return True
        low, high = self._y_limits
        if self.lens.limits == "full":
            reached = [bounds for curve in drawn if (bounds := curve.answer(_bounds)) is not None]
            return any(bounds[0] < low or bounds[1] > high for bounds in reached)
        return any(last is not None and not low <= last[1] <= high for last in (curve.last for curve in drawn))

    def _wide(self, drawn: Sequence[Curve]) -> bool:
        """Whether a linear axis would hide much: the values span a factor above 50, without the lowest and highest
        twentieth of each curve (a factor above 20 keeps a logarithmic axis), or a loss has a flat tail."""
        if self.group.kind == "learning_rate":
            return any(curve.answer(_crosses_decades, self._log) for curve in drawn)
        if self.group.kind == "score":  # a score from 0 to 1 may begin near 0
            return False
        if self.group.kind == "loss" and any(curve.answer(_has_flat_tail, self._log) for curve in drawn):
            return True
        ends = [curve.answer(_without_twentieths) for curve in drawn if len(curve.sample)]
        return bool(max(high for _, high in ends) > (20 if self._log else 50) * min(low for low, _ in ends))

    def _choose_scale(self, tracks: Sequence[Track], drawn: Sequence[Curve], ranges: Sequence[Limits | None],
                      known: Sequence[Limits]) -> None:
        asked = self._asked(self.lens.log) and not all(map(never_positive, drawn))
        refused = self._asked(self.lens.linear) and not asked
        positive = all(track.positive for track in tracks)
        low, high = min(span[0] for span in known), max(span[1] for span in known)
        meet = not any(flattened(span, low, high, known) for span in known)
        ends_at_zero = not positive or low <= 0 or (
            self.group.kind == "learning_rate" and any(curve.answer(falls_to_nothing) for curve in drawn))
        one_unit = meet or not self._of_any_unit
        log = asked or (not ends_at_zero and not refused and one_unit and (
            self._usually_log or (not meet and high > 4 * low) or self._wide(drawn)))
        if log != self._log:
            self._log, self._scale_kept = log, False
        apart = (not positive or self._of_any_unit or refused) and not self.group.runs
        if not log and not meet and apart and len(known) > 1:
            hidden = [track.metric for track, span in zip(tracks, ranges, strict=True)
                      if span is not None and track.count >= _ENOUGH_TO_JUDGE and flattened(span, low, high, known)]
            self.apart.update(hidden if len(hidden) < len(known) else hidden[1:])

    def _with_superseded(self, tracks: Sequence[Track], low: float, high: float) -> Limits:
        """Widen the range for superseded attempts, at each end by at most twice its size: some were superseded for
        a reason."""
        at, back = (math.log10, lambda v: 10.0**v) if self._log else (float, float)
        room = 2.0 * (at(high) - at(low))
        wider_low, wider_high = at(low), at(high)
        for track in tracks:
            for _, y in track.superseded:
                wanted = robust_range(y)
                if wanted is not None and not (self._log and wanted[0] <= 0):
                    wider_low = min(wider_low, max(at(wanted[0]), at(low) - room))
                    wider_high = max(wider_high, min(at(wanted[1]), at(high) + room))
        return back(wider_low), back(wider_high)

    # Lines and marks.

    def _lines(self, tracks: Sequence[Track], drawn: Sequence[Curve], span: int, stretch: Limits | None) -> list[Line]:
        """The lines, from back to front: pale ones of other runs, superseded and raw ones, and those that people
        read."""
        made = []
        for index, (track, curve) in enumerate(zip(tracks, drawn, strict=True)):
            kept = self._kept_of(index, curve)
            lines = None if kept is None else kept.lines
            if lines is None:
                lines = self._lines_of(index, track, curve, span, stretch)
                if kept is not None:
                    kept.lines = lines
            made.append(lines)
        return [*(line for lines in made for line in lines.behind), *(line for lines in made for line in lines.raw),
                *(line for lines in made for line in lines.main)]

    def _lines_of(self, index: int, track: Track, curve: Curve, span: int, stretch: Limits | None) -> _LinesOfCurve:
        label, colour = self.group.labels[index], self.group.colours[index]
        whose = self.group.runs[index] if self.group.runs else RunsCurve("", label)
        if whose.is_behind:
            return _LinesOfCurve() if curve.last is None else _LinesOfCurve(
                (Line(track.metric, "raw", *curve.main_line(), colour, name=whose.name, run=whose.run),))
        raw: list[Line] = []
        if self.lens.attempts == "all":
            gone = track.superseded if stretch is None else track.superseded_within(stretch, self._columns(span))
            raw += [Line(track.metric, "superseded", x, y, colour, run=whose.run) for x, y in gone]
        if curve.last is None:
            return _LinesOfCurve(raw=tuple(raw))
        if curve.smooth is not None:
            raw.append(Line(track.metric, "raw", *curve.raw_line(), colour, run=whose.run))
        dotted = self._dotted(track, span) if stretch is None else len(curve.raw) <= self._most_dots(span)
        kind: Literal["points", "main"] = "points" if curve.smooth is None and dotted else "main"
        text = f"{label} {value_text(track.metric, _value_at_the_end(track, curve, stretch))}".strip()
        if whose.run and not label:  # another curve of the run has its name
            text = ""
        main = Line(track.metric, kind, *curve.main_line(), colour, text, whose.name, whose.dash, whose.run)
        return _LinesOfCurve(raw=tuple(raw), main=(main,))

    def _restart_marks(self, tracks: Sequence[Track], limits: Limits, stretch: Limits | None) -> list[Mark]:
        """The restarts of the run. None if there are several runs: a line through all curves would belong to each."""
        if self.group.runs:
            return []
        densest = max(tracks, key=lambda track: track.count)  # one event, not one for each metric of the panel
        if max(densest.attempts.restart_count, len(self._restarts)) > MOST_RESTARTS:
            return []
        restarts = [x for x in self._restarts if limits[0] <= x <= limits[1]] or densest.attempts.restarts
        restarts = [x for x in restarts if stretch is None or stretch[0] <= x <= stretch[1]]
        named = restarts[-_MOST_NAMED_RESTARTS:]
        return [Mark("restart", x, None, "grey", "restart" if x in named else "") for x in restarts]

    def _marks(self, tracks: Sequence[Track], drawn: Sequence[Curve], limits: Limits, y_limits: Limits,
               x_label: str, main: str | None, rising: bool | None, stretch: Limits | None) -> list[Mark]:
        marks = self._restart_marks(tracks, limits, stretch)
        for index, (track, curve, colour) in enumerate(zip(tracks, drawn, self.group.colours, strict=True)):
            if self.lens.attempts == "all" and track.replaced_bad.count:
                marks += _bad_marks(track.replaced_bad.marks(limits) if stretch is None
                                    else track.replaced_bad_within(stretch), "grey")
            if track.bad.count or (stretch is not None and curve.log):
                marks += _bad_marks(track.bad.marks(limits) if stretch is None
                                    else self._bad_within(index, track, curve, stretch), colour)
            if track.metric != main or rising is None:
                continue
            best = curve.highest if rising else curve.lowest
            if stretch is not None:  # the best point of the run, not of the range
                best = track.best(rising)
            if best is None:
                continue
            if _holds(limits, best[0]) and _holds(y_limits, best[1]):
                marks.append(Mark("best", *best, colour))
        texts = 1 if self.group.kind == "throughput" else 3
        outside = [self._beyond(index, curve, limits, y_limits) for index, curve in enumerate(drawn)]
        return marks + beyond_marks(outside, self.group.colours, limits, y_limits, x_label, texts)

    def _bad_within(self, index: int, track: Track, curve: Curve, stretch: Limits) -> list[tuple[float, float]]:
        """The points that are not finite in the visible part of x."""
        kept = self._kept_of(index, curve)
        if kept is None:
            return track.bad_within(stretch, curve.log)
        if kept.bad is None:
            kept.bad = track.bad_within(stretch, curve.log)
        return kept.bad

    def _beyond(self, index: int, curve: Curve, limits: Limits, y_limits: Limits) -> Beyond:
        """The points of a curve outside the y limits."""
        kept = self._kept_of(index, curve)
        if kept is None:
            return beyond(curve, limits, y_limits)
        if kept.beyond is None or kept.beyond[0] != y_limits:
            kept.beyond = y_limits, beyond(curve, limits, y_limits)
        return kept.beyond[1]


def _bounds(curve: Curve) -> Limits | None:
    return curve.raw.bounds()


def _crosses_decades(curve: Curve, held: bool) -> bool:
    return crosses_decades(curve.sample.y, held)


def _has_flat_tail(curve: Curve, held: bool) -> bool:
    return has_flat_tail(curve.sample.y, held)


def _without_twentieths(curve: Curve) -> Limits:
    """The range of the values without the lowest and the highest twentieth."""
    low, high = np.quantile(curve.sample.y, (0.05, 0.95))
    return float(low), float(high)


def _bad_marks(points: Iterable[tuple[float, float]], colour: Colour) -> list[Mark]:
    """A mark at the edge of the panel for each (x, value) that is not finite."""
    return [Mark("nan" if math.isnan(y) else "inf", x, None, colour, edge="bottom" if y < 0 else "top")
            for x, y in points]


def _holds(limits: Limits, value: float) -> bool:
    return limits[0] <= value <= limits[1]


def _value_at_the_end(track: Track, curve: Curve, stretch: Limits | None) -> float:
    """The value at the end of a line: the newest one as logged, even NaN; in an earlier range, the last one there."""
    assert curve.last is not None
    if stretch is None or track.x_high is None or track.x_high <= stretch[1]:
        return track.last[1] if track.last else curve.last[1]
    return curve.raw.last[1] if curve.raw.last is not None else curve.last[1]


def _calm_weight(count: int) -> float:
    """A weight for throughput, which dips at every evaluation: dips are not noise, and would stay visible. Changes when
    `count` doubles."""
    return weight_of_span(2.0 ** int(math.log2(count)) / 16) if count >= SMOOTHED_FROM else 0.0
