"""Runs and groups of runs, the best first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import ExperimentLoader, MultiExperimentLoader
from livemon.analysis.statistics.group_leaderboard import group_leaderboard
from livemon.analysis.statistics.leaderboard import leaderboard
from livemon.analysis.statistics.significance import compare_groups
from livemon.states import State


def test_leaderboard(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Runs stand best first by their last value, in the metric's direction; a diverged run is last and a problem; the
    best cell is marked, and it is said what ranks."""
    runs = seeded(tmp_path, {"base": [2.0], "ours": [1.0], "bad": [float("nan")]})
    board = leaderboard(runs, "val_loss")
    assert list(board.table.index) == ["ours_s0", "base_s0", "bad_s0"]
    assert board.best == {(0, "final val_loss ↓")} and board.caption == "ranked by final values"
    assert any("ends as NaN" in problem for problem in board.problems)
    assert list(leaderboard(runs, "val_loss", rising=True).table["best val_loss"]) == [9.0, 9.0, 9.0]
    best = leaderboard(runs, "val_loss", rising=True, at="best")
    assert list(best.table["best val_loss ↑"]) == [9.0, 9.0, 9.0] and "optimistic" in best.caption


def test_a_run_that_still_trains_is_compared_where_all_are(
    write_run: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a run still trains, runs are ranked by the last step that all have, and it is said: a run that is better at
    every step does not rank behind one that is further on. The tests are of the same numbers."""
    dirs = [write_run(tmp_path / "ahead", [5.0, 4.0]), write_run(tmp_path / "further", [6.0, 5.0, 4.0, 3.0])]
    trains = property(lambda run: State.RUNNING if run.name == "ahead" else State.FINISHED)
    monkeypatch.setattr(ExperimentLoader, "state", trains)
    runs = MultiExperimentLoader(dirs)
    board = leaderboard(runs, "val_loss")
    assert list(board.table.index) == ["ahead", "further"] and list(board.table["val_loss at step 2 ↓"]) == [4.0, 5.0]
    assert any("those at step 2, the last that all runs have" in problem for problem in board.problems)
    groups = {"a": ["ahead"], "b": ["further"]}
    assert compare_groups(runs, "val_loss", groups=groups).values == {"a": {"ahead": 4.0}, "b": {"further": 5.0}}
    assert list(leaderboard(runs, "val_loss", at="final").table.index) == ["further", "ahead"]


def test_a_setting_called_run(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """A setting that is called as a column of the table takes no column's place."""
    dirs = [write_run(tmp_path / f"x{place}", [float(place)], run=place) for place in (1, 2)]
    board = leaderboard(MultiExperimentLoader(dirs), "val_loss")
    assert list(board.table.index) == ["x1", "x2"] and list(board.table["run (setting)"]) == ["1", "2"]
    assert [row["settings"] for row in board.rows] == [{"run": 1}, {"run": 2}]


def test_a_row_leads_to_its_run(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """A row is called by the run's own name, or by the label that was given; for programs it has the path, and settings
    and numbers keep their types."""
    dirs = [write_run(tmp_path / name / "version_0", [2.0, value], lr=rate)
            for name, value, rate in (("a", 1.5, 0.003), ("b", 1.0, 0.01))]
    board = leaderboard(MultiExperimentLoader(dirs, labels={"b/version_0": "ours"}), "val_loss")
    assert list(board.table.index) == ["ours", "a/version_0"]
    assert board.rows[1] == {"run": "a/version_0", "label": "lr=0.003", "path": str(dirs[0]), "value": 1.5, "best": 1.5,
                             "best_step": 2, "final": 1.5, "state": board.rows[1]["state"], "reason": None,
                             "settings": {"lr": 0.003}}


def test_what_is_not_ranked_is_not_said_to_be(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Without a direction the caption does not say that the table is ranked; groups that are equally good are all the
    best."""
    unknown = [write_run(tmp_path / f"u{run}", [1.0, 2.0 + run], "zork") for run in range(2)]
    assert leaderboard(MultiExperimentLoader(unknown), "zork").caption == "not ranked; final values"
    dirs = [write_run(tmp_path / f"{name}{run}", [1.0, float(run)], method=name, seed=run)
            for name in "ab" for run in range(3)]
    assert {place for place, _ in group_leaderboard(MultiExperimentLoader(dirs), ["val_loss"], "method").best} == {0, 1}
