from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.live.following import GOES_ON_SECONDS, WRITTEN_LATELY_SECONDS, Following, NextRun, OtherRuns
from livemon.live.messages import Messages
from livemon.live.pace import SEARCH_REST, LoopPace
from livemon.live.shown_run import ShownRun
from livemon.runs.new_runs import Changes
from livemon.states import State
from livemon.testing import HandClock


class FakeRuns:
    """Runs that begin and are written to when the test says so."""

    base = Path("runs")

    def __init__(self) -> None:
        self.new: list[Path] = []
        self.written: list[Path] = []

    def look(self) -> Changes:
        changes = Changes(tuple(self.new), tuple(self.written))
        self.new, self.written = [], []
        return changes


class Scene:
    """A run on show, other runs beside it, and what follows it."""

    def __init__(self, run: Any, successors: Any = "move on", waits: bool = True) -> None:
        self.run, self.runs = run, FakeRuns()
        run.label, run.successors, run.moves, run.exp_dirs = "exp1", lambda: [], [], [run.exp_dir, A.parent]
        run.move_on = lambda path, join: run.moves.append((path, join))
        run.pace.usual_seconds = None
        self.said: list[str] = []
        self.timer = HandClock()
        messages = Messages(self.said.append)
        self.shown = ShownRun(run, messages, LoopPace(self.timer, self.timer), self.timer)
        self.shown.refresh()
        self.said.clear()
        self.others = OtherRuns(self.runs, self.shown, messages, self.timer)  # type: ignore[arg-type]
        self.following = Following(self.shown, successors, None, messages, self.timer, waits=waits)

    def state(self, state: str) -> None:
        self.run.state = state
        self.shown.refresh()


@pytest.fixture
def scene(fake_run: Any) -> Scene:
    return Scene(fake_run)


A, B = Path("runs/a/metrics.csv"), Path("runs/b/metrics.csv")


def test_runs_that_are_there_already_are_not_new(scene: Scene) -> None:
    """At the first look every run is there already, and none of them is shown instead."""
    scene.runs.new = [A, B]
    scene.state("stalled")
    assert scene.others.look() is None


def test_a_run_that_begins_is_shown_when_this_one_does_not_train(scene: Scene) -> None:
    """A run that begins is said while the one on show trains, and shown when that one does not any more; a run that
    waits for its first row is not left."""
    scene.others.look()
    scene.runs.new = [A]
    assert scene.others.look() is None
    assert scene.said == [f"another run has begun: {A}; it is shown when this one no longer trains"]
    scene.state("waiting")
    assert scene.others.look() is None
    scene.state("stalled")
    assert scene.others.look() == A
    scene.others.forget()
    assert scene.others.look() is None


def test_a_run_that_is_written_to_lately(scene: Scene) -> None:
    """Of the runs that were there before, the one that was written to last is shown, for a minute; one that began since
    goes before it."""
    scene.others.look()
    scene.state("finished")
    scene.runs.written = [A]
    assert scene.others.look() == A
    scene.timer.advance(WRITTEN_LATELY_SECONDS)
    assert scene.others.look() is None
    scene.runs.written, scene.runs.new = [A], [B]
    assert scene.others.look() == B


def test_the_run_on_show_is_no_other(scene: Scene) -> None:
    """The files of the run on show are not another run."""
    scene.others.look()
    scene.state("stalled")
    scene.runs.new, scene.runs.written = [scene.run.metrics_path], list(scene.run.files)
    assert scene.others.look() is None


def test_a_folder_that_becomes_a_run(scene: Scene) -> None:
    """Once the folder that is watched is a run itself, what lies below it is looked at no more."""
    scene.others.look()
    scene.state("stalled")
    scene.runs.base = scene.run.exp_dir
    scene.runs.new = [A]
    assert scene.others.look() is None
    assert scene.runs.new == [A]


def test_a_run_without_metrics_looks_for_them_itself(scene: Scene) -> None:
    """As long as the folder on show has no metrics, none below it are another run's: they may be its own, and the run
    itself looks for them."""
    scene.others.look()
    scene.run.metrics_path = None
    scene.state("finished")
    scene.runs.new = [A]
    assert scene.others.look() is None
    assert scene.said == []


def test_two_successors_are_named_and_none_is_shown(scene: Scene) -> None:
    """Where it cannot be told in which of two folders a run goes on, both are named, once, and neither is shown."""
    scene.run.successors = lambda: [A.parent, B.parent]
    assert scene.following.search(at_once=True) is None
    assert scene.following.search(at_once=True) is None
    (text,) = scene.said
    assert str(A.parent) in text and str(B.parent) in text


def test_a_finished_run_has_no_successor(scene: Scene) -> None:
    """No folder is looked for in which a finished run would go on; a failed run may go on."""
    scene.run.successors = lambda: [A.parent]
    scene.state("finished")
    assert scene.following.search(at_once=True) is None
    scene.state("failed")
    assert scene.following.search(at_once=True) == NextRun(A.parent, is_same_run=True)


def test_a_slow_search_waits_but_at_the_end(scene: Scene) -> None:
    """A search that took long is not repeated soon, except at the run's end."""
    scene.run.successors = lambda: scene.timer.advance(0.1) or []
    scene.following.search(at_once=False)
    scene.run.successors = lambda: [A.parent]
    scene.timer.advance(0.1 * SEARCH_REST - 0.5)
    assert scene.following.search(at_once=False) is None
    assert scene.following.search(at_once=True) is not None


def test_successors_that_are_ignored(fake_run: Any) -> None:
    """With "ignore" nothing is looked for, and a run that was cut off is not waited for."""
    scene = Scene(fake_run, "ignore")
    scene.run.successors = lambda: pytest.fail("nothing is looked for")
    assert scene.following.search(at_once=True) is None
    assert not scene.following.may_go_on()


@pytest.mark.parametrize(
    ("successors", "same", "joined", "says"),
    [
        ("join", True, True, "a goes on from exp1: one run of 2 attempts; --apart separates them"),
        ("join", False, False, "exp1 is silent; runs/exp1 has new rows and is shown from here on"),
        ("move on", True, False, "exp1 goes on in runs/a; it is shown from here on, --join shows both as one run"),
        ("move on", False, False, "exp1 is silent; runs/exp1 has new rows and is shown from here on"),
    ],
)
def test_moving_on(successors: str, same: bool, joined: bool, says: str, fake_run: Any) -> None:
    """Only the run itself is joined, and only where that is asked for; what is shown now is said."""
    scene = Scene(fake_run, successors)
    following = NextRun(A.parent, is_same_run=same)
    assert scene.following.joins(following) is joined
    scene.following.move_on(following)
    assert scene.run.moves == [(A.parent, joined)]
    assert scene.said == [says]


@pytest.mark.parametrize(("state", "says"), [("failed", "has failed"), ("finished", "has finished"),
                                             ("stopped", "was stopped"), ("stalled", "is stalled")])
def test_the_end_of_the_run_before_is_said_in_a_sentence(state: str, says: str, fake_run: Any) -> None:
    """A run has failed or was stopped; only a state that lasts "is"."""
    scene = Scene(fake_run, "join")
    scene.following._shown.state = State(state)
    scene.following.move_on(NextRun(A.parent, is_same_run=False))
    assert scene.said == [f"exp1 {says}; runs/exp1 has new rows and is shown from here on"]


def test_two_runs_of_one_name_are_told_apart(fake_run: Any, tmp_path: Path) -> None:
    """Issue 19: where the run that comes next is called like the one that was shown, the message has a longer name."""
    scene = Scene(fake_run, "join")
    scene.run.label, scene.run.exp_dir = "logs/version_0", tmp_path / "csv" / "logs" / "version_0"
    scene.run.move_on = lambda path, join: setattr(scene.run, "exp_dir", path)
    scene.following.move_on(NextRun(tmp_path / "tb" / "logs" / "version_0", is_same_run=False))
    assert scene.said == [
        f"csv/logs/version_0 is silent; {tmp_path / 'tb/logs/version_0'} has new rows and is shown from here on"]


@pytest.mark.parametrize(("cut_off", "waits", "may"), [(True, True, True), (False, True, False), (True, False, False)])
def test_a_run_that_was_cut_off_is_waited_for(
    cut_off: bool, waits: bool, may: bool, fake_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was cut off may go on in another folder, for ten minutes; that is said once."""
    monkeypatch.setattr("livemon.live.following.was_cut_off", lambda folder: cut_off)
    scene = Scene(fake_run, waits=waits)
    scene.following.note_end()
    scene.timer.advance(GOES_ON_SECONDS - 1.0)
    assert scene.following.may_go_on() is may
    scene.timer.advance(2.0)
    assert not scene.following.may_go_on()
    assert len(scene.said) == may
    assert not may or "10 minutes" in scene.said[0]
