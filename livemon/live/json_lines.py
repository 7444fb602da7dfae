"""Boards as JSON, one line each: for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from livemon.boards.model import Board
from livemon.tables.plain import to_plain

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["JsonView"]


class JsonView:
    """Writes one line of JSON a board: the header's parts, the state, and the summary of every metric.

    NaN and infinity are the texts "NaN", "Infinity" and "-Infinity".

    Args:
        stream: Where to.
        run: Whose summary is added.
        whole: Add the board itself, with every curve, as one indented document.
    """

    def __init__(self, stream: TextIO, *, run: ExperimentLoader, whole: bool = False) -> None:
        self._stream = stream
        self._run = run
        self._whole = whole

    def open(self) -> None:
        """Nothing to do."""

    def draw(self, board: Board) -> None:
        """Write it."""
        record: dict[str, Any] = {
            "run": board.header.run,
            "format": self._run.format,
            "choice": self._run.choice,
            "state": board.header.state,
            "evidence": board.header.evidence,
            "header": board.header.line(),
            "rows": sum(table.n_rows for table in self._run.tables),
            "summary": to_plain(self._run.get_summary(refresh=False)),
            "anomalies": to_plain(list(self._run.anomalies)),
        }
        if self._whole:
            record["board"] = to_plain(board)
        text = json.dumps(record, indent=2 if self._whole else None, allow_nan=False, default=_plain_scalar)
        self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to do."""


def _plain_scalar(item: Any) -> Any:
    """A NumPy scalar or a path, which `json` does not know."""
    return item.item() if hasattr(item, "item") else str(item)
