"""The view of a training in a separate process, from the start of the run to its end."""

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
        """Wait at most `deadline` seconds for its end. Returns whether it ran until now and saved the final plots."""


class ViewProcess:
    """`livemon watch` on a run's folder, in its own session: Ctrl-C in the terminal only reaches the trainer. It ends
    with the run, and with this process, even if that is killed.

    Args:
        folder: The run's folder.
        view: "window" or "file".
        picture: The path of the picture.

    Raises:
        OSError: The process cannot be started.
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
        """Wait for its end, at most `deadline` seconds and only while it shows signs of life. Returns whether it ran
        until now and saved the final plots."""
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
    """The view for a setting on this machine."""
    if view != "auto":
        return view
    if _in_notebook():
        return "notebook"
    return "window" if _has_local_display() else "none"


def open_view(folder: Path, view: ViewName, picture: Path | None = None) -> View | None:
    """Open the view of a run; None for no view.

    Args:
        folder: The run's folder.
        view: The setting of the user.
        picture: The path of the picture for "file".

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
    """Whether this process is a notebook's kernel; without IPython this imports nothing."""
    if "IPython" not in sys.modules:
        return False
    from livemon.live.notebook import in_notebook

    return in_notebook()


def _has_local_display() -> bool:
    """Whether a window would be visible to the user: on a display of this machine, not of a remote shell. The process
    of the view checks whether Python has a toolkit, so that none is loaded into the training."""
    platform: str = sys.platform
    if platform.startswith("linux"):
        display = os.environ.get("DISPLAY", "")
        return bool(os.environ.get("WAYLAND_DISPLAY")) or display.startswith((":", "unix:"))
    return not (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def last_line(output: bytes) -> str:
    """The last line of a program's output."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"
