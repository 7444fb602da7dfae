from __future__ import annotations

import re
from pathlib import Path

from livemon.boards.model import Board, Header, Panel
from livemon.reports.content import Paragraph, Picture, Report, Section
from livemon.reports.pdf import save_pdf


def test_bookmarks_and_pages_of_one_height(tmp_path: Path) -> None:
    """The contents are bookmarks in the order of the sections, each leads to its page, and all pages have one size; the
    table of objects leads to each object."""
    board = Board("run", Header("run", ""), (Panel("p", "p", (0.0, 1.0), (0.0, 1.0), message="nothing"),))
    sections = (Section("a", "Über", (Paragraph("text"),)), Section("b", "B", (Picture(board, ""),)))
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
