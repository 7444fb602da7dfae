"""The points that a comparison draws, as a table, for figures made elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from livemon.boards.comparison import Comparison
from livemon.boards.overlay import smoothed_values

__all__ = ["drawn_points"]


def drawn_points(comparison: Comparison, metrics: Sequence[str]) -> pd.DataFrame:
    """The curves of some metrics, complete and not thinned.

    Returns:
        A row for each point: `metric`, `label` (of the run or group), x under its name, `middle` (the line: the middle
            of a group, or the value of a run, smoothed if the picture is), `low` and `high` (the band, or NaN), `n`
            (the number of runs at that x), `logged` (the value of a run as logged; NaN for a group). If the single runs
            of groups are drawn they have rows, too, with their names as `run`. Index: the row's number.
        middle of its runs, of a run its value, smoothed where the picture is), `low` and `high` (the band; NaN where
        there is none), `n` (runs at that x), `logged` (a run's value as logged; NaN of a group). Where the single runs
        of groups are drawn they have rows, too, with their names as `run`. Index: the row's number.
    """
    low, high = comparison.options.x_limits
    x_name = comparison.options.x_name or comparison.x_label
    tables = []
    for metric in metrics:
        log = comparison.panel(metric).y_scale == "log"
        for label, trace in zip(comparison.groups, comparison.traces(metric), strict=True):
            group, none = trace.group, np.full(len(trace.x), np.nan)
            middle = trace.y if group is not None else smoothed_values(trace, comparison.options.smooth, log, metric)
            tables.append(pd.DataFrame({
                "metric": comparison.options.names.get(metric, metric), "label": label, x_name: trace.x,
                "middle": middle, "low": none if group is None or not len(group.x) else group.low,
                "high": none if group is None or not len(group.x) else group.high,
                "n": 1 if group is None or not len(group.x) else group.counts,
                "logged": trace.y if group is None else none}))
            runs = comparison.runs_with(metric, label) if trace.runs else []
            tables += [pd.DataFrame({
                "metric": comparison.options.names.get(metric, metric), "label": label, "run": run, x_name: x,
                "middle": y, "low": math.nan, "high": math.nan, "n": 1, "logged": math.nan if trace.smooth else y})
                for run, (x, y) in zip(runs, trace.runs, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    if "run" in table:
        table.insert(2, "run", table.pop("run").fillna(""))
    x = table[x_name] * comparison.x_unit
    inside = (x >= (-math.inf if low is None else low)) & (x <= (math.inf if high is None else high))
    return table[inside & (x > 0 if comparison.options.log_x else True)]
