"""The metrics.csv of the recorder: whole at every instant, and exact."""

from __future__ import annotations

import errno
import math
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.recording.metrics_file import MetricsFile, number_in
from livemon.recording.recorder import record

Rows = Callable[[Path], list[dict[str, str]]]
Start = Callable[..., subprocess.Popen[str]]


def test_every_number_comes_back_exactly(tmp_path: Path, rows_of: Rows) -> None:
    """A float is written so that reading it gives the same float; nan and inf are words; True is 1; None is blank."""
    values: list[Any] = [0.1, 1e-308, -0.0, 2**70, 1 / 3, True]
    values += [np.float64(0.1), np.float32(0.1), np.int64(-3), np.array(2.5)]
    with record(tmp_path) as log:
        for value in values:
            log({"x": value})
        log({"x": math.nan, "y": math.inf, "z": -math.inf, "blank": None})
    rows = rows_of(tmp_path)
    assert [float(row["x"]) for row in rows[:-1]] == [float(value) for value in values]
    assert rows[3]["x"] == str(2**70)
    assert [rows[-1][name] for name in ("x", "y", "z", "blank")] == ["nan", "inf", "-inf", ""]


def test_names_and_texts_stay_in_their_cell(tmp_path: Path, rows_of: Rows) -> None:
    """A comma, a quote or a line's end in a name or a text makes no further cell and no further row."""
    with record(tmp_path) as log:
        log({'loss, "raw"\nvalue': 1, "note": 'a,b "c"\r\nd'})
    assert rows_of(tmp_path)[0]['loss, "raw" value'] == "1"
    assert rows_of(tmp_path)[0]["note"] == 'a,b "c" d'
    assert len((tmp_path / "logs" / "metrics.csv").read_text().splitlines()) == 2


GROWING = """
import sys
from livemon.recording.metrics_file import MetricsFile, number_in
from livemon.recording.recorder import record
with record(sys.argv[1]) as log:
    for step in range(4000):
        log({f"m{step // 100}": step, "x": step})
        if step % 20 == 0:
            log.flush()
"""


def test_a_reader_finds_a_whole_file_at_every_instant(tmp_path: Path, rows_of: Rows, start_script: Start) -> None:
    """While rows and columns are added, whoever opens the file sees whole rows as wide as the header; none vanishes. A
    long write may be seen in part, so what stands behind the last line's end is not there yet."""
    writer = start_script(GROWING, tmp_path)
    path = tmp_path / "logs" / "metrics.csv"
    seen: list[str] = []
    widths: set[int] = set()
    while writer.poll() is None:
        if not path.exists():
            continue
        lines = path.read_text().rpartition("\n")[0].splitlines()
        width = lines[0].count(",")
        assert all(line.count(",") == width for line in lines)
        rows = [line.rstrip(",") for line in lines[1:]]
        assert rows[: len(seen)] == seen
        seen = rows
        widths.add(width)
    assert writer.communicate()[1] == ""
    assert len(rows_of(tmp_path)) == 4000
    assert len(widths) > 3, "the file was looked at while its header grew"


def test_a_removed_folder_comes_back(tmp_path: Path, rows_of: Rows) -> None:
    """Where somebody removes the file while the training runs, the next rows stand in a new one, with its header."""
    with record(tmp_path / "run") as log:
        log({"x": 1})
        log.flush()
        log.metrics_path.unlink()
        log.metrics_path.parent.rmdir()
        log({"x": 2})
    assert [row["x"] for row in rows_of(tmp_path / "run")] == ["2"]


@pytest.mark.parametrize("row", [0, 1, 2])
def test_rows_that_come_while_a_file_gets_wider_are_kept(tmp_path: Path, rows_of: Rows, row: int) -> None:
    """Rows that somebody else adds to the file of a run before a new column replaces it, or while that goes on, are in
    the new one; each has its blank cell."""
    path = tmp_path / "logs" / "metrics.csv"
    path.parent.mkdir()
    path.write_text("step,loss\n0,1\n1,2\n")
    beats: list[None] = []

    def beat() -> None:
        beats.append(None)
        if len(beats) == row:
            with open(path, "a") as theirs:
                theirs.write("7,9\n8,9\n")

    file = MetricsFile(path, beat)
    file.resume()
    if row == 0:
        with open(path, "a") as theirs:
            theirs.write("7,9\n8,9\n")
    file.add(["step", "loss", "acc"], [(b"2,3,0.5", 3)])
    found = [(one["step"], one["loss"], one["acc"]) for one in rows_of(tmp_path)]
    assert sorted(found) == [("0", "1", ""), ("1", "2", ""), ("2", "3", "0.5"), ("7", "9", ""), ("8", "9", "")]


def test_a_row_that_another_program_has_half_written(tmp_path: Path, rows_of: Rows) -> None:
    """A row that another program is writing while the file is widened is taken over when it is whole, not as the half
    that was read first and a row of the rest."""
    path = killed_run(tmp_path, "step,loss\n0,1\n1,2\n")
    file = MetricsFile(path)
    file.resume()
    file._look_again = lambda columns: None  # type: ignore[method-assign]  # the row came right after this look
    come_meanwhile = file._come_meanwhile

    def with_the_rest(more: int) -> Iterator[bytes]:
        with open(path, "a") as theirs:
            theirs.write("75\n")
        yield from come_meanwhile(more)

    file._come_meanwhile = with_the_rest  # type: ignore[method-assign]
    with open(path, "a") as theirs:
        theirs.write("7,0.")
    file.add(["step", "loss", "acc"], [(b"2,3,0.5", 3)])
    assert [(row["step"], row["loss"], row["acc"]) for row in rows_of(tmp_path)] == [
        ("0", "1", ""), ("1", "2", ""), ("2", "3", "0.5"), ("7", "0.75", "")]


def test_a_file_of_somebody_else_is_gone_on_with(tmp_path: Path, rows_of: Rows) -> None:
    """A file of a run that another program has written anew, with Windows line ends and one inside a cell, keeps all
    its cells."""
    path = killed_run(tmp_path, "")
    path.write_bytes(b'loss,note\r\n0.5,"two\r\nlines"\r\n0.25,\r\n')
    with record(tmp_path) as log:
        log({"loss": 0.125, "acc": 1}, step=3)
    rows = rows_of(tmp_path)
    assert [row["loss"] for row in rows] == ["0.5", "0.25", "0.125"]
    assert rows[0]["note"] == "two\r\nlines"
    assert (rows[2]["step"], rows[2]["acc"], rows[0]["acc"]) == ("3", "1", "")


def killed_run(folder: Path, text: str) -> Path:
    """A run whose recorder was killed, and left this file."""
    with record(folder):
        pass
    path = folder / "logs" / "metrics.csv"
    path.write_text(text)
    return path


def test_half_a_line_never_becomes_a_row(tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows) -> None:
    """The incomplete line that a killed recorder left is not completed by what is appended; it is said."""
    killed_run(tmp_path, "step,x,time_elapsed_seconds\n1,0.5,0.100000\n2,0.12")
    with record(tmp_path) as log:
        log({"x": 0.75})
    assert log.dir == tmp_path
    assert [(row["step"], row["x"]) for row in rows_of(tmp_path)] == [("1", "0.5"), ("2", "0.75")]
    assert "2,0.12" in caplog.text


@pytest.mark.parametrize("cut", range(1, len("2,0.12,0.234567") + 1))
def test_a_row_of_ours_that_lacks_its_line_end_alone_stays(tmp_path: Path, rows_of: Rows, cut: int) -> None:
    """Of a row that the recorder wrote, wherever it is cut, the whole one alone is a row: its time has six decimals."""
    row = "2,0.12,0.234567"
    killed_run(tmp_path, "step,x,time_elapsed_seconds\n1,0.5,0.100000\n" + row[:cut])
    with record(tmp_path) as log:
        log({"x": 0.75})
    steps = [("1", "0.5"), ("2", "0.12"), ("3", "0.75")] if cut == len(row) else [("1", "0.5"), ("2", "0.75")]
    assert [(row["step"], row["x"]) for row in rows_of(tmp_path)] == steps


def test_a_failed_replacement_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    """Where a new column cannot be added, the file stays as it was, without litter, and the rows are added later."""
    with record(tmp_path) as log:
        log({"x": 1})
        log.flush()
        before = log.metrics_path.read_text()
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError("in use")))
            log({"y": 2})
            log.flush()
        assert log.metrics_path.read_text() == before
        assert [path.name for path in log.metrics_path.parent.iterdir()] == ["metrics.csv"]
    assert [row["y"] for row in rows_of(tmp_path)] == ["", "2"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there is no FIFO there")
def test_a_fifo_that_was_there_before_is_not_opened(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no regular file is neither read nor written, and said."""
    (tmp_path / "run" / "logs").mkdir(parents=True)
    os.mkfifo(tmp_path / "run" / "logs" / "metrics.csv")
    with record(tmp_path / "run") as log:
        log({"x": 1})
    assert "not a regular file" in caplog.text


def test_a_file_that_somebody_exchanges(tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows) -> None:
    """An emptied file is begun anew; to one with other columns nothing is added, as it would tell what is not true."""
    with record(tmp_path / "run") as log:
        log({"loss": 1.0}, step=0)
        log.flush()
        log.metrics_path.write_bytes(b"")
        log({"loss": 0.5}, step=1)
        log.flush()
        assert [row["loss"] for row in rows_of(tmp_path / "run")] == ["0.5"]
        log.metrics_path.write_text("time,step,acc,lr\n1,2,3,4\n5,6")
        log({"loss": 0.4}, step=2)
        for _ in range(3):  # also when it is tried again
            log.flush()
    assert log.metrics_path.read_text() == "time,step,acc,lr\n1,2,3,4\n5,6"
    assert log.dropped == 1 and "other columns" in caplog.text


# -- the file by itself


def test_a_disk_that_takes_part_of_it_is_left_with_whole_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full in the middle of a row, no part of that row stays, and the error says how many rows were
    written all the same."""
    file = MetricsFile(tmp_path / "metrics.csv")
    file.add(["step", "loss"], [(b"1,0.5", 2)])
    write, room = os.write, [13]  # one row, and a part of the next

    def full(handle: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(handle, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space") as raised:
        file.add(["step", "loss"], [(b"2,0.25", 2), (b"3,0.125", 2), (b"4,0.5", 2)])
    assert raised.value.rows_written == 1  # type: ignore[attr-defined]
    assert file.path.read_text() == "step,loss\n1,0.5\n2,0.25\n"


def test_a_file_that_comes_before_the_first_row_is_not_written_over(tmp_path: Path) -> None:
    """Where nothing was there when the file was taken up, and somebody else's is when the first row comes, it stays."""
    file = MetricsFile(tmp_path / "metrics.csv")
    assert file.resume() == ([], {})
    file.path.write_text("time,acc\n1,2\n")
    for _ in range(2):
        with pytest.raises(OSError, match="other columns"):
            file.add(["step", "loss"], [(b"1,0.5", 2)])
    assert file.path.read_text() == "time,acc\n1,2\n"


def test_what_is_there_is_taken_up(tmp_path: Path) -> None:
    """The header and the last whole row are told, half a line behind it is cut off, and what is added stands below; a
    file that is not there, or is empty, has neither; one that has no whole header is refused and stays."""
    path = tmp_path / "metrics.csv"
    assert MetricsFile(path).resume() == ([], {})
    path.write_bytes(b"")
    assert MetricsFile(path).resume() == ([], {})
    path.write_bytes(b'step,"a,b"\r\n1,"x ""y"""\r\n2,"ha')
    file = MetricsFile(path)
    assert file.resume() == (["step", "a,b"], {"step": "1", "a,b": 'x "y"'})
    assert file.torn == '2,"ha'
    file.add(["step", "a,b", "new"], [(b"2,z", 2), (b"3,,4", 3)])
    assert path.read_bytes() == b'step,"a,b",new\n1,"x ""y""",\n2,z,\n3,,4\n'
    for no_header in (b"step,lo", b"\n1,2\n"):
        path.write_bytes(no_header)
        with pytest.raises(OSError, match="first line"):
            MetricsFile(path).resume()
        assert path.read_bytes() == no_header


@pytest.mark.parametrize(("text", "number"), [
    ("3", 3), ("-2", -2), ("2.5", 2.5), ("nan", 7), ("inf", 7), ("-inf", 7), ("", 7), (None, 7), ("x", 7),
])
def test_a_number_of_the_last_row_counts_where_it_is_one(text: str | None, number: float) -> None:
    """A cell that holds a finite number is that number, whole ones exactly; any other one is the default."""
    found = number_in(text, 7)
    assert found == number and type(found) is type(number)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list what is open")
def test_the_file_is_closed_when_it_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new column replaces the file while this process has neither it nor the new one open: Windows refuses that."""
    path, replace, replaced = tmp_path / "metrics.csv", os.replace, []

    def replace_as_windows_does(source: Path, target: Path) -> None:
        links = [Path(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]
        held = {os.readlink(link) for link in links if link.is_symlink()}
        assert not held & {str(source), str(target)}
        replaced.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_as_windows_does)
    file = MetricsFile(path)
    file.add(["step"], [(b"1", 1), (b"2", 1)])
    file.add(["step", "loss"], [(b"3,4", 2)])
    assert replaced == [path, path]
    assert path.read_bytes() == b"step,loss\n1,\n2,\n3,4\n"
