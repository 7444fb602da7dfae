"""What happened in a run, by the marks of its panels."""

from __future__ import annotations

from livemon.boards.events import events_of
from livemon.boards.model import Event, Mark, Panel


def test_events_stand_in_order_and_once() -> None:
    """A restart that each panel marks is one event; an epoch is none."""
    restart = Mark("restart", 20.0, None, "grey")
    first = Panel("a", "loss", (0, 1), (0, 1), marks=(Mark("nan", 30.0, None, "blue"), restart))
    second = Panel("b", "acc", (0, 1), (0, 1), marks=(Mark("best", 10.0, 0.5, "blue"), restart,
                                                    Mark("epoch", 5.0, None, "grey")))
    assert events_of([first, second]) == (
        Event(10.0, "best", "acc"), Event(20.0, "restart"), Event(30.0, "nan", "loss"))
