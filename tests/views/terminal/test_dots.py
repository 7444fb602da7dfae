from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livemon.views.terminal.dots import curve_dots, place_of


def dots_of(y: list[float], columns: int, rows: int, **known: object) -> list[str]:
    x = np.arange(len(y), dtype=np.float64)
    found = curve_dots(x, np.array(y, np.float64), (0.0, len(y) - 1.0), (0.0, rows - 1.0), columns=columns, rows=rows,
                       **known)  # type: ignore[arg-type]
    return ["".join("#" if dot else "." for dot in row) for row in found.T]


def test_a_line_from_corner_to_corner() -> None:
    """The lowest value stands in the lowest row, the highest in the highest, and between them the line is whole."""
    shown = dots_of([0.0, 3.0], 4, 4)
    assert shown[3][0] == "#" and shown[0][3] == "#"
    assert all("#" in column for column in zip(*shown, strict=True))


def test_a_gap_stays_a_gap() -> None:
    """What is not finite is not bridged."""
    shown = dots_of([1.0, 1.0, np.nan, np.nan, 1.0, 1.0], 6, 3)
    assert shown[1] == "##..##"


def test_a_point_between_gaps_is_a_dot() -> None:
    """A point alone is seen."""
    assert dots_of([np.nan, 2.0, np.nan, 0.0], 4, 3) == [".#..", "....", "...#"]


def test_what_lies_beyond_is_left_out() -> None:
    """A line that leaves the limits goes to the edge, and one beyond them is not drawn."""
    shown = dots_of([1.0, 1.0, 1e300, 1.0, 1.0], 5, 3)
    assert shown[1][0] == "#" and "#" in shown[0]
    assert dots_of([99.0, 99.0, 99.0], 3, 3) == ["...", "...", "..."]


def test_a_log_axis() -> None:
    """On a logarithmic axis each decade takes as many rows, and what is not positive is a gap."""
    y = np.array([1.0, 10.0, 100.0, -1.0])
    found = curve_dots(np.arange(4.0), y, (0.0, 3.0), (1.0, 100.0), columns=4, rows=3, log=True)
    assert found[0, 2] and found[1, 1] and found[2, 0] and not found[3].any()


def test_place_of() -> None:
    """The limits stand in the first and in the last place, what is beyond in none."""
    assert [place_of(value, 0.0, 10.0, 11) for value in (-9, 0, 5, 10, 99)] == [-1, 0, 5, 10, 11]
    assert place_of(10.0, 1.0, 100.0, 3, log=True) == 1 and place_of(0.0, 1.0, 100.0, 3, log=True) == -1


@given(st.lists(st.floats(width=32) | st.just(float("nan")), min_size=1, max_size=300), st.integers(1, 60))
def test_extremes_are_kept(values: list[float], columns: int) -> None:
    """Of any curve, the highest and the lowest value within the limits have their dot in their own column, and nothing
    fails whatever the values are."""
    y = np.array(values, np.float64)
    x = np.arange(len(y), dtype=np.float64)
    limits = (0.0, max(float(len(y) - 1), 1.0))
    found = curve_dots(x, y, limits, (-1.0, 1.0), columns=columns, rows=9)
    assert found.shape == (columns, 9)
    inside = np.flatnonzero(np.isfinite(y) & (np.abs(y) <= 1))
    for at in [inside[np.argmax(y[inside])], inside[np.argmin(y[inside])]] if len(inside) else []:
        column = place_of(float(x[at]), *limits, columns)
        assert found[column, 8 - place_of(float(y[at]), -1.0, 1.0, 9)] or found[column].any()
