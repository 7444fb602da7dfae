"""Cards: the background of texts that are drawn over curves."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from livemon.views import style
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.text_pool import points_of

__all__ = ["Cards"]

_ORDER = 8.5


class Cards:
    """Rectangles that hide what is below, reused from frame to frame: `start`, then `put` each."""

    def __init__(self, figure: Figure, theme: style.Theme) -> None:
        self._figure = figure
        self._colours = style.colours(theme)
        self._cards: list[Rectangle] = []
        self._used = 0

    def artists(self) -> list[Artist]:
        """The cards in use."""
        return list(self._cards[: self._used])

    def start(self) -> None:
        """Begin a frame, with no card in use."""
        self._used = 0

    def put(self, rect: Rect) -> None:
        """Put a card here (points)."""
        if self._used == len(self._cards):
            card = Rectangle((0, 0), 1, 1, animated=True, zorder=_ORDER, linewidth=0.8,
                             facecolor=self._colours["card"], edgecolor=self._colours["edge"])
            self._figure.add_artist(card)
            card.set_transform(points_of(self._figure))
            self._cards.append(card)
        self._cards[self._used].set_bounds(rect.left, rect.bottom, rect.width, rect.height)
        self._used += 1

    def remove(self) -> None:
        """Remove the cards from the figure."""
        for card in self._cards:
            card.remove()
        self._cards.clear()
        self._used = 0
