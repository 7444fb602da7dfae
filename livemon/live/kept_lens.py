"""The lens with which a user left a folder, kept for the next watch of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import replace
from pathlib import Path

from livemon.boards.lens.json_form import lens_from_json, lens_of, lens_to_json, plain
from livemon.boards.lens.value import Lens, OptionError
from livemon.system.atomic import replace_file
from livemon.system.shared_files import read_regular
from livemon.system.user_folders import state_folder

__all__ = ["KeptLens"]


class KeptLens:
    """The lens of a folder, in a separate file. Errors in reading or writing it are ignored.

    Args:
        folder: The watched run, or folder of runs.
    """

    def __init__(self, folder: Path) -> None:
        real = os.path.realpath(folder)
        name = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
        self._path = state_folder() / "lenses" / f"{name}.json"

    def under(self, asked: Lens) -> Lens:
        """The kept lens, overridden by the present options; only these if none is kept."""
        try:
            kept, _ = lens_from_json(read_regular(self._path).decode())
            return replace(lens_of(plain(asked), kept), max_panels=asked.max_panels, pixels=asked.pixels)
        except (OSError, ValueError):  # there is none, or it belongs to another version
            return asked

    def keep(self, lens: Lens) -> None:
        """Keep a lens for the next time, without its temporary parts: marks, fixed ranges, a single panel, and the
        choice of runs."""
        zoom = lens.zoom if lens.zoom is not None and lens.zoom.follows else None
        lens = replace(lens, mark=None, zoom=zoom, zoom_y=(), large=None, runs=(), hidden_runs=(), alone_run=None,
                       run_list=False)
        with contextlib.suppress(OSError, OptionError):
            if not plain(lens):
                self._path.unlink(missing_ok=True)
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, [lens_to_json(lens).encode("utf-8", "surrogatepass"), b"\n"])
