"""Rows of a run that could not be read: then nobody knows whether it is healthy."""

from __future__ import annotations

import os
from pathlib import Path

from livemon.runs.discovery import why_unreadable
from livemon.runs.experiment import ExperimentLoader

__all__ = ["why_unread"]

_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".ndjson", ".gz", ".db", ".sqlite", ".sqlite3", ".npz", ".wandb"))
_STEMS = frozenset(("metrics", "progress", "results", "history", "log", "trainer_state", "scalars"))
_WITHOUT_ROWS = frozenset(("checkpoints", "plots", "__pycache__", "code", ".git"))


def why_unread(run: ExperimentLoader) -> str:
    """Why not all rows of a run could be read, or "". Files without rows do not count, nor do deleted ones,
    whose rows are kept. Refresh the run first."""
    for anomaly in run.anomalies:
        if anomaly.kind == "unreadable":
            return anomaly.message
    if os.path.isfile(run.given):
        return ""  # only this file is meant, and it was read
    for folder in (above / name for above in run.exp_dirs for name in ("", "logs")):
        for path in (folder, *_with_rows(folder)):
            if why := why_unreadable(path, 0):
                return why
    return ""


def _with_rows(folder: Path) -> list[Path]:
    """The files and folders in a folder that may have rows."""
    try:
        return [folder / name for name in sorted(os.listdir(folder)) if _may_have_rows(folder / name)]
    except OSError:  # missing; or unreadable, which is reported by itself
        return []


def _may_have_rows(path: Path) -> bool:
    if os.path.isdir(path):
        return path.name not in _WITHOUT_ROWS
    return path.suffix.lower() in _SUFFIXES or path.stem.lower() in _STEMS or "tfevents" in path.name
