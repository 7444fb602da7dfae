"""The parts of a lens that concern every board: the panels that it names, the text about its range, and its mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livemon import wording
from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.value import Lens
from livemon.boards.metric_groups import Group
from livemon.boards.model import Mark, Panel
from livemon.boards.time_unit import is_time
from livemon.curves.limits import Limits
from livemon.tables import names

__all__ = ["is_named", "with_mark", "y_limits_of", "zoomed_in_words"]


def is_named(name: str, panel: Group | Panel) -> bool:
    """Whether a name refers to this panel: its title, its key, or one of its metrics."""
    metrics = panel.every_metric if isinstance(panel, Group) else panel.metrics
    return name in (panel.title, panel.key, *metrics) or names.find_metric(name, metrics) is not None


def y_limits_of(lens: Lens, panel: Group | Panel) -> Limits | None:
    """The y limits that the lens asks for, the newest ones; None for fitted ones."""
    return next(((low, high) for name, low, high in reversed(lens.zoom_y) if is_named(name, panel)), None)


def zoomed_in_words(lens: Lens, stretch: Limits | None, whole: Limits, label: str) -> str:
    """ "zoomed to step 1,000 - 2,000", "the last 10 %", "zoomed to loss 0.1 - 0.5"; "" for the whole run.

    Args:
        lens: The lens.
        stretch: The present limits of its range.
        whole: The limits of the whole run.
        label: The label of x.
    """
    of_x = "" if lens.zoom is None or stretch is None else _stretch_in_words(lens.zoom, stretch, whole, label)
    of_y = wording.listed([f"{panel} {wording.number(low)} - {wording.number(high)}"
                           for panel, low, high in lens.zoom_y], 2)
    return " · ".join(filter(None, (of_x, of_y if of_x else of_y and f"zoomed to {of_y}")))


def _stretch_in_words(zoom: Stretch, stretch: Limits, whole: Limits, label: str) -> str:
    if zoom.last is not None:
        amount = f"{zoom.last:g} %" if zoom.percent else (
            wording.duration(zoom.last) if is_time(label) else f"{wording.count(zoom.last)} {label}s")
        return f"the last {amount}"
    low, high = (wording.place(label, end) for end in stretch)
    is_empty = stretch[0] > whole[1] or stretch[1] < whole[0]
    return f"zoomed to {low} - {high.removeprefix(f'{label} ')}{', where no points are' * is_empty}"


def with_mark(panels: Sequence[Panel], lens: Lens, unit: float, label: str) -> list[Panel]:
    """The panels with the lens's mark, which is labelled in the first of them.

    Args:
        panels: The panels without it.
        lens: The lens.
        unit: How much of the lens's x is one unit of the board's.
        label: The label of x.
    """
    if lens.mark is None:
        return list(panels)
    at = lens.mark / unit
    words = [wording.place(label, at), *[""] * len(panels)]
    return [panel if not panel.lines or not panel.x_limits[0] <= at <= panel.x_limits[1]
            else replace(panel, marks=(*panel.marks, Mark("marked", at, None, "grey", words.pop(0))))
            for panel in panels]
