"""A file to which rows can be added, told from one that they would spoil."""

from __future__ import annotations

import gzip
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.recording.file_kind import TIME_COLUMN, why_foreign
from livemon.recording.recorder import record

Rows = Callable[[Path], list[dict[str, str]]]

FOREIGN = {
    "lines that end with CR alone": (b"step,loss\r0,1.5\r1,1.4\r2,1.3\r", "carriage return alone"),
    "some lines that end with CR alone": (b"step,loss\n0,1.5\r1,1.4\n", "carriage return alone"),
    "semicolons with decimal commas": (b"step;loss\n0;1,5\n1;1,4\n", "semicolons"),
    "semicolons with decimal points": (b"step;loss\n0;1.5\n", "semicolons"),
    "tabs": (b"step\tloss\n0\t1.5\n", "tabs"),
    "bars": (b"step|loss\n0|1.5\n", "bars"),
    "blanks": (b"step loss\n0 1.5\n", "no numbers"),
    "decimal commas without quotes": (b"step,loss\n0,1,5\n", "line 2 has more cells"),
    "decimal commas in quotes": (b'step,loss\n0,"1,5"\n', "decimal commas"),
    "UTF-16": ("step,loss\n0,1.5\n".encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": ("step,loss\n0,1.5\n".encode("utf-16-le"), "binary"),
    "Latin-1": ("step,Verlust für x\n0,1.5\n".encode("latin-1"), "not in UTF-8"),
    "Latin-1 further down": ("step,loss,note\n0,1.5,für\n".encode("latin-1"), "not in UTF-8"),
    "a last row without its end": (b"step,loss\n0,1.5\n1,1.4\n2,1.3", "last row has no end"),
    "a header without its end": (b"step,lo", "first line has no end"),
    "a blank first line": (b"\nstep,loss\n0,1.5\n", "first line is blank"),
    "no header": (b"0,1.5\n1,1.4\n", "no names"),
    "rows that are longer than the header": (b"step,loss\n0,1.5\n1,1.4,7\n", "line 3 has more cells"),
    "a quote that is not closed": (b'step,loss\n0,"1.5\n1,1.4\n', "not a table"),
    "gzip": (gzip.compress(b"step,loss\n0,1.5\n"), "gzip"),
    "binary": (bytes(range(256)) * 20, "binary"),
    "binary further down": (b"step,loss\n0,1.5\n\0\0\0\n", "binary"),
    "JSON lines": (b'{"step": 0, "loss": 1.5}\n{"step": 1, "loss": 1.4}\n', "JSON"),
    "a comment first": (b'#{"t_start": 1.5}\nr,l,t\n1,2,3\n', "comment"),
    "a text": (b"Dear reader,\nthis is no table.\n", "no numbers"),
    "one word": (b"placeholder\n", "no numbers"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("is_known", [False, True])
def test_a_file_of_another_kind_is_left_alone(
    tmp_path: Path, kind: str, is_known: bool, caplog: pytest.LogCaptureFixture, rows_of: Rows
) -> None:
    """A file of another kind keeps every byte, also in a folder in which a run was recorded before; the rows go to a
    folder beside it, and one warning says why and where."""
    data, reason = FOREIGN[kind]
    exp = tmp_path / "exp"
    if is_known:
        with record(exp):
            pass
    path = exp / "logs" / "metrics.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    before = sorted(exp.rglob("*")), path.stat().st_mtime_ns
    with record(exp, config={"lr": 1}) as log:
        log({"loss": 9.0}, step=7)
        log.flush()
        log({"acc": 0.5})  # another column
    assert path.read_bytes() == data and (sorted(exp.rglob("*")), path.stat().st_mtime_ns) == before
    assert log.dir == tmp_path / "exp-2" and log.dropped == 0
    assert [(row["step"], row["loss"]) for row in rows_of(log.dir)] == [("7", "9.0"), ("8", "")]
    (message,) = caplog.messages
    assert reason in message and "is left as it is" in message and str(log.dir) in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there is no FIFO there")
@pytest.mark.parametrize("make", [
    lambda path: os.mkfifo(path), lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere"),
    lambda path: path.symlink_to("metrics.csv"), lambda path: path.symlink_to("/dev/zero"),
    lambda path: (path.parent.rmdir(), path.parent.write_text("a log of something else")),
])  # fmt: skip
def test_what_is_no_file_is_left_alone(tmp_path: Path, make: Callable[[Path], object], rows_of: Rows) -> None:
    """A FIFO, a folder, a link to nothing, to itself or to a device in the place of the file, or a file in the place of
    its folder, is neither opened nor replaced."""
    path = tmp_path / "exp" / "logs" / "metrics.csv"
    path.parent.mkdir(parents=True)
    make(path)
    before = [(one, stat.S_IFMT(one.lstat().st_mode)) for one in sorted((tmp_path / "exp").rglob("*"))]
    with record(tmp_path / "exp") as log:
        log({"loss": 9.0})
    assert [(one, stat.S_IFMT(one.lstat().st_mode)) for one in sorted((tmp_path / "exp").rglob("*"))] == before
    assert log.dir == tmp_path / "exp-2" and len(rows_of(log.dir)) == 1


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_file_that_we_may_not_use_is_left_alone(
    tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    """Where the file may not be read or written, the rows go to a folder beside it and are not lost."""
    path = tmp_path / "exp" / "logs" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text("step,loss\n0,1.5\n")
    monkeypatch.setattr(os, "access", lambda *_: bool(mode & 0o200))  # root may do anything
    with record(tmp_path / "exp") as log:
        log({"loss": 9.0})
    assert path.read_text() == "step,loss\n0,1.5\n"
    assert log.dir == tmp_path / "exp-2" and len(rows_of(log.dir)) == 1


def test_rows_after_the_end_spoil_nothing_either(tmp_path: Path, rows_of: Rows) -> None:
    """Rows of a test that comes after the training are not added to a file of another kind."""
    path = tmp_path / "exp" / "logs" / "metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text("step;loss\n0;1,5\n")
    with record(tmp_path / "exp", after_end=True) as log:
        log({"loss": 9.0})
    assert path.read_text() == "step;loss\n0;1,5\n" and len(rows_of(tmp_path / "exp-2")) == 1


@pytest.mark.parametrize("data", [
    b"", b"step,loss\n", b"step,loss\r\n0,1.5\r\n", b'loss,note\r\n0.5,"two\r\nlines"\r\n0.25,\r\n', b"loss\n0.5\n",
    b"\xef\xbb\xbfstep,loss\n0,1.5\n", b"step,loss\n0\n1,1.4\n\n", b"step,a;b\n0,1.5\n", b"0,loss\n0,nan\n",
    "step,Verlust für x\n0,1.5\n".encode(), b"step,loss\n0,\n",
])  # fmt: skip
def test_a_table_that_rows_fit_into_is_none(tmp_path: Path, data: bytes) -> None:
    """A CSV file with commas in the folder of a recorded run is gone on with; so is a file with nothing in it. Where no
    run was recorded it is somebody else's, whatever it holds."""
    path = tmp_path / "metrics.csv"
    assert why_foreign(path, is_known=False) == ""
    path.write_bytes(data)
    assert why_foreign(path, is_known=True) == ""
    assert why_foreign(path, is_known=False) == "no livemon.json is beside it"


@pytest.mark.parametrize("header", ["step,loss", "step,acc", f"step,loss,{TIME_COLUMN}"])
def test_a_file_without_a_note_keeps_its_writer(
    tmp_path: Path, header: str, caplog: pytest.LogCaptureFixture, rows_of: Rows
) -> None:
    """A table of another program, of our own kind too, is not touched: the program goes on in the same file, and no row
    of either is lost."""
    path = tmp_path / "exp" / "logs" / "metrics.csv"
    path.parent.mkdir(parents=True)
    row = ",".join("1" for _ in header.split(",")) + "\n"
    with open(path, "w", newline="") as theirs:
        theirs.write(header + "\n" + row)
        theirs.flush()
        with record(tmp_path / "exp") as log:
            log({"loss": 9.0})
            log.flush()
            theirs.write(row)
            theirs.flush()
            log({"acc": 0.5})
    assert path.read_text() == header + "\n" + row + row
    assert not (tmp_path / "exp" / "livemon.json").exists()
    assert log.dir == tmp_path / "exp-2" and len(rows_of(log.dir)) == 2
    (message,) = caplog.messages
    assert "no livemon.json is beside it" in message and str(log.dir) in message


def test_the_recorders_own_file_is_known_however_it_ends(tmp_path: Path) -> None:
    """A file with the recorder's own columns, where a run was recorded, is none, although a kill has cut its last row,
    a power loss has left zeros, and its names are bytes of no encoding; elsewhere it is judged as any other."""
    path = tmp_path / "metrics.csv"
    for data in (f"step,x,{TIME_COLUMN}\n0,1".encode(), f"step,x,{TIME_COLUMN}\n0,1,0.5\n\0\0\0".encode(),
                 b"step,\xff," + TIME_COLUMN.encode() + b"\n"):
        path.write_bytes(data)
        assert why_foreign(path, is_known=True) == ""
        assert why_foreign(path, is_known=False) != ""
