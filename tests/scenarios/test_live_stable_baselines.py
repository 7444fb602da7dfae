"""A real Stable-Baselines3 training in another process, which writes its whole file over itself, watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.tables.table import Table
from tests.started import started

TRAINING = Path(__file__).with_name("live_stable_baselines_training.py")
# A Python that has stable_baselines3 and gymnasium, where this one has not.
PYTHON = os.environ.get("LIVEMON_SB3_PYTHON") or sys.executable
Rows = list[dict[str, float]]


def rows_of(table: Table) -> Rows:
    """Each row's cells as they stand in the table."""
    rows: Rows = [{} for _ in range(table.n_rows)]
    for name, column in table.columns.items():
        assert column.texts == []
        for row, value in zip(column.rows.tolist(), column.values.tolist(), strict=True):
            rows[row][name] = float(value)
    return rows


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("poll", [0.003, 0.25])
def test_a_training_is_watched_without_loss(tmp_path: Path, poll: float) -> None:
    """While a real writer goes over its file from the first byte again and again, no row is lost, doubled or changed,
    and none that was shown vanishes."""
    probe = subprocess.run([PYTHON, "-c", "import stable_baselines3, gymnasium"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip("stable_baselines3 is not installed here; LIVEMON_SB3_PYTHON names a Python that has it")
    folder = tmp_path / "run"
    folder.mkdir()
    loader = ExperimentLoader(folder)
    shown: Rows = []
    headers: set[tuple[str, ...]] = set()

    def look() -> None:
        nonlocal shown
        loader.refresh()
        now = [row for table in loader.tables for row in rows_of(table)]
        assert now[: len(shown)] == shown
        shown = now
        headers.add(tuple(loader.tables[-1].columns))

    command = [PYTHON, str(TRAINING), str(folder), str(tmp_path / "logged.json")]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as training:
        while training.poll() is None:
            look()
            time.sleep(poll)
        output = training.communicate()[0]
    assert training.returncode == 0, output
    deadline = time.monotonic() + 10.0
    look()
    while loader.rewriting and time.monotonic() < deadline:
        time.sleep(0.05)
        look()
    logged = json.loads((tmp_path / "logged.json").read_text())
    assert shown == [{name: float(cell) for name, cell in row.items()} for row in logged]
    assert len(loader.tables) == 1, "nothing was taken for a deleted attempt"
    assert len(shown) == 120
    assert len(headers) >= 4, "the header grew while it was watched"
