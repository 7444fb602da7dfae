"""The users' own runs, replayed row by row as if they still trained, and plotted at their end.

They are others' data and not part of the project: where they are not beside the clone, these tests are skipped.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.plotter import save_plots
from livemon.runs.experiment import ExperimentLoader

REAL_RUNS = Path(__file__).parents[3] / "shared" / "experiments"
RUNS = sorted(path.parent.parent for path in REAL_RUNS.glob("*/logs/metrics.csv"))

pytestmark = [
    pytest.mark.skipif(not RUNS, reason="the users' own runs are not beside this clone (shared/experiments)"),
    pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning"),
]


def replay(source: Path, target: Path) -> tuple[ExperimentLoader, BoardMaker]:
    """Write the run's file again line by line, with a refresh after each, and a board after each hundredth."""
    if (source / "config.json").exists():
        shutil.copy(source / "config.json", target / "config.json")
    lines = (source / "logs" / "metrics.csv").read_bytes().splitlines(keepends=True)
    path = target / "logs" / "metrics.csv"
    path.parent.mkdir()
    path.write_bytes(lines[0])
    run = ExperimentLoader(path.parent.parent)
    maker = BoardMaker(run)
    for number, line in enumerate(lines[1:]):
        with path.open("ab") as file:
            file.write(line)
        assert run.refresh() == 1
        if number % 100 == 0:
            maker.dashboard(now=0.0)
    return run, maker


@pytest.mark.parametrize("source", RUNS, ids=lambda path: path.name)
def test_a_run_replayed_row_by_row_ends_as_the_run_read_at_once(source: Path, tmp_path: Path) -> None:
    """Each row arrives once, the table is pandas' table, and the last live board shows what a fresh one does; its
    panels keep the places that they had while the run went on."""
    run, maker = replay(source, tmp_path)
    theirs = pd.read_csv(source / "logs" / "metrics.csv")
    frame = run.load_metrics()
    pd.testing.assert_frame_equal(frame[list(theirs.columns)], theirs, check_exact=True)
    again = ExperimentLoader(run.exp_dir)
    again.refresh()
    live, fresh = maker.dashboard(now=0.0), BoardMaker(again).dashboard(now=0.0)
    assert sorted(panel.title for panel in live.panels) == sorted(panel.title for panel in fresh.panels)
    shown = [[(row.metric, row.last, row.best, row.cells) for row in board.summary] for board in (live, fresh)]
    assert shown[0] == shown[1]
    assert run.anomalies == []


@pytest.mark.parametrize("source", RUNS, ids=lambda path: path.name)
def test_the_final_plots_of_each_run_are_made(source: Path, tmp_path: Path) -> None:
    """All four; of a run that has only a header the dashboard alone, which says so: no plot is empty."""
    run = ExperimentLoader(source)
    rows = run.refresh()
    paths = save_plots(run, tmp_path)
    plots = ["dashboard", "training_curves", "loss_landscape", "optimization_dynamics"]
    assert [path.name.split("_" + run.name)[0] for path in paths] == (plots if rows else plots[:1])
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG")
    assert not list(source.glob("plots*"))


def test_the_summary_of_each_run_is_pandas(tmp_path: Path) -> None:
    """min, max, mean, std and the counts are what pandas says of the finite values."""
    for source in RUNS:
        theirs = pd.read_csv(source / "logs" / "metrics.csv")
        for name, numbers in ExperimentLoader(source).get_summary()["metrics"].items():
            column = theirs[name].replace([np.inf, -np.inf], np.nan).dropna()
            found = [numbers[key] for key in ("min", "max", "mean", "std", "inf_count")]
            wanted = [column.min(), column.max(), column.mean(), column.std(), float(np.isinf(theirs[name]).sum())]
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
