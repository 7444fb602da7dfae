"""Textual's terminal driver for Linux and macOS with fixes: it sleeps while nobody types, reports a slow terminal, and
handles signals that come before it has taken over the terminal, or after it has given it back."""

from __future__ import annotations

import os
import selectors
import threading
import time
import weakref
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any, TextIO

from textual import constants
from textual.drivers.linux_driver import LinuxDriver

from livemon.system.signals import hang_up, stop_this_process
from livemon.views.terminal.typed_input import TypedInput

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["BlockingDriver"]

_EMPTY = "\x1b[H\x1b[2J"
_KEY_SECONDS = 0.1  # how often Textual checks whether a lone escape was a key, or the beginning of a sequence
_AWAKE_SECONDS = max(1.0, 4 * constants.ESCAPE_DELAY)  # so long after the last byte it may still have to decide that


class _WakingEvent(threading.Event):
    """An event that also wakes a thread waiting for bytes, by sending one."""

    def __init__(self, waker: int) -> None:
        super().__init__()
        self._waker = waker

    def set(self) -> None:
        """Set it."""
        super().set()
        os.write(self._waker, b"!")


class _Output:
    """The file of a terminal, which knows whether the terminal has received everything."""

    def __init__(self, file: TextIO) -> None:
        self.is_behind = False
        self._file = file

    def write(self, text: str) -> int:
        """Write a text."""
        self.is_behind = True
        return self._file.write(text)

    def flush(self) -> None:
        """Send everything to the terminal; this takes a while on a slow link."""
        try:
            self._file.flush()
        finally:
            self.is_behind = False

    def fileno(self) -> int:
        """The file descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Always true."""
        return self._file.isatty()


class BlockingDriver(LinuxDriver):
    """Textual's driver with the fixes named above.

    Textual's own checks for keys ten times per second, which would be most of an idle watch's CPU time. On SIGTSTP it
    gives back a terminal that it does not have yet, which ends the program, and on a SIGCONT without a SIGTSTP it takes
    over the terminal twice: then the original state is lost. If the terminal is gone, it reads nothing in an endless
    loop.
    """

    def __init__(self, app: App[object], *, debug: bool = False, mouse: bool = True,
                 size: tuple[int, int] | None = None) -> None:
        self._has_terminal = False
        self._woken, self._waker = os.pipe()
        weakref.finalize(self, os.closerange, self._woken, self._woken + 1)
        weakref.finalize(self, os.closerange, self._waker, self._waker + 1)
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        own: dict[str, Any] = self.__dict__  # without POSIX, Textual's driver has no types
        self._output = _Output(own["_file"])
        own["_file"] = self._output
        self.exit_event = _WakingEvent(self._waker)

    def start_application_mode(self) -> None:
        """Take over the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._has_terminal = True

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if self._has_terminal:
            self._has_terminal = False
            self.write(_EMPTY)  # GNU screen and a Linux console have no second screen, so ours would stay
            super().stop_application_mode()

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not yet received everything: a new frame would come late."""
        writer = self._writer_thread
        return self._output.is_behind or (writer is not None and not writer._queue.empty())

    def _sigtstp_application(self, *_: object) -> None:
        if self._has_terminal:
            super()._sigtstp_application()
        else:
            stop_this_process()

    def _sigcont_application(self, *_: object) -> None:
        """The job continues. After SIGSTOP it still has the terminal, in any state in which other programs left it."""
        if self._has_terminal:
            self.suspend_application_mode()
            self._must_signal_resume = True
        if self._must_signal_resume:
            self.resume_application_mode()

    def run_input_thread(self) -> None:
        """Pass on keys, mouse actions and the terminal's answers, until asked to end."""
        typed, decode = TypedInput(self._debug), getincrementaldecoder("utf-8")("replace").decode
        awake_until = time.monotonic() + _AWAKE_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                is_awake = time.monotonic() < awake_until
                for key, _ in selector.select(_KEY_SECONDS if is_awake else None):
                    if key.fd == self._woken:
                        os.read(self._woken, 64)
                        continue
                    data = self._read()
                    if not data:
                        return
                    text = decode(data)
                    for event in typed.feed(text) if text else ():  # half a character is no event yet
                        self.process_message(event)
                    awake_until = time.monotonic() + _AWAKE_SECONDS
                for event in typed.tick():
                    self.process_message(event)

    def _read(self) -> bytes:
        """The typed bytes; none if the terminal is gone, which ends the program like a closed connection."""
        try:
            data = os.read(self.fileno, 4096)
        except OSError:
            data = b""
        if not data:
            hang_up()
        return data
