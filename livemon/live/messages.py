"""Messages for people during a watch: lasting ones are printed only once."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Messages"]

# Messages that differ each time, for example by a number, must not fill the terminal of a watch that runs for weeks.
MOST_MESSAGES = 100


class Messages:
    """Prints messages.

    Args:
        notify: Prints a line.
        most: The largest number of lasting messages.

    Attributes:
        notify: As above.
    """

    def __init__(self, notify: Callable[[str], None], most: int = MOST_MESSAGES) -> None:
        self.notify = notify
        self._most = most
        self._known: set[str] = set()

    def notify_once(self, text: str) -> None:
        """Print it, unless it was printed before."""
        if text not in self._known and len(self._known) < self._most:
            self._known.add(text)
            self.notify(text)
