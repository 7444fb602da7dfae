"""What stands at a place of x: the values of a panel's curves, and the place on each axis of the run."""

from __future__ import annotations

import math
import time

import numpy as np

from livemon import wording
from livemon.boards.model import Board, Line, Panel

__all__ = ["nearest_x", "place_in_words", "reading_texts"]

_NEAR_END = 0.02  # of the axis' width: how far behind a curve's end its last value is still read
_UNIX_FROM = 1e8  # seconds: more is a time of the clock, less one since the start


def reading_texts(panel: Panel, x: float) -> list[tuple[str, str]]:
    """The value of each of a panel's curves at a place of x, as logged in brackets where that is another line; and the
    curve's colour."""
    beyond = _NEAR_END * (panel.x_limits[1] - panel.x_limits[0])
    raw = {line.metric: line for line in panel.lines if line.kind == "raw"}
    texts: list[tuple[str, str]] = []
    for line in panel.lines:
        if line.kind not in ("main", "points"):
            continue
        value = _value_at(line, x, beyond)
        words = "-" if value is None else wording.value_text(line.metric, value)
        logged = _value_at(raw[line.metric], x, beyond) if line.metric in raw else None
        if logged is not None:
            words += f" ({wording.value_text(line.metric, logged)})"
        texts.append((f"{line.name} {words}".strip(), line.colour))
    return texts


def _value_at(line: Line, x: float, beyond: float) -> float | None:
    """The value at the point that is nearest to a place of x; None where the line is not there."""
    if not len(line.x) or not line.x[0] - beyond <= x <= line.x[-1] + beyond:
        return None
    place = int(np.searchsorted(line.x, x))
    near = [one for one in (place - 1, place) if 0 <= one < len(line.x)]
    return float(line.y[min(near, key=lambda one: abs(float(line.x[one]) - x))])


def nearest_x(panel: Panel, x: float) -> float:
    """The x of the point of a panel's curves that is nearest to a place."""
    known = [float(line.x[at]) for line in panel.lines if len(line.x) and line.kind != "superseded"
             for at in (int(np.clip(np.searchsorted(line.x, x) + step, 0, len(line.x) - 1)) for step in (-1, 0))]
    return min(known, key=lambda one: abs(one - x), default=x)


def place_in_words(board: Board, x: float) -> str:
    """What stands at a place of x on each axis that the run has: "step 1,234 · epoch 3 · 14:03:22"."""
    label = next((panel.x_label for panel in board.panels if panel.lines and panel.x_label), "x")
    parts = [wording.place(label, round(x) if label in ("step", "row") else x)]
    for ruler in board.rulers:
        if ruler.kind == board.x_kind or not len(ruler.x):
            continue
        value = float(np.interp(x, ruler.x, ruler.values))
        if not math.isfinite(value):
            continue
        if ruler.kind != "time":
            parts.append(f"{ruler.kind} {wording.count(round(value, 2) if ruler.kind == 'epoch' else round(value))}")
        elif value > _UNIX_FROM:
            parts.append(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value)))
        else:
            parts.append(f"after {wording.duration(value)}")
    return " · ".join(parts)
