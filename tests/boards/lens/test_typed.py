from __future__ import annotations

import pytest

from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.typed import Known, completions, typed
from livemon.boards.lens.value import Lens, OptionError

KNOWN = Known(("step", "time"), ("train_loss", "val loss", "lr"), ("loss", "lr"), ("seed",), ("quit",))


@pytest.mark.parametrize(
    ("text", "lens"),
    [
        ("x time", Lens(hidden=("a",), x="time")),
        ("smooth 0.9", Lens(hidden=("a",), smooth=0.9)),
        ("--zoom 1,000:2,000", Lens(hidden=("a",), zoom=Stretch(1000, 2000))),
        ("zoom-y loss=0:1", Lens(hidden=("a",), zoom_y=(("loss", 0.0, 1.0),))),
        ("hide lr 'val loss'", Lens(hidden=("a", "lr", "val loss"))),
        ("hide", Lens()),
        ("hide off", Lens()),
        ("where lr>=0.1 state:running", Lens(hidden=("a",), where=("lr>=0.1", "state:running"))),
        ("select a b", Lens(hidden=("a",), select="a b")),
    ],
)
def test_what_words_mean(text: str, lens: Lens) -> None:
    """Words ask for what the option of that name asks for; lists grow, and a word alone takes back what was asked."""
    assert typed(Lens(hidden=("a",)), text) == lens


@pytest.mark.parametrize(("text", "says"), [
    ("colour red", "not a command; there are x"),
    ("smoth 0.9", "not a command; did you mean smooth"), ("smooth much", "not a number"), ("smooth 7", "between 0"),
    ("limits wide", "neither robust nor full"), ("zoom 2:1", "nothing between"), ("hide 'a", "quotation mark"),
])
def test_words_that_mean_nothing(text: str, says: str) -> None:
    """What means nothing is refused, with what can be asked for."""
    with pytest.raises(OptionError, match=says):
        typed(Lens(), text)


def test_another_axis() -> None:
    """On another axis of x a stretch and a mark mean nothing; the screen's own fields stay."""
    lens = Lens(zoom=Stretch(1, 2), mark=1.0, pixels=160)
    assert typed(lens, "x time") == Lens(x="time", pixels=160)


@pytest.mark.parametrize(("text", "whole"), [
    ("sm", ["smooth"]), ("q", ["quit"]), ("x t", ["x time"]), ("hide LO", ["hide train_loss", "hide 'val loss'"]),
    ("hide lr tr", ["hide lr train_loss"]), ("limits ", ["limits robust", "limits full"]), ("pin l", [
        "pin loss", "pin lr"]), ("nothing ", []), ("zzz", []),
])
def test_what_goes_on_so(text: str, whole: list[str]) -> None:
    """A command goes on with words that begin so, else with those that contain it; names are quoted."""
    assert completions(text, KNOWN) == whole
