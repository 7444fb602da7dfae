"""The formats of livemon, by the names of their files. A module is imported only if a folder has such a name: a run has
one or two of the 26 formats."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module

from livemon.readers.base import Format
from livemon.system.listing import Listing

__all__ = ["BUILT_IN", "BuiltIn", "KnownFormat", "load_built_in", "known_by_names"]

# Folders in a run's folder in which formats look for files.
_LOOKED_IN = ("logs", "livemon")


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """A format added by a package; its files may have any name.

    Attributes:
        loaded: The format.
    """

    loaded: Format

    def load(self) -> Format:
        """The format."""
        return self.loaded

    def may_be_in(self, folder: Listing, known: Collection[str]) -> bool:
        """Whether `find` may find something, judging by the names alone."""
        return True

    @property
    def rank(self) -> tuple[bool, bool]:
        """The sort key: formats of a specific writer come before those that accept any file of a kind."""
        return self.loaded.last_resort, self.loaded.generic


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A format of livemon.

    Attributes:
        dotted_name: The module below `livemon.readers`, and the class.
        names: A regular expression for names of files and folders. Without a match `find` and `containers` find
            nothing. It is tried on the name of a run's folder, the names in it, and those in its `_LOOKED_IN`.
        braced: The names of files that count only with a `{` in their first lines.
        generic, last_resort: See `Format`.
    """

    dotted_name: str
    names: str
    braced: tuple[str, ...] = ()
    generic: bool = False
    last_resort: bool = False

    def load(self) -> Format:
        """The format, always the same object."""
        return load_built_in(self.dotted_name)

    def may_be_in(self, folder: Listing, known: Collection[str]) -> bool:
        """Whether `find` may find something, judging by the names alone; `known`: `known_by_names(folder)`."""
        if self.dotted_name in known:
            return True
        looked_in = (folder, folder.below("logs")) if self.braced else ()
        return any(b"{" in inner.head(name) for inner in looked_in for name in self.braced if name in inner.files)

    @property
    def rank(self) -> tuple[bool, bool]:
        """The sort key: formats of a specific writer come before those that accept any file of a kind."""
        return self.last_resort, self.generic


@cache
def load_built_in(dotted_name: str) -> Format:
    """A format of livemon, by its module below `livemon.readers` and its class; always the same object."""
    module, _, name = dotted_name.rpartition(".")
    made = getattr(import_module(f"livemon.readers.{module}"), name)()
    assert isinstance(made, Format)
    return made


def known_by_names(folder: Listing) -> frozenset[str]:
    """The `dotted_name` of the formats that may have sources in a folder, by its name and the names in it."""
    below = [folder.below(name) for name in _LOOKED_IN] if folder.folders else []
    names = frozenset(name for inner in (folder, *below) for name in (*inner.files, *inner.folders))
    return _known_by(folder.name) | _known_by_any(names)


# The order: CSV files of Ray and Stable-Baselines3 lack metrics that begin late, or are rewritten for them; TensorBoard
# stores only float32; a state of Hugging Face is as old as the newest checkpoint; a monitor knows only episodes.
BUILT_IN = (
    BuiltIn("ray.RayTune", r"result\.json"),
    BuiltIn("jsonlines.Sb3Progress", r"progress\.json"),
    BuiltIn("mmengine.Mmengine", "vis_data"),
    BuiltIn("mmengine.Mmcv", r".*\.log\.json"),
    BuiltIn("fastai.Fastai", r"history\.csv"),
    BuiltIn("long_table.LongTable", r".*\.[ct]sv"),
    BuiltIn("csv.Csv", ".*", generic=True),
    BuiltIn("gzipped.Gzipped", r".*\.gz"),
    BuiltIn("epoch_files.EpochFiles", r"(?i:metrics?[-_].*\.json)"),
    BuiltIn("jsonlines.JsonLines", r".*\.(?:json|jsonl|ndjson|txt|log)",
            braced=("metrics.csv", "progress.csv", "results.csv"), generic=True),
    BuiltIn("torchtune.Torchtune", r"log_\d+\.txt"),
    BuiltIn("dvclive.Dvclive", "plots|dvclive"),
    BuiltIn("blank_columns.SpinningUp", r"progress\.txt"),
    BuiltIn("blank_columns.Yolo", r"results\.txt"),
    BuiltIn("json_history.Sacred", r"metrics\.json"),
    BuiltIn("json_history.JsonHistory", r"(?i:log|.*\.json)", generic=True),
    BuiltIn("blank_columns.BlankColumns", r"lcurve\.out", generic=True),
    BuiltIn("wandb.Wandb", r".*\.wandb|wandb"),
    BuiltIn("mlflow_files.MlflowFiles", r"meta\.yaml"),
    BuiltIn("mlflow_sqlite.MlflowSqlite", r".*\.(?:db|sqlite|sqlite3)"),
    BuiltIn("trackio.Trackio", r".*\.(?:db|sqlite|sqlite3)"),
    BuiltIn("tensorboard.reader.TensorBoard",
            ".*tfevents.*|tensorboard|tb|tb_logs|vis_data|runs|train|validation|val|valid|test|eval"),
    BuiltIn("huggingface.HuggingFace", r"trainer_state\.json|checkpoint-\d+"),
    BuiltIn("sb3_evaluations.Sb3Evaluations", r"evaluations\.npz|eval|results|evaluations"),
    BuiltIn("sb3_monitor.Sb3Monitor", r".*monitor\.csv"),
    BuiltIn("console_log.ConsoleLog", r"(?i:.*\.(?:log|out|err|txt|[oe]\d+)|log(?:-train.*)?)", generic=True,
            last_resort=True),
)

_OF_ALL = frozenset(form.dotted_name for form in BUILT_IN if form.names == ".*")
_BY_NAME = tuple(form for form in BUILT_IN if form.dotted_name not in _OF_ALL)
_MATCHES = tuple((form.dotted_name, re.compile(form.names).fullmatch) for form in _BY_NAME)
_is_known = re.compile("|".join(f"(?:{form.names})" for form in _BY_NAME)).fullmatch


@lru_cache(maxsize=4096)
def _known_by(name: str) -> frozenset[str]:
    """The `dotted_name` of the formats that are worth trying because of a file or folder with this name."""
    if not _is_known(name):
        return _OF_ALL
    return _OF_ALL.union(dotted_name for dotted_name, matches in _MATCHES if matches(name))


@lru_cache(maxsize=256)
def _known_by_any(names: frozenset[str]) -> frozenset[str]:
    """The same for several names; cached, because the runs of a study usually have the same ones."""
    return frozenset().union(*map(_known_by, names))
