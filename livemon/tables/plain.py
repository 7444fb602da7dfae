"""Anything -> what JSON can hold."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

__all__ = ["to_plain"]

LONGEST_ARRAY = 1000  # values of an array in a setting; the weights of a model are no setting
_LONGEST_BITS = 10_000  # of a whole number; Python refuses to write much longer ones
_LONGEST_TEXT = 1000  # characters of what only its text stands for


def to_plain(value: Any, longest_array: float = math.inf) -> Any:
    """The same as dicts, lists, texts and finite numbers. NaN and infinity become "NaN", "Infinity" and "-Infinity",
    data classes dicts, NumPy's arrays lists, and anything else its text.

    Args:
        value: Anything.
        longest_array: An array of more values than this becomes its text.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if value.bit_length() < _LONGEST_BITS else f"a whole number of {value.bit_length():,} bits"
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _not_finite(value)
    inner = partial(to_plain, longest_array=longest_array)
    if isinstance(value, Mapping):
        return {str(key): inner(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [inner(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {part.name: inner(getattr(value, part.name)) for part in dataclasses.fields(value)}
    shape = getattr(value, "shape", None)
    if shape == () and hasattr(value, "item"):
        return inner(value.item())
    if type(value).__module__ == "numpy" and hasattr(value, "tolist") and value.size <= longest_array:
        return inner(value.tolist())
    try:
        return str(value)[:_LONGEST_TEXT]
    except Exception:
        return f"<{type(value).__name__}>"


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
