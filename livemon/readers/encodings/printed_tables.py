"""Tables printed by a training among other lines -> rows.

There are three shapes: a box of names and values between two rulers, which is one row (Stable-Baselines3, Spinning Up);
names above a ruler, with a row of values in each line below it (spaCy, skorch, Markdown); names without a ruler above
such lines, with a step or an epoch first (fastai).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from livemon.readers.encodings.numbers import is_number, parse_number
from livemon.readers.encodings.printed_lines import without_escapes
from livemon.tables.names import is_x, tells_of_training

__all__ = ["PrintedTables"]

MOST_ENTRIES = 1000  # in a box; further ones are ignored
_RULER = re.compile(r"[-=+|:\s─━═┼├┤┌┐└┘╔╗╚╝╠╣╭╮╰╯┬┴]*[-=─━═]{3,}[-=+|:\s─━═┼├┤┌┐└┘╔╗╚╝╠╣╭╮╰╯┬┴]*")
_SIDES = str.maketrans("│┃║", "|||")
_TIME = re.compile(r"\d+:\d\d(?::\d\d)?(?:\.\d+)?")
_SPELT = {"E": "epoch", "#": "step"}  # spaCy's names

Row = dict[str, int | float]


class PrintedTables:
    """Reads the lines of a log, one by one, and returns the rows of the tables in it.

    Attributes:
        has_taken: Whether the last line was part of a table.
    """

    def __init__(self) -> None:
        self.has_taken = False
        self._box: Row | None = None  # the entries of an open box so far
        self._group = ""
        self._line_before = ""
        self._names: Sequence[str] = ()  # the column names of the current table

    def take(self, text: str) -> Row | None:
        """The row that ends with this line, or None."""
        text = without_escapes(text).translate(_SIDES).rstrip()
        before, self._line_before = self._line_before, text
        self.has_taken = True
        if _RULER.fullmatch(text):
            return self._take_ruler(text, before)
        if text.lstrip().startswith("|") and (cells := _cells_between_bars(text)):
            if self._box is not None and len(cells) == 2 and not self._names:
                self._take_entry(*cells)
                return None
            return self._row(cells)
        if self._names and (row := self._row(text.split())) is not None:
            return row
        self._names = ()
        for names in _names_alone(before):
            if (row := _row(names, text.split())) is not None:
                self._names = names
                return row
        self.has_taken = False
        return None

    def _take_ruler(self, text: str, before: str) -> Row | None:
        """A box is opened or closed, or the line above has the column names."""
        row, self._box, self._group = self._box, {}, ""
        if names := _names_above(text, before):
            self._names, self._box = names, None
            return None
        if row is None or len(row) < 2 or not tells_of_training(row):
            return None
        return row

    def _take_entry(self, name: str, value: str) -> None:
        """Take a name and its value in a box. A name without a value is that of the group below it."""
        assert self._box is not None
        if name.endswith("/") and not value:
            self._group = name
        elif is_number(value) and len(self._box) < MOST_ENTRIES:
            self._box[self._group + name] = _number(value)

    def _row(self, cells: Sequence[str]) -> Row | None:
        return _row(self._names, cells) if self._names else None


def _row(names: Sequence[str], cells: Sequence[str]) -> Row | None:
    """The numbers of a line below names; None if it is not such a line."""
    if len(cells) != len(names) or not is_number(cells[0]) or not all(
            is_number(cell) or _TIME.fullmatch(cell) or cell in ("", "+", "-", "None") for cell in cells):
        return None
    return {name: _number(cell) for name, cell in zip(names, cells, strict=True) if name and is_number(cell)}


def _number(cell: str) -> int | float:
    try:
        number = parse_number(cell)
    except OverflowError:
        number = None
    return float("nan") if number is None else number


def _cells_between_bars(text: str) -> list[str]:
    """The cells of a line of a table with bars; [] for other lines."""
    bare = text.strip()
    return [cell.strip() for cell in bare[1:-1].split("|")] if len(bare) > 1 and bare.endswith("|") else []


def _names_above(ruler: str, line: str) -> list[str]:
    """The names in the line above a ruler: each above a stretch of dashes, or between the same bars; [] if there are
    none."""
    if "|" in line:
        names = _cells_between_bars(line)
        return names if _are_names(names) and len(names) == len(re.findall(r"[-=─━═]+", ruler)) else []
    spans = [match.span() for match in re.finditer(r"[-=─━═]+", ruler)]
    if len(spans) < 2:
        return []
    names = [line[start:end].strip() for start, end in spans]
    is_whole = "".join(names).replace(" ", "") == line.replace(" ", "")
    return [_SPELT.get(name, name) for name in names] if is_whole and _are_names(names) else []


def _names_alone(line: str) -> list[list[str]]:
    """The names in a line with nothing else that begins with a step or an epoch, separated by wide gaps or by any
    blanks; [] for other lines."""
    ways = (re.split(r"\s{2,}|\t", line.strip()), line.split())
    return [names for names in ways if len(names) > 1 and is_x(names[0]) and _are_names(names)
            and len(set(names)) == len(names)]


def _are_names(names: Sequence[str]) -> bool:
    names = [_SPELT.get(name, name) for name in names]
    return len(names) > 1 and not any(map(is_number, names)) and tells_of_training(names)
