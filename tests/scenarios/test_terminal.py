"""The terminal's screen in a real terminal: a watch in tmux, beside a writer in another process."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here (Debian: apt-get install tmux)")

WRITER = """
import sys, time
from livemon import record
with record(sys.argv[1]) as log:
    for step in range(100_000):
        log({"train_loss": float("nan") if step == 30 else 1 / (step + 1), "lr": 0.001}, step=step)
        time.sleep(0.02)
"""
PATIENCE = 40.0  # seconds: a loaded machine takes its time


class Tmux:
    """A terminal of 80 x 24 with a shell."""

    def __init__(self, folder: Path) -> None:
        self._words = ["tmux", "-L", f"livemon_test_{os.getpid()}", "-f", os.devnull]
        self.run("new-session", "-d", "-s", "t", "-x", "80", "-y", "24", "-c", str(folder), "/bin/sh")

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


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Path]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "run")])
    yield tmp_path / "run"
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def test_a_watch_in_a_terminal(tmux: Tmux, writer: Path) -> None:
    """A run of another process is shown while it grows, with its NaN and its table; keys and another size change what
    is shown; `q` gives the terminal back as it was, with status 0, and nothing was written into the run."""
    command = [sys.executable, "-m", "livemon", "watch", str(writer), "--view", "terminal"]
    tmux.keys(shlex.join(command) + "; echo status=$?", "Enter")
    first = tmux.until(lambda text: "1 NaN" in text and "train_loss" in text and "q quit" in text)
    assert first.startswith("run ● running") and tmux.shown() == "1"
    files = set(writer.rglob("*"))
    step = first.split("step ")[1].split()[0]
    tmux.until(lambda text: f"step {step} " not in text.splitlines()[0])  # it goes on
    tmux.keys("Left")
    tmux.until(lambda text: text.rstrip().splitlines()[-1].startswith("step "))
    tmux.keys("Enter")
    tmux.until(lambda text: "metric  " not in text)  # one panel alone
    tmux.run("resize-window", "-t", "t", "-x", "20", "-y", "5")
    tmux.until(lambda text: len(text.splitlines()) <= 5 and "run" in text)
    tmux.run("resize-window", "-t", "t", "-x", "100", "-y", "30")
    tmux.keys("q")
    shown = tmux.until(lambda text: "status=" in text.replace("status=$?", ""))
    assert "status=0" in shown and "Traceback" not in shown and tmux.shown() == "0"
    assert set(writer.rglob("*")) == files
