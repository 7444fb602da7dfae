"""Keeps the rows that Lightning's CSVLogger deletes when a training goes on in the same folder, under a second name.

The logger only unlinks its file. So a hard link, made while the file is written, keeps every row without copying any,
even if the training is killed. Names: `.livemon/attempt_<n>.csv` in the run's folder.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["KeptHistory"]


class KeptHistory:
    """The second names of one run's `metrics.csv`.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._metrics = folder / "metrics.csv"
        self._kept = folder / ".livemon"
        self._number = 0
        self._linked = False

    def begin(self) -> str | None:
        """Begin an attempt. Returns the name, below the run's folder, of the rows of the previous attempt that the
        logger has deleted in the meantime; None if there are none."""
        numbers = [int(path.stem[8:]) for path in self._kept.glob("attempt_*.csv") if path.stem[8:].isdigit()]
        if not numbers:
            return None
        last = self._path(max(numbers))
        if self._metrics.exists() and last.samefile(self._metrics):  # not deleted
            self._number = max(numbers)
            self._linked = True
            return None
        self._number = max(numbers) + 1
        return f"{self._kept.name}/{last.name}"

    def keep(self) -> None:
        """Give the present rows, and all later ones in this file, a second name. Cheap if there already is one."""
        if self._linked or not self._metrics.exists():
            return
        self._kept.mkdir(exist_ok=True)
        try:
            os.link(self._metrics, self._path(self._number))
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links: `end` copies
            return
        self._linked = True

    def end(self) -> None:
        """End the attempt: copy its rows if they could not get a second name."""
        self.keep()
        if not self._linked and self._metrics.exists():
            shutil.copyfile(self._metrics, self._path(self._number))

    def _path(self, number: int) -> Path:
        return self._kept / f"attempt_{number}.csv"
