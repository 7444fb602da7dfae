"""How a command ends: errors as one line and an exit status, signals, and output streams that are closed early."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import typer

from livemon.live.messages import Messages
from livemon.system.environment import is_strict
from livemon.system.signals import (
    INTERRUPTED,
    ask_again,
    ending_signals,
    exit_status,
    give_time_when_console_closes,
)
from livemon.system.streams import put_message

__all__ = ["CANNOT_SHOW", "INTERRUPTED", "drop_output", "end_by_signals", "ended_by", "flush_output", "reported"]

CANNOT_SHOW = 2
SAME_WISH_SECONDS = 5.0  # `timeout` sends its signal twice; the second one must not interrupt the cleanup
ended_by: list[int] = []  # signals that asked this process to end
ASK_AGAIN_SECONDS = 8.0


def _ask_again(number: int) -> None:
    """C code may swallow the exception that a signal handler raises: raise it again if this process still runs then."""
    again = threading.Timer(ASK_AGAIN_SECONDS, ask_again, (number,))
    again.daemon = True
    with contextlib.suppress(RuntimeError):  # no new thread can start during shutdown
        again.start()


class _EndedError(KeyboardInterrupt):
    """A signal asked this process to end; `status` is the exit status for it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = exit_status(number)


def end_by_signals() -> None:
    """Let SIGTERM, and a closed terminal or console, end this process as Ctrl-C does, so that nothing is left half
    done. Signals that the parent process ignores (nohup) stay ignored."""
    asked = -math.inf

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if time.monotonic() - asked >= SAME_WISH_SECONDS:
            asked = time.monotonic()
            ended_by.append(number)
            _ask_again(number)
            raise _EndedError(number)

    for number in ending_signals():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
    give_time_when_console_closes()


@contextlib.contextmanager
def reported() -> Iterator[Callable[[str], None]]:
    """Turn errors into a line or two on standard error and an exit status, never a traceback. After a signal the status
    says so, whatever became of its exception: matplotlib's C++ code turns it into a TypeError.

    Yields a function that prints a message for people, each only once: the parts of a command may report the same.
    """
    try:
        with _with_exit_status():
            yield Messages(put_message, most=sys.maxsize).notify_once
    except typer.Exit:
        if not ended_by:
            raise
    if ended_by:
        raise typer.Exit(exit_status(ended_by[0]))


@contextlib.contextmanager
def _with_exit_status() -> Iterator[None]:
    """Print an error as a line or two on standard error, and exit with its status."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt as error:
        raise typer.Exit(error.status if isinstance(error, _EndedError) else INTERRUPTED) from None
    except BrokenPipeError:  # `livemon watch | head` has read enough
        raise typer.Exit(0) from None
    except Exception as error:
        if is_strict():
            raise
        from livemon.live.errors import describe_error

        put_message(describe_error(error))
        raise typer.Exit(CANNOT_SHOW) from None
    finally:
        flush_output()


def flush_output() -> None:
    """Flush Python's output buffers while errors can still be reported."""
    try:
        sys.stdout.flush()
    except OSError as error:
        drop_output(error)


def drop_output(error: OSError) -> None:
    """Standard output is closed: discard what Python still holds for it. That is an error unless the reader closed the
    pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    if not isinstance(error, BrokenPipeError):
        put_message(f"standard output cannot be written to: {error.strerror or error}")
        sys.exit(CANNOT_SHOW)
