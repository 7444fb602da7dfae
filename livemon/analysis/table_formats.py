"""Tables for people and programs: text, Markdown, LaTeX, CSV and JSON out of one DataFrame."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from livemon import wording
from livemon.system.streams import cells_of, encodable, visible
from livemon.tables.plain import to_plain

__all__ = ["FORMATS", "fit_columns", "plain_json", "render_table", "to_csv", "to_json", "to_latex", "to_markdown",
           "to_text"]

FORMATS = ("text", "markdown", "latex", "csv", "json")
_LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
          "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}"}
Cell = tuple[int, str]  # row number, column


def render_table(frame: pd.DataFrame, form: str, best: Collection[Cell] = (), encoding: str = "utf-8") -> str:
    """The table in one of `FORMATS`. `best`: cells that are highlighted, where the format can. `encoding`: of the
    stream on which the columns of text shall stand below each other."""
    if form == "text":
        return to_text(frame, encoding)
    if form == "markdown":
        return to_markdown(frame, best)
    if form == "latex":
        return to_latex(frame, best)
    makers = {"csv": to_csv, "json": to_json}
    if form not in makers:
        raise ValueError(f"a table can be {', '.join(FORMATS)}, not {form!r}")
    return makers[form](frame)


def fit_columns(frame: pd.DataFrame, width: int, spare: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The table with as many of its columns as a text of this width (cells) holds, and the names of those left out.

    Args:
        spare: The columns that may go, the one that goes first at the front; others stay, however wide they are.
    """
    head, rows = _cells(frame)
    widths = [max(map(cells_of, column)) for column in zip(head, *rows, strict=True)]
    cells_across = dict(zip(map(str, frame), widths[1:], strict=True))
    room, left_out = width - sum(widths) - 2 * (len(widths) - 1), []
    for name in spare:
        if room < 0 and name in cells_across:
            room += cells_across[name] + 2
            left_out.append(name)
    return frame.drop(columns=left_out), left_out


def to_text(frame: pd.DataFrame, encoding: str = "utf-8") -> str:
    """Columns for a terminal: words to the left, numbers to the right. What an encoding lacks is escaped."""
    head, rows = _cells(frame)
    head, *rows = [[encodable(cell, encoding) for cell in cells] for cells in (head, *rows)]
    right = _numeric(frame)
    widths = [max(cells_of(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = []
    for cells in (head, *rows):
        padded = [" " * (width - cells_of(cell)) + cell if number else cell + " " * (width - cells_of(cell))
                  for cell, width, number in zip(cells, widths, right, strict=True)]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def to_markdown(frame: pd.DataFrame, best: Collection[Cell] = ()) -> str:
    """A Markdown table; the best cells are bold."""
    head, rows = _cells(frame)
    named = [_as_markdown(cell) for cell in head]
    lines = [f"| {' | '.join(named)} |", f"|{'|'.join('---:' if number else ':---' for number in _numeric(frame))}|"]
    for place, row in enumerate(rows):
        cells = [_as_markdown(cell) for cell in row]
        cells = [f"**{cell}**" if (place, column) in best else cell
                 for cell, column in zip(cells, ["", *map(str, frame)], strict=True)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def to_latex(frame: pd.DataFrame, best: Collection[Cell] = ()) -> str:
    """A tabular with booktabs' rules; the best cells are bold."""
    head, rows = _cells(frame)
    lines = [r"\begin{tabular}{" + "".join("r" if number else "l" for number in _numeric(frame)) + "}", r"\toprule",
             " & ".join(map(_escaped, head)) + r" \\", r"\midrule"]
    for place, row in enumerate(rows):
        cells = [rf"\textbf{{{_escaped(cell)}}}" if (place, column) in best else _escaped(cell)
                 for cell, column in zip(row, ["", *map(str, frame)], strict=True)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def to_csv(frame: pd.DataFrame) -> str:
    """Full precision, NaN as "NaN"; bytes of names that are no UTF-8 are escaped."""
    return encodable(str(frame.to_csv(na_rep="NaN")).rstrip("\n"), "utf-8")


def to_json(frame: pd.DataFrame) -> str:
    """A list of rows; NaN and infinity as texts, as JSON has none."""
    rows = frame.reset_index().to_dict("records")
    return plain_json(rows)


def plain_json(item: Any) -> str:
    """Dicts, lists, texts and numbers as JSON; NaN and infinity as texts, what else there is as it is printed."""
    return encodable(json.dumps(to_plain(item), indent=1, ensure_ascii=False), "utf-8")


def _cells(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    head = [visible(str(name)) for name in (frame.index.name or "", *frame)]
    rows = [[visible(str(index)), *(visible(_text(value)) for value in row)]
            for index, row in zip(frame.index, frame.itertuples(index=False), strict=True)]
    return head, rows


def _as_markdown(text: str) -> str:
    """A text as it is: with what Markdown would take for its own marks escaped. A "_" within a word is none."""
    return re.sub(r"[\\|`*<$~\[]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def _text(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, str) and not value):
        return "-"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return wording.number(float(value)) if not math.isnan(value) else "NaN"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    return str(value)


def _numeric(frame: pd.DataFrame) -> list[bool]:
    return [False, *(pd.api.types.is_numeric_dtype(frame[column]) and frame[column].dtype != bool for column in frame)]


def _escaped(text: str) -> str:
    text = "".join(_LATEX.get(char, char) for char in text)
    return text.replace("↑", r"$\uparrow$").replace("↓", r"$\downarrow$")
