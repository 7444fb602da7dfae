"""Histories that have a file for each epoch."""

from __future__ import annotations

import json
from pathlib import Path

from livemon.readers.epoch_files import EpochFiles
from livemon.readers.registry import format_of
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing


def write(folder: Path, epoch: int, loss: float, **more: object) -> Path:
    path = folder / f"metrics_epoch_{epoch}.json"
    path.write_text(json.dumps({"epoch": epoch, "training_loss": loss, "validation": {"accuracy": loss / 2}, **more},
                               indent=2))
    return path


def test_each_file_is_a_row(tmp_path: Path) -> None:
    """Issue 16: AllenNLP's files are one run, in the order of their numbers, by folder and by name, while they come."""
    for epoch in (0, 2, 10, 1):
        path = write(tmp_path, epoch, 10.0 - epoch)
    assert EpochFiles().find(Listing(tmp_path)) == [tmp_path / "metrics_epoch_0.json"]
    assert isinstance(format_of(path), EpochFiles)
    for given in (tmp_path, path):
        run = ExperimentLoader(given)
        assert run.refresh() == 4 and run.x_column("epoch") == "epoch"
        assert run.series("training_loss").to_dict() == {0: 10.0, 1: 9.0, 2: 8.0, 10: 0.0}
    write(tmp_path, 11, 0.5)
    assert run.refresh() == 1 and run.series("validation/accuracy")[11] == 0.25
    assert run.refresh() == 0 and run.audit()[0].differing == 0


def test_files_without_an_axis_have_their_number(tmp_path: Path) -> None:
    """Where no file says its epoch or step, its name does."""
    for step in (100, 200):
        (tmp_path / f"metrics_step_{step}.json").write_text(json.dumps({"val_loss": step / 1000}))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.series("val_loss").to_dict() == {100: 0.1, 200: 0.2}


def test_a_file_half_written(tmp_path: Path) -> None:
    """What was shown stays while the newest file is half written, and nothing of that one is shown."""
    write(tmp_path, 0, 1.5)
    run = ExperimentLoader(tmp_path)
    assert run.refresh() == 1
    path = write(tmp_path, 1, 1.25)
    whole = path.read_text()
    path.write_text(whole[:20])
    assert run.refresh() == 0 and run.series("training_loss").to_dict() == {0: 1.5}
    path.write_text(whole)
    assert run.refresh() == 1 and run.series("training_loss").to_dict() == {0: 1.5, 1: 1.25}
