"""What the values of curves ask of their axis."""

from __future__ import annotations

import numpy as np

from livemon.boards.axis_rules import crosses_decades, falls_to_nothing, flattened, has_flat_tail, never_positive
from livemon.curves.curve import Curve


def curve(y: list[float] | np.ndarray, log: bool = False) -> Curve:
    made = Curve((0.0, float(len(y))), 100, log=log)
    made.extend(np.arange(len(y), dtype=float), np.asarray(y, float))
    return made


def test_never_positive() -> None:
    """A curve with finite values of which none is above 0, whatever the axis; one without a value is not meant."""
    assert never_positive(curve([-1.0, 0.0], log=True)) and never_positive(curve([-1.0]))
    assert not never_positive(curve([-1.0, 2.0], log=True))
    assert not never_positive(curve([np.nan], log=True))


def test_falls_to_nothing() -> None:
    """Few values far below all others fall to nothing; a climb through many decades does not, nor do few decades, nor
    what is 0, for which there is no logarithm anyway."""
    assert falls_to_nothing(curve([*np.linspace(1e-3, 1e-5, 99), 6e-20]))
    assert not falls_to_nothing(curve(np.geomspace(1e-10, 1.0, 100)))
    assert not falls_to_nothing(curve([*np.linspace(1e-3, 1e-5, 99), 1e-8]))
    assert not falls_to_nothing(curve([1e-3, 0.0]))


def test_crosses_decades() -> None:
    """A quarter of the points below a twentieth of the highest is much; a bit less keeps a logarithmic axis."""
    assert crosses_decades(np.array([1.0] * 3 + [0.01])) and not crosses_decades(np.array([1.0] * 4 + [0.01]))
    assert crosses_decades(np.array([1.0] * 4 + [0.01]), held=True) and not crosses_decades(np.empty(0))


def test_has_flat_tail() -> None:
    """The second half moves by a tenth of its level, which is a 400th of a linear axis; a constant tail shows nothing
    on any axis, nor do few points say much."""
    y = np.concatenate((np.linspace(4.0, 0.2, 30), 0.1 + 0.01 * np.sin(np.arange(40))))
    assert has_flat_tail(y) and not has_flat_tail(y + 4.0)
    assert not has_flat_tail(np.concatenate((y[:30], np.full(40, 0.1)))) and not has_flat_tail(y[::5])


def test_flattened() -> None:
    """A curve is flat beside others where its range meets none of theirs and is less than a twentieth of all."""
    ranges = [(0.0, 1.0), (90.0, 100.0)]
    assert flattened(ranges[0], 0.0, 100.0, ranges) and not flattened(ranges[1], 0.0, 100.0, ranges)
    assert not flattened((0.0, 1.0), 0.0, 100.0, [(0.0, 1.0), (0.5, 100.0)])
    constant = (3.0, 3.0)
    assert not flattened(constant, 0.0, 100.0, [constant, ranges[1]])
