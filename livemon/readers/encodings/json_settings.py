"""Settings among the rows of a log of JSON lines, usually in its first lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from livemon.tables.names import is_x, kind_of_x

__all__ = ["SettingsInRows", "has_x"]

_NAMES = ("config", "hparams", "hyperparameters", "hyper_parameters", "hyperparams", "params", "settings", "args",
          "cfg")
_KINDS = ("event", "type", "kind", "mode", "phase", "tag", "_type", "msg", "message")


class SettingsInRows:
    """Distinguishes lines with settings from rows of metrics.

    Anywhere in the file, a line has settings if it has an object called `config` or the like, and no step or epoch, or
    no metric: a resumed training writes its settings again. Before the first row with a step, a line that calls itself
    a config has settings, too: `{"type": "config", "lr": 0.1}`.

    Attributes:
        config: The settings so far.
    """

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self._is_before_rows = True

    def rows_in(
        self, rows: Sequence[Mapping[str, Any]], lines: Sequence[int], *, have_objects: bool
    ) -> tuple[Sequence[Mapping[str, Any]], Sequence[int]]:
        """The rows that are not settings, and their line numbers.

        Args:
            rows: The objects as written.
            lines: Their line numbers.
            have_objects: Whether there may be objects in the rows.
        """
        if not have_objects and not self._is_before_rows:
            return rows, lines
        last = None if have_objects else next((number for number, row in enumerate(rows) if has_x(row)), None)
        checked = rows if last is None else rows[: last + 1]
        settings = {number for number, row in enumerate(checked) if self._takes(row)}
        if not settings:
            return rows, lines
        kept = [number for number in range(len(rows)) if number not in settings]
        return [rows[number] for number in kept], [lines[number] for number in kept]

    def _takes(self, row: Mapping[str, Any]) -> bool:
        kind = next((name for name in _KINDS if isinstance(row.get(name), str)), None)
        if self._is_before_rows and kind is not None and row[kind].lower() in _NAMES:
            inner = next((row[name] for name in _NAMES if isinstance(row.get(name), dict)), None)
            self.config.update(inner or {name: value for name, value in row.items() if name != kind})
            return True
        if not has_x(row) or not _has_metric(row):
            for name in _NAMES:
                if isinstance(row.get(name), dict):
                    self.config.update(row[name])
                    return True
        if has_x(row):
            self._is_before_rows = False
        return False


def _has_metric(row: Mapping[str, Any]) -> bool:
    return any(_is_number(value) and not is_x(name) for name, value in row.items())


def has_x(row: Mapping[str, Any]) -> bool:
    """Whether a row has a step, an epoch or the like. A time alone does not count: events have one, too."""
    return any(_is_number(value) and kind_of_x(name) in ("step", "epoch") for name, value in row.items())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
