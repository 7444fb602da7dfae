"""W&B's local file of a run, `run-<id>.wandb`: new bytes -> cells, without W&B."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from livemon.readers.base import Facts, Format, Update
from livemon.readers.encodings.json_rows import DECODER, plain_block_of
from livemon.readers.encodings.leveldb_log import FILE_HEADER, LevelDbLog
from livemon.readers.encodings.protobuf import BYTES, FIXED64, VARINT, WireError, fields, signed
from livemon.states import standing_after_exit
from livemon.system.filesystems import is_settled
from livemon.system.listing import Listing, read_bytes
from livemon.system.settings_files import SettingsFile
from livemon.system.tail import Status, Tail
from livemon.tables.anomalies import Anomaly
from livemon.tables.plain import leaves
from livemon.tables.table import Block

__all__ = ["Wandb", "WandbReader"]

_MAGIC = b":W&B"
_HEADER = _MAGIC + b"\xe1\xbe\x00"  # the last byte is the version
_RUN_FOLDER = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-(.+)")

# Field numbers of W&B's wandb_internal.proto.
_HISTORY, _CONFIG, _RUN, _EXIT = 2, 5, 17, 18
_KEY, _NESTED_KEY, _VALUE_JSON = 1, 2, 16
_BOOLEAN, _INTEGER, _NUMBER, _TEXT, _JSON = 4, 5, 6, 7, 8  # newer versions may write these instead of _VALUE_JSON
_RUN_ID, _RUN_CONFIG, _RUN_NAME = 1, 4, 8

_WORDS = {word: DECODER.decode(word) for word in ("NaN", "Infinity", "-Infinity")}
_WANDB_AT_CTRL_C = 255  # W&B's exit code for a script that was ended by Ctrl-C
_AT_CTRL_C = 130  # a shell's exit code for it
_FIRST_COLUMNS = ("_step", "_runtime", "_timestamp")
_DEEPEST = 20


class Wandb(Format):
    """W&B's local files, of runs offline or online. Each start of a run has one file, in its own folder."""

    name = "W&B"
    attempts = True

    def find(self, folder: Listing) -> list[Path]:
        """The files of a run, oldest first. For one of W&B's folders, these are all files with its run id, because a
        resumed run gets a new folder; for a folder with a `wandb` in it, those of the only run in there."""
        if own := _files_in(folder):
            run = _run_in(folder.path.name)
            names = _starts(folder.path.absolute().parent).get(run, []) if run else []
            return [path for name in names for path in _files_in(folder.beside(name))] or own
        above = folder.below("wandb")
        runs = {run for name in above.folders if (run := _run_in(name)) and _files_in(above.below(name))}
        names = _by_run(above.folders).get(runs.pop(), []) if len(runs) == 1 else []  # several runs are not one run
        return [path for name in names for path in _files_in(above.below(name))]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the head is W&B's; an empty file is accepted if it has the name."""
        return head.startswith(_MAGIC) or (path.suffix == ".wandb" and not head)

    def problem(self, path: Path) -> str:
        """Why a file with the name of a W&B file is not read."""
        if not path.name.endswith(".wandb") or self.recognises(path, read_bytes(path, len(_MAGIC))):
            return ""
        return f"{path} has the name of a W&B run file but does not begin like one: it is damaged, or another file"

    def open(self, path: Path, *, plain: bool = False) -> WandbReader:
        """A reader for one file; there is only one way to read it."""
        return WandbReader(path)


class WandbReader:
    """Follows one `.wandb` file.

    A row is a record of the history. Columns have W&B's names: `_step`, `_runtime`, `_timestamp`, and the logged names;
    those of nested values are joined with a full stop. True and False are 1 and 0; texts are texts; media, histograms,
    tables and lists are left out.

    Args:
        path: The file.
        tail: Reads the file, not by lines.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, tail: Tail | None = None) -> None:
        self.path = path
        self._tail = tail or Tail(path, by_lines=False)
        self._start_over()

    def _start_over(self) -> None:
        self._head = b""
        self._log = LevelDbLog()
        self._config: dict[str, Any] = {}
        self._beside = SettingsFile(self.path.parent / "files" / "config.yaml")  # written at the end, and not offline
        self._declared: set[str] = set()
        self._name = ""
        self._exit_code: int | None = None

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        if len(self._head) < FILE_HEADER:
            self._head = (self._head + look.lines)[:FILE_HEADER]
        if not _HEADER.startswith(self._head):
            return Update(look.restarted, status=Status.UNREADABLE, problem=f"{self.path}: {self._refusal()}")
        anomalies: list[Anomaly] = []
        block = self._block(look.lines, anomalies) if look.lines else None
        columns = self._first_columns(block)
        return Update(look.restarted, columns, block, tuple(anomalies), look.status, look.problem, look.more)

    def _first_columns(self, block: Block | None) -> list[str] | None:
        """W&B's own columns so far, if the block has a new one: they come first, whenever they appear."""
        if block is None or not set(_FIRST_COLUMNS) & block.cells.keys() - self._declared:
            return None
        self._declared |= set(_FIRST_COLUMNS) & block.cells.keys()
        return [name for name in _FIRST_COLUMNS if name in self._declared]

    @property
    def facts(self) -> Facts:
        """The run's settings and name; and how it ended, if that is recorded."""
        config, code = dict(self._config) or self._beside.read(), self._exit_code
        if code is None:
            return Facts(config, name=self._name)
        evidence = f"W&B's record of the run's end has exit code {code}"
        end = standing_after_exit(_AT_CTRL_C if code == _WANDB_AT_CTRL_C else code, evidence)
        return Facts(config, end.state, end.evidence, name=self._name, reason=end.reason)

    @property
    def files(self) -> list[Path]:
        """The file."""
        return [self.path]

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete record at the end of the file."""
        return self._log.unfinished

    def _refusal(self) -> str:
        if self._head.startswith(_HEADER[:-1]):
            return f"the file is of version {self._head[-1]} of W&B's format; livemon reads version 0"
        return "the file is not W&B's (it does not begin with :W&B)"

    def _block(self, data: bytes, anomalies: list[Anomaly]) -> Block | None:
        records, damages = self._log.feed(data)
        for damage in damages:
            message = f"{damage.message} (at byte {damage.offset:,}); the rest of its block was skipped"
            anomalies.append(Anomaly("record damaged", str(self.path), None, message))
        rows: list[dict[str, float | str]] = []
        for record in records:
            try:
                row = self._take(record)
            except (WireError, ValueError, RecursionError) as error:
                message = f"a record was skipped, as it cannot be parsed: {error}"
                anomalies.append(Anomaly("record rejected", str(self.path), None, message))
                continue
            if row is not None:
                rows.append(row)
        if not rows:
            return None
        block, too_large = plain_block_of(rows)
        for number in too_large:
            message = f"{number.name}: the number is too large for a float64"
            anomalies.append(Anomaly("overflow", str(self.path), None, message))
        return block

    def _take(self, record: bytes) -> dict[str, float | str] | None:
        """The row in a record, or None; its other contents are noted."""
        row: dict[str, float | str] | None = None
        for number, kind, first, last, _ in fields(record):
            if kind != BYTES:
                continue
            if number == _HISTORY:
                row = _row(record, first, last)
            elif number == _CONFIG:
                self._change_config(record, first, last)
            elif number == _RUN:
                self._take_run(record, first, last)
            elif number == _EXIT:
                codes = (part.value for part in fields(record, first, last) if (part.number, part.kind) == (1, VARINT))
                self._exit_code = signed(next(codes, 0))
        return row

    def _take_run(self, record: bytes, start: int, end: int) -> None:
        names = {}
        for number, kind, first, last, _ in fields(record, start, end):
            if kind == BYTES and number == _RUN_CONFIG:
                self._change_config(record, first, last)
            elif kind == BYTES and number in (_RUN_ID, _RUN_NAME):
                names[number] = _text(record[first:last])
        self._name = names.get(_RUN_NAME) or names.get(_RUN_ID) or self._name

    def _change_config(self, record: bytes, start: int, end: int) -> None:
        """Apply a `ConfigRecord`: some settings are set, others removed."""
        for number, kind, first, last, _ in fields(record, start, end):
            if kind != BYTES or number not in (1, 2):
                continue
            path, value = _item(record, first, last)
            if not path or path[0] == "_wandb":
                continue
            inner_config = self._config
            for name in path[:-1]:
                inner = inner_config.get(name)
                inner_config[name] = inner_config = dict(inner) if isinstance(inner, dict) else {}
            if number == 1:
                inner_config[path[-1]] = value
            else:
                inner_config.pop(path[-1], None)


def _row(record: bytes, start: int, end: int) -> dict[str, float | str]:
    """The values in a `HistoryRecord`, by name."""
    items, step = [], None
    for number, kind, first, last, _ in fields(record, start, end):
        if number == 1 and kind == BYTES:
            items.append(_item(record, first, last))
        elif number == 2 and kind == BYTES:
            steps = (part.value for part in fields(record, first, last) if (part.number, part.kind) == (1, VARINT))
            step = signed(next(steps, 0))
    # The parts of a media object may be separate items; its `_type` distinguishes it from values nested by the user.
    media = {path[:-1] for path, _ in items if len(path) > 1 and path[-1] == "_type"}
    row: dict[str, float | str] = {}
    for path, value in items:
        if any(path[:depth] in media for depth in range(1, len(path))):
            continue
        row.update(_flat(".".join(path), value))
    if step is not None:
        row.setdefault("_step", step)
    return row


def _flat(name: str, value: Any) -> Iterator[tuple[str, float | str]]:
    """The numbers and texts in a value, each with its full name."""
    for full, _, leaf in leaves({name: value}, ".", lambda value, depth: "_type" in value or depth > _DEEPEST):
        if isinstance(leaf, str):
            yield full, _WORDS.get(leaf, leaf)
        elif isinstance(leaf, int | float):  # True and False, too
            yield full, int(leaf) if isinstance(leaf, int) else leaf


def _item(record: bytes, start: int, end: int) -> tuple[tuple[str, ...], Any]:
    """The path of a key, and its value; JSON is decoded."""
    key: tuple[str, ...] = ()
    nested: list[str] = []
    value: Any = None
    for number, kind, first, last, plain in fields(record, start, end):
        if number == _KEY and kind == BYTES:
            key = (_text(record[first:last]),)
        elif number == _NESTED_KEY and kind == BYTES:
            nested.append(_text(record[first:last]))
        elif number in (_VALUE_JSON, _JSON) and kind == BYTES:
            value = DECODER.decode(_text(record[first:last]))
        elif number == _BOOLEAN and kind == VARINT:
            value = bool(plain)
        elif number == _INTEGER and kind == VARINT:
            value = plain >> 1 ^ -(plain & 1)
        elif number == _NUMBER and kind == FIXED64:
            as_float = float(np.frombuffer(record, "<f8", 1, first)[0])
            value = _WORDS["Infinity" if as_float > 0 else "-Infinity"] if math.isinf(as_float) else as_float
        elif number == _TEXT and kind == BYTES:
            value = _text(record[first:last])
    return tuple(nested) or key, value


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _files_in(folder: Listing) -> list[Path]:
    return [folder.path / name for name in folder.files if name.startswith("run-") and name.endswith(".wandb")]


def _by_run(folders: Iterable[str]) -> dict[str, list[str]]:
    """run id -> its folders among W&B's, one for each start of the run, oldest first."""
    by_run: dict[str, list[str]] = {}
    for name in sorted(folders, key=_time_in):
        if run := _run_in(name):
            by_run.setdefault(run, []).append(name)
    return by_run


def _starts(above: Path) -> dict[str, list[str]]:
    """The same for a folder on disk. Each of its runs asks for it; it is listed again only when it has changed."""
    try:
        status = above.stat()
        if is_settled(status):
            return _known_starts(above, status.st_mtime_ns, status.st_ino)
        return _by_run(os.listdir(above))
    except OSError:
        return {}


@lru_cache(maxsize=8)
def _known_starts(above: Path, _modified: int, _inode: int) -> dict[str, list[str]]:
    return _by_run(os.listdir(above))


def _run_in(folder: str) -> str:
    match = _RUN_FOLDER.fullmatch(folder)
    return match[1] if match else ""


def _time_in(folder: str) -> str:
    return folder.removeprefix("offline-")
