"""What every test gets: a test that leaves something running fails; the command, run in this process."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from unittest import mock

import pytest
from hypothesis import settings

from livemon.testing import ScriptedWriter

settings.register_profile("livemon", deadline=None)  # a loaded machine is no failure
settings.load_profile("livemon")

if "PYTEST_XDIST_WORKER" in os.environ:  # another worker has the other core: no threads that spin for it
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Pools and helpers that a library starts once in a process and keeps for all that come later.
_LASTING = ("pydevd", "tqdm", "ThreadPoolExecutor", "InductorSubproc", "pytest_timeout", "asyncio_")
_PATIENCE = 5.0  # seconds for what a test has ended to be gone


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
    deadline = time.monotonic() + _PATIENCE
    while (_threads() - threads or _children() - children) and time.monotonic() < deadline:
        gc.collect()  # a Popen that nobody holds any more reaps its child
        time.sleep(0.02)
    left = [f"thread {thread.name}" for thread in _threads() - threads]
    left += [f"process {pid}" for pid in _children() - children]
    left += [f"pyplot figure {number}" for number in _pyplot_figures() - figures]
    assert not left, f"left behind: {', '.join(left)}"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for each test, and a state folder: what one watcher has seen must not be there for the next, nor
    for the user."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LIVEMON_CACHE", str(folder))
    monkeypatch.setenv("LIVEMON_STATE", str(folder / "state"))
    return folder


@pytest.fixture(autouse=True)
def coarse_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that stay are drawn with few dots where a test does not ask for all of them: no test looks at pixels."""
    if request.node.get_closest_marker("print_dpi") is None:
        monkeypatch.setattr("livemon.views.mpl.picture.PRINT_DPI", 60)


@pytest.fixture(autouse=True)
def one_toolkit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of windows are of Tk, whichever toolkits are installed, where they do not name another one."""
    if {"display", "screen"} & set(request.fixturenames):
        monkeypatch.setenv("MPLBACKEND", "TkAgg")


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual screen of 1600 x 900; what DISPLAY must be to use it."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb here (Debian: apt-get install xvfb xdotool)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x900x24", "-nolisten", "tcp", "-noreset",
         "-r"],  # no key repeats by itself where a loaded machine lets go of it late
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


# -- what was skipped

_WINDOW_WORDS = re.compile(r"\b(?:Xvfb|xdotool|Tk|tkinter)\b")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line says how many tests of the window were skipped: nobody is to overlook it."""
    reasons = [str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", [])
               if isinstance(report.longrepr, tuple)]
    number = sum(bool(_WINDOW_WORDS.search(reason)) for reason in reasons)
    if number:
        missing = " and ".join(name for name in ("Xvfb", "xdotool") if shutil.which(name) is None) or "a Python with Tk"
        terminalreporter.write_line(
            f"NOT TESTED: the window; tests or files of tests skipped for want of {missing}: {number} "
            "(Debian: apt-get install xvfb xdotool python3-tk)", yellow=True, bold=True,
        )


# -- the command, in this process: an 18th of what a process of its own costs

# What changes the command's ways, and is set by a test alone.
_UNWANTED = ("DISPLAY", "WAYLAND_DISPLAY", "LIVEMON_DIR", "LIVEMON_STRICT", "PYTHONUNBUFFERED")


def _environment(**changes: str) -> dict[str, str]:
    """Ours, without a display and without what changes the command's ways, and with what a test changes."""
    env = {key: value for key, value in os.environ.items() if key not in _UNWANTED}
    return {**env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "100", **changes}


@contextlib.contextmanager
def _stream_into(file: IO[bytes], name: str, number: int, *, errors: str) -> Iterator[None]:
    """sys.stdout or sys.stderr, and the descriptor below it, which the command's children inherit, go into a file."""
    before, kept = getattr(sys, name), os.dup(number)
    before.flush()
    os.dup2(file.fileno(), number)
    try:
        with open(number, "w", encoding="utf-8", errors=errors, closefd=False) as stream:
            setattr(sys, name, stream)
            yield
    finally:
        setattr(sys, name, before)
        os.dup2(kept, number)
        os.close(kept)


@contextlib.contextmanager
def _warnings_as_python_starts() -> Iterator[None]:
    """The filters that Python starts with, and words on standard error, not pytest's; what is changed is undone."""

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
        print(warnings.formatwarning(message, category, filename, lineno), end="", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        yield


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """What signals do is what it was before."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    kept = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names if hasattr(signal, name)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _status(call: Callable[[], object]) -> int:
    """The exit status that a process would have that does nothing else; an error comes through, for pytest to show."""
    try:
        call()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    return 0


def _run_here(
    call: Callable[[], object], words: list[str], cwd: Path, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Call it as a process of its own would that was started with these words, and leave nothing changed."""
    import matplotlib

    with contextlib.ExitStack() as around:
        out, err = (around.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        with contextlib.ExitStack() as within:
            within.enter_context(contextlib.chdir(cwd))
            within.enter_context(mock.patch.dict(os.environ, env, clear=True))
            within.enter_context(mock.patch.object(sys, "argv", words))
            within.enter_context(mock.patch.object(logging.root, "handlers", []))  # a process has none of pytest's
            within.enter_context(matplotlib.rc_context())
            within.enter_context(_warnings_as_python_starts())
            within.enter_context(_signals_kept())
            within.enter_context(_stream_into(err, "stderr", 2, errors="backslashreplace"))
            within.enter_context(_stream_into(out, "stdout", 1, errors="strict"))
            status = _status(call)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(words, status, *texts)


@pytest.fixture(scope="session")
def livemon() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command to its end, in this process: `livemon(*words, cwd=..., **environment)`. A test whose rule is
    about a process (its streams, signals, imports, matplotlib's first words) starts one instead."""

    def run(*words: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        from livemon import cli

        return _run_here(cli.main, ["livemon", *map(str, words)], cwd, _environment(**env))

    return run


@pytest.fixture(scope="session")
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program to its end, in this process: `python(program, *words, cwd=..., **environment)`; a path is a
    script, a text its source."""

    def run(program: Path | str, *words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        def execute() -> None:
            source = program.read_text(encoding="utf-8") if isinstance(program, Path) else program
            exec(compile(source, name, "exec"), {"__name__": "__main__", "__file__": name})

        name = str(program) if isinstance(program, Path) else "<program>"
        return _run_here(execute, [name, *words], cwd, _environment(**env))

    return run


# -- runs


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


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """Six runs without a config, of two methods and three seeds each, and an empty one."""
    for method, level in (("base", 2.0), ("ours", 1.0)):
        for seed in range(3):
            writer = ScriptedWriter(tmp_path / f"{method}_s{seed}" / "logs" / "metrics.csv", ["step", "val_loss"])
            for step in range(5):
                writer.append(step=step, val_loss=level + 1 / (step + 1) + seed**level / 50)
    ScriptedWriter(tmp_path / "empty" / "logs" / "metrics.csv", ["step", "val_loss"])
    return tmp_path
