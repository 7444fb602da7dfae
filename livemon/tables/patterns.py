"""Regular expressions from users; an expression that would run forever is stopped."""

from __future__ import annotations

__all__ = ["UserPattern"]

SECONDS = 0.5  # for one name; a sensible expression needs microseconds


class UserPattern:
    """A regular expression from a user.

    Args:
        text: The expression.
        option: The option that it was given with, for messages: "--select".
        ignore_case: Whether upper and lower case are the same.

    Raises:
        ValueError: The expression is not valid; the message says why.
    """

    def __init__(self, text: str, option: str, *, ignore_case: bool = False) -> None:
        self._text = text
        self._option = option
        self._is_endless = False
        import regex  # here, because few commands get an expression, and this import takes as long as a small run

        try:
            self._pattern = regex.compile(text, regex.IGNORECASE if ignore_case else 0)
        except (regex.error, RecursionError, OverflowError) as error:
            raise ValueError(f"{option}: {text!r} is not a valid regular expression: {error}") from None

    def finds(self, name: str) -> bool:
        """Whether the expression matches somewhere in a name.

        Raises:
            ValueError: It takes too long. It is not tried again: each name would cost as much.
        """
        try:
            if not self._is_endless:
                return self._pattern.search(name, timeout=SECONDS) is not None
        except TimeoutError:
            self._is_endless = True
        raise ValueError(f"{self._option}: {self._text!r} takes too long on names such as "
                         f"{name!r}; avoid nested repetitions")
