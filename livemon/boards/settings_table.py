"""The settings of runs side by side as texts, differing ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livemon import wording
from livemon.analysis.run_set.settings import as_compared
from livemon.boards.model import SettingRow

__all__ = ["settings_table"]

_MOST_SETTINGS = 1000
_MOST_RUNS = 200
_LONGEST_VALUE = 200  # characters


def settings_table(settings: Sequence[Mapping[str, Any]]) -> tuple[SettingRow, ...]:
    """A row for each setting: first those in which the runs differ, each part in the order of the configs.

    Args:
        settings: The flat settings of each run; see `flat_settings`.
    """
    of_runs = settings[:_MOST_RUNS]
    rows = []
    for name in list(dict.fromkeys(name for of_run in of_runs for name in of_run))[:_MOST_SETTINGS]:
        values = [of_run.get(name, _NONE) for of_run in of_runs]
        differs = len({None if value is _NONE else as_compared(value) for value in values}) > 1
        texts = tuple(None if value is _NONE else _text(value) for value in values)
        rows.append(SettingRow(name, differs, texts))
    return tuple(sorted(rows, key=lambda row: not row.differs))


_NONE = object()


def _text(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    return wording.clipped(str(value), _LONGEST_VALUE)
