"""Curves of several runs in one panel."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.boards.axis_rules import crosses_decades, has_flat_tail
from livemon.boards.density import MANY, density
from livemon.boards.group_marks import group_marks
from livemon.boards.model import CYCLE, Band, Colour, Line, Mark, Panel
from livemon.boards.time_unit import is_time
from livemon.boards.traces import FEW, Trace, TraceStyle
from livemon.curves.arrays import Ints, quantiles
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits, robust_range, tight_limits, x_limits
from livemon.curves.smoothing import Ema, smoothing_weight
from livemon.tables.names import find_metric, is_perplexity, kind_of
from livemon.wording import value_text

__all__ = ["overlay", "smoothed_values"]

Array = NDArray[np.float64]

_BEHIND_COLUMNS = 150  # pixel columns of a line in the background
_LOG_FROM = 30.0  # the ratio of the highest to the lowest of the usual values
_ABOVE_OF_MANY = 0.02  # of a run's points that may lie above if there are many: one bad start must not flatten all
_OUTLIER = 3.0  # a run that would widen the limits by more than this stays outside, and is marked
_BAND_BELOW = 0.3  # of the curves' decades: how far a logarithmic axis goes below them for a band ...
_BAND_BELOW_AT_LEAST = 0.15  # ... and at least so many decades
_MOST_BAD_MARKS = 40
_BANDS_OF_MANY = 3  # bands, if there are more groups than colours
_REACHES_BELOW = "reaches below 0"
_COUNT = re.compile(r" \((n = (\d+)[^()]*)\)$")  # the number of runs after a group's name


def overlay(metric: str, traces: Sequence[Trace], x_label: str, style: TraceStyle, *, title: str = "", key: str = "",
            rising: bool | None = None, best: bool = False, span: int = 1, note: str = "", band: str = "",
            within: Limits | None = None) -> Panel:
    """A metric's curves in one panel.

    Args:
        metric: The metric; its name affects the kind of axis.
        traces: The curves; those without a finite point are only counted in the note.
        rising: Whether more is better; None if unknown: then there is no best point.
        best: Whether the best point of all gets a star.
        band: The name of the bands.
        within: Limits of x to use if all points have the same x.
    """
    title, key = title or metric, key or f"overlay:{metric}"
    traces = [trace for trace in traces if len(trace.x)]
    drawable = [trace for trace in traces if np.isfinite(trace.y).any()]
    if not drawable:
        message = "no data" if not traces else f"no finite value in {_count_of(traces)}"
        return Panel(key, title, (0.0, 1.0), (0.0, 1.0), message=message, span=span, x_label="")
    log = _is_log(metric, drawable, style)
    low, high = min(float(trace.x[0]) for trace in drawable), max(float(trace.x[-1]) for trace in drawable)
    low = min(low, 0.0) if is_time(x_label) else low
    limits = within if within is not None and low == high else x_limits(low, high, True)
    dense = _density(metric, drawable, style, log)
    apart = drawable if dense is None else [trace for trace in drawable if trace.label in style.colours]
    made = [_curve(trace, limits, style, log, metric, len(traces)) for trace in apart]
    singles = [(trace, curve) for trace in apart for curve in _singles(trace, limits, style, log)]
    curves, bands_of_many = [*made, *(curve for _, curve in singles)], dense[1] if dense is not None else ()
    y_limits = _full_limits(curves, apart, log, bands_of_many) if style.full else _limits_of(
        curves, apart, log, bands_of_many, has_outliers=kind_of(metric) != "learning_rate")
    count = _common_count([trace.label for trace in drawable])
    lines, marks = _drawn(metric, apart, made, style, y_limits, len(traces), count)
    if dense is not None:
        lines.insert(0, dense[0])
        bad = [trace for trace in drawable if trace not in apart and not np.isfinite(trace.y).all()]
        marks += [_bad_mark(trace, np.flatnonzero(~np.isfinite(trace.y)), "grey") for trace in bad[:_MOST_BAD_MARKS]]
    lines = [Line(metric, "raw", *curve.main_line(), style.colours.get(trace.label, "grey"))
             for trace, curve in singles if curve.last is not None] + lines
    marks += [mark for trace in traces if trace.group is not None
              for mark in group_marks(trace.name if len(traces) > 1 else "", style.colours.get(trace.label),
                                      trace.group, limits, y_limits)]
    marks += [mark for trace in _with_bands(drawable, style) if trace.band is not None
              for mark in _cut_band_marks(trace, style.colours[trace.label], len(traces), y_limits, log)]
    if best and rising is not None and len(traces) <= FEW:  # with more curves, the raw points are not shown
        marks += _best_mark(apart, made, style, rising, y_limits)
    counts = count or _counts([trace.label for trace in drawable])
    named = _with_bands(drawable, style)
    below = _REACHES_BELOW if log and any(_not_positive(trace) for trace in named) else ""
    words = ", ".join(filter(None, (f"{band} ({counts})" if band and counts else band, below))) if band else ""
    bands = tuple(_band(trace, style.colours[trace.label], words, y_limits if log else None)
                  for trace in named if trace.band is not None) + (dense[1] if dense is not None else ())
    missing = [trace for trace in traces if trace not in drawable]
    # What was done to the curves comes first: a view without enough room drops the last parts.
    weights = tuple(sorted({*(curve.weight for curve in made), *(trace.smooth for trace in drawable)} - {0.0}))
    caption = wording.smoothing(weights)
    crowd = _note(drawable, style) + ", grey: median, half and 90 % of all" * (dense is not None)
    parts = [caption, note, "thin: single runs" * bool(singles), crowd, below and f"band {below}", counts,
             _twins_note(drawable, style)]
    warning = " · ".join(filter(None, (caption, f"{_count_of(missing)} without a finite value"))) if missing else ""
    return Panel(key, title, limits, y_limits, "log" if log else "linear", note=" · ".join(filter(None, parts)),
                 warning=warning, x_label=x_label, lines=tuple(lines), marks=tuple(marks), bands=bands, span=span,
                 smoothing=weights, of="run" if drawable[0].group is None else "group")


def _density(metric: str, traces: Sequence[Trace], style: TraceStyle, log: bool
             ) -> tuple[Line, tuple[Band, ...]] | None:
    """The median and the bands of very many curves, which replace those in the background; None for fewer curves."""
    if len(traces) <= MANY or len(traces) <= len(style.colours):
        return None
    return density(metric, [_finite(trace, style, log, metric) for trace in traces], _count_of(traces))


def _finite(trace: Trace, style: TraceStyle, log: bool, metric: str) -> tuple[Array, Array]:
    """The finite points of a curve, smoothed as in the picture."""
    drawn = np.isfinite(trace.y) & (trace.y > 0) if log else np.isfinite(trace.y)
    x, y = trace.x[drawn], trace.y[drawn]
    weight = _weight(trace, y, style, log, metric)
    if weight > 0 and len(y):
        ema = Ema(weight, warm_up=style.smooth is None, robust=style.smooth is None)
        y = np.exp(ema.add(np.log(y))) if log else ema.add(y)
    return x, y


def smoothed_values(trace: Trace, smooth: float | None, log: bool, metric: str) -> Array:
    """The values of a run's line, shape (n,): smoothed if the line is; values that are not drawn stay as logged."""
    style = TraceStyle({}, smooth=smooth)
    drawn = np.isfinite(trace.y) & (trace.y > 0) if log else np.isfinite(trace.y)
    values = trace.y.astype(np.float64)
    values[drawn] = _finite(trace, style, log, metric)[1]
    return values


def _weight(trace: Trace, finite: Array, style: TraceStyle, log: bool, metric: str) -> float:
    """The weight of a curve's smoothing. `finite`: its values that are drawn."""
    if trace.group is not None or kind_of(metric) == "learning_rate":
        return 0.0
    return smoothing_weight(finite, log) if style.smooth is None else style.smooth


def _singles(trace: Trace, limits: Limits, style: TraceStyle, log: bool) -> list[Curve]:
    """The curves of the single runs of a group."""
    made = []
    for x, y in trace.runs:
        curve = Curve(limits, style.pixels, 0.0, log)
        curve.extend(x, y)
        made.append(curve)
    return made


def _not_positive(trace: Trace) -> bool:
    return trace.band is not None and bool((trace.band[0] <= 0).any())


def _band(trace: Trace, colour: Colour, words: str, log_limits: Limits | None) -> Band:
    """The band; its part that a logarithmic axis cannot show goes down to the end of the axis."""
    assert trace.band is not None
    low, high = trace.band
    if log_limits is not None:
        low, high = (np.where(end <= 0, log_limits[0], end) for end in (low, high))
    return Band(trace.x, low, high, colour, words)


def _count_of(traces: Sequence[Trace]) -> str:
    """ "1 run", "6 groups"."""
    what = "run" if all(trace.group is None for trace in traces) else "group"
    return f"{len(traces):,} {what}{'s' * (len(traces) != 1)}"


def _common_count(labels: Sequence[str]) -> str:
    """The number of runs in each group, if all labels end with the same: "n = 5"."""
    endings = {match[1] if (match := _COUNT.search(label)) else "" for label in labels}
    return endings.pop() if len(labels) > 1 and len(endings) == 1 else ""


def _counts(labels: Sequence[str]) -> str:
    """The numbers of runs in groups that differ in size: a label may be cut, so the note gives them."""
    matches = [match for label in labels if (match := _COUNT.search(label))]
    if not matches:
        return ""
    sizes = [int(match[2]) for match in matches]
    early = any("," in match[1] for match in matches)
    return f"n = {min(sizes)}" + f" to {max(sizes)}" * (max(sizes) > min(sizes)) + ", some end early" * early


def _note(traces: Sequence[Trace], style: TraceStyle) -> str:
    behind = sum(trace.label not in style.colours for trace in traces)
    if not behind:
        return ""
    bands = len(_with_bands(traces, style)) if traces[0].group is not None else 0
    best = f", the best {len(traces) - behind} in colour" if behind < len(traces) else ""
    return f"{_count_of(traces)}{best}" + f", {bands} with bands" * bool(bands)


def _with_bands(traces: Sequence[Trace], style: TraceStyle) -> list[Trace]:
    """The traces whose bands are drawn: all coloured ones, if every trace has a colour; else only the best ones,
    because many bands mix to grey. The best have the first colours; see `traces.pick_colours`."""
    named = [trace for trace in traces if trace.label in style.colours]
    if len(named) == len(traces):
        return named
    return [trace for trace in named if style.colours[trace.label] in CYCLE[:_BANDS_OF_MANY]]


def _twins_note(traces: Sequence[Trace], style: TraceStyle) -> str:
    """The number of coloured curves that are hidden exactly behind another one."""
    seen: set[tuple[bytes, bytes]] = set()
    named = [trace for trace in traces if trace.label in style.colours]
    for trace in named:
        seen.add((trace.x.tobytes(), trace.y.tobytes()))
    hidden = len(named) - len(seen)
    return f"{hidden} identical to another" if hidden else ""


def _is_log(metric: str, traces: Sequence[Trace], style: TraceStyle) -> bool:
    finite = [trace.y[np.isfinite(trace.y)] for trace in traces]
    if any(len(values) and values.min() <= 0 for values in finite):
        return find_metric(metric, style.log) is not None and any(bool((values > 0).any()) for values in finite)
    if find_metric(metric, style.log) is not None:
        return True
    if find_metric(metric, style.linear) is not None:
        return False
    kind = kind_of(metric)
    if is_perplexity(metric) or (kind == "loss" and any(map(has_flat_tail, finite))):
        return True
    if kind == "learning_rate":
        return any(map(crosses_decades, finite))
    if kind == "score":
        return False
    ends = [quantiles(values, 0.05, 0.95) for values in finite if len(values)]
    return bool(max(high for _, high in ends) > _LOG_FROM * min(low for low, _ in ends))


def _curve(trace: Trace, limits: Limits, style: TraceStyle, log: bool, metric: str, of: int) -> Curve:
    behind = trace.label not in style.colours
    finite = trace.y[np.isfinite(trace.y) & (trace.y > 0) if log else np.isfinite(trace.y)]
    weight = _weight(trace, finite, style, log, metric)
    curve = Curve(limits, _BEHIND_COLUMNS if behind else style.pixels, weight, log,
                  warm_up=style.smooth is None, robust=style.smooth is None, both=of <= FEW)
    with np.errstate(over="ignore", invalid="ignore"):
        curve.extend(trace.x, trace.y)
    return curve


def _full_limits(made: Sequence[Curve], traces: Sequence[Trace], log: bool, dense: Sequence[Band]) -> Limits:
    """y limits that contain every value of the curves and of the bands."""
    points = [end[1] for curve in made for end in (curve.lowest, curve.highest) if end is not None]
    ends = [end for trace in traces if trace.band is not None for end in trace.band]
    values = np.concatenate([np.array(points), *ends, *(end for band in dense for end in (band.low, band.high))])
    drawn = values[np.isfinite(values) & (values > 0) if log else np.isfinite(values)]
    if not len(drawn):
        return (1.0, 10.0) if log else (0.0, 1.0)
    return tight_limits(float(drawn.min()), float(drawn.max()), log)


def _limits_of(made: Sequence[Curve], traces: Sequence[Trace], log: bool, dense: Sequence[Band], *, has_outliers: bool
               ) -> Limits:
    """y limits that contain every curve, except a few that would flatten all others. `has_outliers`: whether there can
    be such curves; a schedule is as it is."""
    ranges = [wanted for curve in made if (wanted := curve.wanted_range()) is not None]
    if len(made) > FEW:
        tops = [wanted[1] for curve in made if (wanted := curve.wanted_range(_ABOVE_OF_MANY)) is not None]
        ranges = [(low, top) for (low, _), top in zip(ranges, tops, strict=True)]
    n_curves = len(ranges)
    reach = _reach(ranges, traces, log)
    for trace in traces:
        if trace.band is not None:
            ends = [wanted for end in trace.band if (wanted := _range_of(end, log)) is not None]
            ranges += [(min(max(low, reach[0]), reach[1]), min(max(high, reach[0]), reach[1])) for low, high in ends]
    ranges += [wanted for band in dense for end in (band.low, band.high) if (wanted := _range_of(end, log)) is not None]
    if not ranges:
        return (1.0, 10.0) if log else (0.0, 1.0)
    at = np.log10 if log else np.asarray
    lows, highs = at(np.array([low for low, _ in ranges])), at(np.array([high for _, high in ranges]))
    low, high = float(lows.min()), float(highs.max())
    if log and 0 < n_curves < len(ranges):  # a band close to 0 spans decades without any curve
        span = float(highs[:n_curves].max() - lows[:n_curves].min())
        low = max(low, float(lows[:n_curves].min()) - max(_BAND_BELOW * span, _BAND_BELOW_AT_LEAST))
    if len(ranges) >= 4 and has_outliers:
        usual = float(np.quantile(highs, 0.85, method="lower")) - float(lows.min())
        if usual > 0 and high - low > _OUTLIER * usual:
            high = low + 1.15 * usual
    return tight_limits(10.0**low, 10.0**high, log) if log else tight_limits(low, high, log)


def _reach(curves: Sequence[Limits], traces: Sequence[Trace], log: bool) -> Limits:
    """How far bands may widen the limits: the curves, and the runs that they stand for, keep half of the axis. The t
    interval of two runs is 13 times as wide as they are apart."""
    spread = [wanted for trace in traces if trace.group is not None for end in (trace.group.lowest, trace.group.highest)
              if (wanted := _range_of(end, log)) is not None]
    known = [*curves, *spread] or [(0.0, 0.0)]
    low, high = min(low for low, _ in known), max(high for _, high in known)
    if low == high:
        return -math.inf, math.inf
    if log:
        return low * (low / high) ** 0.5, high * (high / low) ** 0.5
    return low - (high - low) / 2, high + (high - low) / 2


def _cut_band_marks(trace: Trace, colour: Colour, of: int, y_limits: Limits, log: bool) -> list[Mark]:
    """Where a band goes on beyond the limits of y: how far, but for a few places."""
    assert trace.band is not None
    start = f"{trace.name}: " if of > 1 else ""
    marks = []
    for end, edge in zip(trace.band, ("bottom", "top"), strict=True):
        wanted = _range_of(end, log)
        furthest = None if wanted is None else wanted[edge == "top"]
        if furthest is None or y_limits[0] <= furthest <= y_limits[1]:
            continue
        at = int(np.nanargmin(np.abs(end - furthest)))
        marks.append(Mark("beyond", float(trace.x[at]), None, colour, f"{start}band to {wording.number(furthest)}",
                          "top" if edge == "top" else "bottom"))
    return marks


def _range_of(end: Array, log: bool) -> Limits | None:
    """The range of a band's end, ignoring the few positions where one run's spike pulls it far away."""
    wanted = robust_range(np.log10(end[end > 0]) if log else end)
    return (10.0 ** wanted[0], 10.0 ** wanted[1]) if log and wanted is not None else wanted


def _drawn(metric: str, traces: Sequence[Trace], made: Sequence[Curve], style: TraceStyle, y_limits: Limits, of: int,
           count: str) -> tuple[list[Line], list[Mark]]:
    behind: list[Line] = []
    raw: list[Line] = []
    main: list[Line] = []
    marks: list[Mark] = []
    for trace, curve in zip(traces, made, strict=True):
        colour = style.colours.get(trace.label)
        if curve.last is None:
            continue
        if colour is None:
            behind.append(Line(metric, "raw", *curve.main_line(), "grey"))
            colour = "grey"
        else:
            if curve.smooth is not None and of <= FEW:
                raw.append(Line(metric, "raw", *curve.raw_line(), colour))
            few = curve.smooth is None and len(trace.x) <= 60 and trace.group is None
            kind: Literal["points", "main"] = "points" if few else "main"
            # The last value as logged, even NaN. The runs of a group have ended at different positions.
            name = trace.label.removesuffix(f" ({count})") if count else trace.label
            text = f"{name} {value_text(metric, float(trace.y[-1]))}" if trace.group is None else name
            main.append(Line(metric, kind, *curve.main_line(), colour, text, name, style.dash(trace.label)))
        bad = np.flatnonzero(~np.isfinite(trace.y))
        if len(bad) and trace.group is None and len(marks) < _MOST_BAD_MARKS:
            marks.append(_bad_mark(trace, bad, colour))
        if not y_limits[0] <= curve.last[1] <= y_limits[1]:
            edge: Literal["top", "bottom"] = "top" if curve.last[1] > y_limits[1] else "bottom"
            marks.append(Mark("beyond", curve.last[0], None, colour,
                              f"{trace.label} {wording.number(curve.last[1])}", edge))
    return behind + raw + main, marks


def _bad_mark(trace: Trace, bad: Ints, colour: Colour) -> Mark:
    """A mark where a curve's values stopped being finite for good, else at the first one that is not."""
    last = int(np.flatnonzero(np.isfinite(trace.y))[-1])
    stays = last + 1 < len(trace.y)
    at = last + 1 if stays else int(bad[0])
    which: Literal["nan", "inf"] = "nan" if np.isnan(trace.y[at]) else "inf"
    words = "from here" if stays else f"({wording.count(len(bad))} of {wording.count(len(trace.y))} points)"
    edge: Literal["top", "bottom"] = "bottom" if trace.y[at] < 0 else "top"
    return Mark(which, float(trace.x[at]), None, colour, f"{trace.label}: {which} {words}", edge)


def _best_mark(traces: Sequence[Trace], made: Sequence[Curve], style: TraceStyle, rising: bool,
               y_limits: Limits) -> list[Mark]:
    marks = [(at, style.colours.get(trace.label, "grey")) for trace, curve in zip(traces, made, strict=True)
             if (at := curve.highest if rising else curve.lowest) is not None]
    if not marks:
        return []
    (x, y), colour = (max if rising else min)(marks, key=lambda mark: mark[0][1])
    return [Mark("best", x, y, colour)] if y_limits[0] <= y <= y_limits[1] else []
