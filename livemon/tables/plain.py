"""Any value -> plain data for JSON; nested mappings -> their values by name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

__all__ = ["Leaf", "leaves", "to_plain"]

LONGEST_ARRAY = 1000  # values of an array in a setting; a longer array (a model's weights) is not a setting
_LONGEST_BITS = 10_000  # of a whole number; Python refuses to write much longer ones
_LONGEST_TEXT = 1000  # characters of the text that stands for any other value

Leaf = tuple[str, int, Any]
"""The name of a value in nested mappings, the number of its keys, and the value."""

_SCALARS = frozenset((float, int, str, bool, type(None)))  # Testing for these first makes `leaves` twice as fast.


def to_plain(value: Any, longest_array: float = math.inf) -> Any:
    """A value as dicts, lists, texts and finite numbers. NaN and infinity become "NaN", "Infinity" and "-Infinity",
    data classes become dicts, NumPy arrays lists, and anything else its text.

    Args:
        value: Any value.
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


def leaves(
    tree: Mapping[Any, Any], separator: str, is_leaf: Callable[[Mapping[Any, Any], int], bool] | None = None
) -> list[Leaf]:
    """The values in nested mappings, in order.

    Args:
        tree: The outermost mapping.
        separator: The text between two keys in a name.
        is_leaf: Whether a mapping at this depth counts as a value, too. Other empty mappings have no values.
    """
    leaves_so_far: list[Leaf] = []
    _add_leaves(leaves_so_far, tree, "", 1, separator, is_leaf)
    return leaves_so_far


def _add_leaves(
    leaves_so_far: list[Leaf], tree: Mapping[Any, Any], above: str, depth: int, separator: str,
    is_leaf: Callable[[Mapping[Any, Any], int], bool] | None,
) -> None:
    for key, value in tree.items():
        if type(value) in _SCALARS or not isinstance(value, Mapping) or (is_leaf and is_leaf(value, depth)):
            leaves_so_far.append((f"{above}{key}", depth, value))
        else:
            _add_leaves(leaves_so_far, value, f"{above}{key}{separator}", depth + 1, separator, is_leaf)
