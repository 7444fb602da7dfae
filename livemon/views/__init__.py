"""Views: each shows boards somewhere. A view has three verbs: `open`, `draw(board)`, `close`; none is optional.

This package imports no view, because each one needs libraries of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.boards.model import Board

__all__ = ["TouchedView", "View"]


@runtime_checkable
class View(Protocol):
    """Shows boards."""

    def open(self) -> None:
        """Prepare for drawing. Called once, before the first board."""

    def draw(self, board: Board) -> None:
        """Show this board in place of the previous one."""

    def close(self) -> None:
        """Release everything; the last board stays visible if the view can do that. May be called twice."""


class TouchedView(View, Protocol):
    """An interactive view: it runs in the main thread, and asks for boards through other lenses.

    Attributes:
        ask: Asks for a board through another lens; None if nobody makes boards.
    """

    ask: Callable[[Lens], object] | None

    def run(self) -> None:
        """Show boards until the user or `close` ends it."""
