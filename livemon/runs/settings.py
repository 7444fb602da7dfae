"""The settings of a run, searched until there are some: a framework may write them after the first row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livemon.runs.config import read_config
from livemon.runs.notes import Note, read_note
from livemon.runs.planned_end import Planned, epochs_in
from livemon.runs.source import Part
from livemon.system.settings_files import is_too_deep
from livemon.tables.anomalies import Anomalies, Anomaly

__all__ = ["NO_SETTINGS", "FrozenSettings", "RunSettings", "value_of"]

NO_SETTINGS = "no config.json"


class _Folder(Protocol):
    """The part of a run's folder that this module uses; see `RunFolder`."""

    @property
    def path(self) -> Path: ...
    @property
    def sources(self) -> Sequence[Part]: ...


@dataclass(frozen=True)
class FrozenSettings:
    """The settings as they were read; see `RunSettings`."""

    values: dict[str, Any]
    why_none: str
    total_steps: int | None
    planned: Planned


class RunSettings:
    """The settings of the run in a folder, and its planned length.

    Args:
        folder: The folder. Its sources may have settings, too; those in files take precedence.
        anomalies: Receives the problems of files that could not be used at the last look.
        names: The names of everything in the folder, if it does not change any more.
    """

    def __init__(self, folder: _Folder, anomalies: Anomalies, names: Collection[str] | None = None) -> None:
        self._folder = folder
        self._names = names
        self._anomalies = anomalies
        self._values: dict[str, Any] = {}

    @property
    def values(self) -> dict[str, Any]:
        """The settings, {} while there are none."""
        if not self._values:
            values, problems = read_config(self._folder.path, self._names)
            given = (dict(source.facts.config) for source in self._folder.sources if source.facts.config)
            self._values = values or next((config for config in given if not is_too_deep(config)), {})
            self._anomalies.forget("config")
            for problem in problems:
                self._anomalies.add(Anomaly("config", str(self._folder.path), None, problem))
        return self._values

    @property
    def why_none(self) -> str:
        """Why there are no settings."""
        problems = [anomaly.message for anomaly in self._anomalies.as_list() if anomaly.kind == "config"]
        return "; ".join(problems) or f"{NO_SETTINGS} in {self._folder.path}"

    @property
    def total_steps(self) -> int | None:
        """The planned number of steps of the training, if it is known."""
        return self._total_steps(read_note(self._folder.path, self._names), self.values)

    def _total_steps(self, note: Note, values: dict[str, Any]) -> int | None:
        for value in (note.total_steps, note.max_steps, values.get("total_steps"), values.get("max_steps")):
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15:
                return int(value)
        facts = (source.facts for source in self._folder.sources)
        return next((source_facts.total_steps for source_facts in facts if source_facts.total_steps), None)

    @property
    def planned(self) -> Planned:
        """The planned length of the training."""
        return self.frozen().planned

    def frozen(self) -> FrozenSettings:
        """The settings as they are now."""
        values, note = self.values, read_note(self._folder.path, self._names)
        epochs = epochs_in({"epochs": note.total_epochs}) or epochs_in(values)
        total_steps = self._total_steps(note, values)
        return FrozenSettings(values, self.why_none, total_steps, Planned(total_steps, epochs))


def value_of(settings: dict[str, Any], key: str, default: Any) -> Any:
    """A setting; a dotted key reaches into nested ones (`model.n_layer`). An exact key wins."""
    if key in settings:
        return settings[key]
    value: Any = settings
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return default
        value = value[part]
    return value
