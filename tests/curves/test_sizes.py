"""Numbers whose squares a float64 cannot hold have the statistics that they have at an ordinary size."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, get_args

import numpy as np
import pytest

from livemon.analysis.statistics.bands import BandKind, Middle, band_of, middle_of
from livemon.analysis.statistics.hypothesis_tests import TestName, compare
from livemon.analysis.statistics.over_tasks import aggregates, scaled
from livemon.curves.sizes import size_of, spread_of

A, B = np.array([1.0, 1.25, 1.5, 2.25, 1.75, 2.0]), np.array([2.0, 2.5, 2.25, 3.0, 3.5, 2.75])
FACTORS = [2.0**600, 2.0**1020, 2.0**-600]  # with squares beyond, sums beyond, and squares that are 0


def test_ordinary_numbers_are_left_alone() -> None:
    """From 1e-120 to 1e120 nothing is divided, so not a bit of a number changes; beyond, it is a power of two."""
    assert [float(size_of(np.array([value]))) for value in (0.0, 1.0, -3.3, 1e-120, 1e120)] == [1.0] * 5
    assert float(size_of(np.array([1e300]))) == 2.0**996
    assert size_of(np.array([[1.0, 1e300], [2.0, 3.0]]), axis=0).tolist() == [1.0, 2.0**996]


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("test", get_args(TestName))
@pytest.mark.parametrize("paired", [False, True])
def test_tests_are_the_same_at_any_size(test: TestName, factor: float, paired: bool) -> None:
    """p, effect and t do not change with the unit; difference and interval are in it."""
    usual, large = (dataclasses.asdict(compare(A * by, B * by, test, paired=paired)) for by in (1.0, factor))
    for name in ("difference", "low", "high"):
        usual[name] *= factor
    assert large == pytest.approx(usual, rel=1e-9, nan_ok=True)
    assert math.isfinite(large["p"]) and math.isfinite(large["low"])


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(("middle", "band"), [
    ("mean", "t"), ("mean", "std"), ("mean", "sem"), ("mean", "bootstrap"), ("iqm", "t"), ("median", "order")])
def test_bands_are_the_same_at_any_size(middle: Middle, band: BandKind, factor: float) -> None:
    """Middle and band of large numbers are those of small ones times the factor; beside them, points of ordinary size
    stay as they are."""
    usual = np.stack([A, B], axis=1)
    mixed = np.stack([A, B * factor], axis=1)
    wanted, given = (band_of(values, middle, band) for values in (usual, mixed))
    for small, large in zip(wanted, given, strict=True):
        assert large == pytest.approx(small * [1.0, factor], rel=1e-12)
    assert float(middle_of(A * factor, middle)) == pytest.approx(float(middle_of(A, middle)) * factor, rel=1e-12)
    assert spread_of(B * factor) == pytest.approx(float(B.std(ddof=1)) * factor, rel=1e-12)


@pytest.mark.parametrize("factor", FACTORS)
def test_aggregates_over_tasks_are_the_same_at_any_size(factor: float) -> None:
    """Interquartile mean, mean and median over tasks are in the unit of the scores; scaled scores have none."""
    usual: Any = {name: [value * factor for value in dataclasses.astuple(estimate)]
                  for name, estimate in aggregates([A, B]).items()}
    large = {name: list(dataclasses.astuple(of)) for name, of in aggregates([A * factor, B * factor]).items()}
    assert large == {name: pytest.approx(values, rel=1e-12) for name, values in usual.items()}
    small, scaled_large = (scaled([[A * by], [B * by]], rising=True) for by in (1.0, factor))
    assert [of[0].tolist() for of in scaled_large] == [pytest.approx(of[0].tolist()) for of in small]
