"""Comparing and explaining runs.

`MultiExperimentLoader` reads them; `Comparison` makes boards of them. `find_groups`, `group_curve` and
`group_leaderboard` are about runs that differ in the seed alone, `compare_groups` tests whether groups differ,
`parameter_importance` says which settings go with a metric, `sort_runs` finds empty, doubled and resumed runs,
`checkpoint_table` and `weight_statistics` are about what a run saved. Tables are pandas' and become text, Markdown,
LaTeX, CSV or JSON with `to_text` and its kin.
"""

from livemon.analysis.checkpoints.listing import checkpoint_table as checkpoint_table
from livemon.analysis.checkpoints.weights import weight_statistics as weight_statistics
from livemon.analysis.run_set.loader import MultiExperimentLoader as MultiExperimentLoader
from livemon.analysis.run_set.sorting import sort_runs as sort_runs
from livemon.analysis.statistics.groups import find_groups as find_groups
from livemon.analysis.statistics.groups import group_curve as group_curve
from livemon.analysis.statistics.importance import parameter_importance as parameter_importance
from livemon.analysis.statistics.leaderboard import group_leaderboard as group_leaderboard
from livemon.analysis.statistics.leaderboard import leaderboard as leaderboard
from livemon.analysis.statistics.significance import compare_groups as compare_groups
from livemon.analysis.statistics.significance import match_groups as match_groups
from livemon.analysis.table_formats import to_csv as to_csv
from livemon.analysis.table_formats import to_json as to_json
from livemon.analysis.table_formats import to_latex as to_latex
from livemon.analysis.table_formats import to_markdown as to_markdown
from livemon.analysis.table_formats import to_text as to_text
from livemon.boards.comparison import Comparison as Comparison
from livemon.boards.comparison import ComparisonOptions as ComparisonOptions
from livemon.boards.importance import importance_board as importance_board

__all__ = [
    "Comparison", "ComparisonOptions", "MultiExperimentLoader", "checkpoint_table", "compare_groups", "find_groups",
    "group_curve", "group_leaderboard", "importance_board", "leaderboard", "match_groups", "parameter_importance",
    "sort_runs", "to_csv", "to_json", "to_latex", "to_markdown", "to_text", "weight_statistics",
]
