"""Runs and groups of runs, the best first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import ExperimentLoader, MultiExperimentLoader
from livemon.analysis.statistics.leaderboard import group_leaderboard, leaderboard
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


def test_what_is_pooled_is_said(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """A group whose runs differ in another setting than the seed is said to pool them."""
    dirs = [write_run(tmp_path / f"r{rate}_{seed}", [rate + seed], method="a" if seed else "b", lr=rate, seed=seed)
            for rate in (0.1, 0.2) for seed in (0, 1)]
    board = group_leaderboard(MultiExperimentLoader(dirs), ["val_loss"], "method")
    assert board.problems == ["the runs of a group differ in more than the seed, and are pooled: lr (0.1, 0.2)"]


def test_group_leaderboard(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Groups stand best first, each cell with its interval and n."""
    board = group_leaderboard(seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2], "one": [9.0]}), ["val_loss"])
    assert list(board.table.index) == ["method=ours", "method=base", "method=one"]
    assert board.table.iloc[0, 0] == "1.100 [-0.171, 2.371] (n = 2)"
    runs = seeded(tmp_path / "same", {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    assert group_leaderboard(runs, ["val_loss"], band="minmax").table.iloc[0, 0] == "1.100 [1.000, 1.200] (n = 2)"
    assert board.problems == ["method=one: n = 1, so the spread is unknown"]
    assert board.caption == "mean [95 % t interval] of the final values"
    row = board.rows[0]
    assert (row["group"], row["n"], row["left_out"], row["mean"]) == ("method=ours", 2, 0, pytest.approx(1.1))
    assert row["low"] == pytest.approx(-0.1706, abs=1e-4) and [Path(one).name for one in row["paths"]] == [
        "ours_s0", "ours_s1"]


@pytest.mark.parametrize("at", ["best", "auc", "last:1", "step:2"])
def test_the_table_shows_what_is_tested(seeded: Callable[..., MultiExperimentLoader], at: str, tmp_path: Path) -> None:
    """The middle of a group in the table is the mean of the numbers that `compare_groups` tests, and says which."""
    runs = seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    board = group_leaderboard(runs, ["val_loss"], at=at)
    tested = compare_groups(runs, "val_loss", at=at).groups["mean"]
    names = {"last:1": "mean val_loss of the last 1 values", "step:2": "val_loss at step 2"}
    assert list(board.table) == [f"{names.get(at, f'{at} val_loss')} ↓"]
    shown = [float(cell.split()[0]) for cell in board.table.iloc[:, 0]]
    assert shown == pytest.approx(sorted(tested), abs=5e-4)


def test_intervals_that_cannot_keep_their_word_are_said(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """A bootstrap of few runs is said to be too narrow; a median of fewer than six runs has no interval, and that is
    said."""
    runs = seeded(tmp_path, {"base": [2.0, 2.2, 2.1], "ours": [1.0, 1.2, 1.1]})
    said = group_leaderboard(runs, ["val_loss"], middle="iqm", band="bootstrap").problems
    assert any("bootstrap of 3 runs" in sentence for sentence in said)
    median = group_leaderboard(runs, ["val_loss"], middle="median")
    assert any("3 runs have no 95 % interval of a median" in sentence for sentence in median.problems)
    assert median.table.iloc[0, 0] == "1.100 (n = 3)"


def test_what_is_not_ranked_is_not_said_to_be(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Without a direction the caption does not say that the table is ranked; groups that are equally good are all the
    best."""
    unknown = [write_run(tmp_path / f"u{run}", [1.0, 2.0 + run], "zork") for run in range(2)]
    assert leaderboard(MultiExperimentLoader(unknown), "zork").caption == "not ranked; final values"
    dirs = [write_run(tmp_path / f"{name}{run}", [1.0, float(run)], method=name, seed=run)
            for name in "ab" for run in range(3)]
    assert {place for place, _ in group_leaderboard(MultiExperimentLoader(dirs), ["val_loss"], "method").best} == {0, 1}
