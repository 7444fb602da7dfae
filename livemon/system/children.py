"""Python processes that livemon starts: they run livemon's code, whatever lies in the current folder.

`python -c` and `python -m` look in the current folder first, which may be somebody else's: a `random.py` there would be
run. Here a child is isolated (`-I`: neither the current folder nor PYTHON* variables count), and is given the places
where this process finds its modules instead. So livemon and torch are found however they were found here: installed, in
a virtual environment, by PYTHONPATH.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import livemon

__all__ = ["python_code", "python_module"]


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
    return list(dict.fromkeys([*places, str(Path(livemon.__file__).absolute().parents[1])]))


def _is_same(place: str, other: str) -> bool:
    try:
        return os.path.samefile(place, other)
    except OSError:
        return False
