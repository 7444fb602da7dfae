"""Damaged files: what the tail and the CSV reader make of them, by two ways, in any pieces.

Each input is a piece of a real file, damaged at random. `make fuzz`, or LIVEMON_FUZZ=1000000, tries that many, other
ones each time. A failing input is repeated with LIVEMON_FUZZ=1 and the LIVEMON_FUZZ_SEED that the failure names.
"""

from __future__ import annotations

import csv
import json
import math
import os
import random
import re
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from livemon.readers import csv as csv_module
from livemon.readers.csv import CsvReader
from livemon.readers.encodings import csv_records
from livemon.readers.encodings.csv_blocks import BlockParser
from livemon.readers.encodings.numbers import MISSING
from livemon.system import tail as tail_module
from livemon.system.tail import PATIENCE_SECONDS, Tail
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import STEP_NAMES
from livemon.tables.table import Table
from livemon.testing import HandClock

INPUTS = int(os.environ.get("LIVEMON_FUZZ", "0"))
SEED = int(os.environ.get("LIVEMON_FUZZ_SEED", random.SystemRandom().randrange(2**40) if INPUTS else 0))
SECONDS_PER_INPUT = 10  # of processor time; an input takes some thousandths of it

DATA = Path(__file__).parents[1] / "data"

NEVER = 1 << 60


def _real_files() -> list[bytes]:
    """The first 16 KiB of each real file, and what stood in the traced ones at the end of their first writes."""
    files = [path.read_bytes()[: 16 << 10] for path in sorted(DATA.glob("runs/**/*.csv"))]
    for path in sorted(DATA.glob("traces/*.jsonl")):
        steps = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        files.append("".join(step["data"] for step in steps if step["op"] == "write").encode()[: 8 << 10])
    return files


FILES = _real_files()

# What has a meaning to some part of the reader, or to pandas.
TOKENS = [
    b"\n", b"\r\n", b"\r", b"\r\r\n", b"\n\n", b",", b",,", b";", b"\t", b" ", b'"', b'""', b'","', b',"a\nb"',
    b'"\n', b"#", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xdf", "ß精".encode(), "精".encode()[:2], b"\x1a",
    b"\x0b", b"\x1c", b"\x85", "\u2028".encode(), "\u00a0".encode(), b"step", b"epoch", b"loss", b"x" * 60,
]
WORDS = [
    b"", b" ", b"NA", b"N/A", b"<NA>", b"None", b"none", b"null", b"nan", b"NaN", b"NAN", b"-nan", b"+nan", b"nAn",
    b"inf", b"-inf", b"Infinity", b"-INF", b"infinit", b"1e400", b"-1e400", b"1e-400", b"0", b"-0", b"-0.0", b"7",
    b"+7", b"007", b"1.", b".5", b".", b"-", b"1e", b"1E5", b"1e+05", b"1d5", b"5e-324", b"9007199254740993",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"18446744073709551616", b"1" * 40,
    b"1_000", b"0x10", b"True", b"false", b"abc", b"banana", b"nano", b"info", b"infnan", b"1nan", b"12:34", b"#N/A",
    b"1+2j", b"0,5", b" 0.5 ", b"\t5", b'"0.5"', b'"a ""b"""', "٣".encode(), b"tensor(0.5)", b"step", b"loss",
    b"epoch",
]


def some_file(dice: random.Random) -> bytes:
    """The header and some neighbouring rows of a real file, often with only some of its columns."""
    lines = dice.choice(FILES).splitlines(keepends=True)
    first = dice.randrange(1, len(lines))
    lines = [lines[0], *lines[first : first + dice.randrange(7)]]
    if dice.random() < 0.95 and b'"' not in lines[0]:
        width = lines[0].count(b",") + 1
        columns = sorted(dice.sample(range(width), min(width, dice.choice((1, 2, 2, 3, 3, 4)))))
        rows = [line.rstrip(b"\r\n").split(b",") for line in lines]
        lines = [b",".join(row[column] for column in columns if column < len(row)) + b"\n" for row in rows]
    return b"".join(lines)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The data with some faults in them."""
    for _ in range(dice.choice((0, 0, 1, 1, 2, 3, 6))):
        place = dice.randrange(len(data) + 1)
        end = place + dice.randrange(12)
        what = dice.randrange(11)
        if what <= 2:  # another cell
            start = max(data.rfind(mark, 0, place) for mark in (b",", b"\n")) + 1
            stop = re.compile(rb"[,\r\n]|$").search(data, start)
            data = data[:start] + dice.choice(WORDS) + data[stop.start() if stop else len(data) :]
        elif what <= 4:
            data = data[:place] + dice.choice(TOKENS) + data[place:]
        elif what == 5:
            data = data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]
        elif what == 6:
            data = data[:place] + data[end:]
        elif what == 7:
            data = data[:place] + data[place : end + 30] + data[place:]
        elif what == 8:  # the header again, or a part of it, where a row begins
            place = data.rfind(b"\n", 0, place) + 1
            data = data[:place] + data[dice.choice((0, 0, data.find(b",") + 1)) : data.find(b"\n") + 1] + data[place:]
        elif what == 9:
            data = data.replace(b"\r", b"").replace(b"\n", dice.choice((b"\n", b"\r\n", b"\r", b"\r\r\n", b"\n\n")))
        else:
            old, new = dice.choice(((b",", b";"), (b",", b"\t"), (b"0.", b"."), (b".", b"n"), (b",,", b",nan,")))
            data = data.replace(old, new)
    return data


class Memory:
    """A file that is no more than bytes, for a tail. None is no file."""

    def __init__(self, short_reads: bool) -> None:
        self.content: bytes | None = None
        self._longest = 17 if short_reads else NEVER

    def open(self, path: Path, flags: int) -> int:
        if self.content is None:
            raise FileNotFoundError(path)
        return 0

    def fstat(self, _: int) -> Any:
        now = time.time()
        return SimpleNamespace(st_mode=stat.S_IFREG, st_size=len(self.content or b""), st_mtime=now,
                               st_mtime_ns=int(now * 1e9), st_ctime_ns=int(now * 1e9), st_ino=1)

    def pread(self, _: int, count: int, offset: int) -> bytes:
        assert count >= 0 and offset >= 0
        return (self.content or b"")[offset : offset + min(count, self._longest)]

    def next_data(self, _: int, offset: int) -> int:
        return offset

    def close(self, _: int) -> None: ...


@dataclass
class Setting:
    """How an input is looked at."""

    budget: int
    short_reads: bool


class Reading:
    """A tail and a reader on a file in memory, and all that they have said of it."""

    def __init__(self, setting: Setting) -> None:
        self.file = Memory(setting.short_reads)
        self.clock = HandClock()
        self.tail = Tail(Path("m.csv"), budget_bytes=setting.budget, system=self.file, clock=self.clock)
        self.reader = CsvReader(Path("m.csv"), self.tail)
        self.table, self.odd, self.restarts, self.status = Table(), list[Anomaly](), 0, ""

    def look(self, content: bytes | None) -> None:
        self.file.content = content
        while True:
            update = self.reader.read()
            if update.restarted:
                self.table, self.odd = Table(), []
                self.restarts += 1
            self.odd += update.anomalies
            if update.columns is not None:
                self.table.declare(update.columns)
            if update.block is not None:
                self.table.append(update.block)
            self.status = update.status
            if not update.more:
                break
        if content is not None and update.status == "ok":
            assert self.tail.offset + self.tail.pending_bytes == len(content)

    def answer(self) -> dict[str, Any]:
        """All of it, in a form that compares NaN. Of what was skipped only what does not depend on the cuts."""
        cells = {
            name: (column.rows.tolist(), [_spelled(value) for value in column.values.tolist()],
                   column.text_rows.tolist(), list(column.texts))
            for name, column in self.table.columns.items()
            if len(column) or column.texts
        }
        # What is odd is told by kind; which of two kinds is found first depends on how the file was cut.
        odd = [(odd.kind, odd.line, odd.message, odd.count)
               for odd in sorted(self.odd, key=lambda odd: odd.kind) if odd.kind != "line too long"]
        skipped = any(odd.kind == "line too long" for odd in self.odd)
        is_known = self.status == "ok" and len(self.file.content or b"") <= tail_module.LONGEST_LINE
        return {"header": self.reader.header, "columns": list(self.table.columns), "rows": self.table.n_rows,
                "cells": cells, "odd": odd, "skipped": skipped, "status": self.status,
                "unfinished": self.reader.unfinished if is_known else None}


def _spelled(value: float) -> str:
    return repr(float(value) + 0.0)  # -0.0 is 0.0


def read(looks: list[bytes], setting: Setting, fast_from: int) -> dict[str, Any]:
    """What is known after these looks at a growing file."""
    csv_module.FAST_FROM_BYTES = fast_from
    reading = Reading(setting)
    for content in looks:
        reading.look(content)
    assert reading.restarts == 0
    return reading.answer()


# -- what is expected


def may_have_two_line_ends(data: bytes) -> bool:
    """Whether a carriage return ends a line until the first line feed has come: the cuts then decide what a line is."""
    return b"\n" in data and _begins_with_returns(data)


def _begins_with_returns(data: bytes) -> bool:
    return re.search(rb"\r+[^\r\n]", data.split(b"\n", 1)[0]) is not None


def plainly(data: bytes) -> dict[str, Any] | None:
    """What stands in a well-formed file, by the standard library alone; None where it is not well formed.

    What is not well formed may mean one thing or another: mixed line ends, stray quotes, a header in mid-file.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    data = data[: data.rfind(b"\n") + 1]
    if b"\0" in data or data.count(b"\r") != data.count(b"\r\n") or not data.isascii():
        return None
    whole = re.findall(r"[^\n]*\n", data.decode())
    lines = [line for line in whole if line.strip()]
    if b'"' in data and len(lines) < len(whole):  # A blank line may be a part of a cell.
        return None
    found = {mark for mark in ",;" if lines and mark in re.sub('"[^"]*"', "", lines[0])}
    if len(found) != 1 or "#" in lines[0] or "\t" in lines[0]:
        return None
    between = found.pop()
    try:
        names, *rows = csv.reader(lines, delimiter=between, strict=True)
    except csv.Error:
        return None
    names = [name.strip() for name in names]
    if "" in names or len(set(names)) < len(names):
        return None
    cells: dict[str, tuple[list[int], list[str], list[int], list[str]]] = {name: ([], [], [], []) for name in names}
    n_rows = 0
    decimal = ""  # the mark of the first number between semicolons that shows one
    for row in rows:
        row = [cell.strip() for cell in row]
        if row == names or (len(row) > 1 and all(cell not in MISSING and _number(cell) is None for cell in row)):
            return None  # It may be a header.
        if len(row) != len(names):
            continue
        for name, cell in zip(names, row, strict=True):
            if between == ";" and (mark := _mark(cell)):
                if not decimal and not (mark == "," and re.fullmatch("[+-]?[1-9][0-9]{0,2},[0-9]{3}", cell)):
                    decimal = mark
                if mark != decimal:  # a number that may mean another one
                    continue
                cell = cell.replace(",", ".")
            value = _number(cell)
            if value is not None and (math.isfinite(value) or "n" in cell.lower()):  # 1e400 is no infinity.
                cells[name][0].append(n_rows)
                cells[name][1].append(_spelled(value))
            elif value is None and cell not in MISSING:
                cells[name][2].append(n_rows)
                cells[name][3].append(cell)
        n_rows += 1
    return {"columns": names, "rows": n_rows, "cells": {name: found for name, found in cells.items() if any(found)}}


def _number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _mark(cell: str) -> str:
    """The decimal mark that a number shows: a point, or a comma with digits behind it; "" for all else."""
    before, comma, behind = cell.partition(",")
    if comma:
        return "," if "." not in cell and behind[:1].isdigit() and _number(f"{before}.{behind}") is not None else ""
    return "." if "." in cell and _number(cell) is not None else ""


# -- one input


@dataclass
class Counts:
    """How much was compared: a fuzzer that never meets the fast way shows nothing."""

    inputs: int = 0
    fast_blocks: int = 0
    plainly: int = 0
    cut: int = 0
    rewritten: int = 0
    rows: int = 0


def _without_unclear_steps(read: dict[str, Any]) -> dict[str, Any]:
    """What was read, without which rows lack a step, where there are two such columns or a header in mid-file brings
    one: the rows above the first number of the better one may have been told to have the other. Their values stay."""
    one_step = sum(name in STEP_NAMES for name in read["columns"]) < 2
    if one_step and not any(kind == "header repeated" for kind, *_ in read["odd"]):
        return read
    return {**read, "odd": [odd for odd in read["odd"] if odd[0] != "no step"]}


def try_one(dice: random.Random, counts: Counts) -> None:
    """Make one input and hold all ways to read it against each other."""
    data = damaged(some_file(dice), dice)
    setting = Setting(dice.choice((1, NEVER)), dice.random() < 0.1)
    small = dice.random() < 0.1
    tail_module.LONGEST_LINE = dice.choice((48, 200)) if small else 1 << 20
    csv_records.LONGEST_QUOTE = dice.choice((8, 60)) if small else 64 << 10
    plain = read([data], setting, NEVER)
    counts.rows += plain["rows"]
    expected = None if small else plainly(data)
    if expected is not None:
        counts.plainly += 1
        assert {key: plain[key] for key in expected} == expected, "the plain way and the standard library"
    looks = sorted((data[: dice.randrange(len(data) + 1)] for _ in range(dice.randrange(4))), key=len)
    cut = read([*looks, data], setting, NEVER)
    # The first line of a file without line feeds may be taken for too long a one before its end is known for an end.
    unclear = may_have_two_line_ends(data) or (small and _begins_with_returns(data))
    if not unclear:
        counts.cut += 1
        assert _without_unclear_steps(cut) == _without_unclear_steps(plain), "one look and several"
    if dice.random() < 0.8:
        assert read([data], setting, 0) == plain, "the fast way and the plain one"
    else:
        assert read([*looks, data], setting, 0) == cut, "the fast way and the plain one, in several looks"
    if not unclear and dice.random() < 0.15:
        counts.rewritten += 1
        try_rewritten(data, plain, setting, dice)


def try_rewritten(data: bytes, plain: dict[str, Any], setting: Setting, dice: random.Random) -> None:
    """Look at the file while it is cut short, overwritten, replaced or away; in the end it says what it says."""
    csv_module.FAST_FROM_BYTES = NEVER
    other = damaged(data if dice.random() < 0.5 else some_file(dice), dice)
    if max(len(data), len(other)) > tail_module.HEAD_BYTES:  # A change below the head may not be seen.
        return
    reading = Reading(setting)
    for _ in range(dice.randint(1, 5)):
        cut = dice.randrange(len(data) + 1)
        content = dice.choice((None, b"", other, other[:cut], data[:cut], data[:cut] + other[cut:], data))
        if content is None or _begins_with_returns(data) or not _begins_with_returns(content):
            reading.look(content)
        reading.clock.advance(dice.choice((0.0, 0.1, 1.0, 6.0)))
    for _ in range(4):
        reading.look(data)
        reading.clock.advance(PATIENCE_SECONDS)
    assert reading.answer() == plain, "a file that was rewritten, and one read at its end"


# -- many


class TooLongError(Exception):
    """An input took too much time."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise if one input takes SECONDS_PER_INPUT of the processor; `renew` by setting the timer again."""
    if not hasattr(signal, "setitimer"):  # Windows has none; the test as a whole has a limit.
        yield
        return

    def too_long(_: int, frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, too_long)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _wind_up() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_PER_INPUT)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Counts the blocks that pandas took, and puts back what the inputs set."""
    counts, parse = Counts(), BlockParser.parse

    def counted(self: BlockParser, data: bytes) -> Any:
        found = parse(self, data)
        counts.fast_blocks += found is not None
        return found

    monkeypatch.setattr(BlockParser, "parse", counted)
    for module, name in ((tail_module, "LONGEST_LINE"), (csv_records, "LONGEST_QUOTE"),
                         (csv_module, "FAST_FROM_BYTES")):
        monkeypatch.setattr(module, name, getattr(module, name))
    return counts


@pytest.mark.timeout(0 if INPUTS else 120)
def test_no_damage_makes_the_ways_differ(counts: Counts, capsys: pytest.CaptureFixture[str]) -> None:
    """FAULTS 60: a damaged file neither stops the reader nor makes it hang, and says the same by the fast way and by
    the plain one, in one look and in several, after rewrites too; where it is well formed, what the standard library
    reads."""
    total = INPUTS or 1000
    errors: list[Exception] = []
    with capsys.disabled(), time_limit():
        if INPUTS:
            print(f"\n{total:,} inputs from LIVEMON_FUZZ_SEED={SEED} on", flush=True)
        for seed in range(SEED, SEED + total):
            _wind_up()
            try:
                try_one(random.Random(seed), counts)
            except Exception as error:
                error.add_note(f"repeat it with LIVEMON_FUZZ=1 LIVEMON_FUZZ_SEED={seed}")
                errors.append(error)
                print(f"LIVEMON_FUZZ_SEED={seed}: {error!s:.80}", flush=True)
                if len(errors) == 10:
                    break
            counts.inputs += 1
            if INPUTS and counts.inputs % 100_000 == 0:
                print(f"{counts}, {len(errors)} wrong", flush=True)
    if errors:
        raise ExceptionGroup("inputs that are not read as they should be", errors)
    assert counts.inputs == total
    if total >= 1000:
        assert min(counts.fast_blocks, counts.plainly, counts.cut, 4 * counts.rewritten) > total / 5, counts
