from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.commands.output import is_picture, picture_path


def test_a_suffix_makes_a_picture_and_a_folder_is_none(tmp_path: Path) -> None:
    """A name that ends as pictures do is a picture, unless a folder has it; a name without a suffix is a folder."""
    (tmp_path / "folder.png").mkdir()
    assert [is_picture(tmp_path / name) for name in ("a.png", "a.PDF", "a.svg")] == [True, True, True]
    assert [is_picture(tmp_path / name) for name in ("plots", "folder.png")] == [False, False]
    with pytest.raises(ValueError, match=r"ends in \.png"):
        is_picture(tmp_path / "a.bmp")


def test_a_picture_in_a_folder_has_the_usual_name(tmp_path: Path) -> None:
    """Where -o names a folder the picture is in it, under the usual name."""
    assert picture_path(tmp_path, "all.png") == tmp_path / "all.png"
    assert picture_path(tmp_path / "x.pdf", "all.png") == tmp_path / "x.pdf"


def test_a_picture_that_has_no_place_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there, or that cannot be written to, is named before any work is done. (That nothing may
    be written is a fake: root may write everywhere.)"""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        picture_path(tmp_path / "nowhere" / "x.png", "all.png")
    with pytest.raises(ValueError, match="no folder of this name"):
        picture_path(tmp_path / "plots", "all.png")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="no permission"):
        picture_path(tmp_path / "x.png", "all.png")
