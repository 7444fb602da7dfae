"""Runs and groups of runs, the best first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.run_set.points import At
from livemon.analysis.statistics.leaderboard import group_leaderboard, leaderboard
from livemon.analysis.statistics.significance import compare_groups


def test_leaderboard(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Runs stand best first, by the metric's direction; a diverged run is a problem; the best cell is marked."""
    runs = seeded(tmp_path, {"base": [2.0], "ours": [1.0], "bad": [float("nan")]})
    board = leaderboard(runs, "val_loss")
    assert list(board.table.index) == ["ours_s0", "base_s0", "bad_s0"]
    assert board.best == {(0, "best val_loss ↓")}
    assert any("ends as NaN" in problem for problem in board.problems)
    assert list(leaderboard(runs, "val_loss", rising=True).table["best val_loss ↑"]) == [9.0, 9.0, 9.0]


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
    assert board.rows[1] == {"run": "a/version_0", "label": "lr=0.003", "path": str(dirs[0]), "best": 1.5,
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
    assert board.problems == ["method=one: n = 1, so nothing is known of the spread"]
    assert board.caption == "mean [95 % t interval] of the final values"
    row = board.rows[0]
    assert (row["group"], row["n"], row["left_out"], row["mean"]) == ("method=ours", 2, 0, pytest.approx(1.1))
    assert row["low"] == pytest.approx(-0.1706, abs=1e-4) and [Path(one).name for one in row["paths"]] == [
        "ours_s0", "ours_s1"]


@pytest.mark.parametrize("at", ["best", "auc"])
def test_the_table_shows_what_is_tested(seeded: Callable[..., MultiExperimentLoader], at: At, tmp_path: Path) -> None:
    """The middle of a group in the table is the mean of the numbers that `compare_groups` tests, and says which."""
    runs = seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    board = group_leaderboard(runs, ["val_loss"], at=at)
    tested = compare_groups(runs, "val_loss", at=at).groups["mean"]
    assert list(board.table) == [f"{at} val_loss ↓"]
    shown = [float(cell.split()[0]) for cell in board.table.iloc[:, 0]]
    assert shown == pytest.approx(sorted(tested), abs=5e-4)
