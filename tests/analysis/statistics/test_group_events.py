"""Events of single runs."""

from __future__ import annotations

import math

import numpy as np

from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.group_events import events_of


def test_events_are_of_what_was_logged() -> None:
    """A spike beside NaN is found among the finite values, at its own x; without points there is none."""
    y = np.full(40, 2.0)
    y[[10, 11, 30]] = math.nan, math.nan, 90.0
    runs = [Points("loss", "step", np.empty(0), np.empty(0)), Points("loss", "step", np.arange(40) * 5.0, y)]
    found = {one.kind: (one.x.tolist(), one.run.tolist()) for one in events_of(runs)}
    assert found == {"nan": ([50.0], [1]), "spike": ([150.0], [1])}
    assert events_of([]) == ()


def test_of_many_spikes_the_furthest_are_kept() -> None:
    """A run of 20,000 points with 300 spikes keeps 200 of them: the furthest, in order."""
    y = np.zeros(20_000)
    at = np.arange(300) * 60 + 30
    y[at] = 1000 + np.arange(300)
    (spikes,) = events_of([Points("loss", "step", np.arange(20_000.0), y)])
    assert spikes.x.tolist() == at[100:].tolist()
