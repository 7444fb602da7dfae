"""Several runs and a lens -> the board."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from livemon.boards import Lens, OptionError
from livemon.boards.lens import moves
from livemon.boards.lens.stretch import Stretch
from livemon.boards.model import Board, Panel
from livemon.boards.runs_maker import RunsMaker
from livemon.runs.experiment import ExperimentLoader

pytestmark = pytest.mark.filterwarnings("ignore:.*config")
NOW = 2e9


class Runs:
    """Runs of a folder, which can be written on; as a watch has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaders: dict[str, ExperimentLoader] = {}

    def begin(self, name: str, lr: float, seed: int, steps: int = 200, floor: float = 0.5, state: str = "") -> None:
        """A run of so many steps, validated each tenth."""
        (self.folder / name).mkdir()
        (self.folder / name / "config.json").write_text(json.dumps({"lr": lr, "seed": seed}))
        if state:
            (self.folder / name / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state}))
        (self.folder / name / "metrics.csv").write_text("step,train_loss,val_loss,learning_rate\n")
        self.go_on(name, 0, steps, floor)
        self.loaders[name] = ExperimentLoader(self.folder / name)
        self.refresh()

    def go_on(self, name: str, start: int, steps: int, floor: float = 0.5) -> None:
        """Log these steps, too."""
        with open(self.folder / name / "metrics.csv", "a", encoding="utf-8") as file:
            for step in range(start, start + steps):
                loss = floor + 2 * math.exp(-step / 50)
                file.write(f"{step},{loss - 0.1},{loss if step % 10 == 0 else ''},0.1\n")

    def refresh(self) -> None:
        for run in self.loaders.values():
            run.refresh()

    def given(self) -> list[str]:
        return list(self.loaders)

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        return dict(self.loaders)

    @property
    def standings(self) -> object:
        return [run.state for run in self.loaders.values()]

    @property
    def are_all_read(self) -> bool:
        return True

    @property
    def are_over(self) -> bool:
        return all(run.ended for run in self.loaders.values())


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Three runs, of which `b` is best."""
    made = Runs(tmp_path)
    made.begin("a", 0.1, 1, floor=0.6)
    made.begin("b", 0.01, 1, floor=0.5)
    made.begin("c", 0.001, 1, floor=0.7)
    return made


def curves(panel: Panel) -> dict[tuple[str, str], tuple[str, str]]:
    """(run, metric) -> colour and shape of the lines that people read."""
    return {(line.run, line.metric): (line.colour, line.dash) for line in panel.lines
            if line.kind in ("main", "points")}


def test_runs_are_judged_a_few_a_board(runs: Runs) -> None:
    """Where judging takes longer than a board may, the curves are there at once and the verdicts come board by board;
    a picture that is kept has all of them."""
    now = [NOW]
    maker = RunsMaker(runs, Lens(run_list=True), clock=lambda: now[0])
    maker.judging_seconds = 0.0
    judged = []
    for _ in range(4):
        board = maker.dashboard(now[0])
        assert len(board.panels[0].lines) >= 6
        judged.append((sum(row.verdict != "unknown" for row in board.runs), board.is_complete))
        now[0] += 1.0
    assert judged == [(1, False), (2, False), (3, True), (3, True)]
    kept = RunsMaker(runs, Lens(run_list=True), clock=lambda: NOW)
    kept.judging_seconds = 0.0
    assert all(row.verdict == "healthy" for row in kept.dashboard().runs)


def test_runs_by_colour_and_metrics_by_shape(runs: Runs) -> None:
    """A metric has one panel: each run has one colour in all panels, and training and validation differ by the shape of
    their lines; the best value of all has the star, and stands in the headline."""
    board = RunsMaker(runs).dashboard(NOW)
    loss, best, rate = board.panels
    colours = {"a": "blue", "b": "orange", "c": "green"}
    assert curves(loss) == {(run, metric): (colours[run], dash) for run in "abc" for metric, dash in (
        ("train_loss", "solid"), ("val_loss", "dashed"))}
    assert curves(rate) == {(run, "learning_rate"): (colours[run], "solid") for run in "abc"}
    assert [(row.label, row.colour) for row in best.rows] == [("lr=0.01", "orange"), ("lr=0.1", "blue"),
                                                             ("lr=0.001", "green")]
    star = next(mark for mark in loss.marks if mark.kind == "best")
    assert (star.x, star.y, star.colour) == (190.0, pytest.approx(0.5 + 2 * math.exp(-190 / 50)), "orange")
    assert board.headline is not None and board.headline[1:] == ("lr=0.01 @ 190", "orange")
    assert board.headline[0].startswith("best "), "of one run the number is the newest"
    assert loss.note == "train solid, val dashed" and board.header.state == "running"


def test_a_live_board_is_the_board_made_anew(runs: Runs) -> None:
    """A board that was continued as rows came has the lines of one made of the same files at once."""
    maker = RunsMaker(runs)
    for start in range(200, 260, 20):
        maker.dashboard(NOW)
        runs.go_on("b", start, 20)
        runs.refresh()
    live, anew = maker.dashboard(NOW), RunsMaker(runs).dashboard(NOW)
    for one, other in zip(live.panels, anew.panels, strict=True):
        assert len(one.lines) == len(other.lines)
        for line, same in zip(one.lines, other.lines, strict=True):
            assert (line.run, line.label, line.colour) == (same.run, same.label, same.colour)
            np.testing.assert_array_equal(line.x, same.x)
            np.testing.assert_array_equal(line.y, same.y)


def test_a_run_that_begins_later_joins(runs: Runs) -> None:
    """It has a colour of its own, and the others keep theirs; so do those of a run that ended."""
    maker = RunsMaker(runs)
    before = curves(maker.dashboard(NOW).panels[0])
    (runs.folder / "c" / "livemon.json").write_text('{"livemon": 1, "state": "finished"}')
    runs.begin("d", 1.0, 1)
    after = curves(maker.dashboard(NOW + 5).panels[0])
    assert {key: look for key, look in after.items() if key[0] != "d"} == before
    assert after["d", "train_loss"][0] not in {colour for colour, _ in before.values()}


def test_a_run_keeps_its_colour_when_others_are_hidden(runs: Runs) -> None:
    """Hidden, alone and chosen runs look as they did; the name of a hidden one stands in the first panel."""
    maker = RunsMaker(runs)
    maker.dashboard(NOW)
    for lens, shown in [(Lens(hidden_runs=("a",)), "bc"), (Lens(alone_run="b"), "b"), (Lens(runs=("c", "b")), "cb")]:
        maker.set_lens(lens)
        panel = maker.dashboard(NOW).panels[0]
        assert {(run, colour) for (run, _), (colour, _) in curves(panel).items()} == {
            (run, {"a": "blue", "b": "orange", "c": "green"}[run]) for run in shown}
        assert [one.run for one in panel.hidden] == list(lens.hidden_runs)


def test_of_many_runs_the_best_are_in_colour(tmp_path: Path) -> None:
    """Of twelve runs six have a colour and a name, those with the best values; of the others one pale curve a panel is
    behind all of these, and a note says so."""
    made = Runs(tmp_path)
    for number in range(12):
        made.begin(f"r{number}", 0.1, number, floor=1 + number / 10)
    loss = RunsMaker(made).dashboard(NOW).panels[0]
    assert {run for run, _ in curves(loss)} == {f"r{number}" for number in range(6)}
    behind = [line for line in loss.lines if line.colour == "grey"]
    assert [(line.run, line.metric, line.kind, line.label) for line in behind] == [
        (f"r{number}", "val_loss", "raw", "") for number in range(6, 12)]
    assert loss.lines[: len(behind)] == tuple(behind)
    assert loss.note.endswith("12 runs, the best 6 in colour")


def test_one_run_is_opened(runs: Runs) -> None:
    """The run that is opened has the board that it has alone, with its summary; opened once more, all come back."""
    maker = RunsMaker(runs)
    maker.set_lens(moves.open_run(Lens(), "b"))
    board = maker.dashboard(NOW)
    assert board.title == "b" and board.summary and not any(line.run for line in board.panels[0].lines)
    maker.set_lens(moves.open_run(moves.open_run(Lens(), "b"), "b"))
    assert maker.dashboard(NOW).title == "3 runs"


def test_groups_of_seeds_have_a_band(tmp_path: Path) -> None:
    """Runs that differ by their seed alone are one curve with a band, where that is asked for; by named settings, too;
    a setting that no run has is refused, and what was shown stays."""
    made = Runs(tmp_path)
    for number in range(6):
        made.begin(f"r{number}", [0.1, 0.01][number // 3], number % 3, floor=0.5 + number / 100)
    maker = RunsMaker(made, Lens(group_by=""))
    board = maker.dashboard(NOW)
    assert board.title == "6 runs in 2 groups"
    panel = board.panels[0]
    assert (panel.title, len(panel.bands), {line.name for line in panel.lines}) == (
        "val_loss", 2, {"lr=0.1", "lr=0.01"})
    again = maker.dashboard(NOW)
    assert again.panels[0].lines[0].x is panel.lines[0].x or np.array_equal(again.panels[0].lines[0].x,
                                                                            panel.lines[0].x)
    rows = next(panel for panel in board.panels if panel.key == "best runs").rows
    assert [row.label for row in rows] == ["lr=0.1", "lr=0.01"], "groups are ranked, not their runs"
    assert rows[1].value - rows[0].value == pytest.approx(0.03), "the mean of three runs each"
    assert board.headline is not None and board.headline[1] == "lr=0.1, mean of 3 runs"
    assert board.headline[0].startswith("best ")
    with pytest.raises(OptionError, match="--group-by: no run has the setting 'depth'"):
        maker.set_lens(Lens(group_by="depth"))
    assert maker.lens == Lens(group_by="")


def test_runs_that_form_no_groups_are_not_counted_as_groups(runs: Runs) -> None:
    """Where no two runs differ by the seed alone the header says so, the title counts runs only, and the panels are as
    without groups; groups of one run by a named setting are what was asked for, and are counted."""
    words = "no groups: no two runs differ by the seed alone"
    plain = RunsMaker(runs).dashboard(NOW)
    maker = RunsMaker(runs, Lens(group_by=""))
    board = maker.dashboard(NOW)
    assert [(panel.title, panel.note, len(panel.lines), panel.bands) for panel in board.panels] == [
        (panel.title, panel.note, len(panel.lines), ()) for panel in plain.panels]
    assert board.title == "3 runs" and words in board.header.progress
    maker.set_lens(Lens(group_by="lr"))
    board = maker.dashboard(NOW)
    assert board.title == "3 runs in 3 groups" and words not in board.header.progress
    runs.begin("d", 0.1, 2)
    maker.set_lens(Lens(group_by=""))
    board = maker.dashboard(NOW)
    assert board.title == "4 runs in 3 groups" and words not in board.header.progress


def test_the_list_of_runs_where_it_is_asked_for(runs: Runs) -> None:
    """Its rows say which runs are drawn, and in which colour; conditions are about the list and about the curves."""
    maker = RunsMaker(runs, Lens(run_list=True, hidden_runs=("a",)))
    assert [(row.name, row.is_shown, row.colour) for row in maker.dashboard(NOW).runs] == [
        ("a", False, ""), ("b", True, "blue"), ("c", True, "orange")]
    maker.set_lens(Lens(run_list=True, where=("lr<=0.01", "state:running")))
    board = maker.dashboard(NOW)
    assert [row.name for row in board.runs] == ["b", "c"] and {run for run, _ in curves(board.panels[0])} == {"b", "c"}
    assert RunsMaker(runs).dashboard(NOW).runs == ()
    maker.set_lens(Lens(where=("lr>5",)))
    assert maker.dashboard(NOW).panels[0].message == "no run meets the conditions"


@pytest.mark.parametrize(("lens", "message"), [
    (Lens(where=("lr",)), "--where: 'lr' is not a valid filter"), (Lens(x="epoch"), "has no 'epoch' to draw over"),
    (Lens(select="("), "select"),
])
def test_a_lens_that_means_nothing_changes_nothing(runs: Runs, lens: Lens, message: str) -> None:
    """It is refused, and what was shown stays."""
    maker = RunsMaker(runs)
    with pytest.raises(OptionError, match=message.replace("(", r"\(")):
        maker.set_lens(lens)
    assert maker.lens == Lens() and len(maker.dashboard(NOW).panels) == 3


def test_a_stretch_of_several_runs(runs: Runs) -> None:
    """All panels with curves show the stretch, from each run's own points, and the header says which it is; names that
    there are no runs or panels of change nothing."""
    maker = RunsMaker(runs, Lens(zoom=Stretch(50, 100), hidden_runs=("gone",), large="nothing"))
    board = maker.dashboard(NOW)
    assert {panel.x_limits for panel in board.panels if panel.lines} == {(50.0, 100.0)}
    assert board.header.zoomed == "zoomed to step 50 - 100"
    line = next(line for line in board.panels[0].lines if line.run == "a" and line.metric == "val_loss"
                and line.kind in ("main", "points"))
    assert set(np.arange(50, 101, 10.0)) <= set(line.x.tolist())


def test_runs_of_different_lengths_count_time_in_one_unit(tmp_path: Path) -> None:
    """Over the time all runs stand on one axis, in the unit that suits the longest."""
    made = Runs(tmp_path)
    for name, seconds in (("short", 1.0), ("long", 100.0)):
        (tmp_path / name).mkdir()
        rows = "".join(f"{step},{seconds * step},{1 / (1 + step)}\n" for step in range(100))
        (tmp_path / name / "metrics.csv").write_text(f"step,time_elapsed_seconds,loss\n{rows}")
        made.loaders[name] = ExperimentLoader(tmp_path / name)
    made.refresh()
    panel = RunsMaker(made, Lens(x="time")).dashboard(NOW).panels[0]
    ends = {line.run: line.x[-1] for line in panel.lines if line.kind in ("main", "points")}
    assert panel.x_label == "minutes"
    assert ends == {"short": pytest.approx(99 / 60), "long": pytest.approx(9900 / 60)}


def test_runs_of_nothing(tmp_path: Path) -> None:
    """Before the first row, and where no run is left, the board says what it waits for."""
    made = Runs(tmp_path)
    made.begin("a", 0.1, 1, steps=0)
    made.begin("b", 0.2, 1, steps=0)
    board: Board = RunsMaker(made).dashboard(NOW)
    assert (board.panels[0].message, board.header.state) == ("waiting for the first row", "waiting")
    assert RunsMaker(made, Lens(hidden_runs=("a", "b"))).dashboard(NOW).panels[0].message == "no run is shown"


def test_spellings_of_one_metric_are_one_curve_each(tmp_path: Path) -> None:
    """What runs call `train_loss` and `loss` lies in one panel, as one metric."""
    made = Runs(tmp_path)
    for name, metric in (("a", "train_loss"), ("b", "loss")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(f"step,{metric}\n" + "".join(
            f"{step},{1 / (1 + step)}\n" for step in range(30)))
        made.loaders[name] = ExperimentLoader(tmp_path / name)
    made.refresh()
    panel = RunsMaker(made).dashboard(NOW).panels[0]
    assert {line.run: line.dash for line in panel.lines if line.kind in ("main", "points")} == {
        "a": "solid", "b": "solid"}
