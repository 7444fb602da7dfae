"""Signals that ask a program to end, where there are others than here."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from livemon.system.signals import ask_again, ending_signals, exit_status, give_time_when_console_closes

SIGBREAK = 21  # Windows' number for it


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signals that Windows has."""
    monkeypatch.delattr(signal, "SIGHUP", raising=False)
    monkeypatch.setattr(signal, "SIGBREAK", SIGBREAK, raising=False)


@pytest.mark.usefixtures("windows")
def test_windows_signals() -> None:
    """There Ctrl-Break and a closed console end a program as Ctrl-C does, and no signal is asked for that is not
    there."""
    assert ending_signals() == [signal.SIGTERM, SIGBREAK]
    assert exit_status(SIGBREAK) == 130
    assert exit_status(signal.SIGTERM) == 143


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has others")
def test_the_signals_here() -> None:
    """SIGTERM and a terminal that was closed end a program; its status is 128 and the number."""
    assert ending_signals() == [signal.SIGTERM, signal.SIGHUP]
    assert exit_status(signal.SIGHUP) == 129
    give_time_when_console_closes()  # nothing to do here


@pytest.mark.parametrize("has_kill", [True, False])
def test_a_signal_is_sent_again(monkeypatch: pytest.MonkeyPatch, has_kill: bool) -> None:
    """A signal reaches this process's own handler, also where the system has no `kill` that only tells."""
    if not has_kill:
        monkeypatch.delattr(os, "kill")
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        ask_again(signal.SIGTERM)
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
