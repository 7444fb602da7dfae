"""The known formats, in order of preference for runs that have several of them.

Other packages can add formats: a class derived from `readers.Format`, named in the entry-point group `livemon.readers`,
comes before the formats of livemon.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.readers.base import Format, Reader
from livemon.readers.built_in import BUILT_IN, BuiltIn, KnownFormat, known_by_names, load_built_in
from livemon.readers.encodings.sqlite import SUFFIXES as DATABASES
from livemon.system.listing import Listing, is_git_lfs_pointer, read_head

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["csv_format", "databases_in", "find_sources", "format_of", "formats", "reader_for"]

PLUG_INS = "livemon.readers"


@cache
def _known() -> tuple[BuiltIn | KnownFormat, ...]:
    """All formats, the preferred ones first; those of livemon may not be loaded yet."""
    from importlib.metadata import entry_points  # here, because it loads the `email` package

    added = (_load(point) for point in entry_points(group=PLUG_INS))
    return (*(KnownFormat(form) for form in added if form is not None), *BUILT_IN)


@cache
def formats() -> tuple[Format, ...]:
    """All formats, the preferred ones first."""
    return tuple(form.load() for form in _known())


def _formats_in(folder: Listing) -> list[tuple[int, Format]]:
    """The formats that may have sources in a folder, the specific ones first, each with its index in `formats()`."""
    known = known_by_names(folder)
    return [(rank, form.load()) for rank, form in _at_most(known) if form.may_be_in(folder, known)]


def csv_format() -> Format:
    """The format of a file with only a header, or with nothing yet."""
    return load_built_in("csv.Csv")


def _load(point: EntryPoint) -> Format | None:
    """The format added by a package; None, with a warning, if it cannot be used."""
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
    """The format of a source: a file, a folder read as a whole, or `database/run`; None if no format recognises it.

    Args:
        path: The source.
        header: The column names, if the file has no header.
    """
    if os.path.isdir(path):
        folder = Listing(path)
        return next((form for _, form in sorted(_formats_in(folder), key=_place) if path in form.find(folder)), None)
    if os.path.isfile(path):
        # A process that closes a second handle of a database loses SQLite's locks on it.
        head = b"" if path.name.endswith(DATABASES) else read_head(path)
        each = (known.load() for _, known in _specific_first())
        known = next((form for form in each if form.recognises(path, head)), None)
        if not header:
            return known
        named = _headerless(header)
        return named if (known is None or known.last_resort) and named.recognises(path, head) else known
    above = path.parent
    if os.path.isfile(above) and (container := format_of(above)) and path.name in container.runs(above):
        return container
    return None


def find_sources(folder: Listing, header: Sequence[str] = ()) -> list[tuple[Format, Path]]:
    """The sources of the run in a folder, the preferred format first; each file once. `header`: see `format_of`."""
    by_path: dict[Path, tuple[int, Format]] = {}
    for rank, form in _formats_in(folder):
        for path in form.find(folder):
            by_path.setdefault(path, (rank, form))
    sources = [(known, path) for path, known in by_path.items()
               if folder.has_read(str(path)) or not is_git_lfs_pointer(path)]
    sources.sort(key=lambda source: _place(source[0]))
    chosen = [(form, path) for (_, form), path in sources]
    if not header:
        return chosen
    named = _headerless(header)
    of_numbers = [path for path in named.find(folder) if path not in by_path or by_path[path][1].last_resort]
    return [*((named, path) for path in of_numbers), *(source for source in chosen if source[1] not in of_numbers)]


def databases_in(folder: Listing) -> Iterator[tuple[Format, Path]]:
    """The databases in a folder, each with many runs, with their formats; the preferred format first."""
    for _, form in sorted(_formats_in(folder), key=_place) if folder.files else ():
        for path in form.containers(folder):
            yield form, path


def _place(known: tuple[int, Format]) -> int:
    return known[0]


def _headerless(header: Sequence[str]) -> Format:
    """The format of numbers without names, which is not among the known formats because it needs the names."""
    from livemon.readers.headerless import Headerless

    return Headerless(header)


@cache
def _specific_first() -> tuple[tuple[int, BuiltIn | KnownFormat], ...]:
    """All formats with their indices; those of a specific writer before those that accept any file of a kind."""
    return tuple(sorted(enumerate(_known()), key=lambda known: known[1].rank))


@lru_cache(maxsize=256)
def _at_most(known: frozenset[str]) -> tuple[tuple[int, BuiltIn | KnownFormat], ...]:
    """The formats worth trying in a folder whose names suggest `known`; those of a specific writer first."""
    return tuple((rank, form) for rank, form in _specific_first()
                 if isinstance(form, KnownFormat) or form.dotted_name in known or form.braced)


def reader_for(path: Path, *, plain: bool = False) -> Reader:
    """A reader for a source; `plain`: whether to read in the slow way, with which tests compare the fast way.

    A file that no format recognises, because it has no rows yet, is read as a CSV file.
    """
    return (format_of(path) or csv_format()).open(path, plain=plain)
