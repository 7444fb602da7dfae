"""A panel drawn into somebody else's axes, and figures for papers: plain matplotlib, no title above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from livemon import style
from livemon.board import Line, Panel
from livemon.style import Theme

__all__ = ["draw_into", "paper_figure"]

_PAPER = {
    "font.size": 8.0, "axes.labelsize": 8.0, "xtick.labelsize": 7.0, "ytick.labelsize": 7.0, "legend.fontsize": 7.0,
    "axes.linewidth": 0.6, "lines.linewidth": 1.1, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.visible": False, "axes.edgecolor": "#333333",
}
_GOLDEN = 0.62  # height by width of one panel
_MOST_IN_LEGEND = 12
_MARKED_EVERY = 12  # a line has that many markers, so that lines differ in print without colours too
_SHAPES = "osD^vP*Xdh"


def paper_figure(panels: Sequence[Panel], width: float = 3.25, *, height: float | None = None) -> Figure:
    """A figure for a paper: its panels beside each other, with axis labels and legends, and nothing above them.

    Args:
        panels: One or more.
        width: In inches: 3.25 is a column, 6.75 a page of most conferences.
        height: In inches; None is the golden section of a panel's width.
    """
    settings: Any = style.rc("light") | _PAPER
    import matplotlib

    across = min(len(panels), 3 if width > 5 else 1)
    down = math.ceil(len(panels) / across)
    size = (width, height or _GOLDEN * width / across * down)
    with style.context("light"), matplotlib.rc_context(settings):
        figure = Figure(figsize=size, dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        for place, panel in enumerate(panels, 1):
            draw_into(figure.add_subplot(down, across, place), panel, markers=True)
    return figure


def draw_into(axes: Axes, panel: Panel, theme: Theme = "light", *, markers: bool = False) -> Axes:
    """Draw a panel's lines, bands and bars with whatever settings the axes were made with; a legend names the lines.

    Args:
        markers: Whether each line gets a few markers of its own shape.
    """
    palette = style.palette(theme)
    if panel.message and not panel.lines:
        axes.text(0.5, 0.5, panel.message, transform=axes.transAxes, ha="center", va="center", parse_math=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel(panel.title.replace("_", " "), parse_math=False)
        return axes
    if panel.rows:
        _draw_rows(axes, panel, palette)
        return axes
    for band in panel.bands:
        axes.fill_between(band.x, band.low, band.high, color=to_rgba(palette[band.colour], 0.2), linewidth=0)
    labelled = [line for line in panel.lines if line.label]
    for line in panel.lines:
        _draw_line(axes, line, palette, labelled.index(line) if markers and line in labelled else None, len(labelled))
    for mark in panel.marks:
        if mark.kind in ("nan", "inf"):
            axes.plot([mark.x], [0.98], marker="x", color=palette[mark.colour], transform=axes.get_xaxis_transform(),
                      linestyle="none", clip_on=False)
    axes.set_yscale(panel.y_scale)
    axes.set_xlim(panel.x_limits)
    axes.set_ylim(panel.y_limits)
    axes.set_xlabel(panel.x_label, parse_math=False)
    axes.set_ylabel(panel.title.replace("_", " "), parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    if 1 < len(labelled) <= _MOST_IN_LEGEND or panel.bands:
        legend = axes.legend(frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)
    return axes


def _draw_line(axes: Axes, line: Line, palette: dict[str, str], shape: int | None, count: int) -> None:
    look: dict[str, Any] = {"color": palette[line.colour]}
    if line.kind == "raw":
        look |= {"color": to_rgba(palette[line.colour], 0.3), "linewidth": 0.5, "zorder": 1.5}
    elif line.kind == "overtaken":
        look |= {"color": to_rgba(palette[line.colour], 0.4), "linewidth": 0.7, "zorder": 1.6}
    elif shape is not None and count > 1:
        every = max(len(line.x) // _MARKED_EVERY, 1)
        look |= {"marker": _SHAPES[shape % len(_SHAPES)], "markersize": 3.0,
                 "markevery": (shape * every // count, every)}
    elif line.kind == "points":
        look |= {"marker": "o", "markersize": 2.5}
    name = line.label.rsplit(" ", 1)[0] if " " in line.label else line.label  # without its last value
    axes.plot(line.x, line.y, label=name if line.label else "_nolegend_", **look)


def _draw_rows(axes: Axes, panel: Panel, palette: dict[str, str]) -> None:
    rows = panel.rows[:40]
    places = np.arange(len(rows))
    axes.barh(places, [row.value if math.isfinite(row.value) else 0.0 for row in rows],
              color=[to_rgba(palette[row.colour], 0.6) for row in rows])
    for place, row in enumerate(rows):
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color="#222222", linewidth=1.0)
    axes.set_yticks(places, [row.label for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(panel.title, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
