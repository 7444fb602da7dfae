"""The middle of few runs, and the band around it. Arrays in, arrays out; scipy is loaded when it is used."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["BandKind", "Middle", "RESAMPLES", "SEED", "band_named", "band_of", "iqm", "middle_of"]

Array = NDArray[np.float64]


Middle = Literal["mean", "median", "iqm"]
BandKind = Literal["auto", "t", "bootstrap", "minmax"]
RESAMPLES = 2000
SEED = 20_240_501  # the same figures each time
_MOST_CELLS = 4_000_000  # of a block of resamples in memory


def iqm(values: Array, axis: int = 0) -> Array:
    """The interquartile mean: the mean of what is left when a quarter (rounded down) is cut off at each end.

    Of fewer than four values nothing is cut, and it is the mean.
    """
    ordered = np.sort(values, axis=axis)
    count = values.shape[axis]
    cut = int(0.25 * count)
    return np.asarray(np.take(ordered, np.arange(cut, count - cut), axis=axis).mean(axis=axis))


def middle_of(values: Array, middle: Middle, axis: int = 0) -> Array:
    """The middle along an axis. `values`: finite."""
    if middle not in get_args(Middle):
        raise ValueError(f"the middle must be one of {', '.join(get_args(Middle))}, not {middle!r}")
    if middle == "iqm":
        return iqm(values, axis)
    return np.asarray((np.mean if middle == "mean" else np.median)(values, axis=axis))


def band_named(middle: Middle, band: BandKind) -> BandKind:
    """What "auto" stands for: t around the mean, as of three to ten runs the percentiles of a bootstrap are too narrow
    (95 % of them hold the true mean in about 75 to 90 of 100 studies); bootstrap around the others, as t has none."""
    if band not in get_args(BandKind):
        raise ValueError(f"the band must be one of {', '.join(get_args(BandKind))}, not {band!r}")
    if band != "auto":
        return band
    return "t" if middle == "mean" else "bootstrap"


def band_of(values: Array, middle: Middle, band: BandKind, confidence: float = 0.95) -> tuple[Array, Array]:
    """The band around the middle of several runs.

    Args:
        values: shape (runs, points), finite.
        band: "bootstrap": percentiles of the middles of 2,000 resamples of the runs; "t": of the mean, by Student's t;
            "minmax": lowest and highest run; "auto": see `band_named`.

    Returns:
        low and high, shape (points,); NaN for "bootstrap" and "t" of a single run, of which nothing is known.

    Raises:
        ValueError: "t" is asked for around anything but the mean.
    """
    band = band_named(middle, band)
    runs, points = values.shape
    if band == "minmax":
        return values.min(axis=0), values.max(axis=0)
    if band == "t" and middle != "mean":
        raise ValueError(f"a t interval is one of the mean; for the {middle} ask for 'bootstrap'")
    if runs < 2:
        return np.full(points, np.nan), np.full(points, np.nan)
    if band == "t":
        from scipy import stats

        half = stats.t.ppf(0.5 + confidence / 2, runs - 1) * values.std(axis=0, ddof=1) / math.sqrt(runs)
        centre = values.mean(axis=0)
        return centre - half, centre + half
    chosen = np.random.default_rng(SEED).integers(0, runs, (RESAMPLES, runs))
    low, high = np.empty(points), np.empty(points)
    block = max(1, _MOST_CELLS // (RESAMPLES * runs))
    for start in range(0, points, block):
        middles = middle_of(values[:, start : start + block][chosen], middle, axis=1)
        share = 100 * (1 - confidence) / 2
        low[start : start + block], high[start : start + block] = np.percentile(middles, [share, 100 - share], axis=0)
    return low, high
