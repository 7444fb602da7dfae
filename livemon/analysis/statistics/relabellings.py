"""All ways in which chance could have arranged the values: group labels, signs of pairs, orders. If there are too many,
some thousands of them are drawn, always with the same seed so that results are reproducible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import SEED

__all__ = ["MOST_WAYS", "TAIL", "Ways", "orders", "signs", "splits"]

MOST_WAYS = 20_000  # if there are more, this many are drawn
TAIL = 0.025  # at each end of a 95 % interval
_DRAWN_ORDERS = 9_999  # for many settings each with a table; with the measured one, p is a multiple of 1 / 10,000


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Ways to arrange values.

    Attributes:
        table: shape (ways, n). The meaning of a row depends on the function that made it.
        own: The number of measured arrangements beside those in the table: 1 if the ways were drawn (the measured one
            counts, so that no p is 0; Phipson and Smyth 2010), 0 if the table has all of them.
    """

    table: NDArray[np.intp]
    own: int

    @property
    def count(self) -> int:
        """The number of ways, including the measured one."""
        return len(self.table) + self.own


@lru_cache(maxsize=64)
def splits(n: int, m: int) -> Ways:
    """The n of n + m values that form the first group: indices, in rising order."""
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
    """Orders of n values: indices."""
    if math.factorial(n) <= MOST_WAYS:
        return Ways(np.array(list(permutations(range(n))), np.intp).reshape(-1, n), 0)
    return Ways(np.random.default_rng(SEED).random((_DRAWN_ORDERS, n)).argsort(axis=1), 1)
