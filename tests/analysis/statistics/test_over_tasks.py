"""Aggregates over tasks, against rliable and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from livemon.analysis.statistics.over_tasks import aggregates, improvement, profile, scaled

RANDOM = np.random.default_rng(5)
A = [RANDOM.normal(task, 1.0, 10) for task in range(6)]
B = [RANDOM.normal(task + 0.6, 1.5, 10) for task in range(6)]


def test_values_are_those_of_rliable() -> None:
    """IQM, mean, median and probability of improvement are what rliable's metrics give for the same matrix."""
    metrics = pytest.importorskip("rliable.metrics")
    ours, table = aggregates(A), np.stack(A, axis=1)
    assert ours["iqm"].value == pytest.approx(metrics.aggregate_iqm(table), rel=1e-12)
    assert ours["mean"].value == pytest.approx(metrics.aggregate_mean(table), rel=1e-12)
    assert ours["median"].value == pytest.approx(metrics.aggregate_median(table), rel=1e-12)
    assert improvement(B, A, rising=True).value == pytest.approx(
        metrics.probability_of_improvement(np.stack(B, axis=1), table), rel=1e-12)


def test_intervals_are_those_of_a_stratified_bootstrap() -> None:
    """The intervals agree with a bootstrap written as a plain loop, with its own random numbers, within its noise."""
    random = np.random.default_rng(77)
    iqms, shares, better = [], [], []
    for _ in range(3000):
        drawn_a = [random.choice(task, len(task)) for task in A]
        drawn_b = [random.choice(task, len(task)) for task in B]
        iqms.append(stats.trim_mean(np.concatenate(drawn_a), 0.25))
        shares.append(np.mean(np.concatenate(drawn_a) > 2.0))
        better.append(np.mean([stats.mannwhitneyu(two, one).statistic / (len(one) * len(two))
                               for one, two in zip(drawn_a, drawn_b, strict=True)]) if len(better) < 300 else np.nan)
    for mine, theirs, near in ((aggregates(A)["iqm"], iqms, 0.03), (improvement(B, A, rising=True), better, 0.025)):
        assert (mine.low, mine.high) == pytest.approx(tuple(np.nanpercentile(theirs, [2.5, 97.5])), abs=near)
    share, low, high = profile(A, np.array([2.0]), rising=True)
    assert share[0] == np.mean(np.concatenate(A) > 2.0)
    assert (low[0], high[0]) == pytest.approx(tuple(np.percentile(shares, [2.5, 97.5])), abs=0.03)


def test_less_is_better() -> None:
    """Where less is better, what is lower is an improvement, and a profile counts the runs below a threshold; ties
    count half."""
    low, high = [np.array([1.0, 2.0])], [np.array([2.0, 3.0])]
    assert improvement(low, high, rising=False).value == 1 - 1 / 8
    assert improvement(low, high, rising=True).value == 1 / 8
    assert profile(low, np.array([0.5, 1.5, 2.5]), rising=False)[0].tolist() == [0.0, 0.5, 1.0]


def test_tasks_may_have_different_numbers_of_runs() -> None:
    """Means and profiles weigh each task alike, however many runs it has; the IQM is over all runs."""
    scores = [np.array([1.0, 1.0, 1.0, 1.0]), np.array([3.0, 5.0])]
    made = aggregates(scores)
    assert made["mean"].value == 2.5 and made["iqm"].value == np.mean([1, 1, 1, 3])
    assert profile(scores, np.array([2.0]), rising=True)[0].tolist() == [0.5]


def test_scores_between_the_worst_and_the_best_of_a_task() -> None:
    """Scaled, the best run of a task is 1 and the worst 0, in the direction of the metric."""
    groups = [[np.array([1.0, 3.0]), np.array([5.0])], [np.array([2.0]), np.array([5.0])]]
    up, down = scaled(groups, True), scaled(groups, False)
    assert up[0][0].tolist() == [0.0, 1.0] and up[1][0].tolist() == [0.5] and up[0][1].tolist() == [1.0]
    assert down[0][0].tolist() == [1.0, 0.0]
