"""What the tests of all integrations share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


@pytest.fixture(params=["some", pytest.param("every", marks=pytest.mark.slow)])
def to_break(request: pytest.FixtureRequest, error: Exception) -> Callable[[Sequence[str]], list[list[str]]]:
    """Which of some hooks raise the error together, training by training: each alone, or one that the error picks; and
    then all."""

    def chosen(hooks: Sequence[str]) -> list[list[str]]:
        alone = list(hooks) if request.param == "every" else [hooks[ERRORS.index(error) % len(hooks)]]
        return [*([name] for name in alone), list(hooks)]

    return chosen
