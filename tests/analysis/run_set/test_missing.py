"""Errors about what no run has."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

from livemon import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_axis, no_metric


def test_the_metrics_of_all_runs_are_named(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """The error of a metric that no run has names the metrics of every run; a run that cannot be read is not said once
    more."""
    dirs = [make_run(tmp_path / name, {"step": [1], name: [1.0]}) for name in ("alpha", "gone", "beta")]
    runs = MultiExperimentLoader(dirs)
    shutil.rmtree(dirs[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        error = no_metric(runs, "betta")
    assert str(error) == "no run has the metric 'betta'; did you mean beta? there are alpha, beta"


def test_only_what_can_be_drawn_over_is_named(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """The error of an x that no run has names those that one of the runs has, in their usual order."""
    runs = MultiExperimentLoader([
        make_run(tmp_path / "a", {"step": [1, 2], "loss": [2.0, 1.0]}, {}),
        make_run(tmp_path / "b", {"timestamp": [1.7e9, 1.7e9 + 1], "loss": [2.0, 1.0]}, {}),
    ])
    assert no_axis(runs, "epoch").args == (
        "no run has the x 'epoch'; there are step, time, wall, row, and the columns with numbers",)
