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
    return len(re.findall(rb"/Type /Page\b(?!s)", path.read_bytes()))


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


def test_bookmarks_and_pages_of_one_height(tmp_path: Path) -> None:
    """The contents are bookmarks in the order of the sections, each leads to its page, and all pages have one size; the
    table of objects leads to each object."""
    sections = (Section("a", "Über", (Paragraph("text"),)), Section("b", "B", (Picture(board(3), ""),)))
    content = save_pdf(Report("title", ("lead",), "good", sections, "now"), tmp_path / "r.pdf").read_bytes()
    titles = [bytes.fromhex(title.decode()).decode("utf-16") for title in re.findall(rb"/Title <([0-9a-f]+)>", content)]
    assert titles == ["Über", "B"]
    table = content[int(re.findall(rb"startxref\s+(\d+)", content)[-1]) :]
    objects: dict[int, bytes] = {}
    for number, at in re.findall(rb"(\d+) 1\n(\d{10}) 00000 n", table):
        assert content[int(at) :].startswith(number + b" 0 obj")
        objects[int(number)] = content[int(at) :].partition(b"endobj")[0]
    boxes = [box for text in objects.values() for box in re.findall(rb"/MediaBox \[ ([-\d.]+) ([-\d.]+)", text)]
    assert len(boxes) == 1 and float(boxes[0][1]) < 0  # the board's
    kids = re.search(rb"/Kids \[([^\]]*)\]", content)
    assert kids is not None
    dests = [number for text in objects.values() for number in re.findall(rb"/Dest \[(\d+) 0 R", text)]
    assert dests == re.findall(rb"(\d+) 0 R", kids[1])[:2]
    assert sum(b"/Outlines" in text for text in objects.values()) == 2  # the catalog, and they
