"""Labels from a twin: the same training with the same batches and without the fault.

No tool has a say in these rules, and livemon's code was not read for them.

* A leap is visible in a row whose loss is at least `_SCALES` robust standard deviations of the detrended twin above the
  twin's trend, at least `_TIMES` the trend where that is positive, and above what the twin itself reaches by its own
  noise at any row after the first `_BEGINNING`. A run without such a row is left out.
* It is a spike if the loss comes back to the twin within `_BACK` rows: the median of five rows of the difference is
  below three robust standard deviations from there on for `_STAYS` rows. Else either finding counts, a spike or a
  divergence. A loss that stays not finite is a NaN (or a divergence).
* What else is faulty is visible if the stated end of the run is worse than that of its twin, by the same scales.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Collection

import numpy as np

from .training import Array, Random, Row

# In the first row, not logged: the findings of which one is expected, "" for a run to be left out, and the row in which
# the fault is first visible, -1 if there is no such row.
LABELS = "labels"
COST = "cost"  # not logged: what says by its last rows that the run ended worse
Label = tuple[str, int]
_SCALES, _TIMES, _BEGINNING = 8.0, 1.5, 30
_BACK, _STAYS, _NEAR = 40, 20, 3.0
_TREND, _AROUND = 31, 100  # rows
_LAST = 0.1  # of the rows

Twin = Callable[[Random, bool], list[Row]]  # trains with the fault, or without


def losses_of(rows: list[Row], name: str | None = None) -> Array:
    """The logged values of the training loss: of `name`, or of the first column that is not a step, epoch or rate."""
    name = name or next(key for key in rows[0] if not any(
        word in key.lower() for word in ("step", "epoch", "iter", "lr", "rate", "norm", "time", "sec", "val", "eval")))
    return np.array([row[name] for row in rows if name in row], float)


def trend_of(values: Array) -> Array:
    half = _TREND // 2
    padded = np.pad(values, half, mode="reflect")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, _TREND), axis=1)


def label_of_leap(run: Array, twin: Array) -> Label:
    """Which finding is expected, by the rules above."""
    size = min(len(run), len(twin))
    run, twin = run[:size], twin[:size]
    differs = np.flatnonzero(~(run == twin))
    if not differs.size:
        return "", -1
    first = int(differs[0])
    if not np.isfinite(run[first:]).all():
        return "nan,divergence", _first(~np.isfinite(run))
    trend = trend_of(twin)
    aside = twin - trend
    around = aside[max(first - _AROUND, 0) : first + _AROUND]
    scale = max(1.4826 * float(np.median(np.abs(around - np.median(around)))), 1e-12)
    above = run - trend
    visible = (above >= _SCALES * scale) & ((trend <= 0) | (run >= _TIMES * trend)) & (above > aside[_BEGINNING:].max())
    visible[:first] = False
    if not visible.any():
        return "", -1
    leap = _first(visible)
    apart = np.abs(run - twin)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(apart, 5), axis=1) < _NEAR * scale
    for back in range(leap, min(leap + _BACK, len(medians))):
        if medians[back : back + _STAYS].all():
            return "spike", leap
    return "spike,divergence", leap


def _first(marked: Array) -> int:
    return int(np.flatnonzero(marked)[0])


def label_of_end(run: Array, twin: Array, *expected: str) -> Label:
    """The expected findings, if the last rows are visibly worse (higher) than the twin's; else ""."""
    if not np.isfinite(run).all():
        return "nan,divergence", _first(~np.isfinite(run))
    of_run, of_twin = (values[-max(int(_LAST * len(values)), 5) :] for values in (run, twin))
    scale = 1.4826 * float(np.median(np.abs(of_twin - np.median(of_twin))))
    higher = float(np.median(of_run) - np.median(of_twin))
    is_worse = higher >= max(_SCALES * scale / np.sqrt(len(of_twin)), 0.1 * abs(float(np.median(of_twin))))
    return ",".join(expected) if is_worse else "", -1


def leaps(train: Twin) -> Callable[[Random], list[Row]]:
    """A training whose loss leaps; labelled by its twin."""
    return _labelled(train, label_of_leap, ("spike", "divergence"))


def ends_worse(*expected: str, name: str | None = None) -> Callable[[Twin], Callable[[Random], list[Row]]]:
    """A training that ends worse than its twin. `name`: of the values that say so, higher is worse."""
    return lambda train: _labelled(train, lambda run, twin: label_of_end(run, twin, *expected), expected, name)


def _labelled(train: Twin, label: Callable[[Array, Array], Label], expected: Collection[str], name: str | None = None
              ) -> Callable[[Random], list[Row]]:  # fmt: skip
    @functools.wraps(train)
    def both(random: Random) -> list[Row]:
        with np.errstate(all="ignore"):
            twin = train(copy.deepcopy(random), False)
            rows = train(random, True)
        rows[0][LABELS] = label(losses_of(rows, name), losses_of(twin, name))
        for row in rows:
            row.pop(COST, None)
        return rows

    both.expected = tuple(expected)  # type: ignore[attr-defined]
    return both


def overfits(validations: Array) -> bool:
    """Whether the last validations (the median of three) are 1.2 times the best of them, by a loss above zero."""
    if len(validations) < 5:
        return False
    medians = np.median(np.lib.stride_tricks.sliding_window_view(validations, 3), axis=1)
    return bool(medians.min() > 0 and medians[-1] >= 1.2 * medians.min())


def worse_validation(train: Callable[[Random], list[Row]]) -> Callable[[Random], list[Row]]:
    """A training that overfits."""

    @functools.wraps(train)
    def labelled(random: Random) -> list[Row]:
        rows = train(random)
        name = next(key for row in rows for key in row if "loss" in key.lower() and any(
            word in key.lower() for word in ("val", "test")))
        rows[0][LABELS] = "overfitting" if overfits(losses_of(rows, name)) else "", -1
        return rows

    labelled.expected = ("overfitting",)  # type: ignore[attr-defined]
    return labelled
