from __future__ import annotations

import re
from typing import get_args

import pytest

from livemon.views.terminal.ansi import Depth, as_text, depth_of, hex_of
from livemon.views.terminal.cells import INKS, Cells, ink


@pytest.mark.parametrize(("environ", "is_terminal", "expected"), [
    ({"TERM": "xterm-256color"}, True, "256"), ({"TERM": "xterm", "COLORTERM": "truecolor"}, True, "true"),
    ({"TERM": "linux"}, True, "16"), ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, "none"),
    ({"TERM": "vt100"}, True, "none"), ({"TERM": "xterm-mono"}, True, "none"),
    ({"TERM": "dumb"}, True, "none"), ({"COLORTERM": "truecolor"}, False, "none"),
])
def test_how_many_colours(environ: dict[str, str], is_terminal: bool, expected: str) -> None:
    """As many colours as the terminal has; none into a pipe, and none where NO_COLOR says so."""
    assert depth_of(environ, is_terminal=is_terminal) == expected


def test_every_ink_has_a_colour() -> None:
    """Each ink has a colour in both themes, and codes at each depth; without colour there are no codes."""
    cells = Cells(len(INKS), 1)
    for number, name in enumerate(INKS):
        cells.put(0, number, "x", ink(name, bold=True))
        assert all(re.fullmatch("#[0-9a-f]{6}", hex_of(ink(name), theme)) for theme in ("light", "dark"))
    for depth in get_args(Depth):
        text = as_text(cells, depth)
        assert re.sub(r"\x1b\[[0-9;]*m", "", text) == "x" * len(INKS)
        assert ("\x1b" in text) == (depth != "none")


def test_pale_is_paler() -> None:
    """A pale ink lies between its colour and the background."""
    assert hex_of(ink("pale blue"), "dark") not in (hex_of(ink("blue"), "dark"), "#0f1216")


def test_nothing_at_the_end() -> None:
    """Empty cells at the ends of rows and empty rows at the end are not printed."""
    cells = Cells(20, 5)
    cells.put(0, 0, "a")
    cells.put(2, 0, "b", ink("red"))
    assert as_text(cells, "none") == "a\n\nb"
    assert as_text(cells, "16") == "a\n\n\x1b[31mb\x1b[0m"
