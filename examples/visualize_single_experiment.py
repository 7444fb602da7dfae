"""The plots of one run, its summary, and its checkpoints.

    python visualize_single_experiment.py runs/exp1
"""

import argparse

from livemon import ExperimentLoader, ExperimentPlotter

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("experiment_dir")
parser.add_argument("--output-dir", help="default: plots/ in the run")
args = parser.parse_args()

loader = ExperimentLoader(args.experiment_dir)
metrics = loader.load_metrics()
print(f"{loader.name}: {len(metrics)} rows, columns {', '.join(loader.get_metric_columns())}")

summary = loader.get_summary()
print(f"model {summary['model_type']}, data {summary['dataset']}, {summary['total_steps']} steps")
for name, values in summary["metrics"].items():
    print(f"\n{name}")
    for key, value in values.items():
        print(f"  {key}: {value:.6f}")

for checkpoint in loader.list_checkpoints():
    print(f"{checkpoint.name}: {checkpoint.stat().st_size / 1e6:.1f} MB")

plotter = ExperimentPlotter(loader, args.output_dir)
plotter.plot_summary_dashboard()
plotter.plot_training_curves()
plotter.plot_optimization_dynamics()
plotter.plot_train_vs_eval()
