"""A bound on everything: memory, lists and panels stay small, whatever a file holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from livemon import ExperimentLoader
from livemon.boards.dashboard import BoardMaker
from livemon.tables.anomalies import KEPT_PER_KIND

HEADER = "step,train_loss\n"

PEAK = """
import resource, sys
from livemon import ExperimentLoader
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run = ExperimentLoader(sys.argv[1])
run.refresh()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(run.tables[0].n_rows, sum(anomaly.count for anomaly in run.anomalies), peak - before)
"""


pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json")


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_a_line_of_200_mb(tmp_path: Path) -> None:
    """FAULTS 8: a line of 200 MB is skipped in a few MB of memory, counted, and the rows around it are read."""
    with (tmp_path / "metrics.csv").open("wb") as file:
        file.write((HEADER + "1,0.5\n").encode())
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"\n2,0.25\n")
    result = subprocess.run([sys.executable, "-c", PEAK, str(tmp_path)], capture_output=True, text=True, check=True)
    n_rows, odd, kibibytes = map(int, result.stdout.split())
    assert (n_rows, odd) == (2, 1)
    assert kibibytes < 40 << 10


@pytest.mark.timeout(120)
def test_many_bad_rows(tmp_path: Path) -> None:
    """200,000 rows that are none are counted, every one, in a list that stays short; the good row between is read."""
    bad = "1\n" * 100_000
    (tmp_path / "metrics.csv").write_text(HEADER + bad + "7,0.5\n" + bad)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.tables[0].n_rows == 1
    assert sum(anomaly.count for anomaly in run.anomalies) == 200_000
    assert len(run.anomalies) == KEPT_PER_KIND + 1
    assert "row rejected (200,000x)" in BoardMaker(run).dashboard(0.0).header.line()


@pytest.mark.timeout(120)
def test_ten_thousand_columns(tmp_path: Path) -> None:
    """FAULTS 58: 10,000 metrics are read; the board draws ten of them in each of its panels and says so."""
    names = ["step", *(f"metric_{number:05d}/value" for number in range(9_999))]
    row = ",".join(["0.5"] * 9_999)
    (tmp_path / "metrics.csv").write_text(",".join(names) + "\n" + "".join(f"{step},{row}\n" for step in range(5)))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert len(run.metric_names) == 9_999
    board = BoardMaker(run).dashboard(0.0)
    notes = ["first 10 of 9999", *(f"{first} to {first + 9} of 9999" for first in range(11, 121, 10))]
    assert [(one.note, len(one.lines)) for one in board.panels] == [(note, 10) for note in notes]
    assert board.left_out == 1000 - 12


@pytest.mark.timeout(120)
def test_names_that_keep_coming(tmp_path: Path) -> None:
    """FAULTS 58: keys that appear over time, each with a header of its own, make columns and no lost row."""
    path = tmp_path / "metrics.csv"
    names = ["step", "train_loss"]
    text = ",".join(names) + "\n"
    for step in range(300):
        names.append(f"m{step}")
        text += ",".join(names) + "\n" + f"{step},0.5" + ",1" * (len(names) - 2) + "\n"
    path.write_text(text)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert (run.tables[0].n_rows, len(run.metric_names)) == (300, 301)
    assert len(run.series("m0")) == 300
