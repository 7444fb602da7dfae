"""What happened in a run, by the marks of its panels."""

from __future__ import annotations

import numpy as np

from livemon.boards.events import events_of
from livemon.boards.model import Event, Line, Mark, Panel


def test_events_stand_in_order_and_once() -> None:
    """A restart that each panel marks is one event; an epoch is none."""
    restart = Mark("restart", 20.0, None, "grey")
    first = Panel("a", "loss", (0, 1), (0, 1), marks=(Mark("nan", 30.0, None, "blue"), restart))
    second = Panel("b", "acc", (0, 1), (0, 1), marks=(Mark("best", 10.0, 0.5, "blue"), restart,
                                                    Mark("epoch", 5.0, None, "grey")))
    assert events_of([first, second]) == (
        Event(10.0, "best", "acc"), Event(20.0, "restart"), Event(30.0, "nan", "loss"))


def test_nan_after_nan_is_one_event() -> None:
    """A stretch of NaN is visited once, at its first, however many marks it has; a finite point of the same curve ends
    it."""
    lines = (Line("a", "main", np.array([0.0, 10.0, 45.0]), np.array([1.0, np.nan, 1.0]), "blue", "a"),
             Line("b", "main", np.arange(60.0), np.ones(60), "orange", "b"))
    marks = (*(Mark("nan", x, None, "blue") for x in (30.0, 10.0, 20.0, 50.0)), Mark("nan", 20.0, None, "orange"),
             Mark("nan", 30.0, None, "orange"), Mark("inf", 55.0, None, "blue"))
    events = events_of([Panel("a", "loss", (0, 60), (0, 1), lines=lines, marks=marks)])
    assert [(event.x, event.kind, event.until, event.marks) for event in events] == [
        (10.0, "nan", 30.0, 3), (20.0, "nan", None, 1), (30.0, "nan", None, 1), (50.0, "nan", None, 1),
        (55.0, "inf", None, 1)]
