from __future__ import annotations

import re
from pathlib import Path

from livemon.boards.model import Board, Header, Panel
from livemon.reports.content import Lines, Paragraph, Picture, Report, Section, Tabular
from livemon.reports.pdf import save_pdf


def board(panels: int) -> Board:
    made = tuple(Panel(str(n), f"metric {n}", (0.0, 1.0), (0.0, 1.0), message="nothing") for n in range(panels))
    return Board("run", Header("run", "finished"), made)


def pages(path: Path) -> int:
    counts = re.findall(rb"/Type /Pages\b.*?/Count (\d+)", path.read_bytes(), re.DOTALL)
    assert len(counts) == 1
    return int(counts[0])


def test_a_short_report(tmp_path: Path) -> None:
    """Texts and tables share a page, a board has its own."""
    blocks = (Paragraph("text"), Tabular(("a",), (("1",),), (True,)), Lines("printed", ("one", "two")))
    made = Report("title", ("lead",), "good", (Section("a", "A", blocks), Section("b", "B", (Picture(board(3), ""),))),
                  "now")
    assert pages(save_pdf(made, tmp_path / "r.pdf")) == 3


def test_long_tables_and_many_panels_go_on(tmp_path: Path) -> None:
    """A table of 200 rows and 40 panels need several pages; nothing is cut."""
    table = Tabular(("name", "value"), tuple((f"row {n} " + "x" * 300, str(n)) for n in range(200)), (False, True))
    sections = (Section("a", "A", (table,)), Section("b", "B", (Picture(board(40), ""),)))
    made = Report("title", (), "plain", sections, "now")
    assert pages(save_pdf(made, tmp_path / "r.pdf")) > 10


def test_any_sign_can_be_written(tmp_path: Path) -> None:
    """Signs that no font has, mathematics and line breaks end nothing."""
    text = "$\\frac{1}{2}$ \n\t 漢字 \u202e \U0001f600 " + chr(0)
    made = Report(text, (text,), "critical", (Section("a", text, (Paragraph(text), Lines(text, (text,)))),), text)
    assert pages(save_pdf(made, tmp_path / "r.pdf")) == 1
