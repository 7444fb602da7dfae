"""The table of methods on tasks, with the best of each task marked."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.captions import each_task_caption
from livemon.analysis.statistics.task_scores import compare_over_tasks
from livemon.analysis.statistics.task_table import TaskTable, task_table

LEVELS = {("base", "easy"): 1.0, ("base", "hard"): 1000.0, ("ours", "easy"): 0.4, ("ours", "hard"): 990.0,
          ("far", "easy"): 9.0, ("far", "hard"): 1001.0}


def loss(method: str, task: str, seed: int) -> float:
    noise = np.random.default_rng([seed, *map(ord, method + task)]).standard_normal()
    return LEVELS[method, task] + (0.2 if task == "easy" else 20.0) * float(noise)


@pytest.fixture
def study(write_run: Callable[..., Path], tmp_path: Path) -> MultiExperimentLoader:
    """Three methods on two tasks of far apart scales, with four seeds each."""
    return MultiExperimentLoader([
        write_run(tmp_path / f"{method}{task}{seed}", [9e3, loss(method, task, seed)], method=method, task=task,
                  seed=seed)
        for method, task in LEVELS for seed in range(4)])


def table_of(study: MultiExperimentLoader, scale: str = "logged", **options: str) -> TaskTable:
    compared = compare_over_tasks(study, "task", scale=scale)  # type: ignore[arg-type]
    return task_table(compared, study.settings, **options)  # type: ignore[arg-type]


def test_cells_are_means_with_deviations(study: MultiExperimentLoader) -> None:
    """Each cell has NumPy's mean and standard deviation of the runs of a method on a task, a row a task."""
    table = table_of(study)
    for row in table.rows:
        values = [loss(row["group"].removeprefix("method="), row["task"], seed) for seed in range(4)]
        assert row["mean"] == pytest.approx(np.mean(values)) and row["std"] == pytest.approx(np.std(values, ddof=1))
        assert row["high"] - row["mean"] == pytest.approx(row["std"])
    frame, _ = table.frame(["method=far", "method=base"])
    assert list(frame) == ["method=far", "method=base"] and frame.index.tolist() == ["easy", "hard"]
    assert all(" ± " in cell for cell in frame.loc["easy"]) and "n = 4 runs" in each_task_caption(table)


@pytest.mark.parametrize("scale", ["logged", "minmax"])
def test_each_task_has_its_own_test(scale: str, study: MultiExperimentLoader) -> None:
    """Marked are the best of a task and those that SciPy's paired t-test, with Holm's correction within the task, does
    not show to be worse; on whatever scale; the caption names this test and how runs are paired."""
    table = table_of(study, scale)
    for task in ("easy", "hard"):
        values = {method: [loss(method, task, seed) for seed in range(4)] for method in ("base", "ours", "far")}
        best = min(values, key=lambda method: float(np.mean(values[method])))
        p = sorted((float(stats.ttest_rel(values[method], values[best]).pvalue), method)
                   for method in values if method != best)
        corrected = {p[0][1]: 2 * p[0][0], p[1][1]: max(2 * p[0][0], p[1][0])}
        marked = {best, *(method for method, of_method in corrected.items() if of_method > 0.05)}
        assert table.bold[task].groups == {f"method={method}" for method in marked}
    caption = each_task_caption(table)
    assert "(paired t-test against the best, Holm over 2 tests on each task, level 0.05)" in caption
    assert caption.endswith("; paired by seed: one run per seed in each group")
    assert caption.startswith("val_loss, less is better" if scale == "logged" else "val_loss, more is better")


def test_other_middles_and_tests(study: MultiExperimentLoader) -> None:
    """The median has its interval and its test, of which the caption has the names."""
    table = table_of(study, middle="median", band="auto", pair="none")
    caption = each_task_caption(table)
    assert "median [95 % interval by order statistics]" in caption and "Mann-Whitney test against the best" in caption
    assert all("median" in row for row in table.rows)


def test_runs_that_differ_in_number_are_counted_in_the_cells(
    write_run: Callable[..., Path], tmp_path: Path, study: MultiExperimentLoader
) -> None:
    """Where a method has fewer finite runs on a task, each cell says how many there are; a single run has no spread."""
    more = write_run(tmp_path / "baseeasy9", [9e3, 1.0], method="base", task="easy", seed=9)
    write_run(tmp_path / "nan", [9e3, math.nan], method="base", task="easy", seed=10)
    table = table_of(MultiExperimentLoader([*study.paths.values(), more, tmp_path / "nan"]))
    frame, _ = table.frame(["method=base"])
    assert frame["method=base"]["easy"].endswith("(n = 5)") and frame["method=base"]["hard"].endswith("(n = 4)")
    alone = task_table(compare_over_tasks(study.only([name for name in study.names if name.endswith("0")]), "task"),
                       study.settings)
    assert all("±" not in cell for cell in alone.frame(["method=base"])[0]["method=base"])
