"""A reader that gets its rows from another reader."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livemon.readers.base import Facts, Reader, Update, unfinished_in

__all__ = ["WrappedReader"]


class WrappedReader:
    """Passes on what another reader reads. A format that changes some of it derives from this class.

    Args:
        rows: The reader of the rows.

    Attributes:
        path: The source.
    """

    def __init__(self, rows: Reader) -> None:
        self.path = rows.path
        self._rows = rows

    def read(self) -> Update:
        """Read what is new; see `readers.Update`."""
        return self._rows.read()

    @property
    def facts(self) -> Facts:
        """The facts known to the reader of the rows."""
        return self._rows.facts

    @property
    def files(self) -> Sequence[Path]:
        """The files of the reader of the rows."""
        return self._rows.files

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete row at the end of the source."""
        return unfinished_in(self._rows)
