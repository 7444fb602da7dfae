"""What stands under the pointer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from livemon.boards.model import Board
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.pointing import PointerTarget, nearest_curve, target_at

At = Callable[[str, float, float], tuple[float, float]]


def test_a_place_in_the_axes(blitter: Blitter, at: At) -> None:
    """A place within the axes is a panel and its values there; one on the title is the panel without being inside."""
    spot = target_at(blitter.painter, *at("loss", 500.0, 1.5))
    assert spot.panel is not None and spot.panel.key == "loss" and spot.inside
    assert (spot.x, spot.y) == (pytest.approx(500.0), pytest.approx(1.5))
    assert spot.space is not None
    title = target_at(blitter.painter, spot.space.panel.left + 5, spot.space.panel.top + 8)
    assert title.panel is spot.panel and not title.inside
    assert target_at(blitter.painter, 0.0, 0.0) == PointerTarget()


def test_a_curves_name_is_found_where_it_stands(blitter: Blitter) -> None:
    """Each label is the name of its own curve."""
    names = blitter.painter.panels["loss"].names
    assert [metric for _, metric, _ in names] == ["train_loss", "val_loss"]
    for (left, bottom, right, top), metric, _ in names:
        assert target_at(blitter.painter, (left + right) / 2, (bottom + top) / 2).metric == metric


def test_the_words_about_a_zoom_are_found(blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """What the header says of a zoom can be clicked; without a zoom there is nothing."""
    assert blitter.painter.zoomed_at is None
    board = touchable()
    blitter.show(replace(board, header=replace(board.header, zoomed="zoomed to step 10 - 20")))
    rect = blitter.painter.zoomed_at
    assert rect is not None
    assert target_at(blitter.painter, rect.left + 3, rect.bottom + 3).zoomed


def test_the_nearest_curve(blitter: Blitter, at: At) -> None:
    """The curve that is nearest to the pointer, up or down; none where there is no curve."""
    assert nearest_curve(target_at(blitter.painter, *at("loss", 500.0, 1.2))) == ("train_loss", "")
    assert nearest_curve(target_at(blitter.painter, *at("loss", 500.0, 1.8))) == ("val_loss", "")
    assert nearest_curve(PointerTarget()) is None
