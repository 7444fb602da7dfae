"""A run in a notebook's cell: pictures drawn by another process, replaced in place while the run goes on.

The kernel only passes pictures on, so that it is free for the training, or for the next cell. No port is needed:
pictures take the way of all output.
"""

from __future__ import annotations

import base64
import contextlib
import html
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.boards import Lens
from livemon.boards.dashboard import BoardMaker
from livemon.health.examination import Examination
from livemon.live.tied_view import TiedProcess
from livemon.system.streams import put_message
from livemon.views.mpl.picture import save

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["NotebookCell", "follow", "in_notebook", "rich", "show"]

LOOK_SECONDS = 0.5  # between two checks for a new picture: a quarter of the time between pictures
JOIN_SECONDS = 10.0  # the longest time that `close` waits for the thread, which waits for the process
LEAVE_SECONDS = 5.0  # for the drawing process to end by itself: as long as a large picture takes on a loaded machine
_WIDTH = 980  # pixels on the page, as wide as a notebook's cell; the picture has more

_logger = logging.getLogger("livemon")
_followed: dict[Path, NotebookCell] = {}


class NotebookCell:
    """Shows a run in the present cell, until the run ends or `close`.

    Args:
        folder: The run's folder.

    Raises:
        OSError: The drawing process cannot be started.
    """

    def _ipython_display_(self) -> None:
        """As the last value of a cell it shows nothing, because the picture is already there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._id = f"livemon-{uuid.uuid4().hex}"
        self._scratch = Path(tempfile.mkdtemp(prefix="livemon-"))
        self._picture = self._scratch / "run.png"
        self._errors = self._scratch / "errors"
        self._closed = threading.Event()
        self._shown_at: int | None = None  # the modification time of the visible picture
        command = ["watch", str(folder), "--view", "file", "-o", str(self._picture), "--until", "finished"]
        try:
            with open(self._errors, "wb") as errors:
                self._tied = TiedProcess(command, errors)
        except OSError:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._process = self._tied.process
        self._publish({"text/plain": f"livemon: waiting for {folder} ..."}, first=True)
        self._thread = threading.Thread(target=self._follow, name="livemon-notebook", daemon=True)
        self._thread.start()

    def end(self, deadline: float) -> bool:
        """The run has ended: wait for the last picture, at most `deadline` seconds, and only while the drawing process
        shows signs of life. Returns whether it ran until now, and saved the final plots."""
        closed_before = self._process.poll() is not None
        self._tied.wait(deadline)
        made = not closed_before and self._process.returncode in (0, 1)
        self.close()
        return made

    def stop(self) -> None:
        """Stop following soon, without waiting. The last picture stays."""
        self._closed.set()

    def close(self) -> None:
        """Stop following now. The last picture stays. A second call does nothing."""
        self.stop()
        self._thread.join(JOIN_SECONDS)

    def _follow(self) -> None:
        try:
            while not self._closed.wait(LOOK_SECONDS) and self._process.poll() is None:
                self._show_news()
            self._show_news()
            if self._shown_at is None and self._process.poll() not in (None, 0):
                lines = self._errors.read_text(errors="replace").strip().splitlines()
                self._publish({"text/plain": lines[-1] if lines else f"livemon: nothing to show of {self._folder}"})
        except Exception as error:
            _logger.warning("livemon: the cell of the notebook is no longer updated: %s: %s", type(error).__name__,
                            error)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        process = self._process
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()  # this ends the process if it still runs
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LEAVE_SECONDS)
        self._tied.end()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _show_news(self) -> None:
        """Pass the picture on if it is new. It is replaced atomically, so it is always complete."""
        try:
            changed = self._picture.stat().st_mtime_ns
            if changed == self._shown_at:
                return
            data = self._picture.read_bytes()
        except FileNotFoundError:
            return
        self._shown_at = changed
        self._publish({"image/png": base64.b64encode(data).decode(), "text/plain": f"livemon: {self._folder}"})

    def _publish(self, data: dict[str, str], *, first: bool = False) -> None:
        from IPython.display import publish_display_data

        publish_display_data(
            data, metadata={"image/png": {"width": _WIDTH}}, transient={"display_id": self._id}, update=not first
        )


def follow(folder: Path) -> NotebookCell:
    """Show a run in the present cell. The picture of an earlier cell that followed the run, or of an earlier execution
    of this cell, stays as it is."""
    key = folder.resolve()
    if (before := _followed.pop(key, None)) is not None:
        before.stop()
    cell = NotebookCell(folder)
    _followed[key] = cell
    return cell


def show(run: ExperimentLoader) -> NotebookCell | None:
    """Follow a run that trains elsewhere in the present cell, without waiting for it. Outside a notebook nothing is
    opened; a message says what to type."""
    if in_notebook():
        return follow(run.given)
    put_message(f"this is not a notebook; to watch this run: livemon watch {run.given}")
    return None


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel (and not a process forked from it)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    session = getattr(getattr(shell, "kernel", None), "session", None)
    return getattr(session, "pid", None) == os.getpid()


def rich(run: ExperimentLoader) -> dict[str, Any]:
    """A notebook's static display of a loader: its header line and its present dashboard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # there is no config; most runs have none
        run.refresh()
        board = BoardMaker(run, Lens(), Examination(run)).dashboard(time.time())
    line = html.escape(board.header.line())
    page = f"<div><code>{line}</code></div>"
    if run.metric_names:
        with tempfile.TemporaryDirectory() as folder:
            data = base64.b64encode(save(board, Path(folder) / "run.png", dpi=110).read_bytes()).decode()
        page += f'<img alt="{line}" width="{_WIDTH}" style="max-width:100%" src="data:image/png;base64,{data}">'
    return {"text/plain": f"{run!r}\n{board.header.line()}", "text/html": page}
