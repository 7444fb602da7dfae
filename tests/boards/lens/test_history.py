"""The way from lens to lens, and back."""

from __future__ import annotations

from livemon.boards import Lens
from livemon.boards.lens.history import History


def test_each_lens_can_be_taken_back() -> None:
    """Back goes one lens at a time, to the first, and no further; the same lens once more is no step."""
    history = History.of(Lens()).to(Lens(x="time")).to(Lens(x="time")).to(Lens(x="epoch"))
    assert history.now == Lens(x="epoch")
    assert history.back().now == Lens(x="time")
    assert history.back().back().now == Lens()
    assert history.back().back().back().now == Lens()


def test_home_is_the_first_lens_and_can_be_taken_back() -> None:
    """Home looks as a view began, and is a step as any other."""
    history = History.of(Lens(x="time")).to(Lens(x="epoch"))
    assert history.home().now == Lens(x="time")
    assert history.home().back().now == Lens(x="epoch")


def test_what_is_typed_letter_by_letter_is_one_step() -> None:
    """A lens put in the place of the last one is no step of its own."""
    history = History.of(Lens()).to(Lens(select="l")).instead(Lens(select="lo")).instead(Lens(select="los"))
    assert (history.now.select, history.back().now) == ("los", Lens())


def test_not_all_steps_are_kept() -> None:
    """Of ten thousand steps the newest 200 can be taken back."""
    history = History.of(Lens())
    for number in range(10_000):
        history = history.to(Lens(mark=float(number)))
    assert len(history.before) == 200
