"""Boards as JSON, one line each: for programs."""

from __future__ import annotations

import json
from typing import Any, TextIO

from livemon.boards.model import Board
from livemon.health.run_object import clipped_texts
from livemon.live.recorded_boards import RecordedBoards
from livemon.tables.plain import to_plain

__all__ = ["JsonView"]


class JsonView:
    """Writes one line of JSON for each board: the run object (docs/health.md), the header line, the summary of every
    metric.

    NaN and infinity become the strings "NaN", "Infinity" and "-Infinity".

    Args:
        stream: The output.
        boards: The source of the boards, with a record beside each.
    """

    def __init__(self, stream: TextIO, *, boards: RecordedBoards) -> None:
        self._stream = stream
        self._boards = boards

    def open(self) -> None:
        """Nothing to do."""

    def draw(self, board: Board) -> None:
        """Write the board."""
        record = self._boards.record
        assert record is not None, "the board does not come from `boards`"
        line: dict[str, Any] = record.run_object | {
            "run": board.header.run,
            "choice": record.choice,
            "header": board.header.line(),
            "settings": clipped_texts(to_plain(record.settings)),
            "summary": to_plain(record.summary),
        }
        self._stream.write(json.dumps(line, allow_nan=False, default=_plain_scalar) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to do."""


def _plain_scalar(item: Any) -> Any:
    """A NumPy scalar or a path, which `json` does not know."""
    return item.item() if hasattr(item, "item") else str(item)
