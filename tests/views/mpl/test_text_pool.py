"""Texts that are made once and change afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.views.mpl.fast_text import FastText
from livemon.views.mpl.text_pool import TextPool, points_of


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(4, 2), dpi=100)
    FigureCanvasAgg(figure)
    return figure


def put_all(pool: TextPool, *words: str) -> None:
    """One frame of these words."""
    pool.start()
    for place, word in enumerate(words):
        pool.put(word, 10.0, 10.0 * place, size=9, colour="black")
    pool.finish()


@pytest.mark.parametrize("animated", [False, True])
def test_texts_are_used_again(figure: Figure, animated: bool) -> None:
    """A frame uses the texts of the frame before and makes none but those that are one too few; those left over are
    not seen, and come back when they are needed."""
    pool = TextPool(figure, animated=animated)
    put_all(pool, "a", "b", "c")
    made = list(pool.artists)
    put_all(pool, "x")
    assert pool.artists == made[:1] and made[0].get_text() == "x"
    assert [text.get_visible() for text in made] == [True, False, False]
    put_all(pool, "a", "b", "c", "d")
    assert pool.artists[:3] == made and [text.get_text() for text in pool.artists] == ["a", "b", "c", "d"]
    assert all(text.get_visible() for text in pool.artists)
    assert all(isinstance(text, FastText) and text.get_animated() == animated for text in pool.artists)
    pool.remove()
    assert pool.artists == [] and figure.texts == [] and figure.artists == []


def test_only_what_is_new_is_set(figure: Figure) -> None:
    """A text that says the same in the same look is only moved, so that its layout is kept."""
    pool = TextPool(figure, animated=True)
    put_all(pool, "same")
    (text,) = pool.artists
    text.set_color("red")
    pool.start()
    pool.put("same", 99.0, 5.0, size=9, colour="black")
    assert text.get_color() == "red" and text.get_position() == (99.0, 5.0)
    pool.start()
    pool.put("other", 99.0, 5.0, size=9, colour="black")
    assert text.get_color() == "black"


def test_names_are_these_characters(figure: Figure) -> None:
    """A `$` is no mathematics, and what no font has is a box."""
    pool = TextPool(figure, animated=False)
    put_all(pool, "$x_1$ \U0001f9ea")
    (text,) = pool.artists
    assert text.get_text() == "$x_1$ □" and not text.get_parse_math()


def test_a_text_can_stand_in_the_middle(figure: Figure) -> None:
    """With `middle` the digits of a text stand around its y, else upon it."""
    pool = TextPool(figure, animated=False)
    for middle, wanted in ((True, 72.0), (False, 75.5)):
        pool.start()
        text = pool.put("8", 100.0, 72.0, size=10, colour="black", middle=middle)
        pool.finish()
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, 0] < 128  # type: ignore[attr-defined]
        rows = np.flatnonzero(pixels.any(axis=1))
        centre = (200 - (rows[0] + rows[-1] + 1) / 2) * 72 / 100
        assert centre == pytest.approx(wanted, abs=0.8), text.get_position()


def test_a_point_is_a_point_at_any_resolution() -> None:
    """Coordinates are in points from the lower left corner, 72 to the inch."""
    figure = Figure(figsize=(4, 2), dpi=100)
    transform = points_of(figure)
    np.testing.assert_allclose(transform.transform((72, 36)), (100, 50))
    figure.set_dpi(300)
    np.testing.assert_allclose(transform.transform((72, 36)), (300, 150))
