"""The line at the bottom of a terminal's screen for typing a command, or conditions for runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Literal

from livemon.views.lens_control import edited

__all__ = ["CommandLine"]

_MOST_SHOWN = 6  # completions of a line


class CommandLine:
    """The typed text.

    Args:
        sign: The prompt.
        complete: Gives whole texts that begin like a text.
        text: The initial text.

    Attributes:
        sign, text: As above.
        choices: The completions, after `tab`.
    """

    def __init__(self, sign: str, complete: Callable[[str], Sequence[str]], text: str = "") -> None:
        self.sign = sign
        self.text = text
        self.choices: Sequence[str] = ()
        self._complete = complete

    def key(self, name: str) -> Literal["typing", "done", "left"]:
        """Handle a key: a letter, "backspace", "tab", "enter" or "escape"; returns whether the line is done or was
        left."""
        if name in ("enter", "escape"):
            return "done" if name == "enter" else "left"
        if name in ("tab", "shift+tab"):
            self._go_on(1 if name == "tab" else -1)
            return "typing"
        self.choices = ()
        if name == "backspace" and not self.text:
            return "left"
        text = edited(self.text, name)
        self.text = self.text if text is None else text
        return "typing"

    def _go_on(self, step: int) -> None:
        """First insert what all completions have in common, and show them; then insert each in turn."""
        if self.choices:
            choices = list(self.choices)
            at = choices.index(self.text) + step if self.text in choices else 0 if step > 0 else -1
            self.text = choices[at % len(choices)]
            return
        self.choices = self._complete(self.text)
        if not self.choices:
            return
        alike = itertools.takewhile(lambda chars: len(set(chars)) == 1, zip(*self.choices, strict=False))
        common = "".join(chars[0] for chars in alike)
        self.text = common if len(common) > len(self.text) else self.text
        if len(self.choices) == 1:
            self.text, self.choices = self.choices[0], ()

    @property
    def shown(self) -> str:
        """The line as shown to people, with its completions."""
        words = [choice.rpartition(" ")[2] for choice in self.choices[:_MOST_SHOWN]]
        more = f" +{len(self.choices) - _MOST_SHOWN}" if len(self.choices) > _MOST_SHOWN else ""
        return f"{self.sign}{self.text}_" + (f"   {'  '.join(words)}{more}" if words else "")
