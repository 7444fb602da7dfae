"""torchtune's `log_<time>.txt`, with lines such as `Step 5 | loss:1.5 lr:2e-05`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.encodings.json_rows import block_of, plain_block_of
from livemon.readers.encodings.numbers import parse_number
from livemon.system.listing import Listing, oldest_first
from livemon.system.tail import LINE_TOO_LONG, Tail
from livemon.tables.anomalies import Anomaly

__all__ = ["Torchtune", "TorchtuneReader"]

_FILE = re.compile(r"log_\d+\.txt")
_LINE = re.compile(r"Step (\d+) \|(.*)", re.ASCII)


class TorchtuneReader:
    """Follows one log.

    Args:
        path: The file.
        plain: Whether to convert every value separately.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self.path = path
        self._plain = plain
        self._tail = Tail(path)
        self._line = 0

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        look = self._tail.look()
        if look.restarted:
            self._line = 0
        anomalies: list[Anomaly] = []
        if look.dropped_lines:
            anomalies.append(self._odd("line too long", LINE_TOO_LONG, look.dropped_lines))
        rows = [row for line in look.lines.splitlines() if (row := self._row(line, anomalies)) is not None]
        block, _ = (plain_block_of if self._plain else block_of)(rows)
        return Update(look.restarted, None, block if rows else None, tuple(anomalies), look.status, look.problem,
                      look.more, look.lines)

    @property
    def facts(self) -> Facts:
        """Nothing: a log has only rows."""
        return Facts()

    @property
    def files(self) -> Sequence[Path]:
        """The file."""
        return [self.path]

    def _odd(self, kind: str, message: str, count: int = 1) -> Anomaly:
        return Anomaly(kind, str(self.path), self._line, message, count)

    def _row(self, line: bytes, anomalies: list[Anomaly]) -> dict[str, Any] | None:
        """The row in a line; None, with the reason noted, if it is not a row."""
        self._line += 1
        text = line.decode("utf-8", "replace")
        if not text.strip():
            return None
        match = _LINE.fullmatch(text)
        pairs = [pair.rpartition(":") for pair in match[2].split()] if match else []
        if match is None or not all(name for name, _, _ in pairs):
            anomalies.append(self._odd("row rejected", "the line is not `Step <number> | <name>:<value> ...`"))
            return None
        row: dict[str, Any] = {}
        for name, _, digits in (("step", ":", match[1]), *pairs):
            try:
                value = parse_number(digits)
            except OverflowError:
                anomalies.append(self._odd("overflow", f"{name}: {digits[:40]} is too large for a float64"))
                continue
            row[name] = digits if value is None else value
        return row


class Torchtune(Format):
    """`log_<time>.txt` in the output folder or its `logs`."""

    name = "torchtune"
    attempts = True

    def find(self, folder: Listing) -> list[Path]:
        """The logs, one for each start of a training."""
        paths = []
        for candidate in (folder, folder.below("logs")):
            names = [name for name in candidate.files if _FILE.fullmatch(name)]
            paths += [candidate.path / name for name in names
                      if self.recognises(candidate.path / name, candidate.head(name))]
        return oldest_first(paths)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the first line is one of torchtune's."""
        return _LINE.match(head.partition(b"\n")[0].decode("utf-8", "replace")) is not None

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return TorchtuneReader(path, plain=plain)
