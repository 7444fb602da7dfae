"""Problems while a training is recorded: each is a warning, and never an error for the training."""

from __future__ import annotations

import logging

from livemon.system.environment import is_strict

__all__ = ["Problems", "kind_and_message"]

_logger = logging.getLogger("livemon")


class Problems:
    """The problems of a recorder. Each kind is one warning of the logger "livemon", however often it occurs."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def report(self, kind: str, message: str, error: Exception | None = None) -> None:
        """Warn about a problem the first time that it occurs. Under LIVEMON_STRICT, raise the error instead."""
        if error is not None and is_strict():
            raise error
        if kind not in self._reported:
            self._reported.add(kind)
            try:
                _logger.warning("livemon: %s", message)
            except Exception:  # the script may have a handler that turns warnings into errors
                pass


def kind_and_message(error: BaseException) -> str:
    """The kind of an error and its message, cut to a length that fits a log line."""
    return f"{type(error).__name__}: {error}"[:500].rstrip(": ")
