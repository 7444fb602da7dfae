"""The curves that a panel of several runs is made from, and the colours and shapes that tell them apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.groups import GroupCurve
from livemon.boards.model import CYCLE, Colour, Dash

__all__ = ["BEST_OF_MANY", "FEW", "Trace", "TraceStyle", "pick_colours", "trace_of_group"]

Array = NDArray[np.float64]

FEW = 10  # runs, each of which has a colour and a label of its own
BEST_OF_MANY = 6  # of more runs: these have
_SAME_SHAPE = 4  # curves that colours alone tell apart
_SHAPES: tuple[Dash, ...] = ("solid", "dashed", "dotted", "dashdot")


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One curve: of a run, or the middle of a group of runs with a band around it.

    Attributes:
        label: Unique in the board.
        x, y: shape (n,), float64; x finite and not decreasing, y as logged.
        group: Of a group of runs; its curve is of them as they were logged, or smoothed, and is not smoothed again.
        name: Of the group, without how many runs it has.
        smoothed: Whether the group's runs were smoothed.
        runs: x and y of the single runs that are drawn behind a group's middle; () for none.
    """

    label: str
    x: Array
    y: Array
    group: GroupCurve | None = None
    name: str = ""
    smoothed: bool = False
    runs: tuple[tuple[Array, Array], ...] = ()

    @property
    def band(self) -> tuple[Array, Array] | None:
        """low and high, shape (n,); None for none."""
        return (self.group.low, self.group.high) if self.group is not None and len(self.group.x) else None


def trace_of_group(label: str, members: Sequence[Points], curve: GroupCurve, *, smoothed: bool,
                   runs: Sequence[tuple[Array, Array]] = ()) -> Trace:
    """The trace of a group's curve.

    Args:
        label: Of the group.
        members: The points of its runs.
        curve: Of them, on the board's axis.
        smoothed: Whether they were smoothed.
        runs: Their own lines, where they are drawn behind it.
    """
    if not len(curve.x):  # nothing finite was logged, which is more than nothing
        x = np.concatenate([points.x for points in members])
        return Trace(label, x, np.full(len(x), math.nan), curve, label)
    return Trace(f"{label} ({curve.counts_in_words()})", curve.x, curve.middle, curve, label, smoothed,
                 tuple(runs))


@dataclass(frozen=True, slots=True)
class TraceStyle:
    """How curves are drawn.

    Attributes:
        colours: label -> colour. Those that are not in it are in the background: grey, thin, without a label.
        log, linear: Metrics that are drawn on a logarithmic or a linear axis, whatever their values.
        smooth: TensorBoard's weight, None = by the noise.
        pixels: Columns of the widest panel.
    """

    colours: Mapping[str, Colour]
    log: tuple[str, ...] = ()
    smooth: float | None = None
    pixels: int = 2000
    linear: tuple[str, ...] = ()

    def dash(self, label: str) -> Dash:
        """A curve's shape: of many in colour, neighbours have different ones. It goes with the colour, so that a run
        looks the same in every panel."""
        if len(self.colours) <= _SAME_SHAPE:
            return "solid"
        return _SHAPES[CYCLE.index(self.colours[label]) % len(_SHAPES)]


def pick_colours(ordered: Sequence[str], ranked: Sequence[str]) -> dict[str, Colour]:
    """Colours for curves: one for each where there are few, else for the best ones.

    Args:
        ordered: All labels, in the order given.
        ranked: The labels, best first; those that have no value left out.
    """
    if len(ordered) <= FEW:
        return dict(zip(ordered, CYCLE, strict=False))
    best = list(dict.fromkeys([*ranked, *ordered]))[:BEST_OF_MANY]
    return dict(zip(best, CYCLE, strict=False))
