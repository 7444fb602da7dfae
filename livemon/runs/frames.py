"""A run as a DataFrame: every row as logged, with derived columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livemon.readers.base import read_table
from livemon.runs.discovery import NoMetricsError, reader_for
from livemon.runs.frozen_run import Folder
from livemon.runs.source import Part
from livemon.tables.records import in_calls
from livemon.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_of", "frame_of_file"]


def frame_of(folders: Sequence[Folder]) -> pd.DataFrame:
    """The preferred sources' own rows, completed from other sources; see `ExperimentLoader.load_metrics`."""
    import pandas as pd

    frames = [_rows(source, table).to_frame() for folder in folders for source, table in folder.choice.rows_of_main()]
    return _with_derived(frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True))


def frame_of_file(path: Path) -> pd.DataFrame:
    """Another metrics file of the run, read once. Raises NoMetricsError."""
    if not os.path.isfile(path):
        raise NoMetricsError(f"Metrics file not found: {path}")
    return _with_derived(read_table(reader_for(path)).to_frame())


def _rows(source: Part, table: Table) -> Table:
    """The rows as logged: single records of one call are one row."""
    return in_calls(table) if source.format.records else table


def _with_derived(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    derived: dict[str, Any] = {}
    if "time_elapsed_seconds" in frame:
        derived["time_elapsed_hours"] = frame["time_elapsed_seconds"] / 3600
        derived["time_elapsed_minutes"] = frame["time_elapsed_seconds"] / 60
    if "train_loss" in frame and pd.api.types.is_numeric_dtype(frame["train_loss"]):
        loss = frame["train_loss"]
        logged = loss.dropna()
        first = logged.iloc[0] if len(logged) else np.nan
        derived["train_loss_improvement"] = first - loss
        derived["train_loss_pct_improvement"] = (first - loss) / first * 100
    derived = {name: column for name, column in derived.items() if name not in frame}
    return frame.assign(**derived) if derived else frame
