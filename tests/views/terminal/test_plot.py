from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from livemon.boards.model import Band, Box, Line, Mark, Panel, Row
from livemon.views.looks import MarkKind
from livemon.views.terminal.cells import BOLD, Cells, ink
from livemon.views.terminal.glyphs import ASCII, BLOCKS, BRAILLE, Glyphs
from livemon.views.terminal.plot import Pen, Rect, draw_panel

Makes = Callable[..., Any]
BRAILLE_CELLS = {chr(0x2800 + bits) for bits in range(1, 256)}


def drawn(panel: Panel, width: int = 60, height: int = 14, pen: Pen | None = None, **known: Any) -> Cells:
    cells = Cells(width, height)
    draw_panel(cells, Rect(0, 0, width, height), panel, pen or Pen(), **known)
    return cells


def test_title_axes_and_curve(line_of: Makes, panel_of: Makes) -> None:
    """A panel has its title with the last value of its curve, ticks at both axes, and the curve in its colour."""
    cells = drawn(panel_of(line_of(np.linspace(1, 0, 50))))
    lines = cells.lines()
    assert lines[0].startswith("loss") and lines[0].endswith("train 0.5")
    assert any("0.50┤" in line for line in lines) and lines[-1].endswith("step")
    assert "20" in lines[-1]
    rows, columns = np.nonzero(np.isin(cells.text, list(BRAILLE_CELLS)))
    assert (cells.ink[rows, columns] == ink("blue")).all()
    assert rows[columns == columns.min()].min() == 1 and rows[columns == columns.max()].max() == 12


def test_pale_stands_behind(line_of: Makes, panel_of: Makes) -> None:
    """Where the smoothed curve runs, its cells show it alone; the raw one stands beside it in a paler ink."""
    raw = line_of([0, 1] * 50, kind="raw", label="")
    main = line_of([0.5] * 100)
    cells = drawn(panel_of(raw, main))
    alone = drawn(replace(panel_of(raw, main), lines=(main,)))
    of_main = np.isin(alone.text, list(BRAILLE_CELLS))
    assert (cells.text[of_main] == alone.text[of_main]).all()
    assert (cells.ink[of_main] == ink("blue")).all()
    assert (cells.ink == ink("pale blue")).any()


def test_no_colour_tells_curves_apart(line_of: Makes, panel_of: Makes) -> None:
    """Without colours the second curve is dashed, as its sample in the title says."""
    panel = panel_of(line_of([0.25] * 90), line_of([0.75] * 90, metric="val_loss", label="val 0.75"),
                     y_limits=(0.0, 1.0))
    cells = drawn(panel, pen=Pen(has_colour=False))
    assert "── train 0.5" in cells.lines()[0] and "─ ─ val 0.75" in cells.lines()[0]
    of_rows = [row for row in cells.lines()[1:-1] if BRAILLE_CELLS & set(row)]
    assert " " in of_rows[0].split("│")[-1].split("┤")[-1].strip() and " " not in of_rows[-1].split("│")[-1].strip()


def test_a_spike_of_one_step_in_a_million(line_of: Makes, panel_of: Makes) -> None:
    """A spike of one step among 1,000,000 is seen at 80 columns."""
    y = np.full(1_000_000, 0.25)
    y[123_456] = 1.0
    cells = drawn(panel_of(line_of(y), y_limits=(0.0, 1.0)), 80, 16)
    assert BRAILLE_CELLS & set(cells.lines()[1])


@pytest.mark.parametrize("glyphs", [BRAILLE, BLOCKS, ASCII])
def test_every_mark_is_drawn(line_of: Makes, panel_of: Makes, glyphs: Glyphs) -> None:
    """Each kind of mark changes cells of the panel, whatever characters there are."""
    panel = panel_of(line_of([0.5] * 40), y_limits=(0.0, 1.0))
    plain = drawn(panel, pen=Pen(glyphs))
    for kind in get_args(MarkKind):
        for y in (None, 0.9):
            cells = drawn(replace(panel, marks=(Mark(kind, 20.0, y, "blue"),)), pen=Pen(glyphs))
            assert cells.changed(plain), kind


def test_a_mark_beyond_stands_at_its_edge_with_its_value(line_of: Makes, panel_of: Makes) -> None:
    """What lies beyond the limits stands at the edge where it left them, with its value beside it."""
    panel = panel_of(line_of([0.5] * 40), y_limits=(0.0, 1.0),
                     marks=(Mark("beyond", 0.0, None, "blue", "33.2 at step 0"),
                            Mark("beyond", 30.0, None, "blue", "", "bottom")))
    lines = drawn(panel).lines()
    assert "▲33.2 at step 0" in lines[1] and "▼" in lines[12]


def test_a_nan_is_a_cross_at_the_top(line_of: Makes, panel_of: Makes) -> None:
    """A NaN is marked where it was logged, in its curve's colour."""
    cells = drawn(panel_of(line_of([0.5] * 40), y_limits=(0.0, 1.0), marks=(Mark("nan", 39.0, None, "orange"),)))
    assert cells.text[1, -1] == BRAILLE.shapes["cross"] and cells.ink[1, -1] == ink("orange") | BOLD


def test_a_text_covers_no_curve(line_of: Makes, panel_of: Makes) -> None:
    """A mark's text stands where there is room, or not at all."""
    full = panel_of(line_of([0, 1] * 300), marks=(Mark("restart", 300.0, None, "grey", "restart"),))
    assert not any("restart" in line for line in drawn(full).lines())


@pytest.mark.parametrize(("width", "height"), [(1, 1), (5, 2), (10, 3), (12, 4), (20, 5), (300, 90)])
def test_any_size(line_of: Makes, panel_of: Makes, width: int, height: int) -> None:
    """A panel of any size is drawn, and never outside its rectangle."""
    cells = Cells(width + 6, height + 4)
    panel = panel_of(line_of(np.sin(np.arange(500) / 9)), marks=(Mark("best", 3.0, 0.3, "blue", "best"),),
                     note="500 points", title="a title of some length")
    draw_panel(cells, Rect(2, 3, width, height), panel, Pen())
    beside = cells.text.copy()
    beside[2 : 2 + height, 3 : 3 + width] = " "
    assert (beside == " ").all()


def test_what_is_no_curve(panel_of: Makes) -> None:
    """A message, boxes and rows are drawn as text."""
    assert any("no finite value yet" in line for line in drawn(panel_of(message="no finite value yet")).lines())
    boxes = drawn(panel_of(y_limits=(0.0, 5.0), boxes=(Box("1", 0, 1, 2, 3, 4, 9), Box("2", 1, 2, 3, 4, 5, 9)))).lines()
    assert boxes[1].startswith("1") and "━┃━" in boxes[1].replace("━━", "━").replace("━━", "━")
    rows = drawn(panel_of(rows=(Row("run a", 0.5, "0.500", "blue"),))).lines()
    assert rows[1].startswith("run a") and rows[1].endswith("0.500")
    many = tuple(Row(f"run {number}", float(number), f"{number}.000", "blue") for number in range(60))
    rows = drawn(panel_of(rows=many)).lines()
    last = next(row for row in rows if " more" in row)
    shown = sum(row.startswith("run ") for row in rows)
    assert last.startswith(f"… and {60 - shown} more") and last.rstrip().endswith("last 59.000") and shown > 1


def test_a_band_is_pale(panel_of: Makes, line_of: Makes) -> None:
    """The ends of a band are drawn behind its curve."""
    x = np.arange(40.0)
    band = Band(x, np.full(40, 0.2), np.full(40, 0.8), "blue")
    cells = drawn(panel_of(line_of([0.5] * 40), bands=(band,), y_limits=(0.0, 1.0)))
    assert (cells.ink == ink("pale blue")).sum() > 60


def test_limits_without_extent(line_of: Makes) -> None:
    """Values that no axis can hold break nothing."""
    line: Line = line_of([np.nan, np.inf, 1e308, -1e308])
    panel = Panel("loss", "loss", (0.0, 3.0), (-1e308, 1e308), lines=(line,))
    drawn(panel)
    drawn(replace(panel, y_limits=(1e-300, 1e300), y_scale="log"))


def test_the_cursor_reads(line_of: Makes, panel_of: Makes) -> None:
    """A cursor is an upright line, and what it reads stands in place of the last values."""
    cells = drawn(panel_of(line_of([0.5] * 40), y_limits=(0.0, 1.0)), cursor=20.0, readings=[("train 0.7", "blue")])
    assert "train 0.7" in cells.lines()[0]
    assert sum("│" in row[8:] for row in cells.lines()[1:-1]) >= 10


def test_few_points_are_seen(line_of: Makes, panel_of: Makes) -> None:
    """Each point of a curve that has few is a dot, a single one, too."""
    lines = drawn(panel_of(line_of([0.5], [20], kind="points"), x_limits=(0.0, 40.0), y_limits=(0.0, 1.0))).lines()
    assert sum(line.count("•") for line in lines) == 1


def test_the_first_curve_stands_in_front(line_of: Makes, panel_of: Makes) -> None:
    """Where curves of a panel run together, the first one is seen: the training's loss is never hidden."""
    panel = panel_of(line_of([0.5] * 40), line_of([0.5] * 40, metric="other", colour="orange"), y_limits=(0.0, 1.0))
    cells = drawn(panel)
    rows, columns = np.nonzero(np.isin(cells.text, list(BRAILLE_CELLS)))
    assert (cells.ink[rows, columns] == ink("blue")).all()
