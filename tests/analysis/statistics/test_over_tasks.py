"""Aggregates over tasks, against rliable and by hand."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from livemon.analysis.statistics.over_tasks import aggregates, improvement, iqm_difference, profile, scaled

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


def test_the_difference_of_two_iqms_and_its_interval() -> None:
    """It is the difference of the two, and its interval that of a bootstrap written as a plain loop, within noise; it
    does not depend on the unit."""
    ours, random = iqm_difference(B, A), np.random.default_rng(7)
    assert ours.value == pytest.approx(aggregates(B)["iqm"].value - aggregates(A)["iqm"].value)

    def drawn(scores: list[np.ndarray]) -> float:
        return float(stats.trim_mean(np.concatenate([random.choice(task, len(task)) for task in scores]), 0.25))

    loop = [drawn(B) - drawn(A) for _ in range(3000)]
    assert (ours.low, ours.high) == pytest.approx(tuple(np.percentile(loop, [2.5, 97.5])), abs=0.04)
    large = iqm_difference([task * 1e200 for task in B], [task * 1e200 for task in A])
    assert (large.low, large.high) == pytest.approx((ours.low * 1e200, ours.high * 1e200))


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Any:
    """rliable's bootstrap. It imports arch, which asks pandas 3 for a decorator of pandas 2, which only warns."""
    decorators = pytest.importorskip("pandas.util._decorators")
    monkeypatch.setattr(decorators, "deprecate_kwarg", lambda *_, **__: lambda function: function, raising=False)
    try:
        return importlib.import_module("rliable.library")
    except Exception as error:
        pytest.skip(f"rliable's bootstrap cannot be imported: {error}")


@pytest.mark.filterwarnings("ignore")
def test_intervals_and_profiles_are_those_of_rliable(library: Any) -> None:
    """The intervals of the IQM and of the probability of improvement, and the performance profiles, are those of
    rliable's stratified bootstrap, within the noise of its samples."""
    metrics = pytest.importorskip("rliable.metrics")
    a, b = np.stack(A, axis=1), np.stack(B, axis=1)
    _, ends = library.get_interval_estimates({"a": a}, lambda drawn: np.array([metrics.aggregate_iqm(drawn)]),
                                             reps=2000)
    ours = aggregates(A)["iqm"]
    assert (ours.low, ours.high) == pytest.approx(tuple(ends["a"][:, 0]), abs=0.04)
    _, ends = library.get_interval_estimates({"b,a": (b, a)}, metrics.probability_of_improvement, reps=500)
    ours = improvement(B, A, rising=True)
    assert (ours.low, ours.high) == pytest.approx(tuple(np.ravel(ends["b,a"])), abs=0.03)
    thresholds = np.linspace(-1, 6, 9)
    shares, ends = library.create_performance_profile({"a": a}, thresholds, reps=1000)
    mine, low, high = profile(A, thresholds, rising=True)
    assert mine == pytest.approx(shares["a"])
    assert low == pytest.approx(ends["a"][0], abs=0.05) and high == pytest.approx(ends["a"][1], abs=0.05)


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


def test_single_runs_have_no_interval() -> None:
    """Where each task has a single run, drawn anew they are the same: that is no interval, and none is given."""
    single, several = [np.array([1.0]), np.array([3.0])], [np.array([1.0, 2.0]), np.array([3.0])]
    assert all(math.isnan(estimate.low) and math.isnan(estimate.high) for estimate in aggregates(single).values())
    assert math.isnan(improvement(single, single, rising=True).low)
    assert math.isnan(iqm_difference(single, single).high)
    assert np.isnan(profile(single, np.array([0.0, 2.0]), rising=True)[1]).all()
    assert all(math.isfinite(estimate.low) for estimate in aggregates(several).values())
    assert math.isfinite(improvement(single, several, rising=True).low)
