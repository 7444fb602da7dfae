"""The thread that writes."""

from __future__ import annotations

import threading
import time

import pytest

from livemon.recording.progress import Progress
from livemon.recording.writing_thread import WritingThread


def test_work_is_done_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread works when somebody calls, tells all who wait, and works a last time at its end; a call after that is
    not answered."""
    done: list[str] = []
    thread = WritingThread(lambda: done.append("work"), lambda: done.append("end"), Progress(), seconds=60)
    thread.start()
    assert thread.work_now(60) and done == ["work"]
    others = [threading.Thread(target=thread.work_now, args=(60,)) for _ in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert 2 <= len(done) <= 5
    assert thread.yield_cpu_until(lambda: len(done) >= 2, 60)
    assert thread.end(60) and done[-1] == "end"
    assert not thread.work_now(60) and not thread.yield_cpu_until(lambda: False, 60) and thread.end(60)


def test_a_thread_that_hangs_is_not_waited_for() -> None:
    """Whoever waits for a thread that hangs gets on after the time that was given, whatever was asked of it."""
    answer, progress = threading.Event(), Progress()

    def hang() -> None:
        with progress.waiting_for("the disk"):
            answer.wait(120)

    thread = WritingThread(hang, lambda: None, progress, seconds=60)
    thread.start()
    try:
        begun = time.monotonic()
        assert not thread.work_now(0.2)
        assert not thread.yield_cpu_until(lambda: False, 0.2)
        assert not thread.end(0.2)
        assert 0.2 <= time.monotonic() - begun < 30
    finally:
        answer.set()
        thread.join(60)


def test_slow_work_is_waited_for() -> None:
    """Work that takes many times as long as a thread may stand still is waited for while it gets on."""
    progress = Progress()

    def work() -> None:
        for _ in range(20):
            time.sleep(0.05)
            progress.beat()

    thread = WritingThread(work, lambda: None, progress, seconds=60)
    thread.start()
    assert thread.work_now(0.3)
    assert thread.end(0.3)
