"""A process that is watched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import livemon
from livemon.system.processes import WatchedProcess


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
        monkeypatch.setattr("livemon.system.processes.started", lambda number: "later")
        assert not watched.alive
        process.communicate(b"\n")


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
