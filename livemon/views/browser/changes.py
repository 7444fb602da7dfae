"""The changes of lines, panels and rows of runs: since a version of their feed, or since what another lens shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livemon.boards.model import Line, Panel
from livemon.boards.run_row import RunRow
from livemon.views.browser.packed import Array, encoded, with_steps
from livemon.views.browser.plain import PlainPanel, look_of, named_lines, plain_run

__all__ = ["LineChanges", "PanelChanges", "RunChanges", "ShownPanel"]


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """The content of a panel at one moment.

    Attributes:
        fields: Its fields as plain data.
        lines: Its lines by name.
    """

    fields: Mapping[str, Any]
    lines: Mapping[str, Line]


class LineChanges:
    """A line of a feed, and the number of its points that each change left as they were.

    Attributes:
        line: The present line.
        version: The version that changed it last.
    """

    def __init__(self, name: str, line: Line, version: int) -> None:
        self.line = line
        self.version = self._born = version
        self._name = name
        self._look = look_of(line)
        self._kept: list[tuple[int, int]] = []  # (version, number of kept points); both only grow

    def update(self, line: Line, version: int) -> None:
        """Set the present line."""
        before, self.line = self.line, line
        if line is before:
            return
        kept, look = _common(before, line), look_of(line)
        if kept == len(line.x) == len(before.x) and look == self._look:
            return
        self.version, self._look = version, look
        while self._kept and self._kept[-1][1] >= kept:
            self._kept.pop()
        self._kept.append((version, kept))

    def since(self, version: int) -> dict[str, Any]:
        """The changes since a version: the number of points that stay, and those that follow them."""
        return self._change(0 if self._born > version else next((kept for at, kept in self._kept if at > version),
                                                                len(self.line.x)))

    def since_line(self, before: Line | None) -> dict[str, Any] | None:
        """The same since a line of another lens; None for no change."""
        if before is None:
            return self._change(0)
        kept = _common(before, self.line)
        if kept == len(self.line.x) == len(before.x) and look_of(before) == self._look:
            return None
        return self._change(kept)

    def _change(self, kept: int) -> dict[str, Any]:
        x, y = self.line.x, self.line.y
        return {"key": self._name, **self._look, "keep": kept, "x": with_steps(x[kept:]), "y": encoded(y[kept:])}


def _common(before: Line, after: Line) -> int:
    """The number of points that two lines have in common at their beginning."""
    if before.x is after.x and before.y is after.y:
        return len(after.x)
    length = min(len(before.x), len(after.x))
    differs = (_bits(before.x[:length]) != _bits(after.x[:length])) | (
        _bits(before.y[:length]) != _bits(after.y[:length]))
    return int(np.argmax(differs)) if differs.any() else length


def _bits(values: Array) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The bits of values: NaN then equals itself."""
    return np.ascontiguousarray(values, np.float64).view(np.uint64)


class PanelChanges:
    """A panel of a feed.

    Attributes:
        version: The version that changed it last.
    """

    def __init__(self, panel: Panel, version: int) -> None:
        self._panel: Panel | None = None
        self._plain = PlainPanel()
        self._fields: dict[str, tuple[int, Any]] = {}  # with the version that changed each of them last
        self._lines: dict[str, LineChanges] = {}
        self.update(panel, version)

    def update(self, panel: Panel, version: int) -> None:
        """Set the present panel."""
        if panel is self._panel:
            return
        self._panel = panel
        lines = named_lines(panel)
        for name, value in {**self._plain.of(panel), "order": list(lines)}.items():
            if name not in self._fields or self._fields[name][1] != value:
                self._fields[name] = version, value
        before, self._lines = self._lines, {}
        for name, line in lines.items():
            known = self._lines[name] = before.get(name) or LineChanges(name, line, version)
            known.update(line, version)
        self.version = max(*(changed for changed, _ in self._fields.values()),
                           *(line.version for line in self._lines.values()))

    def since(self, version: int) -> dict[str, Any]:
        """The changes since a version: fields, with the order of the lines among them, and lines."""
        new = {name: value for name, (changed, value) in self._fields.items() if changed > version}
        lines = [line.since(version) for line in self._lines.values() if line.version > version]
        return {**new, "key": self._fields["key"][1], "lines": lines}

    def shown(self) -> ShownPanel:
        """Its present content."""
        return ShownPanel({name: value for name, (_, value) in self._fields.items()},
                          {name: line.line for name, line in self._lines.items()})

    def since_panel(self, before: ShownPanel | None) -> dict[str, Any] | None:
        """The changes since a panel of another lens; None for no change."""
        if before is None:
            return self.since(0)
        new = {name: value for name, (_, value) in self._fields.items() if before.fields[name] != value}
        lines = [change for name, line in self._lines.items()
                 if (change := line.since_line(before.lines.get(name))) is not None]
        return {**new, "key": self._fields["key"][1], "lines": lines} if new or lines else None


class RunChanges:
    """The list of runs of a feed.

    Attributes:
        version: The version that changed it last.
    """

    def __init__(self) -> None:
        self.version = 0
        self._order: tuple[int, list[str]] = 0, []
        self._rows: dict[str, tuple[int, RunRow, dict[str, Any]]] = {}  # with the version that changed it last

    def update(self, rows: Sequence[RunRow], version: int) -> None:
        """Set the present rows. One that stays the same object is not looked at again."""
        before, self._rows = self._rows, {}
        for row in rows:
            known = before.get(row.name)
            if known is None or known[1] is not row:
                plain = plain_run(row)
                known = (known[0], row, plain) if known is not None and known[2] == plain else (version, row, plain)
            self._rows[row.name] = known
        if self._order[1] != (order := list(self._rows)):
            self._order = version, order
        self.version = max(self._order[0], *(changed for changed, *_ in self._rows.values()), 0)

    def since(self, version: int) -> dict[str, Any]:
        """The rows that changed since a version, and the order of all if that did."""
        rows = [plain for changed, _, plain in self._rows.values() if changed > version]
        return {"rows": rows, **({"order": self._order[1]} if self._order[0] > version else {})}

    def shown(self) -> dict[str, dict[str, Any]]:
        """The present rows by name, in their order."""
        return {name: plain for name, (*_, plain) in self._rows.items()}

    def since_rows(self, before: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
        """The changes since the rows of another lens; None for no change."""
        rows = [plain for name, (*_, plain) in self._rows.items() if before.get(name) != plain]
        order = {"order": self._order[1]} if self._order[1] != list(before) else {}
        return {"rows": rows, **order} if rows or order else None
