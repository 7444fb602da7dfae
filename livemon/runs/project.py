"""The settings of a project: `livemon.toml`, or `[tool.livemon]` in pyproject.toml, at or above the runs.

The nearest file wins. A file that cannot be used is reported, and is never an error of the run.
"""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livemon.system.errors import first_line
from livemon.system.shared_files import read_regular
from livemon.tables import meaning, names
from livemon.tables.meaning import Direction

__all__ = ["KEYS", "ProjectSettings", "find_project", "project_of_sibling"]

_FILES = ("livemon.toml", "pyproject.toml")
KEYS = ("metric", "metrics", "name_pattern", "group_by", "notify")
_DIRECTIONS: Mapping[str, Direction] = {"min": "min", "lower": "min", "max": "max", "higher": "max"}
_LEVELS = 3  # folders above the run that are always searched
_LARGEST_BYTES = 1 << 20


@dataclass(frozen=True)
class ProjectSettings:
    """The content of a settings file; empty without a file.

    Attributes:
        path: The file, or None.
        directions: Names of metrics, or patterns such as `*/quality` -> whether less or more is better.
        metric: The main metric, or "".
        name_pattern: How folders are named after settings, in the form of `--name-pattern`.
        group_by: The settings that the runs of a group share, in the form of `--group-by`.
        notify: Where news is sent, as it is in the file.
        problems: A sentence for each part that could not be used.
    """

    path: Path | None = None
    directions: Mapping[str, Direction] = field(default_factory=dict)
    metric: str = ""
    name_pattern: str | None = None
    group_by: str | None = None
    notify: Any = None
    problems: tuple[str, ...] = ()

    @property
    def stamp(self) -> str:
        """A text that changes whenever the directions in the file change; "" if it has none."""
        return repr(sorted(self.directions.items())) if self.directions else ""

    def main_metric(self, counts: Mapping[str, int], known: Iterable[str], chosen: Iterable[str] = (),
                    without_value: Collection[str] = ()) -> str | None:
        """The main metric of a run; None if no metric is a result. The metric that the project names comes first, then
        the framework's first choice, then the names decide; see `meaning.main_metric`.

        Args:
            counts: The metrics that can be chosen -> the number of points of each.
            known: The names among which the project's metric is searched.
            chosen: The framework's choices, the best first.
            without_value: The metrics without a finite value. They can be chosen if there is nothing else; and a loss
                of them if no loss has a value: the result of the run is that all losses are NaN.
        """
        wanted = names.find_metric(self.metric, known) if self.metric else None
        if wanted in counts:
            return wanted
        logged = {name: count for name, count in counts.items() if count} or dict(counts)
        usable = {name: count for name, count in logged.items() if name not in without_value}
        if not any(map(names.is_loss, usable)):
            usable |= {name: count for name, count in logged.items() if names.is_loss(name)}
        usable = usable or logged
        most = max(usable.values(), default=0)
        return next((name for name in chosen if name in usable), None) or meaning.main_metric(
            usable, single={name for name, count in usable.items() if count == 1 < most}, own=self.directions)

    def notify_once(self, notify: Callable[[str], None]) -> None:
        """Say which file is used, and what in it cannot be used; once for each file and process."""
        if self.path is None or self.path in _said:
            return
        _said.add(self.path)
        for problem in self.problems:
            notify(problem)
        used = [key for key, value in (("metric", self.metric), ("metrics", self.directions),
                                       ("name_pattern", self.name_pattern), ("group_by", self.group_by),
                                       ("notify", self.notify)) if value]
        if used:
            notify(f"settings of the project: {self.path} ({', '.join(used)})")


_said: set[Path] = set()
_NOTHING = ProjectSettings()


def find_project(folder: Path) -> ProjectSettings:
    """The settings for runs in a folder: the nearest file in or above it, up to the current or the home folder."""
    start = os.path.abspath(folder)
    return _settings_at(start) or _above(start)


def project_of_sibling(folder: Path, names: frozenset[str] | None, known: dict[str, ProjectSettings]
                       ) -> ProjectSettings:
    """The same for one of many runs side by side.

    Args:
        folder: The run's folder.
        names: The names of everything in it, if they are known.
        known: A folder -> the settings for the runs in it without a file of their own; filled here.
    """
    start = os.path.abspath(folder)
    own = _settings_at(start) if names is None or not names.isdisjoint(_FILES) else None
    if own is not None:
        return own
    parent = os.path.dirname(start)
    if parent not in known:
        known[parent] = _above(start)
    return known[parent]


def _above(start: str) -> ProjectSettings:
    """The settings above a folder."""
    tops = [top for top in (_folder(os.getcwd), _folder(lambda: os.path.expanduser("~")))
            if top and top != os.sep and (start + os.sep).startswith(top.rstrip(os.sep) + os.sep)]
    top = min(tops, key=len, default=start)
    level, below, above = 1, start, os.path.dirname(start)
    while above != below and (level <= _LEVELS or len(above) >= len(top)):
        if (settings := _settings_at(above)) is not None:
            return settings
        level, below, above = level + 1, above, os.path.dirname(above)
    return _NOTHING


def _settings_at(folder: str) -> ProjectSettings | None:
    """The settings in a folder itself."""
    each = (_settings_in(os.path.join(folder, name)) for name in _FILES)
    return next((settings for settings in each if settings is not None), None)


def _folder(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except OSError:  # the current folder was deleted
        return ""


def _settings_in(path: str) -> ProjectSettings | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return _parsed(path, status.st_mtime_ns, status.st_size) if os.path.isfile(path) else None


@functools.lru_cache(maxsize=64)
def _parsed(path: str, _changed: int, size: int) -> ProjectSettings | None:
    """The content of a file; None for a pyproject.toml without settings for livemon."""
    is_ours = os.path.basename(path) == "livemon.toml"
    if size > _LARGEST_BYTES:
        return _unusable(path, f"it is larger than {_LARGEST_BYTES >> 20} MiB") if is_ours else None
    try:
        data = read_regular(path)
        if not is_ours and b"livemon" not in data:
            return None
        document: Any = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        return _unusable(path, error.strerror or first_line(error))
    except (ValueError, RecursionError) as error:
        return _unusable(path, f"it is not valid TOML: {first_line(error)}")
    if not is_ours:
        tools = document.get("tool")
        document = tools.get("livemon") if isinstance(tools, dict) else None
        if document is None:
            return None
        if not isinstance(document, dict):
            return _unusable(path, "[tool.livemon] is not a table")
    return _settings(path, document)


def _unusable(path: str, why: str) -> ProjectSettings:
    return ProjectSettings(Path(path), problems=(f"{path} is not used: {why}",))


def _settings(path: str, document: Mapping[str, Any]) -> ProjectSettings:
    problems = [f"{path}: {key!r} is not a setting; the settings are {', '.join(KEYS)}" for key in document
                if key not in KEYS]

    def text(key: str) -> str:
        value = document.get(key, "")
        if key == "group_by" and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return ",".join(value)
        if isinstance(value, str):
            return value
        problems.append(f"{path}: {key} is {value!r}; it must be a string in quotes")
        return ""

    directions: dict[str, Direction] = {}
    metrics = document.get("metrics", {})
    if not isinstance(metrics, dict):
        problems.append(f'{path}: metrics must be a table, such as [metrics] with a line "my/quality" = "max"')
        metrics = {}
    for name, word in metrics.items():
        if isinstance(word, str) and word in _DIRECTIONS:
            directions[name] = _DIRECTIONS[word]
        else:
            problems.append(f'{path}: the direction of {name} is {word!r}; it must be "min" or "max"')
    metric = text("metric")
    name, colon, word = metric.rpartition(":")
    if colon and word in ("min", "max") and name:
        metric = name
        directions = {name: _DIRECTIONS[word]} | directions
    return ProjectSettings(Path(path), directions, metric, text("name_pattern") or None, text("group_by") or None,
                           document.get("notify"), tuple(problems))
