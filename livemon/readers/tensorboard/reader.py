"""TensorBoard's event files: new bytes -> cells, without TensorBoard.

Two ways lead to the same cells. The plain way parses each record separately. The fast way gives big pieces to
`SimilarRecords`, which reads similar records at once, and reads the remaining records in the plain way. A test compares
the two.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import distinct
from livemon.readers.base import Facts, Format, Purge, Update
from livemon.readers.encodings.crc32c import crc32c, crc32c_of_many, mask, mask_many
from livemon.readers.encodings.protobuf import WireError
from livemon.readers.encodings.tfrecords import HEADER, Records, Walk, is_header
from livemon.readers.tensorboard.events import Event, parse_event, plain_scalar, tag_name
from livemon.readers.tensorboard.similar_events import Points, SimilarRecords
from livemon.system.listing import Listing, read_bytes
from livemon.system.tail import Status, Tail
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Block, Cells

__all__ = ["TensorBoard", "TensorBoardReader"]

BUDGET_BYTES = 1 << 22
FAST_FROM_RECORDS = 64
FAST_CHECK_FROM_BYTES = 4 << 10

_NAME = re.compile(r"tfevents\.(\d+)")
_NO_EVENTS = (".profile-empty",)
_PLACES = (("logs", "tensorboard"), ("tensorboard",), ("tb",), ("tb_logs",), ("vis_data",), ("livemon",), ("logs",))
_UNIX_TIME = re.compile(r"\d{9,}(\.\d+)?")
_SPLITS = ("train", "validation", "val", "valid", "test", "eval")
_DEEPEST = 3  # levels of subfolders into which `add_scalars` puts a metric


class TensorBoard(Format):
    """TensorBoard's event files. Each file is one source; the files of one run continue each other."""

    name = "TensorBoard"
    attempts = True

    def find(self, folder: Listing) -> list[Path]:
        """The event files of a run, oldest first: its own, and those in subfolders made by its writers."""
        if paths := _files_of(folder):
            return paths
        for names in _PLACES:
            if names[0] in folder.folders and (paths := _files_of(folder.below(*names))):
                return paths
        runs = folder.below("runs")
        checkpoints = any(name.startswith("checkpoint-") for name in folder.folders)
        is_trainer = checkpoints or "trainer_state.json" in folder.files
        return _sorted(path for name in runs.folders for path in _files_of(runs.below(name))) if is_trainer else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file has the name of an event file and begins with a record, or is still too short for one; or
        has another name but begins with TensorBoard's first event."""
        if _is_named(path.name) and len(head) < HEADER:
            return True
        return is_header(head[:HEADER]) and (_is_named(path.name) or b"brain.Event:" in head[:64])

    def problem(self, path: Path) -> str:
        """Why a file with the name of an event file is not read."""
        if not _is_named(path.name) or self.recognises(path, read_bytes(path, HEADER)):
            return ""
        return f"{path} has the name of an event file but does not begin like one: it is damaged, or another file"

    def spellings(self, name: str) -> tuple[str, ...]:
        """Ray's event files have `ray/tune/` before the names in its result.json."""
        return tuple(dict.fromkeys((name, name.removeprefix("ray/tune/"))))

    def open(self, path: Path, *, plain: bool = False) -> TensorBoardReader:
        """A reader for one file."""
        return TensorBoardReader(path, below=_below(path), plain=plain)


@dataclass(slots=True)
class _Rows:
    """The rows of one walk while they are being gathered, by the indices of the records in it."""

    points: list[Points]
    restarts: list[tuple[int, int]] = field(default_factory=list)
    # Of the records that were parsed one by one; each list has one entry per record.
    records: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    wall_times: list[float] = field(default_factory=list)
    tags: list[tuple[int, ...]] = field(default_factory=list)
    values: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, record: int, step: int, wall_time: float, tags: tuple[int, ...], values: tuple[float, ...]) -> None:
        """Add a record that was parsed separately; `tags`: the index of the tag of each of its values."""
        self.records.append(record)
        self.steps.append(step)
        self.wall_times.append(wall_time)
        self.tags.append(tags)
        self.values.append(values)


class TensorBoardReader:
    """Follows one event file.

    A row is an event with scalars: `step` (int64), `wall_time` (unix time, seconds) and a column for each tag.

    Args:
        path: The file.
        below: The subfolder of the run's folder that contains the file, or "". Its name is put in front of the tags;
            but in folders made by `add_scalars`, a metric is called main tag/key, and in those of `add_hparams`, whose
            name is a time, it is called like its tag.
        tail: Reads the file, not by lines.
        plain: Whether to parse every record separately, however many there are.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, below: str = "", tail: Tail | None = None, plain: bool = False) -> None:
        self.path = path
        self._below = below
        self._tail = tail or Tail(path, budget_bytes=BUDGET_BYTES, by_lines=False)
        self._plain_only = plain
        self._start_over()

    def _start_over(self) -> None:
        self._records = Records()
        self._tags: dict[str, int] = {}
        self._plugins: dict[str, str] = {}
        self._similar_records = SimilarRecords(self._tags, self._plugins)
        self._columns: dict[str, str] = {}
        self._taken = {"step", "wall_time"}
        self._n_rows = 0
        self._said = ""  # the last message about damage
        self._config: dict[str, Any] = {}
        self._ended: Event | None = None
        self._purges: list[Purge] = []

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        anomalies: list[Anomaly] = []
        block = None
        if look.lines:
            walk = self._records.feed(look.lines)
            block = self._block(walk, anomalies)
            if walk.too_long:
                anomalies.append(self._odd("record too long", "a record longer than 64 MiB was skipped", walk.offset))
        if self._records.broken_at == 0:
            problem = f"{self.path} is not an event file of TensorBoard: it does not begin with a record"
            return Update(look.restarted, status=Status.UNREADABLE, problem=problem)
        anomalies += self._broken()
        return Update(look.restarted, None, block, tuple(anomalies), look.status, look.problem, look.more)

    @property
    def facts(self) -> Facts:
        """How the run ended, and its settings: from the hparams plugin, or Hugging Face's arguments in a text."""
        notes = [f"a restart at step {purge.step} replaced what had been logged from step {purge.step} on"
                 for purge in self._purges[-3:] if purge.row or purge.step]
        if self._records.broken_at:
            notes.append(f"{self.path.name} {self._said}")
        state, evidence = (self._ended.state, self._ended.evidence) if self._ended else (None, "")
        return Facts(dict(self._config), state, evidence, odd=tuple(dict.fromkeys(notes)), purges=tuple(self._purges))

    @property
    def files(self) -> list[Path]:
        """The file."""
        return [self.path]

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete record at the end of the file."""
        return self._records.unfinished

    def _odd(self, kind: str, message: str, offset: int) -> Anomaly:
        return Anomaly(kind, str(self.path), None, f"{message} (at byte {offset:,})")

    def _broken(self) -> list[Anomaly]:
        """The anomaly, reported once, if nothing can be read from some byte on."""
        position = self._records.broken_at
        if position is None:
            return []
        message = f"cannot be read from byte {position:,} on: the record's length is damaged"
        if self._records.zeros:
            message = f"has only zeros from byte {position:,} on, as a crash of the machine leaves them"
        if message == self._said:
            return []
        self._said = message
        return [Anomaly("zeros" if self._records.zeros else "damaged", str(self.path), None, f"the file {message}")]

    # -- records -> rows

    def _block(self, walk: Walk, anomalies: list[Anomaly]) -> Block | None:
        count = len(walk.bounds) - 1
        if count < 1:
            return None
        bounds = walk.bounds
        rows, rest = _Rows([]), np.arange(count)
        if count >= FAST_FROM_RECORDS and not self._plain_only:
            rows.points, rest = self._similar_records.read(walk.data, bounds)
        good = self._check(walk.data, bounds, rest)
        spans = zip(rest.tolist(), bounds[rest].tolist(), bounds[rest + 1].tolist(), good, strict=True)
        for record, start, end, is_good in spans:
            if not is_good:
                message = "a record whose checksum is wrong was skipped"
                anomalies.append(self._odd("record damaged", message, walk.offset + start))
                continue
            try:
                scalar = plain_scalar(walk.data, start + HEADER, end - 4)
                if scalar is not None:
                    rows.add(record, scalar.step, scalar.wall_time, (self._number_of(tag_name(scalar.tag)),),
                             (scalar.value,))
                    continue
                event, plugins = parse_event(walk.data, start + HEADER, end - 4, self._plugins)
            except WireError as error:
                message = f"a record was skipped, as it is not an event: {error}"
                anomalies.append(self._odd("record rejected", message, walk.offset + start))
                continue
            self._take(event, plugins, record, rows)
        return self._put_together(rows, count)

    def _check(self, data: bytes, bounds: NDArray[np.int64], records: NDArray[np.int64]) -> list[bool]:
        """Which of the records have the checksum that is written after them."""
        starts, ends = bounds[records] + HEADER, bounds[records + 1] - 4
        if int(np.sum(ends - starts)) < FAST_CHECK_FROM_BYTES:
            return [mask(crc32c(data[start:end])) == int.from_bytes(data[end : end + 4], "little")
                    for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        codes = np.frombuffer(data, np.uint8)
        written = codes[ends[:, None] + np.arange(4)].view("<u4").ravel()
        is_right: list[bool] = (mask_many(crc32c_of_many(codes, starts, ends)) == written).tolist()
        return is_right

    def _take(self, event: Event, plugins: Mapping[str, str], record: int, rows: _Rows) -> None:
        """Take the data of one event. The event is not kept: many live objects make Python's garbage collector slow."""
        for tag, plugin in plugins.items():
            self._plugins.setdefault(tag, plugin)
        self._config.update(event.config)
        if event.state:
            self._ended = event
        if event.restart_at is not None:
            rows.restarts.append((record, event.restart_at))
        if event.scalars:
            rows.add(record, event.step, event.wall_time,
                     tuple([self._number_of(scalar.tag) for scalar in event.scalars]),
                     tuple([scalar.value for scalar in event.scalars]))

    def _number_of(self, tag: str) -> int:
        return self._tags.setdefault(tag, len(self._tags))

    def _put_together(self, rows: _Rows, count: int) -> Block | None:
        """The block of all rows in the order of the file."""
        points = [*rows.points, *_points_of(rows)]
        is_row = np.zeros(count, bool)
        steps, wall_times = np.empty(count, np.int64), np.empty(count)
        for part in points:
            is_row[part.records] = True
            steps[part.records], wall_times[part.records] = part.steps, part.wall_times
        n_rows = int(np.count_nonzero(is_row))
        for record, step in rows.restarts:
            self._take_back(Purge(self._n_rows + int(np.count_nonzero(is_row[:record])), step))
        if not n_rows:
            return None
        self._n_rows += n_rows
        cells = {"step": Cells(steps[is_row]), "wall_time": Cells(wall_times[is_row])}
        names = list(self._tags)
        for tag, its_rows, values in _by_tag(points, is_row):
            column = self._columns.get(names[tag]) or self._name_column(names[tag])
            cells[column] = Cells(values, None, None if len(its_rows) == n_rows else its_rows)
        return Block(n_rows, cells)

    def _take_back(self, purge: Purge) -> None:
        """Note a purge. Earlier ones that take back no more than this one are not needed any longer."""
        while self._purges and self._purges[-1].step >= purge.step:
            self._purges.pop()
        self._purges.append(purge)

    def _name_column(self, tag: str) -> str:
        name = wanted = _column(tag, self._below)
        count = 0
        while name in self._taken:
            count += 1
            name = f"{wanted}.{count}"
        self._taken.add(name)
        self._columns[tag] = name
        return name


def _points_of(rows: _Rows) -> Iterable[Points]:
    """The records that were parsed one by one, grouped by the number of their scalars."""
    records, steps = np.array(rows.records, np.int64), np.array(rows.steps, np.int64)
    wall_times = np.array(rows.wall_times)
    widths = np.array([len(tags) for tags in rows.tags], np.int64)
    for width in distinct(widths).tolist():
        mine = np.flatnonzero(widths == width)
        tags = np.array([rows.tags[index] for index in mine.tolist()])
        values = np.array([rows.values[index] for index in mine.tolist()], np.float64)
        yield Points(records[mine], steps[mine], wall_times[mine], tags, values)


_TagPoints = tuple[int, NDArray[np.int64], NDArray[np.float64]]


def _by_tag(points: list[Points], is_row: NDArray[np.bool_]) -> list[_TagPoints]:
    """The index, rows and values of each tag, in the order in which the tags first appear."""
    row_of = np.cumsum(is_row) - 1
    n_rows = int(row_of[-1]) + 1
    if all(part.tags.shape[1] == 1 for part in points):
        rows, tags, values = np.arange(n_rows), np.empty(n_rows, np.int64), np.empty(n_rows)
        for part in points:
            rows_there = row_of[part.records]
            tags[rows_there], values[rows_there] = part.tags[:, 0], part.values[:, 0]
    else:
        rows = np.concatenate([np.repeat(row_of[part.records], part.tags.shape[1]) for part in points])
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        tags = np.concatenate([part.tags.ravel() for part in points])[order]
        values = np.concatenate([part.values.ravel() for part in points])[order]
    order = np.argsort(tags.astype(np.uint16) if tags.max() < 1 << 16 else tags, kind="stable")
    sorted_tags, rows_by_tag, values_by_tag = tags[order], rows[order], values[order]
    firsts = np.flatnonzero(np.diff(sorted_tags, prepend=-1))
    lasts = [*firsts[1:].tolist(), len(order)]
    by_tag = [(int(order[first]), int(sorted_tags[first]), rows_by_tag[first:last], values_by_tag[first:last])
              for first, last in zip(firsts.tolist(), lasts, strict=True)]
    return [(tag, its_rows, its_values) for _, tag, its_rows, its_values in sorted(by_tag, key=lambda part: part[0])]


# -- files and folders


def _is_named(name: str) -> bool:
    return "tfevents" in name and not name.endswith(_NO_EVENTS)


def _has_events(folder: Listing) -> bool:
    return any(map(_is_named, folder.files))


def _is_split(folder: Listing) -> bool:
    """Whether a run has its events only in `train` and `validation`, as with Keras."""
    return "train" in folder.folders and _has_events(folder.below("train"))


def _files_of(folder: Listing) -> list[Path]:
    """The event files in a run's folder and in the subfolders that belong to it, oldest first."""
    if not _has_events(folder) and not _is_split(folder):
        return []
    paths = [folder.path / name for name in folder.files if _is_named(name)]
    return _sorted([*paths, *_files_below(folder, "", 1)])


def _files_below(folder: Listing, below: str, depth: int) -> Iterable[Path]:
    for name in folder.folders:
        inner, path = folder.below(name), f"{below}/{name}" if below else name
        events = [event for event in inner.files if _is_named(event)]
        if events and (path in _SPLITS or _UNIX_TIME.fullmatch(path) or _holds_part(inner, events[0], path)):
            yield from (inner.path / event for event in events)
        if depth < _DEEPEST and not events:
            yield from _files_below(inner, path, depth + 1)


def _holds_part(folder: Listing, name: str, below: str) -> bool:
    """Whether `add_scalars` would have named the folder after the tag of the file's first scalar."""
    walk = Records().feed(folder.head(name))
    for first, last in itertools.pairwise(walk.bounds.tolist()):
        try:
            event, _ = parse_event(walk.data, first + HEADER, last - 4, {})
        except WireError:
            return False
        if event.scalars:
            return _key(event.scalars[0].tag, below) is not None
    return False


def _sorted(paths: Iterable[Path]) -> list[Path]:
    """Oldest first: by the time in the name, then by all numbers in it, such as those of the process and the file."""
    return sorted(paths, key=lambda path: (_time_in(path.name), [int(part) for part in re.findall(r"\d+", path.name)],
                                           str(path)))


def _time_in(name: str) -> int:
    match = _NAME.search(name)
    return int(match[1]) if match else 0


def _below(path: Path) -> str:
    """The subfolder of the run's folder that contains the file; "" if it is in the run's folder itself."""
    folder, below = path.parent, ""
    for _ in range(_DEEPEST):
        below = f"{folder.name}/{below}" if below else folder.name
        folder = folder.parent
        listing = Listing(folder)
        if _has_events(listing) or (below in _SPLITS and _is_split(listing)):
            return below if path in _files_of(listing) else ""
    return ""


def _key(tag: str, below: str) -> str | None:
    """The key with which `add_scalars` wrote a value of this main tag into this folder; None if it did not.

    PyTorch calls the folder tag_key, with _ for / in the tag; tensorboardX calls it tag/key.
    """
    for start in (tag.replace("/", "_") + "_", tag + "/"):
        if below.startswith(start) and below != start:
            return below[len(start) :]
    return None


def _column(tag: str, below: str) -> str:
    if not below or _UNIX_TIME.fullmatch(below):
        return tag
    key = _key(tag, below)
    return f"{below}/{tag}" if key is None else f"{tag}/{key}"
