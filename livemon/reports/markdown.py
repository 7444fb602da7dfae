"""A report as Markdown, with its pictures beside it: for an issue, a wiki or a README."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from urllib.parse import quote

from livemon.analysis.table_formats import as_markdown
from livemon.reports.content import Block, Lines, Paragraph, Picture, Report, Tabular
from livemon.system.atomic import encoded, replacing
from livemon.views.mpl.picture import picture_bytes, render
from livemon.views.style import Theme

__all__ = ["save_markdown"]

_DPI = 110
_SIGNS = {"plain": "", "good": "✓ ", "warning": "⚠ ", "critical": "✗ "}


def save_markdown(report: Report, path: Path, style: Theme = "light") -> list[Path]:
    """Write a report and its pictures, all of them or none. Returns the paths, the report's first.

    Raises:
        OSError: A file cannot be written.
    """
    names = [f"{path.stem}-{number}.png" for number in range(1, len(report.pictures) + 1)]
    contents = {path.parent / name: picture_bytes(render(picture.board, style), "png", _DPI, style)
                for name, picture in zip(names, report.pictures, strict=True)}
    text = encoded(_text(report, names))
    with contextlib.ExitStack() as stack:  # each is moved into place after all have been written; the report last
        files = {target: stack.enter_context(replacing(target)) for target in (path, *contents)}
        files[path].write(text)
        for target, content in contents.items():
            files[target].write(content)
        for file in files.values():
            file.flush()
    return [path, *contents]


def _text(report: Report, names: list[str]) -> str:
    out = io.StringIO()
    out.write(f"# {_plain(report.title)}\n\n")
    for sentence in report.lead:
        out.write(f"{_plain(sentence)}\n\n")
    pictures = iter(names)
    for section in report.sections:
        out.write(f"## {_plain(section.title)}\n\n")
        for block in section.blocks:
            out.write(f"{_block(block, pictures)}\n\n")
    out.write(f"---\n{_plain(report.made)}\n")
    return out.getvalue()


def _block(block: Block, pictures: object) -> str:
    if isinstance(block, Paragraph):
        return _SIGNS[block.tone] + _plain(block.text)
    if isinstance(block, Lines):
        fence = "`" * max(3, *(len(run) + 1 for line in block.lines for run in re.findall("`+", line)), 3)
        return f"{_plain(block.title)}:\n\n{fence}text\n" + "\n".join(block.lines) + f"\n{fence}"
    if isinstance(block, Picture):
        assert hasattr(pictures, "__next__")
        return f"![{_plain(block.words)}]({quote(next(pictures))})"
    return _table(block)


def _table(table: Tabular) -> str:
    lines = [f"**{_plain(table.title)}**\n"] if table.title else []
    if table.rows:
        lines.append(f"| {' | '.join(map(_cell, table.head))} |")
        lines.append(f"|{'|'.join('---:' if number else ':---' for number in table.to_right)}|")
    for index, row in enumerate(table.rows):
        cells = [f"**{_cell(cell)}**" if (index, column) in table.best else _cell(cell)
                 for column, cell in enumerate(row)]
        lines.append(f"| {' | '.join(cells)} |")
    if table.caption:
        lines += [*([""] if table.rows else []), _plain(table.caption)]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """The text escaped and on one line: nothing in it is Markdown or HTML."""
    return as_markdown(" ".join(text.split())).replace("]", r"\]").replace("&", r"\&") or " "


def _plain(text: str) -> str:
    """The same at the beginning of a line."""
    return re.sub(r"^(\d*)([#>+=-]|(?<=\d)[.)])(?!\d)", r"\1\\\2", _cell(text))
