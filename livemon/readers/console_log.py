"""The printed output of a training in a file: `slurm-4711.out`, `train.log`, `nohup.out`.

Lines with named values are rows, and so are the lines of a printed table. A row without a step or an epoch gets the
last one above it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.encodings.bare_numbers import first_row_of, how_to_name
from livemon.readers.encodings.json_rows import block_of, plain_block_of
from livemon.readers.encodings.printed_lines import ONE_COUNT, axes_alone, evaluation_place, rows_in
from livemon.readers.encodings.printed_tables import PrintedTables
from livemon.readers.encodings.text_tail import TextTail
from livemon.readers.steps import StepWatch
from livemon.system.listing import UTF_16_MARKS, Listing, oldest_first, read_bytes
from livemon.system.tail import LINE_TOO_LONG
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import is_x, kind_of_x

__all__ = ["ConsoleLog", "ConsoleLogReader"]

Row = dict[str, int | float]

LOOKED_AT_BYTES = 256 << 10  # at the start of a file with the name of a log: settings and warnings come before the rows
MOST_FILES = 8  # looked at in one folder, the newest ones
_NAMED = re.compile(r"(?:slurm|job|nohup|stdout|stderr|output|console|train|training|run|main|log|exp)?[-_. \w%]*\."
                    r"(?:log|out|err|o\d+|e\d+)|(?:nohup|stdout|console|output|out|train|training|"
                    r"log)[-_. \w]*\.txt|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.txt|"
                    r"log(?:-train[-\w]*)?", re.IGNORECASE)
_FEW_BATCHES = 2  # in an evaluation with at most so many, the first line may be the result
_ONE_COUNT = ONE_COUNT | {"steps", "iters", "iterations"}  # DeepSpeed's `steps: 10` is the same count as its `step=10`
_REPEATS = re.compile(rb"best iteration is:\s*$", re.IGNORECASE)  # LightGBM: the next line repeats an earlier one


class ConsoleLogReader:
    """Follows one log.

    Args:
        path: The file.
        plain: Whether to convert every value separately.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self.path = path
        self._plain = plain
        self._tail = TextTail(path)
        self._start_over()

    def _start_over(self) -> None:
        self._line = 0
        self._n_rows = 0
        self._columns = 0  # the number of columns, if the file begins with nothing but numbers
        self._axes: dict[str, int | float] = {}  # the last step and epoch
        self._below: set[str] | None = None  # the metrics in rows since then; None below a heading
        self._step_name = ""
        self._repeated = False
        self._lines = _Lines()
        self._steps = StepWatch(self.path)

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        anomalies: list[Anomaly] = []
        if look.dropped_lines:
            anomalies.append(Anomaly("line too long", str(self.path), self._line, LINE_TOO_LONG, look.dropped_lines))
        if self._line == 0 and look.lines:
            first = first_row_of(look.lines)
            self._columns = len(first.cells) if first.is_of_numbers else 0
        rows: list[dict[str, int | float]] = []
        lines: list[int] = []
        for line in _lines_of(look.lines):
            self._line += 1
            if b"\0" in line:  # a hole left by a crash of the machine or by `copytruncate`
                anomalies.append(Anomaly("row rejected", str(self.path), self._line, "it has NUL bytes"))
                continue
            text = line.decode("utf-8", "replace")
            for row in () if self._repeated else self._lines.rows_in(text):
                rows.append(self._with_axes(row))
                lines.append(self._line)
            self._repeated = _REPEATS.search(line) is not None
            if heading := axes_alone(text):
                self._axes, self._below = self._in_one_spelling(heading), None
        self._n_rows += len(rows)
        block, _ = (plain_block_of if self._plain else block_of)(rows)
        if rows:
            anomalies += self._steps.look_at(block, lines)
        return Update(look.restarted, None, block if rows else None, tuple(anomalies), look.status, look.problem,
                      look.more, look.lines)

    def _with_axes(self, row: dict[str, int | float]) -> dict[str, int | float]:
        """A row with the last step or epoch above it if it has none itself: below a heading this holds for every row,
        below a row with a step for rows with other metrics."""
        row = self._in_one_spelling(row)
        axes = {name: value for name, value in row.items() if is_x(name)}
        counted = {name: value for name, value in axes.items() if kind_of_x(name) != "time"}
        names = row.keys() - axes.keys()
        if counted:
            row = self._steps_of_its_epoch(counted, names) | row
            self._axes = {name: value for name, value in row.items() if name in counted or kind_of_x(name) == "step"}
            self._below = (self._below or set()) | names if len(row) > len(names) + len(axes) else set(names)
            return row
        if self._below is not None:
            if self._below & names:
                return row
            self._below |= names
        return self._axes | row

    def _steps_of_its_epoch(self, counted: Mapping[str, int | float], names: Set[str]) -> dict[str, int | float]:
        """The steps of the row above, for a row with the same epoch, no step and other metrics: an evaluation at the
        end of the epoch."""
        is_same = all(kind_of_x(name) == "epoch" and self._axes.get(name) == value for name, value in counted.items())
        if not is_same or self._below is None or self._below & names:
            return {}
        return {name: value for name, value in self._axes.items() if kind_of_x(name) == "step" and name != "batch"}

    def _in_one_spelling(self, row: Mapping[str, int | float]) -> dict[str, int | float]:
        """A row with the first of several names for the step: nanoGPT's `iter 10` is the same count as its `step 0`."""
        step = next((name for name in row if name.lower() in _ONE_COUNT), "")
        whole = step.lower() in ("global_step", "num_updates")  # a plain step beside an epoch may count within it
        if not step or (not whole and any(kind_of_x(name) == "epoch" for name in row)):
            return dict(row)
        self._step_name = self._step_name or step
        if self._step_name in row:
            return dict(row)
        return {self._step_name if name == step else name: value for name, value in row.items()}

    @property
    def facts(self) -> Facts:
        """What users must know if no line is a row."""
        if self._n_rows or not self._line:
            return Facts()
        if self._columns:
            return Facts(odd=(f"{self.path.name} has numbers and no names above them: {how_to_name(self._columns)}",))
        return Facts(odd=(f"none of the {self._line:,} lines of {self.path.name} names a metric and its value, such as "
                          "`step 10: loss 0.3` or {'loss': 0.3, 'epoch': 1.0}",))

    @property
    def files(self) -> Sequence[Path]:
        """The file."""
        return [self.path]


class _Lines:
    """Reads the lines of a log, one by one. An evaluation may print several lines, of which the last is its result: a
    line is held until another row, or a heading, shows that it was the last, unless it names the last batch.

    Attributes:
        is_in_table: Whether the last line was part of a table.
    """

    def __init__(self) -> None:
        self._tables = PrintedTables()
        self.is_in_table = False
        self._held: list[Row] = []
        self._position = (-1, 0)  # the last batch named by the evaluation, and the number of batches
        self._first = 0  # the first batch that it named

    def rows_in(self, text: str) -> Iterator[Row]:
        """The rows that end with this line."""
        row = self._tables.take(text)
        self.is_in_table = self._tables.has_taken
        if self.is_in_table:
            if row is not None:
                yield from self._let_go()
                yield row
            return
        rows = list(rows_in(text))
        position = evaluation_place(text) if rows else None
        if position is not None:
            yield from self._evaluated(position, rows)
            return
        if rows or (self._held and axes_alone(text)):
            yield from self._let_go()
        yield from rows

    def _evaluated(self, position: tuple[int, int], rows: list[Row]) -> Iterator[Row]:
        batch, batches = position
        if batches != self._position[1] or batch <= self._position[0]:
            yield from self._let_go()
            self._first = batch
        self._position = position
        self._held = rows if batch > 1 or batches <= _FEW_BATCHES else []
        if batch >= (batches if self._first else batches - 1):
            held, self._held = self._held or rows, []
            yield from held

    def _let_go(self) -> Iterator[Row]:
        held, self._held, self._position = self._held, [], (-1, 0)
        yield from held


def _lines_of(data: bytes) -> list[bytes]:
    """The lines in data that end with a line end; also split at carriage returns if the file began with bars."""
    return re.split(rb"[\r\n]", data)[:-1] if data.endswith(b"\r") else data.split(b"\n")[:-1]


class ConsoleLog(Format):
    """The output of a training, saved by a batch system or a shell. In a folder it is used only if there is nothing
    better."""

    name = "console log"
    generic = True
    last_resort = True

    def find(self, folder: Listing) -> list[Path]:
        """The newest file in the folder, or in its `logs`, with the name and the lines of a training's output."""
        paths = [candidate.path / name for candidate in (folder, folder.below("logs")) for name in candidate.files
                 if _NAMED.fullmatch(name)]
        newest = reversed(oldest_first(paths)[-MOST_FILES:])
        return [path for path in newest if _has_rows(path)][:1]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the lines have rows of the same shape. With the name of a log any text will do: rows may follow."""
        if not head:
            return False
        is_log = path.suffix.lower() in (".log", ".out", ".err")
        return _has_rows(path) or (is_log and b"\0" not in head)

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one log."""
        return ConsoleLogReader(path, plain=plain)


def _has_rows(path: Path) -> bool:
    """Whether the first lines of a file have two rows of the same shape, which means the same names."""
    data = read_bytes(path, LOOKED_AT_BYTES)
    if data.startswith(UTF_16_MARKS):
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8", "replace")
    lines = _Lines()
    shapes = Counter(lines.is_in_table or tuple(row) for line in text.split("\n")
                     if "\0" not in line for row in lines.rows_in(line))
    return any(count > 1 for count in shapes.values())
