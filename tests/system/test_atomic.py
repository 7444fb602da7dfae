"""Whole files: nobody ever finds half of one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.system.atomic import create_file, encoded, move_into_place, replace_file


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_content_stands_until_the_new_is_whole(tmp_path: Path) -> None:
    """While the pieces of a new content come, the file says the old one; then it says the new one."""
    path = tmp_path / "note.json"
    replace_file(path, [b"old"])
    seen: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"new ", b"content"):
            seen.append(path.read_bytes())
            yield piece

    replace_file(path, pieces())
    assert seen == [b"old", b"old"]
    assert path.read_bytes() == b"new content" and names_in(tmp_path) == ["note.json"]


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()])
def test_what_cannot_be_written_leaves_the_old_and_no_litter(tmp_path: Path, error: BaseException) -> None:
    """An error or a Ctrl-C in the middle of a replacement is raised, and leaves the old file alone in its folder."""
    path = tmp_path / "note.json"
    path.write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise error

    with pytest.raises(type(error)):
        replace_file(path, pieces())
    assert path.read_bytes() == b"old" and names_in(tmp_path) == ["note.json"]


@pytest.mark.parametrize("has_links", [True, False])
def test_of_several_who_create_a_file_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    """Of those who create one file at once one succeeds, whose content is whole; also without hard links."""

    def refuse(*_: object) -> None:
        raise PermissionError("no hard links here")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    path, together, refused = tmp_path / "livemon.json", threading.Barrier(8), []

    def create(number: int) -> None:
        together.wait()
        try:
            create_file(path, [str(number).encode() * 10_000])
        except FileExistsError:
            refused.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = set(range(8)) - set(refused)
    assert len(refused) == 7 and path.read_bytes() == str(winner).encode() * 10_000
    assert names_in(tmp_path) == ["livemon.json"]


@pytest.mark.parametrize(("text", "data"), [
    ("loß", "loß".encode()), ("\udcff", b"\xff"), ("a\ud800b", b"a\\ud800b"),
])
def test_any_text_has_bytes(text: str, data: bytes) -> None:
    """A text is UTF-8, bytes that were no UTF-8 when they were read are themselves again, and a broken letter is spelt
    out."""
    assert encoded(text) == data


class _Held:
    """Stands in for `os.replace` on Windows: a viewer holds the file open for so many tries."""

    def __init__(self, tries: int, code: int | None = 32) -> None:
        self.tries, self.code = tries, code
        self.replace = os.replace

    def __call__(self, part: Path, path: Path) -> None:
        if self.tries > 0:
            self.tries -= 1
            error = PermissionError(13, "the file is used by another process")
            if self.code is not None:
                error.winerror = self.code  # type: ignore[attr-defined]
            raise error
        self.replace(part, path)


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_file_that_is_held_open_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """On Windows a viewer that holds a file open for a moment loses us nothing, and nobody waits for long."""
    monkeypatch.setattr(os, "replace", _Held(3, code))
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    pauses: list[float] = []
    move_into_place(tmp_path / "new", tmp_path / "old", pauses.append)
    assert (tmp_path / "old").read_bytes() == b"new" and names_in(tmp_path) == ["old"]
    assert len(pauses) == 3 and sum(pauses) < 0.3


def test_a_file_that_stays_held_open_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is held open for long is an error, after less than half a second; the old content stays."""
    monkeypatch.setattr(os, "replace", _Held(99))
    path = tmp_path / "old"
    path.write_bytes(b"old")
    with pytest.raises(PermissionError, match="another process"):
        replace_file(path, [b"new"])
    assert path.read_bytes() == b"old" and names_in(tmp_path) == ["old"]


def test_a_refusal_that_does_not_pass_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a folder may not be written to, nobody waits."""
    monkeypatch.setattr(os, "replace", _Held(99, code=None))
    with pytest.raises(PermissionError):
        move_into_place(tmp_path / "a", tmp_path / "b", lambda _: pytest.fail("it waited"))
