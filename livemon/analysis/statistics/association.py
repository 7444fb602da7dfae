"""The association of a setting with a number, over runs: a trend, or any other shape, by ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.relabellings import orders

__all__ = ["LEAST", "Association", "association", "is_number", "level_of"]

Array = NDArray[np.float64]

LEAST = 4  # runs: with fewer nothing is said
_LEAST_FOR_A_SHAPE = 6  # runs: a curve fits fewer in any case
_DRAWN_UP_TO = 40  # runs: with more the usual approximations are good, and faster than permutations


@dataclass(frozen=True, slots=True)
class Association:
    """The association of a setting with a number.

    Attributes:
        kind: The kind of the setting's values.
        n, levels: The numbers of runs and of different values.
        strength: 0 to 1: the root of the share of the ranks' variance that the setting explains, corrected for chance
            (adjusted R squared).
        correlation: Spearman's; NaN for categories.
        p: See `association`.
        bent: Whether another shape than a trend explains more.
        highest, lowest: The setting's values with the highest and lowest numbers.
        first, last: The lowest and highest value of a numeric setting.
    """

    kind: Literal["number", "category"]
    n: int
    levels: int
    strength: float = math.nan
    correlation: float = math.nan
    p: float = math.nan
    bent: bool = False
    highest: Any = None
    lowest: Any = None
    first: Any = None
    last: Any = None


def is_number(value: Any) -> bool:
    """Whether it is a finite number; True and False are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def level_of(value: Any) -> Any:
    """The value as a key: 1 and 1.0 are the same, 1 and True are not."""
    return float(value) if is_number(value) else repr(value)


def association(given: Sequence[Any], values: Array) -> Association:
    """The association of a setting with a number.

    Two statistics of the ranks of `values`: Spearman's correlation (a trend), and the share of their variance between
    the levels (Kruskal and Wallis) or, if nearly each run has a different value, explained by a parabola of the
    setting's ranks (a best value in the middle). The p is that of the better of both, by permutation of the runs: each
    statistic's p among all orders, the lower of both, and how often chance gives one as low (the combination of
    dependent tests; Pesarin 2001). All orders for up to seven runs, 10,000 for up to 40; beyond that the usual
    approximations, corrected for the choice.

    Args:
        given: The setting's value in each run.
        values: shape (n,), no NaN; infinite values are the highest and the lowest.
    """
    n, kinds = len(values), [level_of(value) for value in given]
    levels = {level: code for code, level in enumerate(dict.fromkeys(kinds))}
    numbers = all(is_number(value) for value in given)
    result = Association("number" if numbers else "category", n, len(levels))
    if n < LEAST or len(np.unique(values)) < 2 or (not numbers and len(levels) == n):
        return result  # one run for each category: they explain everything and nothing
    from scipy import stats

    ranks = stats.rankdata(values)
    which = np.array([levels[kind] for kind in kinds])
    trend = stats.rankdata(np.array(given, np.float64)) if numbers else None
    shape = _basis(which, len(levels), trend)
    examples = dict(zip(kinds, given, strict=True))
    highest, lowest = _best_levels(ranks, which, list(levels), trend, given, shape)
    rho = float(np.corrcoef(trend, ranks)[0, 1]) if trend is not None else math.nan
    line = None if trend is None else ((trend - trend.mean()) / np.linalg.norm(trend - trend.mean()))[:, None]
    p, bent = _p_of_both(ranks, line, shape)
    strength = math.sqrt(max(_corrected_share(fit, ranks) for fit in (line, shape) if fit is not None))
    ends = (min(given), max(given)) if numbers else (None, None)
    return Association(result.kind, n, len(levels), strength, rho, p, bent, examples.get(highest, highest),
                       examples.get(lowest, lowest), *ends)


def _basis(which: NDArray[np.intp], levels: int, trend: Array | None) -> Array | None:
    """Orthonormal columns, shape (n, k), for shapes other than a trend, or None."""
    n = len(which)
    if trend is None or (2 < levels <= n // 2):
        columns = (which[:, None] == np.arange(levels)).astype(np.float64)
    elif levels > 2 and n >= _LEAST_FOR_A_SHAPE:
        columns = np.stack([np.ones(n), trend - trend.mean(), (trend - trend.mean()) ** 2], axis=1)
    else:
        return None
    columns = np.column_stack([np.ones(n), columns])
    left, sizes, _ = np.linalg.svd(columns - columns.mean(axis=0), full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * sizes.max()], np.float64)


def _explained(basis: Array, ranks: Array) -> Array:
    """The share of the variance of each row of ranks, shape (ways, n), that the basis explains."""
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    return np.asarray(((centred @ basis) ** 2).sum(axis=1) / (centred**2).sum(axis=1))


def _corrected_share(basis: Array, ranks: Array) -> float:
    left = len(ranks) - 1 - basis.shape[1]
    share = min(float(_explained(basis, ranks[None, :])[0]), 1.0)
    return max(0.0, 1 - (1 - share) * (len(ranks) - 1) / left) if left > 0 else share


def _p_of_both(ranks: Array, line: Array | None, shape: Array | None) -> tuple[float, bool]:
    """The p of the better of trend and shape, and whether the shape is better."""
    bases = [fit for fit in (line, shape) if fit is not None]
    if len(ranks) > _DRAWN_UP_TO:
        single = [_approximate(ranks, base, base is line) for base in bases]
        return 1 - (1 - min(single)) ** len(single), len(single) == 2 and single[1] < single[0]
    ways = orders(len(ranks))
    dealt = ranks[ways.table]
    if ways.own:
        dealt = np.concatenate((ranks[None, :], dealt))
    shares = [np.round(_explained(base, dealt), 10) for base in bases]
    among = np.stack([_upper_shares(share) for share in shares])
    best = among.min(axis=0)
    # The first row is the measured order, even with all orders, which are in lexicographic order.
    p = float(np.count_nonzero(best <= best[0] * (1 + 1e-9))) / len(best)
    return p, len(bases) == 2 and bool(among[1, 0] < among[0, 0])


def _upper_shares(values: Array) -> Array:
    """For each value, the share of all values that are at least as high."""
    ordered = np.sort(values)
    return np.asarray((len(values) - np.searchsorted(ordered, values, side="left")) / len(values))


def _approximate(ranks: Array, basis: Array, trend: bool) -> float:
    from scipy import stats

    n, degrees = len(ranks), basis.shape[1]
    share = min(float(_explained(basis, ranks[None, :])[0]), 1.0)
    if trend:  # Spearman's by Student's t
        size = math.sqrt(share * (n - 2) / max(1 - share, 1e-300))
        return float(2 * stats.t.sf(size, n - 2))
    return float(stats.chi2.sf(share * (n - 1), degrees))  # Kruskal and Wallis' H


def _best_levels(ranks: Array, which: NDArray[np.intp], levels: Sequence[Any], trend: Array | None,
                 given: Sequence[Any], shape: Array | None) -> tuple[Any, Any]:
    """The levels with the highest and the lowest ranks: by medians, or if nearly each run has a different value, by the
    parabola."""
    if trend is not None and shape is not None and len(levels) > len(ranks) // 2:
        fitted = shape @ (shape.T @ (ranks - ranks.mean()))
        return level_of(given[int(fitted.argmax())]), level_of(given[int(fitted.argmin())])
    medians = [float(np.median(ranks[which == level])) for level in range(len(levels))]
    return levels[int(np.argmax(medians))], levels[int(np.argmin(medians))]
