"""The content of a folder, scanned once; it shows which formats are there.

A search looks at thousands of folders. Each folder is listed once, however many formats look at it, and the first bytes
of a file are read at most once.

Runs are often stored elsewhere and linked: `runs/x -> /scratch/x`, `run/logs -> /scratch/logs`. So a link to a folder
is followed if it has the name that a framework gives its log folder, and is examined if it may be a run itself (see
`discovery`), which costs one more folder. No other links are followed: a link to a data set or to `/` must not make a
search endless. A link to a file counts only if the file lies within the folder where the search began.
"""

from __future__ import annotations

import codecs
import errno
import functools
import itertools
import os
import re
from collections.abc import Collection, Iterable
from io import FileIO
from pathlib import Path

from livemon.system.shared_files import open_regular

__all__ = ["FOLLOWED", "HEAD_BYTES", "LONGEST_HEAD", "UTF_16_MARKS", "Listing", "identity", "is_git_lfs_pointer",
           "leads_back", "oldest_first", "read_bytes", "read_head", "real_path", "unreadable_below"]

HEAD_BYTES = 4096
LONGEST_HEAD = 1 << 20  # for a text with long first lines: as long as the longest line from a tail
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # the first bytes of a text in UTF-16
_MOST_UNREADABLE, _MOST_LOOKED_AT = 3, 200
_LINES_IN_HEAD = 4  # a comment, a header and two rows
_GIT_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
FOLLOWED = frozenset(("logs", "lightning_logs", "tensorboard", "wandb"))  # links of these names


# Names of incomplete files: rsync, gsutil, WinSCP, browsers, rclone, Syncthing, azcopy, Unison.
_ON_ITS_WAY = re.compile(r"\..+\.\w{6}|.+_\.gstmp|.+\.(filepart|partial|part|crdownload|download)|~syncthing~.+\.tmp"
                         r"|\.(syncthing|~tmp|azDownload|unison)\b.+")
_RANDOM_ENDING = re.compile(r"(.+)\.[0-9a-fA-F]{8}")  # used by aws s3 sync; a host name may look like this, too
_NUMBERED = re.compile(r".+\.\d+\.\d+(\.v2)?")  # TensorFlow and PyTorch end the names of event files like this


def _is_on_its_way(name: str, names: Collection[str]) -> bool:
    """Whether a tool is still writing a file under this name, and will rename it. `names`: all names in the folder."""
    if _ON_ITS_WAY.fullmatch(name):
        return True
    match = _RANDOM_ENDING.fullmatch(name)
    return match is not None and (match[1] in names or _NUMBERED.fullmatch(match[1]) is not None)


def read_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file, b"" if it cannot be read. Only regular files are opened: a FIFO would block."""
    if not os.path.isfile(path):
        return b""
    try:
        with open_regular(path) as file:
            return file.read(count)
    except OSError:
        return b""


def read_head(path: str | os.PathLike[str]) -> bytes:
    """The first bytes of a file, which show its format; b"" if it cannot be read or is a Git LFS pointer.

    A text (it has no NUL byte) comes in whole lines, at least `_LINES_IN_HEAD` of them if there are so many: a
    truncated cell or object would look like another one. Lines beyond `LONGEST_HEAD` are truncated. The last line of a
    text need not have a line end. A text in UTF-16 comes in UTF-8. Of other files the function returns the first
    HEAD_BYTES.
    """
    if not os.path.isfile(path):
        return b""
    try:
        with open_regular(path) as file:
            head = file.read(HEAD_BYTES)
            if head.startswith(_GIT_LFS_POINTER):
                return b""
            if head.startswith(UTF_16_MARKS):
                return _whole_lines(file, head, "utf-16")
            return head if b"\0" in head else _whole_lines(file, head)
    except OSError:
        return b""


def _whole_lines(file: FileIO, head: bytes, encoding: str = "") -> bytes:
    """The first lines of a text, in UTF-8; its first bytes have been read already."""
    read = len(head)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None

    def in_utf_8(data: bytes) -> bytes:
        return data if decoder is None else decoder.decode(data).encode("utf-8", "replace")

    head = in_utf_8(head)
    if read < HEAD_BYTES:
        return head
    end = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
    while head.count(end) < _LINES_IN_HEAD and read < LONGEST_HEAD:
        more = file.read(min(read, LONGEST_HEAD - read))
        if not more:
            return head
        read += len(more)
        head += in_utf_8(more)
    return head[: head.rfind(end) + 1] or head


def is_git_lfs_pointer(path: Path) -> bool:
    """Whether a file is a pointer that Git leaves until Git LFS has fetched the real file."""
    return read_bytes(path, len(_GIT_LFS_POINTER)) == _GIT_LFS_POINTER


def leads_back(link: str | os.PathLike[str]) -> bool:
    """Whether a link leads to its own folder or a parent of it: following it would never end."""
    return Path(os.path.realpath(os.path.dirname(link))).is_relative_to(os.path.realpath(link))


def real_path(path: str, parents: dict[str, str]) -> str:
    """`os.path.realpath` of a folder beside others.

    Args:
        path: The folder.
        parents: Parent folders -> their real paths, as far as they are known; the folder's parent is added.
    """
    above, name = os.path.split(path)
    if name in ("", os.curdir, os.pardir) or os.path.islink(path):
        return os.path.realpath(path)
    if above not in parents:
        parents[above] = os.path.realpath(above)
    return os.path.join(parents[above], name)


def identity(path: str | os.PathLike[str]) -> tuple[int, int | str] | None:
    """A value that is the same for all names of a file or folder; None if nothing is there. Some file systems have no
    inode numbers (FAT, some network drives): there it is the real path, which does not recognise hard links."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino or os.path.normcase(os.path.realpath(path))


def oldest_first(paths: Iterable[Path]) -> list[Path]:
    """Paths in the order in which they were last written; paths that cannot be examined come first."""
    def age(path: Path) -> tuple[int, str]:
        try:
            return path.stat().st_mtime_ns, str(path)
        except OSError:
            return 0, str(path)

    several = list(paths)
    return sorted(several, key=age) if len(several) > 1 else several


def unreadable_below(path: str | os.PathLike[str], depth: int = 2, *, files: bool = True) -> list[tuple[Path, str]]:
    """The first few files and folders at or a little below a path that may not be read, each with the system's reason.
    Such a folder looks empty, but is not. `files`: whether the files in folders are tried, too."""
    unreadable: list[tuple[Path, str]] = []
    _find_unreadable(Path(path), depth, unreadable, files)
    return unreadable


def _find_unreadable(path: Path, depth: int, unreadable: list[tuple[Path, str]], files: bool) -> None:
    if len(unreadable) >= _MOST_UNREADABLE:
        return
    try:
        if not os.path.isdir(path):
            if os.path.isfile(path):
                open_regular(path).close()
            return
        with os.scandir(path) as entries:
            inside = sorted(itertools.islice(entries, _MOST_LOOKED_AT if depth else 0), key=lambda entry: entry.name)
        for entry in inside:
            if entry.is_dir(follow_symlinks=False) or (files and entry.is_file()):
                _find_unreadable(Path(entry.path), depth - 1, unreadable, files)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            unreadable.append((path, error.strerror or "no permission"))


_NO_NAMES: tuple[list[str], list[str], list[str]] = [], [], []  # shared by all empty folders: there may be many
_NONE: frozenset[str] = frozenset()


class Listing:
    """The names in one folder.

    Args:
        path: The folder; an unreadable folder counts as empty.
        root: The folder where the search began: links to files are followed only within it. Links to folders are
            followed if `FOLLOWED` has their names and they do not lead in a circle; their target is a new root.
    """

    # Most folders in a large tree are empty: rarely needed attributes are created only where they are needed.
    _above: Listing | None = None
    _names: tuple[list[str], list[str], list[str]] | None = None  # files, folders, and links to folders, each sorted
    _every: frozenset[str] = _NONE

    def __init__(self, path: str | os.PathLike[str], root: str | None = None) -> None:
        self._place = os.fspath(path)
        self._root = root or self._place

    @functools.cached_property
    def path(self) -> Path:
        """The folder."""
        return Path(self._place)

    @property
    def name(self) -> str:
        """The name of the folder."""
        return os.path.basename(self._place) or self.path.name

    @functools.cached_property
    def _heads(self) -> dict[str, bytes]:
        return {}

    @functools.cached_property
    def _below(self) -> dict[str, Listing]:
        return {}

    def _look(self) -> tuple[list[str], list[str], list[str]]:
        self._names = names = self._scan()
        return names

    @property
    def is_empty(self) -> bool:
        """Whether it has neither files nor folders."""
        files, folders, _ = self._names or self._look()
        return not files and not folders

    def _scan(self) -> tuple[list[str], list[str], list[str]]:
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        every: list[str] = []
        try:
            with os.scandir(self._place) as entries:
                for entry in entries:
                    every.append(entry.name)
                    self._sort_in(entry, files, folders, links)
        except OSError:
            pass
        self._every = frozenset(every)
        if not files and not folders and not links:
            return _NO_NAMES
        there = frozenset(files)
        return sorted(name for name in files if not _is_on_its_way(name, there)), sorted(folders), sorted(links)

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
        except OSError:  # a link that leads in a circle
            pass

    def _leads_inside(self, link: os.DirEntry[str]) -> bool:
        return Path(os.path.realpath(link.path)).is_relative_to(os.path.realpath(self._root))

    @property
    def files(self) -> list[str]:
        """The names of its regular files, sorted, without those that a sync tool or a download will rename."""
        return (self._names or self._look())[0]

    @property
    def folders(self) -> list[str]:
        """The names of the folders in it, sorted, including links to folders that are followed."""
        return (self._names or self._look())[1]

    @property
    def links(self) -> list[str]:
        """The names of the links to folders in it, sorted, without those that lead in a circle."""
        return (self._names or self._look())[2]

    @property
    def every_name(self) -> frozenset[str]:
        """The names of everything in it, including links that lead out of it and incomplete downloads."""
        if self._names is None:
            self._look()
        return self._every

    @functools.cached_property
    def _start_of_paths(self) -> str:
        return os.path.join(self._place, "")

    @functools.cached_property
    def _known_folders(self) -> frozenset[str]:
        return frozenset(self.folders)

    def below(self, *names: str) -> Listing:
        """A folder in it, or in a folder in it; an empty listing if there is no such folder."""
        if not self.folders:
            return _NOTHING
        name, *rest = names
        listing = self._below.get(name)
        if listing is None:
            root = None if name in self.links else self._root
            listing = _NOTHING
            if name in self._known_folders:
                listing = Listing(self._start_of_paths + name, root)
                listing._above = self
            self._below[name] = listing
        return listing.below(*rest) if rest else listing

    def beside(self, name: str) -> Listing:
        """A folder beside it; an empty listing if there is no such folder. This does not list the parent folder: that
        would cost too much for each of many runs in it."""
        return Listing(self.path.absolute().parent / name) if self._above is None else self._above.below(name)

    def looked_in(self) -> list[Path]:
        """The folders that were listed so far: this one and some below it."""
        below = [path for listing in self._below.values() for path in listing.looked_in()]
        return below if self._names is None else [self.path, *below]

    def head(self, name: str) -> bytes:
        """The first lines or bytes of one of its files; see `read_head`."""
        if name not in self._heads:
            self._heads[name] = read_head(self._start_of_paths + name)
        return self._heads[name]

    def has_read(self, path: str) -> bool:
        """Whether the first bytes of this file, in it or below, were read, and it is not a Git LFS pointer."""
        if not path.startswith(self._start_of_paths):
            return False
        if self._heads.get(path[len(self._start_of_paths) :]):
            return True
        return any(listing.has_read(path) for listing in self._below.values())


class _Nothing(Listing):
    """A folder that does not exist; a single instance, because this is the most frequent answer."""

    def _scan(self) -> tuple[list[str], list[str], list[str]]:
        return [], [], []

    def below(self, *names: str) -> Listing:
        return self

    def looked_in(self) -> list[Path]:
        return []

    def has_read(self, path: str) -> bool:
        return False


_NOTHING = _Nothing(Path())
