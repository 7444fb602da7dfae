"""The signals that ask a program to end, and the exit status for each.

Windows has SIGINT (Ctrl-C) and SIGBREAK (Ctrl-Break, or a closed console). SIGTERM comes only from within the process
there, and `os.kill` ends a process instead of sending it a signal.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from typing import Any

__all__ = ["INTERRUPTED", "ask_again", "ending_signals", "exit_status", "give_time_when_console_closes", "hang_up",
           "stop_this_process"]

INTERRUPTED = 130  # the exit status after Ctrl-C
_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")
_CLOSE_SECONDS = 4.0  # Windows gives a program five seconds after its console is closed
_CLOSE_EVENTS = (2, 5, 6)  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT


def ending_signals() -> list[int]:
    """The signals of this system, besides Ctrl-C, that ask a program to end."""
    return [int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name)]


def exit_status(number: int) -> int:
    """The exit status after a signal: 128 plus its number, as in shells; for Ctrl-Break and a closed console the status
    of Ctrl-C."""
    return INTERRUPTED if number == getattr(signal, "SIGBREAK", None) else 128 + number


def ask_again(number: int) -> None:
    """Send a signal to this process. May be called from any thread."""
    if sys.platform == "win32" or not hasattr(os, "kill"):  # os.kill would end the process on the spot
        _thread.interrupt_main(signal.Signals(number))
    else:
        os.kill(os.getpid(), number)


def hang_up() -> None:
    """Ask this process to end, as a lost connection does; with SIGTERM if it ignores SIGHUP, as under nohup."""
    number = getattr(signal, "SIGHUP", signal.SIGTERM)
    ask_again(signal.SIGTERM if signal.getsignal(number) is signal.SIG_IGN else number)


def stop_this_process() -> None:
    """Stop until somebody continues the job, as Ctrl-Z does; no effect on systems without job control."""
    if (number := getattr(signal, "SIGSTOP", None)) is not None:
        os.kill(os.getpid(), number)


_kept: list[Any] = []  # callbacks for the system, which must not be garbage-collected


def give_time_when_console_closes() -> None:
    """Let this process clean up when its console window is closed. Windows ends a process as soon as its handler
    returns, and Python's handler returns at once; so ours waits until the process has ended, at most some seconds."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        def note(event: int) -> bool:
            if event not in _CLOSE_EVENTS:
                return False
            _thread.interrupt_main(signal.SIGBREAK)
            time.sleep(_CLOSE_SECONDS)
            return True

        callback = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)(note)
        if ctypes.WinDLL("kernel32").SetConsoleCtrlHandler(callback, True):
            _kept.append(callback)
