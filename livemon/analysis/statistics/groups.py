"""Runs that differ only in the seed, or share named settings, as a group: its runs, its curve, its band."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.analysis.run_set.points import Points
from livemon.analysis.run_set.settings import as_compared, find_key, is_seed, without_noise
from livemon.analysis.statistics.bands import BandKind, Middle, band_of, middle_of
from livemon.analysis.statistics.group_events import GroupEvents, events_of
from livemon.curves.smoothing import Ema, smoothing_weight

__all__ = ["GroupCurve", "finite_curve", "find_groups", "group_called", "group_curve", "renamed", "shares_all"]

Array = NDArray[np.float64]

_GRID = 1000  # points of a group's curve, at most


def _split_keys(group_by: str | Sequence[str]) -> list[str]:
    """ "lr,wd" as ["lr", "wd"]."""
    parts = group_by.split(",") if isinstance(group_by, str) else list(group_by)
    return [part.strip() for part in parts if part.strip()]


def shares_all(group_by: str | Sequence[str] | None) -> bool:
    """Whether the runs of a group share all settings but the seed, names, paths and dates."""
    return group_by in (None, "", "all")


def find_groups(settings: Mapping[str, Mapping[str, Any]], group_by: str | Sequence[str] | None = None
                ) -> dict[str, list[str]]:
    """Groups of runs, by label: the settings in which the groups differ.

    Args:
        settings: The flat settings of each run.
        group_by: Settings that the runs of a group share; None, "" or "all": all but the seed, names, paths and dates.

    Runs that have none of the named settings are left out, with a warning.

    Raises:
        ValueError: No run has one of the named settings; the message lists the existing ones.
    """
    every = list(settings.values())
    if shares_all(group_by):
        keys = list(dict.fromkeys(key for own in every for key in without_noise(own)
                                  if not is_seed(key)))
    else:
        keys = [_known_key(key, every) for key in _split_keys(group_by or "")]
        settings = _with_any(keys, settings)
    values = {name: tuple(as_compared(own.get(key)) for key in keys) for name, own in settings.items()}
    differing = list(range(len(keys)))
    if shares_all(group_by):
        differing = [index for index in differing if len({value[index] for value in values.values()}) > 1]
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, value in values.items():
        groups.setdefault(value, []).append(name)
    labels = [_label(settings[members[0]], [keys[index] for index in differing]) for members in groups.values()]
    if len(set(labels)) < len(labels):  # values that read the same
        labels = [f"{label} ({number})" for number, label in enumerate(labels, 1)]
    unnamed = "all" if len(labels) == 1 else "no settings"
    return dict(zip((label or unnamed for label in labels), groups.values(), strict=True))


def _with_any(keys: Sequence[str], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The runs that have at least one of these settings."""
    kept = {name: own for name, own in settings.items() if any(own.get(key) is not None for key in keys)}
    if without := [name for name in settings if name not in kept]:
        warnings.warn(f"{wording.listed(without)}: left out of the groups: no {' and no '.join(keys)} is known",
                      stacklevel=4)
    return kept


def _known_key(key: str, every: Sequence[Mapping[str, Any]]) -> str:
    match = find_key(key, every)
    if match is None:
        has = ", ".join(list(dict.fromkeys(name for own in every for name in own))[:20])
        raise ValueError(f"no run has the setting {key!r} to group by; there are {has or 'none'}")
    return match


def _label(settings: Mapping[str, Any], keys: Sequence[str]) -> str:
    return " ".join(wording.setting(settings[key], 30) if key == "variant"
                    else f"{key.rsplit('.', 1)[-1]}={wording.setting(settings.get(key), 24)}"
                    for key in keys if key in settings)


def group_called(groups: Iterable[str], text: str) -> str:
    """The group with this name, or the only one whose name contains all of these settings or values: "lr=0.1" and "0.1"
    stand for "lr=0.1 wd=0".

    Raises:
        ValueError: There is no such group, or there are several.
    """
    labels = list(groups)
    if text in labels:
        return text
    wanted = set(re.split(r"[,\s]+", text.strip()))
    fitting = [label for label in labels
               if wanted <= {part for word in label.split() for part in (word, word.partition("=")[2])}]
    if len(fitting) == 1:
        return fitting[0]
    why = f"may be {', '.join(fitting)}" if fitting else f"is not a group; the groups are {', '.join(labels)}"
    raise ValueError(f"the baseline {text!r} {why}")


def renamed(groups: Mapping[str, Sequence[str]], labels: Sequence[str]) -> dict[str, list[str]]:
    """The groups under the user's names: `NAME=LABEL` each, with a name for `group_called`. Both parts may contain a
    `=`: the name ends at the first one before which a group is named.

    Raises:
        ValueError: A text names no group, or two groups get the same name.
    """
    called = {label: label for label in groups}
    for text in labels:
        splits = [(text[:at], text[at + 1 :].strip()) for at, sign in enumerate(text) if sign == "="]
        known = [(group, label) for name, label in splits if label and (group := _only_one(groups, name)) is not None]
        if not known:
            raise ValueError(f"--label {text}: write NAME=LABEL with the name of a group; the groups are "
                             f"{', '.join(groups)}")
        called[known[0][0]] = known[0][1]
    if len(set(called.values())) < len(called):
        raise ValueError(f"--label: two groups would have one name: {', '.join(called.values())}")
    return {called[label]: list(members) for label, members in groups.items()}


def _only_one(groups: Iterable[str], name: str) -> str | None:
    try:
        return group_called(groups, name) if name.strip() else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, eq=False)
class GroupCurve:
    """The middle of a group's runs, with a band.

    Attributes:
        x: shape (n,): all x of all runs; if there are more than 1,000, so many of them, evenly spaced, with the last
            one of each run and those of spikes.
        middle, low, high: shape (n,); low and high are NaN if fewer than two runs are left, or too few for a band.
        counts: shape (n,), int: the number of runs at each x. A run counts from its first to its last point, with
            straight lines between its points.
        events: Events of single runs that a middle hides: NaN, infinities, spikes.
        runs: The number of runs, including those without a finite point.
        lowest, highest: shape (n,): the lowest and the highest run at each x; empty for no run.
    """

    x: Array
    middle: Array
    low: Array
    high: Array
    counts: NDArray[np.int64]
    events: tuple[GroupEvents, ...] = ()
    runs: int = 0
    lowest: Array = field(default_factory=lambda: np.empty(0))
    highest: Array = field(default_factory=lambda: np.empty(0))

    def over(self, origin: float, unit: float) -> GroupCurve:
        """The same curve on an axis of (x - origin) / unit."""
        return replace(self, x=(self.x - origin) / unit,
                       events=tuple(replace(event, x=(event.x - origin) / unit) for event in self.events))

    def falls(self) -> list[tuple[float, int]]:
        """Where the number of runs falls: x, and the number of remaining runs."""
        at = np.flatnonzero(np.diff(self.counts) < 0) + 1
        return list(zip(self.x[at].tolist(), self.counts[at].tolist(), strict=True))

    def counts_in_words(self) -> str:
        """ "n = 5", or "n = 5, 3 from 1,200" if runs end early."""
        if len(self.counts) == 0:
            return "n = 0"
        most, last = int(self.counts.max()), int(self.counts[-1])
        if last == most:
            return f"n = {most}"
        behind = np.flatnonzero(self.counts > last)
        x = float(self.x[min(behind[-1] + 1, len(self.x) - 1)])
        return f"n = {most}, {last} from {wording.count(x)}"


def group_curve(runs: Sequence[Points], middle: Middle = "mean", band: BandKind = "auto", *,
                smooth: float | None = 0.0) -> GroupCurve:
    """One curve for several runs, which may differ in length and steps.

    Args:
        runs: Runs without a finite point only contribute events.
        smooth: TensorBoard's weight, applied to each run before they are combined; None: by its noise.
    """
    cleaned = [curve for curve in (finite_curve(points, smooth) for points in runs) if len(curve[0])]
    events = events_of(runs)
    if not cleaned:
        nothing = np.empty(0)
        return GroupCurve(nothing, nothing, nothing, nothing, np.empty(0, np.int64), events, len(runs))
    x = np.unique(np.concatenate([curve[0] for curve in cleaned]))
    if len(x) > _GRID:
        kept = [curve[0][-1] for curve in cleaned]
        kept += [x_of_spike for event in events if event.kind == "spike" for x_of_spike in event.x[:_GRID].tolist()]
        x = np.unique(np.append(x[np.linspace(0, len(x) - 1, _GRID).astype(np.int64)], kept))
    table = np.stack([np.interp(x, *curve, left=np.nan, right=np.nan) for curve in cleaned])
    there = np.isfinite(table)
    centre, low, high = (np.full(len(x), np.nan) for _ in range(3))
    patterns, which = np.unique(there, axis=1, return_inverse=True)
    for pattern in range(patterns.shape[1]):
        at, members = np.flatnonzero(which.ravel() == pattern), patterns[:, pattern]
        if members.any():
            values = table[np.ix_(members, at)]
            centre[at] = middle_of(values, middle)
            if members.sum() > 1:
                low[at], high[at] = band_of(values, middle, band)
    lowest, highest = np.fmin.reduce(table), np.fmax.reduce(table)
    return GroupCurve(x, centre, low, high, there.sum(axis=0), events, len(runs), lowest, highest)


def finite_curve(points: Points, smooth: float | None) -> tuple[Array, Array]:
    """x and y of the finite points; for each x the last value counts. `smooth`: see `group_curve`."""
    finite = np.isfinite(points.y)
    x, y = points.x[finite], points.y[finite]
    weight = smoothing_weight(y) if smooth is None else smooth
    if weight > 0 and len(y):
        y = Ema(weight, warm_up=smooth is None, robust=smooth is None).add(y)
    last = np.append(x[1:] != x[:-1], True) if len(x) else np.empty(0, np.bool_)
    return x[last], np.asarray(y[last], np.float64)
