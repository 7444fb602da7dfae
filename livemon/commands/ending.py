"""How a command ends: errors as a line and an exit status, signals, and streams that take nothing more."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

import typer

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
SAME_WISH_SECONDS = 5.0  # `timeout` sends its signal twice; the second must not interrupt the cleaning up
ended_by: list[int] = []  # signals that asked us to end
ASK_AGAIN_SECONDS = 8.0


def _ask_again(number: int) -> None:
    """Code in C may swallow what a signal raises in the middle of it: ask once more, if we are still there then."""
    again = threading.Timer(ASK_AGAIN_SECONDS, ask_again, (number,))
    again.daemon = True
    with contextlib.suppress(RuntimeError):  # no thread can be started any more
        again.start()


class _EndedError(KeyboardInterrupt):
    """A signal asked us to end; `status` is the exit status that says which."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = exit_status(number)


def end_by_signals() -> None:
    """SIGTERM, and what comes of a terminal or console that was closed, end us as Ctrl-C does, so that nothing half
    done is left behind. Where whoever started us has them ignored (nohup), they stay so."""
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
def reported() -> Iterator[None]:
    """Errors become a line or two on standard error and an exit status, never a traceback. Where a signal has asked us
    to end, the status says so, whatever became of what it raised: matplotlib's C++ makes a TypeError of it."""
    try:
        with _told():
            yield
    except typer.Exit:
        if not ended_by:
            raise
    if ended_by:
        raise typer.Exit(exit_status(ended_by[0]))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """An error as a line or two on standard error, and the exit status for it."""
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
    """Write what Python still has to, while an error can be told."""
    try:
        sys.stdout.flush()
    except OSError as error:
        drop_output(error)


def drop_output(error: OSError) -> None:
    """Standard output takes nothing more: let what Python still has for it go nowhere. That is an error, unless whoever
    read it has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    if not isinstance(error, BrokenPipeError):
        put_message(f"standard output cannot be written to: {error.strerror or error}")
        sys.exit(CANNOT_SHOW)
