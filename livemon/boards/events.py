"""What happened in a run, by the marks of its panels: where somebody who looks for trouble goes next."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livemon.boards.model import Event, Mark, Panel

__all__ = ["events_of"]

_EVERYWHERE = ("restart",)  # the same in each panel
_BAD = ("nan", "inf")
_WORTH_A_VISIT = (*_BAD, "beyond", "leap", "warning", "critical", "best", *_EVERYWHERE)


def events_of(panels: Iterable[Panel]) -> tuple[Event, ...]:
    """The events that the panels mark, in the order of x; one that all have stands once, and NaN after NaN is one."""
    events = {Event(mark.x, mark.kind, "" if mark.kind in _EVERYWHERE else panel.title)
              for panel in panels for mark in _first_of_bad(panel) if mark.kind in _WORTH_A_VISIT}
    return tuple(sorted(events, key=lambda event: (event.x, event.kind, event.panel)))


def _first_of_bad(panel: Panel) -> list[Mark]:
    """The panel's marks, of NaN and infinities of one colour only the first after each point of its curves."""
    bad = [mark for mark in panel.marks if mark.kind in _BAD]
    if len(bad) < 2:
        return list(panel.marks)
    first = []
    for colour, kind in dict.fromkeys((mark.colour, mark.kind) for mark in bad):
        own = sorted((mark for mark in bad if (mark.colour, mark.kind) == (colour, kind)), key=lambda mark: mark.x)
        points = [line.x[np.isfinite(line.y)] for line in panel.lines if line.colour == colour]
        x = np.sort(np.concatenate(points)) if points else np.empty(0)
        before = np.searchsorted(x, [mark.x for mark in own])
        first += [mark for mark, is_first in zip(own, np.diff(before, prepend=-1) > 0, strict=True) if is_first]
    return [*(mark for mark in panel.marks if mark.kind not in _BAD), *first]
