"""One source, followed: what is told of it beside its rows."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from livemon.readers.base import Format
from livemon.readers.csv import Csv
from livemon.readers.registry import formats
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.source import Source
from livemon.system.user_folders import cache_folder
from livemon.testing import HandClock

DAY = 86_400.0
TORN = {"metrics.csv": ("step,loss,lr\n0,1,2\n1,0.12", "345,2\n", 6),
        "metrics.jsonl": ('{"loss": 1}\n{"lo', 'ss": 2}\n', 4)}


def form(name: str) -> Format:
    return next(one for one in formats() if one.name == {"csv": "CSV", "jsonl": "JSON lines"}[name.split(".")[1]])


def incomplete(source: Source) -> list[str]:
    return [anomaly.message for anomaly in source.anomalies if anomaly.kind == "incomplete end"]


@pytest.mark.parametrize("name", TORN)
def test_an_incomplete_end_is_told_when_the_file_rests(tmp_path: Path, name: str) -> None:
    """FAULTS 2, 3 and 61: while a file is written nothing is odd about a torn line; when it rests its bytes are told,
    until the rest of it comes."""
    begun, rest, count = TORN[name]
    clock = HandClock()
    path = tmp_path / name

    def write(text: str) -> None:
        with path.open("a") as file:
            file.write(text)
        os.utime(path, (clock.now, clock.now))

    write(begun)
    source = Source(form(name), path, clock, folder=tmp_path)
    source.refresh()
    assert (source.n_rows, incomplete(source)) == (1, [])
    clock.advance(6)
    source.refresh()
    assert [f"of {count} bytes" in message for message in incomplete(source)] == [True]
    write(rest)
    source.refresh()
    assert (source.n_rows, incomplete(source)) == (2, [])


def test_a_file_from_the_future_rests_when_its_end_stays_as_it_is(tmp_path: Path) -> None:
    """The time of another clock tells nothing: then the end must have been seen for a while before it is told."""
    clock = HandClock()
    path = tmp_path / "metrics.csv"
    path.write_text(TORN["metrics.csv"][0])
    os.utime(path, (clock.now + 9999, clock.now + 9999))
    source = Source(form("metrics.csv"), path, clock, folder=tmp_path)
    source.refresh()
    assert incomplete(source) == []
    clock.advance(6)
    source.refresh()
    assert len(incomplete(source)) == 1


def test_a_well_known_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A metrics.csv that this user may not read is found, alone and beside others. The right to read is a fake, as
    tests may run as root."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n0,1\n")
    assert not Csv().recognises(path, b"")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert Csv().recognises(path, b"")


def test_json_lines_under_the_name_of_a_csv_file_are_read(tmp_path: Path) -> None:
    """A metrics.csv that holds JSON lines is read as such, in a folder and when it is named."""
    path = tmp_path / "metrics.csv"
    path.write_text('{"step": 0, "loss": 1.5}\n{"step": 1, "loss": 0.5}\n')
    for given in (tmp_path, path):
        run = ExperimentLoader(given)
        assert run.series("loss").to_dict() == {0: 1.5, 1: 0.5}
        assert (run.format, run.anomalies) == ("JSON lines", [])


@pytest.mark.parametrize("name", ["metrics.csv", "metrics.jsonl"])
def test_a_last_row_without_its_line_end_is_flagged(tmp_path: Path, name: str) -> None:
    """A row that has no line end is shown of a file that nobody writes, which is told; an audit finds the same rows,
    and nothing is told any more when the line end comes."""
    path = tmp_path / name
    text = {"metrics.csv": "step,loss\n0,0.5\n1,0.25", "metrics.jsonl": '{"step":0,"loss":0.5}\n{"step":1,"loss":0.25}'}
    path.write_text(text[name])
    os.utime(path, (time.time() - 120, time.time() - 120))
    source = Source(form(name), path, time.time, folder=tmp_path)
    assert source.refresh() == 2
    assert [anomaly.kind for anomaly in source.anomalies] == ["no line end"] and "shown" in source.anomalies[0].message
    audit = source.audit(5.0)
    assert (audit.shown, audit.compared, audit.differing) == (2, 2, 0)
    with path.open("a") as file:
        file.write("\n")
    assert source.refresh() == 0 and source.n_rows == 2 and source.anomalies == []


def test_a_journal_has_no_provisional_row(tmp_path: Path) -> None:
    """A watcher that starts again shows what it is certain of; a line that a killed watcher did not write whole is no
    row, however old it is."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n0,0.5\n1,0.25\n2,0.125")
    source = Source(form("metrics.csv"), path, time.time, folder=tmp_path, remember=True)
    source.refresh()
    journal, = cache_folder().glob("shown/*/*.journal")
    with journal.open("a") as file:
        file.write("2,0.12")
    for one in (path, journal):
        os.utime(one, (time.time() - 120, time.time() - 120))
    path.unlink()
    again = Source(form("metrics.csv"), path, time.time, folder=tmp_path)
    assert again.own.columns["loss"].values.tolist() == [0.5, 0.25]
