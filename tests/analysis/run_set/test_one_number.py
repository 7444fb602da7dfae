"""One number for each run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livemon.analysis.run_set.one_number import At, numbers_at, parse_at
from livemon.analysis.run_set.points import Points


def points(x: list[float], y: list[float]) -> Points:
    return Points("loss", "step", np.array(x, float), np.array(y, float))


ONE = points([0, 1, 3], [4, 2, 2])


def value(of: Points, at: str, rising: bool | None = False) -> float:
    return numbers_at({"a": of}, at, rising).values["a"]


def test_values() -> None:
    """final is as logged, best the lowest or highest finite value, auc the mean height of the curve."""
    assert (value(ONE, "final"), value(ONE, "best"), value(ONE, "best", True)) == (2, 2, 4)
    assert value(ONE, "auc") == pytest.approx((3 * 1 + 2 * 2) / 3)
    assert math.isnan(value(points([0, 1], [1, math.nan]), "final"))
    assert math.isnan(value(points([], []), "best"))
    with pytest.raises(ValueError, match="final, best, auc, common, step:N, last:N%"):
        value(ONE, "last")
    with pytest.raises(ValueError, match="--metric loss:max"):
        value(ONE, "best", None)


def test_auc_is_over_what_all_cover() -> None:
    """Of runs of other lengths auc is over the x that all have; where there is none, there is no number."""
    both = numbers_at({"a": ONE, "b": points([0.5, 2], [1, 1])}, "auc")
    assert both.values == {"a": pytest.approx((2.5 * 0.5 + 2) / 1.5), "b": 1.0}
    apart = numbers_at({"a": ONE, "b": points([7, 9], [1, 1])}, "auc")
    assert all(map(math.isnan, apart.values.values()))


def test_common_is_the_last_x_that_all_have() -> None:
    """A run that is further on is taken where the other ends, and it is said where that is."""
    curves = {"further": points([0, 10, 20, 30], [9, 5, 4, 3]), "ahead": points([0, 12], [8, 4.5])}
    found = numbers_at(curves, "common")
    assert found.values == {"further": 5.0, "ahead": 4.5} and found.common and found.at == At("step", 12.0)
    assert (found.words(), found.column("loss")) == ("values at step 12", "loss at step 12")


def test_a_run_that_ends_before_a_step_has_no_value_there() -> None:
    """step:N is the last value up to N, of runs that reach it."""
    assert value(ONE, "step:2") == 2 and value(ONE, "step:0") == 4 and math.isnan(value(ONE, "step:4"))
    assert parse_at("step:5,000") == At("step", 5000.0) and parse_at("step:1e3").amount == 1000


def test_the_last_part_is_a_mean() -> None:
    """last:50% is the mean over the second half of the steps, last:2 that of two values; one that is not finite in it
    makes the mean so, as the run has diverged."""
    run = points([0, 10, 50, 90, 100], [9, 8, 7, 3, 2])
    assert value(run, "last:50%") == 4.0 and value(run, "last:2") == 2.5
    assert math.isnan(value(points([0, 1, 2], [1, 2, math.nan]), "last:2"))
    assert numbers_at({"a": run}, "last:10%").words() == "means of the last 10 %"


@pytest.mark.parametrize("text", ["last:0", "last:1.5", "last:101%", "last:%", "step:", "step:x", "", "Final"])
def test_words_that_are_none(text: str) -> None:
    """What is no such number is an error that names what there is."""
    with pytest.raises(ValueError, match="is not one of final, best"):
        parse_at(text)


def test_a_number_reads_back_as_it_was_written() -> None:
    """What is written of a choice, as in JSON, asks for the same again, with all digits."""
    for text in ("step:1234567", "step:0.125", "last:12.5%", "last:1234567", "best"):
        assert str(parse_at(text)) == text and parse_at(str(parse_at(text))) == parse_at(text)
