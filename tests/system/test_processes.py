"""A process that is watched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import livemon
from livemon.system.processes import WatchedProcess, background_flags, hidden_flags, is_running, started


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_a_process_is_watched_until_it_ends() -> None:
    """It is alive until it has ended, also before anybody has waited for it."""
    with sleeper() as process:
        watched = WatchedProcess(process.pid)
        assert watched.alive
        assert process.stdin is not None
        process.stdin.close()
        while watched.alive:  # It becomes a zombie here: nobody waits for it.
            pass
        process.wait()
    assert not watched.alive


@pytest.mark.parametrize("number", [0, -1, 2**22 + 1, 2**80])
def test_a_process_that_does_not_run_is_refused(number: int) -> None:
    """A wrong number is an error that says what is wanted."""
    with pytest.raises(ValueError, match="no process"):
        WatchedProcess(number)


def test_another_process_with_the_number_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is given to another process later does not keep a run alive. (The later start is a fake.)"""
    with sleeper() as process:
        watched = WatchedProcess(process.pid)
        monkeypatch.setattr(psutil.Process, "is_running", lambda self: False)
        assert not watched.alive
        process.communicate(b"\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the ticks are Linux's")
def test_a_process_is_known_by_the_ticks_of_its_start() -> None:
    """`livemon.json` names a process by its number and the kernel's ticks; another start is another process, also in
    files of older versions."""
    with sleeper() as process:
        ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        assert started(process.pid) == ticks
        assert is_running(process.pid, ticks)
        assert not is_running(process.pid, "1")
        process.communicate(b"\n")
    assert not is_running(process.pid, ticks)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no zombies")
def test_a_zombie_does_not_run() -> None:
    """A process that has ended and that nobody has waited for is not running any more."""
    with sleeper() as process:
        assert is_running(process.pid, None)
        assert process.stdin is not None
        process.stdin.close()
        while is_running(process.pid, None):
            pass
        assert process.returncode is None


def test_a_process_is_known_by_its_time_where_there_are_no_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows and macOS a process is told from a later one of its number by the time at which the kernel made it."""
    real = Path.read_text

    def read_text(path: Path, *words: str, **named: str) -> str:
        if str(path).startswith("/proc/"):
            raise FileNotFoundError(path)
        return real(path, *words, **named)

    with sleeper() as process:
        monkeypatch.setattr(Path, "read_text", read_text)
        since = started(process.pid)
        assert since is not None and float(since) == pytest.approx(psutil.Process(process.pid).create_time())
        assert is_running(process.pid, since)
        assert not is_running(process.pid, f"{float(since) - 1:.6f}")
        process.communicate(b"\n")
    assert not is_running(process.pid, since)
    assert started(process.pid) is None


def test_children_show_no_console_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """There no child opens a console window, and one that goes on beside us does not get our Ctrl-C; here there are no
    such flags."""
    assert sys.platform == "win32" or (hidden_flags(), background_flags()) == (0, 0)
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    assert (hidden_flags(), background_flags()) == (0x08000000, 0x08000200)


ASK = """
import subprocess, sys
from livemon.system.processes import python_code, python_module
sys.path.insert(0, "")
print(subprocess.run({command}, capture_output=True, text=True).stdout)
"""


@pytest.mark.parametrize("command", [
    "python_code('import random, json, livemon; print(livemon.__file__, *sys.argv[1:])', 'a b')",
    "python_module('livemon', '--version')",
])
@pytest.mark.parametrize("path", ["", "{home}"])
def test_the_current_folder_counts_for_nothing(command: str, path: str, tmp_path: Path) -> None:
    """A module in the current folder is not run in a child, also where this process looks there; livemon is found,
    installed or by PYTHONPATH."""
    home = str(Path(livemon.__file__).parents[1])
    for name in ("random", "json", "numpy", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(f"open('{name} was run', 'w')\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([sys.executable, "-P", "-c", ASK.format(command=command)], cwd=tmp_path, text=True,
                          env=env | {"PYTHONPATH": path.format(home=home), "PYTHONINSPECT": "1"}, capture_output=True,
                          stdin=subprocess.DEVNULL)
    wanted = f"{livemon.__file__} a b" if "random" in command else f"livemon {livemon.__version__}"
    assert wanted in done.stdout, done.stderr
    assert not list(tmp_path.glob("* was run"))
