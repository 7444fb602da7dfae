"""Signals that end a window's loop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from livemon.views.mpl.interrupts import Interrupts


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Each test begins with Python's own handlers, and gives back what was there."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_is_kept_and_raised_again() -> None:
    """Ctrl-C raises nothing within the block; afterwards it does what it always does."""
    interrupts = Interrupts()
    with interrupts.kept():
        signal.raise_signal(signal.SIGINT)
        assert interrupts.number == signal.SIGINT
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        interrupts.raise_again()


def test_nothing_came() -> None:
    """Without a signal nothing is raised."""
    interrupts = Interrupts()
    with interrupts.kept():
        pass
    interrupts.raise_again()
    assert interrupts.number is None


def test_the_programs_own_handlers() -> None:
    """A program's own Ctrl-C is left alone; its own SIGTERM is kept for it, and a bare one still ends the process."""
    got: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: got.append(number))
    interrupts = Interrupts()
    with interrupts.kept():
        signal.raise_signal(signal.SIGINT)
        assert got == [signal.SIGINT] and interrupts.number is None
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
    with interrupts.kept():
        signal.raise_signal(signal.SIGTERM)
        assert got == [signal.SIGINT]
    interrupts.raise_again()
    assert got == [signal.SIGINT, signal.SIGTERM]


def test_outside_the_main_thread() -> None:
    """Another thread may not set handlers: there the block does nothing."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with Interrupts().kept():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
