"""The cells of a column: values with their spread, all with the same number of decimals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.analysis.statistics.bands import PLUS_MINUS, BandKind
from livemon.wording import number, short_exponent, value_text

__all__ = ["Cell", "column_cells", "decimals_of", "significant", "with_digits"]

_MOST_DECIMALS = 6
_WIDEST = 1e4  # the ratio of a column's largest to its smallest value: one number of decimals suits both
_LARGEST = 1e6

Cell = tuple[float, float | None, float | None]  # the middle, low and high


def decimals_of(values: Sequence[float], spreads: Sequence[float] = ()) -> int | None:
    """The number of decimals in a column: four digits of the median, three if it is below 1, as for single numbers; up
    to two more if the smallest spread would read 0. None if no number of decimals suits all values, because they differ
    too much.
    """
    sizes = np.array([abs(value) for value in values if math.isfinite(value) and value != 0])
    if not len(sizes):
        return 3
    if sizes.max() >= _LARGEST or sizes.max() > _WIDEST * sizes.min() or sizes.max() < 1e-4:
        return None
    usual = float(np.median(sizes))
    decimals = (2 if usual < 1 else 3) - math.floor(math.log10(usual))
    smallest = min((spread for spread in spreads if math.isfinite(spread) and spread > 0), default=0.0)
    if smallest and round(smallest, max(decimals, 0)) == 0:
        decimals = min(max(-math.floor(math.log10(smallest)), decimals), decimals + 2)
    return min(max(decimals, 0), _MOST_DECIMALS)


def column_cells(metric: str, cells: Sequence[Cell | None], band: BandKind, decimals: int | None = None) -> list[str]:
    """The texts of a column: "0.183 [0.170, 0.196]", for deviations and errors "0.183 ± 0.010"; "-" for None, and only
    the value without a spread.

    Args:
        metric: The metric; a learning rate is set, not measured, and has its own digits.
        cells: For each row the middle, low and high.
        band: A result of `bands.band_named`.
        decimals: The number of decimals; None: by the values.
    """
    there = [cell for cell in cells if cell is not None]
    spreads = [(high - low) / 2 for _, low, high in there if low is not None and high is not None]
    decimals = decimals_of([cell[0] for cell in there], spreads) if decimals is None else decimals

    def text(value: float) -> str:
        return value_text(metric, value) if decimals is None or not math.isfinite(value) else f"{value:,.{decimals}f}"

    def written(cell: Cell | None) -> str:
        if cell is None:
            return "-"
        middle, low, high = cell
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return text(middle)
        return f"{text(middle)} ± {text(high - middle)}" if band in PLUS_MINUS else (
            f"{text(middle)} [{text(low)}, {text(high)}]")

    return [written(cell) for cell in cells]


def with_digits(values: Sequence[float]) -> list[str]:
    """Numbers in one column, all with the same number of decimals; "-" for missing ones."""
    decimals = decimals_of(values)
    return ["-" if not math.isfinite(value) else number(value) if decimals is None else f"{value:,.{decimals}f}"
            for value in map(float, values)]


def significant(p: float) -> str:
    """A p with three digits, including zeros: "0.0625", "0.180", "1.22e-5"; "-" if missing."""
    return "-" if math.isnan(p) else short_exponent(f"{p:#.3g}")
