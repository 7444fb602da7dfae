"""The moves of a user: each turns one lens into another.

A move that changes nothing returns the same lens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from livemon.boards.lens.stretch import Stretch, can_be_drawn
from livemon.boards.lens.value import Lens

__all__ = ["choose_run", "enlarge", "filter_names", "filter_runs", "follow_newest", "group_runs", "hide_or_show",
           "hide_or_show_run", "mark_x", "next_x", "open_run", "pin_or_not", "show_alone", "show_run_alone",
           "smooth_more", "toggle_attempts", "toggle_limits", "toggle_log", "toggle_run_list", "zoom_to", "zoom_y_to"]

_SMOOTHING = (0.0, 0.5, 0.8, 0.9, 0.97, 0.99, 0.997)  # the steps of stronger and weaker
# Smoothing by the noise differs from curve to curve, and some get none: only 0 is weaker for all of them.
_LESS_THAN_BY_NOISE, _MORE_THAN_BY_NOISE = 0.0, 0.97
_NEWEST = (Stretch(last=10, percent=True), Stretch(last=1000))


def zoom_to(lens: Lens, low: float, high: float) -> Lens:
    """Show the range between two values of x, in either order; the same lens if the range is empty."""
    low, high = min(low, high), max(low, high)
    return replace(lens, zoom=Stretch(low, high)) if can_be_drawn(low, high) else lens


def zoom_y_to(lens: Lens, panel: str, low: float, high: float) -> Lens:
    """Set the y limits of one panel; the same lens if the range is empty."""
    low, high = min(low, high), max(low, high)
    if not can_be_drawn(low, high):
        return lens
    return replace(lens, zoom_y=(*(stretch for stretch in lens.zoom_y if stretch[0] != panel), (panel, low, high)))


def follow_newest(lens: Lens, *, counts_steps: bool = True) -> Lens:
    """Follow the newest 10 % of the run; the second time the newest 1,000 steps, if x counts steps."""
    among = _NEWEST if counts_steps else _NEWEST[:1]
    index = among.index(lens.zoom) + 1 if lens.zoom in among else 0
    return replace(lens, zoom=among[index % len(among)])


def toggle_log(lens: Lens, panel: str, metrics: Sequence[str], *, is_log: bool) -> Lens:
    """Switch a panel's y axis between linear and logarithmic; this removes y limits set by the user."""
    names = {panel, *metrics}
    log = tuple(name for name in lens.log if name not in names)
    linear = tuple(name for name in lens.linear if name not in names)
    zoom_y = tuple(stretch for stretch in lens.zoom_y if stretch[0] not in names)
    if is_log:
        return replace(lens, log=log, linear=(*linear, panel), zoom_y=zoom_y)
    return replace(lens, log=(*log, panel), linear=linear, zoom_y=zoom_y)


def toggle_limits(lens: Lens) -> Lens:
    """Switch between robust and full y limits; this removes y limits set by the user."""
    return replace(lens, limits="full" if lens.limits == "robust" else "robust", zoom_y=())


def toggle_attempts(lens: Lens) -> Lens:
    """Show or hide what later attempts replaced."""
    return replace(lens, attempts="latest" if lens.attempts == "all" else "all")


def smooth_more(lens: Lens, which: Literal["more", "less"]) -> Lens:
    """The next stronger or weaker smoothing."""
    if lens.smooth is None:
        return replace(lens, smooth=_MORE_THAN_BY_NOISE if which == "more" else _LESS_THAN_BY_NOISE)
    further = [weight for weight in _SMOOTHING if (weight > lens.smooth if which == "more" else weight < lens.smooth)]
    if not further:
        return lens
    return replace(lens, smooth=further[0] if which == "more" else further[-1])


def next_x(lens: Lens, has: Sequence[str], now: str) -> Lens:
    """Switch to the next axis that the run has. A range and a mark belong to one axis; only a newest part in per cent
    is kept.

    Args:
        lens: The lens.
        has: The axes of the run, in order.
        now: The present axis.
    """
    if len(has) < 2:
        return lens
    index = has.index(now) + 1 if now in has else 0
    zoom = lens.zoom if lens.zoom is not None and lens.zoom.percent else None
    return replace(lens, x=has[index % len(has)], zoom=zoom, mark=None)


def hide_or_show(lens: Lens, metrics: Sequence[str]) -> Lens:
    """Hide these metrics, or show them if all are hidden."""
    if set(metrics) <= set(lens.hidden):
        return replace(lens, hidden=tuple(name for name in lens.hidden if name not in metrics))
    return replace(lens, hidden=tuple(dict.fromkeys((*lens.hidden, *metrics))))


def show_alone(lens: Lens, metric: str, among: Sequence[str]) -> Lens:
    """Hide the other metrics of a panel, or show all of them if this one is already alone."""
    others = [name for name in among if name != metric]
    hidden = set(lens.hidden)
    if metric not in hidden and set(others) <= hidden:
        return replace(lens, hidden=tuple(name for name in lens.hidden if name not in others))
    kept = tuple(name for name in lens.hidden if name not in among)
    return replace(lens, hidden=(*kept, *others))


def pin_or_not(lens: Lens, panel: str) -> Lens:
    """Move a panel to the front, after those pinned earlier; or unpin it."""
    if panel in lens.pinned:
        return replace(lens, pinned=tuple(name for name in lens.pinned if name != panel))
    return replace(lens, pinned=(*lens.pinned, panel))


def enlarge(lens: Lens, panel: str | None) -> Lens:
    """Show one panel alone, or all of them if one was alone."""
    return replace(lens, large=None if lens.large is not None else panel)


def filter_names(lens: Lens, pattern: str) -> Lens:
    """Show only the metrics whose name the expression matches; "" shows all."""
    return replace(lens, select=pattern or None)


def mark_x(lens: Lens, x: float) -> Lens:
    """Mark this x. If it lies outside the visible range, the range moves there."""
    if not math.isfinite(x):
        return lens
    zoom = lens.zoom
    if zoom is not None and zoom.low is not None and zoom.high is not None and not zoom.low <= x <= zoom.high:
        half = (zoom.high - zoom.low) / 2
        zoom = Stretch(x - half, x + half) if can_be_drawn(x - half, x + half) else None
    elif zoom is not None and zoom.low is not None and x < zoom.low:
        zoom = replace(zoom, low=x)
    elif zoom is not None and zoom.high is not None and x > zoom.high:
        zoom = replace(zoom, high=x)
    elif zoom is not None and zoom.last is not None:
        zoom = None
    return replace(lens, mark=x, zoom=zoom)


# Several runs ---------------------------------------------------------------------------------------------------------


def choose_run(lens: Lens, run: str, shown: Sequence[str]) -> Lens:
    """Add a run to those that are drawn, or remove it; the last one stays.

    Args:
        lens: The lens.
        run: Its name.
        shown: The runs drawn now, in order.
    """
    if run not in shown:
        return replace(lens, runs=(*shown, run), hidden_runs=_without(lens.hidden_runs, run), alone_run=None)
    if len(shown) == 1:
        return lens
    return replace(lens, runs=tuple(name for name in shown if name != run), alone_run=None)


def open_run(lens: Lens, run: str) -> Lens:
    """Show one run like a view of its own. If it is already shown so, show all runs that the view was opened with."""
    if lens.runs == (run,):
        return replace(lens, runs=(), alone_run=None)
    return replace(lens, runs=(run,), hidden_runs=_without(lens.hidden_runs, run), alone_run=None, large=None)


def hide_or_show_run(lens: Lens, run: str) -> Lens:
    """Hide the curves of a run, or show them again."""
    if run in lens.hidden_runs:
        return replace(lens, hidden_runs=_without(lens.hidden_runs, run))
    return replace(lens, hidden_runs=(*lens.hidden_runs, run), alone_run=None if lens.alone_run == run else
                   lens.alone_run)


def show_run_alone(lens: Lens, run: str) -> Lens:
    """Draw only this run, or all runs if it is already alone."""
    if lens.alone_run == run:
        return replace(lens, alone_run=None)
    return replace(lens, alone_run=run, hidden_runs=_without(lens.hidden_runs, run))


def group_runs(lens: Lens) -> Lens:
    """One curve with a band for runs that differ only by their seed, or again a curve for each run."""
    return replace(lens, group_by="" if lens.group_by is None else None)


def filter_runs(lens: Lens, words: str) -> Lens:
    """Only runs that meet these conditions, separated by spaces; "" shows all."""
    return replace(lens, where=tuple(dict.fromkeys(words.split())))


def toggle_run_list(lens: Lens) -> Lens:
    """Open or close the list of runs."""
    return replace(lens, run_list=not lens.run_list)


def _without(names: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(kept for kept in names if kept != name)
