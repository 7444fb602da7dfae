from __future__ import annotations

import numpy as np

from livemon.boards.model import Board, Header, Line, Panel
from livemon.reports.thinned import thinned


def board(y: np.ndarray) -> Board:
    line = Line("loss", "raw", np.arange(len(y), dtype=np.float64), y, "blue")
    panel = Panel("loss", "loss", (0.0, float(len(y))), (0.0, 1.0), lines=(line,))
    return Board("run", Header("run", "finished"), (panel,))


def test_extremes_and_gaps_stay() -> None:
    """Of 100,000 points at most four a column stay, with every extreme among them, and a gap where it was."""
    y = np.random.default_rng(0).normal(size=100_000)
    y[12_345], y[67_890], y[50_000] = 99.0, -99.0, np.nan
    line = thinned(board(y), 100).panels[0].lines[0]
    assert len(line.x) <= 401
    kept = dict(zip(line.x.tolist(), line.y.tolist(), strict=True))
    assert kept[12_345] == 99.0 and kept[67_890] == -99.0 and np.isnan(kept[50_000])
    assert (np.diff(line.x) >= 0).all()


def test_a_short_curve_stays_as_it_is() -> None:
    """A curve with as many points as there is room for is the same object."""
    given = board(np.arange(400.0))
    assert thinned(given, 100).panels[0].lines[0] is given.panels[0].lines[0]
    assert len(thinned(given, 100, 10).panels[0].lines[0].x) == 400  # a raw one
