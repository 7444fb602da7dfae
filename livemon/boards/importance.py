"""The importance of settings as a board with a bar for each."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from livemon.boards.model import Board, Header, Panel, Row

__all__ = ["importance_board", "importance_panel", "with_importance"]


_MOST_SETTINGS_DRAWN = 8  # in a row of panels below others
_ROWS_A_UNIT = 8  # bars in a panel of the usual height


def importance_board(table: pd.DataFrame, title: str) -> Board:
    """The table as bars: the strength of each correlation, with its n and corrected p."""
    panel = importance_panel(table)
    return Board(title, Header(title, "compared"), (panel,), columns=1,
                 row_height=max(len(panel.rows) / _ROWS_A_UNIT, 0.35))


def with_importance(board: Board, table: pd.DataFrame) -> Board:
    """The board with the strongest settings below its other panels."""
    panel = importance_panel(table, span=board.columns, most=_MOST_SETTINGS_DRAWN)
    return replace(board, panels=(*board.panels, panel))


def importance_panel(table: pd.DataFrame, *, span: int = 1, most: int | None = None) -> Panel:
    """The same as a panel of a board. `most`: the number of settings, the strongest first; None: all."""
    rows = []
    for name, row in table.iterrows():
        if math.isfinite(row["strength"]):
            direction = {"more": "more is better, ", "less": "less is better, ", "": ""}
            best = direction.get(row["best"], f"best: {row['best']}, ")
            label = f"{name}  ({best}n = {row['n']}, p = {row['p_holm']:.2g})"
            rows.append(Row(label, float(row["strength"]), f"{row['strength']:.2f}", "blue" if row["best"] else "grey"))
    note = "whatever the shape; in colour: p ≤ 0.05, corrected for all settings"
    if most is not None and len(rows) > most:
        note = f"the first {most} of {len(rows)}; {note}"
        rows = rows[:most]
    message = "" if rows else "no setting differs in enough runs"
    return Panel("importance", "how strongly each setting is associated with the metric, 0 to 1", (0.0, 1.0),
                 (0.0, float(max(len(rows), 1))), rows=tuple(rows), row_limits=(0.0, 1.0), message=message, span=span,
                 note=note)
