"""Every run in a folder: what is there, a leaderboard, which settings matter, and one picture of all.

    python analyze_all_experiments.py --base-dir runs --pattern 'exp*' --output-dir analysis
"""

import argparse
from pathlib import Path

from livemon import ExperimentPlotter, MultiExperimentLoader, discover_experiments
from livemon.analysis import leaderboard, parameter_importance, sort_runs, to_markdown

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--base-dir", default="experiments")
parser.add_argument("--pattern", default="*")
parser.add_argument("--output-dir", default="analysis")
args = parser.parse_args()

found = sort_runs(discover_experiments(args.base_dir, args.pattern))
for sentence in found.in_words():
    print(sentence)

runs = MultiExperimentLoader(found.runs)
board = leaderboard(runs)
for problem in board.problems:
    print(problem)

output = Path(args.output_dir)
output.mkdir(parents=True, exist_ok=True)
(output / "leaderboard.md").write_text(to_markdown(board.table, board.best) + "\n")
print(board.table.to_string())
print(parameter_importance(runs, board.metric).to_string())
ExperimentPlotter(runs, output).plot_summary_dashboard()
