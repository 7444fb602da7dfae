"""A metric with colons in its name, wherever the user names the main metric."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livemon.analysis.checkpoints.listing import checkpoint_table
from livemon.analysis.run_set.filters import parse_filter
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.boards import OptionError, Options
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.boards.dashboard import BoardMaker
from livemon.plotter import ExperimentPlotter
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import ScriptedWriter

AP = "AP@0.50:0.95"
CHOICES = [(AP, AP, True), (f"{AP}:min", AP, False), ("loss:max", "loss:max", False), ("loss:min", "loss", False),
           ("loss:max:max", "loss:max", True)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs that log the metrics `loss`, `AP@0.50:0.95` and `loss:max`."""
    for number, name in enumerate("ab"):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "loss", AP, "loss:max"])
        (tmp_path / name / "config.json").write_text('{"lr": 0.1}')
        for step in range(5):
            writer.append(step=step, **{"loss": 2.0 - step / 4, AP: step / 10 + number, "loss:max": 3.0 - step / 4})
    return tmp_path


@pytest.mark.parametrize(("choice", "metric", "rising"), CHOICES)
def test_on_a_board(runs: Path, choice: str, metric: str, rising: bool) -> None:
    """`Options(metric=...)` leads the dashboard with that metric, in that direction."""
    run = ExperimentLoader(runs / "a")
    run.refresh()
    board = BoardMaker(run, Options(metric=choice)).dashboard()
    assert board.headline is not None
    assert board.headline[0].startswith(f"{metric} ") and board.headline[0].endswith("↑" if rising else "↓")


@pytest.mark.parametrize(("choice", "metric", "rising"), CHOICES)
def test_in_a_comparison(runs: Path, choice: str, metric: str, rising: bool) -> None:
    """A comparison ranks by that metric, in that direction."""
    found = Comparison(MultiExperimentLoader([runs / "a", runs / "b"]), ComparisonOptions(metric=choice))
    assert (found.main, found.rising) == (metric, rising)


@pytest.mark.parametrize(("choice", "metric", "rising"), CHOICES)
def test_in_plots_and_checkpoints(runs: Path, choice: str, metric: str, rising: bool) -> None:
    """The plots and the list of checkpoints are of that metric."""
    run = ExperimentLoader(runs / "a")
    assert ExperimentPlotter(run, options=Options(metric=choice)).main_metric() == metric
    assert checkpoint_table(run, choice).attrs["metric"] == metric


def livemon(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """What the command prints."""
    from livemon.cli import app

    with pytest.raises(SystemExit) as ended:
        app([str(word) for word in words])
    printed = capsys.readouterr()
    assert ended.value.code == 0, printed.err
    return printed.out


def test_in_the_commands(runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`watch`, `compare`, `plot` and `ls` take the name as it stands in the file."""
    monkeypatch.chdir(runs)
    line: dict[str, Any] = json.loads(livemon(capsys, "watch", "a", "--once", "--json", "--metric", AP))
    assert AP in json.dumps(line["header"])
    for choice, metric, better in ((AP, AP, "more"), (f"{AP}:min", AP, "less"), ("loss:max", "loss:max", "less")):
        table = json.loads(livemon(capsys, "compare", "a", "b", "--metric", choice, "--json"))
        assert (table["metric"], table["better"]) == (metric, better)
    livemon(capsys, "plot", "a", "--paper", "--metric", f"{AP}:max", "-o", "ap.png")
    assert (runs / "ap.png").exists()
    assert len(json.loads(livemon(capsys, "ls", ".", f"{AP}>1", "--json"))) == 1
    assert parse_filter(f"{AP}>1").key == AP


def test_a_word_that_is_not_a_direction(runs: Path) -> None:
    """A word that means a direction and is not one is refused, but not where a metric is called so."""
    run = ExperimentLoader(runs / "a")
    run.refresh()
    with pytest.raises(OptionError, match="'up' is not a valid direction"):
        BoardMaker(run, Options(metric="loss:up"))
    writer = ScriptedWriter(runs / "c" / "logs" / "metrics.csv", ["step", "loss:up"])
    writer.append(step=0, **{"loss:up": 1.0})
    other = ExperimentLoader(runs / "c")
    other.refresh()
    assert BoardMaker(other, Options(metric="loss:up")).dashboard().headline is not None
