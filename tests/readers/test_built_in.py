"""The formats of livemon by the names of their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.readers.built_in import BUILT_IN, known_by_names
from livemon.readers.registry import formats
from livemon.system.listing import Listing

DATA = Path(__file__).parents[1] / "data"
FOLDERS = sorted(Path(folder) for folder, _, _ in os.walk(DATA))
# A place that a format looks at -> the formats that must be asked.
PLACES = {
    "result.json": "RayTune", "progress.json": "Sb3Progress", "vis_data/scalars.json": "Mmengine",
    "x.log.json": "Mmcv", "history.csv": "Fastai", "x.tsv": "LongTable", "training.log": "Csv",
    "livemon/logs/metrics.csv": "Csv", "x.csv.gz": "Gzipped", "x.jsonl.gz": "Gzipped",
    "Metric_epoch_1.json": "EpochFiles", "metrics-step-3.json": "EpochFiles", "logs/x.ndjson": "JsonLines",
    "log.txt": "JsonLines", "train.log": "JsonLines", "metrics.csv": "JsonLines", "logs/results.csv": "JsonLines",
    "logs/log_12.txt": "Torchtune", "plots/metrics/x.tsv": "Dvclive", "dvclive/plots/metrics/x.tsv": "Dvclive",
    "progress.txt": "SpinningUp", "results.txt": "Yolo", "metrics.json": "Sacred",
    "logs/Train Loss.json": "JsonHistory", "lcurve.out": "BlankColumns", "run-1.wandb": "Wandb",
    "wandb/run-1/run-1.wandb": "Wandb", "meta.yaml": "MlflowFiles",
    "mlflow.db": "MlflowSqlite", "x.sqlite3": "Trackio", "events.out.tfevents.1": "TensorBoard",
    "logs/tensorboard/events.out.tfevents.1": "TensorBoard", "tb_logs/events.out.tfevents.1": "TensorBoard",
    "livemon/events.out.tfevents.1": "TensorBoard", "train/events.out.tfevents.1": "TensorBoard",
    "logs/train/events.out.tfevents.1": "TensorBoard", "runs/a/events.out.tfevents.1": "TensorBoard",
    "trainer_state.json": "HuggingFace", "checkpoint-12/trainer_state.json": "HuggingFace",
    "logs/evaluations.npz": "Sb3Evaluations", "eval/evaluations.npz": "Sb3Evaluations",
    "0.monitor.csv": "Sb3Monitor", "slurm-12.out": "ConsoleLog", "logs/job.o12": "ConsoleLog", "log": "ConsoleLog",
    "TRAIN.LOG": "ConsoleLog", "log-train-x": "ConsoleLog",
}


def test_all_are_there_in_order() -> None:
    """Each is loaded under its own name, and says of itself what is said of it without loading it."""
    loaded = [one.load() for one in BUILT_IN]
    assert [one for one in formats() if one in loaded] == loaded and len(set(map(type, loaded))) == len(BUILT_IN)
    assert [one.rank for one in BUILT_IN] == [(one.last_resort, one.generic) for one in loaded]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(DATA).as_posix())
def test_what_would_be_found_is_asked(folder: Path) -> None:
    """A format that finds something in a folder is one that may be there by the names."""
    listing = Listing(folder)
    known = known_by_names(listing)
    for one in BUILT_IN:
        form = one.load()
        if form.find(listing) or form.containers(listing):
            assert one.may_be_in(listing, known), one.dotted_name


@pytest.mark.parametrize("place", PLACES)
def test_a_file_names_its_format(tmp_path: Path, place: str) -> None:
    """A file at a place where a format looks has that format asked."""
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"loss": 0.5}\n')
    listing = Listing(tmp_path)
    asked = {one.dotted_name.split(".")[-1] for one in BUILT_IN if one.may_be_in(listing, known_by_names(listing))}
    assert PLACES[place] in asked


def test_the_folder_itself_is_a_name(tmp_path: Path) -> None:
    """MMEngine's folder of scalars, and W&B's folder of a run, are known when they are named themselves."""
    (tmp_path / "vis_data").mkdir()
    listing = Listing(tmp_path / "vis_data")
    asked = [one.dotted_name for one in BUILT_IN if one.may_be_in(listing, known_by_names(listing))]
    assert asked[:1] == ["mmengine.Mmengine"]


def test_an_ordinary_run_asks_few(tmp_path: Path) -> None:
    """A run with rows in `logs/metrics.csv`, settings and plots asks the formats of tables, and DVCLive by `plots`."""
    for name in ("logs", "plots", "checkpoints"):
        (tmp_path / name).mkdir()
    (tmp_path / "logs" / "metrics.csv").write_text("step,loss\n1,2\n")
    (tmp_path / "config.yaml").write_text("lr: 1\n")
    listing = Listing(tmp_path)
    asked = [one.dotted_name for one in BUILT_IN if one.may_be_in(listing, known_by_names(listing))]
    assert asked == ["long_table.LongTable", "csv.Csv", "dvclive.Dvclive"]
