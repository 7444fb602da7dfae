"""One table of runs, one for each format: what the loader, its audit and its boards must do with every one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.readers.registry import formats
from livemon.runs.discovery import discover_experiments, runs_below
from livemon.runs.experiment import ExperimentLoader

DATA = Path(__file__).parents[1] / "data" / "runs"
RUNS = sorted({found.path for found in runs_below(DATA)})
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def read(path: Path) -> ExperimentLoader:
    run = ExperimentLoader(path, clock=lambda: 1.9e9)
    run.refresh()
    return run


def test_every_format_has_a_run() -> None:
    """Each built-in format but those without a real run of ours is in the table."""
    known = {read(path).format for path in RUNS}
    # What the tests of their readers write, or a writer that is not at hand.
    without_run = {"mmcv", "gzip", "Stable-Baselines3 monitor", "JSON lines", "torchtune", "fastai", "MLflow (files)",
                   "long table", "JSON file an epoch"}
    assert {one.name for one in formats()} - known <= without_run


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.relative_to(DATA).as_posix())
def test_a_run_of_any_format(path: Path) -> None:
    """It is found, read once, says the same when it is read again, and has a board with its metrics."""
    run = read(path)
    assert run.format and run.metric_names and len(run.load_metrics())
    assert run.refresh() == 0
    audit = run.audit()[0]
    assert (audit.differing, audit.problem) == (0, "") and audit.compared == audit.shown > 0
    board = BoardMaker(run).dashboard(1.9e9)
    all_nan = path.name == "hf_nan_first"  # whose zeros are the NaN that the trainer did not write
    assert board.panels and board.panels[0].message.startswith("no finite value yet" if all_nan else "")
    assert all_nan or not board.panels[0].message
    assert run.state in ("finished", "failed", "stalled", "unknown", "running") and run.state_evidence
    assert all(run.get_summary()["metrics"][name]["count"] > 0 for name in run.metric_names)


def test_a_folder_of_many_runs_is_many_runs() -> None:
    """Runs in folders and in databases are found alike, each by a path that opens it."""
    names = {path.name for path in discover_experiments(DATA / "mlflow_sqlite")}
    assert names == {"exp1.run0", "exp1.run1"}
    assert {read(path).name for path in discover_experiments(DATA / "mlflow_sqlite")} == names
    assert [path.name for path in discover_experiments(DATA, "tb_*")] == ["tb_restart"]
