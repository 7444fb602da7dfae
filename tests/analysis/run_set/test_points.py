"""The points of a metric over an axis."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon import ExperimentLoader, MultiExperimentLoader
from livemon.analysis.run_set.points import Points, shared_range
from livemon.analysis.statistics.leaderboard import leaderboard


def points(x: list[float], y: list[float]) -> Points:
    return Points("loss", "step", np.array(x, float), np.array(y, float))


def test_the_range_that_all_cover() -> None:
    """The shared range goes from the last beginning to the first end; there may be none."""
    one = points([0, 1, 3], [4, 2, 2])
    assert shared_range([one, points([2, 9], [1, 1])]) == (2, 3) and shared_range([one, points([7, 9], [1, 1])]) is None


def test_a_well_known_name_finds_each_runs_own(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """`train_loss` finds `loss` in one run and `train/loss` in another, and says so."""
    dirs = [make_run(tmp_path / str(place), {"step": [1], name: [float(place)]}, {})
            for place, name in enumerate(("train_loss", "loss", "train/loss"))]
    with pytest.warns(UserWarning, match="is used for it") as warned:
        table = MultiExperimentLoader(dirs).compare_metrics("train_loss")
    assert table.iloc[-1].tolist() == [0.0, 1.0, 2.0]
    assert len(warned) == 2


def test_over_epochs_and_time(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """x is the epoch, the seconds since the run began (a clock's stamps too), or the wall clock, where a run has it."""
    clock = make_run(tmp_path / "clock", {"step": [1, 2], "timestamp": [1.7e9, 1.7e9 + 60], "loss": [2.0, 1.0]}, {})
    watch = make_run(tmp_path / "watch", {"step": [1, 2], "time_elapsed_seconds": [5, 65], "loss": [2.0, 1.0]}, {})
    runs = MultiExperimentLoader([clock, watch])
    assert runs.compare_metrics("loss", x="time").index.tolist() == [0, 5, 60, 65]
    with pytest.warns(UserWarning, match="watch: skipped: has no wall time"):
        assert runs.compare_metrics("loss", x="wall").index.tolist() == [1.7e9, 1.7e9 + 60]
    with pytest.warns(UserWarning, match="skipped"), pytest.raises(KeyError, match="no run has the x 'epoch'"):
        runs.compare_metrics("loss", x="epoch")


def test_runs_without_the_axis_of_most_are_said(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Without an x the step is taken; a run that has only epochs is not drawn among steps, and that is said."""
    steps = [make_run(tmp_path / name, {"step": [100, 200], "loss": [2.0, 1.0]}, {}) for name in ("a", "b")]
    epochs = make_run(tmp_path / "keras", {"epoch": [0, 1], "loss": [2.0, 1.0]}, {})
    with pytest.warns(UserWarning, match="keras: left out: no step"):
        assert list(MultiExperimentLoader([*steps, epochs]).compare_metrics("loss")) == ["a", "b"]


def test_recorded_runs_have_wall_time(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Seconds of training become the clock's by what livemon.json says of each attempt: the pause between is there."""
    folder = make_run(tmp_path / "a", {"step": [0, 1, 2], "time_elapsed_seconds": [1.0, 5.0, 11.0], "loss": [3, 2, 1]})
    attempts = {"started": 9_000.0 + 1.7e9, "elapsed": 5.5, "earlier": [{"started": 1.7e9, "elapsed": 0}]}
    (folder / "livemon.json").write_text(json.dumps(attempts))
    found = MultiExperimentLoader([folder]).compare_metrics("loss", x="wall")
    assert found.index.tolist() == [1.7e9 + 1, 1.7e9 + 5, 1.7e9 + 9_005.5]


def test_a_curve_is_meant_before_a_single_number(tmp_path: Path) -> None:
    """A `train_loss` of one number is the mean of a training; runs are compared by the curve, which is `loss`."""
    run = Path(__file__).parents[2] / "data" / "runs" / "hf_plain"
    with pytest.warns(UserWarning, match="'train_loss' is a single number; 'loss' is used"):
        found = MultiExperimentLoader([run]).compare_metrics("train_loss")["hf_plain"].dropna()
    assert len(found) == 9 and found.iloc[-1] == pytest.approx(3.84215, abs=1e-4)
    assert len(ExperimentLoader(run).series("train_loss")) == 1
    with pytest.warns(UserWarning, match="'loss' is used"):
        board = leaderboard(MultiExperimentLoader([run]), "train_loss")
    assert board.rows[0]["final"] == board.rows[0]["value"] == pytest.approx(found.iloc[-1])


def test_of_several_writers_the_mean_is_compared(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Ranks that log into one file are one curve where runs are compared, their mean, and table, leaderboard and
    summary have the same numbers of it; a metric of one rank is as it was logged."""
    steps, ranks = [0, 0, 1, 1, 2, 2, 3], [0, 1, 0, 1, 0, 1, 0]
    blank: list[float | str] = [5.0, "", 4.0, "", 3.0, "", 2.0]
    values = {"step": steps, "rank": ranks, "train_loss": [1.0, 9.0, 0.5, 4.5, 2.0, 4.0, 3.0], "val_loss": blank}
    dirs = [make_run(tmp_path / name, values, {"lr": 1}) for name in ("a", "b")]
    with pytest.warns(UserWarning, match="a, b: of train_loss, the mean over each rank is compared"):
        table = MultiExperimentLoader(dirs).compare_metrics("train_loss")
    assert table["a"].tolist() == [5.0, 2.5, 3.0, 3.5]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranked = leaderboard(MultiExperimentLoader(dirs), "train_loss")
    numbers = ExperimentLoader(dirs[0]).get_summary()["metrics"]["train_loss"]
    assert (numbers["best"], numbers["best_step"], numbers["initial"], numbers["final"]) == (2.5, 1, 5.0, 3.5)
    assert 2.5 in ranked.table.iloc[0].tolist()
    table = MultiExperimentLoader(dirs).compare_metrics("val_loss")
    assert table["a"].tolist() == [5.0, 4.0, 3.0, 2.0]


def test_attempts_stand_one_behind_the_other_in_time(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Over seconds of training that begin anew in a second folder, the second attempt goes on where the first was left;
    which of the first's points it replaced is told by the steps."""
    first = make_run(tmp_path / "a", {"step": [1, 2, 3, 4], "val_loss": [4.0, 3.0, 2.5, 2.4],
                                      "time_elapsed_seconds": [10, 20, 30, 40]})
    second = make_run(tmp_path / "a_20251227_192829", {"step": [3, 4, 5], "val_loss": [2.0, 1.5, 1.0],
                                                       "time_elapsed_seconds": [10, 20, 30]})
    runs = MultiExperimentLoader([[first, second]])
    both = next(iter(runs.curves(("val_loss",), "time").values()))["val_loss"]
    assert both.x.tolist() == [10, 20, 30, 40, 50] and both.y.tolist() == [4.0, 3.0, 2.0, 1.5, 1.0]
    alone = next(iter(MultiExperimentLoader([first]).curves(("val_loss",), "time").values()))["val_loss"]
    assert alone.x.tolist() == [10, 20, 30, 40]
