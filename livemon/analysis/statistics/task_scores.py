"""The runs of groups by task: one number for each run, and their comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at
from livemon.analysis.run_set.settings import as_compared, find_key
from livemon.analysis.statistics.groups import find_groups, group_called, renamed
from livemon.analysis.statistics.importance import importance_of
from livemon.analysis.statistics.over_tasks import (
    Estimate,
    aggregates,
    improvement,
    iqm_difference,
    profile,
    scaled,
)
from livemon.analysis.statistics.significance import default_at, main_metric
from livemon.tables import meaning

__all__ = ["OverTasks", "TaskScale", "compare_over_tasks", "importance_within_tasks"]

Array = NDArray[np.float64]
TaskScale = Literal["logged", "minmax"]

_THRESHOLDS = 101  # of a performance profile
_FAR_APART = 10.0  # times the smallest level of a task that the largest is: on such scales a mean is that of one task
_OF_SCALED = 3  # decimals of scores from 0 to 1
_LEAST_RUNS = 3  # of a task: of fewer a bootstrap draws the same again and again


@dataclass(frozen=True, eq=False)
class OverTasks:
    """Groups compared over tasks.

    Attributes:
        metric, called: The metric, and its name for people.
        rising: Whether a higher score is better: for scaled scores always True.
        numbers: The number of each run.
        scale: The scaling of the scores.
        tasks: The names of the tasks.
        scores: group -> its scores, an array for each task; the groups with the best IQM first.
        logged: group -> for each task the number of each of its runs as logged, NaN too; `scores` has those that are
            finite, in this order.
        estimates: group -> "iqm", "mean" and "median".
        improvements: A row for each pair: a, b, probability (that a run of a is better than one of b), low, high.
        thresholds, profiles: The performance profiles: group -> shares, and the ends of their intervals.
        not_worse: The best group, and those whose interquartile mean is not shown to differ: the interval of the
            difference to the best contains 0.
        notes: What readers must know, in sentences.
    """

    metric: str
    called: str
    rising: bool
    numbers: Numbers
    scale: TaskScale
    tasks: list[str]
    scores: dict[str, list[Array]]
    logged: dict[str, list[dict[str, float]]]
    estimates: dict[str, dict[str, Estimate]]
    improvements: pd.DataFrame
    thresholds: Array
    profiles: dict[str, tuple[Array, Array, Array]]
    not_worse: frozenset[str]
    notes: list[str]

    @property
    def has_intervals(self) -> bool:
        """Whether there is an interval of the difference of any group to the best; none where all have single runs."""
        return any(len(of_task) > 1 for of_tasks in self.scores.values() for of_task in of_tasks)

    @property
    def decimals(self) -> int | None:
        """Of scores in tables, where they have a number of decimals of their own."""
        return _OF_SCALED if self.scale == "minmax" else None

    def score_of_each(self, group: str, task: int) -> dict[str, float]:
        """run -> its score on a task, which is given by its place; NaN for a run without a finite number."""
        finite = iter(self.scores[group][task].tolist())
        return {name: next(finite) if math.isfinite(number) else math.nan
                for name, number in self.logged[group][task].items()}


def compare_over_tasks(
    runs: MultiExperimentLoader, tasks: str, metric: str | None = None, *, at: str | At | None = None,
    groups: Mapping[str, Sequence[str]] | None = None, group_by: str | Sequence[str] | None = None,
    scale: TaskScale = "logged", baseline: str | None = None, rising: bool | None = None, x: str | None = None,
    label: str | None = None, rename: Sequence[str] = (),
) -> OverTasks:
    """Compare groups of runs over several tasks; see `over_tasks` for the definitions.

    Args:
        tasks: The setting that names a run's task.
        metric: None stands for the main one.
        at: The number for each run, see `significance.compare_groups`.
        groups: label -> names of runs of all tasks; None: by `group_by`, settings that the runs of a group share, or
            all settings but the task and the seed.
        scale: "logged": raw scores. "minmax": in each task the worst run is 0 and the best is 1.
        baseline: Compare each group only with this one; None: every pair.
        rising: Whether more is better; None: by the metric's name.
        x: See `MultiExperimentLoader.curves`.
        label: The name of the metric; None: its own.
        rename: Other names of groups; see `groups.renamed`.

    Raises:
        ValueError: No run has the setting or the metric, the better direction is unknown, the groups share no task, or
            the baseline is not a group.
    """
    key = _key_of(runs, tasks)
    metric = metric or main_metric(runs)
    curves = {name: own[metric] for name, own in runs.curves((metric,), x, stacklevel=3).items() if metric in own}
    if not curves:
        raise no_metric(runs, metric)
    up = meaning.higher_is_better(runs.direction(metric)) if rising is None else rising
    if up is None:
        raise ValueError(meaning.ask_for_direction(metric))
    without_task = {name: {other: value for other, value in own.items() if other != key}
                    for name, own in runs.settings.items()}
    by_group = renamed(groups if groups is not None else find_groups(without_task, group_by), rename)
    baseline = None if baseline is None else group_called(by_group, baseline)
    numbers = numbers_at(curves, at or default_at(runs, curves), up)
    task_of = {name: wording.setting(own[key], 24) for name, own in runs.settings.items() if own.get(key) is not None}
    order = sorted({name: own[key] for name, own in runs.settings.items() if name in task_of}.values(), key=as_compared)
    names = list(dict.fromkeys(wording.setting(value, 24) for value in order))
    table, notes = _by_task(by_group, numbers, task_of, names)
    shared = [task for task in names if all(_finite(by_task[task]) for by_task in table.values())]
    if not shared:
        raise ValueError(f"the groups have no {key} in common: {_which(table)}")
    if left_out := [task for task in names if task not in shared]:
        notes.append(f"left out: {wording.listed(left_out, 5)}: not every group has a run of it with a number")
    logged = {label: [by_task[task] for task in shared] for label, by_task in table.items()}
    scores = {label: [np.array(_finite(of_task)) for of_task in of_tasks] for label, of_tasks in logged.items()}
    notes += _cautions(scores, shared, scale)
    if scale == "minmax":
        scores, up = dict(zip(scores, scaled(list(scores.values()), up), strict=True)), True
    return _compared(metric, label or metric, up, numbers, scale, shared, scores, logged, baseline, notes)


def importance_within_tasks(runs: MultiExperimentLoader, tasks: str, compared: OverTasks, rising: bool | None = None
                            ) -> pd.DataFrame:
    """The association of each setting with the scores within tasks: with the rank of a run among those of its task,
    from 0 to 1, because scores of several tasks cannot be ranked together. See `importance.importance_of`.

    Args:
        runs, tasks, rising: See `compare_over_tasks`.
        compared: The result of `compare_over_tasks`.
    """
    from scipy.stats import rankdata

    key = _key_of(runs, tasks)
    settings = {name: {other: value for other, value in own.items() if other != key}
                for name, own in runs.settings.items() if own.get(key) is not None}
    by_task: dict[str, list[str]] = {}
    for name in settings:
        if name in compared.numbers.values and name not in compared.numbers.short:
            by_task.setdefault(wording.setting(runs.settings[name][key], 24), []).append(name)
    rising = meaning.higher_is_better(runs.direction(compared.metric)) if rising is None else rising
    ranks: dict[str, float] = {}
    for members in by_task.values():
        values = np.array([compared.numbers.values[name] for name in members])
        finite = np.isfinite(values)
        values[finite] = (rankdata(values[finite]) - 0.5) / finite.sum()
        ranks |= dict(zip(members, values.tolist(), strict=True))
    table = importance_of(settings, ranks, rising)
    table.attrs |= {"metric": compared.metric, "numbers": compared.numbers,
                    "left_out": [name for name in runs.names if name not in ranks]}
    return table


def _key_of(runs: MultiExperimentLoader, tasks: str) -> str:
    key = find_key(tasks, list(runs.settings.values()))
    if key is None:
        has = ", ".join(list(dict.fromkeys(name for own in runs.settings.values() for name in own))[:20])
        raise ValueError(f"no run has the setting {tasks!r} that names the tasks; there are {has or 'none'}")
    return key


def _compared(metric: str, called: str, up: bool, numbers: Numbers, scale: TaskScale, tasks: list[str],
              scores: dict[str, list[Array]], logged: dict[str, list[dict[str, float]]], baseline: str | None,
              notes: list[str]) -> OverTasks:
    estimates = {label: aggregates(of_tasks) for label, of_tasks in scores.items()}
    order = sorted(scores, key=lambda label: estimates[label]["iqm"].value * (-1 if up else 1))
    pairs = [(label, baseline) for label in order if label != baseline] if baseline else list(combinations(order, 2))
    better = {(a, b): improvement(scores[a], scores[b], up) for a, b in pairs}
    rows = [{"a": a, "b": b, "probability": better_than.value, "low": better_than.low, "high": better_than.high}
            for (a, b), better_than in better.items()]
    every = np.concatenate([task for of_tasks in scores.values() for task in of_tasks])
    thresholds = np.linspace(every.min(), every.max(), _THRESHOLDS)
    best = order[0]
    ahead = {label: iqm_difference(scores[best], scores[label]) for label in order if label != best}
    not_worse = {best, *(label for label, difference in ahead.items() if difference.low <= 0 <= difference.high)}
    return OverTasks(metric, called, up, numbers, scale, tasks, {label: scores[label] for label in order}, logged,
                     {label: estimates[label] for label in order},
                     pd.DataFrame(rows, columns=["a", "b", "probability", "low", "high"]), thresholds,
                     {label: profile(scores[label], thresholds, up) for label in order}, frozenset(not_worse), notes)


def _by_task(groups: Mapping[str, Sequence[str]], numbers: Numbers, task_of: Mapping[str, str], tasks: Sequence[str]
             ) -> tuple[dict[str, dict[str, dict[str, float]]], list[str]]:
    """group -> task -> the numbers of its runs, NaN too; and what is left out."""
    table: dict[str, dict[str, dict[str, float]]] = {label: {task: {} for task in tasks} for label in groups}
    bad, nowhere = [], []
    for label, members in groups.items():
        for name in members:
            if name not in task_of:
                nowhere.append(name)
                continue
            table[label][task_of[name]][name] = value = numbers.values.get(name, math.nan)
            if not math.isfinite(value):
                bad.append(name)
    notes = []
    if bad:
        notes.append(f"left out, without a finite number: {wording.listed(bad)}. Runs that diverged are a result, too: "
                     "a group without them looks better than it is")
    if nowhere:
        notes.append(f"left out, as their task is not known: {wording.listed(nowhere)}")
    return table, notes


def _finite(numbers: Mapping[str, float]) -> list[float]:
    return [number for number in numbers.values() if math.isfinite(number)]


def _which(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    return "; ".join(f"{label} has {wording.listed([task for task in by_task if _finite(by_task[task])], 5) or 'none'}"
                     for label, by_task in table.items())


def _cautions(scores: Mapping[str, Sequence[Array]], tasks: Sequence[str], scale: TaskScale) -> list[str]:
    fewest = min(len(of_task) for group in scores.values() for of_task in group)
    notes = []
    single = [label for label, group in scores.items() if all(len(of_task) == 1 for of_task in group)]
    if single:
        notes.append(f"{wording.listed(single)}: one run of each task, so there are no intervals; take {_LEAST_RUNS} "
                     "seeds or more of each task")
    elif fewest < _LEAST_RUNS:
        notes.append(f"a task of a group has {fewest} run{'s' * (fewest != 1)}: the intervals are narrower than they "
                     f"should be; take {_LEAST_RUNS} seeds or more of each task")
    levels = [abs(float(np.mean(np.concatenate([group[index] for group in scores.values()]))))
              for index in range(len(tasks))]
    if scale == "logged" and len(levels) > 1 and max(levels) > _FAR_APART * min(levels):
        largest = tasks[int(np.argmax(levels))]
        notes.append(f"the tasks are on different scales, so the aggregates are mostly those of {largest}; "
                     "--task-scale minmax puts the worst run of each task at 0 and the best at 1, or log normalised "
                     "scores")
    return notes
