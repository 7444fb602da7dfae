from __future__ import annotations

import numpy as np

from livemon.boards.model import Line, Panel
from livemon.boards.run_row import RunRow
from livemon.views.browser.changes import LineChanges, PanelChanges, RunChanges


def line(values: list[float], colour: str = "blue") -> Line:
    return Line("loss", "main", np.arange(float(len(values))), np.array(values), colour)  # type: ignore[arg-type]


def test_a_line_since_that_of_another_lens() -> None:
    """Nothing for the same points and look, even NaN; else the number of points that stay, and the others."""
    changes = LineChanges("main|0||loss", line([1.0, float("nan"), 3.0]), 1)
    assert changes.since_line(line([1.0, float("nan"), 3.0])) is None
    for before, kept in ((line([1.0, 2.0, 3.0]), 1), (line([1.0]), 1), (line([1.0, float("nan"), 3.0], "red"), 3)):
        change = changes.since_line(before)
        assert change is not None and change["keep"] == kept and change["colour"] == "blue"
    whole = changes.since_line(None)
    assert whole is not None and whole["keep"] == 0


def test_a_panel_since_that_of_another_lens() -> None:
    """Nothing for the same panel; else its key, and what differs."""
    panel = Panel("loss", "loss", (0.0, 1.0), (0.0, 1.0), lines=(line([1.0]),))
    changes, same = PanelChanges(panel, 1), PanelChanges(panel, 7)
    assert same.since_panel(changes.shown()) is None
    other = PanelChanges(Panel("loss", "loss", (0.0, 1.0), (0.0, 2.0), lines=(line([1.0]),)), 1)
    assert other.since_panel(changes.shown()) == {"key": "loss", "y_limits": [0.0, 2.0], "lines": []}


def test_rows_since_those_of_another_lens() -> None:
    """Nothing for the same rows; else those that differ, and the order if it does."""
    changes = RunChanges()
    rows = [RunRow("a", "", "running"), RunRow("b", "", "running")]
    changes.update(rows, 1)
    shown = changes.shown()
    assert changes.since_rows(shown) is None
    changes.update([RunRow("a", "", "running"), rows[1]], 2)
    assert changes.version == 1  # another object, but the same
    changes.update([rows[1]], 3)
    assert changes.since_rows(shown) == changes.since(2) == {"rows": [], "order": ["b"]}
