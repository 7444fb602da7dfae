"""Processes: those that are watched, and Python processes that livemon starts.

`python -c` and `python -m` look in the current folder first, which may be somebody else's: a `random.py` there would be
run. Here a child is isolated (`-I`: neither the current folder nor PYTHON* variables count), and is given the places
where this process finds its modules instead. So livemon and torch are found however they were found here: installed, in
a virtual environment, by PYTHONPATH.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["WatchedProcess", "is_running", "python_code", "python_module", "started"]


class WatchedProcess:
    """A process by its number.

    Where the system tells when a process was started (Linux), another one that gets the same number later is not taken
    for it.

    Args:
        number: The process's id.

    Raises:
        ValueError: No such process runs.

    Attributes:
        number: As above.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._ended = False
        self._started = started(number)
        if not self.alive:
            raise ValueError(f"no process {number} runs here; the number of the training's process is wanted")

    @property
    def alive(self) -> bool:
        """Whether it still runs. One that has ended and that nobody has waited for does not."""
        if not self._ended:
            self._ended = not is_running(self.number, self._started)
        return not self._ended


def is_running(number: int, since: str | None) -> bool:
    """Whether a process runs that `started` said this of; None: any of that number."""
    now = started(number)
    return _exists(number) and now != "" and since in (None, now)


def _exists(number: int) -> bool:
    if number <= 0:
        return False
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # It is another user's.
        return True
    return True


def started(number: int) -> str | None:
    """When the process was started, in the system's own words; None where the system does not tell. A zombie: ""."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # The name of the program, in parentheses, may hold anything.
    return "" if not fields or fields[0] in ("Z", "X") else fields[19]


def python_code(code: str, *words: str) -> list[str]:
    """The command that runs Python code, one line, with these words as its arguments."""
    return [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {_places()!r}; {code}", *words]


def python_module(module: str, *words: str) -> list[str]:
    """The command that runs a module as `python -m` does, with these words as its arguments."""
    # The module is an argument, so that lists of processes show what this one is.
    code = "import runpy; runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
    return python_code(code, module, *words)


def _places() -> list[str]:
    """Where this process finds modules, but for the current folder and the main script's, which say nothing of what is
    installed; last, the folder in which livemon lies, which may be one of those."""
    main = sys.modules["__main__"]
    script = getattr(main, "__file__", None) if getattr(main, "__spec__", None) is None else None
    unwanted = [os.curdir, *([os.path.dirname(script)] if script else [])]
    places = [os.path.abspath(place) for place in sys.path
              if place and not any(_is_same(place, one or os.curdir) for one in unwanted)]
    return list(dict.fromkeys([*places, str(Path(__file__).absolute().parents[2])]))


def _is_same(place: str, other: str) -> bool:
    try:
        return os.path.samefile(place, other)
    except OSError:
        return False
