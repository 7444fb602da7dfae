"""Views: each shows Boards somewhere. A view has three verbs: `open`, `draw(board)`, `close`; nothing is optional.

This package imports no view: each module brings its own libraries along.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from livemon.boards.model import Board

__all__ = ["View"]


@runtime_checkable
class View(Protocol):
    """Where boards are shown."""

    def open(self) -> None:
        """Get ready to draw. Called once, before the first board."""

    def draw(self, board: Board) -> None:
        """Show this board instead of the one before."""

    def close(self) -> None:
        """Let go of everything; what was drawn last stays visible where the view can do that. May be called twice."""
