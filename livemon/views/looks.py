"""The looks of lines and marks by kind: one table for all views with panels.

Widths and sizes are points on a screen of usual size (pixels in a browser). `order` is the drawing order: higher is in
front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["BROWSER", "PAPER", "SCREEN", "LineKind", "LineLook", "Looks", "MarkKind", "MarkLook", "RowLook"]

LineKind = Literal["raw", "main", "points", "superseded"]
MarkKind = Literal["nan", "inf", "beyond", "spike", "fewer", "best", "restart", "epoch", "warning", "critical", "leap",
                   "marked"]


@dataclass(frozen=True, slots=True)
class LineLook:
    """A curve's look.

    Attributes:
        width: The width of the line.
        order: See above.
        alpha: 1 is opaque.
        dot: The size of the dot at each point; 0 for none.
    """

    width: float
    order: float
    alpha: float = 1.0
    dot: float = 0.0


@dataclass(frozen=True, slots=True)
class MarkLook:
    """A mark's look.

    Attributes:
        shape: A "triangle" points at its edge; a "cross" stands for NaN, a "diamond" for infinity, and a "ring"
            surrounds a point; a "dashed", "dotted" or "dashdot" mark is a vertical line.
        size: The size of the shape, or the width of the line.
        order: See above.
        colour: "own": the colour of the mark's curve; else a key of `style.colours`.
    """

    shape: Literal["star", "triangle", "cross", "diamond", "square", "dot", "ring", "dashed", "dotted", "dashdot"]
    size: float
    order: float
    colour: Literal["own", "muted", "idle", "warning"] = "own"

    @property
    def is_upright(self) -> bool:
        """Whether it is a vertical line through the whole panel."""
        return self.shape in ("dashed", "dotted", "dashdot")

    def in_colour(self, own: str, frame: Mapping[str, str]) -> str:
        """The colour for `colour`; `frame` is `style.colours` of the theme."""
        return own if self.colour == "own" else frame[self.colour]


@dataclass(frozen=True, slots=True)
class RowLook:
    """The look of rows: the size of a row's dot, the width and alpha of its interval."""

    dot: float
    interval: float
    alpha: float = 0.55


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks of one medium.

    Attributes:
        lines: The looks of lines, by kind.
        marks: The looks of marks, by kind; other kinds are not drawn.
        rows: The look of rows.
        band_alpha: The alpha of a single band in a panel; see `alpha_of_bands`.
        band_order: The drawing order of bands.
    """

    lines: Mapping[LineKind, LineLook]
    marks: Mapping[MarkKind, MarkLook]
    rows: RowLook
    band_alpha: float = 0.2
    band_order: float = 1.9

    def alpha_of_bands(self, count: int) -> float:
        """The alpha of each of several bands in a panel. Overlapping bands must not cover the curves."""
        return self.band_alpha * (1.0, 0.7, 0.5)[min(max(count, 1), 3) - 1]


SCREEN = Looks(
    lines={
        "superseded": LineLook(1.1, 2.0, alpha=0.42),
        "raw": LineLook(0.8, 2.1, alpha=0.34),
        "main": LineLook(1.7, 2.3),
        "points": LineLook(1.7, 2.4, dot=3.4),
    },
    marks={
        "nan": MarkLook("cross", 6.0, 3.0),
        "inf": MarkLook("diamond", 6.0, 3.0),
        "beyond": MarkLook("triangle", 7.0, 3.0),
        "spike": MarkLook("square", 5.5, 3.0),
        "fewer": MarkLook("dot", 6.0, 3.0),
        "best": MarkLook("star", 10.0, 3.0),
        "restart": MarkLook("dashed", 0.8, 1.5, "muted"),
        "epoch": MarkLook("dotted", 0.8, 1.5, "muted"),
        "marked": MarkLook("dashed", 1.2, 1.6, "muted"),
        "warning": MarkLook("dashdot", 1.1, 1.6, "idle"),
        "critical": MarkLook("dashdot", 1.1, 1.6, "warning"),
        "leap": MarkLook("ring", 9.0, 3.1, "idle"),
    },
    rows=RowLook(dot=5.5, interval=2.0),
)

# Print is small and fine: thinner lines and smaller dots. It only shows marks of problems, as a cross or in hollow
# shapes, which no curve uses as its marker.
PAPER = replace(
    SCREEN,
    lines={
        "raw": LineLook(0.5, 1.5, alpha=0.3),
        "superseded": LineLook(0.7, 1.6, alpha=0.4),
        "main": LineLook(1.1, 2.0),
        "points": LineLook(1.1, 2.0, dot=2.5),
    },
    marks={
        "nan": MarkLook("cross", 6.0, 2.0), "inf": MarkLook("diamond", 5.0, 2.0),
        **{kind: replace(SCREEN.marks[kind], size=4.5, order=2.1) for kind in ("beyond", "spike", "fewer")},
    },
    rows=RowLook(dot=4.0, interval=1.5),
    band_alpha=0.3,  # Printers lose what is paler.
    band_order=1.0,
)

# A browser counts in pixels, and the pointer must be able to hit its lines and shapes.
_IN_PIXELS = {"star": 12.0, "triangle": 8.0, "cross": 8.0, "diamond": 8.0, "square": 8.0, "dot": 8.0, "dashed": 1.0,
              "dotted": 1.0, "dashdot": 1.5, "ring": 12.0}
BROWSER = replace(
    SCREEN,
    lines={**SCREEN.lines, "main": LineLook(2.0, 2.3), "points": LineLook(2.0, 2.4, dot=6.0)},
    marks={kind: replace(look, size=_IN_PIXELS[look.shape]) for kind, look in SCREEN.marks.items()},
    rows=RowLook(dot=8.0, interval=1.5),
)
