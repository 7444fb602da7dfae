"""A line that is typed at the foot of a terminal's screen: a command, or conditions for runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Literal

from livemon.views.looking import edited

__all__ = ["CommandLine"]

_MOST_SHOWN = 6  # of what a line can go on with


class CommandLine:
    """What is typed.

    Args:
        sign: What stands before it.
        complete: Gives whole texts that go on as this one does.
        text: What stands there at first.

    Attributes:
        sign, text: As above.
        choices: With what the text can go on, after `tab`.
    """

    def __init__(self, sign: str, complete: Callable[[str], Sequence[str]], text: str = "") -> None:
        self.sign = sign
        self.text = text
        self.choices: Sequence[str] = ()
        self._complete = complete

    def key(self, name: str) -> Literal["typing", "done", "left"]:
        """A key: a letter, "backspace", "tab", "enter" or "escape"; whether the line is done, or left."""
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
        """At first what all the texts begin with that go on so, which are shown; then each of them in turn."""
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
        """The line as people see it: with what it can go on."""
        words = [choice.rpartition(" ")[2] for choice in self.choices[:_MOST_SHOWN]]
        more = f" +{len(self.choices) - _MOST_SHOWN}" if len(self.choices) > _MOST_SHOWN else ""
        return f"{self.sign}{self.text}_" + (f"   {'  '.join(words)}{more}" if words else "")
