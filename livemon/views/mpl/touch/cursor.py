"""The cursor: a vertical line in all panels, and the values at its position."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import CircleCollection, LineCollection
from matplotlib.figure import Figure

from livemon import wording
from livemon.boards.model import Board
from livemon.views import style
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.text import printable, shorten, text_width
from livemon.views.mpl.text_pool import TextPool, points_of
from livemon.views.mpl.touch.cards import Cards
from livemon.views.readings import Reading, place_in_words, readings

__all__ = ["Cursor"]

_LINE, _DOT = 0.9, 4.5  # width and size, at scale 1
_ORDER = 8.0
_BESIDE = 8.0  # points from the line to the values
_WIDEST = 0.7  # of the panel, that a text takes
_ELSEWHERE = 6.0  # points from the line to a curve's nearest point: at this distance one can point at the curve itself

Words = Sequence[tuple[str, str, bool]]  # text, colour, whether it is bold; all in one row


class Cursor:
    """Draws the cursor, which is not part of a board.

    Args:
        figure: The figure.
        theme: Light or dark.
    """

    def __init__(self, figure: Figure, theme: style.Theme) -> None:
        self._colours, self._palette = style.colours(theme), style.palette(theme)
        points = points_of(figure)
        self._lines = LineCollection([], animated=True, zorder=_ORDER, transform=points)
        self._dots = CircleCollection([1.0], animated=True, zorder=_ORDER, offsets=np.empty((0, 2)),
                                      offset_transform=points)
        self._cards = Cards(figure, theme)
        self._texts = TextPool(figure, animated=True, zorder=_ORDER + 1)
        for artist in (self._lines, self._dots):
            figure.add_artist(artist)

    def artists(self) -> list[Artist]:
        """All artists, in drawing order."""
        return [self._lines, self._dots, *self._cards.artists(), *self._texts.artists]

    def remove(self) -> None:
        """Remove the cursor from the figure."""
        self._lines.remove()
        self._dots.remove()
        self._cards.remove()
        self._texts.remove()

    def show(self, board: Board, spaces: Sequence[tuple[str, Space]], x: float, pointed: str) -> None:
        """Show the values at a position of x.

        Args:
            board: The present board.
            spaces: key -> the positions of the panel's values.
            x: The position.
            pointed: The key of the panel under the pointer: it also shows x.
        """
        panels = {panel.key: panel for panel in board.panels}
        segments, dots, colours = [], [], []
        self._texts.start()
        self._cards.start()
        for key, space in spaces:
            panel = panels.get(key)
            if panel is None or not panel.lines or not space.x[0] <= x <= space.x[1]:
                continue
            at = space.x_at(x)
            segments.append([(at, space.axes.bottom), (at, space.axes.top)])
            shown = readings(panel, x)
            shown = [reading for reading in shown if reading.at is not None or not reading.run] or shown
            for reading in shown:
                if reading.at is None or not math.isfinite(reading.at[1]):
                    continue
                if space.x[0] <= reading.at[0] <= space.x[1]:
                    dots.append((space.x_at(reading.at[0]), space.y_at(reading.at[1])))
                    colours.append(self._palette[reading.colour])
            rows: list[Words] = []
            if key == pointed:
                rows.append([(_position(board, x, space), self._colours["text"], True)])
            self._put(rows + [self._words(reading, len(shown), x, space) for reading in shown], at, space)
        scale = spaces[0][1].scale if spaces else 1.0
        self._lines.set_segments(segments)
        self._lines.set(color=self._colours["muted"], linewidth=_LINE * scale)
        self._dots.set_offsets(np.array(dots).reshape(-1, 2))
        self._dots.set_sizes(np.array([(_DOT * scale) ** 2 / 4 * math.pi]))
        self._dots.set_facecolor(colours or "none")
        self._texts.finish()

    def hide(self) -> None:
        """Hide the cursor."""
        self._lines.set_segments([])
        self._dots.set_offsets(np.empty((0, 2)))
        self._cards.start()
        self._texts.start()
        self._texts.finish()

    def _words(self, reading: Reading, of: int, x: float, space: Space) -> Words:
        """A curve's row: its name if there are several, its value, the raw value in a pale colour, and the position of
        the point if it is elsewhere."""
        colour = self._palette[reading.colour]
        value = "-" if reading.at is None else wording.value_text(reading.metric, reading.value)
        words = [(printable(reading.name or reading.metric), colour, False)] if of > 1 else []
        words.append((value, colour, True))
        if reading.raw is not None:
            words.append((wording.value_text(reading.metric, reading.raw), self._colours["muted"], False))
        if reading.at is not None and abs(space.x_at(reading.at[0]) - space.x_at(x)) > _ELSEWHERE * space.scale:
            words.append((f"@ {wording.count(reading.at[0])}", self._colours["muted"], False))
        return words

    def _put(self, rows: list[Words], at: float, space: Space) -> None:
        """Draw the rows beside the line, on the side with room within the axes, as many as the panel's height
        allows."""
        size, axes = style.sizes(space.scale)["label"], space.axes
        line, gap = 1.4 * size, 0.9 * size
        most = max(int((axes.height - 4) // line), 1)
        if len(rows) > most > 1:
            rows = [*rows[: most - 1], [(f"+ {len(rows) - most + 1} more", self._colours["muted"], False)]]
        rows = rows[:most]
        if not rows:
            return
        room = _WIDEST * space.panel.width
        rows = [[(shorten(text, room, size, bold=bold), colour, bold) for text, colour, bold in row]
                for row in rows]
        width = max(sum(text_width(text, size, bold=bold) + gap for text, _, bold in row) for row in rows) + gap
        beside = _BESIDE * space.scale
        right_of, left_of = at + beside, at - beside - width
        if right_of + width <= axes.right or not (left_of >= axes.left or right_of + width > space.panel.right):
            left = right_of
        else:  # else hide the names right of the axes
            left = max(left_of, space.panel.left)
        top = axes.top - 2
        self._cards.put(Rect(left, top - len(rows) * line - gap, width, len(rows) * line + gap))
        for number, row in enumerate(rows):
            x, baseline = left + gap, top - gap / 2 - (number + 0.5) * line - 0.36 * size
            for text, colour, bold in row:
                self._texts.put(text, x, baseline, size=size, colour=colour, bold=bold)
                x += text_width(text, size, bold=bold) + gap


def _position(board: Board, x: float, space: Space) -> str:
    """The position in words, without the last of them where the panel is too narrow: the step says most."""
    parts = place_in_words(board, x).split(" · ")
    size, most = style.sizes(space.scale)["label"], _WIDEST * space.panel.width
    while len(parts) > 1 and text_width(" · ".join(parts), size, bold=True) > most:
        parts.pop()
    return " · ".join(parts)
