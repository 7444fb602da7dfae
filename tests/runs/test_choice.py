"""Which of several sources are shown, and what the further ones add."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livemon.boards import Options
from livemon.boards.run_tracks import RunTracks
from livemon.runs.choice import Supplement
from livemon.runs.experiment import ExperimentLoader
from livemon.tables.table import Block, Cells, Table


def block(**columns: list[int]) -> Block:
    return Block(len(next(iter(columns.values()))), {name: Cells(np.array(cells)) for name, cells in columns.items()})


def test_a_supplement_follows_its_table() -> None:
    """It has the chosen metrics under their names in the run, the axes, and the points that come later, by the same
    columns."""
    table = Table()
    table.append(block(step=[1, 2], loss=[4, 3], lr=[1, 1]))
    supplement = Supplement(table, {"val/loss": "loss", "missing": "missing"})
    shown = supplement.table
    assert (list(shown.columns), shown.n_rows, shown.is_supplement) == (["step", "val/loss"], 2, True)
    table.append(block(step=[3], loss=[2], epoch=[1]))
    supplement.update()
    assert shown is supplement.table and shown.n_rows == 3
    assert list(shown.columns) == ["step", "epoch", "val/loss"]
    assert shown.columns["val/loss"].values.tolist() == [4, 3, 2]
    assert shown.at_rows("step", np.array([2])).tolist() == [3]


def test_times_of_two_kinds_do_not_stand_on_one_axis() -> None:
    """Seconds since 1970 are left out beside seconds since the run's start: those metrics have no time then."""
    table, unix, elapsed = Table(), Table(), Table()
    table.append(block(step=[1, 2], wall_time=[1_700_000_000, 1_700_000_001], loss=[4, 3]))
    unix.append(block(step=[1, 2], timestamp=[1_700_000_000, 1_700_000_005]))
    elapsed.append(block(step=[1, 2], time_elapsed=[1, 6]))
    assert list(Supplement(table, {"loss": "loss"}, [unix]).table.columns) == ["step", "wall_time", "loss"]
    assert list(Supplement(table, {"loss": "loss"}, [elapsed]).table.columns) == ["step", "loss"]


def test_metrics_of_a_further_file_do_not_lead(tmp_path: Path) -> None:
    """The pace is that of the run's own rows, however many rows a further file has."""
    (tmp_path / "metrics.csv").write_text("step,train_loss\n1,2.0\n2,1.0\n")
    (tmp_path / "eval.csv").write_text("step,val_loss\n" + "".join(f"{step},1.5\n" for step in range(9)))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert [table.is_supplement for table in run.tables] == [True, False]
    tracks = RunTracks(run, Options())
    tracks.read()
    assert tracks.leading == "train_loss"
