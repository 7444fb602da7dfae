"""The checkpoints of a run, and whether the newest contains everything that was logged: Lightning runs end like this,
without any other mark."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from livemon.runs.planned_end import Planned
from livemon.states import Standing, State
from livemon.tables.table import Table
from livemon.tables.x_axis import find_axis

__all__ = ["Closing", "closing_checkpoint", "judge_with_checkpoint", "saved_weights"]

_WEIGHTS = (".pt", ".ckpt", ".pth", ".safetensors")
# Files of PyTorch and DeepSpeed in a folder with the parts of a checkpoint.
_OF_PARTS = (".metadata", "latest")
# The names given by Lightning's ModelCheckpoint.
_NAME = re.compile(r"(?:.*[-_])?epoch=(\d+)(?:-.*?)?-step=(\d+)(?:\D.*)?\.ckpt")
_MOST_FILES = 10_000


class Closing(NamedTuple):
    """A checkpoint that no row follows.

    Attributes:
        name: The name of the file.
        epoch: The number of its epoch, counted from 0.
        step: The number of its steps.
    """

    name: str
    epoch: int
    step: int


def closing_checkpoint(folder: Path, tables: Sequence[Table], names: Collection[str] | None = None) -> Closing | None:
    """The Lightning checkpoint in a run's folder that contains all logged steps, or None.

    Args:
        folder: The run's folder.
        tables: The run's rows.
        names: The names of everything in the folder, if known.
    """
    if names is not None and "checkpoints" not in names:
        return None
    own = next((table for table in reversed(tables) if table.n_rows), None)
    step = None if own is None else find_axis("step", [own])
    if own is None or step is None:
        return None
    steps = own.columns[step].values
    last = float(np.max(steps[np.isfinite(steps)], initial=-1))
    try:
        with os.scandir(folder / "checkpoints") as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MOST_FILES), strict=False)]
    except OSError:
        return None
    checkpoints = [Closing(name, int(match[1]), int(match[2])) for name in names if (match := _NAME.fullmatch(name))]
    newest = max(checkpoints, key=lambda checkpoint: checkpoint.step, default=None)
    return newest if newest is not None and newest.step > last else None


def judge_with_checkpoint(standing: Standing, folder: Path, tables: Sequence[Table], planned: Planned,
                          names: Collection[str] | None = None) -> Standing:
    """The state of a run without new rows: finished if its newest checkpoint belongs to the last planned epoch;
    unknown, instead of stalled for ever, if the checkpoint contains all logged steps. `names`: see
    `closing_checkpoint`."""
    if standing.state not in (State.STALLED, State.UNKNOWN):
        return standing
    closing = closing_checkpoint(folder, tables, names)
    if closing is None:
        return standing
    if planned.epochs is not None and closing.epoch + 1 >= planned.epochs:
        return Standing(State.FINISHED, None, f"{closing.name} is of the last of {planned.epochs:,} epochs")
    return Standing(State.UNKNOWN, None, f"{standing.evidence}; {closing.name} holds all steps that were logged, as it "
                    "does at the end of a training")


def saved_weights(folder: Path) -> list[Path]:
    """The entries of `checkpoints/` in a run's folder with weights: files, and folders with the parts of a
    checkpoint."""
    return [path for path in (folder / "checkpoints").glob("*") if path.suffix in _WEIGHTS and (
        os.path.isfile(path) or any(os.path.isfile(path / name) for name in _OF_PARTS))]
