"""Comparing and explaining runs.

`MultiExperimentLoader` reads them; `Comparison` makes boards of them. `find_groups`, `group_curve` and
`group_leaderboard` handle runs that differ only in the seed, `compare_groups` tests whether groups differ,
`parameter_importance` ranks settings by their effect on a metric, `sort_runs` finds empty, duplicate and resumed runs,
`checkpoint_table` and `weight_statistics` describe checkpoints. Tables are DataFrames, which `to_text` and similar
functions turn into text, Markdown, LaTeX, CSV or JSON.

The names are resolved at their first use, because those that make boards are to the right of this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livemon.analysis.checkpoints.listing import checkpoint_table as checkpoint_table
    from livemon.analysis.checkpoints.weights import weight_statistics as weight_statistics
    from livemon.analysis.run_set.loader import MultiExperimentLoader as MultiExperimentLoader
    from livemon.analysis.run_set.sorting import sort_runs as sort_runs
    from livemon.analysis.statistics.group_leaderboard import group_leaderboard as group_leaderboard
    from livemon.analysis.statistics.groups import find_groups as find_groups
    from livemon.analysis.statistics.groups import group_curve as group_curve
    from livemon.analysis.statistics.importance import parameter_importance as parameter_importance
    from livemon.analysis.statistics.leaderboard import leaderboard as leaderboard
    from livemon.analysis.statistics.metric_table import metric_table as metric_table
    from livemon.analysis.statistics.significance import compare_groups as compare_groups
    from livemon.analysis.statistics.significance import match_groups as match_groups
    from livemon.analysis.statistics.task_scores import compare_over_tasks as compare_over_tasks
    from livemon.analysis.table_formats import to_csv as to_csv
    from livemon.analysis.table_formats import to_json as to_json
    from livemon.analysis.table_formats import to_latex as to_latex
    from livemon.analysis.table_formats import to_markdown as to_markdown
    from livemon.analysis.table_formats import to_text as to_text
    from livemon.boards.comparison import Comparison as Comparison
    from livemon.boards.comparison import ComparisonOptions as ComparisonOptions
    from livemon.boards.importance import importance_board as importance_board

_HOMES = {
    "Comparison": "boards.comparison",
    "ComparisonOptions": "boards.comparison",
    "MultiExperimentLoader": "analysis.run_set.loader",
    "checkpoint_table": "analysis.checkpoints.listing",
    "compare_groups": "analysis.statistics.significance",
    "compare_over_tasks": "analysis.statistics.task_scores",
    "find_groups": "analysis.statistics.groups",
    "group_curve": "analysis.statistics.groups",
    "group_leaderboard": "analysis.statistics.group_leaderboard",
    "importance_board": "boards.importance",
    "leaderboard": "analysis.statistics.leaderboard",
    "metric_table": "analysis.statistics.metric_table",
    "match_groups": "analysis.statistics.significance",
    "parameter_importance": "analysis.statistics.importance",
    "sort_runs": "analysis.run_set.sorting",
    "to_csv": "analysis.table_formats",
    "to_json": "analysis.table_formats",
    "to_latex": "analysis.table_formats",
    "to_markdown": "analysis.table_formats",
    "to_text": "analysis.table_formats",
    "weight_statistics": "analysis.checkpoints.weights",
}

__all__ = [
    "Comparison", "ComparisonOptions", "MultiExperimentLoader", "checkpoint_table", "compare_groups",
    "compare_over_tasks", "find_groups",
    "group_curve", "group_leaderboard", "importance_board", "leaderboard", "match_groups", "metric_table",
    "parameter_importance", "sort_runs", "to_csv", "to_json", "to_latex", "to_markdown", "to_text", "weight_statistics",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'livemon.analysis' has no attribute {name!r}")
    return getattr(import_module(f"livemon.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
