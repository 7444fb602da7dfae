from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

from textual import events

from livemon.views.terminal.typed_input import PASTE_SECONDS, TypedInput


class Typing:
    """A hand at an input, with a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.input = TypedInput(timer=lambda: self.now)

    def types(self, *texts: str) -> list[str]:
        """The keys and, after "paste:", the pastes that come of these."""
        messages = [message for text in texts for message in self.input.feed(text)]
        return [self.name(message) for message in messages]

    def waits(self, seconds: float) -> list[str]:
        self.now += seconds
        return [self.name(message) for message in self.input.tick()]

    def name(self, message: object) -> str:
        return f"paste:{message.text}" if isinstance(message, events.Paste) else getattr(message, "key", "?")


@pytest.mark.parametrize("harm", ["\x1b[1114112u", "\x1b[55555555555u", "\x1b[57344:1:1;9999u"])
def test_no_sequence_ends_it(harm: str) -> None:
    """A key that cannot be is dropped, and the keys behind it come in."""
    typing = Typing()
    typing.types(harm)
    assert typing.types("a", "\x1b[D") == ["a", "left"]


@pytest.mark.parametrize("answer", ["\x1bP1+r436f=323536\x1b\\", "\x1bP>|tmux 3.3q\x1b\\", "\x1b]11;rgb:0/0/0\x07"])
def test_an_answer_is_no_key(answer: str) -> None:
    """What a terminal answers to another program means nothing; what is typed around it does."""
    assert Typing().types(f"a{answer}b") == ["a", "b"]


def test_a_paste_without_its_end() -> None:
    """A paste comes in as a whole; one whose end is lost ends once nothing more has come for a while, or with Ctrl-C,
    which is a key then."""
    assert Typing().types("\x1b[200~abc\x1b[201~d") == ["paste:abc", "d"]
    typing = Typing()
    assert typing.types("\x1b[200~abc") == [] and typing.waits(PASTE_SECONDS / 2) == []
    assert typing.waits(PASTE_SECONDS) == ["paste:abc"] and typing.types("q") == ["q"]
    typing = Typing()
    assert typing.types("\x1b[200~abc", "d\x03") == ["paste:abcd", "ctrl+c"]
