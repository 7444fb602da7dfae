"""A report as plain data: sections of texts, tables and pictures. No file format, no colours, nothing left to read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from livemon.analysis.table_formats import Cell, numeric_columns, texts_of
from livemon.boards.model import Board

__all__ = ["Block", "Lines", "Paragraph", "Picture", "Report", "Section", "Tabular", "shortened", "table_of"]

Tone = Literal["plain", "good", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text. `tone`: its meaning for the run."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines as printed by a program, which `title` names."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tabular:
    """A table whose cells are texts.

    Attributes:
        head: The names of the columns.
        rows: Each as long as the head.
        to_right: For each column whether it is numeric.
        best: The cells to highlight: row, column.
        caption: What readers must know; "" for nothing.
        title: The title; "" if the section's title is enough.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    to_right: tuple[bool, ...]
    best: frozenset[tuple[int, int]] = frozenset()
    caption: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A board. `words` describe it for readers who see no pictures."""

    board: Board
    words: str


Block = Paragraph | Lines | Tabular | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `key` is its anchor in the file."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        title: The run's name, or the number of compared runs.
        lead: What happened, in sentences: the first part that people read, and often the last.
        tone: How it went.
        sections: The sections, in reading order.
        made: The time and the version of livemon, in words.
        again: The command and the Python code that draw its curves again; "" for none.
    """

    title: str
    lead: tuple[str, ...]
    tone: Tone
    sections: tuple[Section, ...]
    made: str
    again: tuple[str, str] = ("", "")

    @property
    def pictures(self) -> list[Picture]:
        """All pictures, in order."""
        return [block for section in self.sections for block in section.blocks if isinstance(block, Picture)]


def table_of(frame: pd.DataFrame, caption: str = "", best: Collection[Cell] = (), title: str = "", *,
             most: int | None = None) -> Tabular:
    """A DataFrame as a table.

    Args:
        frame: The table; its index is the first column.
        caption, title: See `Tabular`.
        best: Cells to highlight: row, name of the column.
        most: The largest number of rows; the caption gives the number of all.
    """
    head, rows = texts_of(frame)
    columns = ["", *map(str, frame)]
    marked = frozenset((row, columns.index(column)) for row, column in best if column in columns)
    table = Tabular(tuple(head), tuple(map(tuple, rows)), tuple(numeric_columns(frame)), marked, caption, title)
    return table if most is None else shortened(table, most)


def shortened(table: Tabular, most: int) -> Tabular:
    """The first rows of the table; its caption gives the number of all."""
    if len(table.rows) <= most:
        return table
    caption = f"the first {most:,} of {len(table.rows):,} rows" + (f"; {table.caption}" if table.caption else "")
    best = frozenset(cell for cell in table.best if cell[0] < most)
    return Tabular(table.head, table.rows[:most], table.to_right, best, caption, table.title)
