"""The list of runs on a terminal, with a row for each run, and two of them side by side."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence

from livemon.boards.run_row import RunRow
from livemon.system.streams import cells_of, visible
from livemon.views.style import STATES
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.plot import Pen, Rect

__all__ = ["RunListPane", "spark_of"]

_LONGEST = {"run": 28, "settings": 40}
_SHORTEST_NAME = 8
_SPARK = 12  # cells
_SIGNS = 3  # cells: whether the run is drawn, whether it is marked, and a space
_USUAL_TIMES = 1.5  # times the usual distance of values: values closer than this are joined
_CUT_TO = {"problem": (10, 22), "settings": (8, 20)}  # cells: at least, and at most while others need room
# The order in which columns are dropped if there is no room; the last ones stay longest.
_LEAST_TELLING_FIRST = ("age", "best", "settings", "spark", "left", "problem", "step", "value", "state")


class RunListPane:
    """The selected run, and the runs to compare.

    Attributes:
        chosen: The name of the selected run; "" before there is one.
        marked: The names of up to two runs to compare.
    """

    def __init__(self) -> None:
        self.chosen = ""
        self.marked: list[str] = []
        self._first = 0

    def row_of(self, rows: Sequence[RunRow]) -> RunRow | None:
        """The row of the selected run, or of the visible run if none was selected, or None."""
        fallback = next((row for row in rows if row.is_shown), rows[0] if rows else None)
        return next((row for row in rows if row.name == self.chosen), fallback)

    def move(self, rows: Sequence[RunRow], steps: int) -> None:
        """Select the run so many rows below."""
        row = self.row_of(rows)
        if row is not None:
            at = [listed.name for listed in rows].index(row.name)
            self.chosen = rows[min(max(at + steps, 0), len(rows) - 1)].name

    def mark(self, rows: Sequence[RunRow]) -> None:
        """Mark or unmark the selected run for a comparison; with a third mark the oldest is removed."""
        row = self.row_of(rows)
        if row is None:
            return
        if row.name in self.marked:
            self.marked.remove(row.name)
        else:
            self.marked = [*self.marked, row.name][-2:]

    def pair(self, rows: Sequence[RunRow]) -> tuple[RunRow, RunRow] | None:
        """The two marked runs."""
        marked = [row for name in self.marked for row in rows if row.name == name]
        return (marked[0], marked[1]) if len(marked) == 2 else None

    def run_at(self, rows: Sequence[RunRow], rect: Rect, row: int) -> RunRow | None:
        """The run with its row at this position."""
        at = self._first + row - rect.row - 1
        return rows[at] if row > rect.row and 0 <= at < len(rows) else None

    def put(self, cells: Cells, rect: Rect, rows: Sequence[RunRow], pen: Pen, *, is_chosen: bool,
            is_complete: bool = True) -> None:
        """Draw the list: a head, and as many rows as fit around the selected one. `is_complete`: whether all runs have
        been read."""
        if rect.height < 2 or not rows:
            return
        pair = self.pair(rows)
        below = 0 if pair is None else min(len(_differences(*pair)) + 2, rect.height // 2)
        room = rect.height - 1 - below
        chosen = self.row_of(rows)
        at = [row.name for row in rows].index(chosen.name) if chosen is not None else 0
        self._first = min(max(self._first, at - room + 1), at, max(len(rows) - room, 0))
        shown = rows[self._first : self._first + room]
        columns = _columns(shown, rect.width - _SIGNS + 2, pen)
        head = (f"{len(rows):,} runs" if len(rows) > 1 else "run") + ("" if is_complete else pen.glyphs.ellipsis)
        self._put_head(cells, rect, columns, head, pen, is_chosen=is_chosen)
        for line, row in enumerate(shown, start=rect.row + 1):
            self._put_row(cells, rect, line, row, columns, pen, is_chosen=chosen is row)
        if pair is not None and below:
            _put_pair(cells, Rect(rect.row + rect.height - below, rect.column, rect.width, below), pair, pen)

    def _put_head(self, cells: Cells, rect: Rect, columns: list[_Column], head: str, pen: Pen, *,
                  is_chosen: bool) -> None:
        at = rect.column + _SIGNS
        for number, column in enumerate(columns):
            text = head if column.name == "run" else column.head
            look = ink("text", bold=True, reverse=is_chosen) if number == 0 else ink("muted")
            cells.put(rect.row, at, clipped(pen.glyphs.plain(text), column.width, pen.glyphs.ellipsis), look)
            at += column.width + 2

    def _put_row(self, cells: Cells, rect: Rect, line: int, row: RunRow, columns: list[_Column], pen: Pen, *,
                 is_chosen: bool) -> None:
        if is_chosen:
            cells.put(line, rect.column, " " * rect.width, ink("text", reverse=True))
        signs = (pen.glyphs.shapes["dot"] if row.is_shown else " ") + ("*" if row.name in self.marked else " ")
        cells.put(line, rect.column, signs, ink(row.colour or "text", bold=True, reverse=is_chosen))
        at = rect.column + _SIGNS
        for column in columns:
            text = clipped(pen.glyphs.plain(column.text(row)), column.width, pen.glyphs.ellipsis)
            left = at + column.width - cells_of(text) if column.is_number else at
            look = "text" if is_chosen else column.look(row)  # letters are hard to read on colours
            cells.put(line, left, text, ink(look, bold=column.name == "run", reverse=is_chosen))
            at += column.width + 2


class _Column:
    """A column: its name and head, the text and the ink of a row, whether it is a number, its width."""

    def __init__(self, name: str, head: str, text: Callable[[RunRow], str], *, is_number: bool = False,
                 look: Callable[[RunRow], str] = lambda row: "text") -> None:
        self.name = name
        self.head = head
        self.is_number = is_number
        self.look = look
        self.width = 0
        self._text = text

    def text(self, row: RunRow) -> str:
        """The text of a row, without control characters."""
        return visible(self._text(row)[:400])


def _columns(rows: Sequence[RunRow], width: int, pen: Pen) -> list[_Column]:
    """The columns that fit, with the necessary widths."""
    metrics = list(dict.fromkeys((row.metric, row.arrow) for row in rows if row.metric))
    head = f"{metrics[0][0]} {metrics[0][1]}".strip() if len(metrics) == 1 else "metric"
    state = "state" if any(row.standing for row in rows) else ""
    columns = [
        _Column("run", "run", lambda row: row.name, look=lambda row: row.colour or "text"),
        _Column("state", state, lambda row: row.standing, look=lambda row: STATES.get(row.state, "muted")),
        _Column("step", "step", lambda row: row.progress, is_number=True),
        _Column("left", "ETA", lambda row: row.left, is_number=True),
        _Column("value", head, lambda row: row.last_text if len(metrics) == 1 else f"{row.metric} {row.last_text}",
                is_number=True, look=lambda row: "text" if row.last is None or math.isfinite(row.last) else "warning"),
        _Column("best", "best", lambda row: row.best_text, is_number=True),
        _Column("spark", "", lambda row: spark_of(_fewer(row.series), pen.glyphs.levels)),
        _Column("age", "age", lambda row: row.age_text, is_number=True),
        _Column("settings", "settings", lambda row: row.settings_text, look=lambda row: "muted"),
        _Column("problem", "problem", lambda row: row.problem,
                look=lambda row: "warning" if row.severity == 2 else "idle"),
    ]
    columns = [column for column in columns if column.name == "run" or any(
        column.text(row).strip(" -") for row in rows)]
    for column in columns:
        longest = max(cells_of(column.head), *(cells_of(column.text(row)) for row in rows))
        column.width = min(longest, _LONGEST.get(column.name, longest))
    columns[0].width = max(columns[0].width, len(f"{len(rows):,} runs") + 1)
    return _that_fit(columns, width)


def _that_fit(columns: list[_Column], width: int) -> list[_Column]:
    """The name, and those other columns that fit, the most important first; texts that may be cut are cut."""
    columns[0].width = max(columns[0].width, _SHORTEST_NAME)
    whole = {column.name: column.width for column in columns}
    room = width - columns[0].width - 2
    kept = columns[:1]
    for name in reversed(_LEAST_TELLING_FIRST):
        column = next((column for column in columns if column.name == name), None)
        if column is None:
            continue
        if name in _CUT_TO:  # columns that may be cut first leave room for others
            least, most = _CUT_TO[name]
            column.width = min(column.width, most, max(room - 2, min(least, column.width)))
        if column.width + 2 <= room:
            kept.append(column)
            room -= column.width + 2
    for column in kept:
        more = min(max(room, 0), whole[column.name] - column.width)
        column.width, room = column.width + more, room - more
    columns[0].width = max(columns[0].width + min(room, 0), _SHORTEST_NAME)
    return [column for column in columns if column in kept]


def _fewer(series: Sequence[float]) -> Sequence[float]:
    """As many values as the list has room for: the last one of each part. A metric that is logged rarely is joined like
    a curve; a part without values stays empty if it is much longer than those between its points."""
    joined = list(series)
    stretches = list(itertools.pairwise(at for at, value in enumerate(series) if math.isfinite(value)))
    usual = statistics.median_low(after - before for before, after in stretches) if stretches else 1
    for before, after in stretches:
        if after - before <= _USUAL_TIMES * usual:
            joined[before + 1 : after] = [series[before]] * (after - before - 1)
    count = len(joined)
    return joined if count <= _SPARK else [joined[(at + 1) * count // _SPARK - 1] for at in range(_SPARK)]


def spark_of(series: Sequence[float], levels: str) -> str:
    """A few values as one row of characters, from the lowest to the highest; spaces for gaps."""
    finite = [value for value in series if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    step = (high - low) / (len(levels) - 1) if high > low else 0.0
    return "".join(" " if not math.isfinite(value) else levels[round((value - low) / step)] if step else levels[0]
                   for value in series)


def _differences(first: RunRow, second: RunRow) -> list[tuple[str, str, str]]:
    """The settings and numbers in which two runs differ: name, and the text of each."""
    settings = [dict(first.settings), dict(second.settings)]
    names = dict.fromkeys((*settings[0], *settings[1]))
    rows = [(name, settings[0].get(name, "-"), settings[1].get(name, "-")) for name in names]
    rows += [("state", first.standing, second.standing), ("step", first.progress, second.progress)]
    rows += [(f"last {first.metric}", first.last_text, second.last_text),
             (f"best {first.metric}", first.best_text, second.best_text)]
    return [row for row in rows if row[1] != row[2]]


def _put_pair(cells: Cells, rect: Rect, pair: tuple[RunRow, RunRow], pen: Pen) -> None:
    """Two runs side by side: their differences."""
    glyphs = pen.glyphs
    rows = _differences(*pair)
    beside = min(max((cells_of(name) for name, _, _ in rows), default=8), max(rect.width // 4, 8))
    room = max((rect.width - beside - 4) // 2, 4)
    for at, run in enumerate(pair):
        cells.put(rect.row, rect.column + beside + 2 + at * (room + 2), clipped(
            visible(run.name[:400]), room, glyphs.ellipsis), ink("text", bold=True))
    cells.put(rect.row, rect.column, clipped("differ in" if rows else "no difference", beside, glyphs.ellipsis),
              ink("muted"))
    for line, (name, *values) in enumerate(rows[: rect.height - 1], start=rect.row + 1):
        cells.put(line, rect.column, clipped(visible(name), beside, glyphs.ellipsis), ink("muted"))
        for at, text in enumerate(values):
            cells.put(line, rect.column + beside + 2 + at * (room + 2), clipped(
                glyphs.plain(visible(text[:400])), room, glyphs.ellipsis), ink("text"))
