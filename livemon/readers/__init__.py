"""One file per format: new bytes -> cells. A reader has two verbs: does it recognise this file, and read what is new.

To add a format, write a module with a class like `Reader` and name it in `experiment.READERS` (asked in order).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livemon.anomalies import Anomaly
from livemon.table import Block, Table

__all__ = ["Reader", "Update", "read_head", "read_table"]


@dataclass(frozen=True, slots=True)
class Update:
    """What a reader found since the last call.

    Attributes:
        restarted: The file is not the one read before; everything below counts from its start.
        columns: The names that the header declares, where it was read just now; None otherwise.
        block: New rows, if there are any.
        anomalies: What was odd on the way.
        status, problem: As in `tail.Look`.
        more: There is more; read again at once.
        lines: What was read of the file, as it stands there: complete lines that, read again, say the same.
    """

    restarted: bool = False
    columns: list[str] | None = None
    block: Block | None = None
    anomalies: tuple[Anomaly, ...] = ()
    status: str = "ok"
    problem: str = ""
    more: bool = False
    lines: bytes = b""


class Reader(Protocol):
    """Reads one file of one format, again and again; each call costs what is new."""

    path: Path

    @staticmethod
    def recognises(path: Path, head: bytes) -> bool:
        """Whether a file with this name and these first bytes (up to 4 KiB) is of the format."""

    def read(self) -> Update:
        """Read what is new."""


def read_table(reader: Reader) -> Table:
    """All rows that a file has now, read once."""
    table = Table()
    while True:
        update = reader.read()
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            return table


def read_head(path: Path, count: int = 4096) -> bytes:
    """The first bytes of a file, b"" where it cannot be read. Only regular files are opened: a FIFO would block."""
    if not path.is_file():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""
