"""A report as a PDF: a first page with what happened and the contents, then pages of texts, tables and plots. The
contents are also bookmarks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from livemon.boards.model import Board
from livemon.reports.content import Lines, Paragraph, Picture, Report, Section, Tabular, Tone
from livemon.reports.pdf_bookmarks import with_bookmarks
from livemon.system.atomic import replacing
from livemon.views.mpl.picture import natural_size, render
from livemon.views.mpl.text import font_of, printable, text_width
from livemon.views.style import Theme, colours, context

__all__ = ["save_pdf"]

_WIDTH, _HEIGHT = 14.0, 9.9  # inches: as wide as plots, with the proportions of A4
_EDGE = 0.7  # inches
_LEFT, _RIGHT, _TOP, _BOTTOM = (72 * inches for inches in (_EDGE, _WIDTH - _EDGE, _HEIGHT - _EDGE, _EDGE))
_TEXT, _TABLE, _HEAD, _TITLE = 12.0, 10.0, 19.0, 26.0  # points
_LINE = 1.4  # the height of a line, in font sizes
_GAP = 14.0  # points between columns
_LEAST_COLUMN = 60.0
_THEME: Theme = "light"  # for paper


@dataclass(frozen=True, slots=True)
class _Word:
    """A line of text on a page: its beginning (points from the left and the bottom), and its look."""

    x: float
    y: float
    text: str
    size: float
    colour: str = "text"
    bold: bool = False
    mono: bool = False
    to_right: bool = False


@dataclass(slots=True)
class _Page:
    """A page of texts, with rules across it; or a board."""

    words: list[_Word] = field(default_factory=list)
    rules: list[tuple[float, float, float]] = field(default_factory=list)  # y, from x, to x
    board: Board | None = None


def save_pdf(report: Report, path: Path) -> Path:
    """Write a report.

    Raises:
        OSError: It cannot be written; an earlier file stays.
    """
    pages, starts = _laid_out(report)
    about = {"Title": printable(report.title), "Creator": "livemon"}
    content = io.BytesIO()  # on a full disk matplotlib would raise another error when closing the file
    with context(_THEME), PdfPages(content, metadata=about) as pdf:
        for number, page in enumerate(pages, 1):
            figure = _text_figure(page) if page.board is None else render(page.board, _THEME)
            _number(figure, number, len(pages))
            pdf.savefig(figure)
    bookmarks = [(printable(section.title), starts[section.key]) for section in report.sections]
    with replacing(path) as file:
        file.write(with_bookmarks(content.getvalue(), bookmarks, _HEIGHT * 72))
    return path


# What stands where ----------------------------------------------------------------------------------------------------


class _Flow:
    """Places texts and tables below each other, on as many pages as needed."""

    def __init__(self) -> None:
        self.pages: list[_Page] = []
        self.starts: dict[str, int] = {}  # key of a section -> its page, from 0
        self._y = 0.0

    def turn(self) -> None:
        """Begin a new page."""
        self.pages.append(_Page())
        self._y = _TOP

    def need(self, height: float) -> None:
        """Begin a new page if there is not enough room."""
        if not self.pages or self.pages[-1].board is not None or self._y - height < _BOTTOM:
            self.turn()

    def skip(self, height: float) -> None:
        """Leave some space."""
        self._y -= height

    def line(self, text: str, size: float, *, colour: str = "text", bold: bool = False, mono: bool = False) -> None:
        """A line of text on the left."""
        self.need(size * _LINE)
        self._y -= size * _LINE
        self.pages[-1].words.append(_Word(_LEFT, self._y, text, size, colour, bold, mono))

    def paragraph(self, text: str, size: float = _TEXT, *, colour: str = "text", bold: bool = False) -> None:
        """A text as wide as the page."""
        for line in _wrapped(text, _RIGHT - _LEFT, size, bold=bold):
            self.line(line, size, colour=colour, bold=bold)
        self.skip(0.5 * size)

    def picture(self, board: Board) -> None:
        """A board, on separate pages."""
        self.pages += [_Page(board=part) for part in _paged(board)]

    def table(self, table: Tabular) -> None:
        """A table; its head is repeated on each page."""
        if table.title:
            self.need(6 * _TABLE * _LINE)
            self.paragraph(table.title, bold=True)
        if table.rows:
            self._rows(table)
        if table.caption:
            self.paragraph(table.caption, _TABLE, colour="muted")
        self.skip(_TABLE)

    def _rows(self, table: Tabular) -> None:
        columns = [[head, *cells] for head, cells in zip(table.head, zip(*table.rows, strict=True), strict=True)]
        widths = _column_widths(columns)
        head_lines = [_wrapped(cell, width, _TABLE, bold=True) for cell, width in zip(table.head, widths, strict=True)]
        self.need((max(map(len, head_lines)) + 2) * _TABLE * _LINE)
        self._row(head_lines, widths, table.to_right, bold=frozenset(range(len(widths))))
        for index, row in enumerate(table.rows):
            bold = frozenset(column for column in range(len(row)) if (index, column) in table.best)
            cells = [_wrapped(cell, width, _TABLE, bold=column in bold)
                     for column, (cell, width) in enumerate(zip(row, widths, strict=True))]
            if self._y - max(map(len, cells)) * _TABLE * _LINE < _BOTTOM:
                self.turn()
                self._row(head_lines, widths, table.to_right, bold=frozenset(range(len(widths))))
            self._row(cells, widths, table.to_right, bold=bold)

    def _row(self, cells: Sequence[Sequence[str]], widths: Sequence[float], to_right: Sequence[bool],
             bold: frozenset[int]) -> None:
        page = self.pages[-1]
        x = _LEFT
        for column, (lines, width) in enumerate(zip(cells, widths, strict=True)):
            for number, line in enumerate(lines, 1):
                at = x + width if to_right[column] else x
                page.words.append(_Word(at, self._y - number * _TABLE * _LINE, line, _TABLE, bold=column in bold,
                                        to_right=to_right[column]))
            x += width + _GAP
        self._y -= max(1, *map(len, cells)) * _TABLE * _LINE
        page.rules.append((self._y - 0.3 * _TABLE, _LEFT, min(x - _GAP, _RIGHT)))
        self.skip(0.35 * _TABLE)


def _laid_out(report: Report) -> tuple[list[_Page], dict[str, int]]:
    """All pages, beginning with what happened and the contents; and the page of each section, from 0."""
    flow = _Flow()
    _put_front(flow, report)
    contents = flow.pages[0].words[-len(report.sections) :]
    for section in report.sections:
        _put_section(flow, section)
    flow.skip(2 * _TEXT)
    flow.paragraph(report.made, _TABLE, colour="muted")
    flow.pages[0].words += [
        replace(word, x=_LEFT + 260.0, text=str(flow.starts[section.key] + 1), to_right=True)
        for word, section in zip(contents, report.sections, strict=True)]
    return flow.pages, flow.starts


def _put_section(flow: _Flow, section: Section) -> None:
    first = section.blocks[0] if section.blocks else None
    if isinstance(first, Picture):  # its title is the board's own
        flow.starts[section.key] = len(flow.pages)
    else:
        flow.need(9 * _TEXT * _LINE)
        flow.starts[section.key] = len(flow.pages) - 1
        flow.skip(0.4 * _HEAD)
        flow.line(printable(section.title), _HEAD, bold=True)
        flow.skip(0.6 * _TEXT)
    for block in section.blocks:
        if isinstance(block, Paragraph):
            flow.paragraph(block.text, colour=_colour_of(block.tone))
        elif isinstance(block, Lines):
            flow.paragraph(f"{block.title}:")
            for line in block.lines:
                for part in _wrapped(line, _RIGHT - _LEFT, _TABLE, mono=True):
                    flow.line(part, _TABLE, mono=True)
            flow.skip(_TEXT)
        elif isinstance(block, Tabular):
            flow.table(block)
        else:
            flow.picture(block.board)


def _put_front(flow: _Flow, report: Report) -> None:
    flow.turn()
    for line in _wrapped(report.title, _RIGHT - _LEFT, _TITLE, bold=True)[:3]:
        flow.line(line, _TITLE, bold=True)
    flow.skip(_TEXT)
    for index, sentence in enumerate(report.lead):
        last = index == len(report.lead) - 1
        flow.paragraph(sentence, 14.0, colour=_colour_of(report.tone) if last else "text")
    flow.skip(_TEXT)
    flow.line("Contents", _HEAD, bold=True)
    flow.skip(0.5 * _TEXT)
    for section in report.sections:
        flow.line(printable(section.title), _TEXT)


def _colour_of(tone: Tone) -> str:
    return {"plain": "text", "good": "good", "warning": "idle", "critical": "warning"}[tone]


def _paged(board: Board) -> Iterator[Board]:
    """The board in parts, each with as many complete rows of panels as fit on a page."""
    rest, part = _rows_of(board), board
    number = 0
    while rest:
        count = 1
        head = part if number == 0 else replace(
            board, summary=(), config=(), headline=None, notices=(), title=f"{board.title} (continued)", left_out=0)
        while count < len(rest) and natural_size(_with_rows(head, rest[: count + 1]))[1] <= _HEIGHT - 0.3:
            count += 1
        yield replace(_with_rows(head, rest[:count]), left_out=0 if rest[count:] else board.left_out)
        rest, number = rest[count:], number + 1


def _with_rows(board: Board, rows: Sequence[Sequence[int]]) -> Board:
    return replace(board, panels=tuple(board.panels[index] for row in rows for index in row))


def _rows_of(board: Board) -> list[list[int]]:
    """The panels of each row. The summary follows the first panel."""
    rows: list[list[int]] = []
    free = 0
    for index, panel in enumerate(board.panels):
        if panel.span > free or not rows:
            rows.append([])
            free = board.columns
        rows[-1].append(index)
        free -= panel.span + (index == 0 and bool(board.summary or board.config))
    return rows


def _column_widths(columns: Sequence[Sequence[str]]) -> list[float]:
    """The widths of the cells; if the sum is too large, the widest columns become narrower."""
    wanted = [max(text_width(printable(cell), _TABLE, bold=True) for cell in column) + 1.0 for column in columns]
    room = _RIGHT - _LEFT - _GAP * (len(columns) - 1)
    if sum(wanted) <= room:
        return wanted
    most = max(wanted)
    while most > _LEAST_COLUMN and sum(min(width, most) for width in wanted) > room:
        most *= 0.97
    return [min(width, most) for width in wanted]


def _wrapped(text: str, width: float, size: float, *, bold: bool = False, mono: bool = False) -> list[str]:
    """The text wrapped to a width in points; words wider than a line are broken."""
    lines = [""]
    text = printable(text)
    mono = mono and text.isascii()  # its font has few other characters
    for word in text.split(" ") if not mono else [text]:
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if text_width(longer, size, bold=bold, mono=mono) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for part in re.findall(r"[^_/.=-]*[_/.=-]?", word):  # break long names after their separators if possible
            if lines[-1] and text_width(lines[-1] + part, size, bold=bold, mono=mono) > width:
                lines.append("")
            for char in part:
                if lines[-1] and text_width(lines[-1] + char, size, bold=bold, mono=mono) > width:
                    lines.append("")
                lines[-1] += char
    return lines


# What is drawn --------------------------------------------------------------------------------------------------------


def _text_figure(page: _Page) -> Figure:
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    FigureCanvasAgg(figure)
    named = colours(_THEME)
    for y, left, right in page.rules:
        figure.add_artist(Line2D([left / (72 * _WIDTH), right / (72 * _WIDTH)], [y / (72 * _HEIGHT)] * 2,
                                 color=named["grid"], linewidth=0.8))
    for word in page.words:
        mono = word.mono and word.text.isascii()
        families, weight = font_of(word.text, mono=mono, bold=word.bold)
        figure.text(word.x / (72 * _WIDTH), word.y / (72 * _HEIGHT), word.text, fontsize=word.size,
                    color=named[word.colour], family=families, weight=weight, parse_math=False,
                    horizontalalignment="right" if word.to_right else "left", verticalalignment="baseline")
    return figure


def _number(figure: Figure, number: int, count: int) -> None:
    """Put the number of the page at its lower right corner, below a figure that is lower than the page."""
    height = figure.get_figheight()
    figure.text(1 - 0.15 / _WIDTH, (min(0.0, height - _HEIGHT) + 0.08) / height, f"{number} / {count}", fontsize=8.0,
                color=colours(_THEME)["muted"], horizontalalignment="right")
