"""The experiment loggers of a training, to which a picture can be handed. Only libraries that the training itself has
imported are used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["SHARED_NAME", "TensorBoardFolder", "targets_of"]

SHARED_NAME = "livemon/dashboard"

HandOver = Callable[[Path], object]


@dataclass(frozen=True)
class TensorBoardFolder:
    """A folder of event files whose writer is not available."""

    folder: Path


def targets_of(loggers: Iterable[Any]) -> dict[str, HandOver]:
    """Name of a logger -> a function that hands a picture to it: for the given loggers, and those with a run in this
    process.

    Args:
        loggers: Loggers of Lightning or Stable-Baselines3, or a `TensorBoardFolder`; others are ignored.
    """
    targets: dict[str, HandOver] = {}
    for logger in loggers:
        for kind in (base.__name__ for base in type(logger).__mro__):
            if kind in _OF_LOGGER:
                name, make = _OF_LOGGER[kind]
                targets.setdefault(name, make(logger))
                break
    for name, module, find in _OF_PROCESS:
        library = None if name in targets else sys.modules.get(module)
        hand_over = None if library is None else find(library)
        if hand_over is not None:
            targets[name] = hand_over
    return targets


def _to_wandb(run: Any) -> HandOver:
    return lambda picture: run.log({SHARED_NAME: sys.modules["wandb"].Image(str(picture))})


def _to_writer(writer: Any) -> HandOver:
    return lambda picture: writer.add_image(SHARED_NAME, _pixels(picture), 0, dataformats="HWC")


def _to_mlflow(logger: Any) -> HandOver:
    return lambda picture: logger.experiment.log_artifact(logger.run_id, str(picture), "livemon")


def _into_folder(logger: TensorBoardFolder) -> HandOver:
    def hand_over(picture: Path) -> None:
        """The Trainer has closed its writer by now; another file in its folder belongs to the same run."""
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(str(logger.folder)) as writer:  # type: ignore[no-untyped-call, unused-ignore]
            writer.add_image(SHARED_NAME, _pixels(picture), 0, dataformats="HWC")  # type: ignore[no-untyped-call, unused-ignore]

    return hand_over


def _pixels(picture: Path) -> Any:
    """shape (height, width, 3), uint8."""
    import numpy as np
    from PIL import Image

    with Image.open(picture) as image:
        return np.asarray(image.convert("RGB"))


def _wandb_run(wandb: Any) -> HandOver | None:
    run = getattr(wandb, "run", None)
    return None if run is None else _to_wandb(run)


def _mlflow_run(mlflow: Any) -> HandOver | None:
    run = mlflow.active_run()
    if run is None:
        return None
    return lambda picture: mlflow.MlflowClient().log_artifact(run.info.run_id, str(picture), "livemon")


def _trackio_run(trackio: Any) -> HandOver | None:
    current = getattr(getattr(trackio, "context_vars", None), "current_run", None)
    if current is None or current.get() is None:
        return None
    return lambda picture: trackio.log({SHARED_NAME: trackio.Image(str(picture))})


_OF_LOGGER: dict[str, tuple[str, Callable[[Any], HandOver]]] = {
    "WandbLogger": ("W&B", lambda logger: _to_wandb(logger.experiment)),
    "TensorBoardLogger": ("TensorBoard", lambda logger: _to_writer(logger.experiment)),
    "TensorBoardOutputFormat": ("TensorBoard", lambda logger: _to_writer(logger.writer)),
    "TensorBoardFolder": ("TensorBoard", _into_folder),
    "MLFlowLogger": ("MLflow", _to_mlflow),
}
_OF_PROCESS = (("W&B", "wandb", _wandb_run), ("MLflow", "mlflow", _mlflow_run), ("trackio", "trackio", _trackio_run))
