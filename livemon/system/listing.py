"""What lies in a folder, scanned once: what formats are recognised by.

A search looks at thousands of folders. Each is listed once, however many formats are asked, and of a file that is asked
for its first bytes these are read once.

A run is often kept elsewhere and linked: `runs/x -> /scratch/x`, `run/logs -> /scratch/logs`. So a link to a folder is
followed where it is called as a framework calls its folder of logs, and is looked at where it may be a run itself (see
`discovery`), which is one folder more; nothing else is followed: a link to a data set or to `/` must not make a search
endless. Of files, links are taken only where they lead to a file within the folder where the search began.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from livemon.system.shared_files import open_regular

__all__ = ["FOLLOWED", "HEAD_BYTES", "Listing", "identity", "leads_back", "oldest_first", "read_head"]

HEAD_BYTES = 4096
FOLLOWED = frozenset(("logs", "lightning_logs", "tensorboard", "wandb"))  # links of these names


def read_head(path: Path, count: int = HEAD_BYTES) -> bytes:
    """The first bytes of a file, b"" where it cannot be read. Only regular files are opened: a FIFO would block."""
    if not os.path.isfile(path):
        return b""
    try:
        with open_regular(path) as file:
            return file.read(count)
    except OSError:
        return b""


def leads_back(link: str | os.PathLike[str]) -> bool:
    """Whether a link leads to the folder that it lies in, or to one above that: who follows it goes in a circle."""
    return Path(os.path.realpath(os.path.dirname(link))).is_relative_to(os.path.realpath(link))


def identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """What is the same for all names of a file or folder; None where there is nothing."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


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
        root: The folder where the search began: links to files are followed only within it. Of links to folders, those
            called as in `FOLLOWED` are, but for such as lead in a circle; what is behind one is a root of its own.

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
    def _names(self) -> tuple[list[str], list[str], list[str]]:
        """Files, folders, and links to folders, each sorted."""
        self._was_looked_at = True
        return self._scan()

    def _scan(self) -> tuple[list[str], list[str], list[str]]:
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    self._sort_in(entry, files, folders, links)
        except OSError:
            pass
        return sorted(files), sorted(folders), sorted(links)

    def _sort_in(self, entry: os.DirEntry[str], files: list[str], folders: list[str], links: list[str]) -> None:
        try:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_file():
                if not entry.is_symlink() or self._leads_inside(entry):
                    files.append(entry.name)
            elif entry.is_symlink() and entry.is_dir() and not leads_back(entry.path):
                links.append(entry.name)
                if entry.name in FOLLOWED:
                    folders.append(entry.name)
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
        """The names of the folders in it, sorted; of links to folders those that are followed."""
        return self._names[1]

    @property
    def links(self) -> list[str]:
        """The names of the links to folders in it, sorted, but for those that lead in a circle."""
        return self._names[2]

    def below(self, *names: str) -> Listing:
        """A folder in it, or in a folder in it; an empty listing where there is none."""
        name, *rest = names
        found = self._below.get(name)
        if found is None:
            root = None if name in self.links else self._root
            found = Listing(self.path / name, root) if name in self.folders else _NOTHING
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

    def _scan(self) -> tuple[list[str], list[str], list[str]]:
        return [], [], []

    def below(self, *names: str) -> Listing:
        return self

    def looked_in(self) -> list[Path]:
        return []


_NOTHING = _Nothing(Path())
