"""Boards as JSON, one line each: for programs."""

from __future__ import annotations

import json
from typing import Any, TextIO

from livemon.boards.model import Board
from livemon.live.recorded_boards import RecordedBoards
from livemon.tables.plain import to_plain

__all__ = ["JsonView"]


class JsonView:
    """Writes one line of JSON a board: the header's parts, the state, and the summary of every metric.

    NaN and infinity are the texts "NaN", "Infinity" and "-Infinity".

    Args:
        stream: Where to.
        boards: What is drawn comes from there, and the record beside it.
        whole: Add the board itself, with every curve, as one indented document.
    """

    def __init__(self, stream: TextIO, *, boards: RecordedBoards, whole: bool = False) -> None:
        self._stream = stream
        self._boards = boards
        self._whole = whole

    def open(self) -> None:
        """Nothing to do."""

    def draw(self, board: Board) -> None:
        """Write it."""
        record = self._boards.record
        assert record is not None, "the board does not come from `boards`"
        line: dict[str, Any] = {
            "run": board.header.run,
            "format": record.format,
            "choice": record.choice,
            "state": board.header.state,
            "reason": board.header.reason,
            "evidence": board.header.evidence,
            "header": board.header.line(),
            "rows": record.rows,
            "settings": to_plain(record.settings),
            "summary": to_plain(record.summary),
            "anomalies": to_plain(record.anomalies),
        }
        if self._whole:
            line["board"] = to_plain(board)
        text = json.dumps(line, indent=2 if self._whole else None, allow_nan=False, default=_plain_scalar)
        self._stream.write(text + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to do."""


def _plain_scalar(item: Any) -> Any:
    """A NumPy scalar or a path, which `json` does not know."""
    return item.item() if hasattr(item, "item") else str(item)
