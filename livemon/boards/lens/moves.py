"""What somebody does with a lens: each move makes another lens of one.

A move that changes nothing gives the same lens.
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

_SMOOTHING = (0.0, 0.5, 0.8, 0.9, 0.97, 0.99, 0.997)  # from step to step
# Smoothing by the noise is another for each curve, and none for some: only none is less for all of them.
_LESS_THAN_BY_NOISE, _MORE_THAN_BY_NOISE = 0.0, 0.97
_NEWEST = (Stretch(last=10, percent=True), Stretch(last=1000))


def zoom_to(lens: Lens, low: float, high: float) -> Lens:
    """The stretch between two places of x, in whichever order; the same lens where there is nothing between them."""
    low, high = min(low, high), max(low, high)
    return replace(lens, zoom=Stretch(low, high)) if can_be_drawn(low, high) else lens


def zoom_y_to(lens: Lens, panel: str, low: float, high: float) -> Lens:
    """Limits of y of one panel; the same lens where there is nothing between them."""
    low, high = min(low, high), max(low, high)
    if not can_be_drawn(low, high):
        return lens
    return replace(lens, zoom_y=(*(stretch for stretch in lens.zoom_y if stretch[0] != panel), (panel, low, high)))


def follow_newest(lens: Lens, *, counts_steps: bool = True) -> Lens:
    """The newest part, as it moves: 10 % of the run; once more: 1,000 steps, where x counts such."""
    among = _NEWEST if counts_steps else _NEWEST[:1]
    index = among.index(lens.zoom) + 1 if lens.zoom in among else 0
    return replace(lens, zoom=among[index % len(among)])


def toggle_log(lens: Lens, panel: str, metrics: Sequence[str], *, is_log: bool) -> Lens:
    """A panel's axis of y becomes linear where it is logarithmic, and logarithmic where it is linear; limits of y that
    were asked for it go."""
    names = {panel, *metrics}
    log = tuple(name for name in lens.log if name not in names)
    linear = tuple(name for name in lens.linear if name not in names)
    zoom_y = tuple(stretch for stretch in lens.zoom_y if stretch[0] not in names)
    if is_log:
        return replace(lens, log=log, linear=(*linear, panel), zoom_y=zoom_y)
    return replace(lens, log=(*log, panel), linear=linear, zoom_y=zoom_y)


def toggle_limits(lens: Lens) -> Lens:
    """Limits of y that serve the eye, or that hold every value; those that were asked for go."""
    return replace(lens, limits="full" if lens.limits == "robust" else "robust", zoom_y=())


def toggle_attempts(lens: Lens) -> Lens:
    """What later attempts replaced is shown, or left out."""
    return replace(lens, attempts="latest" if lens.attempts == "all" else "all")


def smooth_more(lens: Lens, which: Literal["more", "less"]) -> Lens:
    """The next stronger smoothing, or the next weaker one."""
    if lens.smooth is None:
        return replace(lens, smooth=_MORE_THAN_BY_NOISE if which == "more" else _LESS_THAN_BY_NOISE)
    further = [weight for weight in _SMOOTHING if (weight > lens.smooth if which == "more" else weight < lens.smooth)]
    if not further:
        return lens
    return replace(lens, smooth=further[0] if which == "more" else further[-1])


def next_x(lens: Lens, has: Sequence[str], now: str) -> Lens:
    """The next of the axes that the run has. A stretch and a mark of one axis mean nothing on another; the newest part
    stays where it is a share.

    Args:
        lens: The lens.
        has: The axes, in order.
        now: Which of them is shown.
    """
    if len(has) < 2:
        return lens
    index = has.index(now) + 1 if now in has else 0
    zoom = lens.zoom if lens.zoom is not None and lens.zoom.percent else None
    return replace(lens, x=has[index % len(has)], zoom=zoom, mark=None)


def hide_or_show(lens: Lens, metrics: Sequence[str]) -> Lens:
    """Hide these metrics; show them where all are hidden."""
    if set(metrics) <= set(lens.hidden):
        return replace(lens, hidden=tuple(name for name in lens.hidden if name not in metrics))
    return replace(lens, hidden=tuple(dict.fromkeys((*lens.hidden, *metrics))))


def show_alone(lens: Lens, metric: str, among: Sequence[str]) -> Lens:
    """Hide the other metrics of a panel; where this one is alone already, show all of them."""
    others = [name for name in among if name != metric]
    hidden = set(lens.hidden)
    if metric not in hidden and set(others) <= hidden:
        return replace(lens, hidden=tuple(name for name in lens.hidden if name not in others))
    kept = tuple(name for name in lens.hidden if name not in among)
    return replace(lens, hidden=(*kept, *others))


def pin_or_not(lens: Lens, panel: str) -> Lens:
    """A panel comes first, behind those that were pinned before; or goes back to its place."""
    if panel in lens.pinned:
        return replace(lens, pinned=tuple(name for name in lens.pinned if name != panel))
    return replace(lens, pinned=(*lens.pinned, panel))


def enlarge(lens: Lens, panel: str | None) -> Lens:
    """One panel alone; all of them where one was alone."""
    return replace(lens, large=None if lens.large is not None else panel)


def filter_names(lens: Lens, pattern: str) -> Lens:
    """Only metrics in whose name the expression is found; "" shows all."""
    return replace(lens, select=pattern or None)


def mark_x(lens: Lens, x: float) -> Lens:
    """Mark this place of x. Where it is not within the stretch, the stretch moves there."""
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
    """Draw a run beside those that are drawn, or take it away where it is; the last of them stays.

    Args:
        lens: The lens.
        run: Its name.
        shown: The runs that are drawn now, in order.
    """
    if run not in shown:
        return replace(lens, runs=(*shown, run), hidden_runs=_without(lens.hidden_runs, run), alone_run=None)
    if len(shown) == 1:
        return lens
    return replace(lens, runs=tuple(name for name in shown if name != run), alone_run=None)


def open_run(lens: Lens, run: str) -> Lens:
    """Show one run, as a view of it alone does. Where it is shown so already, all that the view was opened with."""
    if lens.runs == (run,):
        return replace(lens, runs=(), alone_run=None)
    return replace(lens, runs=(run,), hidden_runs=_without(lens.hidden_runs, run), alone_run=None, large=None)


def hide_or_show_run(lens: Lens, run: str) -> Lens:
    """Draw no curve of a run, or draw them again."""
    if run in lens.hidden_runs:
        return replace(lens, hidden_runs=_without(lens.hidden_runs, run))
    return replace(lens, hidden_runs=(*lens.hidden_runs, run), alone_run=None if lens.alone_run == run else
                   lens.alone_run)


def show_run_alone(lens: Lens, run: str) -> Lens:
    """Draw the curves of this run alone; where it is alone already, of all."""
    if lens.alone_run == run:
        return replace(lens, alone_run=None)
    return replace(lens, alone_run=run, hidden_runs=_without(lens.hidden_runs, run))


def group_runs(lens: Lens) -> Lens:
    """A curve with a band for the runs that differ by their seed alone; or a curve for each run."""
    return replace(lens, group_by="" if lens.group_by is None else None)


def filter_runs(lens: Lens, words: str) -> Lens:
    """Only runs that meet these conditions, with blanks between them; "" shows all."""
    return replace(lens, where=tuple(dict.fromkeys(words.split())))


def toggle_run_list(lens: Lens) -> Lens:
    """Show the list of runs, or close it."""
    return replace(lens, run_list=not lens.run_list)


def _without(names: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(kept for kept in names if kept != name)
