"""Errors about metrics and axes that no run has: they suggest similar names, and list the existing ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Protocol

from livemon import wording
from livemon.analysis.run_set.points import ALIGNMENTS, metrics_of, read_points
from livemon.runs.experiment import ExperimentLoader

__all__ = ["metrics_of_all", "no_axis", "no_metric"]


class _Readable(Protocol):
    """Runs that can be asked one by one, as `MultiExperimentLoader` can."""

    def read(self, wanted: Callable[[ExperimentLoader], list[str]]) -> dict[str, list[str]]: ...


def no_metric(runs: _Readable, metric: str) -> ValueError:
    """The error for a metric that no run has. Reads the runs again for the names of their metrics."""
    return ValueError(f"no run has the metric {metric!r}; {wording.instead_of(metric, metrics_of_all(runs))}")


def metrics_of_all(runs: _Readable) -> list[str]:
    """The metrics that any of the runs has. Reads the runs again."""
    return _each(runs, metrics_of)


def no_axis(runs: _Readable, x: str) -> KeyError:
    """The error for an x that no run has. Reads the runs again for their axes."""
    has = _each(runs, _axes)
    known = [kind for kind in ALIGNMENTS if kind in has]
    return KeyError(f"no run has the x {x!r}; there are {', '.join([*known, ''])}and the columns with numbers")


def _each(runs: _Readable, wanted: Callable[[ExperimentLoader], list[str]]) -> list[str]:
    with warnings.catch_warnings():  # the runs were read before, and their warnings were given then
        warnings.simplefilter("ignore")
        by_run = runs.read(wanted)
    return [name for metrics in by_run.values() for name in metrics]


def _axes(run: ExperimentLoader) -> list[str]:
    axes = []
    for kind in ALIGNMENTS:
        try:
            for metric in metrics_of(run)[:1]:
                read_points(run, metric, kind)
                axes.append(kind)
        except KeyError:
            continue
    return axes
