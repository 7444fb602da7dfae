from __future__ import annotations

import pytest

from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.model import Board, Event, Header, Panel
from livemon.boards.run_row import RunRow
from livemon.views.browser.actions import moved

BOARD = Board("run", Header("run", "running"), (
    Panel("loss", "loss", (0.0, 100.0), (0.0, 1.0), metrics=("train_loss", "val_loss")),
), axes=("step", "epoch", "row"), x_kind="step", x_unit=1.0, events=(Event(40.0, "nan", "loss"),), lens=Lens(),
    runs=(RunRow("a", "a", "running", is_shown=True), RunRow("b", "b", "running")))

MOVES = [
    ({"action": "zoom", "low": "10.00001", "high": "20"}, Lens(zoom=Stretch(10, 20))),
    ({"action": "zoom y", "panel": "loss", "low": "0.1", "high": "0.5"}, Lens(zoom_y=(("loss", 0.1, 0.5),))),
    ({"action": "axis", "text": "epoch"}, Lens(x="epoch")),
    ({"action": "x"}, Lens(x="epoch")),
    ({"action": "filter", "text": "val"}, Lens(select="val")),
    ({"action": "filter", "text": ""}, Lens()),
    ({"action": "curve", "metric": "val_loss"}, Lens(hidden=("val_loss",))),
    ({"action": "log", "panel": "loss"}, Lens(log=("loss",))),
    ({"action": "pin", "panel": "loss"}, Lens(pinned=("loss",))),
    ({"action": "large", "panel": "loss"}, Lens(large="loss")),
    ({"action": "alone", "panel": "loss", "metric": "val_loss"}, Lens(hidden=("train_loss",))),
    ({"action": "limits"}, Lens(limits="full")),
    ({"action": "attempts"}, Lens(attempts="latest")),
    ({"action": "follow"}, Lens(zoom=Stretch(last=10, percent=True))),
    ({"action": "show run", "text": "b"}, Lens(runs=("a", "b"))),
    ({"action": "open run", "text": "b"}, Lens(runs=("b",))),
    ({"action": "runs where", "text": "lr>=1 state:running"}, Lens(where=("lr>=1", "state:running"))),
    ({"action": "groups"}, Lens(group_by="")),
    ({"action": "run list"}, Lens(run_list=True)),
    ({"action": "whole"}, Lens()),
    ({"action": "pin", "panel": "none of them"}, Lens()),
]


@pytest.mark.parametrize(("words", "expected"), MOVES, ids=[words["action"] for words, _ in MOVES])
def test_what_is_done_makes_a_lens(words: dict[str, str], expected: Lens) -> None:
    """What is done in the page makes the lens that the window and the terminal make of it."""
    assert moved(Lens(), BOARD, words).lens == expected


def test_an_event_is_marked_and_named() -> None:
    """The next event is marked in all panels, and said in words."""
    made = moved(Lens(), BOARD, {"action": "next event"})
    assert made.lens.mark == 40.0 and made.words == "NaN in loss (1 of 1)"


@pytest.mark.parametrize("words", [{}, {"action": "drop table"}, {"action": "zoom", "low": "x", "high": "1"},
                                   {"action": "zoom y", "panel": "loss"}])
def test_rubbish_is_refused_in_words(words: dict[str, str]) -> None:
    """What means nothing is an error with a message, which the page shows."""
    with pytest.raises(OptionError):
        moved(Lens(), BOARD, words)
