"""Parallel coordinates: a line a run through its settings to what it reached, the best in colour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from livemon import style, wording
from livemon.style import Theme
from livemon.views._text import printable, shorten

__all__ = ["parallel_coordinates"]

_MOST_TEXTS = 8  # values that are written at an axis
_BEST_SHARE = 0.2
_ROOM = 78.0  # points between axes for a value's text


def parallel_coordinates(
    settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, float], keys: Sequence[str], metric: str,
    rising: bool, theme: Theme = "light", size: tuple[float, float] | None = None,
) -> Figure:
    """A figure with an axis a setting, and the metric as the last one; the best fifth of the runs is in colour.

    Numbers that are all above 0 and span more than a factor of 20 stand on a logarithmic axis, categories evenly; a run
    without a setting is drawn at the foot of its axis.

    Args:
        settings, values: Of each run; runs without a finite value are left out.
        keys: Settings, from left to right.

    Raises:
        ValueError: No run has a finite value.
    """
    names = [name for name, value in values.items() if math.isfinite(value)]
    if not names:
        raise ValueError(f"no run has a finite {metric} to draw")
    columns = [_places([settings.get(name, {}).get(key) for name in names]) for key in keys]
    columns.append(_places([values[name] for name in names]))
    order = sorted(range(len(names)), key=lambda place: values[names[place]] * (-1 if rising else 1))
    best = set(order[: max(1, round(_BEST_SHARE * len(names)))])
    colours, palette, sizes = style.colours(theme), style.palette(theme), style.sizes()
    with style.context(theme):
        figure = Figure(figsize=size or (max(6.0, 2.0 * len(columns)), 5.0), dpi=100)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.06, 0.08, 0.84, 0.76))
        for place in reversed(order):  # the best on top
            line = [heights[place] for heights, _ in columns]
            chosen = place in best
            axes.plot(range(len(columns)), line, linewidth=1.8 if chosen else 0.8, zorder=2 if chosen else 1,
                      color=palette["blue"] if chosen else to_rgba(palette["grey"], 0.45), solid_joinstyle="round")
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
        axes.set_ylim(-0.06, 1.04)
        axes.set_axis_off()
        figure.text(0.06, 0.95, f"{metric} of {len(names)} runs, {'most' if rising else 'least'} is best: the best "
                    f"{len(best)} in colour", fontsize=sizes["status"], color=colours["muted"], parse_math=False)
    return figure


def _places(given: Sequence[Any]) -> tuple[list[float], list[tuple[float, str]]]:
    """The height of each value on its axis, from 0 to 1, and the texts that stand at it."""
    known = [one for one in given if one is not None]
    numbers = [float(one) for one in known if isinstance(one, int | float) and not isinstance(one, bool)]
    if known and len(numbers) == len(known) and all(map(math.isfinite, numbers)):
        return _numbers(given, numbers)
    levels = sorted({str(one) for one in known})
    heights = {level: (place + 0.5) / len(levels) for place, level in enumerate(levels)}
    every = max(1, math.ceil(len(levels) / _MOST_TEXTS))
    return ([heights[str(one)] if one is not None else 0.0 for one in given],
            [(heights[level], level) for level in levels[::every]])


def _numbers(given: Sequence[Any], numbers: Sequence[float]) -> tuple[list[float], list[tuple[float, str]]]:
    low, high = min(numbers), max(numbers)
    log = low > 0 and high > 20 * low
    at = np.log10 if log else np.asarray
    bottom, top = float(at(low)), float(at(high))

    def height(value: float) -> float:
        return 0.04 + 0.96 * (float(at(value)) - bottom) / (top - bottom) if top > bottom else 0.5

    levels = sorted(set(numbers))
    if len(levels) > _MOST_TEXTS:
        even = np.linspace(bottom, top, 5)
        levels = [float(10.0**one if log else one) for one in even]
    return ([height(float(one)) if one is not None else 0.0 for one in given],
            [(height(level), wording.short_exponent(f"{level:.4g}")) for level in levels])
