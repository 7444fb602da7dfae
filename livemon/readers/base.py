"""One module per format: new bytes -> cells. There are two tasks: to recognise a file, and to read what is new in it.

The `Format` does the first, because it concerns files that nobody reads yet; it opens a `Reader` for the second. To add
a format, write a module with a class derived from `Format` and name it in `livemon/readers/built_in.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from livemon.states import Reason, State
from livemon.system.listing import Listing
from livemon.system.tail import Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Block, Table

__all__ = ["Facts", "Format", "Purge", "Reader", "Update", "read_table", "unfinished_in"]


@dataclass(frozen=True, slots=True)
class Update:
    """What is new in a source since the last call.

    Attributes:
        restarted: Whether the source differs from the one read before; everything below counts from its start.
        columns: The names in the header, if it was read in this call; None otherwise.
        block: The new rows, if there are any.
        anomalies: The irregularities in the new data.
        status: One of `Status`, or its word.
        problem: The problem in words for people; "" if there is none.
        more: Whether there is more to read at once.
        lines: The bytes read from a file of lines: complete lines, which give the same rows when they are read again.
            Empty for formats whose writers never delete rows.
        provisional: The row of the file's last line if that has no line end yet, or None. It is not part of `block`:
            it gets there with its line end if the file grows.
    """

    restarted: bool = False
    columns: list[str] | None = None
    block: Block | None = None
    anomalies: tuple[Anomaly, ...] = ()
    status: Status | str = Status.OK
    problem: str = ""
    more: bool = False
    lines: bytes = b""
    provisional: Block | None = None


@dataclass(frozen=True, slots=True)
class Purge:
    """A restarted run retracts what was logged from a step on, and may never log it again.

    Attributes:
        row: The row of the source, counted from 0, before which rows are retracted, and in all earlier sources.
        step: The lowest step that is retracted.
    """

    row: int
    step: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a source says about its run besides the metrics, as far as it has been read.

    Attributes:
        config: The run's settings; {} if it has none.
        state: The state according to a marker of the framework, or None without a marker. Never a guess.
        evidence: The marker in words.
        total_steps: The total number of steps of the training.
        name: The framework's name for the run; "" if it is the name of its folder.
        odd: Sentences that users must know to read the numbers correctly.
        purges: What the run itself has retracted, in order.
        began: When the run began, in unix seconds, if the times of rows count from then.
        reason: Why the run stopped or failed, if the marker says so.
        main: The metric by which the framework selects its best model; "" if unknown.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    state: State | Literal["running", "finished", "stopped", "failed"] | None = None
    evidence: str = ""
    total_steps: int | None = None
    name: str = ""
    odd: tuple[str, ...] = ()
    purges: tuple[Purge, ...] = ()
    began: float | None = None
    reason: Reason | None = None
    main: str = ""


class Reader(Protocol):
    """Reads one source of one format, again and again; each call takes time only for what is new.

    A reader whose source may end in the middle of a row also has `unfinished`; see `unfinished_in`.

    Attributes:
        path: The source: a file, a folder of files that belong together, or `database/run`.
    """

    path: Path

    def read(self) -> Update:
        """Read what is new. Never raises because of the content of a file."""

    @property
    def facts(self) -> Facts:
        """What the source says besides the metrics, as of the last `read`."""

    @property
    def files(self) -> Sequence[Path]:
        """The files of the source as of the last `read`; when one of them changes, there may be more to read."""


class Format(ABC):
    """A format in which frameworks write the metrics of runs.

    Attributes:
        name: The name for people.
        attempts: Whether several sources of one run continue the same metrics (TensorBoard's files), instead of being
            logs of different things.
        ordered: Whether the rows of a source have an order of their own. In a source of many files, the rows written
            between two reads are in the order of their times.
        records: Whether a row has one metric, because the format does not record which metrics were logged in one call.
        generic: Whether it accepts any file of a kind (CSV, JSON lines). Formats of a specific writer come first.
        last_resort: Whether it is used only if nothing else has rows, and makes a folder a run only if neither the
            folder nor its subfolders have another run: any other file is better than the printed output.
    """

    name: str
    attempts: bool = False
    ordered: bool = True
    records: bool = False
    generic: bool = False
    last_resort: bool = False

    @abstractmethod
    def find(self, folder: Listing) -> list[Path]:
        """The sources of this format in a run's folder, oldest first: one path for each reader; [] if there are none.

        Files may lie in subfolders where the format's writers put them. The cost is that of the listing, and of the
        first bytes of files with a fitting name.
        """

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether a file with this name and these first bytes has this format; see `listing.read_head`."""

    @abstractmethod
    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for a path that `find` returned or `recognises` accepted.

        Args:
            path: The source.
            plain: Whether to read in the slow and simple way, with which tests compare the fast way.
        """

    def containers(self, folder: Listing) -> list[Path]:
        """The files with many runs (databases) in a folder, sorted; see `runs`. They do not make the folder a run."""
        return []

    def runs(self, path: Path) -> list[str]:
        """The runs in a database, oldest first; each is opened as `path / run`. [] for other files."""
        return []

    def problem(self, path: Path) -> str:
        """Why a file with a name of the format is not read, in words for people; "" if unknown."""
        return ""

    def written(self, path: Path) -> float | None:
        """When a source was last written, in unix seconds; None if unknown."""
        try:
            return path.stat().st_mtime
        except OSError:
            return None

    def spellings(self, name: str) -> tuple[str, ...]:
        """The names that a metric of this format may have in files of other formats with the same data."""
        return (name,)


def unfinished_in(reader: Reader) -> int:
    """The bytes of an incomplete row at the end of a source: its reader's `unfinished`, or 0."""
    return int(getattr(reader, "unfinished", 0))


def read_table(reader: Reader, *, certain: bool = False) -> Table:
    """All current rows of a source, read once; `certain`: without a last row that lacks its line end."""
    table = Table()
    while True:
        update = reader.read()
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            if update.provisional is not None and not certain:
                table.append(update.provisional)
            return table
