"""Many lines at once: each pixel is mixed as often as lines cover it, and no run is lost among them."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.views.mpl.crowd import Crowd, coverage, reach

NAN = np.nan


def drawn(lines: list[np.ndarray], *, at_once: bool = True, width: float = 3.0, alpha: float = 0.34) -> np.ndarray:
    """The grey of each pixel of a white canvas of 100 x 200, rows from the bottom, with these lines in pixels."""
    figure = Figure(figsize=(2, 1), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 200), ylim=(0, 100))
    axes.axis("off")
    look = {"colors": [(0, 0, 0, alpha)], "linewidths": width * 0.72, "capstyle": "round", "joinstyle": "round"}
    if at_once:
        axes.add_collection(Crowd(lines, **look))
    else:
        for line in lines:
            axes.plot(*line.T, color=(0, 0, 0, alpha), linewidth=width * 0.72, solid_capstyle="round",
                      snap=False)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[::-1, :, 0].astype(int)


def test_a_line_reaches_in_a_column_from_its_lowest_to_its_highest_there() -> None:
    """In each column the line's borders with the columns beside it and its points between count."""
    low, high = reach(np.array([0.5, 1.5, 1.6, 3.0]), np.array([0.0, 10.0, -4.0, 10.0]), 4)
    # At 1 it is at 5; at 2 it is 0.4 of 1.4 columns behind -4 on the way to 10: at 0.
    assert low == pytest.approx([0.0, -4.0, 0.0, 10.0])
    assert high == pytest.approx([5.0, 10.0, 10.0, 10.0])


def test_a_gap_is_no_line() -> None:
    """Where y is NaN nothing is reached, and a line reaches nothing left and right of it."""
    low, high = reach(np.array([1.5, 2.5, 4.0, 5.5, 6.5]), np.array([1.0, 1.0, NAN, 2.0, 2.0]), 8)
    assert low == pytest.approx([NAN, 1, 1, NAN, NAN, 2, 2, NAN], nan_ok=True)
    assert high == pytest.approx([NAN, 1, 1, NAN, NAN, 2, 2, NAN], nan_ok=True)


def test_points_outside_the_columns_only_lead_the_line() -> None:
    """A line that comes from the left of the columns and leaves them on the right is reached where it passes."""
    low, high = reach(np.array([-2.0, 6.0]), np.array([0.0, 8.0]), 3)
    assert low == pytest.approx([2, 3, 4])
    assert high == pytest.approx([3, 4, 5])


def test_a_part_of_a_pixel_counts_for_that_part() -> None:
    """A pen of radius 0.5 at 2.25 covers a quarter of row 1 ... 2, as it goes from 1.75, and three of row 2 ... 3."""
    line = np.array([(0.0, 2.25), (3.0, 2.25)])
    covered = coverage([line, line], 0.5, (5, 3))
    assert covered[:, 1] == pytest.approx([0, 0.5, 1.5, 0, 0])


def test_a_spike_of_one_run_among_many_is_as_high_and_as_wide_as_drawn_alone() -> None:
    """One point of one of 200 runs is seen up to its value, as wide as the pen, at the alpha of a single line."""
    x = np.arange(200.0)
    lines = [np.column_stack((x, 20 + 0.02 * run + 0 * x)) for run in range(200)]
    lines[70][120, 1] = 80.0
    at_once, one_by_one = drawn(lines), drawn(lines, at_once=False)
    assert 75 <= np.flatnonzero(at_once[:, 120] < 250).max() <= 82
    for row in (40, 60):
        inked, inked_alone = np.flatnonzero(at_once[row] < 200), np.flatnonzero(one_by_one[row] < 200)
        assert (inked.min(), inked.max()) == (inked_alone.min(), inked_alone.max())
        assert at_once[row, 120] == pytest.approx(255 * 0.66, abs=6)


def test_lines_at_once_are_the_picture_of_lines_one_by_one() -> None:
    """Where 1, 2, 3 ... lines lie over each other the grey is that of so many lines, up to 2 % of black."""
    x = np.array([0.0, 200.0])
    lines = [np.column_stack((x, [10.5 + 12 * step, 10.5 + 12 * step])) for step in range(7) for _ in range(step + 1)]
    at_once, one_by_one = drawn(lines), drawn(lines, at_once=False)
    assert np.abs(at_once - one_by_one)[:, 4:-4].max() <= 5
    assert at_once[10, 100] == pytest.approx(255 * 0.66, abs=3)
    assert at_once[10 + 12 * 6, 100] == pytest.approx(255 * 0.66**7, abs=3)


def test_noise_at_once_is_as_dark_as_noise_one_by_one() -> None:
    """The mean grey of noisy lines over each other is that of the strokes, up to 2 % of black."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 200, 120)
    lines = [np.column_stack((x, 50 + 12 * rng.standard_normal(120))) for _ in range(30)]
    assert drawn(lines).mean() == pytest.approx(drawn(lines, at_once=False).mean(), abs=5)


def test_lines_stay_within_their_axes_and_an_empty_crowd_draws_nothing() -> None:
    """What leaves the canvas is cut off there, and without a line there is nothing to lay on."""
    beyond = np.array([(-50.0, -150.0), (100.0, 250.0), (250.0, -150.0)])
    grey = drawn([beyond])
    assert (grey[99] < 250).any()
    assert (grey[0] < 250).any()
    assert (drawn([]) == 255).all()


@pytest.mark.parametrize("width", [0.8, 1.2, 1.7, 2.4, 3.0])
def test_a_thin_pen_spreads_sideways_for_its_part_of_a_pixel(width: float) -> None:
    """Steep lines have as much ink as drawn alone whatever the pen's width in pixels, so that at few dpi no column
    between them stays white; a pen narrower than a pixel is seen at least as well."""
    x = np.arange(5.0, 195.0, 6.0)
    y = np.tile([10.0, 90.0, 90.0, 10.0], len(x) // 2)
    zigzag = np.column_stack((np.repeat(x, 2) + np.tile([0.0, 0.3], len(x)), y))
    ink = [float((255 - drawn([zigzag], at_once=at_once, width=width))[20:80].sum()) for at_once in (True, False)]
    assert ink[0] / ink[1] == pytest.approx(max(1.0, 1 / width), rel=0.1)
