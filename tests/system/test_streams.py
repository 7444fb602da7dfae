"""Lines on the standard streams."""

from __future__ import annotations

import io
import sys

import pytest

from livemon.system.streams import hanging_lines, obeys_escapes, put_message, put_result, take_any_text, visible


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("text", "shown"), [
    ("exp1 \x1b[2J", "exp1 \\x1b[2J"), ("a\nb\rc\td", "a\\nb\\rc\\td"), ("a\u202eb\u200dc", "a\\u202eb\\u200dc"),
    ("a\u2028b", "a\\u2028b"), ("\ud800", "\\ud800"), ("\x9b", "\\x9b"), ("loß 精度 🙂 \\n", "loß 精度 🙂 \\n"),
])
def test_what_a_terminal_would_obey_is_spelt_out(text: str, shown: str) -> None:
    """Controls, directions of writing, ends of lines and broken letters are spelt out; all other letters stay."""
    assert visible(text) == shown


def test_a_result_is_spelt_out_for_a_terminal_only() -> None:
    """A program gets a result as it is, a person gets it without what would move the cursor."""
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        put_result("a\x1b[2Jb", stream)
    assert (terminal.getvalue(), pipe.getvalue()) == ("a\\x1b[2Jb\n", "a\x1b[2Jb\n")


def test_a_message_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A message goes to standard error, says who speaks, and is one line whatever it holds."""
    put_message("no run in a\nb")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "livemon: no run in a\\nb\n")


@pytest.mark.parametrize(("encoding", "expected"), [
    ("ascii", r"\u540d\u00e9\ud83d\ude00\udcff"), ("utf-8", "名é😀" + r"\udcff"),
    ("latin-1", "\\u540dé\\ud83d\\ude00\\udcff"),
])
def test_what_an_encoding_lacks(encoding: str, expected: str) -> None:
    """A result on a stream whose encoding lacks its characters is escaped, as a JSON text may be."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    put_result("名é😀\udcff", stream)
    stream.seek(0)
    assert stream.read() == expected + "\n"


@pytest.mark.parametrize(("encoding", "data"), [
    ("cp1252", b"\\u25cf lo\xdf\n"), ("cp932", b"\x81\x9c lo\\u00df\n"), ("utf-8", "● loß\n".encode()),
    ("ascii", b"\\u25cf lo\\u00df\n"),
])
def test_a_console_of_few_letters(encoding: str, data: bytes) -> None:
    """A letter that a console's encoding lacks is spelt out, and is no error; the others stay."""
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding=encoding, newline="\n")
    take_any_text(stream)
    put_result("● loß", stream)
    assert below.getvalue() == data
    take_any_text(io.StringIO())  # which has no encoding


@pytest.mark.skipif(sys.platform == "win32", reason="there a console is asked")
def test_terminals_obey() -> None:
    """Terminals of this system obey sequences."""
    assert obeys_escapes(Terminal())


@pytest.mark.parametrize(("width", "lines"), [
    (None, ["livemon: no row for a minute in /a/long/path"]),
    (80, ["livemon: no row for a minute in /a/long/path"]),
    (24, ["livemon: no row for a", "         minute in", "         /a/long/path"]),
    (19, ["livemon: no row for", "         a minute", "         in", "         /a/long/path"]),
    (12, ["livemon: no row for a minute in /a/long/path"]),
])  # fmt: skip
def test_lines_break_between_words(width: int | None, lines: list[str]) -> None:
    """A terminal's lines end between words, and go on below the beginning of the text; a path stays whole."""
    assert hanging_lines("livemon: ", "no row for a minute in /a/long/path", width) == lines
