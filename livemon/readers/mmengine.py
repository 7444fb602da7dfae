"""MMEngine's `vis_data/scalars.json`, and the `*.log.json` of the older mmcv: JSON lines that mix rows of training and
validation, which use the same names for different things.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Format, Reader
from livemon.readers.encodings.json_rows import Row
from livemon.readers.jsonlines import JsonLinesReader, Shape, first_object
from livemon.system.listing import Listing, oldest_first

__all__ = ["Mmcv", "MmcvShape", "Mmengine", "MmengineShape"]

_TWIN = re.compile(r"\d{8}_\d{6}\.json")
_SHARED = frozenset(("time", "data_time", "memory"))


class MmengineShape(Shape):
    """A validation row has no `iter`. Its values with names of the training get `val/` in front, so that the two never
    mix; all others keep their names. If a training counts epochs, the `step` of its validation rows is an epoch, and is
    given as such, too.
    """

    def __init__(self) -> None:
        self._of_training = set(_SHARED)
        self._last: tuple[Any, Any] = None, None  # epoch and step of the training's newest row
        self._counts_epochs = False

    def row(self, row: Row) -> Row:
        """The row, of either kind."""
        if "iter" in row:
            self._of_training.update(row)
            self._last = row.get("epoch"), row.get("step")
            return row
        names = self._of_training - {"step", "epoch"}
        shown = {f"val/{name}" if name in names else name: value for name, value in row.items()}
        epoch, step = self._last
        if step is not None and row.get("step") == epoch != step and "epoch" not in row:
            self._counts_epochs = True
            shown["epoch"] = epoch
        return shown

    @property
    def facts(self) -> Facts:
        """A note if validation does not count like training."""
        note = "MMEngine writes the epoch as the step of validation rows: --x epoch puts both on one axis"
        return Facts(odd=(note,) if self._counts_epochs else ())


class MmcvShape(Shape):
    """The first line is about the machine and the settings; the others have a `mode`. A validation row's `iter` is the
    length of the validation set, and its learning rate that of the training: they get `val/` in front.
    """

    def __init__(self) -> None:
        self._meta: dict[str, Any] = {}
        self._last: tuple[Any, Any] | None = None
        self._starts_again = False

    def row(self, row: Row) -> Row | None:
        """The row; None for the first line."""
        if "mode" not in row:
            self._meta = {name: row[name] for name in ("seed", "exp_name", "config") if name in row}
            return None
        shown = {name: value for name, value in row.items() if name != "mode"}
        if row["mode"] == "train":
            self._note(row.get("epoch"), row.get("iter"))
            return shown
        return {f"val/{name}" if name in _SHARED or name in ("iter", "lr") else name: value
                for name, value in shown.items()}

    def _note(self, epoch: Any, iteration: Any) -> None:
        if not isinstance(epoch, int) or not isinstance(iteration, int):
            return
        if self._last and epoch > self._last[0] and iteration <= self._last[1]:
            self._starts_again = True
        self._last = epoch, iteration

    @property
    def facts(self) -> Facts:
        """The seed, and the configuration as a text, from the first line."""
        name = self._meta.get("exp_name")
        notes = ("mmcv's iter starts at 1 again in each epoch: look at this run by epoch",)
        return Facts(self._meta, name=name if isinstance(name, str) else "", odd=notes if self._starts_again else ())


class Mmengine(Format):
    """`<time stamp>/vis_data/scalars.json`. A twin named after the time stamp has the same rows: only one is read."""

    name = "MMEngine"

    def find(self, folder: Listing) -> list[Path]:
        """The scalars in the folder's `vis_data`, or in the folder if it is a `vis_data` itself."""
        scalars = folder if folder.path.name == "vis_data" else folder.below("vis_data")
        twins = [name for name in scalars.files if _TWIN.fullmatch(name)]
        names = ["scalars.json"] if "scalars.json" in scalars.files else twins[-1:]
        return [scalars.path / name for name in names]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has MMEngine's file name, and begins with an object."""
        named = path.name == "scalars.json" or (path.parent.name == "vis_data" and bool(_TWIN.fullmatch(path.name)))
        return named and first_object(head) is not None

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return JsonLinesReader(path, plain=plain, shape=MmengineShape)


class Mmcv(Format):
    """`<time stamp>.log.json` of mmcv 0 and 1."""

    name = "mmcv"
    attempts = True

    def find(self, folder: Listing) -> list[Path]:
        """The files in the folder, one for each start of a training."""
        paths = (folder.path / name for name in folder.files if name.endswith(".log.json"))
        return oldest_first(path for path in paths if self.recognises(path, folder.head(path.name)))

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has mmcv's file name, and a mode or the note on the machine in its first lines."""
        says_so = b'"mode"' in head or b'"env_info"' in head
        return path.name.endswith(".log.json") and head.startswith(b"{") and says_so

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return JsonLinesReader(path, plain=plain, shape=MmcvShape)
