"""The folders beside a run, and which of them may be attempts of it, by their names and notes."""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from pathlib import Path

from livemon.runs.attempt_names import names_before
from livemon.runs.notes import read_note

__all__ = ["FoldersBeside", "Siblings", "said_to_continue"]


def said_to_continue(folder: Path) -> Path | None:
    """The folder that a run says it continues; None if it names no other folder. If the folders were moved together,
    the folder with that name beside it."""
    continues = read_note(folder).continues
    if not continues or "\0" in continues:
        return None
    named = Path(os.path.abspath(folder.parent / continues))
    if not os.path.isdir(named):
        named = folder.parent / named.name
    return None if named == folder else named


class FoldersBeside:
    """The folders in one folder, as they were when they were first asked for.

    Args:
        parent: The folder that holds them, absolute.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent

    @cached_property
    def _names(self) -> list[str]:
        names: list[str] = []
        with contextlib.suppress(OSError), os.scandir(self._parent) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir():
                        names.append(entry.name)
        return sorted(names)

    @cached_property
    def _before(self) -> dict[str, list[str]]:
        return names_before(self._names)

    @cached_property
    def _after(self) -> dict[str, list[str]]:
        after: dict[str, list[str]] = {}
        for name, earlier in self._before.items():
            for other in earlier:
                after.setdefault(other, []).append(name)
        return after

    @cached_property
    def _said(self) -> dict[Path, Path]:
        """Folder -> the one that it says it continues; without those that say nothing."""
        folders = (self._parent / name for name in self._names)
        return {folder: named for folder in folders if (named := said_to_continue(folder)) is not None}

    def that_may_be_before(self, folder: Path) -> list[Path]:
        """The folders that this one may continue by its name, sorted."""
        return [self._parent / name for name in sorted(self._before.get(folder.name, []))]

    def that_may_be_after(self, folder: Path) -> list[Path]:
        """The folders that may continue this one by their names, sorted, without those that say which one they
        continue."""
        others = (self._parent / name for name in sorted(self._after.get(folder.name, [])))
        return [other for other in others if other not in self._said]

    def that_say_so(self, folder: Path) -> list[Path]:
        """The folders that say that they continue this one, sorted."""
        return sorted(other for other, named in self._said.items() if named == folder and other != folder)


class Siblings:
    """The folders beside many runs: a search looks once into each folder that holds runs, not once for each run."""

    def __init__(self) -> None:
        self._beside: dict[Path, FoldersBeside] = {}

    def of(self, folder: Path) -> FoldersBeside:
        """The folders beside this one, an absolute path."""
        return self._beside.setdefault(folder.parent, FoldersBeside(folder.parent))
