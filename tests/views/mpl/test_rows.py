"""Rows of names, dots and values."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from livemon import MultiExperimentLoader
from livemon.boards.comparison import Comparison
from livemon.boards.model import Row
from livemon.views import style
from livemon.views.mpl.fast_text import FastText
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.picture import render
from livemon.views.mpl.rows import arrange_rows
from livemon.views.mpl.text import text_width


@pytest.mark.parametrize("count", [1, 2, 10, 50])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_number_of_runs_is_readable(
    make_runs: Callable[..., list[Path]], count: int, theme: Any, tmp_path: Path
) -> None:
    """At 1, 2, 10 and 50 runs no text stands on another, every dot stands between its name and its value, and the
    picture stays lower than a page."""
    board = Comparison(MultiExperimentLoader(make_runs(tmp_path, count, 12))).dashboard()
    figure = render(board, theme)
    figure.canvas.draw()
    axes = next(axes for axes in figure.axes if axes.get_title(loc="left") == "final train_loss")
    middle = [text.get_window_extent() for text in figure.findobj(FastText) if text.get_text() in
              {part for row in board.panels[1].rows for part in (row.label, row.text)} and axes.bbox.y0 <
              text.get_window_extent().y0 < axes.bbox.y1 and text.get_window_extent().x0 > figure.bbox.width / 2]
    assert len(middle) >= 2 * min(count, 15)
    assert all(box.x1 < axes.bbox.x0 or box.x0 > axes.bbox.x1 for box in middle)
    assert figure.get_size_inches()[1] < 14
    boxes = [text.get_window_extent() for text in figure.findobj(FastText)
             if text.get_visible() and text.get_text().strip()]
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            high = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert not (across > 1 and high > 0.35 * min(one.height, other.height))


def test_rows_that_do_not_fit_are_counted(
    words: Callable[[Figure], list[str]], make_runs: Callable[..., list[Path]], tmp_path: Path
) -> None:
    """Where not all bars fit, the last line says how many more there are."""
    figure = render(Comparison(MultiExperimentLoader(make_runs(tmp_path, 30, 5))).dashboard(), size=(10, 4))
    assert any(word.startswith("… and ") and " more" in word for word in words(figure))


@pytest.mark.parametrize("width", [160.0, 240.0, 380.0])
@pytest.mark.parametrize("bad", [0, 3])
def test_the_count_of_other_rows_stands_beside_the_axis(width: float, bad: int) -> None:
    """The words that count the rows without room end before the axis begins, and the last of these values stands where
    values do, behind its end."""
    rows = [Row(f"r{number}", 1.0 + number, f"{1 + number}.000", "blue") for number in range(60)]
    rows += [Row(f"bad{number}", math.nan, "nan", "blue") for number in range(bad)]
    rect = Rect(0.0, 0.0, width, 100.0)
    layout = arrange_rows(rows, rect, 1.0)
    size = style.sizes(1.0)["table"]
    assert len(layout.names) < 20
    count, last = layout.rest
    assert count.startswith(f"… and {len(rows) - len(layout.names)} more") and last == "last 60.000"
    assert rect.left + text_width(count, size) < layout.axes.left
    assert rect.right - text_width(last, size) > layout.axes.right
    assert count.endswith(", 3 not finite") == (bad > 0 and width == 380.0)


def test_rows_that_all_fit_are_not_counted() -> None:
    """Where all rows have room there is no last line; where there is room for a single one, neither."""
    rows = [Row(f"r{number}", 1.0 + number, f"{1 + number}.000", "blue") for number in range(4)]
    assert arrange_rows(rows, Rect(0.0, 0.0, 300.0, 200.0), 1.0).rest == ("", "")
    assert arrange_rows(rows, Rect(0.0, 0.0, 300.0, 5.0), 1.0).rest == ("", "")
