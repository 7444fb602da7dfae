"""What single runs of a group logged is marked on the group's curve."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.groups import GroupCurve, group_curve
from livemon.boards.group_marks import group_marks
from livemon.boards.model import Mark

LIMITS = (0.0, 10.0)


def curve_of(*runs: list[float]) -> GroupCurve:
    """The median of runs that log a value a step."""
    made = [Points("loss", "step", np.arange(float(len(y))), np.array(y)) for y in runs]
    return group_curve(made, "median", "minmax")


def marks_of(*runs: list[float], name: str = "") -> list[Mark]:
    return group_marks(name, "blue", curve_of(*runs), (0.0, 20.0), LIMITS)


def test_a_spike_stands_at_its_value_with_how_many_runs() -> None:
    """A spike inside the limits is marked at its value, one beyond them at the edge; two runs at one place are one mark
    that counts both, at the furthest value."""
    flat = [2.0] * 21
    high, far, low = ([*flat[:at], value, *flat[at + 1 :]] for at, value in ((10, 8.0), (10, 9.0), (5, -400.0)))
    assert marks_of(high, flat, flat) == [Mark("spike", 10.0, 8.0, "blue", "1 of 3 runs at 8.000", runs=1)]
    assert marks_of(low, flat, flat) == [Mark("beyond", 5.0, None, "blue", "1 of 3 runs at -400", "bottom", runs=1)]
    (both,) = marks_of(high, far, flat, name="base")
    assert (both.y, both.text, both.runs) == (9.0, "base: 2 of 3 runs at 9.000", 2)


@pytest.mark.parametrize(("bad", "kind", "word"), [(math.nan, "nan", "NaN"), (math.inf, "inf", "inf"),
                                                   (-math.inf, "inf", "inf")])
def test_what_is_no_number_is_marked_on_the_curve(bad: float, kind: str, word: str) -> None:
    """Where a run logged NaN or an infinity, the group's curve has a mark that counts the runs; where there is no curve
    the mark stands at the edge."""
    flat = [3.0] * 21
    (mark,) = marks_of([*flat[:4], bad, bad, *flat[6:]], flat)
    assert (mark.kind, mark.x, mark.y, mark.text, mark.runs) == (kind, 4.0, 3.0, f"{word} in 1 of 2 runs", 1)
    (alone,) = marks_of([bad] * 21)
    assert (alone.kind, alone.y, alone.text) == (kind, None, f"{word} in 1 of 1 run")


def test_where_n_falls_is_said() -> None:
    """Where the second last run ends, the curve says that one is left and there is no band; where runs end with the
    others, nothing is said."""
    flat = [3.0] * 21
    (mark,) = marks_of(flat[:10], flat, name="base")
    assert (mark.kind, mark.x, mark.y, mark.text) == ("fewer", 10.0, 3.0, "base: n = 1 from here, no band")
    assert marks_of(flat, flat[:-1]) == []
    assert [one.text for one in marks_of(flat[:5], flat[:10], flat, flat)] == ["n = 2 from here"]


def test_many_events_are_a_few_marks() -> None:
    """Of a hundred stretches of NaN a group shows at most eight, of which two have a text."""
    y = [math.nan if step % 2 else 1.0 for step in range(21)]
    marks = marks_of(y, [1.0] * 21)
    assert len(marks) == 8 and sum(bool(mark.text) for mark in marks) == 2 and all(mark.runs == 1 for mark in marks)
