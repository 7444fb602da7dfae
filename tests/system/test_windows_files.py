"""A file of somebody else's on Windows, by a fake of the system's calls."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.system.windows_files import TRIES, open_shared


class Fake:
    """`CreateFileW` and what goes with it.

    Args:
        refused: The `winerror` of as many first tries.
        adopts: Whether a handle can be made a descriptor.
    """

    def __init__(self, *refused: int, adopts: bool = True) -> None:
        self.refused = list(refused)
        self.adopts = adopts
        self.created: list[tuple[str, int, int, int, int]] = []
        self.adopted: list[tuple[int, int]] = []
        self.closed: list[int] = []

    def create_file(self, path: str, access: int, share: int, how: int, flags: int) -> int:
        self.created.append((path, access, share, how, flags))
        if self.refused:
            error = PermissionError(13, "it is being used by another process", path)
            error.winerror = self.refused.pop(0)  # type: ignore[attr-defined]
            raise error
        return 77

    def adopt(self, handle: int, flags: int) -> int:
        if not self.adopts:
            raise OSError(24, "too many open files")
        self.adopted.append((handle, flags))
        return 5

    def close(self, handle: int) -> None:
        self.closed.append(handle)


def test_the_writer_may_do_all_that_it_may_do() -> None:
    """Others may read, write and delete a file while it is open; it is there already, and is only read, as bytes."""
    fake = Fake()
    assert open_shared(r"C:\runs\a\metrics.csv", fake) == 5
    generic_read, share_read_write_delete, open_existing, normal = 0x80000000, 7, 3, 0x80
    assert fake.created == [
        (r"C:\runs\a\metrics.csv", generic_read, share_read_write_delete, open_existing, normal)]
    ((handle, flags),) = fake.adopted
    assert handle == 77 and flags & (os.O_WRONLY | os.O_RDWR) == 0
    binary, no_inherit = 0x8000, 0x80
    assert flags & getattr(os, "O_BINARY", binary) and flags & getattr(os, "O_NOINHERIT", no_inherit)
    assert fake.closed == []  # the descriptor closes it


@pytest.mark.parametrize("code", [32, 33])
def test_a_file_that_somebody_keeps_for_himself_is_tried_for_a_moment(code: int) -> None:
    """A sharing violation that passes is none; each try waits a little, and together they take less than a tenth of a
    second."""
    pauses: list[float] = []
    assert open_shared("a", Fake(*[code] * (TRIES - 1)), pauses.append) == 5
    assert len(pauses) == TRIES - 1 and 0 < sum(pauses) < 0.1


def test_a_file_that_stays_closed_to_us_is_an_error() -> None:
    """A sharing violation that lasts is the system's own error, with the file's name."""
    fake = Fake(*[32] * 99)
    with pytest.raises(PermissionError, match=r"another process.*m\.csv"):
        open_shared("m.csv", fake, lambda _: None)
    assert len(fake.created) == TRIES


def test_another_error_is_not_tried_again() -> None:
    """A file that is not there, or may not be read, is an error at once."""
    fake = Fake(2)
    with pytest.raises(OSError):
        open_shared("a", fake, lambda _: pytest.fail("it waited"))
    assert len(fake.created) == 1


def test_a_handle_without_a_descriptor_is_closed() -> None:
    """Where no descriptor can be had, the handle is closed: nobody else would."""
    fake = Fake(adopts=False)
    with pytest.raises(OSError, match="too many"):
        open_shared("a", fake)
    assert fake.closed == [77]


@pytest.mark.skipif(os.name != "nt", reason="only Windows has its calls")
def test_on_windows_itself(tmp_path: Path) -> None:
    """A file that is open here can be renamed and deleted there."""
    from livemon.system.windows_files import Kernel

    path = tmp_path / "ü.csv"
    path.write_bytes(b"a\r\nb")
    descriptor = open_shared(str(path), Kernel())
    path.rename(tmp_path / "other.csv")
    (tmp_path / "other.csv").unlink()
    assert os.read(descriptor, 9) == b"a\r\nb"
    os.close(descriptor)
