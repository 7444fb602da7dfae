"""A path -> the runs at that path: which folders are runs, and which of their files hold metrics."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from livemon import wording
from livemon.readers.base import Format
from livemon.readers.encodings.bare_numbers import first_row_of, how_to_name
from livemon.readers.encodings.sqlite import SUFFIXES as DATABASES
from livemon.readers.registry import csv_format, find_sources, format_of, formats, reader_for
from livemon.readers.registry import databases_in as databases_of
from livemon.runs.notes import read_note
from livemon.runs.similar_names import did_you_mean
from livemon.runs.twin_loggers import with_twin
from livemon.states import State
from livemon.system.listing import (
    FOLLOWED,
    HEAD_BYTES,
    Listing,
    identity,
    is_git_lfs_pointer,
    read_head,
    unreadable_below,
)
from livemon.system.shared_files import open_regular
from livemon.system.streams import visible

__all__ = ["Found", "NoMetricsError", "begun_below", "databases_in", "discover_experiments", "find_own_metrics",
           "find_run", "is_searched", "no_metrics_message", "nothing_there", "pointers_below", "problems_below",
           "reader_for", "run_at", "run_folder", "runs_below", "why_no_metrics", "why_unreadable"]

SEARCH_DEPTH = 6
_MOST_ASKED = 100  # newest runs that are checked for whether they are running
_LATELY_SECONDS = 60.0  # a run without a note that was written to so recently counts as running
_PROBLEMS_TOLD = 6
_POINTERS_DEPTH, _POINTER_BYTES, _MOST_SMALL_FILES = 3, 1024, 500  # for the search for pointers of Git LFS
_MOST_FILES = 1000  # that are checked for why they are not read
_CHECKPOINT = re.compile(r"checkpoint-\d+")  # a folder of Hugging Face for a checkpoint of the run above it
_NO_RUNS = ("checkpoints", "plots", "node_modules", "__pycache__", "livemon-plots")


# The first bytes of files that users often name by mistake.
_KINDS = {
    b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"%PDF": "a PDF file", b"\x80": "a pickle",
    b"PK\x03\x04": "a ZIP archive, as checkpoints of PyTorch and files of NumPy are", b"\x93NUMPY": "an array of NumPy",
    b"\x89HDF": "an HDF5 file", b"\x1f\x8b": "packed with gzip", b"SQLite format 3": "a database of SQLite"}

_HUGGING_FACE = (
    'A Hugging Face Trainer logs to no file before its first checkpoint, as its report_to is "none" by default: pass '
    'it callbacks=[LiveMonitor()] (from livemon_integrations.huggingface), or report_to="tensorboard"')


class NoMetricsError(FileNotFoundError):
    """There is no metrics file at a path. The message says what livemon looked for, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A run at a path.

    Attributes:
        path: The run: its folder, or `database/run`.
        sources: Its sources, the preferred one first: the format, and the path that it opens.
        looked_in: The folders that were listed: if one of them changes, there may be more sources.
        names: The names of everything in the run's folder; None if it was not listed.
    """

    path: Path
    sources: tuple[tuple[Format, Path], ...]
    looked_in: tuple[Path, ...] = ()
    names: frozenset[str] | None = None

    @property
    def main(self) -> Path:
        """The source whose metrics come first."""
        return self.sources[0][1]

    @property
    def is_last_resort(self) -> bool:
        """Whether it counts as a run only if its folder has nothing better; see `Format.last_resort`."""
        return all(form.last_resort for form, _ in self.sources)

    @property
    def written(self) -> float:
        """When its main source, or a later part of it, was last written, unix seconds; 0 if that is not known."""
        main_format = self.sources[0][0]
        parts = [path for form, path in self.sources if form is main_format] if main_format.attempts else [self.main]
        return max(main_format.written(path) or 0.0 for path in parts)


def find_run(path: Path, header: Sequence[str] = ()) -> tuple[Found, int] | None:
    """The run at a path, and the number of other runs below it; None if there is none.

    If a folder is itself a run, the runs in its databases count, but its subfolders do not: they belong to the run.

    Args:
        path: A folder, a metrics file, or a run in a database.
        header: The column names for files of numbers without a header; the same in all functions of this module.
    """
    is_folder = os.path.isdir(path)
    folder = Listing(path)
    own = _run_in(folder, header) if is_folder else run_at(path, header)
    if own is not None and not (own.is_last_resort and is_folder):
        return own, sum(1 for form, database in databases_of(folder) for _ in _runs_of(form, database))
    below = list(runs_below(path, header))
    if own is not None and all(run.is_last_resort for run in below):
        return own, 0
    return (_newest(below), len(below) - 1) if below else None


def _newest(runs: Sequence[Found]) -> Found:
    """The run that was written last; running runs come before others."""
    # Of runs with the same time, such as those of one database, the last one is the newest.
    ordered = [run for *_, run in sorted(((run.written, index, run) for index, run in enumerate(runs)),
                                         key=lambda found_run: found_run[:2], reverse=True)]
    return next((run for run in ordered[:_MOST_ASKED] if _runs(run)), ordered[0])


def _runs(run: Found) -> bool:
    """Whether a run is running, by its note and the age of its rows."""
    note = read_note(run.path)
    if note.state is not None:
        return not note.state.has_ended and note.process is not None
    return time.time() - run.written < _LATELY_SECONDS


def run_at(path: Path, header: Sequence[str] = ()) -> Found | None:
    """The run at exactly this path: a run's folder, a metrics file, a run in a database; None for anything else."""
    if os.path.isdir(path):
        return _run_in(Listing(path), header)
    container = format_of(path, header)
    if not os.path.isfile(path):
        return None if container is None else Found(path, ((container, path),))
    if container is None and path.name.endswith(DATABASES):  # see `format_of`: it must not be opened
        return None
    if container is None:
        return Found(run_folder(path), ((csv_format(), path),)) if _may_become_metrics(path) else None
    is_database = path in container.containers(Listing(path.parent))  # then its runs are below it
    return None if is_database else Found(run_folder(path), ((container, path),))


def runs_below(path: Path, header: Sequence[str] = ()) -> Iterator[Found]:
    """The runs below a folder, or in a database. A run's own sub-folders are not searched.

    A link to a run's folder counts as a run, unless that folder is below the path itself. Below a link livemon searches
    only if its name is in `FOLLOWED`.
    """
    if os.path.isdir(path):
        links: list[tuple[Path, int]] = []
        known: list[Path] = []
        folder = Listing(path)
        was_a_run = _run_in(folder, header) is not None
        below = _search(folder, SEARCH_DEPTH, links, header)
        for run in below if was_a_run else _unless_a_run(path, below, header):
            known.append(run.path)
            yield run
        if links:
            yield from _linked(links, {identity(path), *map(identity, known)}, header)
    elif (container := format_of(path)) is not None:
        yield from _runs_of(container, path)


def begun_below(path: Path, known: Iterable[Path]) -> list[Path]:
    """The folders at and below a path that livemon's `record` or a callback has marked as runs, and that have no
    metrics: runs that have just begun, or failed before their first row. Links are not followed.

    Args:
        path: A folder; a file has none.
        known: The runs with metrics there. Neither their folders nor those above them count.
    """
    if not os.path.isdir(path):
        return []
    runs = set(known)
    return list(_begun_in(Listing(path), runs, {above for run in runs for above in run.parents}, SEARCH_DEPTH))


def _begun_in(folder: Listing, runs: set[Path], above: set[Path], depth: int) -> Iterator[Path]:
    if folder.path in runs:
        return
    state = read_note(folder.path).state if folder.path not in above else None
    if state is not None:
        if state in (State.RUNNING, State.FAILED):  # one that finished may have its metrics elsewhere
            yield folder.path
        return
    linked = set(folder.links)
    for name in folder.folders if depth else ():
        if is_searched(name) and name not in linked:
            yield from _begun_in(folder.below(name), runs, above, depth - 1)


def _linked(
    links: list[tuple[Path, int]], seen: set[tuple[int, int | str] | None], header: Sequence[str]
) -> Iterator[Found]:
    """The runs behind links. `links`: the links, and how deep to search below each; `seen`: the folders found so far.
    """
    while links:
        link, depth = links.pop(0)
        real = Path(os.path.realpath(link))
        if any(identity(folder) in seen for folder in (real, *(real.parents if link.name not in FOLLOWED else ()))):
            continue  # a known run, or a part of one
        seen.add(identity(real))
        listing = Listing(link)
        if (run := _run_in(listing, header)) is not None:
            yield run
        elif link.name in FOLLOWED and depth > 1:
            for inner in _search(listing, depth - 1, links, header):
                if (real_folder := identity(inner.path)) is None or real_folder not in seen:
                    seen.add(real_folder)
                    yield inner


def _search(folder: Listing, depth: int, links: list[tuple[Path, int]], header: Sequence[str]) -> Iterator[Found]:
    """The runs below a folder; links to folders are only noted."""
    linked = set(folder.links)
    links += [(folder.path / name, depth) for name in filter(is_searched, folder.links)]
    for form, database in databases_of(folder):
        yield from _runs_of(form, database)
    children = [folder.below(name) for name in folder.folders if is_searched(name) and name not in linked]
    runs = [_run_in(child, header) for child in children]
    once = {run.path for run in _runs_once(filter(None, runs))}
    for child, own in zip(children, runs, strict=True):
        if own is not None and child.path not in once:
            continue
        if own is not None and not own.is_last_resort:
            yield own
            continue
        has_below = depth > 1 and (child.files or child.folders or child.links)
        below = _search(child, depth - 1, links, header) if has_below else iter(())
        if own is None:
            yield from _unless_a_run(child.path, below, header)
        else:
            better = [run for run in below if not run.is_last_resort]
            yield from better or [own]


def _unless_a_run(folder: Path, below: Iterator[Found], header: Sequence[str]) -> Iterator[Found]:
    """The runs below a folder that was not a run; the folder itself if it became a run during the search, because its
    writer created its log folder in between."""
    for run in below:
        if run_folder(run.main) == folder and run.path != folder:
            own = _run_in(Listing(folder), header)
            if own is not None and own.main == run.main:
                yield own
                return
        yield run


def _runs_once(runs: Iterable[Found]) -> list[Found]:
    """Each run once. W&B makes a folder for each start of a run: the newest one represents the run. If several loggers
    have folders, the folder with the preferred log does."""
    runs = list(runs)
    if len({run.main for run in runs}) == len(runs):  # nearly always
        return runs
    runs = sorted(runs, key=lambda run: (not run.sources[0][0].attempts and run.main.parent == run.path,
                                         run.path.name.removeprefix("offline-")))
    newest = {(run.path.parent, run.main): run.path for run in runs}
    return [run for run in runs if newest[run.path.parent, run.main] == run.path]


def _run_in(folder: Listing, header: Sequence[str] = ()) -> Found | None:
    if folder.is_empty:
        return None  # like most folders in a large tree
    sources = tuple(with_twin(folder, find_sources(folder, header)))
    return Found(folder.path, sources, tuple(folder.looked_in()), folder.every_name) if sources else None


def _runs_of(form: Format, database: Path) -> Iterator[Found]:
    for name in form.runs(database):
        yield Found(database / name, ((form, database / name),))


def _runs_in_database(path: Path) -> list[Found]:
    """The runs in a file, if it is a database."""
    folder = Listing(path.parent)
    known = next((form for form, database in databases_of(folder) if database == path), None)
    return list(_runs_of(known, path)) if known else []


def databases_in(folder: Path) -> list[Path]:
    """The databases in a folder: files with many runs each."""
    return [path for _, path in databases_of(Listing(folder))]


def find_own_metrics(folder: Path, header: Sequence[str] = ()) -> Path | None:
    """The main source in a run's own folder; None if there is none."""
    metrics = _run_in(Listing(folder), header)
    return None if metrics is None else metrics.main


def _may_become_metrics(path: Path) -> bool:
    """Whether a file that the user named has only a header so far."""
    head = read_head(path)
    lines = [line for line in head.splitlines() if line.strip()]
    if any(form.problem(path) for form in formats()):
        return False
    if len(lines) != 1 or b"\0" in head or lines[0].lstrip().startswith((b"{", b"[")):  # JSON is not a header
        return False
    return any(mark in lines[0] for mark in (b",", b";", b"\t"))


def run_folder(source: Path) -> Path:
    """The folder of the run that a metrics file belongs to."""
    folder = source.parent
    return folder.parent if folder.name == "logs" else folder


def is_searched(name: str) -> bool:
    """Whether a search for runs enters folders with this name."""
    return not name.startswith(".") and name not in _NO_RUNS and not _CHECKPOINT.fullmatch(name)


def discover_experiments(base_dir: str | os.PathLike[str], pattern: str = "*") -> list[Path]:
    """The runs whose names match, sorted: folders, and `database/run` for runs in a database. Each run comes once, even
    if links lead to it.

    Args:
        base_dir: The folder to search.
        pattern: A glob on the names directly below `base_dir`; deeper runs only with `**`. A run in a database is below
            it: `mlflow.db/*`.

    Raises:
        FileNotFoundError: The folder does not exist.
        ValueError: The pattern is an absolute path.
    """
    base = Path(base_dir).expanduser()
    if not os.path.exists(base):
        raise FileNotFoundError(f"Base folder not found: {base}")
    if os.path.isfile(base):
        return [run.path for run in runs_below(base) if fnmatchcase(run.path.name, pattern)]
    if Path(pattern).is_absolute():
        raise ValueError(f"the pattern {pattern!r} is for names below {base}, so it must be relative")
    folders, databases = _sorted_out(path for path in base.glob(pattern) if not _is_hidden(path, base, pattern))
    all_runs = [run for path in folders if (run := _run_in(Listing(path)))]
    all_runs = [run for run in _runs_once(all_runs) if not run.is_last_resort or _is_all_of(run)]
    if "**" in pattern:
        databases += [path for folder in folders for path in databases_in(folder)]
    all_runs += [run for path in databases for run in _runs_in_database(path)]
    all_runs += _matching_in_databases(base, pattern)
    parts = {source.parent for run in all_runs for _, source in run.sources if run.path not in (source, source.parent)}
    runs = {run.path for run in all_runs if run.path not in parts or not os.path.isdir(run.path)}
    if "/" in pattern or Listing(base).links:
        runs = _each_once(base, runs)
    return sorted(runs, key=lambda path: path.parts)


def _is_all_of(run: Found) -> bool:
    """Whether there is nothing better than a console log below its folder."""
    return all(below.is_last_resort for below in runs_below(run.path))


def _is_hidden(path: Path, base: Path, pattern: str) -> bool:
    """Whether a path is hidden, like the folder in which our callbacks keep rows, and the pattern does not ask for it.
    """
    return not any(part.startswith(".") for part in Path(pattern).parts) and any(
        part.startswith(".") for part in path.relative_to(base).parts)


def _each_once(base: Path, runs: set[Path]) -> set[Path]:
    """For several names of one folder, its own name, or else the first. Parts of other runs are left out."""
    real = Path(os.path.realpath(base))
    aliases = {path: target for path in sorted(runs)
               if (target := Path(os.path.realpath(path))) != real / path.relative_to(base)}
    kept = {identity(path) or path: path for path in runs if path not in aliases}
    for path, target in aliases.items():
        if not any(identity(folder) in kept for folder in (target, *target.parents)):
            kept[identity(target) or path] = path
    return set(kept.values())


def _sorted_out(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The folders and the files among paths."""
    folders: list[Path] = []
    files: list[Path] = []
    for path in paths:
        if os.path.isdir(path):
            folders.append(path)
        elif os.path.isfile(path):
            files.append(path)
    return folders, files


def _matching_in_databases(base: Path, pattern: str) -> list[Found]:
    """The runs in databases that match a pattern such as `mlflow.db/*`."""
    above, _, name = pattern.rpartition("/")
    if not above or "**" in pattern:
        return []
    databases = (path for path in base.glob(above) if os.path.isfile(path))
    return [run for path in databases for run in _runs_in_database(path) if fnmatchcase(run.path.name, name)]


def nothing_there(path: Path) -> str:
    """The message if a path does not exist."""
    parent = path.absolute().parent
    while not os.path.exists(parent):
        parent = parent.parent
    if os.path.isfile(parent) and (container := format_of(parent)) is not None and (known := container.runs(parent)):
        more = f" and {len(known) - 10} more" if len(known) > 10 else ""
        return f"no run {path.name!r} in {parent}. It has {', '.join(known[-10:])}{more}"
    if meant := did_you_mean(path):
        return meant
    return (f"nothing at {path}. The part of the path that exists is {parent}. If the training creates it "
            f"later, watch the folder that exists: {parent}")


def no_metrics_message(path: Path) -> str:
    """The message that says what livemon looked for, where, and what to do."""
    if os.path.isfile(path) and is_git_lfs_pointer(path):
        return f"{_of_pointers([path])}."
    if os.path.isfile(path):
        why = "".join(f" {problem}." for problem in _problems([path])) or f" {_what_begins(path)}."
        known = ", ".join(form.name for form in formats())
        return f"{path} is not a metrics file that livemon reads.{why} livemon reads {known}."
    listing = Listing(path)
    unreadable = why_unreadable(path)
    why = f" {unreadable}." if unreadable else ""
    why += "".join(f" {problem}." for problem in [*_problems([path / name for name in listing.files]),
                                                 *pointers_below(listing)])
    if _is_of_hugging_face(listing):
        why += f" {_HUGGING_FACE}."
    if unsearched := [name for name in listing.links if name not in FOLLOWED]:
        why += f" Links to folders are not searched: {wording.listed(unsearched, 5)}; name where they lead."
    return (f"no metrics in {path.absolute()}, nor in the folders below it.{why} livemon looks for logs/metrics.csv "
            "and other CSV files with names and numbers, JSON lines, TensorBoard, W&B, MLflow: "
            f"{len(formats())} formats (docs/formats.md). Name a run's folder or its metrics file.")


def _what_begins(path: Path) -> str:
    """A sentence on a file of unknown format, according to its first bytes."""
    try:
        with open_regular(path) as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        return f"It cannot be read: {error.strerror or error}"
    if not head.strip():
        return "It holds only blanks" if head else "It is empty"
    kind = next((kind for mark, kind in _KINDS.items() if head.startswith(mark)), "")
    if kind or b"\0" in head:
        return f"It is {kind or 'not text'}"
    row = first_row_of(head)
    if row.is_of_numbers:
        return f"It has numbers and no names above them: {how_to_name(len(row.cells))}"
    line = next(line for line in head.splitlines() if line.strip())
    shown = visible(line[:40].decode("utf-8", "backslashreplace"))
    return f"Its first line, {shown!r}{' ...' if len(line) > 40 else ''}, is neither a header nor a row with names"


def why_no_metrics(path: Path) -> str:
    """Why a folder is not a run, as far as its files tell: pointers of Git LFS, tables of data, a trainer that logs to
    no file; "" if they do not tell."""
    if unreadable := why_unreadable(path):
        return unreadable
    if not os.path.isdir(path):
        return ""
    listing = Listing(path)
    problems = [*_problems([path / name for name in listing.files]), *pointers_below(listing)]
    if not problems and (not (listing.files or listing.folders) or _is_of_hugging_face(listing)):
        problems = [_HUGGING_FACE]
    return "; ".join(problems)


def why_unreadable(path: Path, depth: int = 2, *, files: bool = True) -> str:
    """A message on files and folders at or a little below a path that may not be read; "" if there are none. See
    `unreadable_below`."""
    unreadable = unreadable_below(path, depth, files=files)
    return "; ".join(f"{unreadable_path} cannot be read ({reason})" for unreadable_path, reason in unreadable)


def _is_of_hugging_face(folder: Listing) -> bool:
    """Whether it is the output folder of a Hugging Face Trainer."""
    return "training_args.bin" in folder.files or any(map(_CHECKPOINT.fullmatch, folder.folders))


def _problems(paths: Iterable[Path]) -> list[str]:
    """Why files that may have metrics by their names are not read; each reason once."""
    problems = (form.problem(path) for path in paths for form in formats())
    return list(dict.fromkeys(problem for problem in problems if problem))[:_PROBLEMS_TOLD]


def problems_below(folder: Listing) -> list[str]:
    """Why files in and below a folder that may have metrics by their names are not read; some reasons, each once. For
    pointers of Git LFS see `pointers_below`."""
    return _problems(itertools.islice(_files(folder, SEARCH_DEPTH), _MOST_FILES))


def pointers_below(folder: Listing) -> list[str]:
    """Messages about the files in and below a folder that Git LFS has not fetched; [] if there are none."""
    small_files = list(itertools.islice(_small_files(folder, _POINTERS_DEPTH), _MOST_SMALL_FILES))
    pointers = [path for path in small_files if is_git_lfs_pointer(path)]
    return [_of_pointers(pointers)] if pointers else []


def _small_files(folder: Listing, depth: int) -> Iterator[Path]:
    """The files below a folder that are as small as a pointer."""
    for path in _files(folder, depth):
        with suppress(OSError):
            if path.stat().st_size < _POINTER_BYTES:
                yield path


def _files(folder: Listing, depth: int) -> Iterator[Path]:
    """The files in and below a folder, down to a depth, without those in hidden folders."""
    yield from (folder.path / name for name in folder.files)
    for name in folder.folders if depth else ():
        if not name.startswith("."):
            yield from _files(folder.below(name), depth - 1)


def _of_pointers(paths: list[Path]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    verb, whose = ("are", "their content is") if more else ("is", "its content is")
    return (f"{paths[0]}{more} {verb} only what Git LFS left in place: {whose} not on this machine. "
            "`git lfs pull` fetches it")
