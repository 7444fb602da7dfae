"""The block parser alone: what pandas may take apart, and what is left to the plain way."""

from __future__ import annotations

import pytest

from livemon.readers.encodings import csv_blocks as blocks
from livemon.readers.encodings.csv_blocks import BlockParser
from livemon.tables.table import Cells

Said = tuple[list[int] | None, list[str], list[int], tuple[str, ...]]


def said(cells: Cells) -> Said:
    """The rows (None: all) and the values of the numbers, then the rows and the words of the texts."""
    rows, values = cells.points()
    places = rows.tolist() if rows is not None else None if len(values) else []
    return places, [repr(value) for value in values.tolist()], cells.text_rows.tolist(), cells.texts


NO_TEXTS: tuple[list[int], tuple[str, ...]] = ([], ())

# What a file may hold and still be read at once. A mistake here costs speed, and no other test would see it.
PARSED: dict[str, tuple[bytes, Said]] = {
    "whole numbers": (b"1,7\n2,8\n", (None, ["7", "8"], *NO_TEXTS)),
    "numbers": (b"1,0.5\n2,-1e5\n", (None, ["0.5", "-100000.0"], *NO_TEXTS)),
    "CRLF": (b"1,7\r\n2,8\r\n", (None, ["7", "8"], *NO_TEXTS)),
    "nan": (b"1,nan\n2,0.5\n", (None, ["nan", "0.5"], *NO_TEXTS)),
    "a blank last cell": (b"1,\n2,0.5\n", ([1], ["0.5"], *NO_TEXTS)),
    "a blank and a nan": (b"1,\n2,nan\n3,0.5\n", ([1, 2], ["nan", "0.5"], *NO_TEXTS)),
    "a blank and NaN": (b"1,\n2,NaN\n", ([1], ["nan"], *NO_TEXTS)),
    "a blank and NAN": (b"1,NA\n2,NAN\n", ([1], ["nan"], *NO_TEXTS)),
    "a blank and nAn": (b"1,\n2,nAn\n", ([1], ["nan"], *NO_TEXTS)),
    "large numbers beside a blank": (b"1,\n2,1e17\n3,0.5\n", ([1, 2], ["1e+17", "0.5"], *NO_TEXTS)),
    "very large ones": (b"1,\n2,1e19\n", ([1], ["1e+19"], *NO_TEXTS)),
    "texts": (b"1,abc\n2,x y\n", ([], [], [0, 1], ("abc", "x y"))),
    "texts, padded and with a gap": (b"1, abc\n2,\n3,x\n", ([], [], [0, 2], ("abc", "x"))),
    "texts beside nan": (b"nan,abc\n2,\n", ([], [], [0], ("abc",))),
}


@pytest.mark.parametrize("what", PARSED)
def test_what_is_read_at_once(what: str) -> None:
    """Numbers with whatever gaps, and texts, are read at once, and say what stands there."""
    data, second = PARSED[what]
    parsed = BlockParser(2, ",").parse(data)
    assert parsed is not None
    n_rows, columns = parsed
    assert (n_rows, len(columns)) == (data.count(b"\n"), 2)
    assert said(columns[1]) == second


LEFT = {
    "a quote": b'1,"0.5"\n',
    "NUL": b"1,0.5\n2,\x000.5\n",
    "no line end": b"1,0.5\n2,0.5",
    "a lone carriage return": b"1,2\r\n3,4\r5,6\r\n",
    "carriage returns in some lines": b"1,2\r\n3,4\n",
    "a narrow first row": b"1\n2,3\n",
    "a narrow row": b"1,2\n3\n4,\n",
    "a wide row": b"1,2\n3,4,5\n",
    "whole numbers beside a blank that no float holds": b"1,\n2,9007199254740993\n",
    "inf": b"1,inf\n",
    "inf beside a blank": b"1,\n2,inf\n3,nan\n",
    "INF beside a blank": b"1,\n2,INF\n3,NAN\n",
    "too large a number beside nan": b"1,\n2,1e400\n3,nan\n",
    "nan within a word": b"1,\n2,nano\n",
    "a number among texts": b"1,abc\n2,0.5\n",
    "true and false": b"1,True\n2,False\n",
    "bytes that are no UTF-8": b"1,\xdf\n",
}


@pytest.mark.parametrize("what", LEFT)
def test_what_is_left_to_the_plain_way(what: str) -> None:
    """What pandas would take otherwise is not taken, and the block behind it is."""
    parser = BlockParser(2, ",")
    assert parser.parse(LEFT[what]) is None
    parsed = parser.parse(b"1,0.5\n2,0.25\n")
    assert parsed is not None
    assert said(parsed[1][1])[1] == ["0.5", "0.25"]


def test_a_single_column_is_left_to_the_plain_way() -> None:
    """Of one column, only the plain way knows a blank line from a blank cell."""
    assert BlockParser(1, ",").parse(b"1\n2\n") is None


def test_the_buffers_are_given_back() -> None:
    """After `rest` nothing of pandas' is kept, and the next block is read all the same."""
    parser = BlockParser(2, ",")
    for _ in range(2):
        assert parser.parse(b"1,0.5\n") is not None
        parser.rest()
        assert parser._frames is None


@pytest.mark.parametrize("data", [
    b"1,nan\n2,nan\nnan,3\n", b"nan,nan\n", b"nanan,1\n", b"a,nan\n", b"n,nan\n", b"nan", b"an", b"", b"naan,1\n",
    b"1,NaN\n2,nan\n", b"\xc3\xa1,nan\n", b"1e5,nanf\n",
])
def test_nan_words_are_marked_as_replacing_them_would(data: bytes) -> None:
    """Both ways to tell a nan from a blank cell give the same bytes and the same count, also of other words."""
    replaced = data.replace(b"nan", b"inf").replace(b"NaN", b"inf")
    assert blocks._nan_as_inf(data) == (replaced, replaced.count(b"inf"))
