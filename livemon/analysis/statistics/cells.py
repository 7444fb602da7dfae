"""The cells of a column: values with their spread, all with the same number of decimals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.analysis.statistics.bands import PLUS_MINUS, BandKind
from livemon.wording import number, short_exponent, value_text

__all__ = ["Cell", "column_cells", "decimals_of", "significant", "with_digits"]

_MOST_DECIMALS = 6
_WIDEST = 1e4  # times the smallest value that the largest of a column is: one number of decimals suits both
_LARGEST = 1e6

Cell = tuple[float, float | None, float | None]  # the middle, low and high


def decimals_of(values: Sequence[float], spreads: Sequence[float] = ()) -> int | None:
    """How many decimals the numbers of a column have: four digits of their median, three of one below 1, as numbers
    alone have; up to two more where the smallest spread would read 0. None where one number of decimals does not suit
    all, because they lie too far apart.
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
    """The texts of a column: "0.183 [0.170, 0.196]", of deviations and errors "0.183 ± 0.010"; "-" for None, and the
    value alone where it has no spread.

    Args:
        metric: A learning rate is set, not measured, and has its own digits.
        cells: Of each row the middle, low and high.
        band: As `bands.band_named` gives it.
        decimals: How many there are; None: as the values ask for.
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
    """Numbers that are read together, all with the same number of decimals; "-" for what cannot be had."""
    decimals = decimals_of(values)
    return ["-" if not math.isfinite(value) else number(value) if decimals is None else f"{value:,.{decimals}f}"
            for value in map(float, values)]


def significant(p: float) -> str:
    """A p with three digits, zeros too: "0.0625", "0.180", "1.22e-5"; "-" for none."""
    return "-" if math.isnan(p) else short_exponent(f"{p:#.3g}")
