"""The main job: a real Lightning training in another process, watched from before its first row to after its last."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.tables.table import Table
from tests.started import started

pytest.importorskip("torch")

TRAINING = Path(__file__).with_name("live_lightning_training.py")
Rows = list[dict[str, str]]


def rows_of(table: Table) -> Rows:
    """Each row's cells as they stand in the table, without the clock; numbers as text that tells every bit."""
    rows: Rows = [{} for _ in range(table.n_rows)]
    for name, column in table.columns.items():
        if name == "time_elapsed_seconds":  # the recorder adds it
            continue
        for row, value in zip(column.rows.tolist(), column.values.tolist(), strict=True):
            rows[row][name] = float(value).hex()
        assert column.texts == []
    return rows


def logged_rows(path: Path) -> Rows:
    """What Lightning handed to its logger, in the same form."""
    logged = json.loads(path.read_text())
    return [{name: float(value).hex() for name, value in {**metrics, "step": step}.items()} for step, metrics in logged]


@pytest.mark.parametrize(("namespace", "kind"), [
    ("lightning.pytorch", "csv"),
    pytest.param("pytorch_lightning", "memory", marks=pytest.mark.slow),  # half a minute, most of it importing
])
def test_a_training_is_watched_without_loss(tmp_path: Path, namespace: str, kind: str) -> None:
    """While the file's header is rewritten again and again, no row is lost, doubled or changed; none shown vanishes."""
    run = tmp_path / "run" / ("livemon" if kind == "memory" else "version_0")
    run.mkdir(parents=True)
    loader = ExperimentLoader(run)
    assert loader.refresh() == 0
    assert loader.state == "waiting"

    shown: Rows = []
    headers: list[list[str]] = []
    looks_with_news = 0

    def look() -> None:
        nonlocal shown, looks_with_news
        new = loader.refresh()
        if new == 0:
            return
        looks_with_news += 1
        now = [row for table in loader.tables for row in rows_of(table)]
        assert now[: len(shown)] == shown
        assert len(now) == len(shown) + new
        shown = now
        columns = list(loader.tables[-1].columns)
        if columns not in headers:
            headers.append(columns)

    command = [sys.executable, str(TRAINING), namespace, kind, str(run), str(tmp_path / "logged.json")]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as training:
        while training.poll() is None:
            look()
            time.sleep(0.01)
        output = training.communicate()[0]
    assert training.returncode == 0, output
    look()

    expected = logged_rows(tmp_path / "logged.json")
    assert shown == expected
    assert len(loader.tables) == 1, "nothing was taken for a deleted attempt"
    afterwards = ExperimentLoader(run)
    afterwards.refresh()
    assert rows_of(afterwards.tables[-1]) == expected
    assert len(expected) > 200
    assert looks_with_news > 3
    assert len(headers) >= 3, "the header grew while it was watched"
    assert any("late" in columns for columns in headers)
    assert not all("late" in columns for columns in headers)
    assert (loader.state, loader.total_steps) == ("finished", 240)
