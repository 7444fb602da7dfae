"""MLflow's file store: a folder for each run, a file for each of its metrics -> one table.

A line is "milliseconds value step", appended by each call. The lines of all files are sorted by their times. MLflow
writes the files of one call one after the other. So the newest lines wait until newer ones come, or none have come for
a moment: then a run has the same order of rows when read live as when read afterwards.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Format, Update
from livemon.readers.databases import AXES
from livemon.readers.encodings.column_builder import RowsBuilder
from livemon.readers.encodings.numbers import parse_number
from livemon.readers.mlflow_sqlite import config_from, state_from
from livemon.system.inert_yaml import parse_yaml
from livemon.system.listing import Listing, read_bytes
from livemon.system.tail import Status, Tail
from livemon.tables.anomalies import Anomaly

__all__ = ["MlflowFiles", "MlflowFilesReader"]

META = "meta.yaml"
LARGEST_META_BYTES = 64 << 10  # MLflow's are smaller than 1 KiB
SETTLE_SECONDS = 0.2  # longer than MLflow takes from one file of a call to the next
SAME_TIME_SECONDS = 2.0  # two changes within this time may have the same time stamp
DEEPEST = 8  # levels of folders, made by slashes in a key

_Stamp = tuple[int, int, int]  # inode, bytes, time in ns


class MlflowFiles(Format):
    """MLflow's file store (`mlruns/<experiment id>/<run id>/`); each run has a folder of its own.

    Columns: `step`, `timestamp` (unix seconds; MLflow has milliseconds), and the metrics by their keys, a row for each
    line.
    """

    name = "MLflow (files)"
    records = True

    def find(self, folder: Listing) -> list[Path]:
        """The folder itself, if it is that of a run."""
        is_run = META in folder.files and "metrics" in folder.folders and _is_of_a_run(folder.head(META))
        return [folder.path] if is_run else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is the `meta.yaml` of a run."""
        return path.name == META and _is_of_a_run(head)

    def open(self, path: Path, *, plain: bool = False) -> MlflowFilesReader:
        """A reader for a run's folder, or its `meta.yaml`. There is only one way to read it."""
        return MlflowFilesReader(path.parent if path.name == META else path)

    def written(self, path: Path) -> float | None:
        """When the newest of a run's metrics was written."""
        return max((stamp[2] / 1e9 for _, stamp in _stamps(path / "metrics")), default=None)


def _is_of_a_run(meta: bytes) -> bool:
    lines = meta.splitlines()
    return any(line.startswith((b"run_id:", b"run_uuid:")) for line in lines) and b"experiment_id:" in meta


@dataclass(slots=True)
class _File:
    """The file of one metric: its tail, its stamp when it was read, and the latest time in it."""

    tail: Tail
    stamp: _Stamp | None = None
    newest: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """One line; `sort_time` is the latest time up to this line in its file."""

    sort_time: int
    milliseconds: int
    step: int
    key: str
    value: float


class MlflowFilesReader:
    """Follows one run of MLflow's file store.

    Args:
        path: The run's folder.
        clock: A monotonic clock, in seconds.
        now: The clock with which file times are compared, in unix seconds.

    Attributes:
        path: The run's folder.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._clock = clock
        self._now = now
        self._files: dict[str, _File] = {}
        self._waiting: list[_Line] = []
        self._newest_at = 0.0  # when a new line was last read, by the clock
        self._declared = False
        self._about = _About(path, now)

    @property
    def facts(self) -> Facts:
        """The parameters and tags, the status, and the name."""
        return self._about.facts

    @property
    def files(self) -> list[Path]:
        """The folder of the metrics, its files, and the file with the status."""
        metrics = self.path / "metrics"
        return [self.path / META, metrics, *(metrics / key for key in self._files)]

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. An unchanged file costs one `stat`."""
        self._about.read()
        stamps = dict(_stamps(self.path / "metrics"))
        restarted = not self._files.keys() <= stamps.keys()
        if restarted:
            self._start_over()
        if not stamps:
            return Update(restarted, status=Status.OK if self.path.is_dir() else Status.MISSING)
        anomalies: list[Anomaly] = []
        looked = self._look(stamps, anomalies)
        if looked.restarted:  # the files share one order of rows: if one is replaced, all are read again
            self._start_over()
            anomalies.clear()
            looked = self._look(stamps, anomalies)
            restarted = True
        before = max((line.sort_time for line in self._waiting), default=0)
        if looked.lines and not looked.more:
            # The second look gets everything that was written before the newest line of the first.
            looked = self._look(dict(_stamps(self.path / "metrics")), anomalies)
            if looked.restarted:
                self._start_over()
                return Update(True, status=looked.status, problem=looked.problem, more=True)
        builder = self._ripe(before, looked.more, stamps)
        block = builder.block()
        columns = list(AXES) if block is not None and not self._declared else None
        self._declared = self._declared or block is not None
        return Update(restarted, columns, block, tuple(anomalies), looked.status, looked.problem, looked.more)

    def _start_over(self) -> None:
        self._files.clear()
        self._waiting.clear()
        self._declared = False

    def _look(self, stamps: dict[str, _Stamp], anomalies: list[Anomaly]) -> _Looked:
        """Read the new lines of the changed files."""
        looked = _Looked()
        for key, stamp in stamps.items():
            path = self.path / "metrics" / key
            file = self._files.setdefault(key, _File(Tail(path)))
            if file.stamp == stamp:
                continue
            look = file.tail.look()
            looked.restarted |= look.restarted
            looked.more |= look.more
            if look.status != Status.OK:
                looked.status, looked.problem = look.status, look.problem
                continue
            is_settled = not 0 <= self._now() - stamp[2] / 1e9 < SAME_TIME_SECONDS
            file.stamp = stamp if is_settled and not look.more else None
            for milliseconds, value, step in _parse(look.lines, path, anomalies):
                file.newest = max(file.newest, milliseconds)
                self._waiting.append(_Line(file.newest, milliseconds, step, key, value))
                looked.lines = True
        if looked.lines:
            self._newest_at = self._clock()
        return looked

    def _ripe(self, before: int, more: bool, stamps: dict[str, _Stamp]) -> RowsBuilder:
        """The rows of the waiting lines before which no older line can come any more."""
        builder = RowsBuilder()
        if more or not self._waiting:
            return builder
        self._waiting.sort(key=lambda line: (line.sort_time, line.key))  # keeps the order within a file
        written = max(stamp[2] for stamp in stamps.values()) / 1e9
        is_quiet = not 0 <= self._now() - written < SETTLE_SECONDS
        waited = self._clock() - self._newest_at >= SETTLE_SECONDS
        count = len(self._waiting)
        if not (is_quiet or waited):
            count = sum(line.sort_time < before for line in self._waiting)
        for line in self._waiting[:count]:
            builder.next_row()
            builder.put("step", line.step)
            builder.put("timestamp", line.milliseconds / 1000)
            builder.put(f"{line.key}.1" if line.key in AXES else line.key, line.value)
        del self._waiting[:count]
        return builder


@dataclass(slots=True)
class _Looked:
    restarted: bool = False
    more: bool = False
    lines: bool = False
    status: Status = Status.OK
    problem: str = ""


class _Meta:
    """One `meta.yaml`, parsed again only if its text has changed."""

    def __init__(self, path: Path) -> None:
        self.problem = ""  # why it could not be used
        self._path = path
        self._text = b""
        self._found: dict[str, Any] = {}

    def read(self) -> dict[str, Any] | None:
        """Its content; None if it cannot be used, and `problem` says why."""
        text = read_bytes(self._path, LARGEST_META_BYTES + 1)  # of regular files only
        if text != self._text:
            self._text, self._found, self.problem = text, {}, ""
            try:
                self._found = self._taken_apart(text)
            except ValueError as error:
                self.problem = f"{self._path} cannot be used: {error}"
        return None if self.problem else self._found

    def _taken_apart(self, text: bytes) -> dict[str, Any]:
        if len(text) > LARGEST_META_BYTES:
            raise ValueError(f"it is larger than {LARGEST_META_BYTES >> 10} KiB")
        parsed = parse_yaml(text.decode("utf-8", "replace"))
        if not isinstance(parsed, dict):
            raise ValueError("it has no named values")
        return parsed


class _About:
    """The facts in a run's folder besides its metrics; read again if the stamps of the files have changed."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self.facts = Facts()
        self._path = path
        self._now = now
        self._meta, self._experiment = _Meta(path / META), _Meta(path.parent / META)
        self._stamps: tuple[dict[str, _Stamp], ...] | None = None

    def read(self) -> None:
        meta = _stamp(self._path / META)
        params_now, tags_now = (dict(_stamps(self._path / name)) for name in ("params", "tags"))
        stamps = ({META: meta} if meta else {}, params_now, tags_now)
        if stamps == self._stamps or meta is None:
            return
        content = self._meta.read()
        newest = max((stamp[2] for part in stamps for stamp in part.values()), default=0) / 1e9
        is_settled = not 0 <= self._now() - newest < SAME_TIME_SECONDS
        self._stamps = stamps if is_settled else None
        if content is None:
            if is_settled:  # before that it is probably half written: MLflow overwrites it at the end
                self.facts = replace(self.facts, odd=(self._meta.problem,))
            return
        params, tags = self._texts("params", params_now), self._texts("tags", tags_now)
        state, reason, evidence = state_from(content.get("status"))
        is_deleted = content.get("lifecycle_stage") == "deleted"
        notes = ("the run was deleted in MLflow, where it can be restored",) if is_deleted else ()
        name = str(content.get("run_name") or content.get("name") or dict(tags).get("mlflow.runName") or "")
        config = config_from(params, tags, self._experiment_name())
        self.facts = Facts(config, state, evidence, name=name, odd=notes, reason=reason)

    def _texts(self, folder: str, stamps: dict[str, _Stamp]) -> list[tuple[str, str]]:
        """The keys and the texts of the small files in a folder."""
        return [(key, read_bytes(self._path / folder / key, 64 << 10).decode("utf-8", "replace")) for key in stamps]

    def _experiment_name(self) -> str:
        """The name of the run's experiment; "" if it is the default one, or unknown."""
        name = (self._experiment.read() or {}).get("name") or ""
        return "" if name == "Default" else str(name)


def _parse(lines: bytes, path: Path, anomalies: list[Anomaly]) -> Iterator[tuple[int, float, int]]:
    """The milliseconds, value and step of each line. Old MLflow writes no step; new versions may add a data set."""
    for text in lines.decode("utf-8", "replace").splitlines():
        parts = text.split(" ")
        try:
            milliseconds, value, step = (parse_number(part) for part in (*parts, "0")[:3])
        except (OverflowError, ValueError):
            milliseconds = value = step = None
        if isinstance(milliseconds, int) and isinstance(step, int) and value is not None:
            yield milliseconds, float(value), step
        elif text.strip():
            message = f"the line is not 'milliseconds value step': {text[:60]!r}"
            anomalies.append(Anomaly("row rejected", str(path), None, message))


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _stamps(folder: Path, above: str = "", depth: int = DEEPEST) -> Iterator[tuple[str, _Stamp]]:
    """The regular files below a folder, by their paths in it, sorted within each folder. Links are not followed."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and depth > 1:
                yield from _stamps(Path(entry.path), f"{above}{entry.name}/", depth - 1)
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                yield f"{above}{entry.name}", (status.st_ino, status.st_size, status.st_mtime_ns)
    except OSError:  # deleted meanwhile
        return
