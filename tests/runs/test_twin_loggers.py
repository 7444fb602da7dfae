"""Two loggers of one Lightning training, each in a version of its own, are one run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader
from livemon.runs.discovery import discover_experiments, runs_below
from livemon.runs.experiment import ExperimentLoader

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")


def write_events(folder: Path, steps: Iterable[int], shift: float = 0.0) -> None:
    """What a TensorBoardLogger leaves."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for step in steps:
            writer.add_scalar("train_loss", 1 / (step + 1) + shift, step)
            writer.add_scalar("epoch", 0, step)


def write_csv(folder: Path, steps: Iterable[int]) -> None:
    """What a CSVLogger leaves."""
    folder.mkdir(parents=True)
    rows = "".join(f"0,{step},{1 / (step + 1)}\n" for step in steps)
    (folder / "metrics.csv").write_text(f"epoch,step,train_loss\n{rows}")


def both(base: Path, lr: tuple[float, float] = (0.1, 0.1), shift: float = 0.0) -> Path:
    logs = base / "lightning_logs"
    write_events(logs / "version_0", range(4, 50, 5), shift)
    write_csv(logs / "version_1", range(4, 50, 5))
    for number, value in enumerate(lr):
        (logs / f"version_{number}" / "hparams.yaml").write_text(f"lr: {value}\n")
    return logs


def test_two_loggers_are_one_run(tmp_path: Path) -> None:
    """It is found once, by the folder of the preferred log; whichever folder is named, each metric is there once."""
    logs = both(tmp_path)
    assert [run.path for run in runs_below(tmp_path)] == [logs / "version_1"]
    assert discover_experiments(logs) == [logs / "version_1"] == discover_experiments(tmp_path, "**")
    for name in ("version_0", "version_1"):
        run = ExperimentLoader(logs / name)
        run.refresh()
        assert run.metric_names == ["train_loss"] and len(run.series("train_loss")) == 10
        assert run.format == "CSV"


@pytest.mark.parametrize(("lr", "shift"), [((0.1, 0.2), 0.0), ((0.1, 0.1), 0.01)])
def test_two_trainings_are_two_runs(tmp_path: Path, lr: tuple[float, float], shift: float) -> None:
    """Other settings, or other values, are another training's."""
    logs = both(tmp_path, lr, shift)
    assert discover_experiments(logs) == [logs / "version_0", logs / "version_1"]


def test_versions_of_one_logger_are_runs(tmp_path: Path) -> None:
    """The same values in two versions of one logger are two trainings with one seed."""
    for number in range(2):
        write_csv(tmp_path / f"version_{number}", range(5))
    assert len(discover_experiments(tmp_path)) == 2


def test_a_kept_summary_knows_of_both_folders(tmp_path: Path) -> None:
    """A summary is not kept where a file outside the run's folder may change it."""
    logs = both(tmp_path)
    for path in (*logs.rglob("*.*"), *logs.iterdir()):
        os.utime(path, (1e9, 1e9))
    counts = []
    for _ in range(2):
        [summary] = MultiExperimentLoader([logs / "version_1"]).get_all_summaries().values()
        counts.append(summary["metrics"]["train_loss"]["count"])
        write_events(logs / "version_0", range(54, 70, 5))
    assert counts == [10, 14]
