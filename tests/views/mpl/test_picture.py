"""Boards as pictures: what is drawn, that texts keep apart, and that a picture is whole or not there."""

from __future__ import annotations

import errno
import gc
import os
import warnings
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import matplotlib.figure
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from livemon.boards.model import Board, Panel
from livemon.views import View, style
from livemon.views.mpl.picture import FileView, Sheet, natural_size, picture_bytes, render, save, save_figure

SIZES = [(16, 9), (12, 8), (8, 6), (38.4, 21.6), None]
MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


# -- what is drawn


@pytest.mark.parametrize("theme", get_args(style.Theme))
@pytest.mark.parametrize("size", SIZES)
def test_texts_keep_apart(
    collisions: Callable[[Figure], list[tuple[str, str]]],
    size: tuple[float, float] | None,
    theme: style.Theme,
    usual: MakeBoard,
) -> None:
    """At every size, light and dark, no text covers another or leaves the figure."""
    assert collisions(render(usual(hint="3 more panels: --select REGEX"), theme, size)) == []


@pytest.mark.parametrize("size", [(16, 9), (8, 6), None])
def test_awkward_boards_are_drawn(
    collisions: Callable[[Figure], list[tuple[str, str]]], size: tuple[float, float] | None, awkward: Board
) -> None:
    """A board with something odd about it is drawn without a warning, and its texts keep apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert collisions(render(awkward, "light", size)) == []


def test_sheet_shows_each_board_as_a_figure_of_its_own_does(usual: MakeBoard) -> None:
    """A sheet that showed other boards before, of other sizes and with other panels, looks as if it were new."""
    fewer = usual()
    fewer = replace(fewer, panels=[replace(panel, key=panel.key + "2") for panel in fewer.panels[2:]], summary=(),
                    config=())
    sheet = Sheet("light")
    for board in (usual(), fewer, usual(hint="3 more"), fewer):
        drawn = picture_bytes(sheet.show(board), "png", 50)
        assert drawn == picture_bytes(render(board), "png", 50)


def test_sheet_keeps_no_artist_of_what_it_showed_before(usual: MakeBoard) -> None:
    """A sheet has as many axes as the board has panels, and makes none for what fits into those it has."""
    board = usual()
    sheet = Sheet("light")
    before = sheet.show(board).axes
    other = replace(board, panels=[replace(panel, key=f"other-{panel.key}") for panel in board.panels[:2]])
    after = sheet.show(other).axes
    assert len(after) == len(before) - len(board.panels) + 2
    assert set(after) <= set(before)


# -- files


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_suffix_is_the_format(suffix: str, start: bytes, tmp_path: Path, usual: MakeBoard) -> None:
    """PNG, PDF and SVG are written by the name's suffix; nothing else is left in the folder."""
    path = save(usual(), tmp_path / f"board.{suffix}", dpi=50)
    assert path.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [f"board.{suffix}"]


def test_pdf_has_type_42_fonts(tmp_path: Path, usual: MakeBoard) -> None:
    """Texts in a PDF are text in TrueType fonts, as journals ask for, not Type 3."""
    content = save(usual(), tmp_path / "board.pdf").read_bytes()
    assert b"/CIDFontType2" in content or b"/TrueType" in content
    assert b"/Type3" not in content


def test_svg_text_is_text(tmp_path: Path, usual: MakeBoard) -> None:
    """Texts in an SVG are text, which can be found and changed; outlined they are shapes, which need no fonts."""
    board = usual()
    assert f">{board.panels[0].title}</text>" in save(board, tmp_path / "board.svg").read_text("utf-8")
    assert "<text" not in save_figure(render(board), tmp_path / "shapes.svg", outline_text=True).read_text("utf-8")


@pytest.mark.print_dpi
def test_size_and_resolution(tmp_path: Path, usual: MakeBoard) -> None:
    """A picture has the size and resolution asked for; by default its natural size at 300 dots an inch."""
    with Image.open(save(usual(), tmp_path / "a.png", size=(8, 6), dpi=100)) as image:
        assert image.size == (800, 600)
    with Image.open(save(usual(), tmp_path / "b.png")) as image:
        wanted = natural_size(usual())
        assert image.size[0] == round(300 * wanted[0])
        assert abs(image.size[1] - 300 * wanted[1]) <= 1


def test_unknown_format_is_said(tmp_path: Path, usual: MakeBoard) -> None:
    """A name with another suffix is an error that names the formats."""
    for name in ("board.gif", "board"):
        with pytest.raises(ValueError, match=r"\.png, \.pdf or \.svg"):
            save(usual(), tmp_path / name)
        with pytest.raises(ValueError, match=r"\.png, \.pdf or \.svg"):
            FileView(tmp_path / name).open()


def test_a_failed_write_leaves_the_old_picture(
    tmp_path: Path, usual: MakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full in the middle, the error names the picture, the old one stays and no part is left."""
    path = tmp_path / "board.png"
    path.write_bytes(b"old")

    def fail(figure: Figure, handle: Any, **options: Any) -> None:
        handle.write(np.zeros((2, 2, 4), np.uint8))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", fail)
    with pytest.raises(OSError, match=r"cannot write the picture .*board\.png: No space left") as caught:
        save(usual(), path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["board.png"]


def test_a_missing_folder_is_said(tmp_path: Path, usual: MakeBoard) -> None:
    """A folder that is not there is an error that names picture and folder, when the view opens and when it draws."""
    path = tmp_path / "none" / "board.png"
    with pytest.raises(OSError, match=r"board\.png.*none does not exist"):
        FileView(path).open()
    with pytest.raises(OSError, match=r"board\.png"):
        save(usual(), path)


def test_file_view_rewrites_one_picture(tmp_path: Path, usual: MakeBoard) -> None:
    """Each board replaces the picture as a whole; closing leaves it."""
    view = FileView(tmp_path / "board.png", style="dark", size=(8, 6), dpi=50)
    assert isinstance(view, View)
    view.open()
    view.draw(usual())
    first = (tmp_path / "board.png").read_bytes()
    view.draw(usual(title="other"))
    view.close()
    assert (tmp_path / "board.png").read_bytes() != first
    with Image.open(tmp_path / "board.png") as image:
        assert image.size == (400, 300)
        assert image.convert("RGB").getpixel((2, 2)) == (15, 18, 22)


def test_permissions_are_those_of_any_file(tmp_path: Path, usual: MakeBoard) -> None:
    """The picture has the permissions that any new file has, so that others can see it."""
    (tmp_path / "plain").touch()
    path = save(usual(), tmp_path / "board.png", dpi=30)
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_figures_are_not_leaked(usual: MakeBoard) -> None:
    """A rendered figure that nobody holds is gone."""
    figure = weakref.ref(render(usual()))
    gc.collect()
    assert figure() is None
