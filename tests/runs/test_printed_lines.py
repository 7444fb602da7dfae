from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from livemon.runs.printed_lines import PrintedLines, file_of_process


def texts(printed: PrintedLines) -> list[str]:
    return [line.text for line in printed.lines]


def test_lines_as_they_come(tmp_path: Path) -> None:
    """What is appended is read, a line that is not whole is shown and goes on, and nothing new is nothing new."""
    path = tmp_path / "run.log"
    path.write_bytes(b"first\nsec")
    printed = PrintedLines(path)
    assert printed.refresh() and texts(printed) == ["first", "sec"]
    assert not printed.refresh()
    with open(path, "ab") as file:
        file.write("ond\nžž".encode()[:-1])
    assert printed.refresh() and texts(printed) == ["first", "second", "ž\ufffd"]


def test_a_file_that_begins_anew(tmp_path: Path) -> None:
    """A file that got shorter, or is another one, is read anew; one that is gone is said, and found when it is back."""
    path = tmp_path / "run.log"
    path.write_text("a\nb\nc\n")
    printed = PrintedLines(path)
    printed.refresh()
    path.write_text("d\n")
    assert printed.refresh() and texts(printed) == ["d"]
    path.unlink()
    assert printed.refresh() and "No such file" in printed.problem and not printed.refresh()
    (tmp_path / "new").write_text("e\n")
    os.replace(tmp_path / "new", path)
    assert printed.refresh() and texts(printed) == ["e"] and printed.problem == ""


def test_a_huge_file_is_read_from_its_end(tmp_path: Path) -> None:
    """Of a file of 10 GB only the end is read, and its first line there is a whole one."""
    path = tmp_path / "run.log"
    with open(path, "wb") as file:
        file.truncate(10 << 30)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + b"x" * 99 + b"\nlast\n")
    printed = PrintedLines(path)
    printed.refresh()
    assert texts(printed)[-2:] == ["x" * 99, "last"]


def test_colours_are_left_out(tmp_path: Path) -> None:
    """What only changes how words look (colours, a link, "erase to the end") is left out, so that they can be read;
    what moves the cursor is spelt out, and so is what is no whole code."""
    path = tmp_path / "run.log"
    path.write_bytes(b"\x1b[1;31mERROR\x1b[0m \x1b[38;5;208mlr\x1b[39m \x1b]8;;http://a/b\x1b\\wandb\x1b]8;;\x1b\\\x1b[K\n"
                     b"old\r\x1b[2K\x1b[32mnew\x1b[m\n" b"up\x1b[A\x1b[31\n")
    printed = PrintedLines(path)
    printed.refresh()
    assert texts(printed) == ["ERROR lr wandb", "new", "up\\x1b[A\\x1b[31"]


def test_nothing_in_a_line_is_obeyed(tmp_path: Path) -> None:
    """Control characters are spelt out, of a progress bar the last state is shown, and a line of 1 MB is clipped."""
    path = tmp_path / "run.log"
    path.write_bytes(b"\x1b[2J\x07red\n 10%\r 20%\r 30%\r\n" + b"y" * (1 << 20) + b"\n")
    printed = PrintedLines(path)
    printed.refresh()
    assert len(printed.lines[-1].text) == 500
    path.write_bytes(b"\x1b[2J\x07red\n 10%\r 20%\r 30%\r\n")
    printed.refresh()
    assert texts(printed) == ["\\x1b[2J\\x07red", " 30%"]


@pytest.mark.parametrize("path", ["", "fifo"])
def test_what_is_no_file_is_refused(path: str, tmp_path: Path) -> None:
    """A folder and a FIFO are refused, and do not hold anybody."""
    if path and not hasattr(os, "mkfifo"):
        pytest.skip("no FIFO here")
    if path:
        os.mkfifo(tmp_path / path)
    printed = PrintedLines(tmp_path / path)
    assert printed.refresh() and printed.problem and not printed.lines


def test_which_line_had_come_by_then(tmp_path: Path) -> None:
    """A time is that which the line says, else that at which it was seen to come; before the first known one nothing is
    known."""
    path = tmp_path / "run.log"
    stamp = datetime(2026, 1, 2, 3, 4, 5)
    path.write_text(f"unknown\n{stamp:%Y-%m-%d %H:%M:%S},123 INFO epoch 0\nloss 3\n[2026-01-02T03:05:05Z] epoch 1\n")
    printed = PrintedLines(path, lambda: 5000.0)
    printed.refresh()
    at = stamp.timestamp()
    assert [line.at for line in printed.lines[:2]] == [None, at]
    assert printed.line_at(at - 1) is None and printed.line_at(at + 1) == 2
    path.write_text("")
    printed.refresh()
    os.utime(path, (1000.0, 1000.0))
    with open(path, "a") as file:
        file.write("new\n")
    printed.refresh()
    assert printed.lines[0].at == 5000.0 and printed.line_at(4999.0) is None and printed.line_at(5001.0) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says where a process prints")
def test_the_file_of_a_process(tmp_path: Path) -> None:
    """Where a process prints into a file that is known; where it prints into a pipe, or is gone, nothing is."""
    code = [sys.executable, "-c", "import time; time.sleep(60)"]
    with open(tmp_path / "out.log", "w") as file:
        printing = subprocess.Popen(code, stdout=file)
    piping = subprocess.Popen(code, stdout=subprocess.PIPE)
    try:
        assert file_of_process(printing.pid) == tmp_path / "out.log"
        assert file_of_process(piping.pid) is None
    finally:
        for process in (printing, piping):
            process.kill()
            process.communicate()
    assert file_of_process(printing.pid) is None
