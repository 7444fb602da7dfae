"""A run as a row of the list of runs: plain data, which each view draws in its own way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livemon import wording

__all__ = ["RunRow"]

_NO_TEXT = "-"


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run at one moment.

    Attributes:
        name: Its name in a lens, unique in its list.
        path: Its folder or file.
        state, reason: See `livemon.states`; the reason is "" without one.
        step, total_steps: Its progress; None if unknown.
        seconds_left: The remaining seconds; None if unknown, or if the run has ended.
        metric: Its main metric, or "".
        better: "min" or "max"; "" if unknown: then there is no best.
        last: The newest value of the metric, as logged, or None.
        best, best_step: The best finite value and its step.
        series: A few values from the first to the newest, evenly spaced over its steps, for a sparkline; NaN for gaps.
        age: Seconds since its newest row; None if unknown, or if the run has ended.
        verdict: The verdict on its health: "healthy", "warning", "critical", "unknown".
        problem: Its problem, in a few words; "" for none.
        settings: The settings in which the runs of the list differ, name and value as texts; missing ones are left out.
        is_shown: Whether its curves are drawn.
        colour: The colour of its curves, a key of the palette; "" if they have none of their own.
    """

    name: str
    path: str
    state: str
    reason: str = ""
    step: float | None = None
    total_steps: int | None = None
    seconds_left: float | None = None
    metric: str = ""
    better: str = ""
    last: float | None = None
    best: float | None = None
    best_step: float | None = None
    series: tuple[float, ...] = ()
    age: float | None = None
    verdict: str = "unknown"
    problem: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    is_shown: bool = False
    colour: str = ""

    @property
    def standing(self) -> str:
        """The state, with the reason if there is one: "failed (killed)"."""
        return f"{self.state} ({self.reason})" if self.reason else self.state

    @property
    def progress(self) -> str:
        """ "41,230/100,000"."""
        if self.step is None:
            return _NO_TEXT
        return wording.count(self.step) + (f"/{wording.count(self.total_steps)}" if self.total_steps else "")

    @property
    def left(self) -> str:
        """ "2h10"."""
        return _NO_TEXT if self.seconds_left is None else wording.duration(self.seconds_left)

    @property
    def arrow(self) -> str:
        """The better direction: "↑", "↓", or "" if unknown."""
        return {"max": "↑", "min": "↓"}.get(self.better, "")

    @property
    def last_text(self) -> str:
        """ "1.93"."""
        return _NO_TEXT if self.last is None else wording.value_text(self.metric, self.last)

    @property
    def best_text(self) -> str:
        """ "1.91 @ 40,500"."""
        if self.best is None:
            return _NO_TEXT
        at = "" if self.best_step is None or not math.isfinite(self.best_step) else (
            f" @ {wording.count(self.best_step)}")
        return wording.value_text(self.metric, self.best) + at

    @property
    def age_text(self) -> str:
        """ "4 s"."""
        return _NO_TEXT if self.age is None else wording.duration(self.age)

    @property
    def settings_text(self) -> str:
        """ "lr=0.1 seed=3"."""
        return " ".join(f"{name}={value}" for name, value in self.settings)

    @property
    def severity(self) -> int:
        """The severity: 2 for critical, 1 for a warning, else 0."""
        return {"critical": 2, "warning": 1}.get(self.verdict, 0)
