"""The middle of a few runs, and the band around it. Arrays in, arrays out; scipy is loaded when used."""

from __future__ import annotations

import itertools
import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from livemon.curves.sizes import size_of

__all__ = ["ENOUGH_FOR_BOOTSTRAP", "LEAST_FOR_ORDER", "RESAMPLES", "SEED", "BandKind", "Middle", "band_named",
           "band_of", "iqm", "middle_of"]

Array = NDArray[np.float64]


Middle = Literal["mean", "median", "iqm"]
BandKind = Literal["auto", "t", "order", "bootstrap", "minmax", "std", "sem"]
PLUS_MINUS: tuple[BandKind, ...] = ("std", "sem")  # written as "0.183 ± 0.010", the others as "0.183 [0.170, 0.196]"
ENOUGH_FOR_BOOTSTRAP = 8  # runs: with fewer a bootstrap interval covers the truth far less often than it claims
LEAST_FOR_ORDER = 6  # runs: the lowest and highest of fewer cover the median in less than 95 % of studies
RESAMPLES = 2000
SEED = 20_240_501  # the same results each time
_MOST_CELLS = 4_000_000  # in a block of resamples in memory


def iqm(values: Array, axis: int = 0) -> Array:
    """The interquartile mean: the mean after a quarter of the values (rounded down) is cut off at each end.

    With fewer than four values nothing is cut, and it is the mean.
    """
    ordered = np.sort(values, axis=axis)
    count = values.shape[axis]
    cut = int(0.25 * count)
    return np.asarray(np.take(ordered, np.arange(cut, count - cut), axis=axis).mean(axis=axis))


def middle_of(values: Array, middle: Middle, axis: int = 0) -> Array:
    """The middle along an axis. `values`: finite."""
    if middle not in get_args(Middle):
        raise ValueError(f"the middle must be one of {', '.join(get_args(Middle))}, not {middle!r}")
    if size_of(values) != 1.0:  # their sum may exceed a float64
        size = size_of(values, axis=axis)
        return middle_of(values / np.expand_dims(size, axis), middle, axis) * size
    if middle == "iqm":
        return iqm(values, axis)
    return np.asarray((np.mean if middle == "mean" else np.median)(values, axis=axis))


def band_named(middle: Middle, band: BandKind) -> BandKind:
    """The band that "auto" stands for: t around means and interquartile means, order statistics around medians.
    Bootstrap percentiles are too narrow for few runs (`benchmarks/statistics.py` prints how often each covers the
    truth)."""
    if band not in get_args(BandKind):
        raise ValueError(f"the band must be one of {', '.join(get_args(BandKind))}, not {band!r}")
    if band != "auto":
        return band
    return "order" if middle == "median" else "t"


def band_of(values: Array, middle: Middle, band: BandKind, confidence: float = 0.95) -> tuple[Array, Array]:
    """The band around the middle of several runs.

    Args:
        values: shape (runs, points), finite.
        band: "t": for the mean by Student's t, for the interquartile mean by that of a trimmed mean (Tukey and
            McLaughlin 1963); "order": for the median, between two of the ordered runs (David and Nagaraja, "Order
            statistics", 7.1); "bootstrap": percentiles of the middles of 2,000 resamples of the runs; "minmax": lowest
            and highest run; "std": the mean minus and plus the runs' standard deviation (with n - 1), which does not
            get narrower with more runs; "sem": the same with the standard error of the mean, std / sqrt(n), which is
            not a 95 % interval; "auto": see `band_named`.

    Returns:
        low and high, shape (points,); NaN if there are too few runs for such an interval: a single run, or for "order"
            fewer than six.
        six.

    Raises:
        ValueError: "t" is asked for around the median, "order" around anything else, or "std" or "sem" around anything
            but the mean.
    """
    band = band_named(middle, band)
    runs, points = values.shape
    if band == "minmax":
        return values.min(axis=0), values.max(axis=0)
    if band == "t" and middle == "median":
        raise ValueError("a t interval is for the mean or iqm; for the median ask for 'order' or 'bootstrap'")
    if band == "order" and middle != "median":
        raise ValueError(f"an interval of order statistics is for the median; for the {middle} ask for 't'")
    if band in PLUS_MINUS and middle != "mean":
        raise ValueError(f"a band of {band} is around the mean; for the {middle} ask for 'auto' or 'bootstrap'")
    if runs < 2:
        return np.full(points, np.nan), np.full(points, np.nan)
    size = size_of(values, axis=0)
    low, high = _band(values / size, middle, band, confidence)
    return low * size, high * size


def _band(values: Array, middle: Middle, band: BandKind, confidence: float) -> tuple[Array, Array]:
    runs = len(values)
    if band in PLUS_MINUS:
        centre, half = values.mean(axis=0), values.std(axis=0, ddof=1) / (np.sqrt(runs) if band == "sem" else 1.0)
        return np.asarray(centre - half), np.asarray(centre + half)
    if band == "t":
        return _t_band(values, 0 if middle == "mean" else int(0.25 * runs), confidence)
    return _order_band(values, confidence) if band == "order" else _bootstrap_band(values, middle, confidence)


def _t_band(values: Array, cut: int, confidence: float) -> tuple[Array, Array]:
    """For the mean after cutting off `cut` runs at each end, by the spread of all runs when those cut off are moved to
    the outermost remaining ones."""
    from scipy.special import stdtrit  # scipy.stats takes a second to load, in which a window would freeze

    runs, kept = len(values), len(values) - 2 * cut
    ordered = np.sort(values, axis=0)
    centre = ordered[cut : runs - cut].mean(axis=0)
    moved = np.clip(ordered, ordered[cut], ordered[runs - 1 - cut])
    squares = ((moved - moved.mean(axis=0)) ** 2).sum(axis=0)
    half = stdtrit(kept - 1, 0.5 + confidence / 2) * np.sqrt(squares / (kept * (kept - 1)))
    return np.asarray(centre - half), np.asarray(centre + half)


def _order_band(values: Array, confidence: float) -> tuple[Array, Array]:
    """Between the k-th lowest and the k-th highest run, for the largest sufficient k: the median lies outside if fewer
    than k of n coins show heads, or fewer than k show tails."""
    runs, points = values.shape
    heads = itertools.accumulate(math.comb(runs, count) for count in range(runs))
    outside = [ways / 2 ** (runs - 1) for ways in heads]  # exact, even if 2 to the power of the runs is no float
    k = int(np.searchsorted(outside, 1 - confidence, side="right"))
    if k == 0:
        return np.full(points, np.nan), np.full(points, np.nan)
    ordered = np.sort(values, axis=0)
    return ordered[k - 1], ordered[runs - k]


def _bootstrap_band(values: Array, middle: Middle, confidence: float) -> tuple[Array, Array]:
    runs, points = values.shape
    chosen = np.random.default_rng(SEED).integers(0, runs, (RESAMPLES, runs))
    low, high = np.empty(points), np.empty(points)
    block = max(1, _MOST_CELLS // (RESAMPLES * runs))
    for start in range(0, points, block):
        middles = middle_of(values[:, start : start + block][chosen], middle, axis=1)
        share = 100 * (1 - confidence) / 2
        low[start : start + block], high[start : start + block] = np.percentile(middles, [share, 100 - share], axis=0)
    return low, high
