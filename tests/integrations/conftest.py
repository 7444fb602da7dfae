"""What the tests of all integrations share."""

from __future__ import annotations

import pytest

ERRORS: list[Exception] = [
    OSError(28, "No space left on device"), RuntimeError("x"), MemoryError(), RecursionError(), KeyError("x"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), ImportError("x"), AttributeError("x"), AssertionError(),
    ValueError("x"),
]  # fmt: skip


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def error(request: pytest.FixtureRequest) -> Exception:
    """Each of the ten exceptions that are raised inside livemon."""
    found: Exception = request.param
    return found
