"""The meaning of a cell's text: a number, nothing, or a text."""

from __future__ import annotations

import re

import numpy as np

__all__ = ["MISSING", "is_cut", "is_number", "parse_number"]

MISSING = frozenset(("", "NA", "N/A", "n/a", "<NA>", "None", "none", "null", "NULL", "Null"))

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?0{0,99}\d{1,19}", re.ASCII)  # Python's int refuses texts with thousands of digits
_CUT_NUMBER = re.compile(r"[+-]?\.?|[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?", re.ASCII)
_NOT_FINITE = re.compile(r"([+-]?)(nan|inf|infinity)", re.ASCII | re.IGNORECASE)


def parse_number(text: str) -> int | float | None:
    """The number in a cell, or None.

    Only numbers in the form that programs write count: no underscores, no digits of other scripts, no hexadecimal.
    `nan` and `inf` are numbers; a finite number too large for a float64 raises `OverflowError`.
    """
    text = text.strip()
    if _WHOLE.fullmatch(text) and -(2**63) <= (whole := int(text)) < 2**63:
        return whole
    if match := _NOT_FINITE.fullmatch(text):
        return float(match[1] + match[2])
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if value in (np.inf, -np.inf):
        raise OverflowError(text)
    return value


def is_number(text: str) -> bool:
    """Whether a cell is a number, even one too large for a float64."""
    try:
        return parse_number(text) is not None
    except OverflowError:
        return True


def is_cut(text: str) -> bool:
    """Whether a text is only the beginning of a number, or of a word for a missing one: `1e-`, `na`."""
    text = text.strip()
    if not text or text in MISSING or is_number(text):
        return False
    bare = text.lstrip("+-").lower()
    words = ("nan", "infinity", *(word.lower() for word in MISSING))
    return _CUT_NUMBER.fullmatch(text) is not None or any(word.startswith(bare) for word in words)
