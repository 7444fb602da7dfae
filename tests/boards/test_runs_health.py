"""The health of runs that are compared."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.boards.comparison import Comparison
from livemon.boards.runs_health import describe_problems, health_of, notices_of_runs, worst_runs_first
from livemon.health.finding import Verdict
from livemon.runs.experiment import ExperimentLoader

FALLING = [0.1 + 2 / (1 + step / 20) for step in range(300)]


@pytest.fixture
def runs(tmp_path: Path) -> MultiExperimentLoader:
    """A run that learns, one whose loss leaps once and that ends best, and one that ends as NaN."""
    losses = {"well": FALLING, "leaps": [*FALLING[:200], 60.0, *(loss / 2 for loss in FALLING[201:])],
              "broken": [*FALLING[:200], *[float("nan")] * 100]}
    for name, values in losses.items():
        (tmp_path / name).mkdir()
        rows = "".join(f"{step},{loss}\n" for step, loss in enumerate(values))
        (tmp_path / name / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    return MultiExperimentLoader([tmp_path / name for name in losses])


pytestmark = pytest.mark.filterwarnings("ignore:.*config")


def test_what_the_rows_say_in_few_words(runs: MultiExperimentLoader) -> None:
    """Each run has its verdict and its warnings, NaN too; a healthy one has no words."""
    health = {name: health_of(one) for name, one in runs.loaders.items()}
    assert {name: (one.verdict, one.problems) for name, one in health.items()} == {
        "well": (Verdict.HEALTHY, ""), "leaps": (Verdict.WARNING, "spike at 200"),
        "broken": (Verdict.CRITICAL, "NaN since 200")}


def test_a_run_that_failed_without_a_word(runs: MultiExperimentLoader, tmp_path: Path) -> None:
    """Of a run that failed, and whose marker says no reason, no words stand where the reason would."""
    (tmp_path / "well" / "livemon.json").write_text('{"livemon": 1, "state": "failed"}')
    runs.loaders["well"].refresh()
    assert describe_problems(runs.loaders["well"], (), "step") == "failed"


def test_the_winner_comes_first(runs: MultiExperimentLoader) -> None:
    """A run that is ranked first and has a problem is named before all others, as such; the others by how bad it is;
    those without a problem are not named."""
    health = {name: health_of(one) for name, one in runs.loaders.items()}
    assert worst_runs_first(health) == ["broken", "leaps"] and worst_runs_first(health, "leaps") == ["leaps", "broken"]
    texts = [notice.text for notice in notices_of_runs(health, {"leaps": "B"}, "leaps")]
    assert [text.partition(":")[0] for text in texts] == ["B, which is ranked first", "broken"]


def test_a_picture_of_several_runs_lists_them(runs: MultiExperimentLoader) -> None:
    """The board has a notice a run with a problem; without judging, or where all are well, it has none."""
    health = {name: health_of(one) for name, one in runs.loaders.items()}
    board = Comparison(runs, health=health).dashboard()
    assert [(notice.kind, notice.severity) for notice in board.warnings] == [("spike", "warning"), ("nan", "critical")]
    assert board.warnings[0].text.startswith("leaps, which is ranked first: train_loss jumped")
    assert Comparison(runs).dashboard().warnings == ()


def test_a_run_that_has_ended_is_not_to_be_ended(tmp_path: Path) -> None:
    """What to do about an overfitting is not to end a run that has ended."""
    steps = np.arange(600)
    rises = np.where(steps < 200, 2 * np.exp(-steps / 80), 0.2 + (steps - 200) / 300)
    rows = "".join(f"{step},{2 * math.exp(-step / 100)},{value}\n" for step, value in zip(steps, rises, strict=True))
    (tmp_path / "metrics.csv").write_text("step,train_loss,val_loss\n" + rows)
    advice = {}
    for state in ("running", "finished"):
        (tmp_path / "livemon.json").write_text(json.dumps({"state": state}))
        [finding] = health_of(ExperimentLoader(tmp_path)).findings
        advice[state] = finding.advice
    assert "end the run" in advice["running"] and "end the run" not in advice["finished"]
