"""Pictures and pages that `livemon compare` saves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livemon.boards.model import Board, Header
from livemon.commands.compare_request import CompareRequest
from livemon.commands.saved_pictures import save_board, save_text


def test_a_page_needs_plotly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Plotly a page is an error that says how to get it, and no file is left."""
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(ValueError, match=r"pip install 'livemon\[plotly\]'"):
        save_board(Board("none", Header("none", "compared"), ()), tmp_path / "a.html", CompareRequest())
    assert not list(tmp_path.iterdir())


def test_a_text_is_there_whole(tmp_path: Path) -> None:
    """A text takes the place of what was there, in UTF-8."""
    (tmp_path / "a.csv").write_text("before")
    assert save_text(tmp_path / "a.csv", "middle ± low\n").read_bytes() == "middle ± low\n".encode()
