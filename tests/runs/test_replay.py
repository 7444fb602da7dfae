"""A run as it was at earlier moments of its life."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from livemon.boards.dashboard import BoardMaker
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.replay import Replay
from livemon.tables.table import Table


def write(folder: Path, rows: int) -> ExperimentLoader:
    """A run that failed by a NaN, with a validation each tenth step."""
    folder.mkdir(exist_ok=True)
    lines = [f"{step},{2 - step / 1000 if step < 90 else float('nan')},{1.5 if step % 10 == 0 else ''}"
             for step in range(rows)]
    (folder / "metrics.csv").write_text("\n".join(["step,train_loss,val_loss", *lines, ""]))
    (folder / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "nan"}')
    run = ExperimentLoader(folder)
    run.refresh()
    return run


def test_a_replay_is_at_each_moment_the_run_that_was_there(tmp_path: Path) -> None:
    """A replay with n rows shows the board of a file that has these rows alone, while it was written; with all of them
    that of the whole run, with its end."""
    replay = Replay(write(tmp_path / "run", 100))
    maker = BoardMaker(replay)
    assert replay.rows == 100
    for rows in (1, 37, 80):
        replay.grow_to(rows)
        assert (replay.state, replay.ended, replay.reason) == ("running", False, None)
        shorter = write(tmp_path / "shorter", rows)
        (tmp_path / "shorter" / "livemon.json").unlink()
        (mine, theirs) = maker.dashboard(), BoardMaker(shorter).dashboard()
        for one, other in zip(mine.panels[0].lines, theirs.panels[0].lines, strict=True):
            assert one.metric == other.metric
            np.testing.assert_array_equal((one.x, one.y), (other.x, other.y))
        assert [(row.metric, row.last) for row in mine.summary] == [(row.metric, row.last) for row in theirs.summary]
        assert not mine.notices
    replay.grow_to(100)
    assert (replay.state, replay.ended, replay.reason) == ("failed", True, "nan")
    assert any("finite" in notice.text for notice in maker.dashboard().notices)


def test_what_further_files_add_comes_with_the_steps(tmp_path: Path) -> None:
    """Metrics of a file beside the run's own come as far as its own rows reach."""
    own = write(tmp_path / "run", 10).tables[0]
    further = Table(is_supplement=True)
    further.declare(["step", "acc"])
    further.append(own.block_between(0, 10))
    run: Any = SimpleNamespace(tables=[further, own], x_column=lambda kind=None: "step", ended=True)
    replay = Replay(run)
    replay.grow_to(4)
    assert [(table.is_supplement, table.n_rows) for table in replay.tables] == [(True, 4), (False, 4)]
    replay.grow_to(10)
    assert [table.n_rows for table in replay.tables] == [10, 10]
