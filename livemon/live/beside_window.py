"""An interactive view in the main thread, and beside it the thread that reads and makes boards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from livemon.live.errors import CannotShowError, describe_error
from livemon.live.recorded_boards import MakesBoards
from livemon.live.screens import Screen

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.live.console import Console
    from livemon.views import TouchedView

__all__ = ["StoppableLoop", "run_beside_window", "show_now"]

# The longest time that a closed window waits for the reading thread: it may hang on a dead disk; otherwise it needs 1.5
# s for an audit, and a moment for a picture.
LEAVE_SECONDS = 3.0
JOIN_SECONDS = 0.1  # between two checks of whether the thread has ended: shorter than anybody notices


class StoppableLoop(Protocol):
    """The loop of a watch; `Monitor` is one."""

    @property
    def saving(self) -> bool:
        """Whether the final plots are being saved."""

    def run(self) -> None:
        """Run the loop until the end."""

    def stop(self) -> None:
        """End `run` soon; any thread."""


def show_now(maker: MakesBoards, screens: Sequence[Screen], window: TouchedView | None, console: Console) -> None:
    """Draw the present data once; a window stays open until the user closes it."""
    board = maker.dashboard(time.time())
    gone: BrokenPipeError | None = None
    for screen in screens:
        try:
            screen.view.draw(board)
        except BrokenPipeError as error:  # the reader of the results has stopped; a picture is still wanted
            gone = error
    if gone is not None:
        raise gone
    if console.picture is not None:
        console.notify(f"the picture is {console.picture}")
    if window is not None:
        window.ask = lambda lens: _show_through(maker, lens, window)
        _run_window(window)


def _show_through(maker: MakesBoards, lens: Lens, window: TouchedView) -> None:
    """Show data that was read once through another lens."""
    try:
        maker.set_lens(lens)
    except ValueError:  # not valid for this run: the picture stays
        return
    window.draw(maker.dashboard(time.time()))


def run_beside_window(monitor: StoppableLoop, window: TouchedView, leave: Callable[[], object] = lambda: None) -> None:
    """Run the window in this thread, which must be the main one, and read and make boards in another.

    Args:
        monitor: The loop that reads, and makes boards.
        window: The window.
        leave: Called after it was closed.
    """
    errors: list[BaseException] = []

    def work() -> None:
        try:
            monitor.run()
        except BaseException as error:
            errors.append(error)
        finally:
            window.close()

    thread = threading.Thread(target=work, name="livemon monitor", daemon=True)
    thread.start()
    try:
        _run_window(window)
    finally:
        monitor.stop()
        leave()
        deadline = time.monotonic() + LEAVE_SECONDS
        while thread.is_alive() and (monitor.saving or time.monotonic() < deadline):
            thread.join(JOIN_SECONDS)
    if errors:
        raise errors[0]


def _run_window(window: TouchedView) -> None:
    """Run the window until it is closed. Raises CannotShowError if it broke."""
    try:
        window.run()
    except Exception as error:
        raise CannotShowError(f"the view broke and was closed: {describe_error(error)}") from error
