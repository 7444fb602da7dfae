"""Cells of one column."""

from __future__ import annotations

import math

import pytest

from livemon.analysis.statistics.cells import column_cells, decimals_of


@pytest.mark.parametrize(("values", "spreads", "decimals"), [
    ([0.1832, 0.2], [], 3), ([2.4, 9.1], [], 3), ([26.913, 31.0], [], 2), ([1234.5, 900.0], [], 0), ([0.00928], [], 5),
    ([71.2], [0.00004], 4), ([0.5], [0.0004], 4), ([1.0, 2e14], [], None), ([0.0, 5.0], [], 3), ([], [], 3),
    ([math.nan, 12.0], [], 2),
])
def test_decimals_of_a_column(values: list[float], spreads: list[float], decimals: int | None) -> None:
    """A column has as many decimals as its median needs for four digits (three below 1), up to two more for a spread
    that would read 0, and no common number where its values lie too far apart."""
    assert decimals_of(values, spreads) == decimals


def test_cells_of_a_column() -> None:
    """Deviations stand behind a ±, intervals in brackets; a value without a spread alone; nothing is a dash."""
    cells = [(0.5, 0.4, 0.6), None, (0.25, math.nan, math.nan), (math.nan, None, None)]
    assert column_cells("loss", cells, "std") == ["0.500 ± 0.100", "-", "0.250", "NaN"]
    assert column_cells("loss", cells, "t")[0] == "0.500 [0.400, 0.600]"
    assert column_cells("ppl", [(2e14, None, None), (12.0, None, None)], "t") == ["2e14", "12"]
