"""The view of a training, in a process of its own: opened at the start, gone with the run."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Literal, Protocol

from livemon.live.tied_view import TiedProcess

__all__ = ["View", "ViewName", "ViewProcess", "chosen_view", "last_line", "open_view"]

ViewName = Literal["auto", "none", "window", "file", "notebook"]

_logger = logging.getLogger("livemon")


class View(Protocol):
    """A view that ends with the run."""

    def end(self, deadline: float) -> bool:
        """Wait for its end, at most `deadline` seconds; whether it was there until now and has left the final plots."""


class ViewProcess:
    """`livemon watch` on a run's folder. A session of its own: Ctrl-C in the terminal is for the trainer. It ends when
    the run does, and with this process, also where that is killed.

    Args:
        folder: The run's.
        view: "window" or "file".
        picture: Where the picture goes.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, folder: Path, view: str, picture: Path | None = None) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the view
        where = [] if picture is None else ["-o", str(picture)]
        try:
            self._tied = TiedProcess(
                ["watch", str(folder), "--view", view, *where, "--until", "finished"], self._errors)
        except BaseException:
            self._errors.close()
            raise
        self._process = self._tied.process

    def end(self, deadline: float) -> bool:
        """Wait for its end, at most `deadline` seconds, and while it shows signs of life; whether it was there until
        now and has left the final plots."""
        with self._errors as errors:
            closed_before = self._process.poll() is not None
            try:
                self._tied.wait(deadline)
            finally:
                self._tied.end()
            if self._process.returncode == 2:  # it could not show anything
                errors.seek(0)
                _logger.warning("livemon: the view did not work: %s", last_line(errors.read()))
            return not closed_before and self._process.returncode in (0, 1)


def chosen_view(view: ViewName) -> str:
    """The view that a setting means here."""
    if view != "auto":
        return view
    if _in_notebook():
        return "notebook"
    return "window" if _has_local_display() else "none"


def open_view(folder: Path, view: ViewName, picture: Path | None = None) -> View | None:
    """Open the view of a run; None where none is wanted.

    Args:
        folder: The run's.
        view: What the user asks for.
        picture: Where the picture of "file" goes.

    Raises:
        OSError: Its process cannot be started.
    """
    chosen = chosen_view(view)
    if chosen == "none":
        return None
    if chosen == "notebook":
        from livemon.live.notebook import follow

        return follow(folder)
    return ViewProcess(folder, chosen, picture)


def _in_notebook() -> bool:
    """Whether this is a notebook's kernel; asked without importing anything where IPython is not there."""
    if "IPython" not in sys.modules:
        return False
    from livemon.live.notebook import in_notebook

    return in_notebook()


def _has_local_display() -> bool:
    """Whether a window would appear before the user: a display of this machine, not one of a remote shell. Whether this
    Python has a toolkit for it is found out by the view's process, so that none is loaded into the training."""
    platform: str = sys.platform
    if platform.startswith("linux"):
        display = os.environ.get("DISPLAY", "")
        return bool(os.environ.get("WAYLAND_DISPLAY")) or display.startswith((":", "unix:"))
    return not (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def last_line(output: bytes) -> str:
    """The last line that a program said."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"
