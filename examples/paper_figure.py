"""The figure for tonight's paper: a column wide, no title, fonts that every publisher takes.

    python paper_figure.py fig.pdf runs/base=Baseline runs/ours=Ours
"""

import sys

from matplotlib.figure import Figure

from livemon import ExperimentPlotter, MultiExperimentLoader

path, *words = sys.argv[1:]
dirs, labels = zip(*(word.rpartition("=")[::2] for word in words), strict=True)
plotter = ExperimentPlotter(MultiExperimentLoader(dirs, labels=labels), "plots")
plotter.paper_figure(["train_loss"], path, width=3.25)

# Or into a figure of your own, among other things.
figure = Figure(figsize=(6.75, 2.2), layout="constrained")
left, right = figure.subplots(1, 2)
plotter.plot_metric("train_loss", ax=left)
plotter.plot_metric("learning_rate", ax=right)
figure.savefig(path.replace(".pdf", "_both.pdf"))
