"""A writer that does anything to its file, and a reader that looks at any moment (FAULTS 23).

`make test` runs a few hundred sequences, the same each time, `make test-all` two thousand. `make torture`, or
LIVEMON_SEQUENCES=20000, runs more, other ones each time.
"""

from __future__ import annotations

import csv
import itertools
import math
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from livemon.readers.csv import CsvReader
from livemon.runs.history import History
from livemon.system import tail
from livemon.system.tail import QUIET_SECONDS, Tail
from livemon.tables.table import Table
from livemon.testing import HandClock

SEQUENCES = int(os.environ.get("LIVEMON_SEQUENCES", "0"))
HOW_MANY = [SEQUENCES] if SEQUENCES else [300, pytest.param(2000, marks=pytest.mark.slow)]

Row = dict[str, float]
Cell = tuple[str, str]

_EXTRA_NAMES = ("acc", "loss", "lr", "train/mae", "zeta")
# Hypothesis draws small numbers too often to cut a file in interesting places: it draws which dice to throw.
_DICE = st.integers(0, 2**32 - 1).map(random.Random)
_CELLS = ("number", "number", "blank", "nan", "inf")


def _key(row: Row) -> frozenset[Cell]:
    """A row as something that can be compared, NaN too. A cell that is not there is not in it."""
    return frozenset((name, repr(float(value))) for name, value in row.items())


def _shown(table: Table) -> list[frozenset[Cell]]:
    cells: list[set[Cell]] = [set() for _ in range(table.n_rows)]
    for name, column in table.columns.items():
        assert not column.texts, f"a text in {name}: {column.texts}"
        for row, value in zip(column.rows, column.values, strict=True):
            assert (name, repr(float(value))) not in cells[row]
            cells[row].add((name, repr(float(value))))
    return [frozenset(row) for row in cells]


def _plain(data: bytes) -> tuple[list[str], list[frozenset[Cell]]]:
    """Header and rows of a file, by the shortest way there is. What stands below the last line end is not there yet."""
    lines = data[: data.rfind(b"\n") + 1].decode().splitlines()
    header, *rows = list(csv.reader(lines)) or [[]]
    fitting = [row for row in rows if len(row) == len(header)]
    cells = [{name: float(cell) for name, cell in zip(header, row, strict=True) if cell} for row in fitting]
    return header, [_key(row) for row in cells]


class _Writer:
    """One file, and what is meant to stand in it."""

    def __init__(self, path: Path, line_end: str) -> None:
        self.path = path
        self.line_end = line_end
        self.header = ["step", "v"]
        self.rows: list[Row] = []
        self.pieces: list[tuple[int, bytes]] = []  # of a rewrite, still to be written: offset, bytes
        self.in_place = False
        self.torn = b""  # the rest of a row whose beginning stands at the end of the file
        self.written: set[frozenset[Cell]] = set()
        self._unique = itertools.count(1)

    def new_row(self, dice: random.Random) -> Row:
        count = next(self._unique)
        row: Row = {"step": len(self.rows), "v": count / 8}  # v is never the same twice
        for name in self.header[2:]:
            if (kind := dice.choice(_CELLS)) != "blank":
                row[name] = {"number": -count / 7, "nan": math.nan, "inf": math.inf}[kind]
        return row

    def add(self, row: Row) -> bytes:
        self.rows.append(row)
        self.written.add(_key(row))
        return self.line(row)

    def line(self, row: Row) -> bytes:
        return (",".join(str(row.get(name, "")) for name in self.header) + self.line_end).encode()

    def content(self) -> bytes:
        return (",".join(self.header) + self.line_end).encode() + b"".join(map(self.line, self.rows))

    def start_rewrite(self, dice: random.Random, *, in_place: bool) -> None:
        data = self.content()
        places = sorted({0, len(data), *(dice.randrange(len(data)) for _ in range(dice.randrange(5)))})
        self.pieces = [(a, data[a:b]) for a, b in itertools.pairwise(places)]
        self.in_place = in_place
        self.torn = b""
        if not in_place:
            self.path.write_bytes(b"")

    def write_piece(self) -> None:
        offset, data = self.pieces.pop(0)
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(data)
        self.in_place = self.in_place and bool(self.pieces)

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def die(self) -> None:
        """SIGKILL in the middle of a rewrite: what stands in the file is all that there is."""
        stands = self.path.read_bytes()
        self.pieces = []
        complete = _complete_rows(stands, self.rows, self.header)
        line = self.line(self.rows[complete]) if complete < len(self.rows) else b""
        behind = stands[stands.rfind(b"\n") + 1 :]
        self.torn = line[len(behind) :] if behind and line.startswith(behind) else b""
        self.rows = self.rows[: complete + bool(self.torn)]

    @property
    def whole(self) -> bool:
        """Whether the file stands there and ends with a complete row, so that a row can be appended."""
        return self.path.exists() and not self.pieces and not self.torn and self.path.read_bytes().endswith(b"\n")


def _complete_rows(data: bytes, rows: list[Row], header: list[str]) -> int:
    return max(0, min(len(rows), data.count(b"\n") - 1)) if header else 0


class ReadingUnderFire(RuleBasedStateMachine):
    """Each rule is one thing that a writer, a user or the time does."""

    @initialize(
        line_end=st.sampled_from(["\n", "\r\n"]),
        head=st.sampled_from([16, 1024]),
        small_budget=st.booleans(),
        dice=_DICE,
    )
    def begin(self, line_end: str, head: int, small_budget: bool, dice: random.Random) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="livemon-")
        self._limits = pytest.MonkeyPatch()
        self._limits.setattr(tail, "HEAD_BYTES", head)
        if small_budget:
            self._limits.setattr(tail, "LONGEST_LINE", 256)
        self._budget = 1 if small_budget else 1 << 21
        self.path = Path(self._folder.name) / "metrics.csv"
        self.away = self.path.with_name("away.csv")
        self.writer = _Writer(self.path, line_end)
        self.clock = HandClock()
        self._waited = 0.0
        self._rows_were_deleted = False
        self._other_run(dice)
        self.path.write_bytes(self.writer.content())
        self.restart_reader()
        self.poll()

    # -- the reader

    @precondition(lambda self: not self.writer.in_place)
    @rule()
    def restart_reader(self) -> None:
        self.history = History("metrics.csv", self.clock)
        self.tail = Tail(self.path, budget_bytes=self._budget, clock=self.clock)
        self.reader = CsvReader(self.path, self.tail)
        self.rows_on_show = 0

    @rule()
    def poll(self) -> None:
        dropped = 0
        while True:
            update = self.reader.read()
            odd = self.history.apply(update)
            dropped += any(anomaly.kind in ("attempt dropped", "rows changed") for anomaly in odd)
            if not update.more:
                break
        shown = [_shown(table) for table in self.history.tables]
        count = sum(map(len, shown))
        assert count >= self.rows_on_show or dropped, f"{count} rows on show, before {self.rows_on_show}"
        self.rows_on_show = count
        self._version_seen = True
        if not self._rows_were_deleted:
            assert not self.history.kept, "rows are on show as deleted, and the writer deleted none"
        invented = [row for rows in shown for row in rows if row not in self.writer.written]
        assert not invented, f"never written: {invented}"

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.5, 4.9, 6.0, 60.0]))
    def advance(self, seconds: float) -> None:
        if self.writer.in_place:  # Between two pieces a writer does not rest for SETTLE_SECONDS.
            seconds = min(seconds, tail.SETTLE_SECONDS * 0.9 - self._waited)
            self._waited += seconds
        elif self.writer.pieces or self.history.rewriting:
            # Who rests in the middle of a rewrite is taken for dead; and who does not look meanwhile cannot tell.
            self._rows_were_deleted = True
        self.clock.advance(seconds)

    # -- the writer: few rules, so that each is often drawn; many of them look at the file when they are through

    @precondition(lambda self: not self.path.exists() and not self.away.exists())
    @rule(dice=_DICE)
    def create(self, dice: random.Random) -> None:
        self._version_seen = False
        self._other_run(dice)
        self.writer.start_rewrite(dice, in_place=False)

    @precondition(lambda self: self.writer.whole)
    @rule(dice=_DICE, look=st.booleans())
    def append(self, dice: random.Random, look: bool) -> None:
        rows = dice.randint(1, 12)
        self.writer.append(b"".join(self.writer.add(self.writer.new_row(dice)) for _ in range(rows)))
        self._perhaps_poll(look)

    @precondition(lambda self: self.writer.whole)
    @rule(dice=_DICE, look=st.booleans())
    def append_torn(self, dice: random.Random, look: bool) -> None:
        line = self.writer.add(self.writer.new_row(dice))
        cut = dice.randrange(1, len(line))
        self.writer.append(line[:cut])
        self.writer.torn = line[cut:]
        self._perhaps_poll(look)

    @precondition(lambda self: self.path.exists() and self.writer.torn and not self.writer.pieces)
    @rule(look=st.booleans())
    def complete_torn(self, look: bool) -> None:
        self.writer.append(self.writer.torn)
        self.writer.torn = b""
        self._perhaps_poll(look)

    @precondition(lambda self: self.writer.whole and len(self.writer.header) < 2 + len(_EXTRA_NAMES))
    @rule(names=st.sets(st.sampled_from(_EXTRA_NAMES), min_size=1), dice=_DICE, look=st.booleans())
    def grow_header_as_lightning(self, names: set[str], dice: random.Random, look: bool) -> None:
        self.writer.header = ["step", "v", *sorted({*self.writer.header[2:], *names})]
        self.writer.add(self.writer.new_row(dice))
        self.writer.start_rewrite(dice, in_place=False)
        self._version_seen = False
        self._perhaps_poll(look)

    @precondition(lambda self: self.writer.whole and len(self.writer.header) < 2 + len(_EXTRA_NAMES))
    @rule(count=st.integers(1, 3), dice=_DICE, look=st.booleans())
    def grow_header_as_stable_baselines(self, count: int, dice: random.Random, look: bool) -> None:
        if not self._version_seen or self.tail.offset == 0:
            self.poll()  # Whose first look at a version falls into its being overwritten cannot know it.
        new = sorted(set(_EXTRA_NAMES) - set(self.writer.header))[:count]
        self.writer.header = [*self.writer.header, *new]
        self.writer.add(self.writer.new_row(dice))
        self.writer.start_rewrite(dice, in_place=True)
        self.write_pieces(1, look)

    @precondition(lambda self: self.path.exists() and self.writer.pieces)
    @rule(count=st.integers(1, 4), look=st.booleans())
    def write_pieces(self, count: int, look: bool) -> None:
        for _ in range(min(count, len(self.writer.pieces))):
            self.writer.write_piece()
            self._waited = 0.0
            self._perhaps_poll(look)

    @precondition(lambda self: self.writer.whole and self.writer.rows)
    @rule(how=st.sampled_from(["replace", "truncate", "in place"]), more=st.integers(0, 2), dice=_DICE,
          look=st.booleans())
    def correct_an_older_row(self, how: str, more: int, dice: random.Random, look: bool) -> None:
        """The whole file is written anew with another value in an older row: a flag that moves, a corrected value."""
        if not self._version_seen or self.tail.offset == 0:
            self.poll()
        before = len(self.path.read_bytes())
        place = dice.randrange(len(self.writer.rows))
        row = self.writer.new_row(dice) | {"step": self.writer.rows[place]["step"]}
        self.writer.rows[place] = row
        self.writer.written.add(_key(row))
        for _ in range(more):
            self.writer.add(self.writer.new_row(dice))
        self._rows_were_deleted = True  # Where one of the last rows changes, that may be another run.
        if how == "replace":
            new = self.path.with_name("new.csv")
            new.write_bytes(self.writer.content())
            os.replace(new, self.path)
            self._version_seen = False
            self._perhaps_poll(look)
            return
        in_place = how == "in place" and len(self.writer.content()) >= before
        self.writer.start_rewrite(dice, in_place=in_place)
        self._version_seen = in_place
        self.write_pieces(1, look)

    @precondition(lambda self: self.path.exists() and not self.writer.in_place)
    @rule(how=st.sampled_from(["truncate", "regrow", "replace", "replace other", "delete", "rename", "kill"]),
          dice=_DICE)
    def upset(self, how: str, dice: random.Random) -> None:
        self._rows_were_deleted |= how != "rename"
        self._version_seen &= how in ("rename", "kill")
        if how in ("truncate", "replace other"):
            self._other_run(dice)
        if how == "truncate":  # and another run writes into the same file
            self.writer.start_rewrite(dice, in_place=False)
        elif how == "regrow":  # truncated, and the same run starts again with the same seed
            self.writer.rows = self.writer.rows[: dice.randint(0, len(self.writer.rows))]
            self.writer.start_rewrite(dice, in_place=False)
        elif how.startswith("replace"):
            new = self.path.with_name("new.csv")
            new.write_bytes(self.writer.content())
            os.replace(new, self.path)
            self.writer.pieces, self.writer.torn = [], b""
        elif how == "delete":
            self.path.unlink()
            self.writer.pieces, self.writer.torn = [], b""
        elif how == "rename":
            self.path.rename(self.away)
        elif self.writer.pieces:
            self.writer.die()

    @precondition(lambda self: self.away.exists())
    @rule()
    def rename_back(self) -> None:
        self.away.rename(self.path)

    def _perhaps_poll(self, look: bool) -> None:
        if look:
            self.poll()

    def _other_run(self, dice: random.Random) -> None:
        self.writer.header = ["step", "v", *sorted(dice.sample(_EXTRA_NAMES, dice.randrange(3)))]
        self.writer.rows = []
        for _ in range(dice.randrange(12)):
            self.writer.add(self.writer.new_row(dice))

    # -- the end

    def teardown(self) -> None:
        if not hasattr(self, "writer"):
            return
        try:
            while self.writer.in_place:
                self.writer.write_piece()
            self._rows_were_deleted |= bool(self.writer.pieces)  # The writer has died in its rewrite.
            for _ in _rounds():
                self.poll()
                self.clock.advance(QUIET_SECONDS + 1)
            if self.path.exists():
                header, rows = _plain(self.path.read_bytes())
                assert _shown(self.history.own) == rows
                assert list(self.history.own.columns) == header
        finally:
            self._limits.undo()
            self._folder.cleanup()


def _rounds() -> Iterator[int]:
    """A file that may be half overwritten is held, then read beside the rows on show, then shown: three looks, one
    to spare."""
    return iter(range(4))


@pytest.mark.timeout(0)
@pytest.mark.parametrize("sequences", HOW_MANY)
def test_any_sequence_ends_at_what_the_file_says(sequences: int) -> None:
    """FAULTS 23: whatever happens to the file, no look shows fewer rows than before or a row that was never
    written, and in
    the end the table is what an independent plain parser reads."""
    run_state_machine_as_test(
        ReadingUnderFire,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=30,
            derandomize=SEQUENCES == 0,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
