"""Taking over a terminal, and giving it back at any kind of end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from livemon.system.signals import exit_status

__all__ = ["signals_given_to", "size_of_terminal"]

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
                if hasattr(signal, name))
_OF_TEXTUAL = tuple(getattr(signal, name) for name in ("SIGTSTP", "SIGCONT", "SIGWINCH") if hasattr(signal, name))
_LAST_RESORT_SECONDS = 4.0  # Textual gives a terminal back at once, if it still exists


@contextmanager
def size_of_terminal() -> Iterator[None]:
    """Within this block the size is that of the terminal: some shells export COLUMNS and LINES, which do not change
    with the size of the terminal, and Textual uses them."""
    before = {name: os.environ[name] for name in ("COLUMNS", "LINES") if name in os.environ}
    try:
        os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ is not None else -1)
    except (OSError, ValueError):  # no terminal gives its size
        before = {}
    for name in before:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(before)


@contextmanager
def signals_given_to(end: Callable[[int], object]) -> Iterator[None]:
    """Within this block a signal that asks to end calls `end`, which first gives the terminal back; afterwards all
    signals have their old handlers."""
    before = {number: signal.getsignal(number) for number in (*_ENDING, *_OF_TEXTUAL)}
    last_resort: list[threading.Timer] = []

    def take(number: int, frame: FrameType | None) -> None:
        if not last_resort:  # a terminal that is gone, or receives nothing more, may block us for ever
            last_resort.append(threading.Timer(_LAST_RESORT_SECONDS, os._exit, (exit_status(number),)))
            last_resort[0].daemon = True
            last_resort[0].start()
        end(number)

    for number in _ENDING:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, take)
    try:
        yield
    finally:
        for timer in last_resort:
            timer.cancel()
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
