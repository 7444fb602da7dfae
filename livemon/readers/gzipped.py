"""Files of lines packed with gzip (`.csv.gz`, `.jsonl.gz`): unpacked piece by piece when they have changed, then read
like any others. However much a small file unpacks to, only some MB of it are in memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, FileIO
from pathlib import Path

from livemon.readers.base import Format, Reader, Update
from livemon.readers.csv import Csv, CsvReader
from livemon.readers.jsonlines import JsonLines, JsonLinesReader
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.filesystems import is_settled
from livemon.system.listing import HEAD_BYTES, Listing, oldest_first, read_bytes
from livemon.system.shared_files import open_regular
from livemon.system.tail import BUDGET_BYTES, LONGEST_LINE, Look, Status, Tail

__all__ = ["Gzipped", "GzippedReader", "Unpacking", "UnpackingTail", "unpacked"]

LARGEST_BYTES = 1 << 30  # unpacked: a small file can be made to unpack to any number of zeros

_MAGIC = b"\x1f\x8b"
_PACKED_PIECE = 4 << 10  # a damaged piece is lost as a whole
_UNPACKED_PIECE = 256 << 10
_LARGEST_HEAD = 1 << 20  # unpacked bytes, used to recognise a file
_Seen = tuple[int, int, int]


class Unpacking:
    """Unpacks the gzip streams of a file, from the first byte on.

    Attributes:
        size: The number of bytes unpacked so far.
        problem: Why unpacking has stopped; "" at the end of the file.
    """

    def __init__(self) -> None:
        self.size = 0
        self.problem = ""
        self._place = 0
        self._packed = b""
        self._stream: zlib._Decompress | None = None
        self._is_first = True

    def next(self, file: FileIO | BytesIO) -> bytes:
        """The next bytes, at most _UNPACKED_PIECE; b"" if no more can be unpacked."""
        while not self.problem:
            packed = self._packed or self._read(file)
            if self._stream is None:
                if not packed.startswith(_MAGIC[: len(packed)] if self._is_first else _MAGIC):
                    self.problem = "it is not packed with gzip" if self._is_first else ""
                    return b""
                self._stream, self._is_first = zlib.decompressobj(wbits=31), False
            try:
                piece = self._stream.decompress(packed, _UNPACKED_PIECE)
            except zlib.error as error:
                self.problem = f"it is damaged after its first {self.size:,} bytes (unpacked): {error}"
                return b""
            self._packed = self._stream.unconsumed_tail
            if self._stream.eof:
                self._packed, self._stream = self._stream.unused_data, None
            self.size += len(piece)
            if self.size > LARGEST_BYTES:
                self.problem = f"it holds more than {LARGEST_BYTES >> 20} MiB; unpack it to read the rest"
            if piece or not packed:
                return piece
        return b""

    def _read(self, file: FileIO | BytesIO) -> bytes:
        file.seek(self._place)
        packed = file.read(_PACKED_PIECE)
        self._place += len(packed)
        return packed


class UnpackingTail(Tail):
    """A tail of the unpacked lines of a gzip file. A stream that is cut is unpacked as far as it goes.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._line_end = b"\n"
        self._seen: _Seen | None = None
        self._unpacking = Unpacking()
        self._is_at_end = False
        self._rest = b""  # after the last line end
        self._is_in_long_line = False
        self._given = 0  # the bytes of the lines returned so far, and of those that were too long
        self._crc = 0

    def look(self) -> Look:
        """What is new; see `Tail.look`."""
        restarted, lines, dropped = False, b"", 0
        try:
            now = self.path.stat()
            if not self.path.is_file():
                return Look(Status.UNREADABLE, problem=f"{self.path} is not a regular file")
            self._note_quiet(now)
            seen = now.st_mtime_ns, now.st_size, now.st_ino
            if seen != self._seen or not self._is_at_end:
                with open_regular(self.path) as file:
                    if seen != self._seen:
                        restarted = not self._goes_on(file)
                    lines, dropped = self._next_lines(file)
                self._seen = seen if is_settled(now) else None
        except FileNotFoundError:
            return Look(Status.MISSING)
        except OSError as error:
            return Look(Status.UNREADABLE, problem=f"cannot read {self.path}: {error.strerror or error}")
        problem = f"{self.path}: {self._unpacking.problem}" if self._unpacking.problem else ""
        status = Status.UNREADABLE if problem else Status.OK
        self.pending_bytes = len(self._rest)
        last_line = self.once_quiet(self._rest) if self._is_at_end and not problem else b""
        return Look(status, lines, restarted, not self._is_at_end, dropped, problem, last_line)

    def _goes_on(self, file: FileIO) -> bool:
        """Begin to unpack a file that has changed. Returns whether it begins with the bytes returned so far."""
        self._unpacking, self._rest, self._is_at_end = Unpacking(), b"", False
        crc, left = 0, self._given
        while left and (piece := self._unpacking.next(file)):
            crc = zlib.crc32(piece[:left], crc)
            self._rest = piece[left:]
            left -= min(left, len(piece))
        if left == 0 and crc == self._crc:
            return True
        if self._unpacking.problem and self._unpacking.size == 0:  # no sign that it is another file
            self._is_at_end = True
            return True
        self._unpacking, self._rest = Unpacking(), b""
        self._given = self._crc = 0
        self._is_in_long_line = False
        return False

    def _next_lines(self, file: FileIO) -> tuple[bytes, int]:
        """The next lines, and the number of lines left out because they are too long."""
        pieces, size = [self._rest], len(self._rest)
        while not self._is_at_end and size < BUDGET_BYTES:
            piece = self._unpacking.next(file)
            self._is_at_end = not piece
            pieces.append(piece)
            size += len(piece)
        data = b"".join(pieces)
        end = data.rfind(b"\n") + 1
        lines, self._rest = data[:end], data[end:]
        is_too_long = self._is_in_long_line if not lines else False
        taken = lines
        if len(self._rest) > LONGEST_LINE or is_too_long:
            taken, self._rest, is_too_long = data, b"", True
        self._given += len(taken)
        self._crc = zlib.crc32(taken, self._crc)
        skipped = int(self._is_in_long_line and bool(lines))
        self._is_in_long_line = is_too_long
        lines, dropped = self._short_lines(lines[lines.index(b"\n") + 1 :] if skipped else lines)
        return lines, dropped + skipped


def unpacked(packed: bytes, most: int) -> bytes:
    """The first unpacked bytes of gzip streams, about `most` of them, as far as the streams are complete."""
    unpacking, file, pieces = Unpacking(), BytesIO(packed), []
    while unpacking.size < most and (piece := unpacking.next(file)):
        pieces.append(piece)
    return b"".join(pieces)


class GzippedReader(WrappedReader):
    """Follows one packed file.

    Args:
        path: The file.
        plain: Whether to parse every line separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        ending = next((ending for ending in _READERS if path.name.endswith(ending)), ".csv.gz")
        super().__init__(_READERS[ending](path, UnpackingTail(path), plain=plain))

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Without the lines, which are not in the file in that form."""
        return replace(super().read(), lines=b"")


_READERS: dict[str, Callable[..., Reader]] = {
    ".csv.gz": CsvReader, ".tsv.gz": CsvReader, ".jsonl.gz": JsonLinesReader}


class Gzipped(Format):
    """`.csv.gz`, `.tsv.gz` and `.jsonl.gz` files."""

    name = "gzip"

    def find(self, folder: Listing) -> list[Path]:
        """Such files in the folder, if their first lines are a log of metrics."""
        paths = (folder.path / name for name in folder.files if name.endswith(tuple(_READERS)))
        return oldest_first(path for path in paths if self.recognises(path, folder.head(path.name)))

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the unpacked file would be recognised."""
        if not path.name.endswith(tuple(_READERS)) or not head.startswith(_MAGIC):
            return False
        text = unpacked(head, _LARGEST_HEAD)
        inside = text[: text.rfind(b"\n") + 1] or text  # whole lines: the file may go on after the head
        bare = path.with_suffix("")
        return JsonLines().recognises(bare, inside) if bare.suffix == ".jsonl" else Csv().recognises(bare, inside)

    def problem(self, path: Path) -> str:
        """Why a file with the name of a packed one is not read."""
        if not path.name.endswith(".gz"):
            return ""
        head = read_bytes(path, HEAD_BYTES)
        if not head.startswith(_MAGIC):
            return f"{path} has the name of a gzip file but is not one" if head else f"{path} is empty"
        if not path.name.endswith(tuple(_READERS)):
            return f"of gzip files, only {', '.join(f'*{ending}' for ending in _READERS)} are read: unpack {path}"
        if not (text := unpacked(head, _LARGEST_HEAD)):
            return f"{path} begins like a gzip file but cannot be unpacked: it is damaged or incomplete"
        is_read = self.recognises(path, head)
        return "" if is_read else f"{path} does not hold a log of metrics: unpacked, it begins with {text[:40]!r}"

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return GzippedReader(path, plain=plain)
