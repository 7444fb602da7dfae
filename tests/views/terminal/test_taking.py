from __future__ import annotations

import os
import signal
import sys

import pytest

from livemon.views.terminal.taking import signals_given_to, size_of_terminal


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM is sent there")
def test_signals_are_handed_on_and_given_back() -> None:
    """Within the block a signal is told to who asked, and what Textual does with others is undone behind it; a signal
    that was ignored stays so."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGTSTP", "SIGCONT", "SIGWINCH")
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    taken: list[int] = []
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_given_to(taken.append):
            signal.signal(signal.SIGCONT, lambda number, frame: None)
            for name in ("SIGTERM", "SIGHUP"):
                os.kill(os.getpid(), getattr(signal, name))
            assert taken == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before["SIGHUP"])
    assert {name: signal.getsignal(getattr(signal, name)) for name in names} == before


def test_sizes_that_a_shell_exports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the terminal says its size, COLUMNS and LINES are not believed; afterwards they are there again."""
    monkeypatch.setenv("COLUMNS", "33")
    monkeypatch.setattr("os.get_terminal_size", lambda number: os.terminal_size((80, 24)))
    with size_of_terminal():
        assert "COLUMNS" not in os.environ
    assert os.environ["COLUMNS"] == "33"
