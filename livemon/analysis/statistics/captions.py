"""The captions of tables: the number for each run, the interval, the test."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from livemon.analysis.run_set.one_number import Numbers
from livemon.analysis.statistics.bands import PLUS_MINUS, RESAMPLES, BandKind, Middle
from livemon.analysis.statistics.called import MIDDLES, effect_kind, name_of_test
from livemon.analysis.statistics.cautions import LEVEL
from livemon.analysis.statistics.not_worse import NotWorse
from livemon.analysis.statistics.significance import GroupComparison
from livemon.analysis.statistics.task_scores import OverTasks
from livemon.analysis.statistics.task_table import TaskTable

__all__ = ["best_caption", "each_task_caption", "groups_caption", "importance_caption", "improvement_caption",
           "numbers_caption", "tasks_caption", "tests_caption"]

_BANDS = {"t": "95 % t interval", "order": "95 % interval by order statistics", "bootstrap": "95 % bootstrap interval",
          "minmax": "lowest, highest run", "std": "standard deviation", "sem": "standard error"}
_FEW_PAIRINGS = 2  # reasons, that a caption has room for
_OPTIMISTIC = " (the best of many noisy values is optimistic)"


def numbers_caption(numbers: Numbers) -> str:
    """ "final values", "best values (the best of many noisy values is optimistic)"."""
    return numbers.words() + _OPTIMISTIC * (numbers.at.kind == "best")


def groups_caption(middle: Middle, band: BandKind, numbers: Numbers) -> str:
    """ "mean [95 % t interval] of the final values of n runs, as logged". `band`: a result of `bands.band_named`."""
    return (f"{MIDDLES[middle]} {_spread(band)} of the {numbers.words()} of n runs, as logged"
            + _OPTIMISTIC * (numbers.at.kind == "best"))


def _spread(band: BandKind) -> str:
    return f"± {_BANDS[band]}" if band in PLUS_MINUS else f"[{_BANDS[band]}]"


def each_task_caption(table: TaskTable) -> str:
    """ "return, more is better: mean ± standard deviation of the final values of n = 5 runs, as logged; bold: ..."."""
    compared = table.compared
    pairings = list(dict.fromkeys(reason for bold in table.bold.values() if bold.tests
                                  for reason in bold.pairings))
    runs = f"n = {table.runs_of_each}" if table.runs_of_each else "n"
    cells = (f"{compared.numbers.words()} of single runs" if table.runs_of_each == 1 else
             f"{MIDDLES[table.middle]} {_spread(table.band)} of the {compared.numbers.words()} of {runs} runs")
    better = "more" if compared.rising else "less"
    return (f"{compared.called}, {better} is better: {cells}, as logged{_scale(compared)}"
            + _OPTIMISTIC * (compared.numbers.at.kind == "best")
            + f"; {best_caption(list(table.bold.values()), ' on each task')}" * (len(compared.scores) > 1)
            + "".join(f"; {reason}" for reason in pairings if len(pairings) <= _FEW_PAIRINGS))


def _scale(compared: OverTasks) -> str:
    return "; the worst run of a task, of all groups, is 0 and the best 1" if compared.scale == "minmax" else ""


def tasks_caption(compared: OverTasks) -> str:
    """The caption for the table of `task_scores.compare_over_tasks`."""
    scale = _scale(compared)
    interval = f" [95 % stratified bootstrap interval, {RESAMPLES:,} samples]" * compared.has_intervals
    not_worse = (", and all whose interquartile mean is not shown to be worse (the interval of the difference to the "
                 "best, of the same bootstrap, holds 0; not corrected)") * compared.has_intervals
    return (f"{compared.called}: {numbers_caption(compared.numbers)}, as logged{scale}; "
            f"interquartile mean over the n runs of {len(compared.tasks)} tasks{interval}; bold: the best{not_worse}")


def improvement_caption(compared: OverTasks) -> str:
    """The caption for the probabilities of `task_scores.compare_over_tasks`."""
    interval = f" [95 % stratified bootstrap interval, {RESAMPLES:,} samples]" * compared.has_intervals
    return ("probability that a run of a is better than one of b: mean over the tasks of Mann and Whitney's U divided "
            f"by the pairs{interval}; not corrected for "
            f"{len(compared.improvements)} comparison{'s' * (len(compared.improvements) != 1)}")


def best_caption(columns: Sequence[NotWorse], of_each: str = " in each column") -> str:
    """What bold cells are: "bold: the best, and all that are not significantly worse (Welch's t-test against the best,
    Holm over 3 groups, level 0.05)"; "" without a column.

    Args:
        columns: Of each metric with a best group.
        of_each: What a correction is over, where there are several.
    """
    if not columns:
        return ""
    made = ", ".join(dict.fromkeys(column.made for column in columns if column.made))
    if not made:
        return "bold: the best"
    counts = sorted({column.tests for column in columns if column.tests})
    of_each = of_each if len(columns) > 1 else ""
    holm = f"Holm over {' to '.join(map(str, dict.fromkeys((counts[0], counts[-1]))))} tests{of_each}, "
    return (f"bold: the best, and all that are not significantly worse ({made} against the best, "
            f"{holm if counts[-1] > 1 else ''}level {LEVEL})")


def tests_caption(comparison: GroupComparison) -> str:
    """ "Welch's t-test of the final values, not paired; Holm over 15 comparisons; ..."."""
    paired, tests = int(comparison.table["paired"].sum()), len(comparison.table)
    words = comparison.numbers.words()
    name, name_of_pairs = (name_of_test(comparison.test, paired=pairs, middle=comparison.middle)
                           for pairs in (False, True))
    if paired == tests:
        caption = f"{name_of_pairs} of the {words}"
    elif paired == 0:
        caption = f"{name} of the {words}"
    else:
        caption = f"{name} of the {words}; {name_of_pairs} of pairs"
    few = len(comparison.pairings) <= _FEW_PAIRINGS
    caption += f"; {'; '.join(comparison.pairings)}" if few else "; some are paired, see the notes"
    holm = _holm(comparison.table, "comparisons")
    interval = "95 % interval" + ", not corrected" * (int(comparison.table["p"].notna().sum()) > 1)
    return (f"{caption}{holm}; difference: {_difference(comparison)}; low, high: {interval}; "
            f"effect: {_effect(comparison, paired, tests)}")


def _difference(comparison: GroupComparison) -> str:
    if comparison.test == "mannwhitney":
        return "Hodges and Lehmann's shift, a minus b"
    middle = comparison.middle if comparison.test == "permutation" else "mean"
    of_pairs = middle != "mean" and bool(comparison.table["paired"].any())
    return f"of the {MIDDLES[middle]}s{f' (of pairs: {MIDDLES[middle]} of their differences)' * of_pairs}, a minus b"


def _holm(table: pd.DataFrame, rows: str) -> str:
    """The number of tests for which p is corrected: those that could be made."""
    tested = int(table["p"].notna().sum())
    if tested == len(table):
        return f"; p_holm: Holm over {tested} {rows}" if tested > 1 else ""
    return f"; p_holm: Holm over the {tested} of {len(table)} {rows} that can be tested" if tested else ""


def _effect(comparison: GroupComparison, paired: int, tests: int) -> str:
    apart, of_pairs = (effect_kind(comparison.test, paired=pairs, middle=comparison.middle)
                       for pairs in (False, True))
    if of_pairs.startswith("d_z"):
        of_pairs += " (the mean of the differences divided by their standard deviation, times 1 - 3 / (4 df - 1))"
    if paired == 0:
        return apart
    return of_pairs if paired == tests else f"{apart}, of pairs {of_pairs}"


def importance_caption(table: pd.DataFrame) -> str:
    """The caption for `importance.parameter_importance`."""
    left_out, diverged = len(table.attrs["left_out"]), len(table.attrs["diverged"])
    without = f"; {_runs(left_out)} without one left out" if left_out else ""
    worst = f"; {diverged} that diverged count{'s' * (diverged == 1)} as the worst" if diverged else ""
    return (f"strength (0 to 1) with the {table.attrs['numbers'].words()} of {table.attrs['metric']}{without}{worst}"
            f"{_holm(table, 'settings')}; best: said where p_holm is at most 0.05")


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
