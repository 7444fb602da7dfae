"""The loop that a watch of one run and one of several share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.live.messages import Messages
from livemon.live.pace import LoopPace
from livemon.live.watch_loop import WatchLoop
from livemon.testing import HandClock, ScriptedWakeups


class Turns(WatchLoop):
    """Counts its looks; the drawing notes what it is asked for."""

    def __init__(self, *script: Any) -> None:
        self.lines: list[str] = []
        self.looks = self.lags = 0
        self.asked: list[Any] = []
        clock = HandClock()
        drawing: Any = SimpleNamespace(is_idle=True, is_asked=False, ask=self.asked.append, on_refusal=None,
                                       draw_outdated_screens=self.lag)
        self.wakeups = ScriptedWakeups(script, clock, self.stop)
        super().__init__(drawing, self.wakeups, LoopPace(clock, lambda: 0.0), Messages(self.lines.append),
                         threading.Event())

    def run_once(self) -> None:
        self.looks += 1

    def lag(self) -> None:
        self.lags += 1

    def _files(self) -> Sequence[Path]:
        return [Path("metrics.csv")]


def test_it_turns_until_it_is_stopped() -> None:
    """A look for each wake-up; at the end, and at Ctrl-C, no picture is older than what was read."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    turns = Turns(lambda: None, lambda: None)
    turns.run()
    assert (turns.looks, turns.lags) == (3, 1)
    turns = Turns(lambda: None, interrupt)
    with pytest.raises(KeyboardInterrupt):
        turns.run()
    assert (turns.looks, turns.lags) == (2, 1)


def test_what_wakes_it() -> None:
    """Where nothing was drawn for long it wakes less often; where no event comes, that is said once."""
    turns = Turns(lambda: None, lambda: None)
    turns.wakeups.degraded = "no events here"
    turns.run()
    assert turns.wakeups.is_idle and turns.lines == ["no events here"]


def test_another_lens() -> None:
    """A lens is asked for from any thread, and one that means nothing is told to whoever wants to know."""
    turns, refused = Turns(), []
    lens: Any = object()
    turns.set_lens(lens)
    turns.call_on_refusal(lambda lens, why: refused.append(why))
    assert turns.asked == [lens]
    turns._drawing.on_refusal(lens, "no such metric")  # type: ignore[misc]
    assert refused == ["no such metric"]
