"""The background of a panel: axes, ticks, grid, title. It is drawn again only if it changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from livemon.boards.model import Panel
from livemon.views import style
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.quick_axes import QuickAxes
from livemon.views.mpl.text import font_of, printable, shorten, text_width
from livemon.views.ticks import linear_ticks, log_ticks, texts_to_the_end, tick_texts

__all__ = ["Content", "Frame", "content_of"]

_WHOLE = ("step", "epoch", "row")  # these have no fractions
_TICK_ROOM = 5.0  # points between two tick labels
_Y_EVERY, _X_EVERY, _ROWS_EVERY = 22.0, 62.0, 40.0  # points between ticks, at least


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a frame.

    Attributes:
        space: The position and the axes.
        title: The fitted title.
        x_label: The label of the x axis; "" for none.
        x_end: The end of the x axis, shown by the last tick; None if the axis has names, or no numbers.
        names: The names of boxes.
        is_blank: Whether there is nothing to draw: then the limits are meaningless.
        has_rows: Whether the panel has rows, which have names of their own.
        counts: Whether the y axis has numbers.
    """

    space: Space
    title: str
    x_label: str
    x_end: float | None
    names: tuple[str, ...]
    is_blank: bool
    has_rows: bool
    counts: bool


def content_of(panel: Panel, space: Space, title: str) -> Content:
    """The content of a panel's frame."""
    blank = bool(panel.message) and not (panel.lines or panel.boxes or panel.bars)
    names = tuple(box.label for box in panel.boxes)
    ends = bool(panel.x_label) and not names and panel.x_scale == "linear" and panel.x_limits[1] > panel.x_limits[0]
    x_end = panel.x_limits[1] if ends else None
    return Content(space, title, panel.x_label, x_end, names, blank, bool(panel.rows), panel.bars is not None)


class Frame:
    """The axes of one panel, for its curves."""

    def __init__(self, figure: Figure, theme: style.Theme) -> None:
        self._figure = figure
        self._colours = style.colours(theme)
        self._shown: tuple[Content, tuple[float, ...]] | None = None
        self._styled_for: float | None = None  # the scale of the tick labels
        self.axes = QuickAxes(figure, (0.1, 0.1, 0.8, 0.8))
        figure.add_axes(self.axes)
        self.axes.set_facecolor(self._colours["panel"])
        self.axes.set_axisbelow(True)
        self.axes.margins(0)
        self.axes.set_autoscale_on(False)
        for side in ("top", "right"):
            self.axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            self.axes.spines[side].set_color(self._colours["edge"])
        self.axes.format_coord = _coordinates  # type: ignore[method-assign]

    def update(self, content: Content) -> bool:
        """Show this content. Returns whether anything changed."""
        wanted = content, tuple(self._figure.get_size_inches())
        if wanted == self._shown:
            return False
        self._shown = wanted
        space, sizes = content.space, style.sizes(content.space.scale)
        self._place(space)
        self._put_title(content, sizes["panel_title"])
        for side in ("left", "bottom"):
            self.axes.spines[side].set_linewidth(sizes["edge"])
        for axis, is_log in ((self.axes.yaxis, space.log_y), (self.axes.xaxis, space.log_x)):
            if (wanted_scale := "log" if is_log else "linear") != axis.get_scale():  # setting it makes all ticks again
                (self.axes.set_yscale if axis is self.axes.yaxis else self.axes.set_xscale)(wanted_scale)
        self.axes.set_xlim(space.x)
        self.axes.set_ylim(space.y)
        if space.scale != self._styled_for:
            self._style_ticks(space.scale, sizes)
            self._styled_for = space.scale
        self.axes.set_xlabel("")
        if content.has_rows:
            self._put_ticks_of_rows(space, sizes["tick"])
        elif content.is_blank:
            self.axes.xaxis.show_ticks([], [])
            self.axes.yaxis.show_ticks([], [])
        else:
            self._put_ticks(content, sizes["tick"])
        return True

    def _place(self, space: Space) -> None:
        rect = space.axes
        width, height = self._figure.get_size_inches() * 72
        self.axes.set_position((rect.left / width, rect.bottom / height, rect.width / width, rect.height / height))

    def _put_title(self, content: Content, size: float) -> None:
        space = content.space
        families, weight = font_of(content.title, bold=True)
        self.axes.set_title(
            content.title, loc="left", x=(space.panel.left - space.axes.left) / space.axes.width, y=1.0,
            pad=6 * space.scale, fontsize=size, fontweight=weight, fontfamily=families, color=self._colours["text"],
            parse_math=False,
        )

    def _style_ticks(self, scale: float, sizes: Mapping[str, float]) -> None:
        self.axes.tick_params(
            which="both", length=0, pad=4 * scale, labelsize=sizes["tick"], labelcolor=self._colours["muted"],
            labelfontfamily=style.fonts()["sans"], grid_color=self._colours["grid"], grid_linewidth=sizes["grid"],
        )

    def _put_ticks_of_rows(self, space: Space, size: float) -> None:
        ticks = _ticks(space.x, space.log_x, _most(space.axes.width, _ROWS_EVERY * space.scale, 3, 5))
        self.axes.yaxis.show_ticks([], [])
        self.axes.xaxis.is_open = False
        self.axes.xaxis.show_ticks(ticks, _apart(ticks, tick_texts(ticks, log=space.log_x), math.inf, space, size))
        self.axes.grid(True, axis="x")

    def _put_ticks(self, content: Content, size: float) -> None:
        axes, space = self.axes, content.space
        most = _most(space.axes.height, _Y_EVERY * space.scale, 2, 6)
        ticks = _ticks(space.y, space.log_y, most, whole=content.counts)
        axes.yaxis.show_ticks(ticks, tick_texts(ticks, log=space.log_y))
        row = _row_of_x(content, size)
        axes.xaxis.is_open = content.x_end is not None
        axes.xaxis.show_ticks(row.ticks, row.texts)
        axes.grid(True, axis="y")
        axes.grid(not content.names, axis="x")
        if content.x_label:
            axes.set_xlabel(row.label, loc="right", fontsize=size, color=self._colours["muted"],
                            fontfamily=font_of(content.x_label)[0], parse_math=False)
            # In the row of the tick labels, not below it: it takes no height.
            axes.xaxis.set_label_coords((row.label_right - space.axes.left) / space.axes.width,
                                        -4 * space.scale / space.axes.height)
            axes.xaxis.label.set_verticalalignment("top")


def _most(length: float, every: float, least: int, most: int) -> int:
    """The number of ticks on an axis of this length."""
    return int(min(max(length / every, least), most))


def _ticks(limits: tuple[float, float], log: bool, most: int, *, whole: bool = False) -> list[float]:
    return log_ticks(*limits, most) if log else linear_ticks(*limits, most, whole=whole)


@dataclass(frozen=True, slots=True)
class _RowOfX:
    """The texts below the x axis: tick labels, the last one at the end of the axis, and left of it the axis label.

    Attributes:
        ticks, texts: A text that would touch its neighbour or the axis label is empty.
        label: The fitted axis label; "" for none.
        label_right: The right end of the label (points).
    """

    ticks: list[float]
    texts: list[str]
    label: str
    label_right: float


def _row_of_x(content: Content, size: float) -> _RowOfX:
    space, end = content.space, content.x_end
    if content.names:
        ticks, last = [float(index) for index in range(1, len(content.names) + 1)], ""
        texts = [printable(name) for name in content.names]
    else:
        most, whole = _most(space.axes.width, _X_EVERY * space.scale, 2, 7), content.x_label in _WHOLE
        if space.log_x:
            ticks, end = log_ticks(*space.x, most), None
            texts, last = tick_texts(ticks, log=True), ""
        else:
            ticks = linear_ticks(*space.x, most, whole=whole)
            texts, last = (tick_texts(ticks), "") if end is None else texts_to_the_end(ticks, end, whole=whole)
    label = shorten(printable(content.x_label), 0.6 * space.axes.width, size, middle=True)
    label_right = free_to = space.axes.right
    if end is not None:
        free_to = space.x_at(end) - text_width(last, size) / 2
        label_right = free_to - _TICK_ROOM * space.scale
    free_to = label_right - text_width(label, size) - 6 * space.scale if label else free_to + 12 * space.scale
    shown = _apart(ticks, texts, free_to, space, size)
    if end is not None:
        before = sum(tick < end for tick in ticks)
        ticks, shown = [*ticks[:before], end], [*shown[:before], last]
    return _RowOfX(ticks, shown, label, label_right)


def _apart(ticks: list[float], texts: list[str], free_to: float, space: Space, size: float) -> list[str]:
    """The texts; those that would touch their neighbour, or reach beyond `free_to`, become empty."""
    free_from = -math.inf
    shown = []
    for tick, text in zip(ticks, texts, strict=True):
        centre, half = space.x_at(tick), text_width(text, size) / 2
        fits = centre - half >= free_from and centre + half <= free_to
        shown.append(text if fits else "")
        free_from = centre + half + _TICK_ROOM * space.scale if fits else free_from
    return shown


def _coordinates(x: float, y: float) -> str:
    return f"x = {x:,.0f}  y = {y:.6g}"
