"""The file read again at the end, and compared with what was shown of it."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from livemon import ExperimentLoader
from livemon.boards.dashboard import BoardMaker
from livemon.live.monitor import Monitor
from livemon.live.screens import Screen
from livemon.readers.base import read_table
from livemon.readers.csv import CsvReader
from livemon.runs.audit import audit
from livemon.system.rolling_check import RollingCheck
from livemon.testing import HandClock, RecordingView, ScriptedWakeups


def write(path: Path, rows: int, **changed: str) -> None:
    """A metrics file of constant width, whose values may be changed in place: `row7="0.9"`."""
    lines = [f"{row:06d},{changed.get(f'row{row}', '0.5')}\n" for row in range(rows)]
    path.write_text("step,train_loss\n" + "".join(lines))


def edit_in_the_middle(path: Path, row: int, value: str) -> None:
    """Change one old value in place; size and time of change stay as they were."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(len("step,train_loss\n") + row * len("000000,0.5\n") + len("000000,"))
        file.write(value.encode())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reading not see bytes that change inside a file: it looks at them piece by piece, and may not have come
    there."""
    monkeypatch.setattr(RollingCheck, "finds_change", lambda *_: False)


def losses(run: ExperimentLoader) -> list[float]:
    return [float(value) for value in run.series("train_loss", attempts="all")]


def test_a_value_changed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 16: a changed old value, size and time as before, is found by the audit, counted, and then shown as it
    is."""
    unseen(monkeypatch)
    path = tmp_path / "metrics.csv"
    write(path, 4000)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    edit_in_the_middle(path, 1700, "0.9")
    assert run.refresh() == 0
    assert losses(run)[1700] == 0.5, "the blind spot that the audit is for"
    found = run.audit()
    assert [(one.shown, one.compared, one.differing, one.first) for one in found] == [(4000, 4000, 1, 1701)]
    assert "1 shown rows differ from the file now, the first is row 1,701" in str(found[0])
    assert losses(run)[1700] == 0.9
    assert [anomaly.kind for anomaly in run.anomalies] == ["audit"]


def test_what_comes_after_a_correction_is_read_once(tmp_path: Path) -> None:
    """Rows that are appended before and after the audit corrects something are there once."""
    path = tmp_path / "metrics.csv"
    write(path, 200)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    edit_in_the_middle(path, 120, "0.9")
    with path.open("a") as file:
        file.write("000200,0.25\n")
    run.audit()
    assert len(run.tables[-1].columns["step"]) == 200
    with path.open("a") as file:
        file.write("000201,0.125\n")
    run.refresh()
    assert losses(run) == [0.5] * 120 + [0.9] + [0.5] * 79 + [0.25, 0.125]


def test_nothing_differs(tmp_path: Path) -> None:
    """A file that was only appended to has 0 differences, and nothing is counted as odd."""
    write(tmp_path / "metrics.csv", 30)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert [str(found) for found in run.audit()] == ["audit: 30 rows read again, 0 differences"]
    assert run.anomalies == []


def test_rows_that_the_file_has_lost(tmp_path: Path) -> None:
    """Rows that are shown and that the file has no more are differences."""
    path = tmp_path / "metrics.csv"
    write(path, 30)
    shown = read_table(CsvReader(path))
    write(path, 20)
    found = audit(shown, CsvReader(path, plain=True), 10.0)
    assert (found.compared, found.differing, found.first) == (30, 10, 21)


@pytest.mark.parametrize("what", ["gone", "shorter"])
def test_what_was_shown_stays(tmp_path: Path, what: str) -> None:
    """An audit takes no row away: of a file that has gone, or was cut, the rows stay on show."""
    path = tmp_path / "metrics.csv"
    write(path, 30)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    if what == "gone":
        path.unlink()
    else:
        write(path, 20)
    (found,) = run.audit()
    assert [table.n_rows for table in run.tables] == [30]
    assert str(found) == ("audit: not done: the file is missing" if what == "gone" else
                          "audit: 30 rows read again, 10 shown rows differ from the file now, the first is row 21")


def test_when_time_runs_out(tmp_path: Path) -> None:
    """An audit that has no time compares what it has read, says so, and corrects nothing."""
    path = tmp_path / "metrics.csv"
    write(path, 400_000)
    shown = read_table(CsvReader(path))
    found = audit(shown, CsvReader(path, plain=True), 0.0)
    assert 0 < found.compared < found.shown == 400_000
    assert found.table is None
    assert str(found).startswith(f"audit: the first {found.compared:,} of 400,000 rows")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    """What is no file any more is not audited, and why is said."""
    path = tmp_path / "metrics.csv"
    write(path, 3)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    path.unlink()
    path.mkdir()
    assert "not done" in str(run.audit()[0])
    assert "a folder" in str(run.audit()[0])


def test_the_end_of_a_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 16: at a run's end the audit comes before the last board and the final plots, which show what the file
    says; one line tells."""
    unseen(monkeypatch)
    path = tmp_path / "exp1" / "logs" / "metrics.csv"
    path.parent.mkdir(parents=True)
    write(path, 500)
    run = ExperimentLoader(tmp_path / "exp1")
    view, said, saved = RecordingView(), [], []

    def save() -> list[Path]:
        saved.append(losses(run)[107])
        return []

    monitor = Monitor(run, [view], BoardMaker(run), ScriptedWakeups([lambda: None]), audit=True, save=save,
                      notify=said.append)
    monitor.run_once()
    edit_in_the_middle(path, 107, "0.9")
    (tmp_path / "exp1" / "livemon.json").write_text('{"state": "finished"}')
    monitor.run()
    assert saved == [0.9]
    assert [line for line in said if line.startswith("audit")] == [
        "audit: 500 rows read again, 1 shown rows differ from the file now, the first is row 108"
    ]
    assert "audit" in view.boards[-1].header.line()


def test_the_last_picture_has_what_the_audit_counts(tmp_path: Path) -> None:
    """After Ctrl-C, a picture that is not drawn at each change is drawn once more: it has every row that is counted."""
    path = tmp_path / "metrics.csv"
    write(path, 20)
    run = ExperimentLoader(tmp_path)
    view, said, clock = RecordingView(), [], HandClock()

    def append() -> None:
        with path.open("a") as file:
            file.write("000020,0.25\n")

    def interrupt() -> None:
        raise KeyboardInterrupt

    wakeups = ScriptedWakeups([lambda: None, append, interrupt], clock)
    screen = Screen(view, least_seconds=3600.0)
    monitor = Monitor(run, [screen], BoardMaker(run), wakeups, audit=True, notify=said.append, timer=clock)
    with pytest.raises(KeyboardInterrupt):
        monitor.run()
    assert said[-1] == "audit: 21 rows read again, 0 differences"
    assert "step 20" in view.boards[-1].header.line()


def test_the_limit_of_time_is_kept_within_a_line_of_the_greatest_length(tmp_path: Path) -> None:
    """Of a large file no more is read after the time has passed than a single line may have, 1 MiB."""
    path = tmp_path / "metrics.csv"
    write(path, 400_000)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    (table,) = run.tables
    result = audit(table, CsvReader(path, plain=True), 0.0, itertools.count().__next__)
    assert 0 < result.compared <= 2**20 // len("000000,0.5\n") + 1 and result.differing == 0
