from __future__ import annotations

import math

import numpy as np

from livemon.analysis.statistics.relabellings import MOST_WAYS, orders, signs, splits


def test_few_ways_are_all_there_once() -> None:
    """Of few values every way is there exactly once, and what was measured is one of them."""
    for ways, count in ((splits(3, 4), math.comb(7, 3)), (signs(5), 32), (orders(6), 720)):
        assert len(np.unique(ways.table, axis=0)) == len(ways.table) == ways.count == count
    assert splits(3, 4).table[0].tolist() == [0, 1, 2] and orders(6).table[0].tolist() == list(range(6))


def test_of_many_ways_some_are_drawn_and_the_own_counts() -> None:
    """Of many values some thousand ways are drawn, the same each time, each a way; what was measured counts as one."""
    drawn = splits(20, 20)
    assert drawn.table.shape == (MOST_WAYS, 20) and drawn.count == MOST_WAYS + 1
    assert (np.diff(drawn.table, axis=1) > 0).all() and drawn.table.max() == 39
    splits.cache_clear()
    assert np.array_equal(splits(20, 20).table, drawn.table)
    assert set(np.unique(signs(30).table)) == {-1, 1} and signs(30).own == orders(30).own == 1
    assert (np.sort(orders(30).table, axis=1) == np.arange(30)).all()
