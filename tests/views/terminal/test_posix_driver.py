from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

from textual.drivers._writer_thread import WriterThread

from livemon.views.terminal import posix_driver
from livemon.views.terminal.posix_driver import BlockingDriver


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A driver of a terminal whose other end is `driver.typed`; messages are kept in `driver.seen`."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    ours, theirs = os.openpty()
    stdin = os.fdopen(os.dup(theirs))
    monkeypatch.setattr(sys, "__stdin__", stdin)

    async def make() -> Any:
        return BlockingDriver(SimpleNamespace(), mouse=False)  # type: ignore[arg-type]

    made = asyncio.run(make())
    made.typed, made.seen = ours, []
    made.process_message = made.seen.append
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)
    stdin.close()
    for number in (ours, theirs):
        os.close(number)


def typed(driver: Any, *texts: bytes) -> list[str]:
    """The keys that come in where these are typed."""
    import tty

    tty.setraw(driver.fileno)
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    for text in texts:
        os.write(driver.typed, text)
        time.sleep(0.4)
    driver.exit_event.set()
    thread.join(10)
    assert not thread.is_alive()
    return [message.key for message in driver.seen]


def test_keys_come(driver: Any) -> None:
    """Letters of several bytes, arrows, and escape alone come in, those that come in two parts too."""
    assert typed(driver, b"a", "ž".encode()[:1], "ž".encode()[1:], b"\x1b[D", b"\x1b") == ["a", "ž", "left", "escape"]


def test_it_sleeps_while_nobody_types(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys nothing runs, however long that is."""
    woken: list[float] = []
    monkeypatch.setattr(posix_driver, "_AWAKE_SECONDS", 0.0)
    monkeypatch.setattr(posix_driver.TypedInput, "tick", lambda typed: woken.append(0.0) or ())
    typed(driver, b"", b"", b"")
    assert len(woken) <= 2  # Textual's own: 12


def test_a_terminal_that_is_gone(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be read any more, the program is asked to end, once."""
    asked: list[bool] = []
    monkeypatch.setattr(posix_driver, "hang_up", lambda: asked.append(True))
    driver.fileno = os.open(os.devnull, os.O_RDONLY)
    monkeypatch.setattr(posix_driver.selectors, "DefaultSelector", posix_driver.selectors.SelectSelector)
    driver.run_input_thread()
    os.close(driver.fileno)
    assert asked == [True]


def test_ctrl_z_before_there_is_a_screen(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop and a continuation that come before the terminal is taken leave it alone; a continuation alone takes it
    anew, and not twice."""
    actions: list[str] = []
    monkeypatch.setattr(posix_driver, "stop_this_process", lambda: actions.append("stop"))
    driver._auto_restart = True
    os.kill(os.getpid(), signal.SIGTSTP)
    os.kill(os.getpid(), signal.SIGCONT)
    assert actions == ["stop"]
    driver.suspend_application_mode = lambda: actions.append("back")
    driver.resume_application_mode = lambda: actions.append("taken")
    driver._has_terminal = True
    os.kill(os.getpid(), signal.SIGCONT)
    assert actions == ["stop", "back", "taken"]


def test_a_terminal_that_is_behind(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a terminal has not taken what was sent the driver says so, and not once it has."""
    taken = threading.Event()
    monkeypatch.setattr(driver._output, "_file", SimpleNamespace(write=len, flush=lambda: taken.wait(10)))
    driver._writer_thread = WriterThread(driver._file)
    driver._writer_thread.start()
    assert not driver.is_behind
    driver.write("a frame")
    assert driver.is_behind
    taken.set()
    driver._writer_thread.stop()
    assert not driver.is_behind
