"""One number for each run, to rank and test runs: its last value, its best, a mean ..."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.analysis.run_set.points import Points, shared_range
from livemon.tables.meaning import ask_for_direction

__all__ = ["AT_WORDS", "At", "Numbers", "numbers_at", "parse_at"]

Array = NDArray[np.float64]
Kind = Literal["final", "best", "auc", "last", "step", "common"]

AT_WORDS = "final, best, auc, common, step:N, last:N% or last:N"
_LAST = re.compile(r"last:([\d,]+(?:\.\d+)?)(%?)")
_STEP = re.compile(r"step:(-?[\d,]+(?:\.\d+)?(?:e[+-]?\d+)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class At:
    """A choice of number.

    Attributes:
        kind: "final": the last value as logged, even NaN or infinity. "best": the lowest or, if more is better, the
            highest finite value. "auc": the mean height of the curve over the x that all runs cover, which is the area
            below its finite points, by the trapezoid rule, divided by the width. "last": the mean of the last part, not
            finite if one of its values is not. "step": the last value up to an x; NaN if the run ends before it.
            "common": like "step", at the last x that all runs have.
        amount: For "last" a share of the run's x or a number of points, for "step" the x.
        share: Whether the amount is a share.
    """

    kind: Kind
    amount: float = math.nan
    share: bool = False

    def __str__(self) -> str:
        if self.kind == "last":
            return f"last:{100 * self.amount:.12g}%" if self.share else f"last:{self.amount:.17g}"
        return f"step:{self.amount:.17g}" if self.kind == "step" else self.kind


def parse_at(text: str | At) -> At:
    """Parse a choice such as "last:10%".

    Raises:
        ValueError: It is not valid; the message lists the choices.
    """
    if isinstance(text, At):
        return text
    if text in ("final", "best", "auc", "common"):
        return At(text)  # type: ignore[arg-type]
    if (match := _STEP.fullmatch(text)) is not None:
        return At("step", float(match[1].replace(",", "")))
    if (match := _LAST.fullmatch(text)) is not None:
        amount, share = float(match[1].replace(",", "")), match[2] == "%"
        if 0 < amount <= (100 if share else math.inf) and (share or amount.is_integer()):
            return At("last", amount / 100 if share else amount, share)
    raise ValueError(f"at: {text!r} is not one of {AT_WORDS}")


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number of each run.

    Attributes:
        values: run -> its number, or NaN.
        at: The choice; "common" is replaced by the "step" that it stands for.
        kind: The kind of x.
        common: Whether it is the last x that all runs have.
        short: Runs with finite values that have no number because they ended before the step or began after it. They
            have not diverged.
    """

    values: dict[str, float]
    at: At
    kind: str = "step"
    common: bool = False
    short: frozenset[str] = frozenset()

    def of(self, names: Sequence[str]) -> dict[str, float]:
        """Those of some runs; NaN for one that has none."""
        return {name: self.values.get(name, math.nan) for name in names}

    def given(self, name: str) -> float | None:
        """The number of a run; None if it never logged the metric, does not cover the step, or has no finite value to
        be the best. NaN is a value that the run logged."""
        value = self.values.get(name)
        is_none = value is None or name in self.short or (self.at.kind in ("best", "auc") and math.isnan(value))
        return None if is_none else value

    def words(self) -> str:
        """ "final values", "values at step 5,000"."""
        amount = self.at.amount
        if self.at.kind == "last":
            part = f"last {100 * amount:g} %" if self.at.share else f"last {wording.count(amount)} values"
            return f"means of the {part}"
        if self.at.kind == "step":
            return f"values at {self.kind} {wording.count(amount)}"
        return {"final": "final values", "best": "best values", "auc": "mean heights of the curves (auc)",
                "common": "values at the last common step"}[self.at.kind]

    def column(self, metric: str) -> str:
        """ "final val_loss", "val_loss at step 5,000"."""
        if self.at.kind == "step":
            return f"{metric} at {self.kind} {wording.count(self.at.amount)}"
        if self.at.kind == "last":
            return f"mean {metric} of the {self.words().removeprefix('means of the ')}"
        return f"{self.at.kind} {metric}"


def numbers_at(curves: Mapping[str, Points], at: str | At, rising: bool | None = None) -> Numbers:
    """One number for each run.

    Args:
        curves: run -> its points of one metric.
        at: See `parse_at`.
        rising: Whether more is better; only needed for "best".

    Raises:
        ValueError: `at` is unknown, or it is unknown which value is better.
    """
    wanted = parse_at(at)
    common = wanted.kind == "common"
    kind = next((points.kind for points in curves.values() if len(points.x)), "step")
    with_values = [points for points in curves.values() if np.isfinite(points.y).any()]
    within = None
    if wanted.kind == "auc":
        within = shared_range(with_values)
        if within is None:
            return Numbers(dict.fromkeys(curves, math.nan), wanted, kind)
    if common:
        if not with_values:
            return Numbers(dict.fromkeys(curves, math.nan), wanted, kind)
        wanted = At("step", min(float(points.x[-1]) for points in with_values))
    values = {name: _number(points, wanted, rising, within) for name, points in curves.items()}
    short = frozenset(name for name, value in values.items()
                      if math.isnan(value) and _does_not_reach(curves[name], wanted))
    return Numbers(values, wanted, kind, common, short)


def _number(points: Points, at: At, rising: bool | None, within: tuple[float, float] | None) -> float:
    if at.kind == "best" and rising is None:
        raise ValueError(ask_for_direction(points.metric))
    if len(points.y) == 0:
        return math.nan
    if at.kind == "final":
        return float(points.y[-1])
    if at.kind == "step":
        return _up_to(points, at.amount)
    if at.kind == "last":
        return _last_part(points, at)
    finite = np.isfinite(points.y)
    x, y = points.x[finite], points.y[finite]
    if len(y) == 0:
        return math.nan
    if at.kind == "best":
        return float(y.max() if rising else y.min())
    return _mean_height(x, y, within)


def _does_not_reach(points: Points, at: At) -> bool:
    """Whether a run without a number was only too short for it, or began too late."""
    if len(points.y) == 0 or not np.isfinite(points.y[-1]):
        return False
    return at.kind == "auc" or (at.kind == "step" and not points.x[0] <= at.amount <= points.x[-1])


def _up_to(points: Points, end: float) -> float:
    index = int(np.searchsorted(points.x, end, side="right")) - 1
    return float(points.y[index]) if index >= 0 and points.x[-1] >= end else math.nan


def _last_part(points: Points, at: At) -> float:
    if not at.share:
        return float(points.y[-int(at.amount) :].mean())
    begin = points.x[-1] - at.amount * (points.x[-1] - points.x[0])
    return float(points.y[points.x >= begin].mean())


def _mean_height(x: Array, y: Array, within: tuple[float, float] | None) -> float:
    low, high = within if within is not None else (float(x[0]), float(x[-1]))
    if not high > low or x[0] > low or x[-1] < high:
        return float(y[0]) if len(y) == 1 and within is None else math.nan
    inner = (x > low) & (x < high)
    ends = np.interp([low, high], x, y)
    places = np.concatenate(([low], x[inner], [high]))
    values = np.concatenate((ends[:1], y[inner], ends[1:]))
    return float(np.sum((values[1:] + values[:-1]) / 2 * np.diff(places)) / (high - low))
