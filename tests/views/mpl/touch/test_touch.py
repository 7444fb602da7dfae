"""What mouse and keys mean: which lens is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from livemon.boards import Lens
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.stretch import Stretch
from livemon.boards.model import Board
from livemon.boards.run_row import RunRow
from livemon.runs.experiment import ExperimentLoader
from livemon.views.keys import KEYS
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.touch import Touch

At = Callable[[str, float, float], tuple[float, float]]


class Hands:
    """A touch, and what it has asked for."""

    def __init__(self, blitter: Blitter) -> None:
        self.asked: list[Lens] = []
        self.done: list[str] = []
        self.now = 0.0
        self.touch = Touch(blitter, self.asked.append, self.done.append, clock=lambda: self.now)
        assert blitter.board is not None
        self.touch.begin(blitter.board)

    def drag(self, start: tuple[float, float], end: tuple[float, float], **known: bool) -> None:
        self.touch.press(*start, **known)
        self.touch.move(*end)
        self.touch.release(*end)

    def keys(self, *names: str) -> Lens:
        for name in names:
            self.touch.key(name)
        return self.lens

    @property
    def lens(self) -> Lens:
        assert self.touch.lens is not None
        return self.touch.lens


@pytest.fixture
def hands(blitter: Blitter) -> Hands:
    return Hands(blitter)


def test_a_drag_zooms_and_the_way_back(hands: Hands, at: At) -> None:
    """A drag to the side zooms x, one upwards y of its panel; backspace, double click and home go back."""
    hands.drag(at("loss", 200.0, 1.0), at("loss", 600.0, 1.1))
    assert hands.lens == Lens(zoom=Stretch(200.0, 600.0))
    hands.drag(at("acc", 500.0, 1.0), at("acc", 505.0, 1.5))
    assert hands.lens.zoom_y[0][0] == "acc" and hands.lens.zoom_y[0][1:] == pytest.approx((1.0, 1.5), abs=1e-3)
    assert hands.keys("backspace") == Lens(zoom=Stretch(200.0, 600.0))
    hands.touch.press(*at("loss", 300.0, 1.0), double=True)
    assert hands.lens == Lens()
    hands.drag(at("loss", 200.0, 1.0), at("loss", 600.0, 1.1))
    assert hands.keys("home") == Lens()
    assert hands.asked[-1] == Lens()


def test_a_click_and_a_drag_to_nothing_ask_for_nothing(hands: Hands, at: At) -> None:
    """Neither a click, nor a drag that comes back, nor a press beside the panels asks for anything."""
    place = at("loss", 300.0, 1.0)
    hands.drag(place, place)
    hands.touch.press(*place)
    hands.touch.move(5.0, 5.0)
    hands.touch.release(*place)
    hands.drag((0.0, 0.0), (100.0, 100.0))
    assert hands.asked == []


def test_a_drag_out_of_the_window_ends_at_the_axes(hands: Hands, at: At) -> None:
    """A drag that is let go anywhere else zooms to the end of the axis; the cursor is no trap afterwards."""
    hands.touch.press(*at("loss", 600.0, 1.0))
    hands.touch.leave()
    hands.touch.release(99_999.0, 40.0)
    assert hands.lens.zoom is not None and hands.lens.zoom.low == 600.0
    hands.touch.leave()
    assert hands.touch.touched.is_nothing


@pytest.mark.parametrize(
    ("keys", "lens"),
    [
        ("o", Lens(limits="full")), ("oo", Lens()), ("S", Lens(smooth=0.97)), ("s", Lens(smooth=0.0)),
        ("a", Lens(attempts="latest")), ("x", Lens(x="epoch")), ("l", Lens(log=("loss",))),
        ("p", Lens(pinned=("loss",))),
        ("h", Lens(hidden=("train_loss", "val_loss"))), ("i", Lens(hidden=("val_loss",))), ("n", Lens(mark=100.0)),
        ("nn", Lens(mark=500.0)), ("nnN", Lens(mark=100.0)), ("N", Lens(mark=700.0)), ("nnnn", Lens(mark=100.0)),
    ],
)
def test_what_each_key_asks_for(hands: Hands, at: At, keys: str, lens: Lens) -> None:
    """With the pointer near the training's curve in the loss."""
    hands.touch.move(*at("loss", 300.0, 1.1))
    assert hands.keys(*keys) == lens
    assert hands.asked[-1] == lens


@pytest.mark.parametrize(("keys", "words"), [
    ("x", "x epoch"), ("S", "smooth 0.97"), ("l", "log loss"), ("o", "limits full"), ("a", "attempts latest"),
    ("s" * 20, "smoothed as it is logged"), ("S" * 20, "smoothed as much as can be"),
])
def test_a_key_is_answered_at_once(hands: Hands, at: At, keys: str, words: str) -> None:
    """Before the picture comes there stands what was asked for, as the command line has it, or that a key does no
    more."""
    hands.touch.move(*at("loss", 300.0, 1.1))
    hands.keys(*keys)
    assert hands.touch.touched.message == words


def test_end_and_enter(hands: Hands, at: At) -> None:
    """`end` follows the newest part, `enter` shows one panel and all again, wherever the pointer is then."""
    assert hands.keys("end").zoom == Stretch(last=10, percent=True)
    assert hands.keys("end").zoom == Stretch(last=1000)
    hands.touch.move(*at("acc", 300.0, 1.0))
    assert hands.keys("enter").large == "acc"
    hands.touch.leave()
    assert hands.keys("enter").large is None


def test_a_click_on_what_the_header_says_of_a_zoom_follows(
    hands: Hands, blitter: Blitter, touchable: Callable[..., Board]
) -> None:
    """The words about the zoom are a way to the newest part."""
    board = touchable()
    blitter.show(replace(board, header=replace(board.header, zoomed="zoomed to step 10 - 20")))
    rect = blitter.painter.zoomed_at
    assert rect is not None
    hands.touch.press(rect.left + 2, rect.bottom + 2)
    assert hands.lens.zoom == Stretch(last=10, percent=True)


def test_names_can_be_clicked(hands: Hands, blitter: Blitter) -> None:
    """A click on a name hides its curve, one more shows it; a double click leaves the curve alone in its panel."""
    (left, bottom, right, top), metric, _ = blitter.painter.panels["loss"].names[0]
    place = (left + right) / 2, (bottom + top) / 2
    assert metric == "train_loss"
    hands.touch.press(*place)
    assert hands.lens.hidden == ("train_loss",)
    hands.touch.press(*place)
    assert hands.lens.hidden == ()
    hands.touch.press(*place)
    hands.touch.press(*place, double=True)
    assert hands.lens.hidden == ("val_loss",)
    assert hands.keys("backspace").hidden == ()


def test_keys_without_a_panel_say_so(hands: Hands) -> None:
    """A key about a panel, with the pointer beside all of them, asks for nothing and says what to do; the words go."""
    for name in ("l", "p", "h", "i", "enter"):
        hands.keys(name)
    assert hands.asked == []
    assert hands.touch.touched.message == "point at a panel first"
    hands.now = 10.0
    assert hands.touch.touched.message == ""


def test_the_filter_works_as_one_types(hands: Hands) -> None:
    """Each letter asks; what is no expression yet stays as it was and says so; escape takes all of it back, enter keeps
    it, and keys mean keys again."""
    hands.keys("/", "l", "o")
    assert hands.lens == Lens(select="lo")
    hands.keys("(")
    assert hands.lens == Lens(select="lo") and hands.touch.touched.is_warning
    hands.keys("backspace", "s", "shift", "enter")
    assert hands.lens == Lens(select="los")
    assert hands.keys("backspace") == Lens()
    hands.keys("/", "q", "escape")
    assert (hands.lens, hands.done) == (Lens(), [])


def test_the_windows_own_keys(hands: Hands) -> None:
    """What is about the window is the window's."""
    hands.keys("d", "f", "F11", "w", "e", "q")
    assert hands.done == ["theme", "full screen", "full screen", "hold", "save", "quit"]


def test_help_opens_and_closes(hands: Hands, at: At) -> None:
    """`?` shows the keys; the same, escape or a click closes them; the cursor is on top of no help."""
    for close in ("?", "escape"):
        hands.keys("?")
        assert hands.touch.touched.help
        hands.keys(close)
        assert not hands.touch.touched.help
    hands.keys("?")
    hands.touch.press(*at("loss", 300.0, 1.0))
    assert not hands.touch.touched.help and hands.asked == []


def test_an_event_says_what_it_is(hands: Hands) -> None:
    """The words say what happened, where, and how many more there are."""
    hands.keys("n")
    assert hands.touch.touched.message == "NaN in loss (1 of 3): step 100 · epoch 1"
    hands.keys("n")
    assert hands.touch.touched.message == "restart (2 of 3): step 500 · epoch 5"


def test_before_there_is_a_lens_no_key_breaks(blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """On a board that knows no lens, and on one without a panel, each key and each click does nothing."""
    for board in (touchable(lens=None, events=()), replace(touchable(), panels=(), lens=None)):
        hands = Hands.__new__(Hands)
        hands.asked, hands.done, hands.now = [], [], 0.0
        blitter.show(board)
        hands.touch = Touch(blitter, hands.asked.append, hands.done.append)
        hands.touch.begin(board)
        for key in KEYS:
            if key.action not in ("quit",):
                hands.touch.key(key.names[0])
        hands.touch.press(300.0, 200.0, double=True)
        hands.touch.release(400.0, 200.0)
        assert hands.asked == [] and hands.touch.lens is None


def test_a_panel_that_vanishes_under_the_pointer(hands: Hands, blitter: Blitter, at: At, touchable: Callable[..., Board]
                                                 ) -> None:
    """Where the panel has gone, the next key finds what is there now; a drag that began in it still zooms."""
    place = at("acc", 300.0, 1.0)
    hands.touch.press(*place)
    board = touchable()
    blitter.show(replace(board, panels=board.panels[:1]))
    hands.touch.release(place[0] + 60, place[1])
    assert hands.lens.zoom is not None
    hands.touch.move(*place)
    hands.keys("l", "h", "i")


def test_a_metric_without_a_number_under_the_pointer(blitter: Blitter, tmp_path: Path) -> None:
    """Where all points of a metric are NaN, a drag and each key over its panel break nothing, and each key then does
    what it does elsewhere."""
    (tmp_path / "metrics.csv").write_text("step,train_loss,acc\n" + "".join(
        f"{step},nan,{step / 100}\n" for step in range(100)), encoding="utf-8")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    maker = BoardMaker(run)
    blitter.show(maker.dashboard())

    def ask(lens: Lens) -> None:
        maker.set_lens(lens)
        blitter.show(maker.dashboard())

    touch = Touch(blitter, ask, lambda action: None)
    touch.begin(maker.dashboard())
    loss = next(artists for artists in blitter.painter.panels.values() if artists.panel and
                artists.panel.title == "loss")
    assert loss.space is not None and loss.panel is not None and loss.panel.message.startswith("no finite value yet")
    axes = loss.space.axes
    x, y = axes.left + axes.width / 2, axes.bottom + axes.height / 2
    for name in ("l", "o", "i", "S", "n", "N", "p", "end", "home", "enter", "backspace", "x", "home"):
        touch.move(x, y)
        blitter.touch(touch.touched)
        touch.key(name)
    for shift in (False, True):
        touch.press(x, y, shift=shift)
        touch.move(x + 40, y + 20)
        blitter.touch(touch.touched)
        touch.release(x + 40, y + 20)
    touch.key("home")
    assert touch.lens == Lens()
    touch.move(x, y)
    touch.key("h")
    assert touch.lens == Lens(hidden=("train_loss",)) and maker.dashboard().panels[0].title == "accuracy"


# Several runs ---------------------------------------------------------------------------------------------------------


def with_runs(board: Board, lens: Lens) -> Board:
    """The board of two runs, with the list of three where the lens asks for it."""
    panels = [replace(panel, lines=tuple(replace(line, run="ab"[place % 2]) for place, line in enumerate(panel.lines)))
              for panel in board.panels]
    rows = tuple(RunRow(name, name, "running", is_shown=name != "c", colour="blue") for name in "abc")
    return replace(board, panels=tuple(panels), lens=lens, runs=rows if lens.run_list else ())


def test_escape_shows_the_list_of_runs(hands: Hands, blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """Escape closes what is open, else it shows the list, and closes it; where there is no other run a line says so."""
    hands.touch.key("?")
    assert hands.keys("escape") == Lens() and hands.keys("escape") == Lens(run_list=True)
    hands.touch.begin(replace(touchable(), lens=Lens(run_list=True)))
    assert hands.lens == Lens() and hands.touch.touched.message.startswith("no other run is here")


def test_keys_in_the_list(hands: Hands, blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """Up and down choose a run, space draws it beside the others or not, enter opens it; escape closes the list."""
    board = with_runs(touchable(), Lens(run_list=True))
    hands.keys("escape")
    blitter.show(board)
    hands.touch.begin(board)
    assert blitter.painter.runs is not None and hands.keys("space") == Lens(run_list=True)
    hands.keys("down", "down", "down")
    assert blitter.painter.chosen_run == "c"
    assert hands.keys("space").runs == ("a", "b", "c")
    assert hands.keys("backspace", "up", "space").runs == ("a",)
    assert hands.keys("enter").runs == ("b",)
    assert not hands.keys("escape").run_list


def test_the_mouse_in_the_list(hands: Hands, blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """A click on a row draws its run or not, a double click opens it."""
    board = with_runs(touchable(), Lens(run_list=True))
    hands.keys("escape")
    blitter.show(board)
    hands.touch.begin(board)
    assert blitter.painter.runs is not None
    place = {name: (rect.left + 20, rect.bottom + 3) for rect, name in blitter.painter.runs.places}
    hands.touch.press(*place["a"])
    assert hands.lens.runs == ("b",)
    hands.touch.press(*place["a"], double=True)
    assert hands.lens.runs == ("a",)


def test_names_of_runs(hands: Hands, blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """Where several runs are drawn, a click on a curve's name hides its run, a double click shows it alone, and so does
    `i`; `g` groups runs by their seed."""
    blitter.show(with_runs(touchable(), Lens()))
    (left, bottom, right, top), _, run = blitter.painter.panels["loss"].names[0]
    middle = (left + right) / 2, (bottom + top) / 2
    hands.touch.press(*middle)
    assert hands.lens == Lens(hidden_runs=(run,))
    hands.touch.press(*middle, double=True)
    assert hands.lens == Lens(alone_run=run)
    assert hands.keys("home", "i") == Lens(alone_run=run)
    assert hands.keys("home", "g") == Lens(group_by="")
