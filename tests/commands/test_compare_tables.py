"""Hints and limits of the tables of `livemon compare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.group_leaderboard import group_leaderboard
from livemon.commands.compare_tables import grouping_hint, limited


def write(folder: Path, **config: object) -> Path:
    folder.mkdir()
    (folder / "metrics.csv").write_text(f"step,val_loss\n1,2.0\n2,{1 + len(folder.name) / 10}\n")
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(("settings", "hint"), [
    ([{"seed": 0}, {"seed": 1}, {"seed": 2}], "these 3 runs differ only in the seed: --group-by all gives their mean"),
    ([{"seed": seed, "lr": lr} for lr in (0.1, 0.2) for seed in (0, 1)],
     "these are 2 settings with 2 seeds each: --group-by all compares these groups"),
    ([{"seed": seed, "lr": lr} for lr, seed in ((0.1, 0), (0.1, 0), (0.2, 0), (0.2, 1))], ""),
    ([{"seed": 0, "lr": 0.1}, {"seed": 1, "lr": 0.2}], ""), ([{"lr": 0.1}, {"lr": 0.2}], ""), ([{"seed": 1}], ""),
])
def test_groups_are_hinted_at_where_runs_differ_in_the_seed(
    settings: list[dict[str, object]], hint: str, tmp_path: Path
) -> None:
    """Runs that differ in the seed alone, or settings with several seeds each, could be groups; others not."""
    runs = MultiExperimentLoader([write(tmp_path / f"r{place}", **one) for place, one in enumerate(settings)])
    assert grouping_hint(runs).startswith(hint) and bool(grouping_hint(runs)) == bool(hint)


def test_a_limit_keeps_the_first_rows(tmp_path: Path) -> None:
    """The first groups stay, with the rows of all their metrics, and a sentence says of how many."""
    runs = MultiExperimentLoader([write(tmp_path / ("r" * size), lr=size) for size in (1, 2, 3)])
    board = group_leaderboard(runs, ["val_loss"], "lr")
    short = limited(board, 2)
    assert list(short.table.index) == [row["group"] for row in short.rows] == ["lr=1", "lr=2"]
    assert short.problems[0] == "the first 2 of 3 groups" and limited(board, 3) is board
