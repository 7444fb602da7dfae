from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livemon_integrations.sharing import SHARED_NAME, TensorBoardFolder, targets_of


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(np.full((4, 6, 4), 200, np.uint8)).save(tmp_path / "dashboard.png")
    return tmp_path / "dashboard.png"


@pytest.fixture(autouse=True)
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run of another test is one of this one."""
    for name in ("wandb", "mlflow", "trackio"):
        monkeypatch.delitem(sys.modules, name, raising=False)


class WandbLogger:
    def __init__(self) -> None:
        self.logged: list[Any] = []
        self.experiment = SimpleNamespace(log=self.logged.append)


class TensorBoardLogger:
    def __init__(self) -> None:
        self.images: list[Any] = []
        self.experiment = SimpleNamespace(add_image=lambda *given, **more: self.images.append((*given, more)))


class MLFlowLogger:
    run_id = "r1"

    def __init__(self) -> None:
        self.artifacts: list[Any] = []
        self.experiment = SimpleNamespace(log_artifact=lambda *given: self.artifacts.append(given))


def test_the_loggers_of_a_trainer(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each logger that can show a picture gets it, under one name; a CSVLogger is left out."""
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Image=lambda path: f"image of {path}", run=None))
    wandb, board, mlflow = WandbLogger(), TensorBoardLogger(), MLFlowLogger()
    targets = targets_of([SimpleNamespace(), wandb, board, mlflow])
    assert list(targets) == ["W&B", "TensorBoard", "MLflow"]
    for hand_over in targets.values():
        hand_over(picture)
    assert wandb.logged == [{SHARED_NAME: f"image of {picture}"}]
    assert mlflow.artifacts == [("r1", str(picture), "livemon")]
    name, pixels, step, more = board.images[0]
    assert (name, pixels.shape, step, more) == (SHARED_NAME, (4, 6, 3), 0, {"dataformats": "HWC"})


def test_runs_of_this_process(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the script has begun a run itself, that gets the picture; a library without a run gets nothing, and one
    that is not imported stays so."""
    logged: list[Any] = []
    run = SimpleNamespace(info=SimpleNamespace(run_id="r2"))
    client = SimpleNamespace(log_artifact=lambda *given: logged.append(given))
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(active_run=lambda: run, MlflowClient=lambda: client))
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(run=None))
    current = SimpleNamespace(current_run=SimpleNamespace(get=lambda: object()))
    monkeypatch.setitem(sys.modules, "trackio", SimpleNamespace(context_vars=current, log=logged.append, Image=Path))
    targets = targets_of([])
    assert list(targets) == ["MLflow", "trackio"]
    for hand_over in targets.values():
        hand_over(picture)
    assert logged == [("r2", str(picture), "livemon"), {SHARED_NAME: picture}]
    for name in ("wandb", "mlflow", "trackio"):
        monkeypatch.delitem(sys.modules, name)
    assert targets_of([]) == {} and "wandb" not in sys.modules


def test_event_files_of_a_trainer_that_has_closed_its_writer(picture: Path, tmp_path: Path) -> None:
    """The picture is in a further file of the folder, which TensorBoard reads with the others."""
    pytest.importorskip("torch.utils.tensorboard", exc_type=ImportError)
    (name, hand_over), = targets_of([TensorBoardFolder(tmp_path / "logs")]).items()
    hand_over(picture)
    assert name == "TensorBoard" and [path.name[:17] for path in (tmp_path / "logs").iterdir()] == ["events.out.tfeven"]


def test_wandb_offline(picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real run of W&B, offline, has the picture among its media."""
    pytest.importorskip("wandb", reason="W&B is not installed here")
    import wandb

    monkeypatch.setenv("WANDB_SILENT", "true")
    run = wandb.init(mode="offline", dir=tmp_path, project="livemon")
    try:
        targets_of([])["W&B"](picture)
    finally:
        run.finish()
    assert len(list(tmp_path.rglob("dashboard_*.png"))) == 1
