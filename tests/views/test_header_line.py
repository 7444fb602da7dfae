"""The header line in a terminal and elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from livemon.boards.model import Board, Notice
from livemon.system.streams import put_result
from livemon.views import View
from livemon.views.header_line import HeaderView


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def board(usual: Callable[..., Board]) -> Board:
    return usual()


def test_in_place_on_a_terminal(board: Board) -> None:
    """On a terminal the line is rewritten from its start and what is left of the old one is cleared; closing ends
    it."""
    out = Terminal()
    view = HeaderView(out)
    assert isinstance(view, View)
    view.open()
    view.draw(board)
    view.draw(board)
    assert out.getvalue().count("\r") == 2
    assert out.getvalue().endswith("\x1b[K")
    view.close()
    view.close()
    assert out.getvalue().count("\n") == 1


def test_a_line_an_update_elsewhere(board: Board) -> None:
    """Where the output is no terminal, a line is written when something happened; a row's age alone is nothing."""
    out = io.StringIO()
    view = HeaderView(out)
    view.draw(board)
    view.draw(replace(board, header=replace(board.header, age="row 5 s ago (usually 5 s)")))
    assert out.getvalue() == board.header.line() + "\n"
    view.draw(replace(board, header=replace(board.header, state="finished")))
    view.close()
    assert len(out.getvalue().splitlines()) == 2


def test_the_line_fits(board: Board) -> None:
    """A line never wraps: it is cut to the terminal's cells, of which a Chinese character takes two."""
    out = Terminal()
    HeaderView(out).draw(replace(board, header=replace(board.header, run="損" * 100, problems=())))
    line = out.getvalue().strip("\r").removesuffix("\x1b[K")
    assert line.count("損") * 2 <= 79


def test_control_characters_do_nothing(board: Board) -> None:
    """A run's name cannot move the cursor: what a terminal would obey is spelt out."""
    out = Terminal()
    HeaderView(out).draw(replace(board, header=replace(board.header, run="a\x1b[2Jb\nc\u202ed")))
    assert out.getvalue().startswith("\r" + r"a\x1b[2Jb\nc\u202ed ")


def test_results_for_programs_are_exact() -> None:
    """A path is spelt out on a terminal, and as it is where a program reads it."""
    terminal, pipe = Terminal(), io.StringIO()
    put_result("a\x1bb", terminal)
    put_result("a\x1bb", pipe)
    assert terminal.getvalue() == "a\\x1bb\n"
    assert pipe.getvalue() == "a\x1bb\n"


def test_plain_characters_for_plain_streams(board: Board) -> None:
    """A stream that has only ASCII gets ASCII."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    HeaderView(out).draw(board)
    assert raw.getvalue().startswith(b"exp7 * running")
    out.close()


def test_a_console_that_obeys_nothing(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a console that would show a sequence as it is, the rest of the old line is written over with blanks."""
    monkeypatch.setattr("livemon.views.header_line.obeys_escapes", lambda stream: False)
    out = Terminal()
    view = HeaderView(out)
    for run in ("a long name", "損"):
        view.draw(replace(board, header=replace(board.header, run=run)))
    assert "\x1b" not in out.getvalue()
    _, long, short = out.getvalue().split("\r")
    cells = [len(line) + line.count("損") for line in (long, short)]
    assert cells == [79, 79]


def test_what_was_found_is_a_line_once(board: Board) -> None:
    """A warning is a line of its own below the header line, above it on a terminal, once for each kind and metric;
    what is for information has none, and no control character is obeyed."""
    found = replace(board, notices=(
        Notice("nan", "critical", "loss", 410.0, "loss\x1b[31m is no finite number", "resume"),
        Notice("plateau", "info", "loss", 10.0, "loss does not fall", "wait")))
    for out in (io.StringIO(), Terminal()):
        view = HeaderView(out)
        view.draw(board)
        view.draw(found)
        view.draw(replace(found, notices=(replace(found.notices[0], text="loss is no finite number (9 NaN)"),)))
        view.close()
        assert out.getvalue().count("critical nan: ") == 1 and "plateau" not in out.getvalue()
        assert "\x1b[31m" not in out.getvalue() and "no finite number -> resume\n" in out.getvalue()
    lines = out.getvalue().splitlines()
    assert lines[-1].split("\r")[-1].startswith("exp7")
