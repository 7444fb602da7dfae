"""The known formats, in order of preference for runs that have several of them.

Other packages can add formats: a class derived from `readers.Format`, named in the entry-point group `livemon.readers`,
comes before the formats of livemon.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.readers.base import Format, Reader
from livemon.readers.blank_columns import BlankColumns, SpinningUp, Yolo
from livemon.readers.console_log import ConsoleLog
from livemon.readers.csv import Csv
from livemon.readers.dvclive import Dvclive
from livemon.readers.encodings.sqlite import SUFFIXES as DATABASES
from livemon.readers.epoch_files import EpochFiles
from livemon.readers.fastai import Fastai
from livemon.readers.gzipped import Gzipped
from livemon.readers.headerless import Headerless
from livemon.readers.huggingface import HuggingFace
from livemon.readers.json_history import JsonHistory, Sacred
from livemon.readers.jsonlines import JsonLines, Sb3Progress
from livemon.readers.long_table import LongTable
from livemon.readers.mlflow_files import MlflowFiles
from livemon.readers.mlflow_sqlite import MlflowSqlite
from livemon.readers.mmengine import Mmcv, Mmengine
from livemon.readers.ray import RayTune
from livemon.readers.sb3_evaluations import Sb3Evaluations
from livemon.readers.sb3_monitor import Sb3Monitor
from livemon.readers.tensorboard.reader import TensorBoard
from livemon.readers.torchtune import Torchtune
from livemon.readers.trackio import Trackio
from livemon.readers.wandb import Wandb
from livemon.system.listing import Listing, is_git_lfs_pointer, read_head

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["CSV", "find_sources", "format_of", "formats", "reader_for"]

PLUG_INS = "livemon.readers"

CSV = Csv()

# CSV files of Ray and Stable-Baselines3 lack metrics that begin late, or are rewritten for them; TensorBoard keeps only
# float32; a state of Hugging Face is as old as the newest checkpoint; a monitor knows nothing about the training.
_BUILT_IN: tuple[Format, ...] = (
    RayTune(), Sb3Progress(), Mmengine(), Mmcv(), Fastai(), LongTable(), CSV, Gzipped(), EpochFiles(), JsonLines(),
    Torchtune(), Dvclive(), SpinningUp(), Yolo(), Sacred(), JsonHistory(), BlankColumns(), Wandb(), MlflowFiles(),
    MlflowSqlite(), Trackio(), TensorBoard(), HuggingFace(), Sb3Evaluations(), Sb3Monitor(), ConsoleLog(),
)


@cache
def formats() -> tuple[Format, ...]:
    """All formats, the preferred ones first."""
    from importlib.metadata import entry_points  # here, as it loads the machinery of e-mail

    added = (_load(point) for point in entry_points(group=PLUG_INS))
    return (*(one for one in added if one is not None), *_BUILT_IN)


def _load(point: EntryPoint) -> Format | None:
    """The format that a package adds; None, with a warning, if it cannot be used."""
    try:
        made = point.load()()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    else:
        if isinstance(made, Format):
            return made
        problem = "it is not a class derived from livemon.readers.Format"
    warnings.warn(f"the format {point.name!r} ({point.value}) cannot be used: {problem}", stacklevel=2)
    return None


def format_of(path: Path, header: Sequence[str] = ()) -> Format | None:
    """The format of a source: a file, a folder that is read as a whole, or `database/run`; None if no format knows it.

    Args:
        path: The source.
        header: The names of its columns, if it has no header of its own.
    """
    if os.path.isdir(path):
        folder = Listing(path)
        return next((one for one in formats() if path in one.find(folder)), None)
    if os.path.isfile(path):
        # A process that opens and closes a database which it also has open elsewhere loses SQLite's locks on it.
        head = b"" if path.name.endswith(DATABASES) else read_head(path)
        known = next((one for one in _specific_first() if one.recognises(path, head)), None)
        named = Headerless(header)
        is_named = header and (known is None or known.last_resort) and named.recognises(path, head)
        return named if is_named else known
    above = path.parent
    if os.path.isfile(above) and (container := format_of(above)) and path.name in container.runs(above):
        return container
    return None


def find_sources(folder: Listing, header: Sequence[str] = ()) -> list[tuple[Format, Path]]:
    """The sources of a run in this folder, the preferred format first; each file once. `header`: see `format_of`."""
    by_path: dict[Path, Format] = {}
    for one in _specific_first():
        for path in one.find(folder):
            by_path.setdefault(path, one)
    sources = [(one, path) for path, one in by_path.items() if not is_git_lfs_pointer(path)]
    sources.sort(key=lambda source: formats().index(source[0]))
    named = Headerless(header)
    of_numbers = [path for path in (named.find(folder) if header else ())
                  if path not in by_path or by_path[path].last_resort]
    return [*((named, path) for path in of_numbers), *(source for source in sources if source[1] not in of_numbers)]


@cache
def _specific_first() -> tuple[Format, ...]:
    """All formats; those of a specific writer before those that take any file of a kind."""
    return tuple(sorted(formats(), key=lambda one: (one.last_resort, one.generic)))


def reader_for(path: Path, *, plain: bool = False) -> Reader:
    """A reader for a source; `plain`: a reader that takes the slow way, with which tests compare the fast way.

    A file that no format recognises, because it has no rows yet, is read as a CSV file.
    """
    return (format_of(path) or CSV).open(path, plain=plain)
