"""The list of runs beside the panels, or in their place, with a row for each run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from livemon.boards.run_row import RunRow
from livemon.views import style
from livemon.views.mpl.kept import KeptStrokes, shows_already
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.strokes import FastLine
from livemon.views.mpl.text import printable, shorten, text_width
from livemon.views.mpl.text_pool import TextPool, points_of
from livemon.views.style import STATES

__all__ = ["RunListArtists", "first_row"]

Array = NDArray[np.float64]

_LINE = 1.7  # the height of a row, in font sizes
_GAP = 1.0  # between columns, in font sizes
_NAME_SHARE, _SHORTEST_NAME = 0.45, 6.0  # at most of the width, and at least in font sizes
_LONGEST, _SHORTEST_NOTE = 22.0, 5.0  # of a note, in font sizes
_SPARK = 5.0  # font sizes
_LEAST_TELLING_FIRST = ("age", "best", "left", "note", "spark", "step", "state")  # dropped first if there is no room


@dataclass(frozen=True)
class _Column:
    """A column: its name, its head, the text of a row, the name of its colour, and whether it is a number."""

    name: str
    head: str
    text: Callable[[RunRow], str]
    is_number: bool = False
    colour: Callable[[RunRow], str] = lambda row: "text"


class RunListArtists:
    """Draws the list.

    Attributes:
        places: The rectangle of each visible run, with its name.
    """

    def __init__(self, figure: Figure, theme: style.Theme, *, animated: bool) -> None:
        self.places: list[tuple[Rect, str]] = []
        self._colours = style.colours(theme)
        self._palette = style.palette(theme)
        self._figure = figure
        self._animated = animated
        points = points_of(figure)
        self._texts = TextPool(figure, animated=animated)
        self._back = Rectangle((0, 0), 1, 1, facecolor=self._colours["card"], edgecolor="none", zorder=0.5)
        self._chosen = Rectangle((0, 0), 1, 1, facecolor=self._colours["edge"], edgecolor="none", zorder=0.6,
                                 animated=animated, visible=False)
        for patch in (self._back, self._chosen):
            figure.add_artist(patch)
            patch.set_transform(points)
        self._sparks = KeptStrokes([], animated=animated, zorder=4.0, transform=points)
        self._dots: list[FastLine] = []
        figure.add_artist(self._sparks)

    def artists(self) -> list[Artist]:
        """The moving artists, in drawing order."""
        dots = [dot for dot in self._dots if dot.get_visible()]
        return [*([self._chosen] if self._chosen.get_visible() else []), *dots, self._sparks, *self._texts.artists]

    def remove(self) -> None:
        """Remove the artists from the figure."""
        self._texts.remove()
        for artist in (self._back, self._chosen, self._sparks, *self._dots):
            artist.remove()
        self._dots.clear()

    def update(self, rows: Sequence[RunRow], rect: Rect, scale: float, chosen: str = "") -> None:
        """Show these rows in this rectangle; as many as fit, around the chosen one."""
        sizes = style.sizes(scale)
        size = sizes["table"]
        line = _LINE * size
        self._back.set_bounds(rect.left, rect.bottom, rect.width, rect.height)
        self._texts.start()
        self.places = []
        inside = Rect(rect.left + 9 * scale, rect.bottom + 4 * scale, rect.width - 18 * scale, rect.height - 8 * scale)
        self._texts.put(f"{len(rows):,} run{'s' * (len(rows) != 1)}", rect.left, rect.top + 6 * scale,
                        size=sizes["panel_title"], colour=self._colours["text"], bold=True)
        room = max(int(inside.height // line) - 1, 1)
        first = first_row([row.name for row in rows], chosen, room)
        shown = rows[first : first + room]
        more = len(rows) - len(shown)
        columns = _columns(rows, inside.width - 1.4 * size, size)
        top = inside.top - line
        at = inside.left + 1.4 * size
        for column, width in columns:
            right = at + width
            self._put(column.head, at, right, top + 0.5 * line, size, "muted", is_number=column.is_number)
            if column.name != "spark":
                for number, row in enumerate(shown):
                    bold = column.name == "name" and row.is_shown
                    self._put(column.text(row), at, right, top - (number + 0.5) * line, size, column.colour(row),
                              is_number=column.is_number, bold=bold)
            at = right + _GAP * size
        self._put_dots(shown, inside.left + 0.5 * size, top, line, size)
        self._put_sparks(shown, columns, inside.left + 1.4 * size, top, line, size, scale)
        self.places = [(Rect(rect.left, top - (number + 1) * line, rect.width, line), row.name)
                       for number, row in enumerate(shown)]
        if more:
            self._texts.put(f"{more:,} more: up, down", rect.right, rect.top + 6 * scale, size=sizes["note"],
                            colour=self._colours["muted"], align="right")
        self._show_chosen(chosen)
        self._texts.finish()

    def name_at(self, x: float, y: float) -> str | None:
        """The run with its row at this position, or None."""
        return next((name for rect, name in self.places
                     if rect.left <= x <= rect.right and rect.bottom <= y < rect.top), None)

    def _put(self, text: str, left: float, right: float, middle: float, size: float, colour: str, *,
             is_number: bool, bold: bool = False) -> None:
        fitted = shorten(printable(text), right - left, size, bold=bold, middle=not is_number)
        self._texts.put(fitted, right if is_number else left, middle, size=size, middle=True, bold=bold,
                        colour=self._colours[colour], align="right" if is_number else "left")

    def _put_dots(self, rows: Sequence[RunRow], x: float, top: float, line: float, size: float) -> None:
        """A dot in the run's colour if its curves are drawn, else a ring."""
        while len(self._dots) < len(rows):
            dot = FastLine([], [], marker="o", linestyle="None", animated=self._animated,
                           transform=points_of(self._figure))
            self._figure.add_artist(dot)
            self._dots.append(dot)
        for number, dot in enumerate(self._dots):
            dot.set_visible(number < len(rows))
            if number < len(rows):
                row = rows[number]
                colour = self._palette[row.colour] if row.colour else self._colours["muted"]
                if shows_already(dot, (x, top, number, colour, row.is_shown, size)):
                    continue
                dot.set_data([x], [top - (number + 0.5) * line])
                dot.set(markersize=0.7 * size, markerfacecolor=colour if row.is_shown else "none",
                        markeredgecolor=colour, markeredgewidth=0.1 * size)

    def _put_sparks(self, rows: Sequence[RunRow], columns: Sequence[tuple[_Column, float]], left: float, top: float,
                    line: float, size: float, scale: float) -> None:
        """The metric of each run as a sparkline."""
        segments, colours = [], []
        for column, width in columns:
            if column.name == "spark":
                for number, row in enumerate(rows):
                    if (points := _spark(row.series)) is not None:
                        bottom = top - (number + 0.85) * line
                        across, up = left + points[0] * width, bottom + points[1] * 0.7 * line
                        segments.append(np.column_stack((across, up)).tolist())
                        colours.append(self._palette[row.colour] if row.colour else self._colours["muted"])
            left += width + _GAP * size
        if shows_already(self._sparks, (segments, colours, scale)):
            return
        self._sparks.set_segments(segments)
        self._sparks.set(color=colours or "none", linewidth=1.1 * scale)

    def _show_chosen(self, chosen: str) -> None:
        rect = next((rect for rect, name in self.places if name == chosen), None)
        self._chosen.set_visible(rect is not None)
        if rect is not None:
            self._chosen.set_bounds(rect.left, rect.bottom, rect.width, rect.height)


def first_row(names: Sequence[str], chosen: str, room: int) -> int:
    """The first visible row, so that the chosen one is visible."""
    at = names.index(chosen) if chosen in names else 0
    return min(max(at - room // 2, 0), max(len(names) - room, 0))


def _columns(rows: Sequence[RunRow], width: float, size: float) -> list[tuple[_Column, float]]:
    """The columns that fit, and the width of each (points)."""
    metrics = list(dict.fromkeys((row.metric, row.arrow) for row in rows if row.metric))
    head = f"{metrics[0][0]} {metrics[0][1]}".strip() if len(metrics) == 1 else "metric"
    columns = [
        _Column("name", "", lambda row: row.name),
        _Column("state", "", lambda row: row.standing, colour=_colour_of_state),
        _Column("step", "step", lambda row: row.progress, True, lambda row: "muted"),
        _Column("left", "ETA", lambda row: row.left, True, lambda row: "muted"),
        _Column("value", head, lambda row: row.last_text if len(metrics) == 1 else f"{row.metric} {row.last_text}",
                True, lambda row: "warning" if row.last is not None and not math.isfinite(row.last) else "text"),
        _Column("best", "best", lambda row: row.best_text, True, lambda row: "muted"),
        _Column("spark", "", lambda row: "spark" if row.series else ""),
        _Column("age", "row ago", lambda row: row.age_text, True, lambda row: "muted"),
        _Column("note", "", lambda row: row.problem or row.settings_text,
                colour=lambda row: ("warning" if row.severity == 2 else "idle") if row.problem else "muted"),
    ]
    wide = {column.name: _width_of(column, rows, size) for column in columns}
    wide["name"] = max(min(wide["name"], _NAME_SHARE * width), min(_SHORTEST_NAME * size, width))
    kept = [column for column in columns if column.name == "name" or any(
        column.text(row) not in ("", "-") for row in rows)]
    for name in (*_LEAST_TELLING_FIRST, "value"):
        over = sum(wide[column.name] + _GAP * size for column in kept) - _GAP * size - width
        if over <= 0:
            break
        has_note = any(column.name == "note" for column in kept)
        if name == "note" and has_note and wide["note"] - over > _SHORTEST_NOTE * size:
            wide["note"] -= over
        else:
            kept = [column for column in kept if column.name != name]
    return [(column, wide[column.name]) for column in kept]


def _width_of(column: _Column, rows: Sequence[RunRow], size: float) -> float:
    if column.name == "spark":
        return _SPARK * size
    bold = column.name == "name"
    longest = max([text_width(printable(column.head), size), *(
        text_width(printable(column.text(row)), size, bold=bold) for row in rows)])
    steps = math.ceil(longest / size) * size  # in steps: columns stay in place when numbers change
    return min(steps, _LONGEST * size) if column.name == "note" else steps


def _colour_of_state(row: RunRow) -> str:
    return STATES.get(row.state, "muted")


def _spark(series: Sequence[float]) -> tuple[Array, Array] | None:
    """x and y of a sparkline, both from 0 to 1; None with fewer than two values."""
    y = np.array(series, np.float64)
    x = np.linspace(0.0, 1.0, len(y)) if len(y) else y
    kept = np.isfinite(y)
    if np.count_nonzero(kept) < 2:
        return None
    x, y = x[kept], y[kept]
    low, high = float(y.min()), float(y.max())
    return x, (y - low) / (high - low) if high > low else np.full(len(y), 0.5)
