from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from livemon.views import View
from livemon.views.terminal.printed import PrintedView, size_of

Makes = Callable[..., Any]


def test_a_screen_into_a_pipe(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """Into a pipe the first screen is plain text of 80 x 24, or of what COLUMNS and LINES say."""
    stream = io.StringIO()
    view = PrintedView(stream, environ={"COLUMNS": "60", "LINES": "20"})
    view.open()
    view.draw(board_of(panel_of(line_of([1, 0] * 30))))
    view.close()
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("exp7 ● running") and len(lines) <= 20 and max(map(len, lines)) <= 60
    assert "\x1b" not in stream.getvalue() and isinstance(view, View)


def test_sizes() -> None:
    """A size that says nothing is the usual one."""
    stream = io.StringIO()
    assert size_of(stream, {}) == (80, 24)
    assert size_of(stream, {"COLUMNS": "nonsense", "LINES": "50"}) == (80, 50)


def test_wrong_glyphs() -> None:
    """A set of characters that there is not is an error that names those that there are."""
    with pytest.raises(ValueError, match="braille"):
        PrintedView(io.StringIO(), glyphs="nonsense")
