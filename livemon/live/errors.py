"""Errors for users: nothing can be shown, and the text of an error."""

from __future__ import annotations

__all__ = ["CannotShowError", "describe_error"]


class CannotShowError(RuntimeError):
    """Nothing can be shown; the message says what is missing and what to do."""


def describe_error(error: BaseException) -> str:
    """An error in words for people: what and where, without Python's names if the message is enough."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    if isinstance(error, CannotShowError | FileNotFoundError | ValueError) and str(error):
        return str(error)
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str) and " " in error.args[0]:
        return error.args[0]  # a sentence, which Python would show in quotes
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
