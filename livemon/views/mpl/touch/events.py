"""Events of a window's canvas, handed to the touch of that window in its own units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.backend_bases import Event, KeyEvent, LocationEvent, MouseEvent

from livemon.views.mpl.touch.touch import Touch

__all__ = ["connect"]

_KEYS = {" ": "space", "ctrl+w": "q", "cmd+w": "q", "f11": "F11", "return": "enter"}  # matplotlib's name -> ours
_POINTS = 72  # an inch
_LEFT = 1  # the button


def connect(canvas: Any, touch: Touch, changed: Callable[[], object]) -> None:
    """Hand keys and mouse of a canvas to `touch`, and call `changed` after each."""

    def points(event: LocationEvent) -> tuple[float, float]:
        dpi = float(canvas.figure.dpi)
        return event.x * _POINTS / dpi, event.y * _POINTS / dpi

    def on_key(event: Event) -> None:
        if isinstance(event, KeyEvent) and event.key is not None:
            touch.key(_KEYS.get(event.key, event.key))
            changed()

    def on_move(event: Event) -> None:
        if isinstance(event, MouseEvent):
            touch.move(*points(event))
            changed()

    def on_leave(event: Event) -> None:
        touch.leave()
        changed()

    def on_press(event: Event) -> None:
        if isinstance(event, MouseEvent) and event.button == _LEFT:
            shift = "shift" in (event.modifiers or ()) or event.key == "shift"
            touch.press(*points(event), shift=shift, double=event.dblclick)
            changed()

    def on_release(event: Event) -> None:
        if isinstance(event, MouseEvent) and event.button == _LEFT:
            touch.release(*points(event))
            changed()

    canvas.mpl_connect("key_press_event", on_key)
    canvas.mpl_connect("motion_notify_event", on_move)
    canvas.mpl_connect("figure_leave_event", on_leave)
    canvas.mpl_connect("button_press_event", on_press)
    canvas.mpl_connect("button_release_event", on_release)
