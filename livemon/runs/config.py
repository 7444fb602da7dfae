"""A run's settings: those that its callback noted, or those in the files that its framework leaves."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from livemon.runs.notes import NOTE_NAME, Note, read_note
from livemon.system.settings_files import TOO_DEEP, is_too_deep, read_settings

__all__ = ["read_config"]

CORRECTED_SECONDS = 60.0  # after the start; until then it is we who write
_CONFIG_FILES = ("config.json", "hparams.yaml", "args.yaml", "params.json", "params.yaml", ".hydra/config.yaml",
                 "config.yaml")


def read_config(folder: Path, names: Collection[str] | None = None) -> tuple[dict[str, Any] | None, list[str]]:
    """The run's settings, and what was wrong with files that could not be used. None where no file has any.

    Args:
        folder: The run's.
        names: Of all that is in it, where they are known: then nothing else is looked for.
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
        path = os.path.join(folder, name)  # quicker than Path, and most are not there
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
    """Whether somebody has changed the config.json that we wrote when the training began."""
    if note.framework or note.started is None:
        return False
    try:
        return os.stat(os.path.join(folder, "config.json")).st_mtime > note.started + CORRECTED_SECONDS
    except OSError:
        return False


def _is_of_a_model(folder: Path, names: Collection[str] | None) -> bool:
    """Whether the folder is one of Hugging Face's trainer, which leaves the model's config.json in it."""
    if names is not None and "trainer_state.json" not in names and not any(
            name.startswith("checkpoint-") for name in names):
        return False
    try:
        return any(os.path.isfile(os.path.join(folder, name, "trainer_state.json")) for name in (
            "", *(name for name in (os.listdir(folder) if names is None else names) if name.startswith("checkpoint-"))))
    except OSError:
        return False
