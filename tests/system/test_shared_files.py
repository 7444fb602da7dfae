"""Files of others: opened so that their writers keep their freedom, and read at an offset."""

from __future__ import annotations

import errno
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from livemon.system import shared_files
from livemon.system.shared_files import next_data, open_regular, open_shared, read_regular
from livemon.system.tail import Tail

CONTENT = bytes(range(256)) * 40 + b"\r\n\x1a\n"  # \x1a ends a text on Windows


@pytest.fixture
def without_pread(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module as it is where the system has no `pread`."""
    with monkeypatch.context() as patch:
        patch.delattr(os, "pread", raising=False)
        yield importlib.reload(shared_files)
    importlib.reload(shared_files)


def test_bytes_at_an_offset_are_the_same_without_pread(without_pread: ModuleType, tmp_path: Path) -> None:
    """Where the system cannot read at an offset, the file is moved there first: the same bytes, up to the end, and
    none behind it."""
    path = tmp_path / "a"
    path.write_bytes(CONTENT)
    descriptor = open_shared(path)
    for offset, count in ((0, 7), (10_000, 5), (3, 9), (len(CONTENT) - 2, 50), (len(CONTENT), 5), (10**6, 5)):
        assert without_pread.read_at(descriptor, count, offset) == CONTENT[offset : offset + count]
    os.close(descriptor)


def test_a_tail_without_pread(without_pread: ModuleType, tmp_path: Path) -> None:
    """A file that grows, and is then written anew, is followed without `pread` as with it."""
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"a,b\r\n1,2\r\n3")
    tail = Tail(path, system=without_pread.SharedFiles())
    assert tail.look().lines == b"a,b\r\n1,2\r\n"
    with path.open("ab") as file:
        file.write(b",4\r\n")
    assert tail.look().lines == b"3,4\r\n"
    path.write_bytes(b"c\r\n5\r\n")
    look = tail.look()
    assert look.restarted and look.lines == b"c\r\n5\r\n"


def test_on_windows_each_file_goes_through_its_door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the system is Windows, whatever opens a file of somebody else's lets others delete it. (The system's calls
    are fakes.)"""
    opened: list[tuple[str, int]] = []

    class Fake:
        def create_file(self, path: str, access: int, share: int, how: int, flags: int) -> int:
            opened.append((path, share))
            return os.open(path, os.O_RDONLY)

        def adopt(self, handle: int, flags: int) -> int:
            return handle

        def close(self, handle: int) -> None:
            os.close(handle)

    monkeypatch.setattr(shared_files, "_kernel", Fake)
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"a\n1\n")
    assert Tail(path).look().lines == b"a\n1\n"
    assert read_regular(path) == b"a\n1\n"
    assert opened == [(str(path), 7)] * 2


def test_a_descriptor_goes_to_no_child(tmp_path: Path) -> None:
    """A process that is started meanwhile does not inherit the file: there it would stay open."""
    (tmp_path / "a").write_bytes(b"x")
    with open_regular(tmp_path / "a") as file:
        assert not os.get_inheritable(file.fileno())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.timeout(20)
def test_nothing_waits_for_what_is_no_file(tmp_path: Path) -> None:
    """A FIFO and a device cannot be opened: nothing waits for somebody to write, and nothing is read without end."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(OSError, match="not a regular file"):
            open_regular(path)


def test_where_the_next_written_byte_stands(tmp_path: Path) -> None:
    """In what was written, that is the place itself; behind all that was written there is none; in a hole it is at
    most where the next bytes stand, and exactly the place where the system cannot tell."""
    path = tmp_path / "a"
    path.write_bytes(CONTENT)
    os.truncate(path, 64 << 20)
    with path.open("r+b") as file:
        file.seek(32 << 20)
        file.write(CONTENT)
    descriptor = open_shared(path)
    assert next_data(descriptor, 5) == 5
    assert next_data(descriptor, 64 << 20) in (None, 64 << 20)
    assert next_data(descriptor, 48 << 20) in (None, 48 << 20)
    assert 16 << 20 <= (next_data(descriptor, 16 << 20) or 0) <= 32 << 20
    os.close(descriptor)


def test_a_system_that_does_not_tell_of_holes_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the call is not there, or is refused, every byte may be written."""
    path = tmp_path / "a"
    path.touch()
    os.truncate(path, 64 << 20)
    descriptor = open_shared(path)
    with monkeypatch.context() as patch:
        def refuse(*words: int) -> int:
            raise OSError(errno.EINVAL, "refused")

        patch.setattr(os, "lseek", refuse)
        assert next_data(descriptor, 7) == 7
    with monkeypatch.context() as patch:
        patch.delattr(os, "SEEK_DATA", raising=False)
        assert importlib.reload(shared_files).next_data(descriptor, 7) == 7
    importlib.reload(shared_files)
    os.close(descriptor)
