from __future__ import annotations

from typing import Any

import pytest

from livemon.live.watch_request import WatchRequest


@pytest.mark.parametrize(("option", "value"), [("until", "never"), ("until", ""), ("view", "printer")])
def test_a_value_that_means_nothing(option: str, value: str) -> None:
    """A request refuses a view or an end that there is not, and names those that there are."""
    options: dict[str, Any] = {option: value}
    with pytest.raises(ValueError, match=f"{option} is {value!r}; it can be '"):
        WatchRequest(**options)


@pytest.mark.parametrize(
    ("options", "wants"),
    [({}, True), ({"once": True}, False), ({"json": True}, False), ({"output": "a.png"}, False),
     ({"view": "window", "once": True, "output": "a.png"}, True), ({"view": "file"}, False)],
)
def test_when_a_window_is_wanted(options: dict[str, Any], wants: bool) -> None:
    """A window is wanted by its name, or where nothing else was asked for."""
    assert WatchRequest(**options).wants_window is wants


def test_an_option_without_effect_is_an_error() -> None:
    """An end that nobody waits for is refused."""
    with pytest.raises(ValueError, match="--once shows what is there"):
        WatchRequest(once=True, until="stalled")


@pytest.mark.parametrize(
    ("options", "is_terminal", "prints"),
    [({"once": True}, True, True), ({"once": True}, False, False), ({"once": True, "view": "terminal"}, False, True),
     ({"once": True, "json": True}, True, False), ({"once": True, "output": "a.png"}, True, False),
     ({"once": True, "view": "file"}, True, False), ({}, True, False)],
)
def test_when_a_screen_is_printed(options: dict[str, Any], is_terminal: bool, prints: bool) -> None:
    """`--once` prints the screen on a terminal, and into a pipe where `--view terminal` asks for it: a script that
    reads the header line and takes the picture goes on as before."""
    assert WatchRequest(**options).prints_screen(is_terminal=is_terminal) is prints


def test_glyphs_that_there_are_not() -> None:
    """A set of characters that there is not is refused."""
    with pytest.raises(ValueError, match="'braille', 'blocks' or 'ascii'"):
        WatchRequest(glyphs="dots")


def test_what_takes_standard_output() -> None:
    """The terminal's screen and JSON cannot both have standard output."""
    with pytest.raises(ValueError, match="both take standard output"):
        WatchRequest(view="terminal", json=True)
    assert WatchRequest(view="terminal").wants_terminal and not WatchRequest(view="terminal").wants_window
    assert not WatchRequest(view="terminal", once=True).wants_terminal
