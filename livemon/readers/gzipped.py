"""Packed files of lines (`.csv.gz`, `.jsonl.gz`): unpacked whole when they have changed, then read as any others."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livemon.readers.base import Format, Reader, Update
from livemon.readers.csv import Csv, CsvReader
from livemon.readers.jsonlines import JsonLines, JsonLinesReader
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.filesystems import is_settled
from livemon.system.listing import Listing, oldest_first
from livemon.system.shared_files import read_regular
from livemon.system.tail import BUDGET_BYTES, LONGEST_LINE, Look, Status, Tail

__all__ = ["Gzipped", "GzippedReader", "UnpackingTail", "unpacked"]

LARGEST_BYTES = 1 << 30  # unpacked: a small file can be made to hold any number of zeros

_MAGIC = b"\x1f\x8b"
_PIECE = 4 << 10  # of what is packed: it holds a thousand times as much at most, and is lost where it is damaged
_Seen = tuple[int, int, int]


class UnpackingTail(Tail):
    """A tail of what a gzip file holds. A stream that is cut at its end gives what it has up to there.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._seen: _Seen | None = None
        self._ready = b""  # whole lines, unpacked and not yet handed out
        self._last_line = b""  # what stands behind them
        self._given = 0
        self._crc = 0
        self._problem = ""

    def look(self) -> Look:
        """What is new; see `Tail.look`."""
        restarted = False
        if not self._ready:
            try:
                now = self.path.stat()
                if not self.path.is_file():
                    return Look(Status.UNREADABLE, problem=f"{self.path} is not a regular file")
                self._note_quiet(now)
                seen = now.st_mtime_ns, now.st_size, now.st_ino
                if seen != self._seen:
                    restarted = self._unpack(read_regular(self.path))
                    self._seen = seen if is_settled(now) else None
            except FileNotFoundError:
                return Look(Status.MISSING)
            except OSError as error:
                return Look(Status.UNREADABLE, problem=f"cannot read {self.path}: {error.strerror or error}")
        lines, dropped = self._hand_out()
        problem = f"{self.path}: {self._problem}" if self._problem else ""
        status = Status.UNREADABLE if problem else Status.OK
        last_line = b"" if problem or self._ready else self.once_quiet(self._last_line)
        return Look(status, lines, restarted, bool(self._ready), dropped, problem, last_line)

    def _unpack(self, packed: bytes) -> bool:
        """Make new lines ready. Returns whether the file is another one than before."""
        data, self._problem = unpacked(packed)
        if self._problem and not data:
            return False
        end = data.rfind(b"\n") + 1
        data, self._last_line = data[:end], data[end:]
        self.pending_bytes = len(self._last_line)
        goes_on = len(data) >= self._given and zlib.crc32(data[: self._given]) == self._crc
        if not goes_on:
            self._given = self._crc = 0
        self._ready = data[self._given :]
        return not goes_on

    def _hand_out(self) -> tuple[bytes, int]:
        """The next lines, and how many were left out as they are too long."""
        end = len(self._ready)
        if end > BUDGET_BYTES:
            end = self._ready.rfind(b"\n", 0, BUDGET_BYTES) + 1 or self._ready.index(b"\n") + 1
        lines, self._ready = self._ready[:end], self._ready[end:]
        self._given += len(lines)
        self._crc = zlib.crc32(lines, self._crc)
        short = [line for line in lines.splitlines(keepends=True) if len(line) <= LONGEST_LINE] \
            if len(lines) > LONGEST_LINE else [lines]
        dropped = lines.count(b"\n") - sum(line.count(b"\n") for line in short)
        return b"".join(short), dropped


def unpacked(packed: bytes, most: int = LARGEST_BYTES) -> tuple[bytes, str]:
    """What gzip streams hold, as far as they are whole, `most` bytes; and what is wrong, "" where nothing is."""
    if not packed.startswith(_MAGIC[: len(packed)]):
        return b"", "it is not packed with gzip"
    pieces: list[bytes] = []
    size = place = 0
    while packed.startswith(_MAGIC, place):
        stream = zlib.decompressobj(wbits=31)
        while place < len(packed) and not stream.eof:
            try:
                piece = stream.decompress(packed[place : place + _PIECE])
            except zlib.error as error:
                return b"".join(pieces), f"it is damaged behind its first {size:,} bytes (unpacked): {error}"
            place = min(place + _PIECE, len(packed))
            pieces.append(piece)
            size += len(piece)
            if size > most:
                return b"", f"it holds more than {most >> 20} MiB; unpack it to read it"
        place -= len(stream.unused_data)
    return b"".join(pieces), ""


class GzippedReader(WrappedReader):
    """Follows one packed file.

    Args:
        path: The file.
        plain: Take every line apart by itself.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        ending = next((ending for ending in _READERS if path.name.endswith(ending)), ".csv.gz")
        super().__init__(_READERS[ending](path, UnpackingTail(path), plain=plain))

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. The lines do not stand in the file as they were read."""
        return replace(super().read(), lines=b"")


_READERS: dict[str, Callable[..., Reader]] = {
    ".csv.gz": CsvReader, ".tsv.gz": CsvReader, ".jsonl.gz": JsonLinesReader}


class Gzipped(Format):
    """`.csv.gz`, `.tsv.gz` and `.jsonl.gz` files."""

    name = "gzip"

    def find(self, folder: Listing) -> list[Path]:
        """Such files in the folder whose first lines are a log of metrics."""
        paths = (folder.path / name for name in folder.files if name.endswith(tuple(_READERS)))
        return oldest_first(path for path in paths if self.recognises(path, folder.head(path.name)))

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether what is packed would be recognised as a file of its own."""
        if not path.name.endswith(tuple(_READERS)) or not head.startswith(_MAGIC):
            return False
        text = unpacked(head)[0]
        inside = text[: text.rfind(b"\n") + 1] or text  # whole lines: what is packed may go on behind the head
        bare = path.with_suffix("")
        return JsonLines().recognises(bare, inside) if bare.suffix == ".jsonl" else Csv().recognises(bare, inside)

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return GzippedReader(path, plain=plain)
