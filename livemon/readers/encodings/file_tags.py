"""Tables with one metric, whose name is only in the file name: downloads from TensorBoard and Neptune."""

from __future__ import annotations

import re
from collections.abc import Sequence

from livemon.tables.names import is_x, tells_of_training

__all__ = ["with_name_of_file"]

_ENDING = re.compile(r"\.(?:csv|tsv)(?:\.gz)?$", re.IGNORECASE)
_TAG = re.compile(r"run-.*-tag-(.+)")


def with_name_of_file(file_name: str, columns: Sequence[str]) -> list[str]:
    """The column names, with the metric in the file name instead of `value` if all other columns are axes."""
    values = [name for name in columns if not is_x(name) and not is_x(name.lower())]
    if len(values) != 1 or len(columns) < 2 or values[0].lower() not in ("value", "values"):
        return list(columns)
    stem = _ENDING.sub("", file_name)
    tag = _TAG.fullmatch(stem)
    metric = tag[1] if tag else stem if tells_of_training([stem]) else ""
    return [metric if metric and metric not in columns and name == values[0] else name for name in columns]
