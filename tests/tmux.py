"""A real terminal for tests: tmux, with a shell in it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 40.0  # seconds: a loaded machine takes its time


class Tmux:
    """A terminal of 80 x 24 with a shell."""

    def __init__(self, folder: Path) -> None:
        self._words = ["tmux", "-L", f"livemon_test_{os.getpid()}", "-f", os.devnull]
        self.run("new-session", "-d", "-s", "t", "-x", "80", "-y", "24", "-c", str(folder),
                 "env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", "COLUMNS=80", "LINES=24", "/bin/sh")

    def run(self, *words: str) -> str:
        done = subprocess.run([*self._words, *words], capture_output=True, text=True, check=False)
        return done.stdout

    def keys(self, *names: str) -> None:
        self.run("send-keys", "-t", "t", *names)

    def screen(self) -> str:
        return self.run("capture-pane", "-t", "t", "-p")

    def until(self, is_there: Callable[[str], bool]) -> str:
        end = time.monotonic() + PATIENCE
        while not is_there(shown := self.screen()):
            assert time.monotonic() < end, shown
            time.sleep(0.1)
        return shown

    def shown(self) -> str:
        return self.run("display", "-p", "-t", "t", "#{alternate_on}").strip()


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    terminal = Tmux(tmp_path)
    yield terminal
    terminal.run("kill-server")
    time.sleep(0.3)
