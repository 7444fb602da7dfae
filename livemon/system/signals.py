"""The signals that ask a program to end, and the exit status for each.

Windows has SIGINT (Ctrl-C) and SIGBREAK (Ctrl-Break, or a console that is closed). SIGTERM comes from within the
process only there, and `os.kill` ends a process instead of sending it a signal.
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
_CLOSE_SECONDS = 4.0  # Windows gives a program five, from the moment when its console is closed
_CLOSE_EVENTS = (2, 5, 6)  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT


def ending_signals() -> list[int]:
    """The signals of this system, besides Ctrl-C, that ask a program to end."""
    return [int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name)]


def exit_status(number: int) -> int:
    """The exit status after a signal: 128 plus its number, as in shells; for Ctrl-Break and a closed console the status
    of Ctrl-C."""
    return INTERRUPTED if number == getattr(signal, "SIGBREAK", None) else 128 + number


def ask_again(number: int) -> None:
    """Send a signal to this process; from any thread."""
    if sys.platform == "win32" or not hasattr(os, "kill"):  # os.kill would end the process on the spot
        _thread.interrupt_main(signal.Signals(number))
    else:
        os.kill(os.getpid(), number)


def hang_up() -> None:
    """Ask this process to end, as the end of its connection does; who has it ignore that, as with nohup, is asked by
    SIGTERM."""
    number = getattr(signal, "SIGHUP", signal.SIGTERM)
    ask_again(signal.SIGTERM if signal.getsignal(number) is signal.SIG_IGN else number)


def stop_this_process() -> None:
    """Stop until somebody continues the job, as Ctrl-Z does; where jobs are not stopped, nothing happens."""
    if (number := getattr(signal, "SIGSTOP", None)) is not None:
        os.kill(os.getpid(), number)


_kept: list[Any] = []  # what the system calls back must not be collected


def give_time_when_console_closes() -> None:
    """Let this process clean up when its console window is closed. Windows ends a process as soon as it has taken note,
    which Python does at once; so our note is taken when the process has ended, or at last after some seconds."""
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
