"""What a lens adds to a board."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.boards import Lens
from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens_marks import with_mark, zoomed_in_words
from livemon.boards.model import Line, Panel


@pytest.mark.parametrize(("lens", "label", "words"), [
    (Lens(), "step", ""), (Lens(zoom=Stretch(1000, 2000)), "step", "zoomed to step 1,000 - 2,000"),
    (Lens(zoom_y=(("loss", 0, 1),)), "step", "zoomed to loss 0 - 1.000"),
    (Lens(zoom=Stretch(last=10, percent=True)), "step", "the last 10 %"),
    (Lens(zoom=Stretch(last=1000)), "step", "the last 1,000 steps"),
    (Lens(zoom=Stretch(last=120)), "minutes", "the last 2 min"),
    (Lens(zoom=Stretch(1000, 2000), zoom_y=(("loss", 0.25, 0.5),)), "step",
     "zoomed to step 1,000 - 2,000 · loss 0.250 - 0.500"),
    (Lens(zoom_y=(("a", 1, 2), ("b", 1, 2), ("c", 1, 2))), "step",
     "zoomed to a 1.000 - 2.000, b 1.000 - 2.000 and 1 more"),
])
def test_the_words_about_a_stretch(lens: Lens, label: str, words: str) -> None:
    """They say from where to where, or how much of the newest part; nothing where all is shown."""
    assert zoomed_in_words(lens, (1000.0, 2000.0) if lens.zoom else None, (0.0, 1500.0), label) == words


def test_a_stretch_without_points_is_said() -> None:
    """A stretch behind the last point, or before the first, is one where no points are."""
    for whole in ((0.0, 900.0), (2100.0, 3000.0)):
        words = zoomed_in_words(Lens(zoom=Stretch(1000, 2000)), (1000.0, 2000.0), whole, "step")
        assert words == "zoomed to step 1,000 - 2,000, where no points are"


def test_the_marked_place_is_named_once() -> None:
    """Each panel with curves gets the line, the first of them the words; a place outside of the axis is not marked."""
    line = Line("a", "main", np.arange(3.0), np.arange(3.0), "blue")
    panels = [Panel("rows", "rows", (0.0, 1.0), (0.0, 1.0)), *(
        Panel(key, key, (0.0, 10.0), (0.0, 1.0), lines=(line,)) for key in "ab")]
    marks = [panel.marks for panel in with_mark(panels, Lens(mark=120.0), 60.0, "minutes")]
    assert [[(mark.x, mark.text) for mark in one] for one in marks] == [[], [(2.0, "2 min")], [(2.0, "")]]
    assert with_mark(panels, Lens(mark=1200.0), 60.0, "minutes") == panels
