"""What somebody wants to look at: over which x, how smooth, on which scales, which metrics."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OptionError", "Options"]


class OptionError(ValueError):
    """An option that means nothing for this run; the message says what can be asked for."""


@dataclass(frozen=True)
class Options:
    """What a user asks for.

    Attributes:
        x: "step", "epoch", "time", "row" or a column; None = the run's own.
        metric: the main metric, "NAME" or "NAME:min" or "NAME:max".
        smooth: TensorBoard's weight, 0 (none) to 1; None = by the noise.
        log, linear: metrics, or titles of panels, that get a logarithmic or a linear axis; of the others the values
            decide.
        select: only metrics in whose name this regular expression is found.
        max_panels: of the dashboard.
        pixels: pixel columns of the widest panel; narrower ones get half.
    """

    x: str | None = None
    metric: str | None = None
    smooth: float | None = None
    log: tuple[str, ...] = ()
    select: str | None = None
    max_panels: int = 12
    pixels: int = 900
    linear: tuple[str, ...] = ()
