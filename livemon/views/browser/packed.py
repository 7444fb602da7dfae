"""Points as compact text. `board.js` reads it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "encoded", "packed", "with_steps"]

Array = NDArray[np.float64]
_MOST_DECIMALS = 9
_NO_NUMBER = -(2**31)  # represents NaN among whole numbers
_FEW = 64  # values: so few are not worth a look at them


def encoded(values: Array) -> str:
    """The exact values: 8 bytes each, little-endian, in base64."""
    return _text(np.ascontiguousarray(values, "<f8"))


def with_steps(values: Array) -> Any:
    """The values as JSON, exactly: rising whole numbers, as most x are, as `packed` stores them; others in 8 bytes."""
    steps = _steps(values) if len(values) > _FEW else None
    return encoded(values) if steps is None else _from(values, steps)


def packed(values: Array, *, is_computed: bool = False) -> Any:
    """The values as JSON.

    Rising whole numbers are stored as the first one and the steps to the next, in 1 or 2 bytes each. Numbers with few
    decimals are stored as whole numbers of 4 bytes with the number of decimals. Other logged values are stored exactly,
    in 8 bytes. All are little-endian, in base64.

    Args:
        values: The values.
        is_computed: Whether they were computed, not logged (smoothed curves, bands): then 4 bytes are enough, which is
            7 digits.
    """
    values = np.ascontiguousarray(values, np.float64)
    if len(values) > 1 and (steps := _steps(values)) is not None:
        return _from(values, steps)
    if (whole := _whole(values)) is not None:
        return {"decimals": whole[0], "whole": _text(whole[1])}
    if is_computed:
        with np.errstate(over="ignore"):
            return {"single": _text(values.astype("<f4"))}
    return encoded(values)


def _from(values: Array, steps: NDArray[Any]) -> dict[str, Any]:
    return {"from": float(values[0]), "bytes": steps.dtype.itemsize, "steps": _text(steps)}


def _steps(values: Array) -> NDArray[Any] | None:
    """The steps from each value to the next, if all are whole and small, or None."""
    if not np.isfinite(values).all() or np.abs(values).max() >= 2.0**53 or (values != np.floor(values)).any():
        return None
    steps = np.diff(values)
    if steps.min() < 0 or steps.max() >= 2**16:
        return None
    return steps.astype("<u1" if steps.max() < 2**8 else "<u2")


def _whole(values: Array) -> tuple[int, NDArray[Any]] | None:
    """The number of decimals, and the values without the decimal point; None if there are too many decimals. A page
    divides by a power of ten, which is checked here."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0 or np.isinf(values).any() or (np.signbit(finite) & (finite == 0)).any():
        return None
    for decimals in range(_MOST_DECIMALS + 1):
        scaled = np.round(finite * 10.0**decimals)
        if np.abs(scaled).max() >= 2**31:
            return None
        if (scaled / 10.0**decimals == finite).all():
            made = np.full(len(values), _NO_NUMBER, "<i4")
            made[np.isfinite(values)] = scaled.astype("<i4")
            return decimals, made
    return None


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
