"""The named plots of a run, as pictures: what scripts ask for, and what is left in the run when it has ended."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon import names
from livemon.board import Board, Panel
from livemon.boards import BoardMaker, Options
from livemon.views.static import render, save_figure
from livemon.views.terminal import put_result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from livemon.experiment import ExperimentLoader

__all__ = ["ExperimentPlotter", "quick_plot", "save_plots"]

_DPI = 300
_PIXELS = 2000  # a printed panel shows more than one on a screen

Size = tuple[float, float]


def save_plots(run: ExperimentLoader, output_dir: str | os.PathLike[str], options: Options | None = None) -> list[Path]:
    """Save the four plots of a run, 300 DPI: `dashboard_<run>.png`, `training_curves_<run>.png`,
    `loss_landscape_<run>.png` and `optimization_dynamics_<run>.png`.

    A plot that this run cannot have says so in the picture. The folder is made.

    Raises:
        OSError: The pictures cannot be written; the message names the one.
    """
    folder = Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    run.refresh()
    maker = _maker(run, options)
    makers: dict[str, Callable[[], Board]] = {
        "dashboard": maker.dashboard,
        "training_curves": maker.training_curves,
        "loss_landscape": lambda: _landscape(maker, run),
        "optimization_dynamics": maker.optimization_dynamics,
    }
    return [save_figure(render(make()), folder / _file_name(kind, run.name), dpi=_DPI) for kind, make in makers.items()]


def quick_plot(experiment_dir: str | os.PathLike[str], output_dir: str | os.PathLike[str] | None = None) -> None:
    """Save the four plots of the run at a path (by default into its `plots` folder) and print where they are.

    Raises:
        FileNotFoundError: Nothing is there.
    """
    from livemon.experiment import ExperimentLoader

    plotter = ExperimentPlotter(ExperimentLoader(experiment_dir), output_dir)
    for path in save_plots(plotter.loader, plotter.output_dir):
        put_result(f"saved {path}", sys.stdout)


class ExperimentPlotter:
    """Plots of one run. Every `plot_*` returns the matplotlib Figure; with `save` it is written into `output_dir`,
    with `show` it is shown in a window (or in the notebook) until that is closed.

    Args:
        loader: An ExperimentLoader.
        output_dir: Where pictures go; made at once. By default `plots` in the run, or `./plots` for several runs.

    Attributes:
        loader: As given.
        is_multi: Whether the loader holds several runs.
        output_dir: Path of the folder.
    """

    def __init__(self, loader: Any, output_dir: str | os.PathLike[str] | None = None) -> None:
        self.loader = loader
        self.is_multi = hasattr(loader, "loaders")
        default = Path("plots") if self.is_multi else Path(loader.exp_dir) / "plots"
        self.output_dir = Path(output_dir) if output_dir is not None else default
        self._boards: BoardMaker | None = None
        try:
            self.output_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                error.errno,
                f"cannot make the folder for plots {self.output_dir}: {error.strerror}; name another one: "
                "ExperimentPlotter(loader, output_dir=...)",
            ) from error

    def plot_summary_dashboard(self, save: bool = True, show: bool = False, figsize: Size | None = None) -> Figure:
        """The dashboard: loss, summary, perplexity, learning rate, gradient norm, throughput, loss by epoch, and what
        else there is."""
        return self._plot("dashboard", self._maker().dashboard(), save, show, figsize)

    def plot_training_curves(
        self, metrics: Sequence[str] | None = None, save: bool = True, show: bool = False, figsize: Size | None = None
    ) -> Figure:
        """A panel for each metric, raw and smoothed; the well-known ones first, or those that are named. A metric
        without data says so."""
        return self._plot("training_curves", self._maker().training_curves(metrics), save, show, figsize)

    def plot_loss_landscape(
        self, metric: str = "train_loss", save: bool = True, show: bool = False, figsize: Size | None = None
    ) -> Figure:
        """A metric with its epoch boundaries, and a box plot for each epoch.

        Raises:
            ValueError: The run has no such metric; the message names those that it has.
        """
        return self._plot("loss_landscape", self._maker().loss_landscape(metric), save, show, figsize)

    def plot_optimization_dynamics(self, save: bool = True, show: bool = False, figsize: Size | None = None) -> Figure:
        """Learning rate, gradient norm over time and its distribution, throughput, time efficiency."""
        return self._plot("optimization_dynamics", self._maker().optimization_dynamics(), save, show, figsize)

    def _maker(self) -> BoardMaker:
        if self.is_multi:
            raise NotImplementedError(
                "plots that compare several runs are not there yet; plot one run at a time: "
                "for run in loader.loaders.values(): ExperimentPlotter(run)"
            )
        self.loader.refresh()
        if self._boards is None:
            self._boards = _maker(self.loader, None)
        return self._boards

    def _plot(self, kind: str, board: Board, save: bool, show: bool, figsize: Size | None) -> Figure:
        figure = render(board, size=figsize)
        if save:
            path = save_figure(figure, self.output_dir / _file_name(kind, self.loader.name), dpi=_DPI)
            put_result(f"saved {path}", sys.stdout)
        if show:
            _show(figure, f"{kind}: {self.loader.name}")
        return figure


def _maker(run: ExperimentLoader, options: Options | None) -> BoardMaker:
    options = options or Options()
    return BoardMaker(run, replace(options, pixels=max(options.pixels, _PIXELS)))


def _landscape(maker: BoardMaker, run: ExperimentLoader) -> Board:
    """The landscape of the training loss, else of the run's main metric; a run without any says so."""
    available = run.metric_names
    for metric in (names.find_metric("train_loss", available), names.main_metric(available)):
        if metric is not None:
            try:
                return maker.loss_landscape(metric)
            except ValueError:  # it is not among the metrics that were selected
                continue
    message = Panel("message", "loss landscape", (0.0, 1.0), (0.0, 1.0), message="no loss was logged")
    return replace(maker.dashboard(), panels=(message,), summary=(), config=(), left_out=0, hint="")


def _file_name(kind: str, run: str) -> str:
    return f"{kind}_{run.replace(os.sep, '_')}.png"


def _show(figure: Figure, title: str) -> None:
    """In the notebook that this runs in, else in a window; where there is neither a warning says why."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and hasattr(shell, "kernel"):
        from IPython.display import display  # type: ignore[import-not-found, unused-ignore]

        display(figure)
        return
    from livemon.views.window import show_figure, why_no_window

    reason = why_no_window()
    if reason is None:
        show_figure(figure, title)
    else:
        warnings.warn(f"the plot is not shown: {reason}", stacklevel=4)
