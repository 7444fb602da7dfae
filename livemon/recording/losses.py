"""The rows that could not be recorded: their number, and why."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["Losses"]


class Losses:
    """Counts lost rows. Several threads may lose rows at once, and a signal handler may interrupt that.

    Attributes:
        count: The number of lost rows.
    """

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}  # reason -> rows
        self._unsettled = 0  # rows that a hanging thread may still write
        self._unsettled_reason = ""
        self._lock = threading.RLock()

    @property
    def count(self) -> int:
        """The number of lost rows."""
        return sum(self._rows.values()) + self._unsettled

    def add(self, rows: int, reason: str) -> None:
        """Add lost rows."""
        with self._lock:
            self._rows[reason] = self._rows.get(reason, 0) + rows

    def expect(self, rows: int, reason: str) -> None:
        """Set the number of rows that are lost unless the writing thread continues; then `settle` is called."""
        self._unsettled, self._unsettled_reason = rows, reason

    def settle(self) -> None:
        """Note that the writing thread has ended, so nothing is uncertain any longer."""
        self._unsettled = 0

    def __str__(self) -> str:
        """The reasons, in words; with numbers if there are several."""
        reasons = {reason: rows for reason, rows in list(self._rows.items()) if rows}
        if self._unsettled:
            reasons[self._unsettled_reason] = reasons.get(self._unsettled_reason, 0) + self._unsettled
        if len(reasons) < 2:
            return "".join(reasons)
        return "; ".join(f"{rows:,}: {reason}" for reason, rows in reasons.items())

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()
