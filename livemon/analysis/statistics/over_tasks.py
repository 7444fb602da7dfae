"""Groups of runs over several tasks: aggregates with stratified bootstrap intervals, the probability of improvement and
performance profiles, as defined by Agarwal et al. 2021 ("Deep reinforcement learning at the edge of the statistical
precipice", NeurIPS; their package is rliable). Arrays in, numbers out.

The scores of a group are a list with an array for each task, shape (runs of that task,); tasks may have different
numbers of runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import RESAMPLES, SEED, iqm
from livemon.curves.sizes import size_of

__all__ = ["Estimate", "aggregates", "improvement", "iqm_difference", "profile", "scaled"]

Array = NDArray[np.float64]
Scores = Sequence[Array]

_TAIL = 2.5  # per cent at each end of a 95 % interval
_MOST_CELLS = 4_000_000  # in a block of comparisons in memory


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval, whose ends are NaN where each task has a single run."""

    value: float
    low: float
    high: float


def aggregates(scores: Scores) -> dict[str, Estimate]:
    """For a group: "iqm", the mean of the middle half of all its runs over all tasks (a quarter of them, rounded down,
    is cut off at each end); "mean", the mean of the tasks' means; "median", the median of the tasks' means. The
    intervals are percentiles of 2,000 bootstrap samples that resample the runs of each task (stratified by task)."""
    size = float(size_of(np.concatenate(list(scores))))
    scores = [of_task / size for of_task in scores]
    resampled = _resampled(scores, np.random.default_rng(SEED))
    means = np.stack([of_task.mean(axis=1) for of_task in resampled], axis=1)  # shape (samples, tasks)
    own, varies = np.array([of_task.mean() for of_task in scores]), _varies(scores)
    at_size = {
        "iqm": _estimate(float(iqm(np.concatenate(list(scores)))), iqm(np.concatenate(resampled, axis=1), axis=1),
                         varies=varies),
        "mean": _estimate(float(own.mean()), means.mean(axis=1), varies=varies),
        "median": _estimate(float(np.median(own)), np.median(means, axis=1), varies=varies)}
    return {name: Estimate(estimate.value * size, estimate.low * size, estimate.high * size)
            for name, estimate in at_size.items()}


def iqm_difference(a: Scores, b: Scores) -> Estimate:
    """The interquartile mean of a minus that of b, over all their runs of all tasks. The interval is that of 2,000
    samples that resample the runs of each task, separately for both groups."""
    size = float(size_of(np.concatenate([*a, *b])))
    random = np.random.default_rng(SEED)
    drawn = [iqm(np.concatenate(_resampled([of_task / size for of_task in of_group], random), axis=1), axis=1)
             for of_group in (a, b)]
    own = [float(iqm(np.concatenate(list(of_group)) / size)) for of_group in (a, b)]
    estimate = _estimate(own[0] - own[1], drawn[0] - drawn[1], varies=_varies(a, b))
    return Estimate(estimate.value * size, estimate.low * size, estimate.high * size)


def improvement(a: Scores, b: Scores, rising: bool) -> Estimate:
    """The probability that a run of a is better than one of b on a random task: the mean over the tasks of Mann and
    Whitney's U divided by the number of pairs, with half of the ties. The interval is that of 2,000 samples that
    resample the runs of each task, separately for both groups."""
    random = np.random.default_rng(SEED)
    sign = 1.0 if rising else -1.0
    drawn_a, drawn_b = _resampled(a, random), _resampled(b, random)
    own = np.mean([_above(sign * of_a[None], sign * of_b[None])[0] for of_a, of_b in zip(a, b, strict=True)])
    samples = np.mean([_above(sign * of_a, sign * of_b) for of_a, of_b in zip(drawn_a, drawn_b, strict=True)], axis=0)
    return _estimate(float(own), samples, varies=_varies(a, b))


def profile(scores: Scores, thresholds: Array, rising: bool) -> tuple[Array, Array, Array]:
    """The performance profile: the share of a group's runs of all tasks that are better than each threshold, each task
    with the same weight, and the ends of its 95 % intervals (pointwise, stratified bootstrap; NaN where each task has a
    single run); shape (thresholds,)."""
    sign = 1.0 if rising else -1.0
    resampled = _resampled(scores, np.random.default_rng(SEED))

    def shares(of: Sequence[Array]) -> Array:
        above = [_shares_above(sign * of_task, sign * thresholds) for of_task in of]
        return np.asarray(np.mean(above, axis=0), np.float64)

    samples = shares(resampled)
    low, high = np.percentile(samples, [_TAIL, 100 - _TAIL], axis=0) if _varies(scores) else np.full(
        (2, len(thresholds)), math.nan)
    return shares([of_task[None] for of_task in scores])[0], low, high


def scaled(groups: Sequence[Scores], rising: bool) -> list[list[Array]]:
    """The scores scaled so that the best run of each task, over all groups, is 1 and the worst is 0; a task whose runs
    are all equal gets 1."""
    tasks = len(groups[0])
    every = [np.concatenate([scores[task] for scores in groups]) for task in range(tasks)]
    sizes = [float(size_of(of_task)) for of_task in every]
    every = [of_task / size for of_task, size in zip(every, sizes, strict=True)]
    groups = [[of_task / size for of_task, size in zip(scores, sizes, strict=True)] for scores in groups]
    ends = [(of_task.min(), of_task.max()) if rising else (of_task.max(), of_task.min()) for of_task in every]
    return [[(scores[task] - worst) / (best - worst) if best != worst else np.ones(len(scores[task]))
             for task, (worst, best) in enumerate(ends)] for scores in groups]


def _resampled(scores: Scores, random: np.random.Generator) -> list[Array]:
    """The resampled runs of each task, shape (samples, runs)."""
    return [of_task[random.integers(0, len(of_task), (RESAMPLES, len(of_task)))] for of_task in scores]


def _estimate(value: float, samples: Array, *, varies: bool) -> Estimate:
    """The interval is NaN where each task has a single run: drawn anew they are the same, which says nothing."""
    low, high = np.percentile(samples, [_TAIL, 100 - _TAIL]) if varies else (math.nan, math.nan)
    return Estimate(value, float(low), float(high))


def _varies(*groups: Scores) -> bool:
    """Whether a task of a group has several runs."""
    return any(len(of_task) > 1 for scores in groups for of_task in scores)


def _above(a: Array, b: Array) -> Array:
    """How often a value in a row of `a` is above one in the same row of `b`, with half of the ties; shape (rows,)."""
    block = max(1, _MOST_CELLS // (a.shape[1] * b.shape[1]))
    parts = [np.sign(a[start : start + block, :, None] - b[start : start + block, None, :]).mean(axis=(1, 2))
             for start in range(0, len(a), block)]
    return (1 + np.concatenate(parts)) / 2


def _shares_above(rows: Array, thresholds: Array) -> Array:
    """The share of each row that is above each threshold, shape (rows, thresholds)."""
    ordered = np.sort(rows, axis=1)
    return np.stack([1 - np.searchsorted(row, thresholds, side="right") / len(row) for row in ordered])
