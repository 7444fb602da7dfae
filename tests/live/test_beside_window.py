"""A view that is touched, and the thread that reads beside it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.live.beside_window import run_beside_window
from livemon.live.errors import CannotShowError


def test_an_error_beside_a_window_is_raised() -> None:
    """What breaks in the thread beside the window closes the window, and is raised in the window's thread."""
    closed = threading.Event()

    def explode() -> None:
        raise CannotShowError("the view broke")

    monitor: Any = SimpleNamespace(run=explode, stop=lambda: None, saving=False)
    window: Any = SimpleNamespace(run=lambda: closed.wait(5.0), close=closed.set)
    with pytest.raises(CannotShowError, match="the view broke"):
        run_beside_window(monitor, window)
    assert closed.is_set()


def test_a_window_that_breaks_ends_the_watch() -> None:
    """A window that breaks stops the monitor, and the error says that it was the window."""
    stopped = threading.Event()

    def explode() -> None:
        raise RuntimeError("no more colours")

    monitor: Any = SimpleNamespace(run=lambda: stopped.wait(5.0), stop=stopped.set, saving=False)
    window: Any = SimpleNamespace(run=explode, close=lambda: None)
    with pytest.raises(CannotShowError, match="the view broke and was closed: RuntimeError: no more colours"):
        run_beside_window(monitor, window)
