"""A metric of which nobody knows whether more or less is better, wherever a best value is named."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import ExperimentLoader, ExperimentPlotter, MultiExperimentLoader
from livemon.analysis.statistics.group_leaderboard import group_leaderboard
from livemon.analysis.statistics.importance import parameter_importance
from livemon.analysis.statistics.leaderboard import leaderboard
from livemon.analysis.statistics.significance import compare_groups
from livemon.boards import Options
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.boards.dashboard import BoardMaker
from livemon.testing import ScriptedWriter


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two groups of five runs that log a metric `foo`, which all runs of `high` end above those of `low`."""
    for group, start in (("low", 0.0), ("high", 10.0)):
        for seed in range(5):
            folder = tmp_path / f"{group}_s{seed}"
            writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "foo"])
            (folder / "config.json").write_text(json.dumps({"group": group, "x": start + seed, "seed": seed * 7 % 5}))
            for step in range(4):
                writer.append(step=step, foo=start + seed * seed / (8 + start) + step * 0.25)
    return tmp_path


def loaded(runs: Path) -> MultiExperimentLoader:
    return MultiExperimentLoader(sorted(runs.iterdir()), cache=False)


def test_in_the_summary(runs: Path) -> None:
    """`best` and `best_step` are NaN, never missing: scripts print every value with `:.6f`."""
    numbers = ExperimentLoader(runs / "low_s0").get_summary()["metrics"]["foo"]
    assert math.isnan(numbers["best"]) and math.isnan(numbers["best_step"])
    assert all(f"{value:.6f}" for value in numbers.values())


def test_on_a_board(runs: Path) -> None:
    """No arrow, no star, no best; the headline says how to tell. With a direction all of them are there."""
    run = ExperimentLoader(runs / "low_s0")
    run.refresh()
    board = BoardMaker(run).dashboard()
    assert board.headline is not None and board.headline[0] == "foo 0.750"
    assert "--metric foo:max" in board.headline[1]
    assert "best" not in board.header.line() and board.summary[0].best is None
    assert not [mark for panel in board.panels for mark in panel.marks if mark.kind == "best"]
    told = BoardMaker(run, Options(metric="foo:max")).dashboard()
    assert told.headline is not None and told.headline[0].endswith("↑") and told.summary[0].best == 0.75
    assert [mark for panel in told.panels for mark in panel.marks if mark.kind == "best"]


def test_in_a_comparison(runs: Path) -> None:
    """No ranking, no best run, no star; with a direction there are."""
    board = Comparison(loaded(runs)).dashboard()
    assert board.headline is not None and "--metric foo:max" in board.headline[1]
    ranking = next(panel for panel in board.panels if panel.rows)
    assert "not ranked" in ranking.note and ranking.rows[0].value == 10.75  # high_s0, the first given
    assert not [mark for panel in board.panels for mark in panel.marks if mark.kind == "best"]
    told = Comparison(loaded(runs), ComparisonOptions(metric="foo:min"))
    assert told.rising is False and told.dashboard().headline is not None


def test_in_tables_and_tests(runs: Path) -> None:
    """Runs and groups stand in the order given, nothing is the best, and no group is called better."""
    board = leaderboard(loaded(runs))
    assert (board.metric, board.rising, board.best) == ("foo", None, frozenset())
    assert list(board.table.index) == sorted(path.name for path in runs.iterdir())
    assert "--metric foo:max" in board.problems[0] and not any("best" in name for name in board.table.columns)
    groups = group_leaderboard(loaded(runs), ["foo"], "group")
    assert groups.rising is None and groups.best == frozenset() and "--metric foo:max" in groups.problems[0]
    found = compare_groups(loaded(runs), "foo", group_by="group")
    assert found.rising is None and found.table["verdict"].tolist() == ["they differ"]
    assert "is better" not in str(found.table) and any("--metric foo:max" in note for note in found.notes)
    assert compare_groups(loaded(runs), "foo", group_by="group", rising=True).table["verdict"].tolist() == [
        "group=high is better"]
    assert set(parameter_importance(loaded(runs), "foo")["best"]) == {""}
    with pytest.raises(ValueError, match="--metric foo:max"):
        compare_groups(loaded(runs), "foo", group_by="group", at="best")


def test_in_a_picture_of_settings(runs: Path) -> None:
    """Parallel coordinates colour no run as the best."""
    figure = ExperimentPlotter(loaded(runs)).plot_parallel_coordinates("foo", save=False)
    assert "best" not in " ".join(text.get_text() for text in figure.texts)


def test_in_the_commands(runs: Path, livemon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """`compare` says that nothing is ranked and how to tell; JSON has no word for it."""
    done = livemon("compare", *sorted(path.name for path in runs.iterdir()), "--json", cwd=runs)
    assert json.loads(done.stdout)["better"] is None
    rows = json.loads(livemon("ls", ".", "--json", cwd=runs).stdout)
    assert {(row["metric"]["name"], row["best"]) for row in rows} == {("foo", None)}
    done = livemon("compare", "low_s0", "high_s0", cwd=runs)
    assert "--metric foo:max" in done.stderr and "↓" not in done.stdout and "↑" not in done.stdout
