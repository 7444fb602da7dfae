"""Views: each shows Boards somewhere. A view has three verbs: `open`, `draw(board)`, `close`; nothing is optional.

This package imports no view: each module brings its own libraries along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board

__all__ = ["TouchedView", "View"]


@runtime_checkable
class View(Protocol):
    """Where boards are shown."""

    def open(self) -> None:
        """Get ready to draw. Called once, before the first board."""

    def draw(self, board: Board) -> None:
        """Show this board instead of the one before."""

    def close(self) -> None:
        """Let go of everything; what was drawn last stays visible where the view can do that. May be called twice."""


class TouchedView(View, Protocol):
    """A view that somebody touches: it runs in the main thread, and asks for boards through other lenses.

    Attributes:
        ask: Asks for a board through another lens; None where nobody makes one.
    """

    ask: Callable[[Lens], object] | None

    def run(self) -> None:
        """Show boards until the user or `close` ends it."""
