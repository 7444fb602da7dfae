"""Rows without a step among rows with one: told, with their line, and never drawn at another row's step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.run_tracks import RunTracks
from livemon.runs.experiment import ExperimentLoader

ODD_STEPS = {
    "metrics.csv": "step,loss\n0,1\n1e400,5\nabc,6\n,7\ninf,8\n100,2\n",
    "metrics.jsonl": '{"step":0,"loss":1}\n{"step":1e400,"loss":5}\n{"step":true,"loss":6}\n{"loss":7}\n'
                     '{"step":[3],"loss":8}\n{"step":100,"loss":2}\n{"step":"200","loss":9}\n',
}


def read(folder: Path, name: str, text: str) -> ExperimentLoader:
    (folder / name).write_text(text)
    run = ExperimentLoader(folder)
    run.refresh()
    return run


def told(run: ExperimentLoader) -> list[tuple[int | None, int]]:
    return [(anomaly.line, anomaly.count) for anomaly in run.anomalies if anomaly.kind == "no step"]


@pytest.mark.parametrize("name", ODD_STEPS)
def test_a_row_is_never_placed_at_another_rows_step(tmp_path: Path, name: str) -> None:
    """Rows whose own step is too large, a text, blank or infinite have no place over the step, and no curve shows them;
    the rest keep theirs, also where few are left. A number in quotes is that number."""
    run = read(tmp_path, name, ODD_STEPS[name])
    series = run.series("loss", attempts="all")
    quoted = {200: 9} if name == "metrics.jsonl" else {}
    assert series[series.index.notna()].to_dict() == {0: 1, 100: 2} | quoted
    assert series[series.index.isna()].tolist() == [5, 6, 7, 8]
    tracks = RunTracks(run, Options())
    tracks.read()
    assert tracks.tracks["loss"].points()[0].tolist() == [0, 100, *quoted]


def test_rows_without_a_step_are_told_with_their_line(tmp_path: Path) -> None:
    """Each text in place of a step, and rows that say none, are counted with the line where they stand."""
    csv_folder, json_folder = tmp_path / "csv", tmp_path / "json"
    csv_folder.mkdir()
    json_folder.mkdir()
    run = read(csv_folder, "metrics.csv", ODD_STEPS["metrics.csv"])
    assert told(run) == [(3, 1), (4, 1), (5, 1), (6, 1)]
    assert any("step is missing or not a number" in anomaly.message for anomaly in run.anomalies)
    run = read(json_folder, "metrics.jsonl", ODD_STEPS["metrics.jsonl"])
    assert told(run) == [(2, 1), (3, 1), (4, 1), (5, 1)]


def test_rows_above_the_first_step_are_counted(tmp_path: Path) -> None:
    """Rows that came before the file had a step are counted when it has one; lines without a metric never are."""
    run = read(tmp_path, "metrics.jsonl", '{"note":"begins","epoch":0}\n{"loss":1}\n')
    assert told(run) == []
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step":5,"loss":2}\n{"note":"ends"}\n')
    run.refresh()
    assert sum(count for _, count in told(run)) == 1


def test_a_file_of_one_kind_of_rows_has_nothing_to_tell(tmp_path: Path) -> None:
    """Neither a file whose rows all have a step, nor one that has no steps at all, is odd."""
    assert told(read(tmp_path, "metrics.csv", "epoch,loss\n0,1\n,2\n")) == []
    assert told(read(tmp_path, "metrics.csv", "step,loss\n" + "7,1.5\n" * 5000)) == []


def test_whole_steps_are_exact_beyond_what_a_float_holds(tmp_path: Path) -> None:
    """Steps above 2**53 stay apart in a series, and an attempt overtakes only what is at or above its first step."""
    first = 2**53 + 1
    run = read(tmp_path, "metrics.csv", "step,loss\n" + "".join(f"{first + i},{i}\n" for i in (0, 1, 2, 1)))
    series = run.series("loss")
    assert series.index.dtype == np.int64
    assert series.index.tolist() == [first, first + 1] and series.tolist() == [0, 1]
    tracks = RunTracks(run, Options())
    tracks.read()
    assert tracks.tracks["loss"].points()[3].tolist() == [True, False, False, True]
