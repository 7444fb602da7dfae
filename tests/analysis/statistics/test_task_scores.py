"""The runs of groups by task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.task_scores import compare_over_tasks


@pytest.fixture
def runs(write_run: Callable[..., Path], tmp_path: Path) -> MultiExperimentLoader:
    """Two methods on two tasks of far apart scales; one run diverged, and a third task has one method alone."""
    dirs = []
    for method, factor in (("a", 1.0), ("b", 0.5)):
        for task, level in (("easy", 1.0), ("hard", 1000.0)):
            for seed in range(3):
                dirs.append(write_run(tmp_path / f"{method}{task}{seed}", [9e3, factor * level + seed], method=method,
                                      task=task, seed=seed))
    dirs.append(write_run(tmp_path / "nan", [9.0, float("nan")], method="b", task="easy", seed=3))
    dirs.append(write_run(tmp_path / "alone", [9.0, 1.0], method="b", task="third", seed=0))
    return MultiExperimentLoader(dirs)


def test_runs_are_sorted_by_group_and_task(runs: MultiExperimentLoader) -> None:
    """Each group has its runs' numbers by task; less is better for a loss; a task that a group lacks, a run without a
    number, and scales far apart are said."""
    compared = compare_over_tasks(runs, "task")
    assert compared.tasks == ["easy", "hard"] and list(compared.scores) == ["method=b", "method=a"]
    assert [one.tolist() for one in compared.scores["method=b"]] == [[0.5, 1.5, 2.5], [500.0, 501.0, 502.0]]
    notes = " | ".join(compared.notes)
    assert "left out: third: not every group has a run of it" in notes and "finite number: nan." in notes
    assert "mostly those of hard" in notes
    assert compared.improvements.iloc[0]["probability"] == pytest.approx((6 / 9 + 1) / 2)


def test_scaled_scores_rise(runs: MultiExperimentLoader) -> None:
    """Scaled, the lowest loss of a task is 1, and the best group is the same."""
    compared = compare_over_tasks(runs, "task", scale="minmax")
    assert compared.rising and list(compared.scores) == ["method=b", "method=a"]
    assert compared.scores["method=b"][1].max() == 1.0 and compared.scores["method=a"][1].min() == 0.0
    assert not any("scales" in note for note in compared.notes)
