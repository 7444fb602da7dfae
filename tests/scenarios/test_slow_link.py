"""The terminal's screen over a slow link: a terminal that takes 4 KB a second, beside a run that writes 100 rows a
second."""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

import fcntl
import termios

WRITER = """
import math, random, sys, time
from livemon import record
with record(sys.argv[1]) as log:
    for step in range(100_000):
        log({f"m{number}/loss": math.exp(-step / 300) + random.random() for number in range(8)}, step=step)
        time.sleep(0.01)
"""
PER_SECOND = 4096
PATIENCE = 60.0
BUFFERED = 8192  # by a pseudo-terminal
FRAME = 12_000  # bytes that a whole screen of 120 x 40 takes at most


class Link:
    """A watch whose terminal takes so much a second."""

    def __init__(self, path: Path, home: Path) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environ = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "livemon", "watch", str(path)], cwd=home, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True, env={**environ, "TERM": "xterm-256color", "LIVEMON_STATE": str(home / "state")})
        os.close(theirs)

    def types(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def until(self, words: bytes) -> int:
        """Take what is sent until these words are there; how many bytes that took."""
        seen, end = b"", time.monotonic() + PATIENCE
        while words not in seen:
            assert time.monotonic() < end, (len(seen), seen[-300:])
            if select.select([self._ours], [], [], 0.5)[0]:
                seen += os.read(self._ours, PER_SECOND // 20)
                time.sleep(0.05)
        return len(seen)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        os.close(self._ours)


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "run")])
    end = time.monotonic() + PATIENCE
    while not list(tmp_path.glob("run/**/metrics.csv")):
        assert time.monotonic() < end
        time.sleep(0.1)
    made = Link(tmp_path / "run", tmp_path)
    yield made
    made.close()
    writer.send_signal(signal.SIGKILL)
    writer.wait(10)


def test_keys_are_answered_over_a_slow_link(link: Link) -> None:
    """However many rows come, no frames queue: what a key asks for comes behind what the terminal holds already, the
    frame under way, and its own; so does the end."""
    link.until(b"q quit")
    for _ in range(3):
        link.until(b"\x1b[")  # the link is never without something to carry
        time.sleep(1.0)
    link.types(b"?")
    assert link.until(b"this help") < BUFFERED + 2 * FRAME
    link.types(b"?" + b"\x1b[D" * 30 + b"!")
    assert link.until(b" findings ") < BUFFERED + 3 * FRAME
    link.types(b"q")
    assert link.until(b"\x1b[?1049l") < BUFFERED + 2 * FRAME
