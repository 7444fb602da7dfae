"""The labels at the ends of a panel's curves, or a legend if there are too many."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from livemon.boards.model import Dash, Line, Mark, Panel
from livemon.views import style
from livemon.views.looks import SCREEN
from livemon.views.mpl.kept import KeptStrokes, shows_already
from livemon.views.mpl.label_places import Box, spread
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.lines import DASHES
from livemon.views.mpl.marks import EDGE_MARK
from livemon.views.mpl.panel_space import Space, end_of
from livemon.views.mpl.short_names import fit_names, name_and_value
from livemon.views.mpl.text import ELLIPSIS, printable, shorten, text_width
from livemon.views.mpl.text_pool import TextPool, points_of

__all__ = ["EndLabels", "Label", "labels_of", "labels_of_hidden", "labels_of_panel"]

_MARGIN, _NARROW_MARGIN, _LABEL_WIDTH = 0.28, 0.36, 100.0  # labels' width: a share of the panel, or points if narrow
_WIDE_MARGIN = 0.45  # if names would be cut otherwise
_WIDEST_MARGIN, _LEAST_NAME = 0.6, 6.0  # of a legend; a name cut below so many font sizes says nothing: fewer are shown
_MANY = 5  # labels: with so many, names are needed, and values are dropped if there is no room for both
_NAME_STEP = 6.0
_LED_FROM = 18.0  # points between a curve's end and its label: from here on a leader line is drawn
_MOVED = 1.2  # times a label's height: so far from the end of its curve a label gets a leader line, too
_BESIDE, _LEADER = 7.0, 14.0  # points from a curve's end to its label, and extra points for a leader line
_LEADER_ORDER = 2.25  # above the pale curves, below the others
_DOTTED = (0, (1, 2))  # for leader lines
_MOST_COLUMNS, _SWATCH, _COLUMN_GAP = 3, 16.0, 6.0  # of a legend; points for a sample of the curve, and between columns
_FEW_STEPS = 12  # in a window the space grows in twelfths of the panel, so that it rarely has to grow
_USUAL_VALUE = "0.00000"
_ROOM_LEVELS = (0.0, 0.5, 1.0)  # space for labels grows in few steps, so that most frames need no new axes


@dataclass(frozen=True, slots=True)
class Label:
    """A curve's label: the curve's last point, the fitted text and its width in points, the curve's colour, metric and
    run, and whether the curve is hidden, so that the label only serves to show it again. In a legend: its row and
    column, and the curve's dash pattern for the sample beside it."""

    end: tuple[float, float]
    text: str
    width: float
    colour: str
    metric: str = ""
    is_hidden: bool = False
    run: str = ""
    cell: tuple[int, int] | None = None
    dash: Dash = "solid"


@dataclass(frozen=True, slots=True)
class _Margin:
    """The width of the labels (as a share of the panel) and the part of it that the axes leave free, for a panel with
    these x limits at this position; and whether labels had to be moved away from their curves' ends."""

    x_limits: tuple[float, float]
    panel: Rect
    share: float
    level: float
    moved: bool


def labels_of(lines: Sequence[Line], rect: Rect, scale: float, more: int = 0) -> list[Label]:
    """The labels of the lines that have a label and a last point. If they are more than fit into a panel's height,
    together with `more` others, they are those of a legend, without values.

    If names would be cut the labels become wider, and if that is not enough for many curves the values are dropped: a
    curve's name is shown nowhere else.
    """
    size, most = style.sizes(scale)["label"], _most_rows(rect, scale)
    shown = [(line, end) for line in lines if line.label and (end := end_of(line)) is not None]
    if not shown:
        return []
    if len(shown) + more > most:
        return _legend(shown, rect, scale, more)
    width = max(_MARGIN * rect.width, min(_NARROW_MARGIN * rect.width, _LABEL_WIDTH * scale))
    parts = [(printable(name), printable(value)) for name, value in (name_and_value(line) for line, _ in shown)]
    texts = _fitted(parts, width, size)
    if _are_cut(texts, parts):
        wide = max(_WIDE_MARGIN * rect.width, width)
        texts = _fitted(parts, wide, size)
        if len(parts) >= _MANY and _are_cut(texts, parts):
            texts = _fitted([(name, "" if name else value) for name, value in parts], wide, size)
    return [Label(end, text, text_width(text, size, bold=True), line.colour, line.metric,
                  run=line.run) for text, (line, end) in zip(texts, shown, strict=True)]


def _legend(shown: Sequence[tuple[Line, tuple[float, float]]], rect: Rect, scale: float, more: int) -> list[Label]:
    """The labels of a legend, in the order of the lines; as many as fit into three columns that leave room for
    `more`."""
    size, rows = style.sizes(scale)["label"], _most_rows(rect, scale)
    names = tuple(printable(name_and_value(line)[0]) for line, _ in shown)
    most = min(math.ceil((len(shown) + more) / rows), _MOST_COLUMNS)
    longest = max(text_width(name, size, bold=True) for name in names)
    ways = [(most, _WIDE_MARGIN), (most, _WIDEST_MARGIN),
            *((columns, margin) for columns in range(most, 0, -1) for margin in (_WIDE_MARGIN, _WIDEST_MARGIN))]
    rooms = [(columns, (margin * rect.width - 12 * scale) / columns - (_SWATCH + _COLUMN_GAP) * scale)
             for columns, margin in ways]
    columns, room = next(((columns, room) for at, (columns, room) in enumerate(rooms) if room >= (
        longest if at < 2 else min(longest, _LEAST_NAME * size))), rooms[-1])
    shown = shown[: rows * columns]
    names = fit_names(names[: len(shown)], max(room, 0.0), size, bold=True)
    return [Label(end, text, text_width(text, size, bold=True), line.colour, line.metric, run=line.run,
                  cell=(index % rows, index // rows), dash=line.dash)
            for index, (text, (line, end)) in enumerate(zip(names, shown, strict=True))]


def labels_of_panel(panel: Panel, rect: Rect, scale: float) -> list[Label]:
    """The labels of a panel's curves, and then the names of the hidden ones, in the legend if there is one."""
    hidden = labels_of_hidden(panel, rect, scale)
    labels = labels_of(panel.lines, rect, scale, len(hidden))
    if not labels or labels[0].cell is None:
        return [*labels, *hidden]
    rows = _most_rows(rect, scale)
    free = range(len(labels), rows * _MOST_COLUMNS)
    return [*labels, *(replace(label, cell=(index % rows, index // rows))
                       for index, label in zip(free, hidden, strict=False))]


def _most_rows(rect: Rect, scale: float) -> int:
    return max(int(rect.height // _height(scale)), 1)


def labels_of_hidden(panel: Panel, rect: Rect, scale: float) -> list[Label]:
    """The names of the hidden curves, below the others; as many as fit into a third of the panel."""
    size = style.sizes(scale)["label"]
    most, end = int(rect.height / 3 // _height(scale)), (panel.x_limits[1], panel.y_limits[0])
    texts = [(curve, shorten(f"({printable(curve.name)})", _MARGIN * rect.width, size))
             for curve in panel.hidden[:most]]
    return [Label(end, text, text_width(text, size), curve.colour, curve.metric, is_hidden=True, run=curve.run)
            for curve, text in texts]


def _fitted(parts: Sequence[tuple[str, str]], width: float, size: float) -> list[str]:
    """Names followed by their values, with the names cut so that both fit a width in points."""
    beside = max(text_width(" " + value, size, bold=True) if value else 0.0 for _, value in parts)
    room = math.floor((width - beside) / _NAME_STEP) * _NAME_STEP  # in steps, so that names are rarely fitted again
    names = fit_names(tuple(name for name, _ in parts), max(room, 0.0), size, bold=True)
    return [f"{name} {value}".strip() for name, (_, value) in zip(names, parts, strict=True)]


def _are_cut(texts: Sequence[str], parts: Sequence[tuple[str, str]]) -> bool:
    return any(text.count(ELLIPSIS) > name.count(ELLIPSIS) or not text
               for text, (name, _) in zip(texts, parts, strict=True))


class EndLabels:
    """A label at the end of each curve, all in one column so that no curve crosses it. A dotted line leads to it from a
    curve that ends early."""

    def __init__(self, figure: Figure, theme: style.Theme, *, animated: bool) -> None:
        self._palette = style.palette(theme)
        self._muted = style.colours(theme)["muted"]
        self._keeps_room = animated  # in a window the axes do not move while a run goes on
        self._margin: _Margin | None = None
        self._end: tuple[Panel, float] | None = None  # for the last panel shown
        self._leaders = KeptStrokes([], animated=animated, zorder=_LEADER_ORDER, linestyle=_DOTTED,
                                    transform=points_of(figure), visible=False)
        figure.add_artist(self._leaders)

    def artists(self) -> list[Artist]:
        """The leader lines, if there are any."""
        return [self._leaders] if self._leaders.get_visible() else []

    def remove(self) -> None:
        """Remove the leader lines from the figure."""
        self._leaders.remove()

    def make_room(self, labels: Sequence[Label], panel: Panel, space: Space) -> Space:
        """The space with axes as narrow as the labels need. As long as the x limits and the panel's position stay the
        same, the space for labels only grows: a label that gets shorter does not move the axes back and forth."""
        rect, (low, high) = space.panel, space.x
        known = self._margin
        if known is not None and (known.panel != rect or (known.x_limits != panel.x_limits and not self._keeps_room)):
            known = None
        is_legend = labels[0].cell is not None
        several = self._keeps_room and len(labels) > 1 and not is_legend
        moved = not is_legend and (several or (known is not None and known.moved) or _are_moved(labels, space))
        beside = 12 * space.scale + moved * _LEADER * space.scale
        width = sum(_column_widths(labels, space.scale)) if is_legend else max(
            _with_usual_value(label, space.scale) if self._keeps_room else label.width for label in labels)
        share = min((width + beside) / rect.width, 0.6)
        share = math.ceil(share * (_FEW_STEPS if self._keeps_room else 25)) / (_FEW_STEPS if self._keeps_room else 25)
        if known is not None:
            share = max(share, known.share)
        reached = _share(space.within_x(self._furthest(panel)), low, high, space.log_x)
        needed = 1 - (1 - share) / reached if reached > 0 else 0.0  # for a label that begins there to stay in the panel
        level = next((level for level in _ROOM_LEVELS if level * share >= needed - 1e-9), 1.0)
        level = 1.0 if self._keeps_room else level
        if known is not None:
            level = max(level, known.level)
        self._margin = _Margin(panel.x_limits, rect, share, level, moved)
        return replace(space, axes=Rect(rect.left, rect.bottom, rect.width * (1 - level * share), rect.height))

    def put(self, labels: Sequence[Label], panel: Panel, space: Space, texts: TextPool) -> list[Box]:
        """Draw the labels clear of the marks at the edges. Returns their boxes."""
        if labels and labels[0].cell is not None:
            return self._put_legend(labels, space, texts)
        boxes, leaders, colours = [], [], []
        if labels:
            height, scale = _height(space.scale), space.scale
            further = _LEADER if self._margin is not None and self._margin.moved else 0.0
            left = self._edge(panel, space) + (_BESIDE + further) * scale
            low, high = _free_height(panel.marks, left, space)
            centres = spread([space.y_at(label.end[1]) for label in labels], height, low, high)
            if self._keeps_room:
                centres = [round(centre * 2) / 2 for centre in centres]  # a small change of a value moves no other
            for label, centre in zip(labels, centres, strict=True):
                colour = self._muted if label.is_hidden else self._palette[label.colour]
                texts.put(label.text, left, centre, size=style.sizes(scale)["label"], colour=colour, middle=True,
                          bold=not label.is_hidden)
                boxes.append((left, centre - height / 2, left + label.width, centre + height / 2))
                if label.is_hidden:
                    continue
                start, level = space.x_at(space.within_x(label.end[0])) + 4 * scale, space.y_at(label.end[1])
                if left - start > _LED_FROM * scale or (further and abs(centre - level) > _MOVED * height):
                    bend = left - min(max(10.0, further) * scale, left - start - 2 * scale)
                    leaders.append([(start, level), (bend, level), (left - 2 * scale, centre)])
                    colours.append(colour)
        if not shows_already(self._leaders, (leaders, colours, space.scale)):
            self._leaders.set_segments(leaders)
            self._leaders.set(color=colours or "none", linewidth=style.sizes(space.scale)["thin"],
                              linestyle=_DOTTED, visible=bool(leaders))
        return boxes

    def _edge(self, panel: Panel, space: Space) -> float:
        """The left end of the labels: at the curves' ends; in a window at the end of the axes, so that labels do not
        move with each new row or cross the frame."""
        return space.axes.right if self._keeps_room else space.x_at(space.within_x(self._furthest(panel)))

    def _furthest(self, panel: Panel) -> float:
        """The x at which the last curve ends."""
        if self._end is None or self._end[0] is not panel:
            ends = (end_of(line) for line in panel.lines if line.kind != "superseded")
            self._end = panel, max(end[0] for end in ends if end is not None)
        return self._end[1]

    def _put_legend(self, labels: Sequence[Label], space: Space, texts: TextPool) -> list[Box]:
        """Draw the names beside the axes, in rows from the top, each after a sample of its curve."""
        height, scale, size = _height(space.scale), space.scale, style.sizes(space.scale)["label"]
        lefts = list(itertools.accumulate(_column_widths(labels, scale), initial=space.axes.right + _BESIDE * scale))
        boxes, pieces, colours, dashes = [], [], [], []
        for label in labels:
            row, column = label.cell or (0, 0)
            left, centre = lefts[column], space.axes.top - (row + 0.5) * height
            colour = self._muted if label.is_hidden else self._palette[label.colour]
            texts.put(label.text, left + _SWATCH * scale, centre, size=size, colour=colour, middle=True,
                      bold=not label.is_hidden)
            half = 0.49 * height  # rows must not touch
            boxes.append((left, centre - half, left + _SWATCH * scale + label.width, centre + half))
            if not label.is_hidden:
                pieces.append([(left, centre), (left + (_SWATCH - 4) * scale, centre)])
                colours.append(colour)
                dashes.append(DASHES[label.dash])
        if not shows_already(self._leaders, (pieces, colours, dashes, scale)):
            self._leaders.set_segments(pieces)
            self._leaders.set(color=colours, linewidth=SCREEN.lines["main"].width * scale, linestyle=dashes,
                              visible=True)
        return boxes


def _column_widths(labels: Sequence[Label], scale: float) -> list[float]:
    """The width of each column of a legend, including the samples beside the names."""
    widths: dict[int, float] = {}
    for label in labels:
        _, column = label.cell or (0, 0)
        widths[column] = max(widths.get(column, 0.0), label.width + (_SWATCH + _COLUMN_GAP) * scale)
    return [widths[column] for column in sorted(widths)]


def _share(x: float, low: float, high: float, log: bool) -> float:
    """The position of a value on the axis, from 0 to 1."""
    return math.log(x / low) / math.log(high / low) if log else (x - low) / (high - low)


def _are_moved(labels: Sequence[Label], space: Space) -> bool:
    """Whether labels that avoid each other are clearly off their curves' ends."""
    height, levels = _height(space.scale), [space.y_at(label.end[1]) for label in labels]
    centres = spread(levels, height, space.axes.bottom, space.axes.top)
    return any(abs(centre - level) > _MOVED * height for centre, level in zip(centres, levels, strict=True))


def _with_usual_value(label: Label, scale: float) -> float:
    """The width of a label when its value has the usual number of digits."""
    if label.is_hidden:
        return label.width
    size, value = style.sizes(scale)["label"], label.text.rpartition(" ")[2]
    return label.width + max(text_width(_USUAL_VALUE, size, bold=True) - text_width(value, size, bold=True), 0.0)


def _height(scale: float) -> float:
    return 1.35 * style.sizes(scale)["label"]


def _free_height(marks: Sequence[Mark], left: float, space: Space) -> tuple[float, float]:
    """The lowest and highest position for labels right of `left`: marks at the panel's edges stay free."""
    size = (EDGE_MARK + 2) * space.scale
    low, high = space.axes.bottom, space.axes.top
    for mark in marks:
        if mark.y is None and not SCREEN.marks[mark.kind].is_upright and left - size <= space.x_at(mark.x):
            low, high = (space.axes.bottom + size, high) if mark.edge == "bottom" else (low, space.axes.top - size)
    return low, high
