"""Processes: those that livemon watches, and the Python processes that it starts.

`python -c` and `python -m` search the current folder first, which may belong to somebody else: they would run a
`random.py` there. So livemon isolates its children (`-I`: neither the current folder nor PYTHON* variables count), and
gives them the module search path of this process. They find livemon and torch wherever this process finds them:
installed, in a virtual environment, by PYTHONPATH.
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
    """A process by its id. A later process with the same id is recognised as another one.

    Args:
        number: The process's id.

    Raises:
        ValueError: No such process runs.

    Attributes:
        number: The process's id.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._process = _process(number)
        self._hidden = self._process is None and _is_hidden(number)
        if not self.alive:
            raise ValueError(f"no process {number} runs here; give the number of the training's process")

    @property
    def alive(self) -> bool:
        """Whether the process still runs. A zombie does not."""
        return _is_alive(self._process) if self._process is not None else self._hidden and _is_hidden(self.number)


def is_running(number: int, since: str | None) -> bool:
    """Whether a process with this id runs, and was started at this time.

    Args:
        number: The process's id.
        since: The result of `started` for it; None: any process with this id.
    """
    process = _process(number)
    return process is not None and _is_alive(process) and since in (None, started(number))


def _process(number: int) -> psutil.Process | None:
    import psutil  # not at the top: a training needs it only if another training has recorded into its folder

    if number <= 0:
        return None
    try:
        return psutil.Process(number)
    except (psutil.NoSuchProcess, OverflowError):
        return None


def _is_hidden(number: int) -> bool:
    """Whether the process belongs to another user and is hidden (Linux: /proc mounted with hidepid)."""
    if sys.platform != "win32" and number > 0:  # On Windows the question would end the process.
        try:
            os.kill(number, 0)
        except PermissionError:
            return True
        except (OSError, OverflowError):
            pass
    return False


def _is_alive(process: psutil.Process) -> bool:
    """Whether a process has not ended. A zombie has ended; its parent has just not waited for it yet."""
    import psutil

    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.AccessDenied:  # it belongs to another user
        return True
    except psutil.NoSuchProcess:
        return False


def thread_is_runnable(number: int) -> bool | None:
    """Whether a thread of this process runs or waits for a CPU; False if it waits for something else, such as a disk.
    None if the system does not say (it does on Linux only), or if the thread has ended.

    Args:
        number: The system's id of the thread, from `threading.get_native_id`.
    """
    try:
        with open(f"/proc/self/task/{number}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    return text.rpartition(b")")[2].split()[0] == b"R"


def started(number: int) -> str | None:
    """When a process was started, which distinguishes it from a later process with the same id: on Linux in clock ticks
    since the machine started, elsewhere in unix seconds. None if the system does not say.

    `livemon.json` holds this number, so on Linux it stays the kernel's number. psutil computes a time from the wall
    clock there, which may be adjusted. On Windows and macOS the kernel stores the time once.
    """
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _created(number)
    fields = text.rpartition(")")[2].split()  # the name of the program, in parentheses, may contain anything
    return fields[19] if len(fields) > 19 else None


def _created(number: int) -> str | None:
    import psutil

    process = _process(number)
    try:
        return None if process is None else f"{process.create_time():.6f}"
    except psutil.Error:  # it has ended, or belongs to another user
        return None


def after_fork(call: Callable[[], object]) -> None:
    """Call a function in each process that is forked from this one, on systems that can fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)


def hidden_flags() -> int:
    """`creationflags` for a child that this process waits for: on Windows it gets no console window."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)


def background_flags() -> int:
    """`creationflags` for a child that runs in the background: on Windows it gets no console window, and no Ctrl-C from
    ours. On other systems `start_new_session` does that; it has no effect on Windows."""
    return hidden_flags() | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


GRACE_SECONDS = 3.0  # to clean up, as after Ctrl-C
LOOK_SECONDS = 1.0  # between checks of the process with which this one ends


def end_with_input(asked: Callable[[], object] = lambda: None) -> None:
    """From now on, interrupt this process as Ctrl-C does when its standard input ends: the system closes it when our
    parent ends, in whatever way. On Windows signals cannot be sent to every process.

    Args:
        asked: Called when data arrives on the input.
    """
    threading.Thread(target=_interrupt_at_end_of_input, args=(asked,), daemon=True).start()


def end_with_process(number: int, since: str | None) -> None:
    """From now on, interrupt this process when another process has ended (see `is_running`): another child of our
    parent may keep our input open."""
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
    """The command that runs one line of Python code, with these words as its arguments."""
    return [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {_places()!r}; {code}", *words]


def python_module(module: str, *words: str) -> list[str]:
    """The command that runs a module as `python -m` does, with these words as its arguments."""
    # The module is an argument, so that lists of processes show it.
    code = "import runpy; runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
    return python_code(code, module, *words)


def _places() -> list[str]:
    """The module search path of this process, without the current folder and the folder of the main script. The folder
    of livemon itself, which may be one of these, is added at the end."""
    main = sys.modules["__main__"]
    script = getattr(main, "__file__", None) if getattr(main, "__spec__", None) is None else None
    unwanted = [os.curdir, *([os.path.dirname(script)] if script else [])]
    entries = [os.path.abspath(entry) for entry in sys.path
               if entry and not any(_is_same(entry, folder or os.curdir) for folder in unwanted)]
    return list(dict.fromkeys([*entries, str(Path(__file__).absolute().parents[2])]))


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
