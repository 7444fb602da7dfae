"""A reader whose rows another reader reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livemon.readers.base import Facts, Reader, Update, unfinished_in

__all__ = ["WrappedReader"]


class WrappedReader:
    """Hands on what another reader reads. A format that changes some of it derives from this class.

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
        """What the rows' reader knows beside the metrics."""
        return self._rows.facts

    @property
    def files(self) -> Sequence[Path]:
        """The files that the rows' reader reads."""
        return self._rows.files

    @property
    def unfinished(self) -> int:
        """Bytes at the end of the source that are no complete row."""
        return unfinished_in(self._rows)
