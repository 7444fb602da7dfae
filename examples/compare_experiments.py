"""Several runs side by side: a table of their last values, and pictures of their curves.

    python compare_experiments.py runs/exp1 runs/exp2
"""

import argparse

from livemon import ExperimentPlotter, MultiExperimentLoader

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("experiment_dirs", nargs="+")
parser.add_argument("--metric", default="train_loss")
parser.add_argument("--output-dir", default="plots")
args = parser.parse_args()

runs = MultiExperimentLoader(args.experiment_dirs)
for name, summary in runs.get_all_summaries().items():
    print(f"{name}: {summary['total_steps']} steps, {len(summary['metrics'])} metrics")

table = runs.compare_metrics(args.metric)
for name in table.columns:
    print(f"{name}: final {args.metric} {table[name].dropna().iloc[-1]:.4f}")

plotter = ExperimentPlotter(runs, args.output_dir)
plotter.plot_summary_dashboard()
plotter.plot_training_curves([args.metric, "learning_rate"])
