from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from livemon.views.terminal.cells import Cells
from livemon.views.terminal.glyphs import ASCII, BRAILLE
from livemon.views.terminal.plot import Pen, Rect
from livemon.views.terminal.table import put_table, sparkline, table_width

Makes = Callable[..., Any]


def table(board: Any, width: int, height: int = 5) -> list[str]:
    cells = Cells(width, height)
    put_table(cells, Rect(0, 0, width, height), board, Pen())
    return cells.lines()


def test_numbers_and_a_sparkline(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """A row has the metric, its last value, its best and where, its change, and its curve in one row."""
    head, row = table(board_of(panel_of(line_of(np.linspace(1, 0, 200)))), 80)[:2]
    assert head.split() == ["metric", "last", "best", "@", "change"]
    assert row.startswith("loss") and "0.500  0.400 @ 90  -1.0 %  █" in row and row.endswith("▁")


def test_less_room(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """The narrower, the fewer columns: the metric and its last value stay."""
    board = board_of(panel_of(line_of([1, 0])))
    assert table(board, 14, 1)[0].split() == ["loss", "0.500"]
    assert "0.400" in table(board, 22, 1)[0] and "@" not in table(board, 22, 1)[0]
    assert table_width(board) > 22


def test_a_spike_in_a_sparkline(panel_of: Makes, line_of: Makes) -> None:
    """A spike of one step is seen in one row of cells, and a gap is a space."""
    y = np.full(10_000, 0.0)
    y[5000] = 1.0
    y[8000:] = np.nan
    line = line_of(y)
    text = sparkline(panel_of(line, y_limits=(0.0, 1.0)), line, 20, BRAILLE)
    assert text.count("█") in (1, 2) and text.endswith("    ") and text.startswith("▁▁▁")
    assert sparkline(panel_of(line, y_limits=(0.0, 1.0)), line, 20, ASCII).isascii()
    beyond = sparkline(panel_of(line, y_limits=(0.1, 0.9)), line, 20, BRAILLE)
    assert beyond == text  # values beyond the limits are no gap


def test_not_finite_is_a_warning(board_of: Makes) -> None:
    """A last value that is no number stands in the warning's ink, and metrics that have no row are counted."""
    from livemon.boards.model import SummaryRow
    from livemon.views.terminal.cells import ink

    board = board_of(summary=(SummaryRow("loss", float("nan"), None, None, ("NaN", "-", "-")),), summary_left_out=3)
    cells = Cells(60, 4)
    put_table(cells, Rect(0, 0, 60, 4), board, Pen())
    assert (cells.ink == ink("warning", bold=True)).sum() == 3
    assert cells.lines()[0].endswith("3 more")


def test_what_goes_first(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """Where not all rows have room, the norm of a layer goes before the learning rate and the throughput."""
    metrics = {"loss": "loss", "grad_norm:all": "grad_norm", "grad_norm:layer0": "layer0", "learning_rate": "lr",
               "throughput": "rate"}
    board = board_of(*(panel_of(line_of([1, 0], metric=metric), key=key) for key, metric in metrics.items()))
    assert [line.split()[0] for line in table(board, 80, 6)[1:]] == ["loss", "grad_norm", "layer0", "lr", "rate"]
    assert [line.split()[0] for line in table(board, 80, 5)[1:]] == ["loss", "grad_norm", "lr", "rate"]
    assert [line.split()[0] for line in table(board, 80, 3)[1:]] == ["loss", "grad_norm"]
