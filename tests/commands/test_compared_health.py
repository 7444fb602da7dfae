"""The problems of the runs in a leaderboard."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.statistics.leaderboard import leaderboard
from livemon.commands.compared_health import best_of, judged, with_health

Command = Callable[..., subprocess.CompletedProcess[str]]
FALLING = [0.1 + 2 / (1 + step / 20) for step in range(300)]
LOSSES = {"well": FALLING, "broken": [*(loss / 3 for loss in FALLING[:200]), *[float("nan")] * 100],
          "leaps": [*FALLING[:200], 60.0, *(loss + 0.1 for loss in FALLING[201:])]}

pytestmark = pytest.mark.filterwarnings("ignore:.*config")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A run that learns, one that becomes NaN after the best value of all, and one whose loss leaps once."""
    for name, values in LOSSES.items():
        (tmp_path / "runs" / name).mkdir(parents=True)
        rows = "".join(f"{step},{loss}\n" for step, loss in enumerate(values))
        (tmp_path / "runs" / name / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    return tmp_path / "runs"


def test_a_column_and_a_sentence(base: Path, livemon: Command) -> None:
    """Runs with problems have them in the table, and a sentence with the evidence before it, the worst first; JSON has
    verdict and problems of each run."""
    done = livemon("compare", ".", cwd=base)
    head, *lines = done.stdout.splitlines()
    assert head.split()[-1] == "problems"
    cells = {line.split()[0]: line for line in lines}
    assert cells["broken"].endswith("NaN since 200") and cells["leaps"].endswith("spike at 200")
    assert cells["well"].endswith(" -")
    said = [line for line in done.stderr.splitlines() if ": critical: " in line or ": warning: " in line]
    assert "broken: critical: train_loss" in said[0] and "leaps: warning: train_loss jumped to 60" in said[1]
    rows = json.loads(livemon("compare", ".", "--json", cwd=base).stdout)["rows"]
    assert {row["run"]: (row["verdict"], row["problems"]) for row in rows} == {
        "well": ("healthy", ""), "broken": ("critical", "NaN since 200"), "leaps": ("warning", "spike at 200")}


def test_no_run_wins_in_silence(base: Path, livemon: Command) -> None:
    """A run that broke and is ranked first by its best value is named first, as such; ranked by final values it is
    last."""
    done = livemon("compare", ".", "--at", "best", cwd=base)
    assert done.stdout.splitlines()[1].startswith("broken ")
    first = next(line for line in done.stderr.splitlines() if "critical" in line)
    assert "broken is ranked first, but has a problem: critical: train_loss" in first
    done = livemon("compare", ".", cwd=base)
    assert done.stdout.splitlines()[3].startswith("broken ") and "is ranked first" not in done.stderr


def test_nothing_changes_for_healthy_runs(base: Path) -> None:
    """Where no run has a problem, table and problems are those of the leaderboard."""
    runs = MultiExperimentLoader([base / "well"])
    found = leaderboard(runs)
    assert best_of(found) == "well"
    told = with_health(found, judged(runs, found), runs.titles)
    assert told.table.equals(found.table) and told.problems == found.problems
    assert told.rows[0]["verdict"] == "healthy" and found.rows[0].keys() < told.rows[0].keys()
