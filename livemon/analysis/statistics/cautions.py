"""What readers of a table of tests must know, in sentences: missing values, lengths, floors, noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon import wording
from livemon.analysis.run_set.one_number import Numbers
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.bands import Middle
from livemon.analysis.statistics.called import name_of_test
from livemon.analysis.statistics.cells import significant
from livemon.analysis.statistics.hypothesis_tests import TestName, floor_of, holm
from livemon.curves.smoothing import smoothing_weight
from livemon.tables.meaning import split_of
from livemon.tables.names import kind_of

__all__ = ["LEVEL", "finite_values", "lowest_holm", "of_floors", "of_lengths", "of_marks", "of_means", "of_noise",
           "of_outliers", "of_values"]

LEVEL = 0.05
_AS_LONG = 0.9  # as a share of the longest run
_MOST_RANGES = 3  # of groups, to list
_FEW = 5  # values in a group: with fewer, Welch's test relies on assumptions that they cannot show
_FAR_OUT = 5.0  # times the distance of the quartiles; with eight normal runs one lies so far out in 1 of 200 studies
_BREAKS = 0.5  # of the standard deviation remains without them: they make most of the interval
_LEAST_FOR_OUTLIERS = 5  # values: with fewer the quartiles follow the outlier


def finite_values(values: Mapping[str, float]) -> NDArray[np.float64]:
    """The finite values among these."""
    return np.array([value for value in values.values() if math.isfinite(value)], np.float64)


def of_values(values: Mapping[str, Mapping[str, float]], metric: str, numbers: Numbers) -> list[str]:
    """The runs without a number, and why."""
    where = f"a value at {numbers.kind} {wording.count(numbers.at.amount)}" if numbers.at.kind == "step" else \
        "values over all that the others cover"
    notes = []
    for label, of_runs in values.items():
        bad = [name for name, value in of_runs.items() if not math.isfinite(value)]
        short = [name for name in bad if name in numbers.short]
        without = [name for name in bad if name not in numbers.values]
        diverged = [name for name in bad if name not in short and name not in without]
        if diverged:
            notes.append(f"{label}: left out, without a finite number among the {numbers.words()} of {metric}: "
                         f"{wording.listed(diverged)}. Runs that diverged are a result, too: a group without them "
                         "looks better than it is")
        if short:
            notes.append(f"{label}: left out, without {where}: {wording.listed(short)}")
        if without:
            notes.append(f"{label}: left out, without {metric}: {wording.listed(without)}")
    return notes


def of_outliers(values: Mapping[str, Mapping[str, float]], middle: Middle) -> list[str]:
    """The runs far outside of their group: a mean and its interval follow them."""
    notes = []
    for label, of_runs in values.items():
        finite = finite_values(of_runs)
        if len(finite) < _LEAST_FOR_OUTLIERS or middle != "mean":
            continue
        low, high = np.quantile(finite, (0.25, 0.75))
        room = _FAR_OUT * (high - low)
        far = [name for name, value in of_runs.items() if math.isfinite(value)
               and (value < low - room or value > high + room) and room > 0]
        rest = finite[(finite >= low - room) & (finite <= high + room)]
        if far and rest.std(ddof=1) < _BREAKS * finite.std(ddof=1):
            lie = "lies" if len(far) == 1 else "lie"
            notes.append(f"{label}: {wording.listed(far)} {lie} far outside of the other runs: the mean and its "
                         "interval follow; --middle median does not")
    return notes


def of_lengths(curves: Mapping[str, Points], groups: Mapping[str, Sequence[str]], numbers: Numbers) -> list[str]:
    """Whether runs were trained for different lengths."""
    ends = {label: [float(curves[name].x[-1]) for name in members if name in curves and len(curves[name].x)]
            for label, members in groups.items()}
    every = [end for of_group in ends.values() for end in of_group]
    if not every or min(every) >= _AS_LONG * max(every) or numbers.at.kind == "step":
        return []
    if numbers.at.kind == "auc":
        shortest = min((name for group in groups.values() for name in group if name in curves and len(curves[name].x)),
                       key=lambda name: float(curves[name].x[-1]))
        return [f"auc is over what all runs cover: up to {wording.count(min(every))}, where {shortest} ends; the "
                f"longest goes to {wording.count(max(every))}"]
    ranges = {label: _range_in_words(of_group) for label, of_group in ends.items() if of_group}
    words = "; ".join(f"{label}: {text}" for label, text in list(ranges.items())[:_MOST_RANGES])
    if len(ranges) > _MOST_RANGES:
        words += f"; and {len(ranges) - _MOST_RANGES} more, all within {_range_in_words(every)}"
    if len(set(ranges.values())) == 1:
        words = f"{next(iter(ranges.values()))}{' in each group' * (len(ranges) > 1)}"
    return [f"the runs end at different points ({numbers.kind} {words}): the {numbers.words()} come from trainings of "
            "different lengths; --at common or auc compares the part that all of them cover"]


def _range_in_words(values: Sequence[float]) -> str:
    low, high = wording.count(min(values)), wording.count(max(values))
    return low if low == high else f"{low} to {high}"


def of_noise(metric: str, curves: Mapping[str, Points], numbers: Numbers) -> list[str]:
    """Whether the last value of a training loss is the noise of one batch."""
    if numbers.at.kind != "final" or kind_of(metric) != "loss" or split_of(metric) not in ("train", ""):
        return []
    noisy = [smoothing_weight(points.y[np.isfinite(points.y)]) > 0 for points in curves.values() if len(points.y)]
    if not noisy or sum(noisy) <= len(noisy) / 2:
        return []
    return [f"the last value of {metric} is that of one noisy step; --at last:10% takes the mean of the last part"]


def of_floors(table: pd.DataFrame, test: TestName) -> list[str]:
    """The tests that cannot show anything, whatever the values, and those that can."""
    notes = []
    tests = int(table["p"].notna().sum())
    for row, corrected in zip(table.to_dict("records"), lowest_holm(table), strict=True):
        lowest = max(row["floor"], corrected)
        n, m = int(row["n_a"]), int(row["n_b"])
        if min(n, m) == 0:
            notes.append(f"{row['a']} against {row['b']}: a group has no value")
        elif lowest > LEVEL:
            times = f", and {significant(lowest)} corrected for {tests} tests" * (lowest > row["floor"])
            notes.append(f"{_how_many(row)}: this test cannot give a p below {significant(row['floor'])} (two-sided)"
                         f"{times}, whatever the values are{_what_could(row, test, max(tests, 1))}")
        elif test == "welch" and min(n, m) < 2:
            notes.append(f"{_how_many(row)}: the spread of a group with one value is unknown")
        elif math.isnan(row["p"]):
            same = "all pairs differ by the same" if row["paired"] else "all values of each group are the same"
            notes.append(f"{row['a']} against {row['b']} cannot be tested: {same}, so there is no variation "
                         "to test against")
        elif test == "welch" and min(n, m) < _FEW:
            ranks = floor_of(n, m, "permutation", paired=bool(row["paired"]))
            what = "differences" if row["paired"] else "values"
            name = name_of_test(test, paired=bool(row["paired"]))
            notes.append(f"{_how_many(row)}: too few to check that the {what} are normally distributed, as "
                         f"{'the ' * bool(row['paired'])}{name} assumes. A permutation test (--test permutation) does "
                         f"not assume it, but with so few its p cannot be below {significant(ranks)}")
    return notes


def _how_many(row: Mapping[Any, Any]) -> str:
    """ "3 pairs", "3 runs against 4"."""
    n, m = int(row["n_a"]), int(row["n_b"])
    return f"{n} pairs" if row["paired"] else f"{n} run{'s' * (n != 1)} against {m}"


def _what_could(row: Mapping[Any, Any], test: TestName, tests: int) -> str:
    """Another test without such a floor, if the pairing makes this one powerless."""
    n, m = int(row["n_a"]), int(row["n_b"])
    if not row["paired"]:
        return ""
    apart = floor_of(n, m, test)
    unpaired = f"; unpaired (--pair none) it could give {significant(apart)}" if apart <= LEVEL / tests else ""
    return f"{unpaired}{' and' if unpaired else ';'} the paired t-test (--test welch) has no such floor"


def of_means(row: Mapping[Any, Any], a: NDArray[np.float64], b: NDArray[np.float64]) -> list[str]:
    """Whether the means point the other way than the test."""
    difference = float(a.mean() - b.mean()) if len(a) and len(b) else math.nan
    if not row["higher"] or math.isnan(difference) or difference == 0:
        return []
    higher = row["a"] if difference > 0 else row["b"]
    if higher == row["higher"]:
        return []
    return [f"the means point the other way: that of {higher} is higher, by {abs(difference):.4g}; by this test "
            f"{row['higher']} is"]


def of_marks(table: pd.DataFrame, best: str, marked: Mapping[str, bool]) -> list[str]:
    """Which groups the table of pairs calls otherwise than their mark does: both compare a group with the best, with p
    corrected over other tests.

    Args:
        table: Of the pairs, with verdicts.
        best: The group whose middle is the best.
        marked: group -> whether it is marked as not significantly worse.
    """
    against = table[((table["a"] == best) | (table["b"] == best)) & table["p"].notna()]
    is_worse = {str(row["b"] if row["a"] == best else row["a"]): row["verdict"] == f"{best} is better"
                for row in against.to_dict("records")}
    why = (f"p of the marks is corrected over the tests against the best alone, that of the pairs over "
           f"{int(table['p'].notna().sum())} comparisons: report one of the two")
    notes = []
    if unmarked := [label for label, worse in is_worse.items() if not worse and not marked.get(label, True)]:
        notes.append(f"{wording.listed(unmarked)}: not marked as among the best, though the pairs show no difference "
                     f"to {best}: {why}")
    if kept := [label for label, worse in is_worse.items() if worse and marked.get(label, False)]:
        notes.append(f"{wording.listed(kept)}: marked as among the best, though the pairs show that {best} is better: "
                     f"{why}")
    return notes


def lowest_holm(table: pd.DataFrame) -> list[float]:
    """The lowest corrected p that each test of a table can give, whatever the values: its floor, corrected. A test of
    few values beside tests of many is corrected for fewer than all: the others may come before it. 0 without a test.
    `table`: with the columns `p` and `floor`."""
    floors = [math.nan if math.isnan(p) else floor for p, floor in zip(table["p"], table["floor"], strict=True)]
    return [0.0 if math.isnan(floor) else floor for floor in holm(floors)]
