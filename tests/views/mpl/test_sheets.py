"""What stays the same is drawn once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.views.mpl.kept import KeptStrokes
from livemon.views.mpl.sheets import Sheets
from livemon.views.mpl.strokes import FastLine
from livemon.views.mpl.text_pool import TextPool, points_of

X = np.linspace(0.0, 1.0, 200)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> tuple[Figure, list[FastLine], list[FastLine]]:
    """A figure with six curves that cross each other, and those of them that were drawn one by one."""
    figure = Figure(figsize=(4, 3), dpi=100, facecolor="#123456")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_facecolor("#abcdef")
    axes.set(xlim=(0, 1), ylim=(-1.2, 1.2))
    lines = [FastLine(X, np.sin(12 * X + number), animated=True, color=f"C{number}", linewidth=3,
                      alpha=0.5 if number % 2 else 1.0) for number in range(6)]
    for line in lines:
        axes.add_line(line)
    figure.canvas.draw()
    seen: list[FastLine] = []
    usual = figure.draw_artist
    monkeypatch.setattr(figure, "draw_artist", lambda artist: (seen.append(artist), usual(artist)))
    return figure, lines, seen


def frame(figure: Figure, sheets: Sheets, lines: Sequence[Artist], background: Any) -> np.ndarray:
    canvas: Any = figure.canvas
    canvas.restore_region(background)
    sheets.draw([lines])
    return np.asarray(canvas.buffer_rgba()).astype(int)


def test_the_picture_is_the_same(drawn: tuple[Figure, list[FastLine], list[FastLine]]) -> None:
    """While one of six curves moves only that one is drawn, and each pixel is as if all had been, in their order."""
    figure, lines, seen = drawn
    canvas: Any = figure.canvas
    background, sheets = canvas.copy_from_bbox(figure.bbox), Sheets(figure)
    for step in range(10):
        lines[2].set_ydata(np.cos(9 * X + step / 10))
        lines[2].version += 1
        seen.clear()
        made = frame(figure, sheets, lines, background)
    assert seen == [lines[2]]
    usual = frame(figure, Sheets(figure), lines, background)
    assert np.abs(made - usual).max() <= 3 and len(np.unique(usual)) > 20


def test_texts_that_stay_are_kept(drawn: tuple[Figure, list[FastLine], list[FastLine]]) -> None:
    """Of names beside each other only those that changed are drawn; the others are there to the pixel, wherever the
    one that moves stands among them. One with a stroke around its letters, which hides what is below, is drawn."""
    figure, lines, seen = drawn
    canvas: Any = figure.canvas
    background, sheets, pool = canvas.copy_from_bbox(figure.bbox), Sheets(figure), TextPool(figure, animated=True)

    def put(step: int) -> list[Any]:
        pool.start()
        for number in range(5):
            word = f"step {step}" if number == 2 else f"run {number}"
            pool.put(word, 20.0 + 100 * (number % 2), 30.0 * number + 10, size=9, colour="white",
                     halo="black" if number == 4 else "")
        pool.finish()
        return [lines[0], *pool.artists]

    for step in range(10):
        artists = put(step)
        seen.clear()
        made = frame(figure, sheets, artists, background)
    assert seen == [artists[3], artists[5]]
    assert np.array_equal(made, frame(figure, Sheets(figure), artists, background))


def test_strokes_and_dots_that_stay_are_kept(drawn: tuple[Figure, list[FastLine], list[FastLine]]) -> None:
    """Leaders, guides and dots over a curve that moves are kept whole, also those that stand over the axes' edge."""
    figure, lines, seen = drawn
    canvas: Any = figure.canvas
    axes = figure.axes[0]
    strokes = KeptStrokes([[(0.2, 0.5), (0.9, -0.5)], [(0.1, -1.0), (0.4, 1.0)]], animated=True, linewidth=5)
    leaders = KeptStrokes([[(10.0, 10.0), (280.0, 200.0)]], animated=True, linewidth=3, transform=points_of(figure))
    dots = FastLine([0.0, 1.0], [1.2, -1.2], animated=True, linestyle="None", marker="o", markersize=20, clip_on=False)
    axes.add_collection(strokes, autolim=False)
    axes.add_line(dots)
    figure.add_artist(leaders)
    background, sheets = canvas.copy_from_bbox(figure.bbox), Sheets(figure)
    artists: list[Any] = [lines[0], strokes, dots, leaders]
    for step in range(10):
        lines[0].set_ydata(np.cos(9 * X + step / 10))
        lines[0].version += 1
        seen.clear()
        made = frame(figure, sheets, artists, background)
    assert seen == [lines[0]]
    assert np.abs(made - frame(figure, Sheets(figure), artists, background)).max() <= 3


def test_what_changes_after_all_is_drawn_anew(drawn: tuple[Figure, list[FastLine], list[FastLine]]) -> None:
    """A curve that was kept and changes is seen as it is now; one that does so again and again is kept ever later."""
    figure, lines, seen = drawn
    canvas: Any = figure.canvas
    background, sheets = canvas.copy_from_bbox(figure.bbox), Sheets(figure)
    waits = []
    for turn in range(3):
        lines[4].set_ydata(X - turn)
        lines[4].version += 1
        made = frame(figure, sheets, lines, background)
        assert np.abs(made - frame(figure, Sheets(figure), lines, background)).max() <= 3
        waits.append(0)
        while lines[4] in seen or not waits[-1]:
            waits[-1] += 1
            seen.clear()
            frame(figure, sheets, lines, background)
    assert waits[0] < waits[1] < waits[2]


def test_another_background_takes_nothing_along(drawn: tuple[Figure, list[FastLine], list[FastLine]]) -> None:
    """Once the axes are others nothing of before is seen."""
    figure, lines, _ = drawn
    canvas: Any = figure.canvas
    background, sheets = canvas.copy_from_bbox(figure.bbox), Sheets(figure)
    for _ in range(8):
        frame(figure, sheets, lines, background)
    figure.axes[0].set_ylim(-3, 3)
    canvas.draw()
    sheets.forget()
    background = canvas.copy_from_bbox(figure.bbox)
    made = frame(figure, sheets, lines, background)
    assert np.abs(made - frame(figure, Sheets(figure), lines, background)).max() <= 3
