"""The ground of texts over curves."""

from __future__ import annotations

from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.touch.cards import Cards


def test_cards_are_used_again(blitter: Blitter) -> None:
    """A frame with fewer cards shows fewer, and no artist is made twice; removed, none is left in the figure."""
    figure = blitter._figure
    before = len(figure.get_children())
    cards = Cards(figure, "dark")
    for count in (2, 1, 2):
        cards.start()
        for number in range(count):
            cards.put(Rect(number, 0.0, 10.0, 5.0))
        assert len(cards.artists()) == count
    assert len(figure.get_children()) == before + 2
    cards.remove()
    assert len(figure.get_children()) == before
