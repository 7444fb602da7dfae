"""Messages for people while a watch goes on: what lasts is said once."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Messages"]

# Messages that differ each time, by a number in them say, must not fill the terminal of a watch that goes on for weeks.
MOST_MESSAGES = 100


class Messages:
    """Takes messages.

    Args:
        say: Where they go.

    Attributes:
        say: As above.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self._known: set[str] = set()

    def say_once(self, text: str) -> None:
        """Say it, unless it was said before."""
        if text not in self._known and len(self._known) < MOST_MESSAGES:
            self._known.add(text)
            self.say(text)
