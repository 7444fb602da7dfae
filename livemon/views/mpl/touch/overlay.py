"""The overlay on the picture of a window: cursor, drag, help, typed text, a message."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from livemon.boards.model import Board
from livemon.views import style
from livemon.views.keys import KEYS, MOUSE
from livemon.views.mpl.layout import Layout, Rect
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.text import printable, shorten, text_width
from livemon.views.mpl.text_pool import TextPool, points_of
from livemon.views.mpl.touch.cards import Cards
from livemon.views.mpl.touch.cursor import Cursor
from livemon.views.mpl.touch.drag import Drag

__all__ = ["Overlay", "Touched"]

_ORDER = 9.0
_HELP_LINE = 1.45  # of the size of its text
_SMALLEST_HELP = 6.0  # points: smaller text is not readable


@dataclass(frozen=True)
class Touched:
    """The content of the overlay.

    Attributes:
        x: The position of the cursor, or None.
        pointed: The key of the panel under the pointer.
        drag: The present drag, or None.
        message: A line at the bottom; "" for none. is_warning: whether it has the warning colour.
        help: Whether to show the keys.
    """

    x: float | None = None
    pointed: str = ""
    drag: Drag | None = None
    message: str = ""
    is_warning: bool = False
    help: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether the overlay is empty."""
        return self.x is None and self.drag is None and not self.message and not self.help


class Overlay:
    """Draws the overlay."""

    def __init__(self, figure: Figure, theme: style.Theme) -> None:
        self._colours = style.colours(theme)
        self.cursor = Cursor(figure, theme)
        self._bands: list[Rectangle] = []
        self._figure = figure
        self._shown_bands = 0
        self._cards = Cards(figure, theme)
        self._texts = TextPool(figure, animated=True, zorder=_ORDER + 1)

    def artists(self) -> list[Artist]:
        """All artists, in drawing order."""
        return [*self.cursor.artists(), *self._bands[: self._shown_bands], *self._cards.artists(),
                *self._texts.artists]

    def remove(self) -> None:
        """Remove the overlay from the figure."""
        self.cursor.remove()
        for band in self._bands:
            band.remove()
        self._bands.clear()
        self._cards.remove()
        self._texts.remove()

    def show(self, touched: Touched, board: Board, spaces: Sequence[tuple[str, Space]], layout: Layout) -> None:
        """Show this on top of the board."""
        if touched.x is None or touched.drag is not None or touched.help:
            self.cursor.hide()
        else:
            self.cursor.show(board, spaces, touched.x, touched.pointed)
        self._show_drag(touched.drag, board, spaces)
        self._cards.start()
        self._texts.start()
        if touched.message:
            self._put_message(touched, layout)
        if touched.help:
            self._put_help(layout)
        self._texts.finish()

    def _show_drag(self, drag: Drag | None, board: Board, spaces: Sequence[tuple[str, Space]]) -> None:
        self._shown_bands = 0
        if drag is None or not drag.is_meant:
            return
        low, high = drag.ends
        if drag.is_about_y:
            self._put_band(Rect(drag.space.axes.left, low, drag.space.axes.width, high - low))
            return
        curves = {panel.key for panel in board.panels if panel.lines}
        a, b = drag.values
        for key, space in spaces:
            if key in curves:
                left, right = space.x_at(a), space.x_at(b)
                self._put_band(Rect(left, space.axes.bottom, right - left, space.axes.height))

    def _put_band(self, rect: Rect) -> None:
        if self._shown_bands == len(self._bands):
            band = Rectangle((0, 0), 1, 1, animated=True, zorder=_ORDER - 2, alpha=0.25, linewidth=0,
                             facecolor=self._colours["text"])
            self._figure.add_artist(band)
            band.set_transform(points_of(self._figure))
            self._bands.append(band)
        self._bands[self._shown_bands].set_bounds(rect.left, rect.bottom, rect.width, rect.height)
        self._shown_bands += 1

    def _put_message(self, touched: Touched, layout: Layout) -> None:
        """A line at the bottom, over the picture."""
        rect, size = layout.footer, style.sizes(layout.scale)["status"]
        text = shorten(printable(touched.message), rect.width - 2 * size, size)
        height = 1.8 * size
        self._cards.put(Rect(rect.left, rect.bottom - 0.3 * size, text_width(text, size) + 2 * size, height))
        self._texts.put(text, rect.left + size, rect.bottom - 0.3 * size + height / 2, size=size, middle=True,
                        colour=self._colours["warning" if touched.is_warning else "text"])

    def _put_help(self, layout: Layout) -> None:
        """The keys and mouse actions, in two columns."""
        keys = [(", ".join(key.names), key.words) for key in KEYS]
        whole = Rect(layout.header.left, layout.footer.bottom, layout.header.width, layout.header.top)
        rows = [*keys, *MOUSE]
        size = style.sizes(layout.scale)["status"]
        while True:
            width = min(whole.width, 104 * size)
            column = (width - 3 * size) / 2
            sides = _in_two_columns(rows, column, size)
            height = (max(sum(len(words) for _, words in side) for side in sides) + 1.2) * _HELP_LINE * size
            if height <= whole.height or size <= _SMALLEST_HELP:
                break
            size = max(0.95 * size, _SMALLEST_HELP)
        left, top = whole.left + (whole.width - width) / 2, whole.bottom + (whole.height + height) / 2
        card = Rect(left, top - height, width, height)
        if card.top > layout.header.bottom:  # cover the header completely rather than cut it
            wide, high = (72 * float(inches) for inches in self._figure.get_size_inches())
            card = Rect(0.0, 0.0, wide, high)
        self._cards.put(card)
        for number, side in enumerate(sides):
            x, y = left + size + number * (column + size), top - 1.1 * _HELP_LINE * size
            beside = _beside_names(side, column, size)
            for name, lines in side:
                named = _wrapped(name, beside - 0.9 * size, size, bold=True)
                for text, words in itertools.zip_longest(named, lines, fillvalue=""):
                    self._texts.put(text, x, y, size=size, colour=self._colours["text"], bold=True, middle=True)
                    self._texts.put(words, x + beside, y, size=size, colour=self._colours["muted"], middle=True)
                    y -= _HELP_LINE * size


_Row = tuple[str, list[str]]  # a key, and the lines of its description


def _in_two_columns(rows: Sequence[tuple[str, str]], column: float, size: float) -> list[list[_Row]]:
    """The rows in two columns of this width and equal height."""
    half = len(rows)
    for _ in range(2):  # the content of a column decides how wide its names are
        sides = [_laid_out(side, column, size) for side in (rows[:half], rows[half:]) if side]
        lines = [len(words) for side in sides for _, words in side]
        half = next(count for count in range(1, len(lines) + 1) if 2 * sum(lines[:count]) >= sum(lines))
    return sides


def _laid_out(rows: Sequence[tuple[str, str]], column: float, size: float) -> list[_Row]:
    """The rows of a column, with as many lines for each as its name and its words need."""
    beside = _beside_names(rows, column, size)
    made = []
    for name, words in rows:
        lines = _wrapped(words, column - beside, size)
        more = len(_wrapped(name, beside - 0.9 * size, size, bold=True)) - len(lines)
        made.append((name, lines + [""] * more))
    return made


def _beside_names(rows: Sequence[tuple[str, object]], column: float, size: float) -> float:
    """The distance from the names of keys to their descriptions."""
    return max(min(text_width(name, size, bold=True), 0.45 * column) for name, _ in rows) + size


def _wrapped(words: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The words wrapped to this width."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width, size, bold=bold))
    return lines
