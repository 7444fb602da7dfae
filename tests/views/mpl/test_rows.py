"""Rows of names, dots and values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from livemon import MultiExperimentLoader
from livemon.boards.comparison import Comparison
from livemon.views.mpl.picture import render


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
    middle = [text.get_window_extent() for text in figure.texts if text.get_text() in
              {part for row in board.panels[1].rows for part in (row.label, row.text)} and axes.bbox.y0 <
              text.get_window_extent().y0 < axes.bbox.y1 and text.get_window_extent().x0 > figure.bbox.width / 2]
    assert len(middle) >= 2 * min(count, 15)
    assert all(box.x1 < axes.bbox.x0 or box.x0 > axes.bbox.x1 for box in middle)
    assert figure.get_size_inches()[1] < 14
    boxes = [text.get_window_extent() for text in figure.texts if text.get_visible() and text.get_text().strip()]
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
