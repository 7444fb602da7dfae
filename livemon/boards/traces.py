"""The curves of a panel with several runs, and the colours and shapes that tell them apart."""

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

FEW = 10  # runs: up to so many, each has its own colour and label
BEST_OF_MANY = 6  # with more runs: these have
_SAME_SHAPE = 4  # curves that colours alone tell apart
_SHAPES: tuple[Dash, ...] = ("solid", "dashed", "dotted", "dashdot")


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One curve: a run, or the middle of a group of runs with a band around it.

    Attributes:
        label: Unique in the board.
        x, y: shape (n,), float64; x finite and not decreasing, y as logged.
        group: The group's curve, of runs as logged or smoothed; it is not smoothed again.
        name: The name of the group, without the number of runs.
        smooth: The weight of the smoothing of the group's runs; 0: none.
        runs: x and y of the single runs behind a group's middle; () for none.
    """

    label: str
    x: Array
    y: Array
    group: GroupCurve | None = None
    name: str = ""
    smooth: float = 0.0
    runs: tuple[tuple[Array, Array], ...] = ()

    @property
    def band(self) -> tuple[Array, Array] | None:
        """low and high, shape (n,), or None."""
        return (self.group.low, self.group.high) if self.group is not None and len(self.group.x) else None


def trace_of_group(label: str, members: Sequence[Points], curve: GroupCurve, *, smooth: float,
                   runs: Sequence[tuple[Array, Array]] = ()) -> Trace:
    """The trace of a group's curve.

    Args:
        label: The label of the group.
        members: The points of its runs.
        curve: Their curve, on the board's axis.
        smooth: The weight of the smoothing of the runs; 0: none.
        runs: The lines of the single runs, if they are drawn behind it.
    """
    if not len(curve.x):  # something was logged, though nothing finite
        x = np.concatenate([points.x for points in members])
        return Trace(label, x, np.full(len(x), math.nan), curve, label)
    return Trace(f"{label} ({curve.counts_in_words()})", curve.x, curve.middle, curve, label, smooth,
                 tuple(runs))


@dataclass(frozen=True, slots=True)
class TraceStyle:
    """The appearance of curves.

    Attributes:
        colours: label -> colour. Curves that are not in it are in the background: grey, thin, without a label.
        log, linear: Metrics with a logarithmic or linear axis, whatever their values.
        smooth: TensorBoard's weight; None: by the noise.
        pixels: Pixel columns of the widest panel.
        full: Whether the limits of y contain every value; else a curve that would flatten all others stays outside.
    """

    colours: Mapping[str, Colour]
    log: tuple[str, ...] = ()
    smooth: float | None = None
    pixels: int = 2000
    linear: tuple[str, ...] = ()
    full: bool = False

    def dash(self, label: str) -> Dash:
        """A curve's shape: with many coloured curves, neighbours differ. It depends on the colour, so that a run looks
        the same in every panel."""
        if len(self.colours) <= _SAME_SHAPE:
            return "solid"
        return _SHAPES[CYCLE.index(self.colours[label]) % len(_SHAPES)]


def pick_colours(ordered: Sequence[str], ranked: Sequence[str]) -> dict[str, Colour]:
    """Colours for curves: one for each if they are few, else for the best ones.

    Args:
        ordered: All labels, in the order given.
        ranked: The labels, best first, without those that have no value.
    """
    if len(ordered) <= FEW:
        return dict(zip(ordered, CYCLE, strict=False))
    best = list(dict.fromkeys([*ranked, *ordered]))[:BEST_OF_MANY]
    return dict(zip(best, CYCLE, strict=False))
