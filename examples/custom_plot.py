"""A plot of your own: subclass the plotter, which knows the run and where its pictures go.

    python custom_plot.py runs/exp1
"""

import sys

from matplotlib.figure import Figure

from livemon import ExperimentLoader, ExperimentPlotter


class MyPlotter(ExperimentPlotter):
    def plot_loss_against_rate(self) -> Figure:
        loss = self.loader.series("train_loss")
        rate = self.loader.series("learning_rate").reindex(loss.index).ffill()
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.scatter(rate, loss, c=loss.index, s=8)
        axes.set(xscale="log", xlabel="learning rate", ylabel="training loss", title=self.loader.name)
        figure.savefig(self.output_dir / "loss_against_rate.png", dpi=150)
        return figure


MyPlotter(ExperimentLoader(sys.argv[1]), *sys.argv[2:3]).plot_loss_against_rate()
