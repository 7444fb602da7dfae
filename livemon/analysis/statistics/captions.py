"""The line that says what a table holds: which number of each run, which interval, which test."""

from __future__ import annotations

import pandas as pd

from livemon.analysis.run_set.points import At
from livemon.analysis.statistics.bands import BandKind, Middle
from livemon.analysis.statistics.significance import GroupComparison

__all__ = ["groups_caption", "importance_caption", "tests_caption"]

_NUMBERS = {"final": "final values", "best": "best values", "auc": "mean heights of the curves (auc)"}
_BANDS = {"t": "95 % t interval", "bootstrap": "95 % bootstrap interval", "minmax": "lowest, highest run"}
_TESTS = {"welch": "Welch's t-test", "mannwhitney": "Mann-Whitney test", "permutation": "permutation test"}
_PAIRED = {"welch": "paired t-test", "mannwhitney": "Wilcoxon's signed-rank test",
           "permutation": "permutation test of signs"}


def groups_caption(middle: Middle, band: BandKind, at: At) -> str:
    """ "mean [95 % t interval] of the final values". `band`: as `stats.band_named` gives it."""
    return f"{middle} [{_BANDS[band]}] of the {_NUMBERS[at]}"


def tests_caption(found: GroupComparison) -> str:
    """ "Welch's t-test of the final values, not paired; Holm over 15 comparisons; ..."."""
    paired, tests = int(found.table["paired"].sum()), len(found.table)
    numbers = _NUMBERS[found.at]
    if paired == tests:
        said = f"{_PAIRED[found.test]} of the {numbers}, paired by seed"
        effect = "mean of the differences by their standard deviation"
    elif paired == 0:
        said, effect = f"{_TESTS[found.test]} of the {numbers}, not paired", "Hedges' g"
    else:
        said = f"{_TESTS[found.test]} of the {numbers}; {_PAIRED[found.test]} where pairs have the same seeds"
        effect = "Hedges' g; of pairs the mean of the differences by their standard deviation"
    holm = f"; p_holm: Holm over {tests} comparisons" if tests > 1 else ""
    return f"{said}{holm}; effect: {effect}"


def importance_caption(table: pd.DataFrame) -> str:
    """What `importance.parameter_importance` gives."""
    left_out = len(table.attrs["left_out"])
    without = f"; {left_out} runs without one are left out" if left_out else ""
    holm = f"; p_holm: Holm over {len(table)} settings" if len(table) > 1 else ""
    return (f"correlation with the {_NUMBERS[table.attrs['at']]} of {table.attrs['metric']}{without}{holm}; best: said "
            "where p_holm is at most 0.05")
