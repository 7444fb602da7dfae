"""A range of x: between two values, or the newest part of the run."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Stretch", "can_be_drawn", "number_of", "text_of"]

Limits = tuple[float, float]

_GRAMMAR = "LOW:HIGH (an end may be left out), last:N or last:P%"
_NEWEST = "last"
_PARTS = 20.0  # a following range moves in steps of one part, so that most frames need no new axes
_GROWS = 1.02  # times: a growing share of a run is widened at least so much at once, for the same reason


def can_be_drawn(low: float, high: float) -> bool:
    """Whether an axis can have these ends: its width is a number by which one can divide."""
    width = high - low
    return math.isfinite(width) and width > max(1e-12 * max(abs(low), abs(high)), 1e-300)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range of the x axis; an end that is None is the end of the axis.

    Attributes:
        low, high: The ends, for time in seconds; None: those of the run.
        last: The size of the newest part; None if the ends are given.
        percent: Whether `last` is in per cent of the run.

    Raises:
        ValueError: The range is empty or not valid; the message says what is allowed.
    """

    low: float | None = None
    high: float | None = None
    last: float | None = None
    percent: bool = False

    def __post_init__(self) -> None:
        if self.last is not None and (self.low is not None or self.high is not None):
            raise ValueError(f"{self}: a range has ends or a newest part, not both; expected {_GRAMMAR}")
        for end in (self.low, self.high, self.last):
            if end is not None and not math.isfinite(end):
                raise ValueError(f"{self}: {end} is not a finite number; expected {_GRAMMAR}")
        if self.last is None and self.low is None and self.high is None:
            raise ValueError(f"a range without ends is the whole run; expected {_GRAMMAR}")
        is_nothing = self.last is not None and (self.last <= 0 or (self.percent and self.last > 100))
        has_ends = self.low is not None and self.high is not None
        if is_nothing or (has_ends and not can_be_drawn(self.low or 0.0, self.high or 0.0)):
            raise ValueError(f"{self}: there is nothing between these ends; expected {_GRAMMAR}")

    @classmethod
    def parse(cls, text: str) -> Stretch:
        """Parse a range: "1000:2000", "1,000:", ":500", "last:10%", "last:1000".

        Raises:
            ValueError: The text is not a valid range; the message says what is allowed.
        """
        first, colon, second = text.strip().partition(":")
        problem = f"{text!r} is not a valid range of x; expected {_GRAMMAR}"
        if not colon:
            raise ValueError(problem)
        try:
            if first.strip() == _NEWEST:
                amount = second.strip()
                return cls(last=number_of(amount.removesuffix("%")), percent=amount.endswith("%"))
            low, high = (number_of(end) if end.strip() else None for end in (first, second))
        except ValueError as error:
            raise ValueError(problem if "could not convert" in str(error) else str(error)) from None
        return cls(low, high)

    def __str__(self) -> str:
        if self.last is not None:
            return f"{_NEWEST}:{text_of(self.last)}{'%' * self.percent}"
        low, high = ("" if end is None else text_of(end) for end in (self.low, self.high))
        return f"{low}:{high}"

    @property
    def follows(self) -> bool:
        """Whether the range follows the newest part of a run."""
        return self.last is not None

    def within(self, whole: Limits, newest: float, ended: bool) -> Limits:
        """The limits of the range on an axis.

        Args:
            whole: The limits of the whole axis.
            newest: The highest x of the run.
            ended: Whether the run has ended: then the newest part ends with it and has the exact size; else there is
                some room after it, and it may be up to a fourteenth larger.
        """
        if self.last is None:
            low = whole[0] if self.low is None else self.low
            high = whole[1] if self.high is None else self.high
            if low < high:
                return low, high
            return (low, low + _a_bit(low)) if self.high is None else (high - _a_bit(high), high)
        width = self.last
        if self.percent:
            covered = max(newest - whole[0], _a_bit(whole[0]) * 1e-6)
            if not ended:
                covered = _GROWS ** math.ceil(math.log(covered, _GROWS) - 1e-9)
            width = covered * self.last / 100
        if ended:
            return max(newest - width, whole[0] if self.percent else -math.inf), newest
        step = width / _PARTS
        end = whole[0] + math.ceil((newest - whole[0]) / step) * step
        return end - width - step, end


def _a_bit(value: float) -> float:
    """A suitable width for an axis at this value."""
    return max(1.0, 1e-9 * abs(value))


def number_of(text: str) -> float:
    """The number in a text, which may have commas as thousands separators."""
    return float(text.strip().replace(",", "").replace("_", ""))


def text_of(number: float) -> str:
    """A number as text from which `number_of` gets it back."""
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(float(number))
