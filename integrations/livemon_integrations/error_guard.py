"""Keeps livemon's errors away from the training: each is caught where the framework calls us, and reported once."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from livemon.system.environment import is_strict

__all__ = ["Guard", "Guarded", "guarded"]

MAX_FAILURES = 3  # then the part is switched off

_logger = logging.getLogger("livemon")


class Guard:
    """Counts the failures of the parts of an integration. The first is a warning; a part that fails three times is
    switched off. `LIVEMON_STRICT=1` raises them instead. Ctrl-C and exits are never caught.

    Attributes:
        failures: The number of failures of each part.
    """

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}

    def is_out(self, part: str) -> bool:
        """Whether a part has failed so often that it is switched off."""
        return self.failures.get(part, 0) >= MAX_FAILURES

    @contextmanager
    def around(self, part: str) -> Iterator[None]:
        """A block that belongs to this part, and may fail."""
        try:
            yield
        except Exception as error:
            self.failed(part, error)

    def failed(self, part: str, error: Exception) -> None:
        """Count a failure, and report the first one. Raises it under LIVEMON_STRICT."""
        if is_strict():
            raise error
        first = not self.failures
        self.failures[part] = self.failures.get(part, 0) + 1
        if first:
            _logger.warning("livemon: %s: %s: %s; the training is not affected", part, type(error).__name__, error)


class Guarded(Protocol):
    """An object with guarded hooks."""

    guard: Guard


def guarded(answer: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a hook of an object with a `guard`, so that it cannot fail the training.

    Args:
        answer: The return value of the hook if it fails.
    """

    def wrap(hook: Callable[..., Any]) -> Callable[..., Any]:
        name = hook.__name__

        @functools.wraps(hook)
        def run(self: Guarded, *args: Any, **kwargs: Any) -> Any:
            if self.guard.failures and self.guard.is_out(name):
                return answer
            try:
                return hook(self, *args, **kwargs)
            except Exception as error:
                self.guard.failed(name, error)
                return answer

        return run

    return wrap
