from __future__ import annotations

import pytest

from livemon.live.errors import CannotShowError, describe_error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "a.csv"), "Permission denied: a.csv"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (CannotShowError("no rows yet"), "no rows yet"),
        (ValueError("until is 'x'"), "until is 'x'"),
        (KeyError("no metric 'loss'; it has lr"), "no metric 'loss'; it has lr"),
        (KeyError("loss"), "KeyError: 'loss'"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (AssertionError(), "AssertionError"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_error_in_words(error: Exception, words: str) -> None:
    """An error reads as what and where; Python's name for it stands in front where the message alone says too
    little."""
    assert describe_error(error) == words
