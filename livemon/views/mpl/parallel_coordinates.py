"""Parallel coordinates: each run is a line through its settings to its result, the best in colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from livemon import wording
from livemon.views import style
from livemon.views.mpl.text import printable, shorten
from livemon.views.style import Theme
from livemon.views.ticks import linear_ticks, log_ticks, tick_texts

__all__ = ["parallel_coordinates"]

_MOST_TEXTS = 8  # values written at an axis
_BEST_SHARE = 0.2
_ROOM = 78.0  # points between axes, for a value's text
_LOG_FROM = 20.0  # the ratio of the highest to the lowest value
_FOOT = 0.1  # of an axis: the bottom, for runs without a value
_FAN = 0.035  # of an axis: the largest distance between lines through one value
_APART = 0.05  # of an axis: the distance between texts
_NOT_SET = "not set"

Positions = tuple[list[float], list[tuple[float, str]]]


def parallel_coordinates(
    settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, float], keys: Sequence[str], metric: str,
    rising: bool | None, theme: Theme = "light", size: tuple[float, float] | None = None,
) -> Figure:
    """A figure with an axis for each setting, and the metric as the last one; the best fifth of the runs is in colour.

    The axis of positive numbers is logarithmic if they span a factor of 20, or are more evenly spaced by their
    logarithms. Categories are evenly spaced. Lines through one value are fanned out, the best lowest. A run without a
    setting is drawn at the bottom of its axis, with a label.

    Args:
        settings, values: Those of each run; runs without a finite value are left out.
        rising: Whether more is better; None if unknown: then no run is in colour.
        keys: The settings, from left to right.

    Raises:
        ValueError: No run has a finite value.
    """
    names = [name for name, value in values.items() if math.isfinite(value)]
    if not names:
        raise ValueError(f"no run has a finite {metric} to draw")
    order = sorted(range(len(names)), key=lambda run: values[names[run]] * {True: -1, False: 1, None: 0}[rising])
    columns = [_fanned(_places([settings.get(name, {}).get(key) for name in names]), order) for key in keys]
    columns.append(_measured([values[name] for name in names]))
    best = set(order[: max(1, round(_BEST_SHARE * len(names)))]) if rising is not None else set()
    colours, palette, sizes = style.colours(theme), style.palette(theme), style.sizes()
    with style.context(theme):
        figure = Figure(figsize=size or (max(6.0, 2.0 * len(columns)), 5.0), dpi=100)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.06, 0.08, 0.84, 0.76))
        for run in reversed(order):  # the best on top
            line = [heights[run] for heights, _ in columns]
            chosen = run in best
            axes.plot(range(len(columns)), line, linewidth=1.8 if chosen else 0.8, zorder=2 if chosen else 1,
                      color=to_rgba(palette["blue" if chosen else "grey"], 0.8 if chosen else 0.4),
                      solid_joinstyle="round")
        for at, (key, (_, texts)) in enumerate(zip([*keys, metric], columns, strict=True)):
            axes.axvline(at, color=colours["edge"], linewidth=1.0, zorder=0.5)
            axes.text(at, 1.09, shorten(printable(key.rsplit(".", 1)[-1]), 2 * _ROOM, sizes["label"], bold=True),
                      ha="center", fontsize=sizes["label"], fontweight="bold", parse_math=False)
            for height, text in texts:
                axes.annotate(shorten(printable(text), _ROOM, sizes["tick"]), (at, height), (4, 0), va="center",
                              zorder=3, textcoords="offset points", fontsize=sizes["tick"], color=colours["text"],
                              parse_math=False, bbox={"boxstyle": "round,pad=0.12", "facecolor": colours["background"],
                                                      "edgecolor": "none", "alpha": 0.75})
        axes.set_xlim(-0.1, len(columns) - 0.9)
        axes.set_ylim(-0.08, 1.06)
        axes.set_axis_off()
        which_is_best = {True: ", most is best", False: ", least is best", None: ""}[rising]
        which_is_best += f": the best {len(best)} in colour" if best else ""
        figure.text(0.06, 0.95, f"{metric} of {len(names)} runs{which_is_best}", fontsize=sizes["status"],
                    color=colours["muted"], parse_math=False)
    return figure


def _places(given: Sequence[Any]) -> Positions:
    """The height of each value of a setting on its axis, from 0 to 1, and the texts of the axis."""
    known = [value for value in given if value is not None]
    numbers = [float(value) for value in known if isinstance(value, int | float) and not isinstance(value, bool)]
    foot = [(0.0, _NOT_SET)] if len(known) < len(given) else []
    low = _FOOT if foot else 0.0
    if known and len(numbers) == len(known) and all(map(math.isfinite, numbers)):
        levels = sorted(set(numbers))
        at, ticks = _axis(levels, low)
        if len(levels) <= _MOST_TEXTS:
            ticks = levels
            texts = [wording.short_exponent(f"{level:.4g}") for level in levels]
        else:
            texts = tick_texts(ticks, log=_is_log(levels))
        return ([at(float(value)) if value is not None else 0.0 for value in given],
                foot + _apart([(at(tick), text) for tick, text in zip(ticks, texts, strict=True)]))
    names = sorted({str(value) for value in known})
    heights = {name: low + (index + 0.5) / len(names) * (1 - low) for index, name in enumerate(names)}
    every = max(1, math.ceil(len(names) / _MOST_TEXTS))
    return ([heights[str(value)] if value is not None else 0.0 for value in given],
            foot + [(heights[name], name) for name in names[::every]])


def _measured(values: Sequence[float]) -> Positions:
    """The same for a metric, with round ticks."""
    levels = sorted(set(values))
    at, ticks = _axis(levels, 0.0)
    return [at(value) for value in values], [(at(tick), text) for tick, text in
                                             zip(ticks, tick_texts(ticks, log=_is_log(levels)), strict=True)]


def _axis(levels: Sequence[float], foot: float) -> tuple[Callable[[float], float], list[float]]:
    """The position of a value between `foot` and 1, and round ticks."""
    log, low, high = _is_log(levels), levels[0], levels[-1]
    scale: Callable[[float], float] = math.log10 if log else float
    bottom, top = scale(low), scale(high)

    def height(value: float) -> float:
        return foot + (1 - foot) * (scale(value) - bottom) / (top - bottom) if top > bottom else (1 + foot) / 2

    return height, log_ticks(low, high, 6) if log else linear_ticks(low, high, 6)


def _is_log(levels: Sequence[float]) -> bool:
    """Whether sorted values are better separated by their logarithms: they span a factor of 20, or successive values
    differ by factors rather than sums."""
    if levels[0] <= 0 or len(levels) < 2:
        return False
    if levels[-1] > _LOG_FROM * levels[0]:
        return True
    steps, factors = np.diff(levels), np.diff(np.log(levels))
    return len(levels) > 2 and len(levels) <= _MOST_TEXTS and bool(
        factors.max() / factors.min() < 0.7 * steps.max() / steps.min())


def _apart(texts: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The texts that do not touch the one below."""
    kept: list[tuple[float, str]] = []
    for height, text in texts:
        if not kept or height - kept[-1][0] >= _APART:
            kept.append((height, text))
    return kept


def _fanned(positions: Positions, order: Sequence[int]) -> Positions:
    """The same with runs of equal height side by side, the best lowest, so that none hides another."""
    heights, texts = positions
    together: dict[float, list[int]] = {}
    for run in order:
        together.setdefault(heights[run], []).append(run)
    gaps = np.diff(sorted(together)) if len(together) > 1 else np.array([1.0])
    reach = min(_FAN, 0.35 * float(gaps.min()))
    moved = list(heights)
    for height, runs in together.items():
        for rank, run in enumerate(runs):
            moved[run] = height + (reach * (2 * rank / (len(runs) - 1) - 1) if len(runs) > 1 else 0.0)
    return moved, texts
