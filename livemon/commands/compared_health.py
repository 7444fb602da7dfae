"""The problems of the runs in a leaderboard: a column, and a sentence for each. A winner with a problem is always
named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.statistics.leaderboard import Leaderboard
from livemon.boards.runs_health import MOST_JUDGED, RunHealth, health_of_runs, worst_runs_first

__all__ = ["best_of", "judged", "with_health"]

_MOST_SENTENCES = 5
_LONGEST_TEXT = 300


def best_of(board: Leaderboard) -> str | None:
    """The run that is ranked first; None if nothing is ranked, or if groups are."""
    row = board.rows[0] if board.rows and board.best else {}
    value = row.get("value")
    return str(row["run"]) if "run" in row and value is not None and math.isfinite(value) else None


def judged(runs: MultiExperimentLoader, board: Leaderboard) -> dict[str, RunHealth]:
    """The health of the first runs of a table; for a table of groups, that of all their runs."""
    names = [str(row["run"]) for row in board.rows if "run" in row] or runs.names
    return health_of_runs(runs, names, stacklevel=4)


def with_health(board: Leaderboard, health: Mapping[str, RunHealth], titles: Mapping[str, str]) -> Leaderboard:
    """The table with a column of problems if a run has any, with `verdict` and `problems` in each row, and a sentence
    for each of the worst runs, beginning with the one ranked first."""
    first = best_of(board)
    unhealthy = worst_runs_first(health, first)
    sentences = []
    for name in unhealthy[:_MOST_SENTENCES]:
        worst, best = health[name].findings[0], " is ranked first, but has a problem" if name == first else ""
        sentences.append(f"{titles.get(name, name)}{best}: {worst.severity}: "
                         f"{wording.clipped(worst.message, _LONGEST_TEXT)}")
    if more := [titles.get(name, name) for name in unhealthy[_MOST_SENTENCES:]]:
        sentences.append(f"{wording.listed(more)}: with problems too; livemon check says which")
    table, rows = board.table, board.rows
    if any("run" in row for row in rows):
        names = [str(row["run"]) for row in rows]
        words = [health[name].problems if name in health else "" for name in names]
        if any(words):
            of_run = dict(zip(names, words, strict=True))  # of several rows of a run, one
            table = table.assign(problems=[word or "-" for word in of_run.values()])
        rows = [row | {"verdict": health[name].verdict.value if name in health else "unknown", "problems": word}
                for row, name, word in zip(rows, names, words, strict=True)]
    if len(titles) > MOST_JUDGED:
        sentences.append(f"of the {len(titles):,} runs only the first {MOST_JUDGED} were judged")
    return replace(board, table=table, rows=rows, problems=[*sentences, *board.problems])
