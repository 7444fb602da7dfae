"""Runs that nobody writes any more, read in one go: what is read is what following them reads."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from livemon.runs.discovery import Found, run_at
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.frozen_run import FrozenFolder
from livemon.runs.settled_run import read_settled

NOW = time.time()

PLAIN = "step,train_loss,lr\n0,1.5,0.1\n10,1.25,0.1\n20,1,0.01\n30,0.5,0.01\n"
READ_IN_ONE_GO = {
    "plain": PLAIN,
    "gaps": "step,train_loss,val_loss\n0,1.5,\n10,,0.75\n20,1,\n",
    "nan": "step,train_loss\n0,1.5\n10,nan\n20,nan\n",
    "texts": "step,mode,train_loss\n0,a,1.5\n10,b,1\n20,,0.5\n",
    "times": "step,train_loss,time_elapsed_seconds\n" + "".join(f"{i},{9 - i},{i * 2.5}\n" for i in range(8)),
    "unix times": "step,train_loss,timestamp\n" + "".join(f"{i},{9 - i},{NOW - 9000 + i * 60:.3f}\n" for i in range(8)),
    "epochs alone": "epoch,loss,accuracy\n0,1.5,0.1\n1,1.25,0.2\n2,1,0.3\n",
    "semicolons": "step;loss\n0;0,5\n10;0,25\n",
    "infinite": "step,loss\n0,inf\n10,0.25\n",
}


def written(folder: Path, text: str, *, age: float = 3600.0) -> Found:
    file = folder / "logs" / "metrics.csv"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    os.utime(file, (NOW - age, NOW - age))
    return found_at(folder)


def found_at(folder: Path) -> Found:
    found = run_at(folder)
    assert found is not None
    return found


def followed(folder: Path) -> FrozenFolder:
    """The run as it is read where it is followed, and then frozen."""
    run = ExperimentLoader(folder, clock=lambda: NOW)
    run.refresh()
    run.freeze()
    frozen = run._folders.newest
    assert isinstance(frozen, FrozenFolder)
    return frozen


def told(folder: FrozenFolder) -> dict[str, Any]:
    """All that can be asked of a frozen run, in a form that compares NaN."""
    (source,) = folder.sources
    tables = [{name: (column.rows.tolist(), column.values.dtype, repr(column.values.tolist()),
                      column.text_rows.tolist(), list(column.texts)) for name, column in table.columns.items()}
              for table in (*folder.tables, *source.tables, source.own)]
    pace = folder.pace
    return {"tables": tables, "rows": (source.n_rows, [table.n_rows for table in folder.tables]),
            "paths": (folder.given, folder.path, folder.real_path, source.path, tuple(source.files)),
            "standing": folder.standing, "label": folder.label, "settings": folder.settings,
            "pace": (pace, pace.was_seen, pace.grew_seconds, pace.mean_seconds), "written": source.written,
            "facts": source.facts, "anomalies": [*folder.anomalies.as_list(), *source.anomalies],
            "choice": (folder.choice.in_words(folder.path), folder.choice.filled, list(folder.earlier)),
            "main": [part is source for part in folder.choice.main], "rewriting": source.rewriting,
            "format": source.format.name, "source's pace": source.pace}


@pytest.mark.parametrize("kind", READ_IN_ONE_GO)
def test_what_is_read_in_one_go_is_what_following_reads(tmp_path: Path, kind: str) -> None:
    """Rows, settings, state, pace and paths are the same."""
    found = written(tmp_path / "run", READ_IN_ONE_GO[kind])
    settled = read_settled(found, lambda: NOW)
    assert settled is not None
    assert told(settled) == told(followed(tmp_path / "run"))


@pytest.mark.parametrize(("files", "state"), [({"config.json": json.dumps({"total_steps": 30})}, "finished"),
                                              ({"config.json": "{"}, "unknown"),
                                              ({"checkpoints/final_model.pt": "x"}, "finished")])
def test_settings_and_ends_are_the_same(tmp_path: Path, files: dict[str, str], state: str) -> None:
    """A config, a broken one and a final model say the same of both."""
    written(tmp_path / "run", PLAIN)
    for name, text in files.items():
        (tmp_path / "run" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "run" / name).write_text(text)
    settled = read_settled(found_at(tmp_path / "run"), lambda: NOW)
    assert settled is not None
    assert settled.standing.state == state
    assert told(settled) == told(followed(tmp_path / "run"))


@pytest.mark.parametrize("text", [
    "step,loss\n0,1\n10,2\n20,3", "step,loss\n0,1\n20,2\n10,3\n", "step,loss\n0,1\n10,2,3\n", "step,loss\n0,1e999\n",
    "step,loss\n", "step,loss\n0,1\n,2\n", "step,rank,loss\n0,0,1\n0,1,2\n0,0,3\n"])
def test_what_has_to_be_told_is_followed(tmp_path: Path, text: str) -> None:
    """A run with an irregular row, an unfinished line, late rows or no row at all says the same as any other."""
    found = written(tmp_path / "run", text)
    settled = read_settled(found, lambda: NOW)
    assert settled is None or told(settled) == told(followed(tmp_path / "run"))


def test_a_run_that_may_be_written_is_followed(tmp_path: Path) -> None:
    """A file that was written just now, a note of a recorder, a second source or a kept row need more than one look."""
    assert read_settled(written(tmp_path / "young", PLAIN, age=30), lambda: NOW) is None
    assert read_settled(written(tmp_path / "ahead", PLAIN, age=-900), lambda: NOW) is None
    noted = written(tmp_path / "noted", PLAIN)
    (tmp_path / "noted" / "livemon.json").write_text(json.dumps({"state": "running"}))
    assert read_settled(noted, lambda: NOW) is None
    written(tmp_path / "two", PLAIN)
    (tmp_path / "two" / "more.csv").write_text("step,acc\n0,1\n")
    assert read_settled(found_at(tmp_path / "two"), lambda: NOW) is None
    kept = written(tmp_path / "kept", PLAIN)
    watcher = ExperimentLoader(tmp_path / "kept", remember=True)
    watcher.refresh()
    assert read_settled(kept, lambda: NOW) is None


def test_a_link_in_the_run_is_followed(tmp_path: Path) -> None:
    """A file behind a link may be another one soon."""
    written(tmp_path / "run", PLAIN)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "logs").symlink_to(tmp_path / "run" / "logs")
    assert read_settled(found_at(linked), lambda: NOW) is None
