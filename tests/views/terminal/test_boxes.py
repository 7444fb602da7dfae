from __future__ import annotations

import math

from livemon.boards.model import Box, Panel
from livemon.views.terminal.boxes import put_boxes
from livemon.views.terminal.cells import Cells
from livemon.views.terminal.glyphs import ASCII, BRAILLE


def box(label: str, low: float, high: float) -> Box:
    step = (high - low) / 4
    return Box(label, low, low + step, low + 2 * step, low + 3 * step, high, 9)


def drawn(panel: Panel, height: int, width: int = 43) -> list[str]:
    cells = Cells(width, height)
    put_boxes(cells, (0, 0, width, height), panel, ASCII)
    return cells.lines()


def test_boxes_stand_over_their_scale() -> None:
    """A box reaches from its lowest to its highest value, over the ticks of these values: on a scale from 0 to 40 in 41
    columns each value has a column of its own."""
    panel = Panel("boxes", "loss by epoch", (0.5, 2.5), (0.0, 40.0), boxes=(box("0", 20, 40), box("1", 0, 8)))
    lines = drawn(panel, 4)
    assert lines[0] == "0" + " " * 21 + "-----=====|=====-----"
    assert lines[1] == "1 --==|==--"
    assert lines[2].split() == ["0", "20", "40"] or "20" in lines[2]
    assert abs(lines[2].index("20") - lines[0].index("-")) <= 1


def test_a_logarithmic_scale() -> None:
    """Where the panel's scale is logarithmic, a decade is as wide as any other."""
    panel = Panel("boxes", "loss", (0.5, 2.5), (1.0, 100.0), "log", boxes=(Box("0", 1, 1, 10, 100, 100, 9),))
    assert drawn(panel, 3)[0].index("|") == 2 + 20


def test_the_newest_boxes_have_room() -> None:
    """Where there are more boxes than rows, the newest are shown, and a line says which stand before them."""
    panel = Panel("boxes", "loss", (0.5, 9.5), (0.0, 10.0), boxes=tuple(box(str(at), at, at + 1) for at in range(9)))
    lines = drawn(panel, 5)
    assert lines[1].index("-") == 2 and lines[3].endswith("-")  # over a scale of their own
    assert lines[0] == "no room for 0 to 5" and [line[0] for line in lines[1:4]] == ["6", "7", "8"]
    assert len(drawn(panel, 1)) == 1 and drawn(panel, 2)[-1].startswith("8")


def test_an_epoch_of_nan_is_no_gap() -> None:
    """An epoch whose values are mostly not finite has a row that says so; one without values is empty."""
    nan = (math.nan,) * 5
    boxes = box("0", 0, 1), Box("1", *nan, 12), Box("2", *nan, 0)
    panel = Panel("boxes", "loss", (0.5, 3.5), (0.0, 1.0), boxes=boxes)
    cells = Cells(50, 5)
    put_boxes(cells, (0, 0, 50, 5), panel, BRAILLE)
    assert cells.lines()[1] == "1 \u00d7 mostly not finite (12 values)" and cells.lines()[2] == "2"
