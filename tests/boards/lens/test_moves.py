"""What each move makes of a lens, and what boards say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.boards import Lens, OptionError
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens import moves
from livemon.boards.lens.history import History
from livemon.boards.lens.stretch import Stretch
from livemon.boards.model import Board, Panel
from livemon.boards.runs_maker import RunsMaker
from tests.boards.test_runs_maker import Runs

TEN, THOUSAND = Stretch(last=10, percent=True), Stretch(last=1000)


@pytest.mark.parametrize(
    ("before", "move", "after"),
    [
        (Lens(), lambda lens: moves.zoom_to(lens, 20, 10), Lens(zoom=Stretch(10, 20))),
        (Lens(), lambda lens: moves.zoom_to(lens, 10, 10), Lens()),
        (Lens(), lambda lens: moves.zoom_to(lens, 10, float("nan")), Lens()),
        (Lens(zoom=TEN), lambda lens: moves.zoom_to(lens, 1, 2), Lens(zoom=Stretch(1, 2))),
        (Lens(), lambda lens: moves.zoom_y_to(lens, "loss", 2, 1), Lens(zoom_y=(("loss", 1, 2),))),
        (Lens(zoom_y=(("loss", 1, 2),)), lambda lens: moves.zoom_y_to(lens, "loss", 3, 4),
         Lens(zoom_y=(("loss", 3, 4),))),
        (Lens(), lambda lens: moves.zoom_y_to(lens, "loss", 3, 3), Lens()),
        (Lens(), moves.follow_newest, Lens(zoom=TEN)),
        (Lens(zoom=TEN), moves.follow_newest, Lens(zoom=THOUSAND)),
        (Lens(zoom=THOUSAND), moves.follow_newest, Lens(zoom=TEN)),
        (Lens(zoom=TEN), lambda lens: moves.follow_newest(lens, counts_steps=False), Lens(zoom=TEN)),
        (Lens(), lambda lens: moves.toggle_log(lens, "loss", ("a",), is_log=False), Lens(log=("loss",))),
        (Lens(log=("a", "b"), zoom_y=(("loss", 1, 2),)),
         lambda lens: moves.toggle_log(lens, "loss", ("a",), is_log=True), Lens(log=("b",), linear=("loss",))),
        (Lens(zoom_y=(("loss", 1, 2),)), moves.toggle_limits, Lens(limits="full")),
        (Lens(limits="full"), moves.toggle_limits, Lens()),
        (Lens(), moves.toggle_attempts, Lens(attempts="latest")),
        (Lens(), lambda lens: moves.smooth_more(lens, "more"), Lens(smooth=0.97)),
        (Lens(), lambda lens: moves.smooth_more(lens, "less"), Lens(smooth=0.0)),
        (Lens(smooth=0.9), lambda lens: moves.smooth_more(lens, "less"), Lens(smooth=0.8)),
        (Lens(smooth=0.0), lambda lens: moves.smooth_more(lens, "less"), Lens(smooth=0.0)),
        (Lens(smooth=1.0), lambda lens: moves.smooth_more(lens, "more"), Lens(smooth=1.0)),
        (Lens(zoom=Stretch(1, 2), mark=3), lambda lens: moves.next_x(lens, ("step", "time"), "step"), Lens(x="time")),
        (Lens(x="time", zoom=TEN), lambda lens: moves.next_x(lens, ("step", "time"), "time"),
         Lens(x="step", zoom=TEN)),
        (Lens(), lambda lens: moves.next_x(lens, ("row",), "row"), Lens()),
        (Lens(zoom=Stretch(0.0, 1e-26)), lambda lens: moves.mark_x(lens, 1.0), Lens(mark=1.0)),
        (Lens(), lambda lens: moves.choose_run(lens, "c", ["a", "b"]), Lens(runs=("a", "b", "c"))),
        (Lens(), lambda lens: moves.choose_run(lens, "a", ["a", "b"]), Lens(runs=("b",))),
        (Lens(runs=("b",)), lambda lens: moves.choose_run(lens, "b", ["b"]), Lens(runs=("b",))),
        (Lens(hidden_runs=("a",)), lambda lens: moves.choose_run(lens, "a", ["b"]), Lens(runs=("b", "a"))),
        (Lens(large="loss"), lambda lens: moves.open_run(lens, "a"), Lens(runs=("a",))),
        (Lens(runs=("a",)), lambda lens: moves.open_run(lens, "a"), Lens()),
        (Lens(alone_run="a"), lambda lens: moves.hide_or_show_run(lens, "a"), Lens(hidden_runs=("a",))),
        (Lens(hidden_runs=("a", "b")), lambda lens: moves.hide_or_show_run(lens, "a"), Lens(hidden_runs=("b",))),
        (Lens(hidden_runs=("a",)), lambda lens: moves.show_run_alone(lens, "a"), Lens(alone_run="a")),
        (Lens(alone_run="a"), lambda lens: moves.show_run_alone(lens, "a"), Lens()),
        (Lens(), moves.group_runs, Lens(group_by="")),
        (Lens(group_by="lr"), moves.group_runs, Lens()),
        (Lens(), lambda lens: moves.filter_runs(lens, " lr>=1  seed:3 "), Lens(where=("lr>=1", "seed:3"))),
        (Lens(where=("a=1",)), lambda lens: moves.filter_runs(lens, " "), Lens()),
        (Lens(), moves.toggle_run_list, Lens(run_list=True)),
        (Lens(), lambda lens: moves.hide_or_show(lens, ("a", "b")), Lens(hidden=("a", "b"))),
        (Lens(hidden=("a",)), lambda lens: moves.hide_or_show(lens, ("a", "b")), Lens(hidden=("a", "b"))),
        (Lens(hidden=("a", "c", "b")), lambda lens: moves.hide_or_show(lens, ("a", "b")), Lens(hidden=("c",))),
        (Lens(hidden=("a", "c")), lambda lens: moves.show_alone(lens, "a", ("a", "b")), Lens(hidden=("c", "b"))),
        (Lens(hidden=("c", "b")), lambda lens: moves.show_alone(lens, "a", ("a", "b")), Lens(hidden=("c",))),
        (Lens(pinned=("a",)), lambda lens: moves.pin_or_not(lens, "b"), Lens(pinned=("a", "b"))),
        (Lens(pinned=("a", "b")), lambda lens: moves.pin_or_not(lens, "a"), Lens(pinned=("b",))),
        (Lens(), lambda lens: moves.enlarge(lens, "loss"), Lens(large="loss")),
        (Lens(large="loss"), lambda lens: moves.enlarge(lens, "acc"), Lens()),
        (Lens(), lambda lens: moves.filter_names(lens, "a|b"), Lens(select="a|b")),
        (Lens(select="a"), lambda lens: moves.filter_names(lens, ""), Lens()),
        (Lens(), lambda lens: moves.mark_x(lens, 5.0), Lens(mark=5.0)),
        (Lens(zoom=Stretch(10, 20)), lambda lens: moves.mark_x(lens, 15.0), Lens(zoom=Stretch(10, 20), mark=15.0)),
        (Lens(zoom=Stretch(10, 20)), lambda lens: moves.mark_x(lens, 50.0), Lens(zoom=Stretch(45, 55), mark=50.0)),
        (Lens(zoom=TEN), lambda lens: moves.mark_x(lens, 50.0), Lens(mark=50.0)),
        (Lens(zoom=Stretch(10, None)), lambda lens: moves.mark_x(lens, 5.0), Lens(zoom=Stretch(5, None), mark=5.0)),
        (Lens(zoom=Stretch(None, 20)), lambda lens: moves.mark_x(lens, 25.0), Lens(zoom=Stretch(None, 25), mark=25.0)),
    ],
)
def test_what_each_move_makes(before: Lens, move: Callable[[Lens], Lens], after: Lens) -> None:
    """Each move makes this lens of that one."""
    assert move(before) == after


STEPS = np.arange(0, 3000, 2)
NOISE = np.random.default_rng(3).standard_normal(len(STEPS))
COLUMNS = {
    "step": STEPS, "epoch": STEPS // 500, "train_loss": 1 + 4 * np.exp(-STEPS / 500) + 0.1 * NOISE,
    "val_loss": [2.0 - step / 3000 if step % 100 == 0 else None for step in STEPS],
    "acc": np.linspace(0.1, 0.9, len(STEPS)), "grad_norm": np.where(STEPS == 1000, 50.0, 1.0 + 0.2 * NOISE),
}


def seen(board: Board) -> Any:
    """All that a board shows, to be compared."""
    def of_panel(panel: Panel) -> Any:
        lines = [(line.metric, line.kind, line.x.tolist(), line.y.tolist(), line.label) for line in panel.lines]
        return (panel.key, panel.title, panel.x_limits, panel.y_limits, panel.y_scale, panel.span, panel.note,
                panel.message, panel.marks, panel.hidden, lines)

    return [(of_panel(panel), panel.rows, panel.row_limits) for panel in board.panels], board.header, board.hint


PLACES = st.floats(-100, 4000)
MOVES = st.one_of(
    st.tuples(st.just(moves.zoom_to), st.tuples(PLACES, PLACES)),
    st.tuples(st.just(moves.zoom_y_to), st.tuples(st.sampled_from(("loss", "acc", "gone")), PLACES, PLACES)),
    st.sampled_from([(moves.follow_newest, ()), (moves.toggle_limits, ()), (moves.toggle_attempts, ()),
                     (moves.smooth_more, ("more",)), (moves.smooth_more, ("less",)),
                     (moves.hide_or_show, (("acc",),)), (moves.hide_or_show, (("train_loss", "val_loss"),)),
                     (moves.show_alone, ("val_loss", ("train_loss", "val_loss"))), (moves.pin_or_not, ("acc",)),
                     (moves.enlarge, ("acc",)), (moves.enlarge, ("gone",)), (moves.filter_names, ("loss",)),
                     (moves.filter_names, ("nothing",)), (moves.next_x, (("step", "epoch", "row"), "step")),
                     (moves.next_x, (("step", "epoch", "row"), "epoch"))]),
    st.tuples(st.just(moves.mark_x), st.tuples(PLACES)),
    st.tuples(st.just(moves.toggle_log), st.tuples(st.sampled_from(("loss", "acc", "gone")), st.just(("val_loss",)),
                                                   st.booleans())),
)


def made_by(move: Callable[..., Lens], lens: Lens, arguments: tuple[Any, ...]) -> Lens:
    """The lens that a move makes."""
    if move is moves.toggle_log:
        panel, metrics, is_log = arguments
        return moves.toggle_log(lens, panel, metrics, is_log=is_log)
    return move(lens, *arguments)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(made=st.lists(MOVES, max_size=6))
def test_home_gives_the_first_board_again(
    run_of: Callable[..., Any], made: list[tuple[Callable[..., Lens], tuple[Any, ...]]]
) -> None:
    """Whatever somebody did, in whichever order, home shows what the first board showed."""
    maker = BoardMaker(run_of(COLUMNS))
    history, first = History.of(Lens()), seen(maker.dashboard(now=0.0))
    for move, arguments in made:
        history = history.to(made_by(move, history.now, arguments))
        maker.set_lens(history.now)
        assert maker.dashboard(now=0.0).lens == history.now
    maker.set_lens(history.home().now)
    assert seen(maker.dashboard(now=0.0)) == first


RUNS = ("a", "b", "c")
MOVES_OF_RUNS = st.one_of(
    st.tuples(st.just(moves.choose_run), st.tuples(st.sampled_from((*RUNS, "gone")), st.sampled_from((
        RUNS, ("a",), ("b", "c"))))),
    st.tuples(st.sampled_from([moves.open_run, moves.hide_or_show_run, moves.show_run_alone]),
              st.tuples(st.sampled_from((*RUNS, "gone")))),
    st.tuples(st.just(moves.filter_runs), st.tuples(st.sampled_from(("lr>0.01", "lr>9", "state:running", "")))),
    st.sampled_from([(moves.group_runs, ()), (moves.toggle_run_list, ())]),
)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Three runs, of which two differ by their seed alone."""
    made = Runs(tmp_path_factory.mktemp("runs"))
    for number, name in enumerate(RUNS):
        made.begin(name, 0.1 if number < 2 else 0.01, number, steps=60, floor=0.5 + number / 10)
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(made=st.lists(st.one_of(MOVES_OF_RUNS, MOVES_OF_RUNS, MOVES), max_size=6))
def test_home_gives_the_first_board_of_several_runs_again(
    several: Runs, made: list[tuple[Callable[..., Lens], tuple[Any, ...]]]
) -> None:
    """Whatever somebody did with runs, groups and their list, home shows what the first board showed; a lens that means
    nothing for these runs is refused, and the one before stays."""
    maker = RunsMaker(several, clock=lambda: 2e9)
    history, first = History.of(Lens()), seen(maker.dashboard(now=2e9))
    for move, arguments in made:
        asked = history.to(made_by(move, history.now, arguments))
        try:
            maker.set_lens(asked.now)
        except OptionError:
            assert maker.lens == history.now
            continue
        history = asked
        maker.dashboard(now=2e9)
    maker.set_lens(history.home().now)
    assert seen(maker.dashboard(now=2e9)) == first


def test_each_move_is_tried_in_any_order() -> None:
    """No move is left out of the two tests above."""
    tried: set[str] = set()

    @settings(database=None, derandomize=True, max_examples=1000, suppress_health_check=list(HealthCheck))
    @given(of_one=MOVES, of_runs=MOVES_OF_RUNS)
    def draw(of_one: tuple[Callable[..., Lens], Any], of_runs: tuple[Callable[..., Lens], Any]) -> None:
        tried.update((of_one[0].__name__, of_runs[0].__name__))

    draw()
    assert tried == set(moves.__all__)
