"""A writer that does anything to its file, and a reader that looks at any moment (FAULTS 23); trainings behind a link
that is pointed elsewhere, with steps out of order and several writers.

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
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from livemon.readers.csv import CsvReader
from livemon.runs import folder, source
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.history import History
from livemon.system import tail
from livemon.system.tail import QUIET_SECONDS, Tail
from livemon.tables.table import Table
from livemon.testing import HandClock

SEQUENCES = int(os.environ.get("LIVEMON_SEQUENCES", "0"))
FEWER = [SEQUENCES] if SEQUENCES else [60, pytest.param(1000, marks=pytest.mark.slow)]
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
        if self.history.is_provisional:  # It may be cut in a value, and be taken back: only where a row has no end.
            shown[-1].pop()
            is_held = self.history.rewriting or update.status == "rewriting"  # Then what is on show is from before.
            assert is_held or not self.path.exists() or self.writer.pieces or \
                not self.path.read_bytes().endswith(b"\n"), "a provisional row is on show, and the file has whole lines"
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

    @precondition(lambda self: self.path.exists() and not self.writer.pieces)
    @rule(look=st.booleans())
    def pause(self, look: bool) -> None:
        """Nobody has written the file for a minute: its last line may be a row without its end."""
        past = os.stat(self.path).st_mtime - 2 * tail.LAST_LINE_SECONDS
        os.utime(self.path, (past, past))
        self._perhaps_poll(look)

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
        if how == "in place" or not self._version_seen or self.tail.offset == 0:
            self.poll()  # Whose first look at rows falls into their being overwritten cannot know it.
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
                shown = _shown(self.history.own)
                assert shown[: len(shown) - self.history.is_provisional] == rows
                assert list(self.history.own.columns) == header
        finally:
            self._limits.undo()
            self._folder.cleanup()


def _rounds() -> Iterator[int]:
    """A file that may be half overwritten is held, then read beside the rows on show, then shown: three looks, one
    to spare."""
    return iter(range(4))


# -- a run behind a link, with steps out of order and several writers ------------------------------------------------


_IN_ORDER_AFTER = 25  # rows behind an upset, of each writer: then it is known what it was
_Moment = Callable[[], None]


class _Training:
    """A training that writes into a folder, and what it has truly logged."""

    def __init__(self, folder: Path, *, writers: int, first_value: int) -> None:
        self.folder = folder
        self.path = folder / "metrics.csv"
        self.writers = range(writers)
        self.rows: list[tuple[int, int, float]] = []  # step, writer, value: as they stand in the file
        self.queue: list[tuple[int, int, bool]] = []  # step, writer, whether an attempt begins: still to be logged
        self.newest: list[dict[int, float]] = [{} for _ in self.writers]  # what the newest attempt leaves
        self.late = 0
        self._next = [0 for _ in self.writers]
        self._highest = [-1.0 for _ in self.writers]
        self._values = itertools.count(first_value)
        folder.mkdir(parents=True)
        (folder / "config.json").write_text('{"lr": 0.1}')

    def go_on(self, count: int, dice: random.Random, upset: str = "", writer: int = 0) -> None:
        """Plan the next rows: of one of the writers upset, of the others in order."""
        plans = []
        for number in self.writers:
            if upset.startswith("restart") and number == writer:
                plan = self._restart(number, dice, upset)
            else:
                plan = [(step, number, False) for step in self._steps(number, count)]
                plan = _shuffled(plan, dice, upset) if number == writer else plan
            if upset:
                plan += [(step, number, False) for step in self._steps(number, _IN_ORDER_AFTER)]
            # Now and then a rank leaves a row out; of one that is upset nobody could tell then what the rows are.
            if len(self.writers) > 1 and not (upset and number == writer):
                plan = [row for place, row in enumerate(plan) if place == 0 or dice.random() > 0.1]
            plans.append(plan)
        self.queue += _merged(plans, dice)

    def _steps(self, writer: int, count: int) -> list[int]:
        start = self._next[writer]
        self._next[writer] += 2 * count
        return list(range(start, self._next[writer], 2))

    def _restart(self, writer: int, dice: random.Random, how: str) -> list[tuple[int, int, bool]]:
        """It goes back by some rows, to a step that was logged or to one between two of them."""
        least = 6 if len(self.writers) > 1 else 2  # Of fewer nobody could tell where rows were left out.
        back = dice.randint(least, 60)
        begins = max(self._next[writer] - 2 * back, self._next[writer] % 2) + (how == "restart between")
        if begins >= self._next[writer] - 2 * least + 2:  # There are not yet so many rows.
            return []
        self._next[writer] = begins + 2
        return [(begins, writer, True)]

    def log(self, count: int) -> None:
        """Write the next of the planned rows."""
        lines = []
        for step, writer, begins in self.queue[:count]:
            if begins:
                self.newest[writer] = {at: value for at, value in self.newest[writer].items() if at < step}
                self._highest[writer] = -1
            value = next(self._values) / 8
            self.late += step < self._highest[writer]
            self._highest[writer] = max(self._highest[writer], step)
            self.newest[writer][step] = value
            self.rows.append((step, writer, value))
            lines.append(f"{step},{writer},{value}\n" if len(self.writers) > 1 else f"{step},{value}\n")
        del self.queue[:count]
        with self.path.open("a") as file:
            if file.tell() == 0:
                file.write("step,rank,loss\n" if len(self.writers) > 1 else "step,loss\n")
            file.write("".join(lines))

    @property
    def is_clear(self) -> bool:
        """Whether it is known what each step back was, and that there are several writers."""
        return not self.queue and (len(self.writers) == 1 or len(self.rows) >= 20)

    def curve(self) -> dict[int, float]:
        """The one curve that stands for the training: of several writers the mean."""
        steps = sorted({step for points in self.newest for step in points})
        heights = {step: [y for points in self.newest if (y := _height(points, step)) is not None] for step in steps}
        return {step: sum(values) / len(values) for step, values in heights.items()}


def _shuffled(plan: list[tuple[int, int, bool]], dice: random.Random, how: str) -> list[tuple[int, int, bool]]:
    """Rows in the order in which two threads, or a queue, log them."""
    if not how:
        return plan
    if how == "two threads":
        lag = dice.uniform(1.5, 8)
        keys = [place + lag * (place % 2) for place in range(len(plan))]
    elif how == "swapped":
        keys = [place ^ 1 for place in range(len(plan))]
    else:
        reach = dice.uniform(1.5, 6)
        keys = [place + dice.uniform(0, reach) for place in range(len(plan))]
    return [plan[place] for place in sorted(range(len(plan)), key=lambda place: keys[place])]


def _merged(plans: list[list[tuple[int, int, bool]]], dice: random.Random) -> list[tuple[int, int, bool]]:
    """The rows of several writers in one file: each in its order, none far ahead."""
    merged, plans = [], [list(plan) for plan in plans]
    while any(plans):
        most = max(map(len, plans))
        plan = dice.choice([plan for plan in plans if plan and len(plan) > most - 4])
        merged.append(plan.pop(0))
    return merged


def _height(points: dict[int, float], step: int) -> float | None:
    """The height of a writer's curve at a step; None where it has none."""
    if step in points:
        return points[step]
    below, above = [at for at in points if at < step], [at for at in points if at > step]
    if not below:
        return None
    left = max(below)
    if above:
        right = min(above)
        return points[left] + (points[right] - points[left]) * (step - left) / (right - left)
    order = sorted(points)
    distances = [b - a for a, b in itertools.pairwise(order)]
    return points[left] if distances and step - left <= 1.5 * median(distances) else None


class FollowingALink(RuleBasedStateMachine):
    """Trainings that write, a link that is pointed from one to another, and a loader that follows it."""

    @initialize(dice=_DICE, kind=st.sampled_from(["folder", "file", "above"]), ranks=st.booleans())
    def begin(self, dice: random.Random, kind: str, ranks: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="livemon-")
        self._base = Path(self._folder.name)
        self._limits = pytest.MonkeyPatch()
        self._limits.setattr(source, "REFRESH_WAITS_SECONDS", 0.0)
        self._limits.setattr(folder, "SEARCH_REST", 0.0)
        self._meanwhile: dict[str, _Moment] = {}
        self._interrupt_readers()
        self.trainings: list[_Training] = []
        self.kind = kind
        self._link, self._given = self._link_of(kind)
        self.leads_to = self._new_training(dice, same_seed=False, ranks=ranks)
        self.leads_to.go_on(dice.randint(1, 30), dice)
        self.leads_to.log(1)
        self._point_link()
        self.reopen()

    def _link_of(self, kind: str) -> tuple[Path, Path]:
        if kind == "folder":
            return self._base / "latest", self._base / "latest"
        if kind == "above":
            return self._base / "current", self._base / "current/run"
        (self._base / "here").mkdir()
        (self._base / "here/config.json").write_text('{"lr": 0.1}')
        return self._base / "here/metrics.csv", self._base / "here/metrics.csv"

    def _interrupt_readers(self) -> None:
        refresh = source.Source.refresh

        def interrupted(followed: source.Source) -> int:
            self._meanwhile.pop("before", lambda: None)()
            count = refresh(followed)
            self._meanwhile.pop("after", lambda: None)()
            return count

        self._limits.setattr(source.Source, "refresh", interrupted)

    def _new_training(self, dice: random.Random, *, same_seed: bool, ranks: bool) -> _Training:
        number = len(self.trainings)
        folder = self._base / f"trainings/{number}/run"
        self.trainings.append(_Training(folder, writers=1 + ranks,
                                        first_value=1 if same_seed else 1 + 100_000 * number))
        return self.trainings[-1]

    def _point_link(self) -> None:
        target = {"folder": self.leads_to.folder, "above": self.leads_to.folder.parent, "file": self.leads_to.path}
        new = self._base / "new-link"
        new.symlink_to(target[self.kind])
        os.replace(new, self._link)

    # -- the reader

    @rule()
    def reopen(self) -> None:
        if self.kind == "file" and not self.leads_to.path.exists():
            self.leads_to.log(0)
        if not self._link.is_symlink():
            self._point_link()
        self.run = ExperimentLoader(self._given)
        self.on_show, self.moves = self.leads_to, 0
        self.look()

    @property
    def _is_there(self) -> bool:
        return self._link.exists() and (self.kind != "file" or self.leads_to.path.exists())

    def _expect_move(self) -> None:
        if self._is_there and self.leads_to is not self.on_show:
            self.on_show = self.leads_to
            self.moves += 1

    @rule()
    def look(self) -> None:
        self._expect_move()
        self.run.refresh()
        self._expect_move()
        rows, training = self._rows_on_show(), self.on_show
        assert self.run.moves == self.moves
        if not (self._is_there and self.leads_to is training):  # What was shown stays.
            assert rows == training.rows[: len(rows)]
            return
        assert rows == training.rows
        if training.rows:
            every = self.run.series_so_far("loss", "row", "all")
            assert every.tolist() == [value for _, _, value in training.rows]
        if training.rows and training.is_clear:
            self._check_curves(training)

    def _rows_on_show(self) -> list[tuple[int, int, float]]:
        rows = []
        for table in self.run.tables:
            columns = [table.columns[name].values.tolist() if name in table.columns else [0] * table.n_rows
                       for name in ("step", "rank", "loss")]
            rows += list(zip(*columns, strict=True))
        return rows

    def _check_curves(self, training: _Training) -> None:
        curve, found = training.curve(), self.run.series_so_far("loss")
        assert found.index.tolist() == list(curve)
        assert found.tolist() == pytest.approx(list(curve.values()))
        for writer in training.writers if len(training.writers) > 1 else ():
            points = sorted(training.newest[writer].items())
            assert list(self.run.series_so_far("loss", writer=writer).items()) == points
        late = [anomaly.count for anomaly in self.run.anomalies if anomaly.kind == "steps out of order"]
        assert sum(late) == training.late

    @rule()
    def audit(self) -> None:
        self.look()
        if self.on_show is self.leads_to and self._is_there:
            audits = [(audit.differing, audit.compared) for audit in self.run.audit()]
            assert audits == ([(0, len(self.on_show.rows))] if self.on_show.path.exists() else [])

    # -- the trainings

    @rule(dice=_DICE, count=st.integers(1, 40), look=st.booleans())
    def go_on(self, dice: random.Random, count: int, look: bool) -> None:
        training = self._any_training(dice)
        if not training.queue:
            training.go_on(count, dice)
        training.log(dice.randint(1, count))
        if look:
            self.look()

    @rule(dice=_DICE, upset=st.sampled_from(["jitter", "swapped", "two threads", "restart", "restart between"]),
          look=st.booleans())
    def upset(self, dice: random.Random, upset: str, look: bool) -> None:
        """Two threads log, a queue lies in between, or the training starts again, of one rank or of all."""
        training = self._any_training(dice)
        training.log(len(training.queue))
        training.go_on(dice.randint(8, 30), dice, upset, dice.choice(training.writers))
        training.log(dice.randint(1, len(training.queue)))
        if look:
            self.look()

    @rule()
    def log_all(self) -> None:
        for training in self.trainings:
            if training.queue:
                training.log(len(training.queue))
        self.look()

    def _any_training(self, dice: random.Random) -> _Training:
        return self.leads_to if dice.random() < 0.7 else dice.choice(self.trainings)

    # -- the link

    @rule(dice=_DICE, same_seed=st.booleans(), ranks=st.booleans(), rows=st.integers(0, 40))
    def point_to_a_new_training(self, dice: random.Random, same_seed: bool, ranks: bool, rows: int) -> None:
        self.leads_to = self._new_training(dice, same_seed=same_seed, ranks=ranks)
        self._point_link()
        if rows:
            self.leads_to.go_on(rows, dice)
            self.leads_to.log(rows)

    @rule(dice=_DICE, when=st.sampled_from(["now", "before", "after"]))
    def point_to_any_training(self, dice: random.Random, when: str) -> None:
        """Now, or while a look is under way: before or after the file is read."""
        to = dice.choice(self.trainings)

        def point() -> None:
            self.leads_to = to
            self._point_link()

        if when == "now":
            point()
            return
        self._meanwhile[when] = point
        self.look()
        self._meanwhile.clear()

    @rule(look=st.booleans())
    def take_the_link_away(self, look: bool) -> None:
        self._link.unlink()
        if look:
            self.look()
        self._point_link()

    # -- the end

    def teardown(self) -> None:
        if not hasattr(self, "run"):
            return
        try:
            self.log_all()
            shown, numbers = self.on_show, self.run.get_summary()["metrics"]
            live = self.run.series_so_far("loss") if shown.rows else None
            if shown is self.leads_to and shown.rows and shown.is_clear:
                assert numbers["loss"]["best"] == pytest.approx(min(shown.curve().values()))
            self.reopen()
            if live is not None and self.on_show is shown:
                assert self.run.series_so_far("loss").equals(live)
                assert repr(self.run.get_summary()["metrics"]) == repr(numbers)
        finally:
            self._limits.undo()
            self._folder.cleanup()


_PROFILE = settings(
    stateful_step_count=30,
    derandomize=SEQUENCES == 0,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("sequences", HOW_MANY)
def test_any_sequence_ends_at_what_the_file_says(sequences: int) -> None:
    """FAULTS 23: whatever happens to the file, no look shows fewer rows than before or a row that was never written,
    and in the end the table is what an independent plain parser reads."""
    run_state_machine_as_test(ReadingUnderFire, settings=settings(_PROFILE, max_examples=sequences))


@pytest.mark.timeout(0)
@pytest.mark.parametrize("sequences", FEWER)
def test_any_sequence_shows_the_training_that_the_link_leads_to(sequences: int) -> None:
    """Wherever a link is pointed, also while it is read, the rows are those of one training; steps out of order,
    restarts and several ranks are the curves that it has logged; live and afterwards are the same."""
    run_state_machine_as_test(FollowingALink, settings=settings(_PROFILE, max_examples=sequences))
