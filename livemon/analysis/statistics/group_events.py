"""Events of a group's single runs that its curve does not show: NaN, infinities, spikes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.run_set.points import Points
from livemon.curves.far_points import far_points

__all__ = ["GroupEvents", "events_of"]

Array = NDArray[np.float64]
EventKind = Literal["nan", "inf", "spike"]

_MOST_OF_A_RUN = 200  # the furthest spikes, and the first stretches of NaN: more than a panel can show


@dataclass(frozen=True, slots=True, eq=False)
class GroupEvents:
    """Events of one kind, in order of x.

    Attributes:
        kind: "nan" or "inf" (where a stretch of them begins), or "spike" (see `curves.far_points`).
        x, value: shape (n,), float64; the value as logged.
        run: shape (n,): the index of the run in its group.
    """

    kind: EventKind
    x: Array
    value: Array
    run: NDArray[np.int64]


def events_of(runs: Sequence[Points]) -> tuple[GroupEvents, ...]:
    """The events of a group's runs, from the raw values; kinds without events are left out."""
    finders: dict[EventKind, Callable[[Array], NDArray[np.intp]]] = {
        "nan": lambda y: _begins(np.isnan(y)),
        "inf": lambda y: _begins(np.isinf(y)),
        "spike": _finite_spikes,
    }
    by_kind = (_of_kind(kind, runs, [finder(points.y) for points in runs]) for kind, finder in finders.items())
    return tuple(events for events in by_kind if len(events.x))


def _of_kind(kind: EventKind, runs: Sequence[Points], at: Sequence[NDArray[np.intp]]) -> GroupEvents:
    x = np.concatenate([points.x[places] for points, places in zip(runs, at, strict=True)] or [np.empty(0)])
    value = np.concatenate([points.y[places] for points, places in zip(runs, at, strict=True)] or [np.empty(0)])
    run = np.repeat(np.arange(len(runs)), [len(places) for places in at])
    order = np.argsort(x, kind="stable")
    return GroupEvents(kind, x[order], value[order], run[order])


def _begins(bad: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where stretches of bad values begin, the first ones."""
    return np.flatnonzero(bad & ~np.append(False, bad[:-1]))[:_MOST_OF_A_RUN]


def _finite_spikes(y: Array) -> NDArray[np.intp]:
    """The spikes among the finite values, those furthest from the median if there are many."""
    finite = np.flatnonzero(np.isfinite(y))
    at = finite[far_points(y[finite])]
    if len(at) > _MOST_OF_A_RUN:
        distance = np.abs(y[at] - np.median(y[finite]))
        at = np.sort(at[np.argsort(-distance, kind="stable")[:_MOST_OF_A_RUN]])
    return at
