"""Signals that end a window's loop: toolkits print what a handler raises in one of their callbacks, and go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Interrupts"]


class Interrupts:
    """Keeps a signal until the window's loop has ended.

    Attributes:
        number: The last signal that came; None for none.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Within this block keep Ctrl-C, where it still means what Python makes of it, and SIGTERM, where the program
        has made something of it. Does nothing outside the main thread."""
        before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
            if before[signal.SIGINT] is not signal.default_int_handler:
                del before[signal.SIGINT]
            if not callable(before[signal.SIGTERM]):
                del before[signal.SIGTERM]
        for number in before:
            signal.signal(number, self._keep)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def raise_again(self) -> None:
        """Give a kept signal to the handler to whom it belongs."""
        if self.number is not None:
            signal.raise_signal(self.number)

    def _keep(self, number: int, frame: object) -> None:
        self.number = number
