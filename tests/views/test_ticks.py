"""Ticks and their texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.views.ticks import linear_ticks, log_ticks, texts_to_the_end, tick_texts


@pytest.mark.parametrize(
    ("low", "high", "log", "texts"),
    [
        (0, 42000, False, ["0", "10k", "20k", "30k", "40k"]),
        (0, 3e6, False, ["0", "1M", "2M", "3M"]),
        (0, 1200, False, ["0", "250", "500", "750", "1,000"]),
        (0.02, 0.06, False, ["0.02", "0.03", "0.04", "0.05", "0.06"]),
        (0, 5e-4, False, ["0", "1e-4", "2e-4", "3e-4", "4e-4", "5e-4"]),
        (-1, 1, False, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0.75993, 0.76031, False, ["0.7600", "0.7601", "0.7602", "0.7603"]),
        (0.15, 7, True, ["0.2", "0.5", "1", "2", "5"]),
        (1, 1e15, True, ["10⁰", "10³", "10⁶", "10⁹", "10¹²", "10¹⁵"]),
        (4e-5, 6e-4, True, ["5e-5", "0.0001", "0.0002", "0.0005"]),
        (1, 2e4, True, ["1", "10", "100", "1k", "10k"]),
    ],
)
def test_ticks_are_for_people(low: float, high: float, log: bool, texts: list[str]) -> None:
    """Ticks stand at round places and say so shortly: 10k, 1M, 10¹⁵."""
    ticks = log_ticks(low, high, 6) if log else linear_ticks(low, high, 6)
    assert tick_texts(ticks, log=log) == texts


@given(low=st.floats(-1e12, 1e12), width=st.floats(1e-3, 1e12), most=st.integers(2, 7))
def test_linear_ticks_are_few_and_inside(low: float, width: float, most: int) -> None:
    """There are never more ticks than wanted, all inside the limits, no two with the same text."""
    ticks = linear_ticks(low, low + width, most)
    texts = tick_texts(ticks)
    assert 1 <= len(ticks) <= most
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    assert width < 1e-5 * abs(low) or len(set(texts)) == len(texts)


@given(low=st.floats(-15, 14), decades=st.floats(0.001, 29), most=st.integers(2, 6))
def test_log_ticks_are_few_and_inside(low: float, decades: float, most: int) -> None:
    """A log axis has at least two ticks where it spans a decade, never many more than wanted, all inside."""
    bottom, top = 10.0**low, 10.0 ** (low + decades)
    ticks = log_ticks(bottom, top, most)
    assert len(ticks) <= most + 1
    assert len(ticks) >= 2 or decades < 1
    assert all(bottom * (1 - 1e-6) <= tick <= top * (1 + 1e-6) for tick in ticks)


def test_whole_ticks() -> None:
    """Epochs and steps have whole ticks only."""
    assert linear_ticks(0, 2, 6, whole=True) == [0, 1, 2]


@pytest.mark.parametrize("ticks", [[0.00075, 0.00125, 0.00175], [0.00098, 0.00099, 0.001], [0.99995, 1.0, 1.00005]])
def test_a_tick_says_where_it_stands(ticks: list[float]) -> None:
    """On a logarithmic axis with a narrow range, as of a constant learning rate, no text is rounded."""
    assert [float(text) for text in tick_texts(ticks, log=True)] == ticks


@pytest.mark.parametrize(("ticks", "end", "whole", "texts"), [
    ([0, 20, 40, 60, 80, 100], 119, True, "0 20 40 60 80 100 119"),
    ([0, 200, 400, 600, 800, 1000], 1024, True, "0 200 400 600 800 1,000 1,024"),
    ([0, 250_000, 500_000, 750_000, 1_000_000], 1_048_576, True, "0 0.25M 0.50M 0.75M 1.00M 1.049M"),
    ([0, 0.5, 1, 1.5, 2], 2.3712, False, "0.0 0.5 1.0 1.5 2.0 2.37"),
    ([0, 1, 2, 3], 3, True, "0 1 2 3 3"),
])
def test_texts_to_the_end(ticks: list[float], end: float, whole: bool, texts: str) -> None:
    """The end is exact where that is short; its neighbours have its precision where that changes nothing but words."""
    *before, last = texts.split()
    assert texts_to_the_end(ticks, end, whole=whole) == (before, last)
