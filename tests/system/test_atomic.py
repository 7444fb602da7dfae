"""Whole files: nobody ever finds half of one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.system.atomic import create_file, encoded, replace_file


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
