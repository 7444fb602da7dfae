"""Is one method better than another? Seeds as groups, with bands, an interval, and a test that says what it can show.

    python seed_study.py runs/base_s* runs/ours_s*
"""

import argparse

from livemon import ExperimentPlotter, MultiExperimentLoader
from livemon.analysis import ComparisonOptions, compare_groups, group_leaderboard, to_text

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("experiment_dirs", nargs="+")
parser.add_argument("--metric", default="val_loss")
parser.add_argument("--group-by", help="settings that the runs of a group share; default: all but the seed")
parser.add_argument("--output-dir", default="plots")
args = parser.parse_args()

runs = MultiExperimentLoader(args.experiment_dirs)
print(to_text(group_leaderboard(runs, [args.metric], args.group_by).table))
for test in ("welch", "permutation"):
    print(f"\n{compare_groups(runs, args.metric, group_by=args.group_by, test=test)}")

options = ComparisonOptions(metric=args.metric, group_by=args.group_by or "", middle="iqm", band="bootstrap")
ExperimentPlotter(runs, args.output_dir, options=options).plot_metric(args.metric)
