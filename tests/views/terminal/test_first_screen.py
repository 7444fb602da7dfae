from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from livemon.boards.model import Header, Notice
from livemon.system.streams import cells_of
from livemon.views.terminal.first_screen import _grid, first_screen, header_lines
from livemon.views.terminal.glyphs import ASCII
from livemon.views.terminal.plot import Pen, Rect

Makes = Callable[..., Any]


@pytest.fixture
def many(board_of: Makes, panel_of: Makes, line_of: Makes) -> Any:
    y = np.exp(-np.arange(300) / 80)
    return board_of(*(panel_of(line_of(y, metric=f"metric{i}", label=f"m{i} 0.5"), key=f"p{i}", title=f"panel {i}")
                      for i in range(12)))


def test_80_by_24(many: Any) -> None:
    """On 80 x 24 there are the header in at most two lines, the first panel over the full width with the last value of
    its curve, and the table of numbers."""
    shown = first_screen(many, 80, 24)
    lines = shown.cells.lines()
    assert lines[0].startswith("exp7 ● running  step 100/200")
    assert shown.spaces[0][0].key == "p0"
    first = shown.spaces[0][1]
    assert first.width == 80 and first.row <= 2 and first.height >= 10
    assert lines[first.row].endswith("m0 0.5")
    assert any(line.startswith("metric  ") for line in lines) and any(line.startswith("metric0") for line in lines)
    assert shown.left_out == 11


def test_more_room_shows_more_panels_in_order(many: Any) -> None:
    """The larger the terminal the more panels, always the first ones of the board, in its order."""
    counts = []
    for size in ((80, 24), (120, 40), (200, 60)):
        keys = [panel.key for panel, _, _ in first_screen(many, *size).spaces]
        assert keys == [f"p{i}" for i in range(len(keys))]
        counts.append(len(keys))
    assert counts[0] < counts[1] < counts[2] and counts[2] >= 9


@pytest.mark.parametrize("width", [1, 20, 39, 40, 57, 80, 111, 112, 160, 240])
@pytest.mark.parametrize("height", [1, 5, 9, 10, 13, 24, 41, 70])
def test_any_size(many: Any, width: int, height: int) -> None:
    """At any size nothing fails or overlaps, no row is wider than the terminal, and the run's name is on it."""
    shown = first_screen(many, width, height)
    lines = shown.cells.lines()
    assert len(lines) == height and all(cells_of(line) <= width for line in lines)
    assert lines[0].startswith("exp7"[:max(width - 1, 0)])
    taken = np.zeros((height, width), int)
    for _, rect, _ in shown.spaces:
        taken[rect.row : rect.row + rect.height, rect.column : rect.column + rect.width] += 1
        assert rect.row + rect.height <= height and rect.column + rect.width <= width
    assert taken.max(initial=0) <= 1
    if width >= 40 and height >= 10:
        assert shown.spaces and shown.spaces[0][1].height >= 4


def test_a_header_that_is_too_long(board_of: Makes) -> None:
    """The header takes at most two lines, cut between its parts; problems come before what tells less."""
    header: Header = board_of().header
    assert header_lines(header, 200, Pen()) == [header.line()]
    two = header_lines(header, 80, Pen())
    assert len(two) == 2 and " | ".join(two) == header.line()
    worse = replace(header, problems=tuple(f"{n} NaN since 41,210" for n in range(9)))
    lines = header_lines(worse, 60, Pen())
    assert len(lines) <= 2 and "0 NaN since 41,210" in " ".join(lines)


def test_nothing_stands_twice_in_a_header(board_of: Makes) -> None:
    """Where the first line has the main metric without its best, the second one does not have it again."""
    for width in range(44, 100):
        lines = header_lines(board_of().header, width, Pen())
        assert " ".join(lines).count("loss 0.500") <= 1, (width, lines)


def test_what_was_found_is_said(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """The worst of what was found stands below the header, with how many more there are."""
    worst = Notice("nan", "critical", "loss", 3.0, "loss is NaN since step 3", "look there")
    board = board_of(panel_of(line_of([1, 0])), notices=(worst, replace(worst, severity="warning")))
    assert any(line.startswith("critical (+1): loss is NaN since step 3") for line in
               first_screen(board, 100, 24).cells.lines())


def test_ascii_is_ascii(many: Any) -> None:
    """Where only ASCII can be shown, there is nothing else on the screen."""
    assert all(line.isascii() for line in first_screen(many, 100, 40, Pen(ASCII, has_colour=False)).cells.lines())


def test_the_large_panel(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """A board of one panel without numbers has it over the whole body."""
    shown = first_screen(board_of(panel_of(line_of([1, 0])), summary=()), 100, 30)
    assert shown.spaces[0][1].height >= 28 and shown.spaces[0][1].width == 100


def test_names_that_try_to_break_it(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """Names with control characters, of 10,000 characters, or of wide ones break no row."""
    for name in ("\x1b[2J\n\rloss", "x" * 10_000, "损失" * 50, "e\u0301" * 200):
        board = board_of(panel_of(line_of([1, 0], metric=name, name=name, label=name), title=name))
        board = replace(board, header=replace(board.header, run=name, metric=name))
        for size in ((40, 10), (80, 24), (120, 40)):
            lines = first_screen(board, *size).cells.lines()
            assert all(cells_of(line) <= size[0] for line in lines)
            assert name[:3] != "\x1b[2" or lines[0].startswith("\\x1b[2J\\n\\rloss")
            assert not any("\x1b" in line or "\n" in line for line in lines)


@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (118, 58)])
def test_further_panels_fill_the_room(count: int, size: tuple[int, int]) -> None:
    """Panels of the same rank leave no row of theirs empty, and in a high space they stand in several rows."""
    places = _grid(Rect(0, 0, *size), count)
    assert places[-1].row + places[-1].height == size[1]
    assert all(place.width >= 38 and place.height >= 8 for place in places)
    assert count != 3 or size != (118, 58) or len({place.row for place in places}) > 1


def test_a_notice_that_is_cut_says_where_the_rest_is(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """A finding has two rows of 80 columns; where these do not hold it, its last row ends with the key that shows all
    of it, and a short one has no such words."""
    for words, is_cut in (("a word " * 40, True), ("short", False)):
        board = board_of(panel_of(line_of(np.arange(9.0))), notices=(Notice("nan", "warning", "m", 5.0, words, "-"),))
        lines = first_screen(board, 80, 24, more="! shows all").cells.lines()
        assert lines[3].endswith("! shows all") == is_cut and any("! shows" in line for line in lines) == is_cut
