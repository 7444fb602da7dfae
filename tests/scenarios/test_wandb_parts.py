"""A run of W&B that was started again: one run, with an attempt for each start."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from livemon.runs.discovery import discover_experiments, runs_below
from livemon.runs.experiment import ExperimentLoader

EXIT = b"\x92\x01"  # the tag of an exit record, 18


def message(tag: bytes, data: bytes) -> bytes:
    return tag + bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data


def history(row: dict[str, Any]) -> bytes:
    items = [message(b"\x0a", message(b"\x0a", name.encode()) + message(b"\x82\x01", json.dumps(value).encode()))
             for name, value in row.items()]
    return message(b"\x12", b"".join(items))


def write_part(wandb: Path, start: str, steps: range, *, run: str = "abc", code: int | None = None) -> Path:
    """A part as W&B writes it, a row a second since `start` (a day of January 2026); `code`: it says its end."""
    rows = [{"loss": 2.0 / (step + 1), "_step": step, "_timestamp": 1.767e9 + 86400 * int(start) + step}
            for step in steps]
    records = [*map(history, rows), *([] if code is None else [message(EXIT, bytes([8, code]))])]
    chunks = [struct.pack("<IHB", zlib.crc32(b"\1" + data), len(data), 1) + data for data in records]
    path = wandb / f"offline-run-202601{start}_000000-{run}" / f"run-{run}.wandb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b":W&B\xe1\xbe\0" + b"".join(chunks))
    return path


@pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")
@pytest.mark.parametrize("named", ["", *(f"wandb/offline-run-202601{day}_000000-abc" for day in ("01", "02"))])
def test_the_parts_of_a_run_are_its_attempts(tmp_path: Path, named: str) -> None:
    """All parts' rows are shown, the newest part's where two have a step, with the end that the newest part says."""
    write_part(tmp_path / "wandb", "01", range(30))
    write_part(tmp_path / "wandb", "02", range(25, 60), code=0)
    run = ExperimentLoader(tmp_path / named)
    assert run.series("loss").index.tolist() == list(range(60))
    assert len(run.series("loss", attempts="all")) == 65 == len(run.load_metrics())
    assert run.state == "finished" and run.choice == ""
    assert run.get_summary()["total_steps"] == 59


def test_the_end_of_an_older_part_is_not_the_runs(tmp_path: Path) -> None:
    """A run that failed, or even finished, and was started again runs as its newest part does."""
    write_part(tmp_path / "wandb", "01", range(30), code=1)
    write_part(tmp_path / "wandb", "02", range(25, 40))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.state not in ("failed", "finished")


def test_a_part_that_comes_while_the_run_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that follows while the first is watched joins the run, as for who opens it afterwards."""
    monkeypatch.setattr("livemon.runs.folder.LOOK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr("livemon.runs.folder.SEARCH_SECONDS", 0.0)
    first = write_part(tmp_path / "wandb", "01", range(30))
    run = ExperimentLoader(first.parent)
    run.refresh()
    write_part(tmp_path / "wandb", "02", range(25, 60), code=0)
    run.refresh()
    afterwards = ExperimentLoader(first.parent)
    assert run.series("loss").equals(afterwards.series("loss")) and len(run.series("loss")) == 60


def test_the_parts_among_other_runs(tmp_path: Path) -> None:
    """In a folder of several runs each is found once, as its newest folder."""
    write_part(tmp_path / "wandb", "01", range(30))
    write_part(tmp_path / "wandb", "02", range(25, 60), code=0)
    write_part(tmp_path / "wandb", "03", range(10), run="xyz", code=0)
    newest = ["offline-run-20260102_000000-abc", "offline-run-20260103_000000-xyz"]
    assert [run.path.name for run in runs_below(tmp_path)] == newest
    assert [path.name for path in discover_experiments(tmp_path / "wandb")] == newest
    assert [path.name for path in discover_experiments(tmp_path, "**")] == newest
