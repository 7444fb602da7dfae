from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.time_left import TimeLeft, time_left


def left(folder: Path, seconds: np.ndarray[tuple[int], np.dtype[np.float64]], total: int | None = 1000
         ) -> TimeLeft | None:  # fmt: skip
    """How long a run with steps that took these seconds will still take."""
    rows = "".join(f"{step},{at},0.5\n" for step, at in enumerate(np.cumsum(seconds)))
    (folder / "metrics.csv").write_text(f"step,time_elapsed_seconds,loss\n{rows}")
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "total_steps": total}))
    run = ExperimentLoader(folder)
    run.refresh()
    return time_left(run)


def test_an_even_pace_is_sure(tmp_path: Path) -> None:
    """At step 399 of 1,000 with 2 s a step, 1,202 s are left, and that is sure."""
    found = left(tmp_path, np.full(400, 2.0))
    assert found is not None and found.seconds == pytest.approx(1202)
    assert (found.low, found.high) == (pytest.approx(1202), pytest.approx(1202))


def test_an_uneven_pace_has_an_interval(tmp_path: Path) -> None:
    """The true time lies in the interval for nearly all of many runs with a pace that varies."""
    inside = 0
    for seed in range(40):
        found = left(tmp_path, np.random.default_rng(seed).exponential(2.0, size=400))
        assert found is not None and found.low is not None and found.high is not None
        assert found.low < found.seconds < found.high
        inside += found.low <= 1202 <= found.high
    assert inside >= 32


@pytest.mark.parametrize(("count", "total"), [(2, 1000), (400, None), (400, 300)])
def test_where_nothing_is_known(tmp_path: Path, count: int, total: int | None) -> None:
    """With two rows, without a total, or beyond it, nothing is said."""
    assert left(tmp_path, np.full(count, 2.0), total) is None


@pytest.mark.parametrize("pace", [8.0, 0.2])
def test_a_pace_that_has_changed(tmp_path: Path, pace: float) -> None:
    """The time follows a new pace within a third of the recent rows; the pace before it does not count any more."""
    found = left(tmp_path, np.concatenate((np.full(300, 2.0), np.full(100, pace))))
    assert found is not None and found.seconds == pytest.approx(601 * pace)


def test_validations_are_no_change_of_pace(tmp_path: Path) -> None:
    """A validation each hundred steps counts with its share, also just after it."""
    gaps = np.where(np.arange(400) % 100 == 99, 100.0, 1.0)
    found = left(tmp_path, gaps)
    assert found is not None and found.seconds == pytest.approx(601 * gaps[1:].mean(), rel=0.05)


def test_a_single_long_pause_is_no_pace(tmp_path: Path) -> None:
    """Two hours in which a machine was suspended say nothing of how long the steps that are left take."""
    found = left(tmp_path, np.where(np.arange(400) == 250, 7200.0, 2.0))
    assert found is not None and found.seconds == pytest.approx(1202)
    assert (found.low, found.high) == (pytest.approx(1202), pytest.approx(1202))
