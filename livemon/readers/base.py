"""One file per format: new bytes -> cells. A reader has two verbs: does it recognise this file, and read what is new.

The first is asked of the format, as it is about files that nobody reads yet; the second of a `Reader`, which the format
opens. To add a format, write a module with a class derived from `Format` and name it in `livemon/readers/registry.py`.
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
    """What a reader found since the last call.

    Attributes:
        restarted: The source is not the one read before; everything below counts from its start.
        columns: The names that the header declares, where it was read just now; None otherwise.
        block: New rows, if there are any.
        anomalies: What was odd on the way.
        status: One of `Status`, or its word.
        problem: For people, "" where there is none.
        more: There is more; read again at once.
        lines: What was read of a file of lines, as it stands there: complete lines that, read again, say the same.
            Of formats whose writers never delete rows nothing.
        provisional: The row that the last line of the file makes, which has no line end, as it stands there now; None
            where there is none. It is no part of `block`: it comes there with its line end, should the file grow.
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
    """A run that starts again says that it takes back what was logged from a step on, and may never log it anew.

    Attributes:
        row: What stands above this row of the source, counted from 0, and in all sources in front of it, is meant.
        step: Of that, what was logged at this step and above is taken back.
    """

    row: int
    step: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a source says of its run beside the metrics, as far as it was read.

    Attributes:
        config: The run's settings; {} where it has none.
        state: What a marker that the framework writes says, or None where there is none. Never a guess.
        evidence: That marker in words.
        total_steps: How many steps the training will take.
        name: What the framework calls the run, "" where it is called as its folder is.
        odd: What users must know to read the numbers rightly, a sentence each.
        purges: What the run itself has taken back, in order.
        began: When the run began, unix seconds, where times of rows count from then.
        reason: Why the run stopped or failed, where the marker says it.
        main: The metric by which the framework keeps its best model, "" where it does not say.
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
    """Reads one source of one format, again and again; each call costs what is new.

    One whose writers may be caught in the middle of a row also has `unfinished`; see `unfinished_in`.

    Attributes:
        path: The source: a file, a folder of files that belong together, or `database/run`.
    """

    path: Path

    def read(self) -> Update:
        """Read what is new. Raises nothing for what may be in a file."""

    @property
    def facts(self) -> Facts:
        """What is known beside the metrics after the last `read`."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that are read, as they were found last: whoever wants to know when to look again watches these."""


class Format(ABC):
    """A format in which frameworks write the metrics of runs.

    Attributes:
        name: What people call it.
        attempts: Whether several sources of one run go on with the same metrics (TensorBoard's files), instead of
            being logs of different things.
        ordered: Whether the rows of a source have an order of their own. Of a source of many files, what came between
            two reads stands in the order of its times.
        records: Whether a row has one metric, as the format does not keep which were logged by one call.
        generic: Whether it takes any file of a kind (CSV, JSON lines). A format that knows who wrote it is asked first.
        last_resort: Whether it counts only where nothing else has rows, and makes a folder a run only where neither the
            folder nor those below it have another: what a training prints is said better elsewhere.
    """

    name: str
    attempts: bool = False
    ordered: bool = True
    records: bool = False
    generic: bool = False
    last_resort: bool = False

    @abstractmethod
    def find(self, folder: Listing) -> list[Path]:
        """What a run has of this format in its folder, oldest first: one path for each reader; [] where nothing.

        Files may lie in sub-folders, where the format's writers put them. Costs what the listing costs, and the first
        bytes of files whose names fit.
        """

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether a file with this name and these first bytes is of the format; see `listing.read_head`."""

    @abstractmethod
    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for a path that `find` named or `recognises` took.

        Args:
            path: The source.
            plain: One that takes the slow and simple way, with which the other is compared.
        """

    def containers(self, folder: Listing) -> list[Path]:
        """The files of many runs (databases) in a folder, sorted; see `runs`. A folder is no run by having one."""
        return []

    def runs(self, path: Path) -> list[str]:
        """The runs in a file of many (a database), oldest first; each is opened as `path / run`. [] for other files."""
        return []

    def problem(self, path: Path) -> str:
        """Why a file whose name would be one of the format's is not read, for people; "" where that cannot be said."""
        return ""

    def written(self, path: Path) -> float | None:
        """When a source was last written, unix seconds; None where that cannot be told."""
        try:
            return path.stat().st_mtime
        except OSError:
            return None

    def spellings(self, name: str) -> tuple[str, ...]:
        """The names that one of its metrics may have in the files of other formats that tell the same."""
        return (name,)


def unfinished_in(reader: Reader) -> int:
    """Bytes at the end of a source that are no complete row, as its reader's `unfinished` says; 0 where it has none."""
    return int(getattr(reader, "unfinished", 0))


def read_table(reader: Reader, *, certain: bool = False) -> Table:
    """All rows that a source has now, read once; `certain`: without a last row that has no line end."""
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
