"""A board as plain data for a page: what changes rarely as JSON, the points of lines as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from livemon.boards.lens.json_form import plain as plain_lens
from livemon.boards.model import Board, Line, Panel
from livemon.boards.run_row import RunRow
from livemon.views.browser.packed import encoded

__all__ = ["PlainPanel", "look_of", "named_lines", "plain_panel", "plain_parts", "plain_run"]


def plain_parts(board: Board) -> dict[str, Any]:
    """Everything of a board except its panels and its list of runs, by name."""
    header = board.header
    return {
        "title": board.title,
        "header": {**_plain(header), "standing": header.standing, "line": header.line()},
        "headline": board.headline,
        "summary": [_plain(row) for row in board.summary],
        "summaryLeftOut": board.summary_left_out,
        "config": board.config,
        "notices": [_plain(notice) for notice in board.notices],
        "axes": {"has": board.axes, "kind": board.x_kind, "unit": board.x_unit, "whole": board.x_whole},
        "grid": {"columns": board.columns, "leftOut": board.left_out, "hint": board.hint},
        "rulers": [_plain(ruler) for ruler in board.rulers],
        "events": [_plain(event) for event in board.events],
        "settings": {"of": board.settings_of, "rows": [_plain(row) for row in board.settings]},
        "labels": board.labels,
        "lens": {} if board.lens is None else plain_lens(board.lens),
    }


def plain_run(row: RunRow) -> dict[str, Any]:
    """A row of the list of runs, with its words."""
    return {**_plain(row), "standing": row.standing, "progress": row.progress, "left": row.left, "arrow": row.arrow,
            "lastText": row.last_text, "bestText": row.best_text, "ageText": row.age_text, "severity": row.severity}


class PlainPanel:
    """Everything of a panel except its lines, as plain data. A value that stays the same object is not made again: of
    hundreds of rows, a new point changes one."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}  # id of a value -> the value, and its plain data

    def of(self, panel: Panel) -> dict[str, Any]:
        """The present panel, by the names of its fields."""
        kept: dict[int, tuple[Any, Any]] = {}

        def plain_item(item: Any) -> Any:
            known = kept[id(item)] = self._known.get(id(item)) or (item, _plain(item))
            return known[1]

        made = {name: [plain_item(item) for item in value] if name in _ITEMS else _plain(value)
                for name, value in ((name, getattr(panel, name)) for name in _PANEL)}
        self._known = kept
        return made


def plain_panel(panel: Panel) -> dict[str, Any]:
    """The same for a panel that is shown once."""
    return PlainPanel().of(panel)


def named_lines(panel: Panel) -> dict[str, Line]:
    """The lines of a panel by names of their own, in their order."""
    seen: dict[tuple[str, ...], int] = {}
    named = {}
    for line in panel.lines:
        key = (line.kind, line.run, line.metric)
        number = seen[key] = seen.get(key, -1) + 1
        named["|".join((line.kind, str(number), *key[1:]))] = line
    return named


def look_of(line: Line) -> dict[str, Any]:
    """All of a line but its points."""
    return {name: getattr(line, name) for name in _LOOK}


_PANEL = [field.name for field in fields(Panel) if field.name != "lines"]
_ITEMS = ("marks", "rows")
_LOOK = [field.name for field in fields(Line) if field.name not in ("x", "y")]


def _plain(value: Any) -> Any:
    """Any value of a board; a number that is not finite becomes null, and an array text, see `encoded`."""
    if isinstance(value, np.ndarray):
        return encoded(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
