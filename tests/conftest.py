"""What every test gets: a test that leaves something running fails."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livemon.testing import ScriptedWriter

# Pools and helpers that a library starts once in a process and keeps for all that come later.
_LASTING = ("pydevd", "tqdm", "ThreadPoolExecutor", "InductorSubproc", "pytest_timeout", "asyncio_")


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.name.startswith(_LASTING)}


def _children() -> set[int]:
    """The processes that this one started and that are still there, zombies too. Empty where there is no /proc."""
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(map(int, path.read_text().split()))
        except OSError:  # that thread ended meanwhile
            continue
    return found


def _pyplot_figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot is not None else set()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A test that leaves a thread, a process or a pyplot figure behind fails."""
    threads, children, figures = _threads(), _children(), _pyplot_figures()
    yield
    deadline = time.monotonic() + 5.0
    while (_threads() - threads or _children() - children) and time.monotonic() < deadline:
        gc.collect()  # a Popen that nobody holds any more reaps its child
        time.sleep(0.02)
    left = [f"thread {thread.name}" for thread in _threads() - threads]
    left += [f"process {pid}" for pid in _children() - children]
    left += [f"pyplot figure {number}" for number in _pyplot_figures() - figures]
    assert not left, f"left behind: {', '.join(left)}"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for each test: what one watcher has seen must not be there for the next, nor for the user."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LIVEMON_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual screen of 1600 x 900; what DISPLAY must be to use it."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb here (Debian: apt-get install xvfb xdotool)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x900x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def make_runs(base: Path, count: int, rows: int = 40, **config: Any) -> list[Path]:
    """Runs whose loss is the lower the higher their number."""
    dirs = []
    for number in range(count):
        folder = base / f"run_n{number}"
        writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "epoch", "train_loss", "tokens_per_second"])
        for step in range(rows):
            loss = (count - number) / (step + 1)
            writer.append(step=step, epoch=step // 10, train_loss=loss, tokens_per_second=100.0 + number)
        (folder / "config.json").write_text(json.dumps({"n": number, "seed": number % 2, **config}))
        dirs.append(folder)
    return dirs


@pytest.fixture(name="make_runs")
def _make_runs() -> Callable[..., list[Path]]:
    """Makes runs to compare: the loss is the lower the higher a run's number."""
    return make_runs
