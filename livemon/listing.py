"""What lies in a folder, scanned once: what formats are recognised by.

A search looks at thousands of folders. Each is listed once, however many formats are asked, and of a file that is asked
for its first bytes these are read once. Nothing outside the folder where the search began is looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

__all__ = ["HEAD_BYTES", "Listing", "oldest_first", "read_head"]

HEAD_BYTES = 4096


def read_head(path: Path, count: int = HEAD_BYTES) -> bytes:
    """The first bytes of a file, b"" where it cannot be read. Only regular files are opened: a FIFO would block."""
    if not os.path.isfile(path):
        return b""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(count)
    except OSError:
        return b""


def oldest_first(paths: Iterable[Path]) -> list[Path]:
    """Paths in the order in which they were last written; one that cannot be asked comes first."""
    def age(path: Path) -> tuple[int, str]:
        try:
            return path.stat().st_mtime_ns, str(path)
        except OSError:
            return 0, str(path)

    return sorted(paths, key=age)


class Listing:
    """The names in one folder.

    Args:
        path: The folder; one that cannot be read is empty.
        root: The folder where the search began. Links to folders are not followed, links to files only within it.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, root: Path | None = None) -> None:
        self.path = path
        self._root = root or path
        self._heads: dict[str, bytes] = {}
        self._below: dict[str, Listing] = {}
        self._was_looked_at = False

    @cached_property
    def _names(self) -> tuple[list[str], list[str]]:
        """Files and folders, each sorted."""
        self._was_looked_at = True
        return self._scan()

    def _scan(self) -> tuple[list[str], list[str]]:
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    self._sort_in(entry, files, folders)
        except OSError:
            pass
        return sorted(files), sorted(folders)

    def _sort_in(self, entry: os.DirEntry[str], files: list[str], folders: list[str]) -> None:
        try:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_file() and (not entry.is_symlink() or self._leads_inside(entry)):
                files.append(entry.name)
        except OSError:  # A link that leads in a circle.
            pass

    def _leads_inside(self, link: os.DirEntry[str]) -> bool:
        return Path(os.path.realpath(link.path)).is_relative_to(os.path.realpath(self._root))

    @cached_property
    def files(self) -> list[str]:
        """The names of its regular files, sorted."""
        return self._names[0]

    @cached_property
    def folders(self) -> list[str]:
        """The names of the folders in it, sorted, links left out."""
        return self._names[1]

    def below(self, *names: str) -> Listing:
        """A folder in it, or in a folder in it; an empty listing where there is none."""
        name, *rest = names
        found = self._below.get(name)
        if found is None:
            found = Listing(self.path / name, self._root) if name in self.folders else _NOTHING
            self._below[name] = found
        return found.below(*rest) if rest else found

    def looked_in(self) -> list[Path]:
        """The folders whose names were looked at so far: this one and some below it."""
        below = [path for listing in self._below.values() for path in listing.looked_in()]
        return [self.path, *below] if self._was_looked_at else below

    def head(self, name: str) -> bytes:
        """The first bytes of one of its files, up to HEAD_BYTES."""
        if name not in self._heads:
            self._heads[name] = read_head(self.path / name)
        return self._heads[name]


class _Nothing(Listing):
    """A folder that is not there; one for all, as most of what is looked for is not there."""

    def _scan(self) -> tuple[list[str], list[str]]:
        return [], []

    def below(self, *names: str) -> Listing:
        return self

    def looked_in(self) -> list[Path]:
        return []


_NOTHING = _Nothing(Path())
