"""The events of a run, taken from the marks of its panels: the places to visit when looking for trouble."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livemon.boards.model import Event, Panel

__all__ = ["events_of"]

_EVERYWHERE = ("restart",)  # the same in each panel
_BAD = ("nan", "inf")
_WORTH_A_VISIT = (*_BAD, "beyond", "leap", "warning", "critical", "best", *_EVERYWHERE)


def events_of(panels: Iterable[Panel]) -> tuple[Event, ...]:
    """The events that the panels mark, in the order of x. An event in all panels is listed once, and successive NaN are
    one."""
    events = {event for panel in panels for event in _events_of(panel)}
    return tuple(sorted(events, key=lambda event: (event.x, event.kind, event.panel)))


def _events_of(panel: Panel) -> list[Event]:
    return [*(Event(mark.x, mark.kind, "" if mark.kind in _EVERYWHERE else panel.title)
              for mark in panel.marks if mark.kind in _WORTH_A_VISIT and mark.kind not in _BAD), *_bad_stretches(panel)]


def _bad_stretches(panel: Panel) -> list[Event]:
    """NaN and infinities: one event for all of a kind and colour, as long as the curve of that colour has no point
    between them."""
    bad = [mark for mark in panel.marks if mark.kind in _BAD]
    events = []
    for colour, kind in dict.fromkeys((mark.colour, mark.kind) for mark in bad):
        at = np.sort([mark.x for mark in bad if (mark.colour, mark.kind) == (colour, kind)])
        points = [line.x[np.isfinite(line.y)] for line in panel.lines if line.colour == colour]
        before = np.searchsorted(np.sort(np.concatenate(points)) if points else np.empty(0), at)
        for own in np.split(at, np.flatnonzero(np.diff(before)) + 1):
            events.append(Event(float(own[0]), kind, panel.title, float(own[-1]) if len(own) > 1 else None, len(own)))
    return events
