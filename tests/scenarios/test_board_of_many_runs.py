"""The board of many runs is continued as they grow, come and go, and as a user looks at them in other ways."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.boards import Lens
from livemon.boards.lens.stretch import Stretch
from livemon.boards.model import Board, Line, Panel
from livemon.boards.run_tracks import RunTracks
from livemon.boards.runs_maker import RunsMaker
from livemon.runs.experiment import ExperimentLoader

pytestmark = pytest.mark.filterwarnings("ignore:.*config")
EVENTS = 30
OF_THE_AXIS = ("beyond",)  # marks that depend on the limits of y, which keep still on a board that is continued


class Study:
    """Runs in a folder, as a watch has them, and what happens to them."""

    standings: object = None
    are_all_read = True

    def __init__(self, folder: Path, many: int) -> None:
        self.folder = folder
        self.now = 2e9
        self.begun = 0
        self.loaders: dict[str, ExperimentLoader] = {}
        self.steps: dict[str, int] = {}
        for _ in range(many):
            self.begin()

    def given(self) -> list[str]:
        return list(self.loaders)

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        return dict(self.loaders)

    @property
    def are_over(self) -> bool:
        return all(run.ended for run in self.loaders.values())

    def clock(self) -> float:
        return self.now

    def begin(self, name: str = "") -> None:
        """A run begins."""
        name, self.begun = name or f"run{self.begun:02d}", self.begun + 1
        (self.folder / name).mkdir()
        settings = {"lr": 10.0 ** -(self.begun % 5), "seed": self.begun}
        (self.folder / name / "config.json").write_text(json.dumps(settings))
        (self.folder / name / "metrics.csv").write_text("step,epoch,time,train_loss,val_loss\n")
        self.steps[name] = 0
        self.write(name, 30)
        self.loaders[name] = ExperimentLoader(self.folder / name, clock=self.clock)
        self.loaders[name].refresh()

    def write(self, name: str, rows: int, value: str = "", back: int = 0) -> None:
        """A run logs rows; `back`: it begins again so many steps before."""
        first = max(self.steps[name] - back, 0)
        with open(self.folder / name / "metrics.csv", "a", encoding="utf-8") as file:
            for step in range(first, first + rows):
                loss = 0.5 + 0.01 * (sum(name.encode()) % 40) + 0.5 * math.exp(-step / 50) + 0.01 * math.sin(7 * step)
                file.write(f"{step},{step // 10},{2 * step},{value or f'{loss:.4f}'},{value or f'{loss + 0.1:.4f}'}\n")
        self.steps[name] = first + rows
        if name in self.loaders:
            self.loaders[name].refresh()

    def leave(self, name: str) -> None:
        """A run is deleted."""
        shutil.rmtree(self.folder / name)
        del self.loaders[name]

    def end(self, name: str, state: str) -> None:
        """A run says how it stands."""
        (self.folder / name / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state}))
        self.loaders[name].refresh()

    def set(self, name: str, lr: float) -> None:
        """A run gets other settings."""
        (self.folder / name / "config.json").write_text(json.dumps({"lr": lr, "seed": sum(name.encode())}))
        self.loaders[name].refresh()


LENSES: tuple[Callable[[Lens, str], Lens], ...] = (
    lambda lens, run: Lens(),
    lambda lens, run: replace(lens, zoom=Stretch(10.0, 25.0)),
    lambda lens, run: replace(lens, zoom=None),
    lambda lens, run: replace(lens, hidden_runs=(run,)),
    lambda lens, run: replace(lens, alone_run=run),
    lambda lens, run: replace(lens, smooth=0.8),
    lambda lens, run: replace(lens, select="val"),
    lambda lens, run: replace(lens, hidden=("val_loss",)),
    lambda lens, run: replace(lens, metric="train_loss"),
    lambda lens, run: replace(lens, where=("lr>=0.001",)),
    lambda lens, run: replace(lens, run_list=True),
    lambda lens, run: replace(lens, x="epoch"),
    lambda lens, run: replace(lens, x="time"),
    lambda lens, run: replace(lens, group_by="lr"),
    lambda lens, run: replace(lens, pixels=300, attempts="latest"),
    lambda lens, run: replace(lens, log=("loss",)),
    lambda lens, run: replace(lens, runs=(run,)),
)


def happen(study: Study, maker: RunsMaker, chance: random.Random) -> None:
    """Something happens to a run, or the user looks at something else."""
    run = chance.choice(list(study.loaders))
    events: list[Callable[[], None]] = [
        lambda: study.write(run, 1), lambda: study.write(run, 1), lambda: study.write(run, 5),
        lambda: study.write(run, 20), lambda: study.write(run, 1, "nan"), lambda: study.write(run, 12, back=8),
        study.begin, lambda: study.end(run, chance.choice(("finished", "failed"))),
        lambda: study.set(run, chance.choice((1.0, 0.3)))]
    if len(study.loaders) > 3:
        events += [lambda: study.leave(run), lambda: (study.leave(run), study.begin(run))[1]]
    if chance.random() < 0.6:
        chance.choice(events)()
    else:
        maker.set_lens(chance.choice(LENSES)(maker.lens, run))
    study.now += 30.0


def of_line(line: Line) -> tuple[Any, ...]:
    smoothed = np.round(line.y, 9)  # points that come one by one, or all at once, are summed up in another order
    return line.run, line.kind, line.metric, line.label, line.x.tobytes(), smoothed.tobytes()


def of_panel(panel: Panel) -> dict[str, Any]:
    marks = [(mark.kind, mark.x, mark.y, mark.text) for mark in panel.marks if mark.kind not in OF_THE_AXIS]
    bands = [(band.x.tobytes(), band.low.tobytes(), band.high.tobytes()) for band in panel.bands]
    return {"x": panel.x_limits, "note": panel.note, "warning": panel.warning,
            "lines": sorted(map(of_line, panel.lines)),
            "marks": sorted(marks, key=repr), "bands": bands, "points": panel.points, "message": panel.message,
            "rows": [(row.label, row.value, row.text) for row in panel.rows], "smoothing": panel.smoothing,
            "hidden": [(curve.run, curve.metric) for curve in panel.hidden], "scale": panel.y_scale}


def content(board: Board) -> dict[str, Any]:
    """All of a board but what is kept for the eye: colours, limits of y, the places of panels."""
    rows = [(row.name, row.standing, row.step, row.best, row.last, row.series, row.problem, row.is_shown, row.settings)
            for row in board.runs]
    return {"title": board.title, "header": board.header, "headline": board.headline and board.headline[:2],
            "panels": {panel.title: of_panel(panel) for panel in board.panels}, "runs": repr(rows), "axes": board.axes,
            "settings": (board.settings, board.settings_of), "paths": board.paths, "left out": board.left_out,
            "notices": board.notices}


@pytest.mark.parametrize("many", [4, 13])
@pytest.mark.parametrize("seed", range(2))
def test_a_board_that_is_continued_is_the_board_made_anew(tmp_path: Path, many: int, seed: int) -> None:
    """Whatever happens to the runs and to the lens, in any order: after each event the board that is continued from the
    ones before shows what a board made of the same files and the same lens at once shows."""
    chance = random.Random(f"{many} {seed}")
    study = Study(tmp_path, many)
    maker = RunsMaker(study, clock=study.clock)
    maker.dashboard(study.now)
    for number in range(EVENTS):
        happen(study, maker, chance)
        board = maker.dashboard(study.now)
        anew = RunsMaker(study, maker.lens, clock=study.clock)
        anew.set_lens(maker.lens)
        assert content(board) == content(anew.dashboard(study.now)), (number, maker.lens)


def test_a_new_row_costs_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thirteen runs one has a new row: it alone is read, once, though two users look through lenses of their own in
    turn. The lines of the others are the same objects for each of them, and so are the rows of the best values; and
    without a new row the panels are the same."""
    study = Study(tmp_path, 13)
    study.write("run00", 2)  # the limits of x have room for a further row of another run
    maker = RunsMaker(study, clock=study.clock)
    lenses = Lens(), Lens(pixels=300, zoom=Stretch(10.0, 25.0), hidden_runs=("run03",))

    def boards() -> list[Board]:
        made = []
        for lens in lenses:
            maker.set_lens(lens)
            made.append(maker.dashboard(study.now))
        return made

    boards()
    before, read = boards(), []
    assert all(panel is same for one, other in zip(before[:1], boards()[:1], strict=True)
               for panel, same in zip(one.panels, other.panels, strict=True))
    usual = RunTracks.read_metrics
    monkeypatch.setattr(RunTracks, "read_metrics", lambda tracks: (read.append(tracks.run.name), usual(tracks))[1])
    study.now += 2.0
    study.write("run01", 1)
    after = boards()
    assert read == ["run01"]
    for old, new in zip(map(lines_of, before), map(lines_of, after), strict=True):
        assert old.keys() == new.keys()
        assert {run for run, *_ in old if any(old[key] is not new[key] for key in old if key[0] == run)} == {"run01"}
    rows = [[row for panel in board.panels for row in panel.rows] for board in (before[0], after[0])]
    assert len(rows[0]) == 13 and sum(row is not same for row, same in zip(*rows, strict=True)) <= 1


def lines_of(board: Board) -> dict[tuple[str, str, str], Line]:
    return {(line.run, line.kind, line.metric): line for panel in board.panels for line in panel.lines}
