from __future__ import annotations

from livemon.views.terminal.command_line import CommandLine

WORDS = ["smooth", "select", "zoom", "zoom-y"]


def line() -> CommandLine:
    return CommandLine(":", lambda text: [word for word in WORDS if word.startswith(text)])


def typed(*keys: str) -> CommandLine:
    made = line()
    for key in keys:
        assert made.key(key) == "typing"
    return made


def test_what_is_typed() -> None:
    """Letters are added and taken away; enter is the end, escape and backspace in an empty line leave it."""
    assert typed("a", "b", "backspace", "c", "f1").text == "ac"
    assert typed("a", " ", "b", " ", "ctrl+w").text == "a " and typed("a", "ctrl+w").text == ""
    assert typed("a", "ctrl+u").text == ""
    assert (line().key("enter"), line().key("escape"), line().key("backspace")) == ("done", "left", "left")


def test_what_goes_on() -> None:
    """`tab` goes on as far as all words agree, then to each of them in turn; they are shown."""
    made = typed("z", "tab")
    assert made.text == "zoom" and made.shown == ":zoom_   zoom  zoom-y"
    made.key("tab")
    assert made.text == "zoom-y"
    made.key("tab")
    assert made.text == "zoom"
    assert typed("tab").text == "" and "select" in typed("tab").shown and typed("tab", "tab").text == "smooth"
    assert typed("tab", "s", "m", "tab").text == "smooth" and typed("tab", "shift+tab").text == "zoom-y"
    assert typed("s", "m", "tab").text == "smooth" and typed("q", "tab").text == "q"
