"""Tables for people and programs: text, Markdown, LaTeX, CSV and JSON from one DataFrame."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from livemon import wording
from livemon.system.streams import cells_of, encodable, visible
from livemon.tables.maths import parts_of
from livemon.tables.plain import to_plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cell", "FORMATS", "as_markdown", "fit_columns", "numeric_columns", "plain_json", "render_table", "texts_of",
           "to_csv", "to_json", "to_latex", "to_latex_comment", "to_markdown", "to_text", "with_blanks"]

FORMATS = ("text", "markdown", "latex", "csv", "json")
_LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
          "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
          "↑": r"$\uparrow$", "↓": r"$\downarrow$", "±": r"$\pm$", "Δ": r"$\Delta$"}
_HEADS = {"p": "$p$", "p_holm": r"$p_{\mathrm{Holm}}$"}  # for columns of tests
Cell = tuple[int, str]  # row number, column
_NO_VALUE = ("-", "NaN", "inf", "-inf")
_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?(?:e-?\d+)?[kMG]?|NaN|inf)"
# A value with a spread or a number of runs, split before its decimal point: "-0" and ".123 [-0.1, 0.2] (n = 3)".
_VALUE = re.compile(rf"(-?\d[\d,]*)((?:\.\d+)?(?:e-?\d+)?[kMG]?(?: ± {_NUMBER}| \[-?{_NUMBER}, -?{_NUMBER}\])?"
                    r"(?: \(n = \d+(?: of \d+)?\))?)")


def render_table(frame: pd.DataFrame, form: str, best: Collection[Cell] = (), encoding: str = "utf-8") -> str:
    """The table in one of `FORMATS`. `best`: cells to highlight, if the format can. `encoding`: the encoding of the
    stream, for the alignment of text columns."""
    if form == "text":
        return to_text(frame, encoding, best)
    if form == "markdown":
        return to_markdown(frame, best)
    if form == "latex":
        return to_latex(frame, best)
    makers = {"csv": to_csv, "json": to_json}
    if form not in makers:
        raise ValueError(f"a table can be {', '.join(FORMATS)}, not {form!r}")
    return makers[form](frame)


def fit_columns(frame: pd.DataFrame, width: int, spare: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The table with as many columns as fit into a text of this width (cells), and the names of those left out.

    Args:
        spare: The columns that may be dropped, in this order; others stay, however wide.
    """
    head, rows = texts_of(frame)
    widths = [max(map(cells_of, column)) for column in zip(head, *rows, strict=True)]
    cells_across = dict(zip(map(str, frame), widths[1:], strict=True))
    room, left_out = width - sum(widths) - 2 * (len(widths) - 1), []
    for name in spare:
        if room < 0 and name in cells_across:
            room += cells_across[name] + 2
            left_out.append(name)
    return frame.drop(columns=left_out), left_out


def to_text(frame: pd.DataFrame, encoding: str = "utf-8", best: Collection[Cell] = ()) -> str:
    """Columns for a terminal: words left-aligned, numbers right-aligned, values with a spread aligned at the decimal
    point. Characters that the encoding lacks are escaped. The best cells of text columns end with a star."""
    head, rows = texts_of(frame)
    right = numeric_columns(frame)
    for at_column, (name, number) in enumerate(zip(["", *map(str, frame)], right, strict=True)):
        if not number and at_column:
            texts = _below_each_other([row[at_column] for row in rows])
            for at, (row, text) in enumerate(zip(rows, texts, strict=True)):
                row[at_column] = f"{text}*" if (at, name) in best else text
    head, *rows = [[encodable(cell, encoding) for cell in cells] for cells in (head, *rows)]
    widths = [max(cells_of(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = []
    for cells in (head, *rows):
        padded = [" " * (width - cells_of(cell)) + cell if number else cell + " " * (width - cells_of(cell))
                  for cell, width, number in zip(cells, widths, right, strict=True)]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def to_markdown(frame: pd.DataFrame, best: Collection[Cell] = ()) -> str:
    """A Markdown table; the best cells are bold."""
    head, rows = texts_of(frame)
    named = [as_markdown(cell) for cell in head]
    signs = "|".join("---:" if number else ":---" for number in numeric_columns(frame))
    lines = [f"| {' | '.join(named)} |", f"|{signs}|"]
    for row_number, row in enumerate(rows):
        cells = [as_markdown(cell) for cell in row]
        cells = [f"**{cell}**" if (row_number, column) in best else cell
                 for cell, column in zip(cells, ["", *map(str, frame)], strict=True)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def to_latex(frame: pd.DataFrame, best: Collection[Cell] = ()) -> str:
    """A tabular with booktabs' rules: numbers are aligned at the decimal point by two columns without a space between
    them, which needs no further package; minus signs are typographic; the best cells are bold."""
    head, rows = texts_of(frame)
    columns = list(zip(*rows, strict=True)) or [()] * len(head)
    split = [_split_at_points(column) if index else None for index, column in enumerate(columns)]
    spec = "".join("l" if parts is None else "r@{}l" if any(rest for _, rest in parts) else "r" for parts in split)
    wide = [parts is not None and any(rest for _, rest in parts) for parts in split]
    names = [_HEADS.get(name) or _escaped(name) for name in head]
    lines = [rf"\begin{{tabular}}{{{spec}}}", r"\toprule",
             " & ".join(rf"\multicolumn{{2}}{{c}}{{{name}}}" if two else name
                        for name, two in zip(names, wide, strict=True)) + r" \\", r"\midrule"]
    for row_number, row in enumerate(rows):
        cells = [_latex_cell(cell, None if parts is None else parts[row_number], two, (row_number, column) in best)
                 for cell, parts, two, column in zip(row, split, wide, ["", *map(str, frame)], strict=True)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _latex_cell(cell: str, parts: tuple[str, str] | None, wide: bool, bold: bool) -> str:
    def set_in(text: str) -> str:
        return rf"\textbf{{{text}}}" if bold and text else text

    if parts is None:
        return set_in(_escaped(cell))
    if cell in _NO_VALUE:
        text = "--" if cell == "-" else _latex_value(cell)
        return rf"\multicolumn{{2}}{{c}}{{{text}}}" if wide else text
    whole, rest = (set_in(_latex_value(part)) for part in parts)
    return f"{whole} & {rest}" if wide else whole


def _latex_value(text: str) -> str:
    """A value with its spread: with a typographic minus sign and powers of ten."""
    text = re.sub(r"e(-?\d+)", r"$\\times10^{\1}$", text)
    text = re.sub(r"(?<![\w{])-(?=[\d.]|inf)", "$-$", text)
    return text.replace("%", r"\%").replace("±", r"$\pm$")


def _split_at_points(cells: Sequence[str]) -> list[tuple[str, str]] | None:
    """Each cell split before its decimal point; None for a column without values."""
    parts = []
    for cell in cells:
        if cell in _NO_VALUE:
            parts.append(("", ""))
        elif match := _VALUE.fullmatch(cell):
            parts.append((match[1], match[2] or ""))
        else:
            return None
    return parts if any(whole for whole, _ in parts) else None


def _below_each_other(cells: Sequence[str]) -> list[str]:
    """The cells of a column of values, aligned at their decimal points; other cells unchanged."""
    parts = _split_at_points(cells)
    if parts is None:
        return list(cells)
    widest = max(len(whole) for whole, _ in parts)
    return [" " * (widest - len(whole)) + cell if whole else cell
            for cell, (whole, _) in zip(cells, parts, strict=True)]


def to_csv(frame: pd.DataFrame) -> str:
    """Full precision, NaN as "NaN", a cell without a value empty; bytes of names that are not valid UTF-8 are
    escaped."""
    import pandas as pd

    blank = frame.apply(lambda column: column.map(lambda cell: "" if cell is None or cell is pd.NA else cell)
                        if column.dtype == object else column) if len(frame) else frame
    return encodable(str(blank.to_csv(na_rep="NaN")).rstrip("\n"), "utf-8")


def with_blanks(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The table with None instead of NaN in these columns (None: all), where NaN means a missing number."""
    import pandas as pd

    names = map(str, frame) if columns is None else columns
    blank = {name: np.array([None if pd.isna(value) else value for value in frame[name]] or [None], object)[:len(frame)]
             for name in names if name in frame and frame[name].isna().any()}
    return frame.assign(**blank)


def to_json(frame: pd.DataFrame) -> str:
    """A list of rows; NaN and infinity as strings, because JSON has none."""
    rows = frame.reset_index().to_dict("records")
    return plain_json(rows)


def plain_json(item: Any) -> str:
    """Dicts, lists, strings and numbers as JSON; NaN and infinity as strings, other objects by `str`."""
    return encodable(json.dumps(to_plain(item), indent=1, ensure_ascii=False), "utf-8")


def texts_of(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """The names of the columns and the cells of each row as texts for people, the index before them."""
    head = [visible(str(name)) for name in (frame.index.name or "", *frame)]
    rows = [[visible(str(index)), *(visible(_text(value)) for value in row)]
            for index, row in zip(frame.index, frame.itertuples(index=False), strict=True)]
    return head, rows


def as_markdown(text: str) -> str:
    """A text with the characters escaped that Markdown would interpret. A "_" within a word is harmless."""
    return re.sub(r"[\\|`*<$~\[]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def _text(value: Any) -> str:
    import pandas as pd

    if value is None or value is pd.NA or (isinstance(value, str) and not value):
        return "-"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return wording.number(float(value)) if not math.isnan(value) else "NaN"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    return str(value)


def numeric_columns(frame: pd.DataFrame) -> list[bool]:
    """For each column whether it is numeric; the index, which comes first, is not."""
    return [False, *(_is_of_numbers(frame[column]) for column in frame)]


def _is_of_numbers(column: pd.Series) -> bool:
    """Whether a column has numbers, possibly with empty cells among them."""
    import pandas as pd

    if column.dtype != object:
        return pd.api.types.is_numeric_dtype(column) and column.dtype != bool
    cells = [cell for cell in column if cell is not None]
    return bool(cells) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells)


def to_latex_comment(text: str) -> str:
    """A sentence as a commented-out LaTeX caption: remove the comment sign to use it."""
    return rf"% \caption{{{_escaped(text).replace(_escaped('p_holm'), _HEADS['p_holm'])}}}"


def _escaped(text: str) -> str:
    """A text escaped for LaTeX; formulas in names given by the user are kept."""
    return "".join(part if is_formula else "".join(_LATEX.get(char, char) for char in part)
                   for part, is_formula in parts_of(text))
