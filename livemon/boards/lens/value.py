"""The lens: the part of a run that a user looks at, and how it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from livemon.boards.lens.stretch import Stretch, can_be_drawn

__all__ = ["ARGUMENTS", "Attempts", "Lens", "LimitsOfY", "OptionError", "as_lens", "option_of"]

LimitsOfY = Literal["robust", "full"]
Attempts = Literal["all", "latest"]


class OptionError(ValueError):
    """An option that makes no sense for this run; the message says what is allowed."""


@dataclass(frozen=True)
class Lens:
    """A user's view of a run. A board is made from a run and a lens.

    Metrics may be named in the run's spelling or by a well-known name, a panel by its title or one of its metrics.

    Attributes:
        x: "step", "epoch", "time", "row" or a column; None: the run's own step.
        metric: the main metric, "NAME" or "NAME:min" or "NAME:max".
        smooth: TensorBoard's weight, from 0 (none) to 1; None: by the noise.
        log, linear: metrics or titles of panels with a logarithmic or linear axis; by default the values decide.
        select: show only metrics whose name this regular expression matches.
        max_panels: the number of panels of the dashboard.
        pixels: pixel columns of the widest panel; narrower panels get half.
        zoom: the range of x, for time in seconds; None: the whole run.
        zoom_y: (panel, low, high): y limits set by the user.
        limits: "robust": y limits without outliers; "full": y limits that contain every value.
        hidden: metrics whose curves are not drawn.
        pinned: metrics or titles of panels that come first, in this order.
        large: the panel shown alone; None: all.
        attempts: "all": what a later attempt replaced is shown dimmed; "latest": it is hidden.
        mark: an x to mark in all panels, for time in seconds.
        runs: the runs whose curves are drawn, in this order; (): all that the view was opened with.
        hidden_runs: runs whose curves are not drawn.
        alone_run: the only run whose curves are drawn; None: all.
        where: conditions for runs, as for `livemon ls` ("lr>=1e-3", "state:running").
        group_by: settings that the runs of a group share ("lr,wd"), each group a curve with a band; "": all but the
            seed; None: no groups.
        run_list: whether the list of runs is shown.

    Raises:
        OptionError: A value is not valid.
    """

    x: str | None = None
    metric: str | None = None
    smooth: float | None = None
    log: tuple[str, ...] = ()
    select: str | None = None
    max_panels: int = 12
    pixels: int = 900
    linear: tuple[str, ...] = ()
    zoom: Stretch | None = None
    zoom_y: tuple[tuple[str, float, float], ...] = ()
    limits: LimitsOfY = "robust"
    hidden: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    large: str | None = None
    attempts: Attempts = "all"
    mark: float | None = None
    runs: tuple[str, ...] = ()
    hidden_runs: tuple[str, ...] = ()
    alone_run: str | None = None
    where: tuple[str, ...] = ()
    group_by: str | None = None
    run_list: bool = False

    def __post_init__(self) -> None:
        if self.smooth is not None and not 0 <= self.smooth <= 1:
            raise OptionError(f"--smooth: {self.smooth:g} is not between 0 (none) and 1")
        if self.limits not in get_args(LimitsOfY):
            raise OptionError(f"--limits: {self.limits!r} is neither robust nor full")
        if self.attempts not in get_args(Attempts):
            raise OptionError(f"--attempts: {self.attempts!r} is neither all nor latest")
        if self.mark is not None and not math.isfinite(self.mark):
            raise OptionError(f"--mark: {self.mark} is not a finite number")
        for panel, low, high in self.zoom_y:
            if not can_be_drawn(low, high):
                raise OptionError(f"--zoom-y {panel}: there is nothing between {low:g} and {high:g}")

    @property
    def is_zoomed(self) -> bool:
        """Whether the picture shows an enlarged part."""
        return self.zoom is not None or bool(self.zoom_y)

    def whole(self) -> Lens:
        """The same without hidden or enlarged parts: it still decides on the smoothing of curves and the kinds of
        axes."""
        return replace(self, zoom=None, zoom_y=(), pinned=(), large=None, mark=None, runs=(), hidden_runs=(),
                       alone_run=None, where=(), run_list=False)

    def choice_of_runs(self) -> Lens:
        """Only the choice of runs, without the rest."""
        return Lens(runs=self.runs, hidden_runs=self.hidden_runs, alone_run=self.alone_run, where=self.where)

    def runs_shown(self, given: Sequence[str], every: Sequence[str] = ()) -> list[str]:
        """The runs whose curves are drawn, in order. Runs that do not exist, or no longer, are left out.

        Args:
            given: The runs with which the view was opened.
            every: Further runs to choose from.
        """
        known = set(given) | set(every)
        shown = [run for run in self.runs or given if run in known]
        if self.alone_run in shown:
            return [self.alone_run]
        return [run for run in shown if run not in self.hidden_runs]


def as_lens(options: Mapping[str, Any]) -> Lens:
    """The lens from plain values: texts, numbers, lists, as in the command line, Python and JSON.

    Raises:
        OptionError: A value has the wrong type, or is not valid; the message says what is allowed.
    """
    names = {field.name for field in fields(Lens)}
    made: dict[str, Any] = {}
    for name, value in options.items():
        assert name in names, name
        if value is not None:
            made[name] = _CONVERSIONS[name](name, value)
    return Lens(**made)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise OptionError(f"{option_of(name)}: {value!r} is not text")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(f"{option_of(name)}: {value!r} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise OptionError(f"{option_of(name)}: a number of {len(str(value))} digits is too large") from None


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"{option_of(name)}: {value!r} is not a count (1, 2, 3 ...)")
    return value


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise OptionError(f"{option_of(name)}: {value!r} is neither true nor false")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Iterable) or isinstance(values, Mapping):
        raise OptionError(f"{option_of(name)}: {value!r} is not a list of names")
    return tuple(dict.fromkeys(_text(name, text) for text in values))


def _stretch(name: str, value: Any) -> Stretch:
    if isinstance(value, Stretch):
        return value
    try:
        return Stretch.parse(_text(name, value))
    except ValueError as error:
        raise OptionError(f"{option_of(name)}: {str(error).removeprefix(f'{option_of(name)}: ')}") from None


def _stretches_of_y(name: str, value: Any) -> tuple[tuple[str, float, float], ...]:
    """From a mapping panel -> (low, high), a list of such pairs, or texts PANEL=LOW:HIGH."""
    if isinstance(value, Mapping):
        value = [(panel, *ends) if isinstance(ends, list | tuple) else f"{panel}={ends}"
                 for panel, ends in value.items()]
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Iterable):
        raise OptionError(f"{option_of(name)}: {value!r} is not a list of PANEL=LOW:HIGH")
    stretches = [_stretch_of_y(name, stretch) for stretch in values]
    return tuple({panel: (panel, low, high) for panel, low, high in stretches}.values())


def _stretch_of_y(name: str, value: Any) -> tuple[str, float, float]:
    if isinstance(value, list | tuple) and len(value) == 3:
        return _text(name, value[0]), _number(name, value[1]), _number(name, value[2])
    text = value if isinstance(value, str) else ""
    panel, equals, ends = text.rpartition("=")
    if not (panel and equals):
        raise OptionError(f"{option_of(name)}: {value!r} is not PANEL=LOW:HIGH, as in loss=0.1:0.5")
    stretch = _stretch(name, ends)
    if stretch.low is None or stretch.high is None:
        raise OptionError(f"{option_of(name)}: {value!r} lacks an end; expected PANEL=LOW:HIGH, as in loss=0.1:0.5")
    return panel, stretch.low, stretch.high


def option_of(name: str) -> str:
    """The command-line option for this attribute: "--hide" for `hidden`."""
    return f"--{ARGUMENTS.get(name, name).replace('_', '-')}"


ARGUMENTS = {"hidden": "hide", "pinned": "pin", "runs": "show_run", "hidden_runs": "hide_run"}  # names in watch()
_CONVERSIONS: Mapping[str, Any] = {
    "x": _text, "metric": _text, "smooth": _number, "log": _texts, "select": _text, "max_panels": _count,
    "pixels": _count, "linear": _texts, "zoom": _stretch, "zoom_y": _stretches_of_y, "limits": _text, "hidden": _texts,
    "pinned": _texts, "large": _text, "attempts": _text, "mark": _number,
    "runs": _texts, "hidden_runs": _texts, "alone_run": _text, "where": _texts, "group_by": _text, "run_list": _truth,
}
