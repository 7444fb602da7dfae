from __future__ import annotations

import pytest

from livemon.readers.encodings import csv_records
from livemon.readers.encodings.csv_records import Records, split_lines


def taken(records: Records, data: bytes) -> list[bytes]:
    return list(records.records(data))


def test_a_quote_holds_line_ends() -> None:
    """A record ends with the line on which its last quote is closed, and counts each of its lines."""
    records = Records()
    assert taken(records, b'1,"a\nb"\n2,c\n') == [b'1,"a\nb"\n', b"2,c\n"]
    assert records.line == 3


def test_an_open_quote_waits_for_the_lines_behind_it() -> None:
    """A record whose quote is open is handed out whole with the lines that close it."""
    records = Records()
    assert taken(records, b'1,"a\n') == []
    assert (records.waiting_bytes, records.line, records.gives_up) == (5, 0, False)
    assert taken(records, b'b"\n2,c\n') == [b'1,"a\nb"\n', b"2,c\n"]
    assert records.waiting_bytes == 0


def test_in_a_file_that_rests_nothing_waits() -> None:
    """Where nobody writes any more, the line with the open quote stands alone, and the lines behind it, too."""
    records = Records()
    assert taken(records, b'1,"a\n2,b\n') == []
    records.may_grow = False
    assert records.gives_up
    assert taken(records, b"") == [b'1,"a\n', b"2,b\n"]


def test_a_quote_that_is_open_too_long_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quote that is not closed within LONGEST_QUOTE bytes holds no further line."""
    monkeypatch.setattr(csv_records, "LONGEST_QUOTE", 8)
    assert taken(Records(), b'1,"a\n2,b\n3,c\n') == [b'1,"a\n', b"2,b\n", b"3,c\n"]


def test_the_header_is_the_first_record_that_says_something() -> None:
    """A byte order mark, blank lines and comments stand above the header; what is behind it is handed back."""
    records = Records()
    assert records.header(b"\xef\xbb\xbf\n# by hand\nstep,loss\n1,0.5\n") == ("step,loss\n", b"1,0.5\n")
    assert records.line == 3


def test_there_is_no_header_yet() -> None:
    """Without a complete header there is no text, and its beginning waits."""
    records = Records()
    assert records.header(b'# by hand\n"st\n') == ("", b"")
    assert records.at_start is False
    assert records.header(b'ep",loss\n1,2\n') == ('"st\nep",loss\n', b"1,2\n")


@pytest.mark.parametrize(("data", "lines"), [
    (b"a\nb\n", [b"a\n", b"b\n"]), (b"a\nb", [b"a\n", b"b"]), (b"\n", [b"\n"]), (b"", []),
])
def test_lines_keep_their_ends(data: bytes, lines: list[bytes]) -> None:
    """Lines are split behind their ends, and nothing is added to what has none."""
    assert split_lines(data, b"\n") == lines
