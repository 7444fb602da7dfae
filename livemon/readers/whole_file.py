"""A file that its writer replaces as a whole with each row: it is read again when it has changed, and only new rows are
returned.

A file that cannot be parsed may be half written: for QUIET_SECONDS no problem is reported, and the old rows stay.
"""

from __future__ import annotations

import math
import stat
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Update
from livemon.readers.encodings.json_rows import block_of, plain_block_of
from livemon.system.filesystems import is_settled
from livemon.system.shared_files import open_regular
from livemon.system.tail import QUIET_SECONDS, Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import is_x

__all__ = ["Points", "Rows", "WholeFileReader"]

Row = Mapping[str, Any]
_Seen = tuple[int, int, int]  # time of change, bytes, inode: a difference means that the file must be read again


@dataclass(frozen=True, slots=True)
class Rows:
    """A history of whole rows.

    Attributes:
        rows: The rows, flat, oldest first.
    """

    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Points:
    """A history of metrics, each with its own points.

    Attributes:
        metrics: name -> its values.
        axes: name -> its x values: the name of a step or a time -> as many numbers. For metrics without axes, the
            indices of the values are the steps.
        order: The axes that determine the order of points of different metrics.
    """

    metrics: Mapping[str, Sequence[Any]]
    axes: Mapping[str, Mapping[str, Sequence[Any]]]
    order: tuple[str, ...] = ()


class WholeFileReader:
    """Follows one file that is rewritten as a whole.

    Args:
        path: The file.
        parse: Turns its bytes into a history. Raises ValueError, which says what is wrong, if they are not one.
        largest: The size of the largest file that is read, in bytes.
        axis: The name for the indices in lists without steps.
        plain: Whether to convert every value separately.
        clock: A monotonic clock, in seconds.
        now: The clock with which file times are compared, in unix seconds.

    Attributes:
        path: The file.
    """

    def __init__(
        self, path: Path, parse: Callable[[bytes], Rows | Points], largest: int, *, axis: str = "step",
        plain: bool = False, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._parse = parse
        self._largest = largest
        self._axis = axis
        self._plain = plain
        self._clock = clock
        self._now = now
        self._seen: _Seen | None = None
        self._broken_since: float | None = None
        self._problem = ""
        self._shown: Rows | Points | None = None
        self._facts = Facts()

    @property
    def facts(self) -> Facts:
        """What users must know about the lists."""
        return self._facts

    @property
    def files(self) -> Sequence[Path]:
        """The file."""
        return [self.path]

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. An unchanged file is not opened."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return Update(status=Status.MISSING)
        except (OSError, ValueError) as error:
            return Update(status=Status.UNREADABLE, problem=f"cannot read {self.path}: {error}")
        if not stat.S_ISREG(now.st_mode):
            return Update(status=Status.UNREADABLE, problem=f"{self.path} is not a regular file")
        seen = now.st_mtime_ns, now.st_size, now.st_ino
        if seen == self._seen:
            return self._as_before(now.st_mtime)
        self._seen, self._problem, self._broken_since = seen if is_settled(now, self._now) else None, "", None
        try:
            history = self._parse(self._content(now.st_size))
        except (OSError, ValueError, RecursionError, OverflowError, TypeError, KeyError) as error:
            self._problem, self._broken_since = f"{self.path} cannot be read: {error}", self._clock()
            return self._as_before(now.st_mtime)
        return self._show(history)

    def _content(self, size: int) -> bytes:
        if size > self._largest:
            raise ValueError(f"it is larger than {self._largest >> 20} MiB")
        with open_regular(self.path) as file:
            return file.readall()

    def _as_before(self, written: float) -> Update:
        """Nothing new: the file has not changed, or cannot be read at present."""
        if not self._problem or self._broken_since is None:
            return Update()
        waited = max(self._now() - written, self._clock() - self._broken_since)
        if waited < QUIET_SECONDS:
            return Update(status=Status.REWRITING)
        return Update(status=Status.UNREADABLE, problem=self._problem)

    def _show(self, history: Rows | Points) -> Update:
        shown, self._shown = self._shown, history
        goes_on = shown is not None and _begins_like(history, shown)
        new = self._new_rows(history, shown if goes_on else None)
        if isinstance(history, Points):
            self._facts = Facts(odd=self._odd(history))
        anomalies: list[Anomaly] = []
        block, too_large = plain_block_of(new) if self._plain else block_of(new)
        anomalies += [Anomaly("overflow", str(self.path), None, f"{number.name}: the number is too large for a float64")
                      for number in too_large]
        return Update(shown is not None and not goes_on, None, block if new else None, tuple(anomalies))

    def _odd(self, points: Points) -> tuple[str, ...]:
        """A note if lists without steps have different lengths: which entries belong together is unknown."""
        lengths = {len(values) for name, values in points.metrics.items() if name not in points.axes}
        return () if len(lengths) < 2 else (
            f"{self.path.name} has lists of different lengths without steps; x is the index in each list",)

    def _new_rows(self, history: Rows | Points, shown: Rows | Points | None) -> list[Row]:
        if isinstance(history, Rows):
            start = len(shown.rows) if isinstance(shown, Rows) else 0
            return list(history.rows[start:])
        before = shown.metrics if isinstance(shown, Points) else {}
        groups: dict[tuple[int, int], list[str]] = {}
        rows: list[Row] = []
        for name, values in history.metrics.items():
            start = len(before.get(name, ()))
            if name in history.axes:
                rows += _points_with_axes(name, values, history.axes[name], start)
            elif start < len(values):
                groups.setdefault((start, len(values)), []).append(name)
        for (start, end), names in groups.items():
            own = any(is_x(name) for name in names)
            for number in range(start, end):
                axis = {} if own else {self._axis: number}
                rows.append(axis | {name: history.metrics[name][number] for name in names})
        if history.order:
            rows.sort(key=lambda row: [_moment(row.get(name)) for name in history.order])
        return rows


def _points_with_axes(
    name: str, values: Sequence[Any], axes: Mapping[str, Sequence[Any]], start: int
) -> Iterable[Row]:
    for index in range(start, len(values)):
        yield {axis: at[index] for axis, at in axes.items() if index < len(at)} | {name: values[index]}


def _moment(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not math.isnan(value) else -math.inf


def _begins_like(history: Rows | Points, shown: Rows | Points) -> bool:
    """Whether a history begins with all of another one."""
    if isinstance(history, Rows) and isinstance(shown, Rows):
        return _same(history.rows, shown.rows)
    if isinstance(history, Points) and isinstance(shown, Points):
        return all(name in history.metrics and _same(history.metrics[name], values)
                   for name, values in shown.metrics.items())
    return isinstance(shown, Rows) and not shown.rows


def _same(longer: Sequence[Any], shorter: Sequence[Any]) -> bool:
    """Whether a list begins with another one; NaNs count as equal."""
    if len(longer) < len(shorter):
        return False
    if longer[: len(shorter)] == shorter:
        return True
    return repr(list(longer[: len(shorter)])) == repr(list(shorter))
