"""Events of a canvas, as the touch of a window gets them."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.backend_bases import KeyEvent, LocationEvent, MouseButton, MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.views.mpl.touch.events import connect


class Recorded:
    """Notes what a touch is told, and how often the picture changed."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.changes = 0

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **known: self.calls.append((name, *args, *known.items()))

    def changed(self) -> None:
        self.changes += 1


@pytest.fixture
def canvas() -> FigureCanvasAgg:
    """A canvas with twice as many dots as points."""
    return FigureCanvasAgg(Figure(dpi=144))


@pytest.fixture
def touch(canvas: FigureCanvasAgg) -> Recorded:
    """What is told."""
    recorded = Recorded()
    connect(canvas, recorded, recorded.changed)  # type: ignore[arg-type]
    return recorded


def test_the_mouse_in_points(canvas: FigureCanvasAgg, touch: Recorded) -> None:
    """Places come in points, with shift and the double click; other buttons and empty keys do nothing."""
    left, right = MouseButton.LEFT, MouseButton.RIGHT
    for event in (
        MouseEvent("motion_notify_event", canvas, 100, 60),
        MouseEvent("button_press_event", canvas, 100, 60, left, dblclick=True),
        MouseEvent("button_press_event", canvas, 20, 40, left, modifiers=["shift"]),
        MouseEvent("button_press_event", canvas, 20, 40, left, key="shift"),
        MouseEvent("button_release_event", canvas, 30, 40, left),
        LocationEvent("figure_leave_event", canvas, 0, 0),
        MouseEvent("button_press_event", canvas, 100, 60, right),
        MouseEvent("button_release_event", canvas, 100, 60, right),
        KeyEvent("key_press_event", canvas, None),
    ):
        canvas.callbacks.process(event.name, event)
    assert touch.calls == [
        ("move", 50.0, 30.0),
        ("press", 50.0, 30.0, ("shift", False), ("double", True)),
        ("press", 10.0, 20.0, ("shift", True), ("double", False)),
        ("press", 10.0, 20.0, ("shift", True), ("double", False)),
        ("release", 15.0, 20.0),
        ("leave",),
    ]
    assert touch.changes == 6


def test_keys_by_our_names(canvas: FigureCanvasAgg, touch: Recorded) -> None:
    """A key that closes a window elsewhere closes it here; a key with a name of ours gets it."""
    for key in ("ctrl+w", "cmd+w", " ", "return", "f11", "z"):
        canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))
    assert [call[1] for call in touch.calls] == ["q", "q", "space", "enter", "F11", "z"] and touch.changes == 6
