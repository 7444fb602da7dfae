"""A thread that lacks only CPU time, told from one that hangs."""

from __future__ import annotations

import pytest

from livemon.recording import progress as module
from livemon.recording.progress import DISK, LEAST_TURNS, TURN_SECONDS, HangTimeout, Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, in its first item."""
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def turns_until_over(timeout: HangTimeout, clock: list[float], seconds: float, most: int = 1000) -> int | None:
    """How many turns of so many seconds it takes; None: more than the most."""
    for turn in range(1, most + 1):
        clock[0] += seconds
        if timeout.is_over():
            return turn
    return None


@pytest.mark.parametrize(("runnable", "turn", "turns"), [
    (False, TURN_SECONDS, 50),  # 0.5 s
    (False, 0.4, LEAST_TURNS),  # who comes so rarely to its turn lacks CPU time itself
    (None, TURN_SECONDS, 50),
    (None, 0.4, 50),  # the system does not tell: the thread has had as many turns
    (True, 0.4, None),  # it wants nothing but CPU time
])  # fmt: skip
def test_standing_still_is_hanging(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], runnable: bool | None, turn: float, turns: int | None
) -> None:
    """A thread that does not get on for its time, and could have, hangs; one that waits for the CPU never does."""
    monkeypatch.setattr(module, "thread_is_runnable", lambda _: runnable)
    assert turns_until_over(HangTimeout(Progress(), 0.495), clock, turn) == turns


def test_who_gets_on_does_not_hang(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    """Each step of the work begins the time anew, and so does a moment in which it waits for the CPU."""
    runnable = [False]
    monkeypatch.setattr(module, "thread_is_runnable", lambda _: runnable[0])
    progress = Progress()
    timeout = HangTimeout(progress, 0.495)
    for _ in range(5):
        assert turns_until_over(timeout, clock, TURN_SECONDS, 40) is None
        progress.beat()
    assert turns_until_over(timeout, clock, TURN_SECONDS, 40) is None
    runnable[0] = True
    assert not timeout.is_over()
    runnable[0] = False
    assert turns_until_over(timeout, clock, TURN_SECONDS) == 50


def test_a_hang_that_has_lasted_is_not_waited_for_again(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    """Where the thread has waited for the disk for long already, a few turns are enough."""
    monkeypatch.setattr(module, "thread_is_runnable", lambda _: False)
    progress = Progress()
    with progress.waiting_for(DISK):
        clock[0] += 60
        assert turns_until_over(HangTimeout(progress, 2.0), clock, TURN_SECONDS) == LEAST_TURNS
    assert progress.waits_for == ""
