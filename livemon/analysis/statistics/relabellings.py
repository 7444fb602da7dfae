"""Every way in which chance could have dealt the values out: the groups' labels, the signs of pairs, an order. All ways
where they are few, else some thousands of them, drawn with one seed so that the figures are the same each time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import SEED

__all__ = ["MOST_WAYS", "TAIL", "Ways", "orders", "signs", "splits"]

MOST_WAYS = 20_000  # all ways are looked at where there are no more; of more, this many are drawn
TAIL = 0.025  # of a 95 % interval, at each end
_DRAWN_ORDERS = 9_999  # of many settings each has a table of them; with the own one p is a multiple of 1 / 10,000


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Ways to deal values out.

    Attributes:
        table: shape (ways, n). What a row holds is said by who made it.
        own: How many rows stand for what was really measured, beside those in the table that do: 1 where the ways were
            drawn (it counts as one of them, so that no p is 0; Phipson and Smyth 2010), 0 where the table has all.
    """

    table: NDArray[np.intp]
    own: int

    @property
    def count(self) -> int:
        """How many ways there are, what was measured among them."""
        return len(self.table) + self.own


@lru_cache(maxsize=64)
def splits(n: int, m: int) -> Ways:
    """Which n of n + m values are called the first group: places, in rising order."""
    if math.comb(n + m, n) <= MOST_WAYS:
        return Ways(np.array(list(combinations(range(n + m), n)), np.intp).reshape(-1, n), 0)
    drawn = np.random.default_rng(SEED).random((MOST_WAYS, n + m)).argsort(axis=1)[:, :n]
    return Ways(np.sort(drawn, axis=1), 1)


@lru_cache(maxsize=64)
def signs(n: int) -> Ways:
    """Signs of n differences: 1 or -1."""
    if 2**n <= MOST_WAYS:
        return Ways(np.array(list(product((1, -1), repeat=n)), np.intp).reshape(-1, n), 0)
    return Ways(np.random.default_rng(SEED).choice(np.array([1, -1], np.intp), (MOST_WAYS, n)), 1)


@lru_cache(maxsize=16)
def orders(n: int) -> Ways:
    """Orders of n values: places."""
    if math.factorial(n) <= MOST_WAYS:
        return Ways(np.array(list(permutations(range(n))), np.intp).reshape(-1, n), 0)
    return Ways(np.random.default_rng(SEED).random((_DRAWN_ORDERS, n)).argsort(axis=1), 1)
