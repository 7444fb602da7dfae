"""The CSV reader: two ways that say the same, any cutting of the bytes, and the strange things that stand in real
files."""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import random
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.readers import csv as csv_module
from livemon.readers.base import read_table
from livemon.readers.csv import FAST_FROM_BYTES, Csv, CsvReader
from livemon.readers.encodings import csv_records
from livemon.readers.encodings.csv_records import LONGEST_QUOTE
from livemon.readers.encodings.numbers import MISSING, parse_number
from livemon.readers.registry import format_of, reader_for
from livemon.system.listing import HEAD_BYTES, Listing, read_head
from livemon.system.tail import LONGEST_LINE, Look
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Table

DATA = Path(__file__).parents[1] / "data"
# monitor.csv begins with a line of JSON, and has a reader of its own.
RUNS = sorted(path for path in DATA.glob("runs/**/*.csv") if not path.name.endswith("monitor.csv"))

TWO_WAYS = settings(max_examples=250, derandomize=True, database=None,
                    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


class Pieces:
    """A tail that hands out given lines."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.pending_bytes = 0
        self.quiet_seconds = 0.0

    def look(self) -> Look:
        lines = next(self._pieces, b"")
        return Look(lines=lines, more=bool(lines))


def _whole_lines(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The data in pieces that end where a tail would end them: behind the last newline before each cut."""
    end = b"\n" if b"\n" in data else b"\r"
    places = sorted({0, *(data.rfind(end, 0, cut) + 1 for cut in cuts), data.rfind(end) + 1})
    return [data[a:b] for a, b in itertools.pairwise(places)]


Answer = tuple[list[str], list[str], int, dict[str, Any], Counter[str]]


def read(pieces: Iterable[bytes], *, plain: bool = False) -> tuple[CsvReader, Table, list[Anomaly]]:
    tail: Any = Pieces(pieces)
    reader, table, odd = CsvReader(Path("metrics.csv"), tail, plain=plain), Table(), []
    for _ in range(len(pieces := list(pieces)) + 1):
        update = reader.read()
        odd += update.anomalies
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
    return reader, table, odd


def answer(pieces: list[bytes], *, plain: bool = False) -> Answer:
    """All that a reader makes of some lines, in a form that compares NaN."""
    reader, table, odd = read(pieces, plain=plain)
    cells = {
        name: (column.rows.tolist(), [repr(float(value) + 0.0) for value in column.values],  # -0.0 is 0.0
               column.text_rows.tolist(), list(column.texts))
        for name, column in table.columns.items()
        if len(column) or column.texts
    }
    counts: Counter[str] = Counter()
    for anomaly in odd:
        counts[f"{anomaly.kind}: {anomaly.message}"] += anomaly.count
    return reader.header, list(table.columns), table.n_rows, cells, counts


def one(text: str | bytes) -> Table:
    data = text.encode() if isinstance(text, str) else text
    return read([data])[1]


def points(table: Table, name: str) -> list[tuple[int, float]]:
    column = table.columns[name]
    return [(int(row), float(value)) for row, value in zip(column.rows, column.values, strict=True)]


def odd_in(text: str | bytes) -> list[tuple[str, int | None]]:
    data = text.encode() if isinstance(text, str) else text
    return [(anomaly.kind, anomaly.line) for anomaly in read([data])[2]]


# -- numbers

WORDS = [
    "", " ", "NA", "N/A", "n/a", "<NA>", "None", "none", "null", "NULL", "Null", "nan", "NaN", "NAN", "-nan", "-NaN",
    "+nan", "Nan", "nAn", "inf", "-inf", "Inf", "INF", "+inf", "Infinity", "-infinity", "infinit", "1e400", "-1e400",
    "1e-400", "0", "-0", "-0.0", "7", "+7", "007", "1.5", "1.", ".5", "-.5", ".", "+", "-", "e5", "1e", "1e+", "1e5",
    "1E5", "1e+05", "1e-5", "1d5", "0.1", "0.30000000000000004", "1e22", "1e23", "2.2250738585072014e-308", "5e-324",
    "1.7976931348623157e308", "9007199254740993", "999999999999999999", "1234567890123456789", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "18446744073709551616", "1" * 400, "9" * 5000, "0." + "1" * 400, "1_000", "1,000", "0x10", "0b1", "0o7", "٣",
    "\uff11", "½", "True", "False", "true", "TRUE", "0,5", "1 2", " 0.5 ", "\t5", "5\u00a0", "\u20075", "tensor(0.5)",
    "tensor(0.5, device='cuda:0')", "step", "loss", "a", "b", "abc", "on", "x" * 300, "#N/A", "#NA", "-1.#IND",
    "1.#QNAN", "--", "12:34", "2024-01-01", "1+2j", "1j", "nan.", "nano", "infx", "n", "N", "\f", "\ufeff",
    "inf nan", "nan nan", "banana", "infnan", "1nan", "nan1", "info",
]


@pytest.mark.parametrize("text", ["1e400", "-1e400", "9" * 400, "9" * 5000])
def test_too_large_a_number_is_not_infinity(text: str) -> None:
    """FAULTS 54, 55: a finite number beyond float64 is no infinity and no error at 4,300 digits; it is counted,
    and no point."""
    table, odd = read([f"step,loss\n1,{text}\n2,inf\n".encode()])[1:]
    assert points(table, "loss") == [(1, math.inf)]
    assert [anomaly.kind for anomaly in odd] == ["overflow"]


def test_missing_nan_and_infinite_are_three_things() -> None:
    """FAULTS 54: a blank cell is no point, a logged nan is one, an infinity is one with its sign."""
    words = ["nan", "NaN", "inf", "-Infinity", "", "None", "null", "N/A", " ", "0.5"]
    for padding in ("", "\n".join(["0,1.0"] * 5000) + "\n"):  # the plain way, and the fast one
        table = one("step,loss\n" + padding + "".join(f"1,{word}\n" for word in words))
        found = points(table, "loss")[-5:]
        first = table.n_rows - len(words)
        assert [row - first for row, _ in found] == [0, 1, 2, 3, 9]
        assert repr([value for _, value in found]) == "[nan, nan, inf, -inf, 0.5]"
        assert len(points(table, "step")) == table.n_rows


# -- two ways


_cell = st.one_of(
    st.sampled_from(WORDS),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.floats(width=32).map(lambda value: f"{value:.6g}"),
)
_mostly = st.sampled_from(["int", "float", "sparse", "text", "words", "any"])
_KINDS: dict[str, st.SearchStrategy[str]] = {
    "int": st.integers(-5, 10**6).map(str),
    "float": st.floats().map(repr),
    "sparse": st.one_of(st.just(""), st.just(""), st.floats(allow_nan=False, allow_infinity=False).map(repr)),
    "text": st.sampled_from(["a", "abc", "step", "on", "True", "x y", "nano"]),
    "words": st.sampled_from(WORDS),
    "any": _cell,
}


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Files from tidy to wild."""
    delimiter = draw(st.sampled_from([",", ",", ",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    known = st.sampled_from(["step", "epoch", "loss", "a", "b", "loß", "", "a", " acc "])
    names = draw(st.lists(known, min_size=1, max_size=4))
    if not any(name.strip() for name in names):
        names[0] = "step"
    columns = [_KINDS[draw(_mostly)] for _ in names]
    rows: list[str] = []
    for _ in range(draw(st.integers(0, 12))):
        kinds = ["row"] * 16 + ["blank", "header", "short", "long", "other header", "nul", "return"]
        shape = draw(st.sampled_from(kinds))
        cells = [draw(column).replace(delimiter, "") for column in columns]
        if shape == "blank":
            rows.append(draw(st.sampled_from(["", " ", "\t"])))
        elif shape == "header":
            rows.append(delimiter.join(names))
        elif shape == "other header":
            rows.append(delimiter.join(draw(st.permutations(["step", "loss", "a", "new"]))[: len(names)]))
        elif shape == "short":
            rows.append(delimiter.join(cells[:-1]))
        elif shape == "long":
            rows.append(delimiter.join([*cells, *draw(st.lists(_cell, min_size=1, max_size=2))]))
        elif shape == "return":
            rows.append(delimiter.join(cells) + "\r" + delimiter.join(cells))
        elif shape == "nul":
            rows.append(delimiter.join(cells) + "\0")
        else:
            rows.append(delimiter.join(cells))
    bom = draw(st.sampled_from(["", "", "", "\ufeff"]))
    return (bom + end.join([delimiter.join(names), *rows]) + end).encode()


@TWO_WAYS
@given(data=files(), cut=st.integers(0, 400))
def test_the_fast_way_says_what_the_plain_way_says(data: bytes, cut: int) -> None:
    """Cells, columns, rows and anomalies are the same by pandas, by the plain way, and where pandas is not imported
    yet, whatever stands in the file."""
    pieces = _whole_lines(data, [cut])
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(csv_module, "FAST_FROM_BYTES", 0)
        fast = answer(pieces)
        with limits.context() as modules:
            modules.setattr(csv_module, "sys", SimpleNamespace(modules={}))
            assert answer(pieces) == fast
        limits.setattr(csv_module, "FAST_FROM_BYTES", 1 << 60)
        few = answer(pieces)
    assert fast == few == answer(pieces, plain=True)


@TWO_WAYS
@given(data=files(), cuts=st.lists(st.integers(0, 600), max_size=4), threshold=st.sampled_from([0, 40, 1 << 60]))
def test_any_cutting_gives_the_same_table(data: bytes, cuts: list[int], threshold: int) -> None:
    """However the bytes come, in one piece or in many, the table is the same."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(csv_module, "FAST_FROM_BYTES", threshold)
        assert answer(_whole_lines(data, cuts)) == answer(_whole_lines(data, []))


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("company", ["1", "0.5", "abc", "", "nan"])
def test_each_word_beside_others(word: str, company: str) -> None:
    """A column of one word among numbers, texts, blanks or NaN is the same by both ways."""
    rows = "".join(f"{index},{cell}\n" for index, cell in enumerate([company, word.replace(",", ""), company]))
    data = ("step,loss\n" + rows).encode()
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(csv_module, "FAST_FROM_BYTES", 0)
        fast = answer([data])
        limits.setattr(csv_module, "FAST_FROM_BYTES", 1 << 60)
        assert fast == answer([data]) == answer([data], plain=True)


# What pandas takes otherwise, each of it enough to mislead the fast way if one of its checks were not there.
TRAPS = {
    "a nan in a word, and too large a number": "step,loss\n1,nano\n1e400,a\n",
    "a nan, and too large a number": "step,loss\n1,nan\n1e400,2\n",
    "a nan and an inf": "step,loss\n1,nan\n2,inf\n",
    "a short row": "step,loss\n1,2\n3\n4,5\n",
    "a wide row first, and a short one": "step,loss\n1,2,3\n4\n",
    "a short row first, and a wide one": "step,loss\n4\n1,2,3\n",
    "wide rows only": "step,loss\n1,2,3\n1,2,3\n",
    "trailing delimiters": "step,loss\n1,2,\n1,2,\n",
    "a carriage return within a row": "step,loss\n5,6\n1,2\r3,4\n",
    "carriage returns, one within a row": "step,loss\r\n5,6\r\n1,2\r3,4\r\n",
    "a doubled carriage return": "step,loss\r\r\n1,2\r\r\n",
    "a byte order mark below the header": "step,loss\n\ufeff1,2\n",
    "a blank row": "step,loss\n1,2\n\n3,4\n",
    "a row of blanks": "step,loss\n1,2\n,\n3,4\n",
    "a row of blanks between tabs": "step\tloss\n1\t2\n\t\n3\t4\n",
    "blank rows of a single column": "loss\n1\n\n2\n",
    "the header again": "word,loss\na,\nword,loss\nb,\n",
    "another header": "word,step\na,\nstep,new\nb,\n",
    "a header in another column": "epoch,step\nstep,a\n",
    "booleans with a gap": "step,flag\n1,true\n2,\n",
    "numbers that only look whole": "step,n\n1,1\n2,9223372036854775808\n",
    "a comment": "step,loss\n#1,2\n3,4\n",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_what_would_mislead_pandas(trap: str) -> None:
    """Each known way in which pandas takes rows otherwise ends at what the plain way says."""
    data = TRAPS[trap].encode()
    for pieces in ([data], _whole_lines(data, range(len(data)))):
        with pytest.MonkeyPatch.context() as limits:
            limits.setattr(csv_module, "FAST_FROM_BYTES", 0)
            fast = answer(pieces)
            with limits.context() as modules:
                modules.setattr(csv_module, "sys", SimpleNamespace(modules={}))
                assert answer(pieces) == fast
            limits.setattr(csv_module, "FAST_FROM_BYTES", 1 << 60)
            assert fast == answer(pieces) == answer(pieces, plain=True)


@pytest.mark.parametrize("cells", [("0.5", "0.25"), ("0.5", "nan"), ("0.5", ""), ("nan", ""), ("nan", "NaN", "NA")])
def test_the_fast_way_is_taken_where_it_can_be(cells: tuple[str, ...]) -> None:
    """A large plain table never meets the plain way, whatever gaps it has: without this, the tests above would compare
    one way with itself."""
    block = "".join(f"{place},{cell},0.5\n" for place, cell in enumerate(cells)) * 3000
    pieces = [f"step,loss,acc\n{block}".encode(), block.encode()]
    reader = CsvReader(Path("metrics.csv"), Pieces(pieces))  # type: ignore[arg-type]
    reader._plain = None  # type: ignore[method-assign, assignment]
    for _ in pieces:
        update = reader.read()
        assert update.block is not None
        assert update.block.n_rows == 3000 * len(cells)
        missing = sum(cell in ("", "NA") for cell in cells) * 3000
        assert len(update.block.cells["loss"].points()[1]) == 3000 * len(cells) - missing


def test_the_gaps_of_a_file_may_change_from_block_to_block() -> None:
    """Blocks without gaps, with nan, with blanks and with texts follow each other, by pandas as by the plain way."""
    kinds = ["0.5", "nan", "", "inf", "abc", "NaN", "7", "1nan", "9e9", "-nan", "0.25"]
    pieces = [b"step,loss\n", *(f"{place},{kind}\n{place},1\n".encode() for place, kind in enumerate(kinds * 2))]
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(csv_module, "FAST_FROM_BYTES", 0)
        fast = answer(pieces)
        limits.setattr(csv_module, "FAST_FROM_BYTES", 1 << 60)
        assert fast == answer(pieces) == answer(pieces, plain=True)


@pytest.mark.parametrize("cells", [("0.5", "0.25"), ("7", "0.25"), ("0.5", "nan"), ("0.5", ""), ("7", "8"), ("", "")])
def test_few_rows_of_plain_numbers_never_meet_the_plain_way(cells: tuple[str, ...]) -> None:
    """A small table of numbers is read by columns, whatever gaps it has."""
    data = "step,loss\n" + "".join(f"{place},{cell}\n" for place, cell in enumerate(cells))
    reader = CsvReader(Path("metrics.csv"), Pieces([data.encode()]))  # type: ignore[arg-type]
    reader._plain = None  # type: ignore[method-assign, assignment]
    update = reader.read()
    assert update.block is not None
    assert update.block.n_rows == 2
    assert set(update.block.cells) == {"step", *(["loss"] if any(cells) else [])}



# -- cuts


SHORT = {
    "UTF-8 names": "schritt,loß,精度\n1,0.5,0.25\n2,nan,\n",
    "BOM": "\ufeffstep,loss\r\n1,0.5\r\n2,0.25\r\n",
    "CRLF": "step,loss\r\n1,0.5\r\n\r\n2,inf\r\n3,\r\n",
    "quotes": 'step,note,"a,b"\n1,"two\nlines",3\n2,"a ""word""",4\n5,"x",6\n',
    "quotes in a quoted header": '"step","the\nloss"\r\n1,0.5\r\n2,"0.25"\r\n',
    "an inch is no quote": 'step,size\n1,5" a\n2,6\n3,7" b"\n4,8\n',
    "semicolons": "step;loss\n1;0,5\n2;0.5\n",
    "rejected rows": "step,loss\n1\n1,2,3\n2,0.5\n\n3,4,\n4,5\n",
    "headers in the middle": "step,loss\n1,2\nstep,loss\n3,4\nloss,step,acc\n5,6,7\n",
    "BOM in a quoted header": '"a\n\ufeffb",c\n1,2\n',
    "comment": "#{\"t\": 1}\nr,l,t\n1,2,3\n",
    "carriage returns": "step,loss\r1,0.5\r2,0.25\r3,\r",
}


@pytest.mark.parametrize("name", SHORT)
def test_every_cut_of_a_short_file(tmp_path: Path, name: str) -> None:
    """FAULTS 6: a file that is seen in any two stages of its growth gives what one read gives; every pair of cuts
    is tried."""
    data = SHORT[name].encode()
    whole = answer(_whole_lines(data, []))
    assert len(data) < 120
    seen = set()
    for cuts in itertools.combinations(range(len(data) + 1), 2):
        pieces = tuple(_whole_lines(data, cuts))
        if pieces not in seen:
            seen.add(pieces)
            assert answer(list(pieces)) == whole, pieces


@pytest.mark.parametrize("name", SHORT)
def test_every_cut_of_a_short_file_on_disk(tmp_path: Path, name: str) -> None:
    """FAULTS 5, 6: the same with a real file that is looked at in any two stages, in the middle of a character or
    of a CRLF."""
    data = SHORT[name].encode()
    path = tmp_path / "metrics.csv"
    whole = answer(_whole_lines(data, []))
    for first, second in itertools.combinations(range(0, len(data) + 1, 1), 2):
        if (first * 31 + second) % 5:  # a fifth of the pairs; each cut is met many times
            continue
        reader, table, odd = CsvReader(path), Table(), []
        for end in (first, second, len(data)):
            path.write_bytes(data[:end])
            update = reader.read()
            assert not update.restarted
            odd += update.anomalies
            if update.columns is not None:
                table.declare(update.columns)
            if update.block is not None:
                table.append(update.block)
        assert (reader.header, list(table.columns), table.n_rows) == whole[:3], (first, second)
        assert sum(anomaly.count for anomaly in odd) == sum(whole[4].values())


def test_any_cutting_of_a_long_file_with_open_quotes() -> None:
    """FAULTS 53: where a quote stays open for long, the same rows are given up in whatever pieces the file comes."""
    rows = [f"{index},{'word' * 10},{index / 8}\n" for index in range(6000)]
    for place in (5, 2100, 3000):
        rows[place] = f'{place},"open,{place / 8}\n'
    data = ("step,note,loss\n" + "".join(rows)).encode()
    whole = answer([data])
    dice = random.Random(1)
    for _ in range(10):
        assert answer(_whole_lines(data, [dice.randrange(len(data)) for _ in range(20)])) == whole


# -- strange files


def test_one_bad_quote_costs_one_row() -> None:
    """FAULTS 53: behind an unterminated quote the reader finds its way again, and says which row it gave up."""
    data = "step,loss\n" + '1,"0.5\n' + "".join(f"{index},0.25\n" for index in range(2, 9000))
    _, table, odd = read([data.encode()])
    assert points(table, "step")[:3] == [(0, 2.0), (1, 3.0), (2, 4.0)]
    assert table.n_rows == 8998
    assert [(anomaly.kind, anomaly.line) for anomaly in odd] == [("row rejected", 2)]


def test_two_bad_quotes_far_apart_hide_nothing_between_them() -> None:
    """FAULTS 53: two stray quotes do not make one cell of all the rows between them."""
    rows = [f"{index},0.25\n" for index in range(40_000)]
    rows[10], rows[39_000] = '10,"0.5\n', '39000,"0.5\n'
    table = one("step,loss\n" + "".join(rows))
    assert table.n_rows >= 39_998 - LONGEST_QUOTE // 8
    assert (table.columns["step"].values[:20] == [*range(10), *range(11, 21)]).all()


def test_an_open_quote_waits_for_its_end() -> None:
    """FAULTS 53: a row whose quote is open is not there yet, and not lost."""
    reader, table, _ = read([b'step,note\n1,"a\n', b'b"\n2,c\n'])
    assert table.columns["note"].texts == ["a\nb", "c"]
    assert reader.unfinished == 0
    assert read([b'step,note\n1,"a\n'])[0].unfinished == len(b'1,"a\n')


def test_decimal_commas_between_semicolons() -> None:
    """FAULTS 56: between semicolons a comma is a decimal one, if the first number with a mark in it has one."""
    table = one("step;loss;rate;note\n0;0,5;-1,5e-3;a,b\n1; 0,25;,5;\n2;3;nan;\n")
    assert table.columns["loss"].values.tolist() == [0.5, 0.25, 3.0]
    assert points(table, "rate")[:2] == [(0, -0.0015), (1, 0.5)]
    assert table.columns["note"].texts == ["a,b"]
    assert odd_in("step;loss\n0;0,5\n") == []


@pytest.mark.parametrize(("text", "values", "line"), [
    ("step;loss\n0;0.5\n1;0,25\n2;0.125\n", [0.5, 0.125], 3),
    ("step;loss\n0;1,234\n1;0.25\n", [0.25], 2),
    ("step;loss\n0;0,5\n1;0.25\n", [0.5], 3),
])
def test_numbers_with_both_marks_are_told(text: str, values: list[float], line: int) -> None:
    """FAULTS 56: a number whose mark is not the file's, or may be one of thousands, is not read, and is told."""
    assert one(text).columns["loss"].values.tolist() == values
    assert odd_in(text) == [("number rejected", line)]


def test_many_rows_with_decimal_commas(tmp_path: Path) -> None:
    """FAULTS 56: in a big block, too, a decimal comma is read as one, and a file of them is recognised."""
    text = "step;loss\n" + "".join(f"{index};{index},5\n" for index in range(5000))
    table = one(text)
    assert (table.columns["loss"].values == np.arange(5000) + 0.5).all()
    assert Csv().recognises(tmp_path / "mine.csv", b"a;b\n0,1;0,5\n")


def test_an_open_quote_hides_nothing_of_a_file_at_rest(tmp_path: Path) -> None:
    """FAULTS 53: where nobody writes the file any more, a quote that stays open costs its own line, and that is told;
    while the file may be written, the row is waited for."""
    path = tmp_path / "metrics.csv"
    path.write_text('step,loss\n0,1\n1,"open\n' + "".join(f"{index},{index}\n" for index in range(2, 1000)))
    reader, table = CsvReader(path), Table()
    first = reader.read()
    assert first.block is not None and first.block.n_rows == 1
    assert reader.unfinished > 0
    os.utime(path, (time.time() - 60,) * 2)
    second = reader.read()
    assert second.block is not None
    table.append(first.block)
    table.append(second.block)
    assert table.n_rows == 999
    assert [(anomaly.kind, anomaly.line) for anomaly in second.anomalies] == [("row rejected", 3)]
    assert reader.unfinished == 0
    assert read_table(CsvReader(path, plain=True)).n_rows == 999


def test_two_bad_quotes_cost_their_own_lines() -> None:
    """FAULTS 53: what stands between two stray quotes is no cell, as the second one does not end it: rows stay rows."""
    data = 'step,loss\n0,"1\n1,2\n2,3\n3,"4\n4,"5"\n'
    assert points(one(data), "step") == [(0, 1), (1, 2), (2, 4)]
    assert odd_in(data) == [("row rejected", 2), ("row rejected", 5)]


def test_a_quote_inside_a_word_opens_nothing() -> None:
    """FAULTS 53: a quote that does not begin a cell is a character like others; the rows below it are rows."""
    table = one('step,size\n1,5"\n2,7\n3,6"\n')
    assert (table.n_rows, table.columns["size"].texts) == (3, ['5"', '6"'])
    assert points(table, "size") == [(1, 7.0)]


def test_nul_bytes() -> None:
    """FAULTS 50: a row with NUL bytes is rejected and counted, and the rows behind it are read."""
    assert points(one(b"step,loss\n1,0.5\n\0\0\0\0\n2,\x000.5\n3,0.25\n"), "loss") == [(0, 0.5), (1, 0.25)]
    assert odd_in(b"step,loss\n1,0.5\n\0\0\0\0\n2,\x000.5\n3,0.25\n") == [("row rejected", 3), ("row rejected", 4)]


@pytest.mark.parametrize("data", [b"a,b\r1,2\r3,\x004\r5,6\r", b'a,"b\n1,2\n3,\x004\n5,6\n'])
def test_only_nul_bytes_in_the_first_line_refuse_a_file(data: bytes) -> None:
    """FAULTS 50: whether a file is refused for its NUL bytes depends on its first line alone, not on the pieces in
    which it comes: below carriage returns, and while the quote of its header is open."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(csv_records, "LONGEST_QUOTE", 16)
        whole = answer([data])
        assert whole[4]["row rejected: the row has NUL bytes in it"] == 1
        assert answer(_whole_lines(data, range(len(data)))) == whole


@pytest.mark.parametrize("header", [",", "NA,", "1,2", ",0.5"])
def test_a_header_without_names_does_not_stand_again(header: str) -> None:
    """FAULTS 51: below a header without a word, a row of the same cells is a row, by both ways."""
    data = f"{header}\n7,8\n{header}\n".encode()
    with pytest.MonkeyPatch.context() as limits:
        for limit in (0, 1 << 60):
            limits.setattr(csv_module, "FAST_FROM_BYTES", limit)
            assert read([data])[1].n_rows == 2
            assert odd_in(data) == []


def test_a_refused_file_stays_refused() -> None:
    """FAULTS 50: what comes after the first line of a file that is no text changes nothing."""
    reader = CsvReader(Path("m.csv"), Pieces([b"st\0ep,loss\n", b"step,loss\n1,0.5\n"]))  # type: ignore[arg-type]
    for _ in range(2):
        update = reader.read()
        assert (update.status, update.block, update.columns) == ("unreadable", None, None)
        assert "NUL" in update.problem


@pytest.mark.parametrize("above", ["", "\n", " \n\r\n", "#a,b\n", "# 1,2\n\n#3\n", "\ufeff", "\ufeff#a\n"])
def test_the_header_is_the_first_line_that_says_something(above: str) -> None:
    """Blank lines and comments above the header, and a byte order mark, are no part of it."""
    reader, table, odd = read([f'{above}"st\nep",loss\n1,0.5\n'.encode()])
    assert (reader.header, odd) == (["st\nep", "loss"], [])
    assert points(table, "loss") == [(0, 0.5)]


def test_columns_are_told_with_the_header_only() -> None:
    """`Update.columns` is None where no header was read."""
    reader = CsvReader(Path("m.csv"), Pieces([b"step,loss\n", b"1,0.5\n"]))  # type: ignore[arg-type]
    assert [reader.read().columns for _ in range(3)] == [["step", "loss"], None, None]


@pytest.mark.parametrize("limit", [0, 1 << 60])
def test_the_line_of_an_anomaly_counts_what_stands_above_it(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that is named is the one in the file, by both ways and over several blocks."""
    monkeypatch.setattr(csv_module, "FAST_FROM_BYTES", limit)
    odd = read([b"step,loss\n1,0.5\n2,0.5\n", b"3,0.5\n4,0.5\n", b"\n5\n"])[2]
    assert [(anomaly.kind, anomaly.line) for anomaly in odd] == [("row rejected", 7)]


@pytest.mark.parametrize("row", ["step,step", "epoch,x", "step,7", "epoch,NA"])
def test_words_that_are_no_header(row: str) -> None:
    """FAULTS 51: texts in a row are a header only where they are names, told apart, and half of them known."""
    table = one(f"loss,acc\n0.5,0.5\n{row}\n0.25,0.25\n")
    assert (table.n_rows, list(table.columns)) == (3, ["loss", "acc"])


def test_the_same_header_again() -> None:
    """FAULTS 51: a header that stands again in mid-file is no row; also one with blank or doubled names."""
    for header in ("step,loss", ",step,loss", "step,loss,loss", " step , loss "):
        row = ",".join("5" for _ in header.split(","))
        text = f"{header}\n{row}\n{header}\n{row}\n"
        table = one(text)
        assert table.n_rows == 2, header
        assert not any(column.texts for column in table.columns.values())
        assert ("header repeated", 3) in odd_in(text)


def test_another_header_in_the_middle() -> None:
    """FAULTS 51: below a new header its columns count, and nothing of it is drawn as text."""
    text = "step,loss\n1,0.5\nstep,acc,loss\n2,0.9,0.25\n"
    table = one(text)
    assert points(table, "loss") == [(0, 0.5), (1, 0.25)]
    assert points(table, "acc") == [(1, 0.9)]
    assert odd_in(text) == [("header repeated", 3)]
    assert [anomaly.message for anomaly in read([text.encode()])[2]] == [
        "there is a new header in mid-file; the rows below it have its columns"]


def test_rows_of_another_width_are_never_shifted() -> None:
    """FAULTS 52: a row with fewer or more cells than the header is rejected and counted, with its line."""
    text = "step,loss\n1,0.5\n2\n3,0.1,\n4,5,6\n7,0.25\n"
    assert points(one(text), "loss") == [(0, 0.5), (1, 0.25)]
    assert odd_in(text) == [("row rejected", 3), ("row rejected", 4), ("row rejected", 5)]
    wide = "step,loss\n" + "1,2,3\n" * 5000  # pandas would shift them all
    assert one(wide).n_rows == 0


def test_a_decimal_comma_is_never_two_cells() -> None:
    """FAULTS 56: `0,5` is never read as 5: rejected below commas, a decimal comma below semicolons."""
    assert one("step,loss\n1,0,5\n").n_rows == 0
    assert points(one("step;loss\n1;0,5\n"), "loss") == [(0, 0.5)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_read(tmp_path: Path, encoding: str) -> None:
    """FAULTS 56, issue 16: a file in UTF-16 with its mark, as PowerShell and spreadsheets write it, is read."""
    path = tmp_path / "metrics.csv"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes((mark + "step,train_lösses\r\n1,0.5\r\n2,0.25\r\n").encode(encoding))
    reader = Csv().open(path)
    table = read_table(reader)
    assert list(table.columns) == ["step", "train_lösses"] and reader.unfinished == 0
    assert points(table, "train_lösses") == [(0, 0.5), (1, 0.25)]
    assert Csv().recognises(path, read_head(path))


@pytest.mark.parametrize(("text", "is_run"), [
    ("PassengerId,Survived,Pclass,Name,Age\n1,0,3,Owen,22\n", False),
    ("method,params,accuracy\nours,3,0.9\nbase,5,0.8\n", False),  # a row a method
    ("Model,mAP\nA,0.9\nB,0.8\n", False), ("sample_id,dice,loss\n0,0.9,0.1\n1,0.8,0.2\n", False),  # a row a sample
    ("image,psnr\na.png,30\nb.png,31\n", False), ("sepal,petal\n1,2\n", False), ("id,prediction\n1,0.5\n", False),
    ("step,anything\n1,2\n", True), ("Epoch,x\n1,2\n", True), ("time,x\n1,2\n", True), ("loss\n0.5\n", True),
    ("loss,val_loss\n0.5,0.6\n", True), (",accuracy\n0,0.5\n1,0.6\n", True),
    ("phase,loss\ntrain,0.5\nval,0.6\ntrain,0.4\n", True),
    ("metric,label,step,middle,low,high,n,logged\nval_loss,a,1,0.5,0.4,0.6,3,NaN\n", False),  # what compare saves
    ("group,score,share,low,high\na,0.5,1,1,1\n", False),
])
def test_a_table_of_data_is_no_run(tmp_path: Path, text: str, is_run: bool) -> None:
    """Issue 16: a search leaves out tables without a sign of a training, and those with a row for each method or
    sample; a framework's name, or the folder of a run, makes any table one, and by its name each is opened."""
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert Csv().find(Listing(tmp_path)) == [path] * is_run and (Csv().problem(path) == "") is is_run
    assert read_table(reader_for(path)).n_rows > 0 and format_of(path) is not None
    for made in ("config.json", "logs", "checkpoints"):
        place = tmp_path / f"with {made}"
        (place / made).mkdir(parents=True) if "." not in made else place.mkdir()
        if "." in made:
            (place / made).write_text("{}")
        (place / "table.csv").write_text(text)
        assert Csv().find(Listing(place)) == [place / "table.csv"]
    path = path.rename(tmp_path / "results.csv")  # a table of results is called so, too
    assert Csv().find(Listing(tmp_path)) == [path] * is_run
    path = path.rename(tmp_path / "progress.csv")
    assert Csv().find(Listing(tmp_path)) == [path]


def test_numbers_without_names_are_told(tmp_path: Path) -> None:
    """Issue 16: of a table of numbers without names it is said what is missing."""
    (tmp_path / "loss.csv").write_text("0,0.5\n1,0.25\n")
    assert "no names above them" in Csv().problem(tmp_path / "loss.csv")
    assert Csv().problem(tmp_path / "gone.csv") == "" and format_of(tmp_path / "loss.csv") is None


def test_a_header_and_a_row_of_any_length(tmp_path: Path) -> None:
    """Issue 16: a file whose header and first row are longer than what is looked at first is recognised."""
    path = tmp_path / "losses.csv"
    names = ["step", *(f"layer_{number}/loss" for number in range(1000))]
    path.write_text(",".join(names) + "\n" + ",".join(["1.25"] * 1001) + "\n")
    assert len(path.read_bytes()) > 2 * HEAD_BYTES
    assert Csv().find(Listing(tmp_path)) == [path] and format_of(path) is not None
    assert list(read_table(reader_for(path)).columns) == names


def test_latin_1_bytes() -> None:
    """FAULTS 56: bytes that are no UTF-8 are read as Latin-1, by both ways."""
    for padding in (b"", b"1,0.5,x\n" * 5000):
        table = one(b"step,lo\xdf,note\n" + padding + b"2,0.25,\xe4\n")
        assert points(table, "loß")[-1] == (table.n_rows - 1, 0.25)
        assert table.columns["note"].texts[-1] == "ä"


def test_names_blank_and_doubled() -> None:
    """FAULTS 58: padded names are stripped, blank ones numbered, doubled ones told apart and reported."""
    reader, table, odd = read([b" step ,,loss,loss,\n1,2,3,4,5\n"])
    assert reader.header == ["step", "column 2", "loss", "loss.1", "column 5"]
    assert points(table, "loss.1") == [(0, 4.0)]
    assert [anomaly.kind for anomaly in odd] == ["name doubled"]


def test_a_doubled_name_never_takes_the_name_of_another() -> None:
    """FAULTS 58: `loss,loss,loss.1` are three columns; no value is written over another."""
    reader, table, _ = read([b"loss,loss,loss.1,loss.1\n1,2,3,4\n"])
    assert len(set(reader.header)) == 4
    assert sorted(value for name in reader.header for _, value in points(table, name)) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.timeout(20)
def test_many_columns() -> None:
    """FAULTS 58: 5,000 columns are read, by both ways."""
    names = ",".join(["step", *(f"m{index}" for index in range(4999))])
    rows = "".join(",".join([str(row), *["0.5"] * 4999]) + "\n" for row in range(3))
    for limit in (0, 1 << 60):
        with pytest.MonkeyPatch.context() as limits:
            limits.setattr(csv_module, "FAST_FROM_BYTES", limit)
            table = one(names + "\n" + rows)
        assert (table.n_rows, len(table.columns), points(table, "m4998")[-1]) == (3, 5000, (2, 0.5))


@given(data=st.binary(max_size=300), cut=st.integers(0, 300))
@settings(max_examples=300, derandomize=True, database=None)
def test_no_bytes_raise(data: bytes, cut: int) -> None:
    """FAULTS 60: nothing that can stand in a file raises, and no row comes from nowhere."""
    pieces = _whole_lines(data, [cut])
    _, table, _ = read(pieces)
    assert table.n_rows <= data.count(b"\n") + data.count(b"\r")
    Csv().recognises(Path("metrics.csv"), data)


_note = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@given(
    rows=st.lists(st.lists(_note, min_size=2, max_size=2), max_size=6),
    cuts=st.lists(st.integers(0, 200), max_size=3),
)
@settings(max_examples=200, derandomize=True, database=None)
def test_what_the_csv_module_writes_comes_back(rows: list[list[str]], cuts: list[int]) -> None:
    """FAULTS 53: texts with newlines, quotes and commas come back as they were written, in any pieces."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["step", "note", "other"])
    for index, row in enumerate(rows):
        writer.writerow([index, *row])
    data = text.getvalue().encode()
    _, table, odd = read(_whole_lines(data, cuts))
    assert not odd
    assert [value for _, value in points(table, "step")] == list(range(len(rows)))
    for place, name in ((0, "note"), (1, "other")):
        texts = {index: row[place].strip() for index, row in enumerate(rows)}
        texts = {index: cell for index, cell in texts.items() if cell not in MISSING and not _number(cell)}
        found = table.columns[name]
        assert dict(zip(found.text_rows.tolist(), found.texts, strict=True)) == texts


def _number(cell: str) -> bool:
    try:
        return parse_number(cell) is not None
    except OverflowError:
        return True


# -- another file under the same name


@pytest.mark.parametrize(
    "before",
    [
        "epoch;acc\n1;0,5\n2;0.5\n3;0.5\n",
        'step,loss\n1,"open\n2,0.5\n3,0.25\n4,0.125\n',
        "st\0ep,loss\n1,0.5\n2,0.25\n3,0.25\n",
        "step,note\n1,a\n2,b\n3,c\n4,d\n5,e\n",
    ],
    ids=["another delimiter", "an open quote", "refused", "another column"],
)
def test_nothing_is_left_of_a_file_that_was_there_before(tmp_path: Path, before: str) -> None:
    """FAULTS 14: what is read after a restart is what a new reader reads, lines and columns too."""
    after = b"loss,step\n0.5,7\n1\n"
    path = tmp_path / "metrics.csv"
    path.write_bytes(before.encode())
    reader = CsvReader(path)
    reader.read()
    path.write_bytes(b"")
    assert reader.read().restarted
    assert (reader.header, reader.delimiter, reader.unfinished) == ([], ",", 0)
    path.write_bytes(before.encode())
    reader.read()
    path.write_bytes(after)
    update, fresh = reader.read(), CsvReader(path)
    expected = fresh.read()
    assert update.restarted
    assert (update.columns, update.anomalies, update.status, update.problem, update.more) == (
        expected.columns, expected.anomalies, "ok", "", False)
    assert update.anomalies[0].line == 3
    assert update.block is not None
    assert {name: cells.values.tolist() for name, cells in update.block.cells.items()} == {"loss": [0.5], "step": [7]}
    assert (reader.header, reader.delimiter, reader.unfinished) == (fresh.header, fresh.delimiter, 0)


def test_a_line_that_is_too_long_is_told(tmp_path: Path) -> None:
    """FAULTS 8: lines that were skipped for their length are counted, with the line above them."""
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"step,loss\n1,0.5\n" + (b"x" * LONGEST_LINE + b"\n") * 2 + b"2,0.25\n")
    reader = CsvReader(path)
    updates = [reader.read()]
    while updates[-1].more:
        updates.append(reader.read())
    odd = [anomaly for update in updates for anomaly in update.anomalies]
    assert {(anomaly.kind, anomaly.file) for anomaly in odd} == {("line too long", str(path))}
    assert sum(anomaly.count for anomaly in odd) == 2
    assert sum(update.block.n_rows for update in updates if update.block) == 2


def test_a_carriage_return_in_the_header_is_a_part_of_a_name() -> None:
    """FAULTS 58: a header that the standard library does not take apart is cut at its delimiters."""
    reader, table, _ = read([b"st\rep,loss\n1,0.5\n"])
    assert reader.header == ["st\rep", "loss"]
    assert points(table, "loss") == [(0, 0.5)]


# -- what it takes for its own


@pytest.mark.parametrize("path", RUNS, ids=lambda path: str(path.relative_to(DATA)))
def test_it_recognises_real_files(path: Path) -> None:
    """Each real file of metrics is recognised by its head."""
    assert Csv().recognises(path, path.read_bytes()[:4096])


@pytest.mark.parametrize(
    "head",
    [b"", b"\n", b"hello world\n", b"1,2\n3,4\n", b"\0\0\0", b"PK\x03\x04", b'{"a": 1}\n', b"a,b\nx,y\n",
     b"a,b\n1,2,3\n", b"\xef\xbb\xbf1,2\n3,4\n"],
)
def test_what_it_does_not_take(head: bytes) -> None:
    """What has no header or no numbers is not taken for metrics."""
    assert not Csv().recognises(Path("notes.csv"), head)


@pytest.mark.parametrize("name", ["metrics.csv", "losses.csv"])
def test_nul_bytes_behind_whole_rows(name: str) -> None:
    """FAULTS 50: a file whose tail is NUL bytes, as a crash leaves it, is known by what stands above them."""
    assert Csv().recognises(Path(name), b"step,loss\n1,0.5\n" + b"\0" * 100)
    assert Csv().recognises(Path(name), b"step,loss\n1,0.5\n2,\0\0\0\n3,0.5\n")
    assert not Csv().recognises(Path(name), b"step,lo\0s\n1,0.5\n")
    assert not Csv().recognises(Path(name), b"\0" * 100)


@pytest.mark.parametrize("blank", ["", "NA"])
def test_whole_numbers_that_no_float_holds(blank: str) -> None:
    """FAULTS 55: whole numbers above 2**53 keep every digit, also in a column with blanks, in a block of any size."""
    first = 2**53 + 1
    lines = [f"{row},{blank if row % 3 == 2 else first + 2 * row}\n" for row in range(3000)]
    data = ("step,tokens\n" + "".join(lines)).encode()
    assert len(data) > FAST_FROM_BYTES
    column = read_table(CsvReader(Path("m.csv"), Pieces([data]))).columns["tokens"]  # type: ignore[arg-type]
    assert column.values.tolist() == [first + 2 * row for row in range(3000) if row % 3 != 2]


def test_further_files_of_a_run(tmp_path: Path) -> None:
    """Beside the metrics file, a file counts that has a step or an epoch, be it behind a byte order mark; a table of
    something else is no log, also alone in its folder."""
    for name, text in (("metrics.csv", "step,loss\n1,0.5\n"), ("eval.csv", "\ufeffepoch,acc\n1,0.5\n"),
                       ("prices.csv", "size,price\n1,0.5\n"), ("words.csv", "step,word\na,b\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert Csv().find(Listing(tmp_path)) == [tmp_path / "metrics.csv", tmp_path / "eval.csv"]
    for name in ("metrics.csv", "eval.csv"):
        (tmp_path / name).unlink()
    assert Csv().find(Listing(tmp_path)) == []


@pytest.mark.parametrize("mark", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_first_line(tmp_path: Path, mark: str) -> None:
    """The line above the header by which Excel keeps the mark between the cells is no header."""
    path = tmp_path / "metrics.csv"
    path.write_bytes(f"{mark}\r\nepoch;loss\r\n0;0,5\r\n1;0,25\r\n".encode("utf-8-sig"))
    assert Csv().find(Listing(tmp_path)) == [path]
    table = read_table(CsvReader(path))
    assert table.columns["loss"].values.tolist() == [0.5, 0.25] and list(table.columns) == ["epoch", "loss"]


@pytest.mark.parametrize("header", ["seed,loss", "fold,val_acc", "trial,val_loss"])
def test_a_row_for_each_seed(tmp_path: Path, header: str) -> None:
    """A table with a row for each seed, fold or trial makes no run of its folder, and the message says why."""
    path = tmp_path / "scores.csv"
    path.write_text(f"{header}\n0,0.5\n1,0.25\n")
    assert Csv().find(Listing(tmp_path)) == [] and "table without a step" in Csv().problem(path)


@pytest.mark.parametrize("plain", [False, True])
def test_the_format_opens_a_reader(tmp_path: Path, plain: bool) -> None:
    """The format opens a reader of the file, one that takes each line apart by itself where that is asked for."""
    (tmp_path / "metrics.csv").write_text("step,loss\n" + "1,0.5\n" * 5000)
    reader = Csv().open(tmp_path / "metrics.csv", plain=plain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_plain" if not plain else "_fast", None)
        assert read_table(reader).n_rows == 5000


def test_what_is_said_of_a_header_in_mid_file() -> None:
    """FAULTS 51: of the same header it is said that it stands again, of another one that its columns count from there;
    one name alone is no header but a row cut short."""
    for line, kind, says in ((b"step,loss\n", "header repeated", "the header is repeated in mid-file"),
                             (b"step,acc\n", "header repeated", "there is a new header in mid-file"),
                             (b"step\n", "row rejected", "the row has 1 cells")):
        update = CsvReader(Path("m.csv"), Pieces([b"step,loss\n1,0.5\n" + line + b"2,0.25\n"])).read()  # type: ignore[arg-type]
        (anomaly,) = update.anomalies
        assert (anomaly.kind, says in anomaly.message) == (kind, True)
        assert update.block is not None
        assert update.block.n_rows == 2


def quiet_rows(path: Path, data: bytes, **options: Any) -> list[list[object]]:
    """The losses and lrs of a file that nobody has written for two minutes."""
    path.write_bytes(data)
    os.utime(path, (time.time() - 120, time.time() - 120))
    table = read_table(CsvReader(path, **options))
    return table.to_frame().to_numpy().tolist()


@pytest.mark.parametrize(("above", "last", "is_row"), [
    ("step,loss\n0,0.75\n1,0.5", "2,0.25", True),
    ("step,loss\n0,0.75\n1,0.55", "2,0.", False),  # shorter than any above
    ("step,loss\n0,0.75\n1,0.55", "2,0.5\r", True),  # Behind a return no digit comes.
    ("step,loss\n0,0.75\n1,0.55", "2,", False),  # No value is missing above.
    ("step,loss\n0,0.75\n1,", "2,", True),
    ("step,loss\n0,0.75\n1,0.55", "2", False),
    ("step,loss\n0,0.75\n1,0.55", "2,0.25,3", False),
    ("step,note\n0,a\n1,bb", '2,"c', False),  # The quote is open.
    ("step,note\n0,a\n1,bb", '2,"c"', True),
    ("step,loss\n0,0.75\n1,0.55", "step,loss", False),  # the header again
    ("step,loss\n0,0.75\n1,0.55", "2,0.2\0\0", False),
    ("step,loss", "0,0.5", True),  # There is nothing to compare it with.
    ("step;loss\n0;0,75\n1;0,55", "2;0,25", True),
])
def test_when_a_last_line_without_its_end_is_a_row(tmp_path: Path, above: str, last: str, is_row: bool) -> None:
    """FAULTS 2: of a file that nobody writes any more, a last line with all its cells and a last cell as long as those
    above is a row, in both ways of reading."""
    data = f"{above}\n{last}".encode()
    whole = quiet_rows(tmp_path / "whole.csv", f"{above}\n{last}\n".encode())
    for plain in (False, True):
        rows = quiet_rows(tmp_path / "metrics.csv", data, plain=plain)
        assert len(rows) == above.count("\n") + is_row
        assert str(rows) == str(whole[: len(rows)])


def test_a_file_that_ends_where_a_buffer_does_ends_in_mid_row(tmp_path: Path) -> None:
    """A file of a multiple of 4,096 bytes without a line end is what a writer's buffer left: it ends in mid-row."""
    rows = b"step,loss\n" + b"".join(b"%04d,0.%04d\n" % (step, step) for step in range(1000))
    assert len(quiet_rows(tmp_path / "metrics.csv", rows[:4096])) == 4096 // 12 - 1
    assert len(quiet_rows(tmp_path / "metrics.csv", rows[: 10 + 12 * 500 - 1])) == 500


def test_a_last_line_in_utf_16_is_a_row(tmp_path: Path) -> None:
    """A last row without its line end is one in every encoding."""
    data = "step,loss\n0,0.75\n1,0.25".encode("utf-16")
    assert quiet_rows(tmp_path / "metrics.csv", data) == [[0, 0.75], [1, 0.25]]


@settings(max_examples=100, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(width=16), min_size=1, max_size=30), st.integers(0, 400), st.integers(0, 400))
def test_a_last_row_is_the_same_however_the_file_came(tmp_path: Path, values: list[float], cut: int, end: int) -> None:
    """Whether the lines above a last one without its end came at once or in pieces, the table is the same."""
    data = b"step,loss\n" + b"".join(b"%d,%r\n" % (step, value) for step, value in enumerate(values))
    data = data[: max(len(data) - end % 12, 11)]
    whole = quiet_rows(tmp_path / "whole.csv", data)
    path = tmp_path / "metrics.csv"
    path.write_bytes(data[:cut])
    reader, table = CsvReader(path), Table()
    for content in (data[:cut], data):
        path.write_bytes(content)
        os.utime(path, (time.time() - 120, time.time() - 120))
        update = reader.read()
        if update.columns:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
    if update.provisional is not None:
        table.append(update.provisional)
    assert str(table.to_frame().to_numpy().tolist()) == str(whole)


@pytest.mark.parametrize("first", ["a," * 700_000, "\0" * 1_400_000])
def test_rows_below_a_lost_header_are_none(tmp_path: Path, first: str) -> None:
    """Where the line with the names is too long to be read, or lies in a hole, the first row is not taken for it: the
    file is refused with the reason."""
    path = tmp_path / "metrics.csv"
    path.write_text(first + "\n1,2.5\n2,3.5\n3,4.5\n")
    reader = CsvReader(path)
    update = reader.read()
    while update.more:
        update = reader.read()
    assert (update.status, update.block, reader.header) == ("unreadable", None, [])
    assert "its first line, which must name the columns, is longer than 1 MiB" in update.problem


def test_a_table_of_results_is_no_run_whatever_its_name(tmp_path: Path) -> None:
    """Issue 16: `results.csv` with a row for each model is no run in a search; with epochs, or with no row, it is."""
    path = tmp_path / "results.csv"
    for text, is_run in (("model,accuracy\nresnet,0.5\nvgg,0.25\n", False), ("name,size\na,3\nb,4\n", False),
                         ("epoch,accuracy\n1,0.5\n", True), ("model,accuracy\n", True)):
        path.write_text(text)
        assert Csv().find(Listing(tmp_path)) == [path] * is_run, text
    path.write_text("model,accuracy\nresnet,0.5\nvgg,0.25\n")
    assert "name the file itself" in Csv().problem(path) and format_of(path) is not None
    (tmp_path / "checkpoints").mkdir()
    assert Csv().find(Listing(tmp_path)) == [path]


@pytest.mark.parametrize(("text", "columns"), [
    ('step,loss,acc\n"0",2.5,50%\n"1,000",1.5,53%\n"12,000",1.25,61%\n',
     {"step": [0, 1000, 12000], "loss": [2.5, 1.5, 1.25], "acc": [50, 53, 61]}),
    ("epoch\tloss\n0\t2,5000\n1\t1,2500\n", {"epoch": [0, 1], "loss": [2.5, 1.25]}),
    ('epoch,loss\n0,"2,5"\n1,"1,250"\n', {"epoch": [0, 1], "loss": [2.5, 1.25]}),
])
def test_numbers_as_spreadsheets_write_them(text: str, columns: dict[str, list[float]], tmp_path: Path) -> None:
    """Issue 16: thousands apart, per cent and decimal commas between tabs or in quotes are numbers, in any block."""
    for repeats in (1, 3000):
        header, _, rows = text.partition("\n")
        table = one(f"{header}\n{rows * repeats}")
        assert {name: column.values.tolist() for name, column in table.columns.items()} == {
            name: values * repeats for name, values in columns.items()}
    (tmp_path / "mine.csv").write_text(text)
    assert Csv().find(Listing(tmp_path)) == [tmp_path / "mine.csv"]


def test_a_percentage_among_other_numbers_is_told() -> None:
    """Issue 16: a number of another form than its column's is not read, and its column is named."""
    assert one("step,acc\n0,50%\n1,0.5\n").columns["acc"].values.tolist() == [50]
    assert odd_in("step,acc\n0,50%\n1,0.5\n") == [("number rejected", 3)]
