"""Processes: those that are watched, and Python processes that livemon starts.

`python -c` and `python -m` look in the current folder first, which may be somebody else's: a `random.py` there would be
run. Here a child is isolated (`-I`: neither the current folder nor PYTHON* variables count), and is given the places
where this process finds its modules instead. So livemon and torch are found however they were found here: installed, in
a virtual environment, by PYTHONPATH.
"""

from __future__ import annotations

import _thread
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

__all__ = ["WatchedProcess", "after_fork", "background_flags", "end_with_input", "end_with_process", "hidden_flags",
           "is_running", "python_code", "python_module", "started", "thread_is_runnable"]


class WatchedProcess:
    """A process by its number. Another process that gets the same number later is not taken for it.

    Args:
        number: The process's id.

    Raises:
        ValueError: No such process runs.

    Attributes:
        number: As above.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._process = _process(number)
        self._hidden = self._process is None and _is_hidden(number)
        if not self.alive:
            raise ValueError(f"no process {number} runs here; the number of the training's process is wanted")

    @property
    def alive(self) -> bool:
        """Whether it still runs. A process that has ended and that nobody has waited for does not."""
        return _is_alive(self._process) if self._process is not None else self._hidden and _is_hidden(self.number)


def is_running(number: int, since: str | None) -> bool:
    """Whether a process of this number runs, and is the one that was started then.

    Args:
        number: The process's id.
        since: What `started` gave for it; None: any process of that number.
    """
    process = _process(number)
    return process is not None and _is_alive(process) and since in (None, started(number))


def _process(number: int) -> psutil.Process | None:
    import psutil  # not above: a training that records needs it only in a folder in which another one has recorded

    if number <= 0:
        return None
    try:
        return psutil.Process(number)
    except (psutil.NoSuchProcess, OverflowError):
        return None


def _is_hidden(number: int) -> bool:
    """Whether a process is another user's that the system does not show (Linux: /proc mounted with hidepid)."""
    if sys.platform != "win32" and number > 0:  # On Windows the question would end the process.
        try:
            os.kill(number, 0)
        except PermissionError:
            return True
        except (OSError, OverflowError):
            pass
    return False


def _is_alive(process: psutil.Process) -> bool:
    """Whether a process has not ended. A zombie has: nobody has waited for it yet, which is no part of its work."""
    import psutil

    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.AccessDenied:  # It is another user's.
        return True
    except psutil.NoSuchProcess:
        return False


def thread_is_runnable(number: int) -> bool | None:
    """Whether a thread of this process has work for the CPU, and has it or waits for it; False: it waits for something
    else, a disk for instance. None where the system does not tell (elsewhere than on Linux), or it has ended.

    Args:
        number: The system's number of the thread, as `threading.get_native_id` gives it.
    """
    try:
        with open(f"/proc/self/task/{number}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    return text.rpartition(b")")[2].split()[0] == b"R"


def started(number: int) -> str | None:
    """When a process was started, which tells it from a later one of its number: in clock ticks since the machine was
    (Linux), elsewhere in unix seconds. None where the system does not tell.

    `livemon.json` holds this number, so it stays the kernel's own on Linux, although psutil has a time as well: there
    that one is of the clock on the wall, which may be set. On Windows and macOS the kernel notes a time once.
    """
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _created(number)
    fields = text.rpartition(")")[2].split()  # The name of the program, in parentheses, may hold anything.
    return fields[19] if len(fields) > 19 else None


def _created(number: int) -> str | None:
    import psutil

    process = _process(number)
    try:
        return None if process is None else f"{process.create_time():.6f}"
    except psutil.Error:  # It has ended, or is another user's.
        return None


def after_fork(call: Callable[[], object]) -> None:
    """Call something in each process that is forked from this one, where there are such."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)


def hidden_flags() -> int:
    """`creationflags` of a child that is waited for: on Windows no console window appears for it."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)


def background_flags() -> int:
    """`creationflags` of a child that goes on beside this process: on Windows no console window appears for it, and
    Ctrl-C in ours is not for it. Elsewhere `start_new_session` does that, which counts for nothing on Windows."""
    return hidden_flags() | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


GRACE_SECONDS = 3.0  # to let go of what is half done, as after Ctrl-C
LOOK_SECONDS = 1.0  # from one look at the process that we end with to the next


def end_with_input(asked: Callable[[], object] = lambda: None) -> None:
    """From now on this process is interrupted, as by Ctrl-C, when its standard input ends: the system closes that when
    whoever started us ends, however that is. Signals cannot be sent to every process on Windows.

    Args:
        asked: Called when something comes by the input.
    """
    threading.Thread(target=_interrupt_at_end_of_input, args=(asked,), daemon=True).start()


def end_with_process(number: int, since: str | None) -> None:
    """From now on this process is interrupted when another one is gone, see `is_running`: a child of whoever started us
    may keep our input open."""
    threading.Thread(target=_interrupt_at_end_of_process, args=(number, since), daemon=True).start()


def _interrupt_at_end_of_input(asked: Callable[[], object]) -> None:
    try:
        while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 4096):
            asked()
    except OSError:
        pass
    _interrupt()


def _interrupt_at_end_of_process(number: int, since: str | None) -> None:
    while is_running(number, since):
        time.sleep(LOOK_SECONDS)
    _interrupt()


def _interrupt() -> None:
    _thread.interrupt_main()
    time.sleep(GRACE_SECONDS)
    os._exit(1)


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
