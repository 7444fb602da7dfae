"""Several runs as the rows of their list."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from livemon.boards import OptionError
from livemon.boards.run_list import RunList, conditions
from livemon.boards.run_row import RunRow
from livemon.runs.experiment import ExperimentLoader

FALLING = [0.1 + 2 / (1 + step / 20) for step in range(300)]
NOW = 1_900_000_000.0

pytestmark = pytest.mark.filterwarnings("ignore:.*config")


def make_run(folder: Path, losses: list[float], config: dict[str, object], **known: object) -> ExperimentLoader:
    folder.mkdir()
    rows = "".join(f"{10 * step},{loss}\n" for step, loss in enumerate(losses))
    (folder / "metrics.csv").write_text(f"step,val_loss\n{rows}")
    (folder / "config.json").write_text(json.dumps({"depth": 4, **config}))
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, **known}))
    run = ExperimentLoader(folder)
    run.refresh()
    return run


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, ExperimentLoader]:
    """Two runs that learn, and one that was killed after its loss became NaN."""
    return {
        "a": make_run(tmp_path / "a", FALLING, {"lr": 0.1, "seed": 1}, state="finished"),
        "b": make_run(tmp_path / "b", [loss + 0.2 for loss in FALLING], {"lr": 0.01, "seed": 1}, state="finished"),
        "c": make_run(tmp_path / "c", [*FALLING[:200], *[math.nan] * 100], {"lr": 0.5}, state="failed",
                      reason="killed"),
    }


def test_a_row_says_how_a_run_stands(runs: dict[str, ExperimentLoader]) -> None:
    """Name, state, step, main metric with its direction, best and where, and the settings that are not the same in all;
    the run with a problem stands on top."""
    rows = RunList(lambda: NOW).rows(runs, shown=["a"], colours={"a": "blue"})
    assert [row.name for row in rows] == ["c", "a", "b"]
    sick, well, other = rows
    assert (sick.standing, sick.verdict, sick.problem) == ("failed (killed)", "critical", "killed, NaN since 2,000")
    assert sick.last is not None and math.isnan(sick.last) and sick.best == pytest.approx(0.1 + 2 / (1 + 199 / 20))
    assert (well.state, well.step, well.metric, well.arrow, well.problem) == ("finished", 2990, "val_loss", "↓", "")
    assert (well.last, well.best, well.best_step) == (FALLING[-1], FALLING[-1], 2990.0)
    assert [dict(row.settings) for row in rows] == [
        {"lr": "0.5"}, {"lr": "0.1", "seed": "1"}, {"lr": "0.01", "seed": "1"}]
    assert (well.is_shown, well.colour, other.is_shown, other.colour) == (True, "blue", False, "")


def test_the_small_series_goes_over_the_whole_run(runs: dict[str, ExperimentLoader]) -> None:
    """It begins high, ends at the newest value, has a value for each of its parts, and falls as the loss does."""
    row = next(row for row in RunList().rows(runs) if row.name == "a")
    assert len(row.series) == 24 and not any(map(math.isnan, row.series))
    assert list(row.series) == sorted(row.series, reverse=True)
    assert row.series[-1] == pytest.approx(FALLING[-1], rel=0.1)


@pytest.mark.parametrize(("words", "names"), [
    (["lr>=0.1"], ["c", "a"]), (["state:finished", "lr<0.1"], ["b"]), (["verdict:critical"], ["c"]),
    (["val_loss<0.3"], ["a"]), (["seed=1"], ["a", "b"]), (["steps>5000"], []),
])
def test_the_conditions_of_ls(runs: dict[str, ExperimentLoader], words: list[str], names: list[str]) -> None:
    """Rows are filtered as `livemon ls` filters them: by settings, newest values and columns; `:` equals `=`."""
    listed = RunList()
    assert [row.name for row in listed.rows(runs, conditions(words))] == names
    assert listed.meeting(runs, conditions(words)) == sorted(names)


def test_a_word_that_is_no_condition() -> None:
    """It is an OptionError, as whatever means nothing in a lens."""
    with pytest.raises(OptionError, match="--where: 'lr' is not a valid filter"):
        conditions(["lr"])


def test_a_list_is_continued(runs: dict[str, ExperimentLoader]) -> None:
    """After new rows it says what a list made anew says; a row of a run without news is the same but for its age; a run
    that is gone has no row, and a new one has."""
    clock = [NOW]
    listed = RunList(lambda: clock[0])
    before = {row.name: row for row in listed.rows(runs)}
    with open(runs["b"].exp_dir / "metrics.csv", "a", encoding="utf-8") as file:
        file.write("3000,0.01\n")
    runs["b"].refresh()
    clock[0] += 60
    after = {row.name: row for row in listed.rows(runs)}
    assert after["b"].best == 0.01 and after["b"].step == 3000.0
    assert repr(after) == repr({row.name: row for row in RunList(lambda: clock[0]).rows(runs)})  # NaN is not itself
    assert after["a"] == before["a"]
    del runs["a"]
    assert [row.name for row in listed.rows(runs)] == ["c", "b"]


def test_a_run_that_trains(tmp_path: Path) -> None:
    """It has an age that grows, and an ETA where its end and its pace are known."""
    (tmp_path / "t").mkdir()
    rows = "".join(f"{step},{1 / (1 + step)},{2.0 * step}\n" for step in range(100))
    (tmp_path / "t" / "metrics.csv").write_text(f"step,train_loss,time_elapsed_seconds\n{rows}")
    (tmp_path / "t" / "config.json").write_text('{"max_steps": 199}')
    run = ExperimentLoader(tmp_path / "t")
    run.refresh()
    last = run.pace.last_row_at
    assert last is not None
    row: RunRow = RunList(lambda: last + 4).rows({"t": run})[0]
    assert (row.age_text, row.total_steps, row.seconds_left) == ("4 s", 199, 200.0)


def test_a_run_without_rows(tmp_path: Path) -> None:
    """It is listed, and waits."""
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "metrics.csv").write_text("step,loss\n")
    run = ExperimentLoader(tmp_path / "e")
    run.refresh()
    row = RunList().rows({"e": run})[0]
    assert (row.state, row.metric, row.series, row.step) == ("waiting", "", (), None)


def test_what_is_known_is_listed_first(runs: dict[str, ExperimentLoader]) -> None:
    """A list without time has names, states, steps and best values of all runs, and the verdict and the series of one;
    the next lists have the others. A row is the same object while nothing of it changes."""
    listed = RunList(lambda: NOW)
    counts = []
    for _ in range(4):
        rows = listed.rows(runs, anew=False, seconds=0.0)
        assert all(row.best is not None and row.step is not None and row.state != "unknown" for row in rows)
        counts.append((sum(row.verdict != "unknown" for row in rows), sum(bool(row.series) for row in rows),
                       listed.is_complete))
    assert counts == [(1, 1, False), (2, 2, False), (3, 3, True), (3, 3, True)]
    assert {id(row) for row in rows} == {id(row) for row in listed.rows(runs, anew=False)}
    assert repr(sorted(rows, key=str)) == repr(sorted(RunList(lambda: NOW).rows(runs), key=str))


def test_values_join_a_row_that_is_known(runs: dict[str, ExperimentLoader], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the runs are judged and the list is opened, no run is asked for its state again, and the rows are those of
    a list made anew."""
    listed = RunList(lambda: NOW)
    assert all(not row.metric for row in listed.rows(runs, values=False))
    with monkeypatch.context() as patch:
        patch.setattr(ExperimentLoader, "state", property(lambda run: pytest.fail("asked again")))
        rows = listed.rows(runs, anew=False)
    assert repr(rows) == repr(RunList(lambda: NOW).rows(runs))
