"""Textual's driver of a terminal under Linux and macOS, mended: it sleeps while nobody types, says where the terminal
is behind, and stands signals that come before it has the terminal, or after it has given it back."""

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

__all__ = ["PatientDriver"]

_EMPTY = "\x1b[H\x1b[2J"
_KEY_SECONDS = 0.1  # Textual looks so often whether a lone escape was a key, or the beginning of one
_AWAKE_SECONDS = max(1.0, 4 * constants.ESCAPE_DELAY)  # after the last byte it may still have to decide that


class _WakingEvent(threading.Event):
    """Wakes by a byte whoever waits for bytes, once it is set."""

    def __init__(self, waker: int) -> None:
        super().__init__()
        self._waker = waker

    def set(self) -> None:
        """Set it."""
        super().set()
        os.write(self._waker, b"!")


class _Output:
    """The file of a terminal, which knows whether the terminal has taken all that was written."""

    def __init__(self, file: TextIO) -> None:
        self.is_behind = False
        self._file = file

    def write(self, text: str) -> int:
        """Write a text."""
        self.is_behind = True
        return self._file.write(text)

    def flush(self) -> None:
        """Hand all of it to the terminal; on a slow link that takes its time."""
        try:
            self._file.flush()
        finally:
            self.is_behind = False

    def fileno(self) -> int:
        """Its number."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """It is a terminal."""
        return self._file.isatty()


class PatientDriver(LinuxDriver):
    """Textual's, but for what is said above.

    Textual's own looks for keys ten times a second, which is most of what an idle watch would take. On SIGTSTP it gives
    back a terminal that it does not have yet, which ends the program, and on a SIGCONT that follows no SIGTSTP it takes
    the terminal twice: then the state to go back to is lost. Of a terminal that is gone it reads nothing for ever.
    """

    def __init__(self, app: App[object], *, debug: bool = False, mouse: bool = True,
                 size: tuple[int, int] | None = None) -> None:
        self._has_terminal = False
        self._woken, self._waker = os.pipe()
        weakref.finalize(self, os.closerange, self._woken, self._woken + 1)
        weakref.finalize(self, os.closerange, self._waker, self._waker + 1)
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        own: dict[str, Any] = self.__dict__  # where there is no POSIX Textual's driver has no types
        self._output = _Output(own["_file"])
        own["_file"] = self._output
        self.exit_event = _WakingEvent(self._waker)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._has_terminal = True

    def stop_application_mode(self) -> None:
        """Give it back."""
        if self._has_terminal:
            self._has_terminal = False
            self.write(_EMPTY)  # GNU screen and a Linux console have no second screen: ours would stay behind
            super().stop_application_mode()

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not yet taken what was sent: what is drawn now would come late."""
        writer = self._writer_thread
        return self._output.is_behind or (writer is not None and not writer._queue.empty())

    def _sigtstp_application(self, *_: object) -> None:
        if self._has_terminal:
            super()._sigtstp_application()
        else:
            stop_this_process()

    def _sigcont_application(self, *_: object) -> None:
        """The job goes on. Who was stopped by SIGSTOP has the terminal still, in whichever state others left it."""
        if self._has_terminal:
            self.suspend_application_mode()
            self._must_signal_resume = True
        if self._must_signal_resume:
            self.resume_application_mode()

    def run_input_thread(self) -> None:
        """Hand on keys, what the mouse does and the terminal's answers, until told to end."""
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
                    for event in typed.feed(text) if text else ():  # half a letter is none yet
                        self.process_message(event)
                    awake_until = time.monotonic() + _AWAKE_SECONDS
                for event in typed.tick():
                    self.process_message(event)

    def _read(self) -> bytes:
        """What was typed; nothing where the terminal is gone, which ends the program as a connection's end does."""
        try:
            data = os.read(self.fileno, 4096)
        except OSError:
            data = b""
        if not data:
            hang_up()
        return data
