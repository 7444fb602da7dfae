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
from matplotlib.legend import Legend
from matplotlib.ticker import NullFormatter

from livemon import style
from livemon.board import Line, Panel
from livemon.style import Theme
from livemon.views._ticks import log_ticks, tick_texts

__all__ = ["draw_into", "paper_figure"]

_PAPER = {
    "font.size": 8.0, "axes.labelsize": 8.0, "xtick.labelsize": 7.0, "ytick.labelsize": 7.0, "legend.fontsize": 7.0,
    "axes.linewidth": 0.6, "lines.linewidth": 1.1, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.visible": False, "axes.edgecolor": "#333333",
}
_GOLDEN = 0.62  # height by width of one panel
_MOST_IN_LEGEND = 12
_MARKED_EVERY = 12  # a line has that many markers, so that lines differ in print without colours too
_LOG_TICKS = 6
_LETTER, _HANDLE, _ROW = 0.055, 0.5, 0.15  # inches: of a legend below the figure
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

    labels = _legend_of(panels)
    size_of_legend = (1, 0.0)
    if labels:
        longest = max(map(len, labels))
        columns = max(1, min(len(labels), int(width / (_LETTER * longest + _HANDLE))))
        size_of_legend = columns, _ROW * math.ceil(len(labels) / columns)
    across = min(len(panels), 3 if width > 5 else 1)
    down = math.ceil(len(panels) / across)
    size = (width, height or _GOLDEN * width / across * down + size_of_legend[1])
    with style.context("light"), matplotlib.rc_context(settings):
        figure = Figure(figsize=size, dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        for place, panel in enumerate(panels, 1):
            draw_into(figure.add_subplot(down, across, place), panel, markers=True, legend=not labels)
        if labels:
            handles = figure.axes[0].get_legend_handles_labels()[0]
            below = figure.legend(handles, labels, loc="outside lower center", ncols=size_of_legend[0], frameon=False)
            _take_literally(below)
    return figure


def _legend_of(panels: Sequence[Panel]) -> list[str]:
    """The labels of a legend below the figure: where all panels have the same, and bands leave no room within."""
    labels = [[_name(line) for line in panel.lines if line.label] for panel in panels]
    same = all(one == labels[0] for one in labels)
    return labels[0] if same and len(labels[0]) <= _MOST_IN_LEGEND and any(panel.bands for panel in panels) else []


def _take_literally(legend: Legend) -> None:
    for text in legend.get_texts():
        text.set_parse_math(False)


def _name(line: Line) -> str:
    return line.name or line.metric


def draw_into(axes: Axes, panel: Panel, theme: Theme = "light", *, markers: bool = False, legend: bool = True) -> Axes:
    """Draw a panel's lines, bands and bars with whatever settings the axes were made with; a legend names the lines.

    Args:
        markers: Whether each line gets a few markers of its own shape.
        legend: Whether there is one.
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
    if panel.y_scale == "log":  # matplotlib's own texts are mathematics, which livemon's settings switch off
        ticks = log_ticks(*panel.y_limits, _LOG_TICKS)
        axes.set_yticks(ticks, tick_texts(ticks, log=True))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(panel.x_label, parse_math=False)
    axes.set_ylabel(panel.title.replace("_", " "), parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    if legend and (1 < len(labelled) <= _MOST_IN_LEGEND or panel.bands):
        _take_literally(axes.legend(frameon=False))
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
    axes.plot(line.x, line.y, label=_name(line) if line.label else "_nolegend_", **look)


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
