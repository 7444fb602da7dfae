"""What happened in a run, by the marks of its panels: where somebody who looks for trouble goes next."""

from __future__ import annotations

from collections.abc import Iterable

from livemon.boards.model import Event, Panel

__all__ = ["events_of"]

_EVERYWHERE = ("restart",)  # the same in each panel
_WORTH_A_VISIT = ("nan", "inf", "beyond", "leap", "warning", "critical", "best", *_EVERYWHERE)


def events_of(panels: Iterable[Panel]) -> tuple[Event, ...]:
    """The events that the panels mark, in the order of x; one that all have stands once."""
    events = {Event(mark.x, mark.kind, "" if mark.kind in _EVERYWHERE else panel.title)
              for panel in panels for mark in panel.marks if mark.kind in _WORTH_A_VISIT}
    return tuple(sorted(events, key=lambda event: (event.x, event.kind, event.panel)))
