"""Texts in UTF-8 and in UTF-16, followed as they grow and as they are replaced by each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.readers.encodings import text_tail as module
from livemon.readers.encodings.text_tail import TextTail
from livemon.system.tail import Status

TEXT = "step,loss\r\n1,0.5\r\n2,ä精\U0001f600\r\n3,0.25\r\n"


def written(path: Path, data: bytes) -> None:
    """Another file in the place of this one."""
    path.with_name("new").write_bytes(data)
    os.replace(path.with_name("new"), path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_text_that_grows_byte_by_byte(tmp_path: Path, encoding: str) -> None:
    """However a text is written and in whatever pieces it comes, its lines are the same, and none comes half."""
    data = (("\ufeff" if encoding != "utf-8" else "") + TEXT).encode(encoding)
    for size in (1, 2, 3, 7, len(data)):
        path = tmp_path / f"{size}"
        path.touch()
        tail, lines = TextTail(path), b""
        with path.open("ab", buffering=0) as file:
            for place in range(0, len(data), size):
                file.write(data[place : place + size])
                new = tail.look()
                assert new.status == Status.OK and not new.restarted and (not new.lines or new.lines.endswith(b"\n"))
                lines += new.lines
        assert lines.decode() == TEXT and tail.pending_bytes == 0


def test_one_text_in_the_place_of_another(tmp_path: Path) -> None:
    """A text that is replaced by one in another encoding begins anew, and is read as it is written."""
    path = tmp_path / "a"
    written(path, b"a\n")
    tail = TextTail(path)
    assert tail.look().lines == b"a\n"
    for encoding in ("utf-16", "utf-8", "utf-16", "utf-8"):
        written(path, f"{encoding}\nb\nc".encode(encoding))
        look = tail.look()
        while look.status == Status.REWRITING:
            look = tail.look()
        assert (look.restarted, look.lines) == (True, f"{encoding}\nb\n".encode())
        assert tail.pending_bytes == 1 and tail.look().lines == b""


def test_a_line_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In UTF-16, too, a line that is too long is left out and counted, however it comes."""
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    path = tmp_path / "a"
    path.write_text("a\n" + "x" * 150 + "\nb\n" + "y" * 150, encoding="utf-16")
    tail = TextTail(path)
    look = tail.look()
    assert (look.lines, look.dropped_lines) == (b"a\nb\n", 1)
    with path.open("ab") as file:
        file.write("yy\nc\n".encode("utf-16-le"))
    look = tail.look()
    assert (look.lines, look.dropped_lines) == (b"c\n", 1)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is said as by any tail."""
    assert TextTail(tmp_path / "gone").look().status == Status.MISSING
