"""The marks of a panel, and their texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from livemon.boards.model import Line, Mark
from livemon.views import style
from livemon.views.looks import SCREEN
from livemon.views.mpl.kept import shows_already
from livemon.views.mpl.label_places import Box, free_place
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.strokes import FastLine
from livemon.views.mpl.text import printable, text_width
from livemon.views.mpl.text_pool import TextPool

__all__ = ["EDGE_MARK", "MarkArtists", "MarkTexts", "shape_of"]

EDGE_MARK = SCREEN.marks["beyond"].size  # the size of a mark at the panel's edge, in points

_DASHES = {"dashed": (0, (4, 3)), "dotted": (0, (1, 3)), "dashdot": (0, (6, 2, 1.5, 2))}
_SHAPES = {"star": "*", "cross": "x", "diamond": "D", "square": "s", "dot": "o", "ring": "o"}  # a triangle: by its edge
_EDGE, _STROKE = 0.6, 1.6  # the width of a shape's outline, and of a cross or a ring
_RULES = ("marked", "critical", "warning")  # lines through the whole panel on which no text is placed
_STROKES = ("cross", "ring")  # shapes that are stroked, not filled
_MOST_TELLING_FIRST = ("marked", "critical", "warning", "leap", "best", "inf", "nan", "beyond", "spike", "fewer",
                       "restart", "epoch")

Key = tuple[str, str, str]  # kind, edge ("" for a mark at its value), colour


class MarkArtists:
    """Draws marks: one artist for all marks of a kind, an edge and a colour."""

    def __init__(self, axes: Axes, theme: style.Theme, *, animated: bool) -> None:
        self._axes = axes
        self._animated = animated
        self._palette, self._colours = style.palette(theme), style.colours(theme)
        self._marks: dict[Key, FastLine] = {}

    def artists(self) -> list[Artist]:
        """The visible artists."""
        return [line for line in self._marks.values() if line.get_visible()]

    def update(self, marks: Sequence[Mark], space: Space) -> None:
        """Show these marks."""
        groups: dict[Key, list[Mark]] = {}
        for mark in marks:
            if space.x[0] <= mark.x <= space.x[1]:  # marks at the edge are not clipped
                groups.setdefault((mark.kind, mark.edge if mark.y is None else "", mark.colour), []).append(mark)
        for key, artist in self._marks.items():
            artist.set_visible(key in groups)
        for key, members in groups.items():
            if key not in self._marks:
                self._marks[key] = self._made(members[0])
                self._axes.add_line(self._marks[key])
            if shows_already(self._marks[key], (members, space.scale, space.axes.height)):
                continue
            if SCREEN.marks[members[0].kind].is_upright:
                _place_upright(self._marks[key], members, space)
            else:
                _place_shapes(self._marks[key], members, space)

    def _made(self, mark: Mark) -> FastLine:
        look = SCREEN.marks[mark.kind]
        colour = look.in_colour(self._palette[mark.colour], self._colours)
        artist = FastLine([], [], animated=self._animated, linestyle="None", color=colour, zorder=look.order)
        if look.is_upright or mark.y is None:
            artist.set_transform(self._axes.get_xaxis_transform())
        if look.is_upright:
            artist.set_linestyle(_DASHES[look.shape])
            return artist
        is_stroke = look.shape in _STROKES
        artist.set(marker=shape_of(mark), markeredgecolor=colour if is_stroke else self._colours["panel"],
                   clip_on=False)
        if look.shape == "ring":
            artist.set_markerfacecolor("none")
        return artist


def shape_of(mark: Mark) -> str:
    """The matplotlib marker of a mark that is not a vertical line; a triangle points to its edge."""
    shape = _SHAPES.get(SCREEN.marks[mark.kind].shape)
    return shape or ("v" if mark.y is None and mark.edge == "bottom" else "^")


def _place_upright(artist: Line2D, marks: Sequence[Mark], space: Space) -> None:
    x = np.array([mark.x for mark in marks], np.float64)
    gap = np.full(len(x), np.nan)
    artist.set_data(np.column_stack([x, x, gap]).ravel(), np.tile([0.0, 1.0, np.nan], len(x)))
    artist.set_linewidth(SCREEN.marks[marks[0].kind].size * space.scale)


def _place_shapes(artist: Line2D, marks: Sequence[Mark], space: Space) -> None:
    inset = 0.5 * EDGE_MARK * space.scale / space.axes.height
    y = [(inset if mark.edge == "bottom" else 1 - inset) if mark.y is None else mark.y for mark in marks]
    artist.set_data(np.array([mark.x for mark in marks], np.float64), np.array(y, np.float64))
    look = SCREEN.marks[marks[0].kind]
    stroke = _STROKE if look.shape in _STROKES else _EDGE
    artist.set(markersize=look.size * space.scale, markeredgewidth=stroke * space.scale)


class MarkTexts:
    """Draws the texts of marks beside them, clear of the curves if possible; without room a mark has no text. A text
    stays at its position as long as the axes do, so that texts do not jump from frame to frame."""

    def __init__(self, theme: style.Theme) -> None:
        self._palette, self._colours = style.palette(theme), style.colours(theme)
        self._space: Space | None = None
        self._boxes: dict[Mark, Box] = {}

    def put(self, marks: Sequence[Mark], lines: Sequence[Line], taken: Sequence[Box], space: Space, texts: TextPool
            ) -> None:
        """Draw the texts, the most important ones first, clear of the boxes already taken."""
        if space != self._space:
            self._space = space
            self._boxes.clear()
        size = style.sizes(space.scale)["note"]
        taken = [*taken, *(_box_of(mark, space) for mark in marks if not SCREEN.marks[mark.kind].is_upright)]
        named = [mark for mark in marks if mark.text]
        rules = [space.x_at(mark.x) for mark in marks if mark.kind in _RULES]
        for mark in sorted(named, key=lambda mark: _MOST_TELLING_FIRST.index(mark.kind)):
            text = printable(mark.text)
            box = self._box(mark, text_width(text, size) + 2 * space.scale, 1.3 * size, lines, taken, space, rules)
            if box is None:
                continue
            colour = SCREEN.marks[mark.kind].in_colour(self._palette[mark.colour], self._colours)
            texts.put(text, box[0], (box[1] + box[3]) / 2, size=size, colour=colour, middle=True,
                      halo=self._colours["panel"])
            taken.append(box)

    def _box(self, mark: Mark, width: float, height: float, lines: Sequence[Line], taken: Sequence[Box], space: Space,
             rules: Sequence[float]) -> Box | None:
        """The earlier box of a text, or the first free box beside its mark."""
        within = (space.axes.left, space.axes.bottom, space.panel.right, space.axes.top)
        stood = self._boxes.get(mark)
        if stood is not None and free_place([stood], taken, within):
            return stood
        beside = list(_boxes_beside(mark, width, height, space))
        clear = (box for box in beside if not any(box[0] < at < box[2] for at in rules)
                 and not any(_crosses(line, box, space) for line in lines))
        box = free_place(clear, taken, within) or free_place(beside, taken, within)
        if box is not None:
            self._boxes[mark] = box
        return box


def _crosses(line: Line, box: Box, space: Space) -> bool:
    """Whether a curve crosses a box: its points within the width of the box span that height."""
    beside = 4 * space.scale
    first, last = np.searchsorted(line.x, [space.x_from(box[0] - beside), space.x_from(box[2] + beside)])
    y = line.y[max(int(first) - 1, 0) : int(last) + 1]
    y = y[np.isfinite(y)]
    return bool(len(y)) and space.y_at(float(y.min())) < box[3] and box[1] < space.y_at(float(y.max()))


def _centre_of(mark: Mark, space: Space) -> tuple[float, float]:
    half = 0.5 * EDGE_MARK * space.scale
    if mark.y is not None:
        return space.x_at(mark.x), space.y_at(mark.y)
    return space.x_at(mark.x), space.axes.top - half if mark.edge == "top" else space.axes.bottom + half


def _box_of(mark: Mark, space: Space) -> Box:
    x, y = _centre_of(mark, space)
    half = 0.5 * EDGE_MARK * space.scale
    return x - half, y - half, x + half, y + half


def _boxes_beside(mark: Mark, width: float, height: float, space: Space) -> Iterator[Box]:
    """Candidate boxes for a mark's text: beside it, one line further from the edge, then further away."""
    axes, scale = space.axes, space.scale
    x, y = _centre_of(mark, space)
    gap = 0.5 * EDGE_MARK * scale + 4 * scale
    if SCREEN.marks[mark.kind].is_upright:
        y, gap = axes.top - height / 2, 3 * scale
    inward = -height if y > axes.bottom + axes.height / 2 else height
    for further in (0.0, 1.0, 2.5, 4.0):
        for centre in (y, y + inward, y + 2 * inward):
            centre = min(max(centre, axes.bottom + height / 2), axes.top - height / 2)
            for left in (x + gap + further * height, x - gap - further * height - width):
                yield left, centre - height / 2, left + width, centre + height / 2
