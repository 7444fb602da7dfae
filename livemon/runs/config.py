"""A run's settings: those noted by its callback, or those in the files of its framework."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from livemon.runs.notes import NOTE_NAME, Note, read_note
from livemon.system.settings_files import TOO_DEEP, is_too_deep, read_settings

__all__ = ["read_config"]

CORRECTED_SECONDS = 60.0  # after the start; until then livemon itself writes
_CONFIG_FILES = ("config.json", "hparams.yaml", "args.yaml", "params.json", "params.yaml", ".hydra/config.yaml",
                 "config.yaml")


def read_config(folder: Path, names: Collection[str] | None = None) -> tuple[dict[str, Any] | None, list[str]]:
    """The run's settings, and the problems of files that could not be used. None if no file has settings.

    Args:
        folder: The run's folder.
        names: The names of everything in it, if known: then nothing else is looked for.
    """
    problems: list[str] = []
    note = read_note(folder, names)
    if note.config and not _was_corrected(folder, note):
        if not is_too_deep(note.config):
            return dict(note.config), problems
        problems.append(f"{NOTE_NAME} cannot be used: {TOO_DEEP}")
    for name in _CONFIG_FILES:
        if names is not None and name.partition("/")[0] not in names:
            continue
        path = os.path.join(folder, name)  # faster than Path, and most do not exist
        if not os.path.isfile(path) or (name == "config.json" and _is_of_a_model(folder, names)):
            continue
        try:
            settings = read_settings(path)
        except ValueError as error:
            problems.append(f"{name} cannot be used: {error}")
            continue
        if settings is not None:
            return settings, problems
    return None, problems


def _was_corrected(folder: Path, note: Note) -> bool:
    """Whether somebody has changed the config.json that livemon wrote when the training began."""
    if note.framework or note.started is None:
        return False
    try:
        return os.stat(os.path.join(folder, "config.json")).st_mtime > note.started + CORRECTED_SECONDS
    except OSError:
        return False


def _is_of_a_model(folder: Path, names: Collection[str] | None) -> bool:
    """Whether the folder belongs to Hugging Face's trainer, which leaves the model's config.json in it."""
    if names is not None and "trainer_state.json" not in names and not any(
            name.startswith("checkpoint-") for name in names):
        return False
    try:
        return any(os.path.isfile(os.path.join(folder, name, "trainer_state.json")) for name in (
            "", *(name for name in (os.listdir(folder) if names is None else names) if name.startswith("checkpoint-"))))
    except OSError:
        return False
