"""How long a run has trained."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livemon import ExperimentLoader
from livemon.runs import duration

Command = Callable[..., subprocess.CompletedProcess[str]]
NOON = 1_700_000_000.0


def _run(folder: Path, rows: str, note: dict[str, Any] | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(rows)
    (folder / "config.json").write_text('{"seed": 1}')
    if note is not None:
        (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "host": "elsewhere"} | note))
    return folder


def _seconds(*folders: Path) -> float | None:
    run = ExperimentLoader(list(folders))
    run.refresh()
    seconds: float | None = run.get_summary().get("training_duration_seconds")
    return seconds


@pytest.mark.parametrize(("rows", "seconds"), [
    ("step,loss,time\n1,4,1700000000000\n2,3,1700000001000\n3,1,1700000002500\n", 2.5),
    ("step,loss,time_elapsed_seconds\n1,4,10\n2,3,30\n", 30.0),
    ("step,loss,time\n" + "".join(f"{step},1,{1.7e9 + 5 * step}\n" for step in range(20))
     + "".join(f"{step},1,{1.7e9 + 7200 + 5 * step}\n" for step in range(15, 30)), 19 * 5 + 5 + 14 * 5),
])
def test_times_of_rows_tell(rows: str, seconds: float, tmp_path: Path) -> None:
    """A time of day counts from the first row, a time since the start from 0; both are seconds, whatever the unit. The
    pause before an attempt that goes on in the same file does not count."""
    note = {"state": "finished", "started": NOON, "ended": NOON + 999}
    assert _seconds(_run(tmp_path / "run", rows, note)) == pytest.approx(seconds)


ROWS = "step,loss\n1,4\n2,3\n"
FIRST = {"state": "failed", "started": NOON, "ended": NOON + 100}


@pytest.mark.parametrize(("note", "seconds"), [
    ({"state": "finished", "started": NOON, "ended": NOON + 90.5}, 90.5),
    ({"state": "finished", "started": NOON + 500, "ended": NOON + 530, "earlier": [FIRST]}, 130.0),
    ({"state": "finished", "started": NOON + 500, "ended": NOON + 530, "earlier": [{"started": NOON}]}, None),
    ({"state": "finished", "started": NOON, "ended": NOON - 5}, None),  # the clock was set back
])
def test_what_was_noted_tells_where_rows_do_not(note: dict[str, Any], seconds: float | None, tmp_path: Path) -> None:
    """Rows of a framework that say no time took what livemon.json says of all attempts; of one of which the end is not
    known nothing is said."""
    assert _seconds(_run(tmp_path / "run", ROWS, note)) == seconds


def test_a_run_that_trains_has_trained_until_its_last_row(tmp_path: Path) -> None:
    """A note without an end, of a run that trains or was killed, counts up to the last row."""
    run = _run(tmp_path / "run", ROWS, {"state": "running", "started": NOON})
    os.utime(run / "metrics.csv", (NOON + 42, NOON + 42))
    assert _seconds(run) == 42


@pytest.mark.parametrize(("made", "seconds"), [(NOON - 600, 600.0), (NOON - 5, None), (NOON + 600, None), (None, None)])
def test_a_file_that_grew_tells_last(
    made: float | None, seconds: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain file took from its making to its last row; a copy or a file that is replaced, which was made as it was
    written or later, tells nothing."""
    run = _run(tmp_path / "run", ROWS)
    os.utime(run / "metrics.csv", (NOON, NOON))
    monkeypatch.setattr(duration, "birth_time", lambda path: made)
    assert _seconds(run) == seconds


def test_folders_of_one_run_add_up(tmp_path: Path) -> None:
    """A run that went on in another folder took what both did; a clock that goes on counts once, and of a folder that
    says nothing nothing is known."""
    first = _run(tmp_path / "a", "step,loss,elapsed_seconds\n1,4,10\n2,3,30\n")
    goes_on = _run(tmp_path / "b", "step,loss,elapsed_seconds\n3,4,31\n4,3,50\n")
    anew = _run(tmp_path / "c", "step,loss,elapsed_seconds\n3,4,1\n4,3,20\n")
    silent = _run(tmp_path / "d", ROWS)
    assert (_seconds(first, goes_on), _seconds(first, anew), _seconds(first, silent)) == (50, 50, None)


def test_ls_says_how_long_a_callbacks_run_took(tmp_path: Path, livemon: Command) -> None:
    """Issue 19: `took` of `ls` is not empty where livemon.json says when the training began and ended."""
    _run(tmp_path / "runs" / "a", ROWS, {"state": "finished", "started": NOON, "ended": NOON + 90.0})
    (row,) = json.loads(livemon("ls", "runs", "--json", cwd=tmp_path).stdout)
    assert row["took"] == 90


def test_a_late_row_is_no_pause(tmp_path: Path) -> None:
    """Where a row of an earlier step comes late, as those of a validation do, no attempt begins: the time before it
    counts."""
    rows = [(step, 5 * step) for step in range(30)] + [(28, 7200)] + [(step, 7200 + 5 * step) for step in range(30, 40)]
    text = "step,loss,time\n" + "".join(f"{step},1,{1.7e9 + at}\n" for step, at in rows)
    assert _seconds(_run(tmp_path / "run", text)) == pytest.approx(7200 + 5 * 39)
