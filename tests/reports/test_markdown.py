from __future__ import annotations

from pathlib import Path

import pytest

from livemon.boards.model import Board, Header, Panel
from livemon.reports.content import Lines, Paragraph, Picture, Report, Section, Tabular
from livemon.reports.markdown import save_markdown

BOARD = Board("run", Header("run", "finished"), (Panel("a", "loss", (0.0, 1.0), (0.0, 1.0), message="nothing"),))
HOSTILE = "<img src=x onerror=alert(1)> | [a](javascript:b) `x` *y* # z"


def report(text: str = "fine") -> Report:
    table = Tabular(("a", "b"), ((text, "1"), ("", "2")), (False, True), frozenset({(0, 1)}), "small")
    blocks = (Paragraph(text, "warning"), table,
              Lines("printed", ("```", text)), Picture(BOARD, text))
    return Report(text, (text,), "plain", (Section("s", "Part", blocks),), "now")


def test_it_has_pictures_beside_it(tmp_path: Path) -> None:
    """The pictures lie beside the text, are named after it, and the text refers to them by relative names."""
    paths = save_markdown(report(), tmp_path / "my report.md")
    assert [path.name for path in paths] == ["my report.md", "my report-1.png"]
    text = paths[0].read_text("utf-8")
    assert text.startswith("# fine\n") and "](my%20report-1.png)" in text
    assert "| a | b |\n|:---|---:|\n| fine | **1** |\n|   | 2 |\n\nsmall" in text and "⚠ fine" in text
    assert paths[1].read_bytes().startswith(b"\x89PNG")


def test_names_are_no_markdown(tmp_path: Path) -> None:
    """What comes from files is text: no tag, no link, no column, and no line of it leaves its fence."""
    text = save_markdown(report(HOSTILE), tmp_path / "r.md")[0].read_text("utf-8")
    outside = text.split("````")[0] + text.split("````")[2]
    assert "<img" not in outside.replace("\\<img", "") and "[a](" not in outside.replace("\\[a\\](", "")
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") == 3 for line in table)


def test_numbers_at_the_beginning_are_no_list(tmp_path: Path) -> None:
    """A line that begins with a number and a point is no list, and a decimal number has no sign too many."""
    assert "\n1\\. first\n" in save_markdown(report("1. first"), tmp_path / "a.md")[0].read_text("utf-8")
    assert "\n⚠ 1.5 GB\n" in save_markdown(report("1.5 GB"), tmp_path / "b.md")[0].read_text("utf-8")


def test_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a picture cannot be written nothing is, and what was there before stays."""
    (tmp_path / "r.md").write_text("before")

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("livemon.reports.markdown.picture_bytes", full)
    with pytest.raises(OSError, match="No space"):
        save_markdown(report(), tmp_path / "r.md")
    assert [path.name for path in tmp_path.iterdir()] == ["r.md"] and (tmp_path / "r.md").read_text() == "before"
