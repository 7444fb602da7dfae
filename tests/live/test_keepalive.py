"""Whether a watch gets on."""

from __future__ import annotations

import time

import pytest

from livemon.live.keepalive import Keepalive


def test_a_watch_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that looks, works, or saves its plots shows a sign each time; one that hangs shows none."""
    clock, cpu = [0.0], [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "process_time", lambda: cpu[0])
    sign = Keepalive()
    shown = []
    for looks, worked, saving in ((0, 0, 0), (1, 0, 0), (0, 0, 0), (0, 0.2, 0), (0, 0, 1), (0, 0, 0)):
        clock[0] += 1
        sign.looks += looks
        cpu[0] += worked
        sign.saving = bool(saving)
        shown.append(sign.made_progress())
    assert shown == [False, True, False, True, True, False]
