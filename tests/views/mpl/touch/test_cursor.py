"""The cursor in all panels at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from livemon.boards.model import Board
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.overlay import Touched


def words(blitter: Blitter) -> list[str]:
    return [text.get_text() for text in blitter._overlay.cursor._texts.artists]


def test_it_stands_in_all_panels_with_the_values_there(blitter: Blitter) -> None:
    """One line in each panel of curves at one x; a dot and the value of each curve, smoothed and as logged; and where
    that is, in the panel under the pointer."""
    blitter.touch(Touched(503.0, "loss"))
    cursor = blitter._overlay.cursor
    spaces = {key: artists.space for key, artists in blitter.painter.panels.items()}
    lines = [segment[0][0] for segment in cursor._lines.get_segments()]
    assert lines == pytest.approx([space.x_at(503.0) for space in spaces.values() if space is not None])
    assert words(blitter)[:4] == ["step 503 · epoch 5.03", "train", "1.000", "0.953"]
    assert len(cursor._dots.get_offsets()) == 4
    np.testing.assert_allclose(cursor._dots.get_offsets()[0], (spaces["loss"].x_at(500.0), spaces["loss"].y_at(1.0)))  # type: ignore[union-attr]


def test_a_narrow_panel_names_the_step_alone(blitter: Blitter) -> None:
    """Where a panel has no room for all that says where the cursor is, the last words are left out, and none is cut."""
    blitter._figure.set_size_inches(2.6, 7.0)
    blitter.lay_out()
    blitter._canvas.draw()
    blitter.touch(Touched(503.0, "loss"))
    assert "step 503" in words(blitter) and not any("…" in word for word in words(blitter))


def test_it_goes_and_leaves_the_picture_as_it_was(blitter: Blitter) -> None:
    """What was drawn on top is gone, pixel by pixel, when the pointer leaves; no board was drawn for it."""
    before, full = np.asarray(blitter._canvas.buffer_rgba()).copy(), blitter.full_draws
    blitter.touch(Touched(503.0, "loss"))
    assert (np.asarray(blitter._canvas.buffer_rgba()) != before).any()
    blitter.touch(Touched())
    np.testing.assert_array_equal(np.asarray(blitter._canvas.buffer_rgba()), before)
    assert (blitter.full_draws, blitter.frames) == (full, 1)


def test_it_stays_on_top_of_a_newer_board(blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """A board that comes while the pointer rests is drawn below the cursor."""
    blitter.touch(Touched(503.0, "loss"))
    board = touchable()
    blitter.show(replace(board, header=replace(board.header, progress=("step 7",))))
    assert words(blitter)[0] == "step 503 · epoch 5.03"


def test_at_the_edge_the_values_stand_at_the_other_side(blitter: Blitter) -> None:
    """No value leaves its panel."""
    blitter.touch(Touched(995.0, "loss"))
    space = blitter.painter.panels["acc"].space
    assert space is not None
    for card in blitter._overlay.cursor._cards.artists():
        assert card.get_x() + card.get_width() <= blitter._figure.bbox.width  # type: ignore[attr-defined]


def test_what_was_logged_elsewhere_says_where(blitter: Blitter, touchable: Callable[..., Board]) -> None:
    """A value of a curve with few points that is read beside its point has the place of that."""
    board = touchable()
    panel = board.panels[0]
    few = tuple(replace(line, x=line.x[[0, len(line.x) // 2, -1]], y=line.y[[0, len(line.y) // 2, -1]])
                for line in panel.lines)
    blitter.show(replace(board, panels=(replace(panel, lines=few), *board.panels[1:])))
    at = float(few[0].x[1])
    blitter.touch(Touched(at, "loss"))
    assert not any(word.startswith("@") for word in words(blitter))
    blitter.touch(Touched(at + 0.4 * float(few[0].x[2] - at), "loss"))
    assert f"@ {at:.0f}" in words(blitter)


def test_names_beside_the_axes_stay_free(blitter: Blitter) -> None:
    """The values stand within the axes where they have room there, at whichever side of the line."""
    space = blitter.painter.panels["loss"].space
    assert space is not None
    for x in (300.0, 900.0):
        blitter.touch(Touched(x, "loss"))
        card = blitter._overlay.cursor._cards.artists()[0]
        left, width = card.get_x(), card.get_width()  # type: ignore[attr-defined]
        assert space.axes.left <= left and left + width <= space.axes.right
        assert (left > space.x_at(x)) == (x == 300.0)
