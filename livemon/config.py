"""What is known of a run beside its metrics: its settings, and livemon's own note `livemon.json`.

Files of a run are somebody else's: nothing in them is executed, and none of them can stop the run from loading.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["NOTE_NAME", "earlier_files", "read_config", "read_note"]

NOTE_NAME = "livemon.json"
LARGEST_BYTES = 4 << 20
_CONFIG_FILES = ("config.json", "hparams.yaml", "args.yaml", "params.json", ".hydra/config.yaml", "config.yaml")


def read_config(folder: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """The run's settings, and what was wrong with files that could not be used. None where no file has any."""
    problems: list[str] = []
    note = read_note(folder).get("config")
    if isinstance(note, dict) and note:
        return note, problems
    for name in _CONFIG_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            found = _read(path)
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
            problems.append(f"{name} cannot be used: {_first_line(error)}")
            continue
        if isinstance(found, dict):
            return {str(key): value for key, value in found.items()}, problems
        if found is not None:
            problems.append(f"{name} cannot be used: it holds no settings by name")
    return None, problems


def read_note(folder: Path) -> dict[str, Any]:
    """What livemon's recorder and callbacks wrote of the run; {} where there is nothing that can be used."""
    path = folder / NOTE_NAME
    if not path.is_file():  # A FIFO would block, a device never end.
        return {}
    try:
        status = path.stat()
        return _cached_note(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, RecursionError):
        return {}


def earlier_files(folder: Path) -> list[Path]:
    """The rows of earlier attempts of a run that its framework has deleted and our callback has kept, oldest first.
    None where the newest attempt did not go on from a checkpoint: then they are another training's."""
    note = read_note(folder)
    earlier = note.get("earlier")
    if not note.get("resumed_from") or not isinstance(earlier, list):
        return []
    names = [attempt.get("file") for attempt in earlier if isinstance(attempt, dict)]
    found = [folder / name for name in names if isinstance(name, str) and re.fullmatch(r"\.livemon/\w+\.csv", name)]
    return [path for path in found if path.is_file()]


@lru_cache(maxsize=256)
def _cached_note(path: Path, _modified: int, _size: int) -> dict[str, Any]:
    found = _read(path)
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> Any:
    if path.stat().st_size > LARGEST_BYTES:
        raise ValueError(f"it is larger than {LARGEST_BYTES >> 20} MiB")
    text = path.read_text(encoding="utf-8", errors="replace")
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_InertLoader)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


class _InertLoader(yaml.SafeLoader):
    """Reads tuples, as Lightning writes them; every other tag of a program becomes plain data. Aliases are refused."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses an alias (*name), which can make a small file huge")
        return super().compose_node(parent, index)


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]


_InertLoader.add_multi_constructor("tag:yaml.org,2002:python/", _plain)
_InertLoader.add_multi_constructor("!", _plain)
