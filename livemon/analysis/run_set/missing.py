"""Errors about what no run has: they say what may be meant, and what there is."""

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
    """The error that no run has a metric. Reads the runs once more, for their metrics' names."""
    return ValueError(f"no run has the metric {metric!r}; {wording.instead_of(metric, metrics_of_all(runs))}")


def metrics_of_all(runs: _Readable) -> list[str]:
    """The metrics that any of the runs has. Reads the runs once more."""
    return _each(runs, metrics_of)


def no_axis(runs: _Readable, x: str) -> KeyError:
    """The error that no run has an x. Reads the runs once more, for what can be drawn over."""
    has = _each(runs, _axes)
    known = [kind for kind in ALIGNMENTS if kind in has]
    return KeyError(f"no run has the x {x!r}; there are {', '.join([*known, ''])}and the columns with numbers")


def _each(runs: _Readable, wanted: Callable[[ExperimentLoader], list[str]]) -> list[str]:
    with warnings.catch_warnings():  # the runs were read before, and what was odd was said then
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
