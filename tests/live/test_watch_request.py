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
    ("options", "prints"),
    [({"once": True}, True), ({"once": True, "view": "terminal"}, True), ({"once": True, "json": True}, False),
     ({"once": True, "output": "a.png"}, False), ({"once": True, "view": "file"}, False), ({}, False)],
)
def test_when_a_screen_is_printed(options: dict[str, Any], prints: bool) -> None:
    """`--once` prints the screen, on a terminal and into a pipe, where no picture and no JSON is asked for."""
    assert WatchRequest(**options).prints_screen is prints


@pytest.mark.parametrize(
    ("options", "wants"),
    [({}, True), ({"view": "terminal"}, True), ({"output": "a.png"}, False), ({"json": True}, False),
     ({"view": "file"}, False), ({"interval": 5.0}, False), ({"once": True, "view": "terminal"}, False)],
)
def test_when_the_terminal_is_taken(options: dict[str, Any], wants: bool) -> None:
    """The screen of a terminal is taken where it is asked for, or where nothing is asked for and there is no window."""
    request = WatchRequest(**options)
    assert request.wants_terminal(has_window=False, is_terminal=True) is wants
    assert request.wants_terminal(has_window=True, is_terminal=True) is (wants and request.view == "terminal")
    assert request.wants_terminal(has_window=False, is_terminal=False) is (wants and request.view == "terminal")


@pytest.mark.parametrize("beside", [{"once": True}, {"json": True}, {"view": "window"}, {"view": "terminal"},
                                    {"glyphs": "ascii"}])
def test_lines_that_are_not_printed(beside: dict[str, Any]) -> None:
    """Seconds between lines are refused where no line follows another, and where they are none."""
    with pytest.raises(ValueError, match="--interval is about lines"):
        WatchRequest(interval=5.0, **beside)
    with pytest.raises(ValueError, match="not a number of seconds above 0"):
        WatchRequest(interval=0.0)


def test_glyphs_that_there_are_not() -> None:
    """A set of characters that there is not is refused."""
    with pytest.raises(ValueError, match="'braille', 'blocks' or 'ascii'"):
        WatchRequest(glyphs="dots")


def test_what_takes_standard_output() -> None:
    """The terminal's screen and JSON cannot both have standard output."""
    with pytest.raises(ValueError, match="both take standard output"):
        WatchRequest(view="terminal", json=True)
    assert not WatchRequest(view="terminal").wants_window
