"""How keys change what somebody looks at, whichever view they are pressed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from livemon.boards import Lens
from livemon.boards.lens.stretch import Stretch
from livemon.boards.model import Board, Event, Panel
from livemon.views.lens_control import LensControl, name_of, zoomed, zoomed_y

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


def test_what_a_lens_calls_a_panel() -> None:
    """A panel of metrics by its title; boxes, whose title says more, by their key."""
    assert name_of(Panel("k", "loss", (0, 1), (0, 1), metrics=("a",))) == "loss"
    assert name_of(Panel("boxes", "training loss by epoch", (0, 1), (0, 1))) == "boxes"


def test_digits_that_a_hand_can_mean(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """Ends are rounded to a thousandth of what lies between them, or less; of a board that counts minutes a lens has
    the seconds; where nothing lies between them, the lens stays."""
    panel = panel_of("loss")
    board = board_of(panel)
    assert zoomed(Lens(), board, 1717.601, 2727.569).zoom == Stretch(1718.0, 2728.0)
    assert zoomed(Lens(), replace(board, x_unit=60.0), 2.0, 3.0).zoom == Stretch(120.0, 180.0)
    assert zoomed_y(Lens(), panel, 0.12345678, 0.12445678).zoom_y == ((name_of(panel), 0.123457, 0.124457),)
    assert zoomed(Lens(), board, 1.0, 1.0) == Lens() == zoomed_y(Lens(), panel, 1.0, 1.0)


@pytest.fixture
def begun(board_of: MakeBoard, panel_of: MakePanel) -> tuple[LensControl, list[Lens]]:
    """The lenses of a view that shows a board, and those that were asked for."""
    events = (Event(100.0, "nan", "loss"), Event(100.0, "restart"), Event(700.0, "best", "acc"))
    board = board_of(panel_of("loss"), lens=Lens(), axes=("step", "epoch", "row"), x_kind="step", events=events)
    asked: list[Lens] = []
    lens_control = LensControl(asked.append, lambda: board)
    lens_control.begin(board)
    return lens_control, asked


def test_the_next_event_goes_around_the_ends(begun: tuple[LensControl, list[Lens]]) -> None:
    """Each place at which something happened once, in order, and again from the other end."""
    lens_control, asked = begun
    seen = [lens_control.go_to_event(1) for _ in range(3)] + [lens_control.go_to_event(-1)]
    assert [(one.x, one.number, one.of) for one in seen if one is not None] == [
        (100.0, 1, 2), (700.0, 2, 2), (100.0, 1, 2), (700.0, 2, 2)]
    assert seen[0] is not None and seen[0].words == "NaN in loss, restart"
    assert [lens.mark for lens in asked] == [100.0, 700.0, 100.0, 700.0]


def test_steps_are_whole(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A stretch of steps that a hand has pointed at holds the whole steps around it; of other axes it is what it is."""
    board = replace(board_of(panel_of("loss")), x_kind="step")
    assert zoomed(Lens(), board, 37.53, 95.45).zoom == Stretch(37.0, 96.0)
    assert zoomed(Lens(), replace(board, x_kind="epoch"), 37.53, 95.45).zoom == Stretch(37.53, 95.45)


@pytest.mark.parametrize("text", ["loss|", "loss|("])
def test_what_is_half_typed_is_not_taken(begun: tuple[LensControl, list[Lens]], text: str) -> None:
    """An open bracket or the half of an "or", which would match every name, is no expression yet: enter waits."""
    lens_control, asked = begun
    lens_control.do("filter")
    for name in (*text, "enter"):
        lens_control.type(name)
    assert lens_control.prompt is not None and lens_control.prompt.is_wrong and asked[-1] == Lens(select="loss")
    for name in ("backspace",) * (len(text) - 4) + ("enter",):
        lens_control.type(name)
    assert lens_control.prompt is None and lens_control.lens == Lens(select="loss")


def test_what_is_typed_is_taken_back_at_once(begun: tuple[LensControl, list[Lens]]) -> None:
    """All letters are one step; an expression that is half typed keeps the filter before it."""
    lens_control, _ = begun
    assert lens_control.do("limits") and lens_control.do("filter") and not lens_control.do("pin")
    for name in ("l", "o", "["):
        lens_control.type(name)
    assert lens_control.prompt is not None and lens_control.prompt.is_wrong
    assert lens_control.lens == Lens(limits="full", select="lo")
    lens_control.type("ctrl+w")
    assert lens_control.prompt.text == "" and not lens_control.prompt.is_wrong
    lens_control.type("escape")
    assert lens_control.lens == Lens(limits="full") and lens_control.prompt is None
