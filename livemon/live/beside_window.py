"""A view that somebody touches, in the main thread, and beside it the thread that reads and makes boards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from livemon.live.errors import CannotShowError, describe_error
from livemon.live.recorded_boards import MakesBoards
from livemon.live.screens import Console, Screen

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.views import TouchedView

__all__ = ["TurnsTheHandle", "run_beside_window", "show_now"]

# The longest that a closed window waits for the thread that reads: it may hang on a dead disk; else it needs 1.5 s for
# an audit, and a moment for a picture.
LEAVE_SECONDS = 3.0
JOIN_SECONDS = 0.1  # from one look to the next whether the thread has ended: shorter than anybody notices


class TurnsTheHandle(Protocol):
    """The loop of a watch; `Monitor` is one."""

    @property
    def saving(self) -> bool:
        """Whether the final plots are being saved."""

    def run(self) -> None:
        """Turn until the end."""

    def stop(self) -> None:
        """End `run` soon, from any thread."""


def show_now(maker: MakesBoards, screens: Sequence[Screen], window: TouchedView | None, console: Console) -> None:
    """Draw the present data once; a window stays open until the user closes it."""
    board = maker.dashboard(time.time())
    gone: BrokenPipeError | None = None
    for screen in screens:
        try:
            screen.view.draw(board)
        except BrokenPipeError as error:  # whoever read the results has gone; a picture is still wanted
            gone = error
    if gone is not None:
        raise gone
    if console.picture is not None:
        console.say(f"the picture is {console.picture}")
    if window is not None:
        window.ask = lambda lens: _show_through(maker, lens, window)
        _run_window(window)


def _show_through(maker: MakesBoards, lens: Lens, window: TouchedView) -> None:
    """Show what was read once through another lens."""
    try:
        maker.look_through(lens)
    except ValueError:  # it means nothing for this run: what is shown stays
        return
    window.draw(maker.dashboard(time.time()))


def run_beside_window(monitor: TurnsTheHandle, window: TouchedView, leave: Callable[[], object] = lambda: None) -> None:
    """The window in this thread, which must be the main one; reading and making boards in another.

    Args:
        monitor: Reads, and makes boards.
        window: The window.
        leave: Called when it was closed.
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
    """Run the window until it is closed. Raises CannotShowError where it broke."""
    try:
        window.run()
    except Exception as error:
        raise CannotShowError(f"the view broke and was closed: {describe_error(error)}") from error
