"""The named plots of a run as pictures, for scripts and for the end of a run. Code for several runs is imported only
when used: most users draw a single one."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon import wording
from livemon.boards import Lens
from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board, Panel
from livemon.boards.stills import losses_board
from livemon.health.examination import Examination
from livemon.runs.places import plots_elsewhere
from livemon.runs.run_name import OWNER, key_of_run
from livemon.system.path_rules import file_name, leads_outside
from livemon.system.streams import put_message, put_result
from livemon.tables import names
from livemon.tables.meaning import higher_is_better
from livemon.tables.names import is_loss
from livemon.views.mpl.paper import draw_into, paper_figure, sheet_settings
from livemon.views.mpl.picture import Sheet, render, save_figure
from livemon.views.style import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from livemon.analysis.run_set.loader import MultiExperimentLoader
    from livemon.boards.comparison import Comparison, ComparisonOptions
    from livemon.boards.runs_health import RunHealth
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["ExperimentPlotter", "folder_for_plots", "outside_message", "quick_plot", "save_plots"]

_WORDS = {"loss_landscape": "loss by step and epoch"}  # the title of a plot whose file has an older name
_FRAMES = 40  # of a moving picture: four seconds of growth
_PIXELS = 2000  # a printed panel has more pixels than one on a screen

Size = tuple[float, float]


def outside_message(folder: Path, elsewhere: Path) -> str:
    """The message about a folder for plots that leads out of its run."""
    return f"{folder} is a link out of the run, and nothing is written there: the plots go to {elsewhere}"


def folder_for_plots(run: ExperimentLoader) -> tuple[Path, str]:
    """The default folder for plots: `plots` in the run, or `./livemon-plots/<run>` if that is a link out of the run;
    and a message about it, or ""."""
    folder = Path(run.exp_dir) / "plots"
    if not leads_outside(folder, Path(run.exp_dir)):
        return folder, ""
    elsewhere = plots_elsewhere(run.own_path, run.label)
    return elsewhere, outside_message(folder, elsewhere)


def save_plots(
    run: ExperimentLoader, output_dir: str | os.PathLike[str], options: Lens | None = None, *,
    style: Theme = "light", form: str = "png", outline_text: bool = False, notify: Callable[[str], None] | None = None,
) -> list[Path]:
    """Save the four plots of a run, 300 DPI: `dashboard_<run>.png`, `training_curves_<run>.png`,
    `loss_landscape_<run>.png` and `optimization_dynamics_<run>.png`.

    A plot without any logged data is left out, and `notify` gets a message about that. The folder is created.

    Args:
        style, form, outline_text: See `ExperimentPlotter`.
        notify: Takes messages for people.

    Raises:
        OSError: A picture cannot be written; the message names it.
    """
    folder = Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    run.refresh()
    maker = _maker(run, options)
    makers: dict[str, Callable[[], Board]] = {
        "dashboard": maker.dashboard,
        "training_curves": maker.training_curves,
        "loss_landscape": lambda: _landscape(maker),
        "optimization_dynamics": maker.optimization_dynamics,
    }
    texts = {OWNER: key_of_run(run.own_path)}
    saved = []
    sheet = Sheet(style)
    for kind, make in makers.items():
        board = make()
        if kind != "dashboard" and (missing := _why_empty(board)):
            if notify is not None:
                notify(f"no {_WORDS.get(kind, kind.replace('_', ' '))}: {missing}")
            continue
        path = (folder / _file_name(kind, run.name)).with_suffix(f".{form}")
        saved.append(save_figure(sheet.show(board), path, style=style, texts=texts, outline_text=outline_text))
    return saved


def _why_empty(board: Board) -> str:
    """The messages of the panels if none of them has anything to draw; "" if one has."""
    return " · ".join(panel.message for panel in board.panels) if all(panel.message for panel in board.panels) else ""


def quick_plot(experiment_dir: str | os.PathLike[str], output_dir: str | os.PathLike[str] | None = None) -> None:
    """Save the four plots of the run at a path (by default into its `plots` folder) and print where they are.

    Raises:
        FileNotFoundError: Nothing is at the path.
    """
    from livemon.runs.experiment import ExperimentLoader

    plotter = ExperimentPlotter(ExperimentLoader(experiment_dir), output_dir)
    for path in save_plots(plotter.loader, plotter.output_dir, notify=put_message):
        _print_saved(path)


class ExperimentPlotter:
    """Plots of one run, or of several in one picture. Every `plot_*` returns the matplotlib Figure; with `save` it is
    written into `output_dir`, with `show` it is shown in a window (or in the notebook) until that is closed.

    Args:
        loader: An ExperimentLoader, or a MultiExperimentLoader.
        output_dir: The folder for pictures; it is created at once. By default `plots` in the run
            (`./livemon-plots/<run>`, with a warning, if that is a link out of the run), or `./plots` for several runs.
        options: The x axis and how to draw: `livemon.boards.Lens` for a run, `ComparisonOptions` for several.
        style: "light" or "dark".
        form: The format of saved pictures: "png", "pdf" or "svg".
        outline_text: Whether the texts of an .svg become shapes, which need no fonts.
        show_saved: Takes the path of each picture that was saved; None: "saved PATH" is printed.

    Attributes:
        loader: The loader as given.
        is_multi: Whether the loader holds several runs.
        output_dir: Path of the folder.
    """

    def __init__(
        self,
        loader: Any,
        output_dir: str | os.PathLike[str] | None = None,
        *,
        options: Lens | ComparisonOptions | None = None,
        style: Theme = "light",
        form: str = "png",
        outline_text: bool = False,
        show_saved: Callable[[Path], None] | None = None,
    ) -> None:
        self.loader = loader
        self._show_saved = show_saved or _print_saved
        self.is_multi = hasattr(loader, "loaders")
        problem = ""
        if output_dir is not None:
            self.output_dir = Path(output_dir)
        else:
            self.output_dir, problem = (Path("plots"), "") if self.is_multi else folder_for_plots(loader)
        if problem:
            warnings.warn(f"{problem}; ExperimentPlotter(loader, output_dir=...) names another folder", stacklevel=2)
        self._options = options
        self._style = style
        self._form = form
        self._outline_text = outline_text
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
        """The dashboard: loss, summary, perplexity, learning rate, gradient norm, throughput, loss by epoch, and any
        other metrics. For several runs: training loss and learning rates overlaid, final loss and mean throughput as
        bars."""
        if self.is_multi:
            return self._plot("comparison_dashboard", self._compared_dashboard(), save, show, figsize)
        return self._plot("dashboard", self._maker().dashboard(), save, show, figsize)

    def plot_training_curves(
        self, metrics: Sequence[str] | None = None, save: bool = True, show: bool = False, figsize: Size | None = None
    ) -> Figure:
        """A panel for each metric, raw and smoothed; the well-known ones first, or those that are named. A metric
        without data says so."""
        if self.is_multi:
            board = self._comparison().training_curves(metrics)
            return self._plot("training_curves_comparison", board, save, show, figsize)
        return self._plot("training_curves", self._maker().training_curves(metrics), save, show, figsize)

    def plot_loss_landscape(
        self, metric: str = "train_loss", save: bool = True, show: bool = False, figsize: Size | None = None
    ) -> Figure:
        """A metric with its epoch boundaries, and a box plot for each epoch. Of several runs: overlaid, and its last
        values as dots.

        Raises:
            ValueError: No run has the metric; the message names the existing ones.
        """
        if self.is_multi:
            board = self._comparison().loss_landscape(metric)
            return self._plot("loss_landscape_comparison", board, save, show, figsize)
        return self._plot("loss_landscape", self._maker().loss_landscape(metric), save, show, figsize)

    def plot_optimization_dynamics(self, save: bool = True, show: bool = False, figsize: Size | None = None) -> Figure:
        """Learning rate, gradient norm over time and its distribution, throughput, time efficiency."""
        if self.is_multi:
            board = self._comparison().optimization_dynamics()
            return self._plot("optimization_dynamics_comparison", board, save, show, figsize)
        return self._plot("optimization_dynamics", self._maker().optimization_dynamics(), save, show, figsize)

    def plot_metric(
        self, metric: str, save: bool = True, show: bool = False, figsize: Size | None = None, *, ax: Axes | None = None
    ) -> Figure:
        """One metric in a picture of its own, `<metric>_<run>.png` or `<metric>_comparison.png`; a `/` in its name is a
        `_` there, and where that is the name of another metric too, `_2` follows.

        Args:
            ax: Draw into these axes of a figure of yours instead, with its settings; nothing is saved then.

        Raises:
            ValueError: No run has the metric; the message names the existing ones.
        """
        if self.is_multi:
            comparison = self._comparison()
            known = comparison.metrics
            self._need([metric], known)
            board = comparison.one(metric)
        else:
            maker = self._maker()
            known = self.loader.metric_names
            self._need([metric], known)
            board = maker.training_curves([metric])
        if ax is not None:
            draw_into(ax, board.panels[0], self._style)
            return ax.get_figure(root=True)  # type: ignore[return-value]
        kind = _picture_name(metric, known) + ("_comparison" if self.is_multi else "")
        return self._plot(kind, replace(board, columns=1), save, show, figsize)

    def plot_each(self, save: bool = True, show: bool = False, figsize: Size | None = None) -> list[Figure]:
        """`plot_metric` for every metric that has data."""
        if self.is_multi:
            wanted = [panel.title for panel in self._comparison().training_curves().panels if panel.lines]
        else:
            self.loader.refresh()
            wanted = list(self.loader.metric_names)
        return [self.plot_metric(metric, save, show, figsize) for metric in wanted]

    def plot_loss_by_epoch(self, save: bool = True, show: bool = False, figsize: Size | None = None) -> Figure:
        """Training and validation loss over the epoch.

        Raises:
            ValueError: The run has no epochs.
        """
        return self._plot_losses("loss_by_epoch", "epoch", save, show, figsize)

    def plot_train_vs_eval(self, save: bool = True, show: bool = False, figsize: Size | None = None) -> Figure:
        """The training loss against every evaluation loss, a panel for each that they do not share."""
        return self._plot_losses("train_vs_eval", None, save, show, figsize)

    def _plot_losses(self, kind: str, x: str | None, save: bool, show: bool, figsize: Size | None) -> Figure:
        if self.is_multi:
            comparison = self._comparison(x=x)
            losses = [metric for metric in comparison.metrics if is_loss(metric)]
            board = comparison.training_curves(losses or ["train_loss"])
            return self._plot(f"{kind}_comparison", board, save, show, figsize)
        self.loader.refresh()
        given = self._options if isinstance(self._options, Lens) else Lens()
        board = losses_board(self.loader, replace(given, x=x or given.x, pixels=max(given.pixels, _PIXELS)),
                             Examination(self.loader).findings())
        return self._plot(kind, board, save, show, figsize)

    def plot_importance(
        self, metric: str | None = None, save: bool = True, show: bool = False, figsize: Size | None = None
    ) -> Figure:
        """For several runs: how strongly each setting is associated with a metric, in rows. See
        `analysis.parameter_importance`.

        Raises:
            ValueError: There is only one run, or no run has the metric.
        """
        from livemon.analysis.statistics.importance import parameter_importance
        from livemon.boards.importance import importance_board

        table = parameter_importance(self._several(), metric)
        board = importance_board(table, f"what is associated with {table.attrs['metric']}")
        return self._plot("importance", board, save, show, figsize)

    def plot_parallel_coordinates(
        self, metric: str | None = None, keys: Sequence[str] | None = None, save: bool = True, show: bool = False,
        figsize: Size | None = None,
    ) -> Figure:
        """For several runs: a line for each run through its settings to the metric's last value, the best in colour.

        Args:
            metric: The metric; None: the main metric.
            keys: Settings from left to right; None: those in which the runs differ, the eight that go with it most.

        Raises:
            ValueError: There is only one run, or no run has the metric.
        """
        from livemon.analysis.run_set.settings import is_seed
        from livemon.analysis.statistics.importance import parameter_importance
        from livemon.views.mpl.parallel_coordinates import parallel_coordinates

        runs = self._several()
        table = parameter_importance(runs, metric)
        name = str(table.attrs["metric"])
        chosen = list(keys) if keys is not None else [key for key in table.index if not is_seed(str(key))][:8][::-1]
        comparison = self._comparison()
        values = {run: float(points.y[-1]) for run, points in comparison.points(name).items() if len(points.y)}
        rising = higher_is_better(runs.direction(name))
        figure = parallel_coordinates(runs.settings, values, chosen, name, rising, self._style, figsize)
        return self._finish(figure, "parallel_coordinates", f"{name}: parallel coordinates", save, show)

    def _several(self) -> MultiExperimentLoader:
        if not self.is_multi:
            raise ValueError("this plot needs several runs: ExperimentPlotter(MultiExperimentLoader([...]))")
        runs: MultiExperimentLoader = self.loader
        return runs

    def paper_figure(
        self, metrics: Sequence[str] = ("train_loss",), path: str | os.PathLike[str] | None = None, *,
        width: float | None = 3.25, height: float | None = None,
        style_sheet: str | os.PathLike[str] | None = None,
    ) -> Figure:
        """A figure for a paper: no title, axis labels and a legend, small fonts, embedded as Type 42.

        Args:
            metrics: A panel for each.
            path: The file to save: .pdf, .svg or .png; None: do not save.
            width, height: The size in inches; 3.25 is a column of most conferences. None: what the style sheet says.
            style_sheet: A matplotlib style sheet (.mplstyle), whose settings come before ours.

        Raises:
            ValueError: No run has one of the metrics, and the message names the existing ones; or the style sheet
                cannot be read.
        """
        settings = sheet_settings(style_sheet)
        if self.is_multi:
            comparison = self._comparison()
            self._need(metrics, comparison.metrics)
            panels = [comparison.panel(metric) for metric in metrics]
        else:
            maker = self._maker()
            self._need(metrics, self.loader.metric_names)
            panels = list(maker.training_curves(list(metrics)).panels)
        figure = paper_figure(panels, width, height=height, settings=settings)
        if path is not None:
            self._show_saved(save_figure(figure, path, settings=settings, outline_text=self._outline_text))
        return figure

    def _need(self, metrics: Sequence[str], known: Sequence[str]) -> None:
        for metric in metrics:
            if names.find_metric(metric, known) is None:
                who = "no run has the" if self.is_multi else f"{self.loader.label} has no"
                raise ValueError(f"{who} metric {metric!r}; {wording.instead_of(metric, known)}")

    def main_metric(self) -> str:
        """The metric that stands for the runs: validation loss, else a score, else training loss."""
        if self.is_multi:
            return self._comparison().main or "train_loss"
        self.loader.refresh()
        given = self._options if isinstance(self._options, Lens) else Lens()
        known = self.loader.metric_names
        chosen, _ = names.parse_metric_choice(given.metric, known)
        return chosen or self.loader.main_metric() or "train_loss"

    def plot_all(self) -> list[Figure]:
        """The four plots, saved."""
        plots = (self.plot_summary_dashboard, self.plot_training_curves, self.plot_optimization_dynamics)
        figures = [plot() for plot in plots]
        if self.is_multi or names.find_metric("train_loss", self.loader.metric_names):
            figures.append(self.plot_loss_landscape())
        return figures

    def save_dashboard(self, path: str | os.PathLike[str]) -> Path:
        """The dashboard as this picture: .png, .pdf (Type 42 fonts) or .svg."""
        board = self.dashboard()
        return save_figure(render(board, self._style), path, style=self._style, outline_text=self._outline_text)

    def save_moving(
        self, path: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None
    ) -> Path:
        """The dashboard of a run as it grew over its life, as a .gif or .mp4 of 40 frames, the last one the whole run.
        Of several runs: all of them up to the same x, from frame to frame.

        Args:
            path: Where to; the suffix is the format.
            progress: Called with (frames drawn, all frames).

        Raises:
            ValueError: The suffix is neither.
            RuntimeError: An .mp4 needs ffmpeg, which is not installed.
            OSError: The file cannot be written; then the old one stays.
        """
        from livemon.runs.replay import Replay
        from livemon.views.mpl.moving import save_moving

        if self.is_multi:
            last = self._compared_dashboard()
            return save_moving((_arranged_as(board, last) for board in self._grown_comparison(progress)), last,
                               Path(path), self._style)
        last = self._maker().dashboard()
        run = Replay(self.loader)
        maker = BoardMaker(run, self._options if isinstance(self._options, Lens) else None)
        frames = min(_FRAMES, run.rows)
        grown = []
        for frame in range(1, frames + 1):
            run.grow_to(-(-run.rows * frame // frames))
            grown.append(maker.dashboard())
        grown.pop()

        def boards() -> Iterator[Board]:
            for frame, board in enumerate(grown, 1):
                yield _arranged_as(board, last)
                if progress is not None:
                    progress(frame, frames)
            if progress is not None:
                progress(frames, frames)

        return save_moving(boards(), last, Path(path), self._style)

    def _grown_comparison(self, progress: Callable[[int, int], None] | None) -> Iterator[Board]:
        """The dashboard of several runs up to one x after the other, without the last one."""
        from livemon.boards.comparison import Comparison

        whole = self._comparison()
        every = [points.x for metric in whole.metrics for points in whole.points(metric).values() if len(points.x)]
        first, last = min((float(x[0]) for x in every), default=0.0), max((float(x[-1]) for x in every), default=0.0)
        in_whole_steps = first.is_integer() and last.is_integer() and last - first >= _FRAMES
        for frame in range(1, _FRAMES):
            until = first + (last - first) * frame / _FRAMES
            until = float(round(until)) if in_whole_steps else until
            yield Comparison(self.loader, replace(whole.options, until=until)).dashboard()
            if progress is not None:
                progress(frame, _FRAMES)
        if progress is not None:
            progress(_FRAMES, _FRAMES)

    def interactive(self) -> Any:
        """The dashboard as a Plotly figure, for zooming and hovering.

        Raises:
            ImportError: Plotly is not installed; the message says how to install it.
        """
        from livemon.views.plotly import to_plotly

        return to_plotly(self.dashboard(), self._style)

    def dashboard(self) -> Board:
        """What `save_dashboard` draws."""
        return self._compared_dashboard() if self.is_multi else self._maker().dashboard()

    def _maker(self) -> BoardMaker:
        self.loader.refresh()
        if self._boards is None:
            self._boards = _maker(self.loader, self._options if isinstance(self._options, Lens) else None)
        return self._boards

    def _comparison(self, x: str | None = None, health: Mapping[str, RunHealth] | None = None) -> Comparison:
        from livemon.boards.comparison import Comparison, ComparisonOptions

        options = self._options if isinstance(self._options, ComparisonOptions) else ComparisonOptions()
        return Comparison(self.loader, replace(options, x=x or options.x), health=health)

    def _compared_dashboard(self) -> Board:
        """The dashboard of several runs, with what is wrong with them."""
        from livemon.boards.runs_health import health_of_runs

        return self._comparison(health=health_of_runs(self.loader, stacklevel=4)).dashboard()

    def _plot(self, kind: str, board: Board, save: bool, show: bool, figsize: Size | None) -> Figure:
        title = board.title if self.is_multi else f"{kind}: {self.loader.label}"
        return self._finish(render(board, self._style, size=figsize), kind, title, save, show)

    def _finish(self, figure: Figure, kind: str, title: str, save: bool, show: bool) -> Figure:
        name = kind if self.is_multi else _file_name(kind, self.loader.name).removesuffix(".png")
        if save:
            self._show_saved(save_figure(figure, self.output_dir / f"{name}.{self._form}", style=self._style,
                                         outline_text=self._outline_text))
        if show:
            _show(figure, title)
        return figure


def _arranged_as(board: Board, last: Board) -> Board:
    """The board with the panels of the last one, each where that has it, so that nothing jumps: what has not been
    logged yet has an empty panel."""
    panels = {panel.key: panel for panel in board.panels}
    waiting = {panel.key: Panel(panel.key, panel.title, (0.0, 1.0), (0.0, 1.0), message="not logged yet")
               for panel in last.panels}
    return replace(board, columns=last.columns, panels=tuple(
        replace(panels.get(panel.key, waiting[panel.key]), span=panel.span) for panel in last.panels))


def _print_saved(path: Path) -> None:
    """Print where a picture is. Who read that may have gone (`| head`): the pictures that follow are still wanted."""
    with contextlib.suppress(BrokenPipeError):
        put_result(f"saved {path}", sys.stdout)


def _maker(run: ExperimentLoader, options: Lens | None) -> BoardMaker:
    options = options or Lens()
    return BoardMaker(run, replace(options, pixels=max(options.pixels, _PIXELS)), Examination(run))


def _landscape(maker: BoardMaker) -> Board:
    """The training loss by step and epoch, else the run's main metric; a run without any says so."""
    if (board := maker.loss_by_step_and_epoch()) is not None:
        return board
    message = Panel("message", "loss by step and epoch", (0.0, 1.0), (0.0, 1.0), message="no loss was logged")
    return replace(maker.dashboard(), panels=(message,), summary=(), config=(), left_out=0, hint="")


def _file_name(kind: str, run: str) -> str:
    return file_name(f"{kind}_{run.replace(os.sep, '_')}.png")


def _picture_name(metric: str, known: Sequence[str]) -> str:
    """What a metric's picture is called, so that none of the known ones is called the same (also where a file system
    does not tell A from a)."""
    taken: set[str] = set()
    # A name that stays as it is comes first.
    for metric_name in sorted({*known, metric}, key=lambda name: (file_name(name) != name, name)):
        plain = file_name(metric_name)
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain}_{number}", number + 1
        if metric_name == metric:
            return name
        taken.add(name.casefold())
    raise AssertionError("the metric is among them")


def _show(figure: Figure, title: str) -> None:
    """Show a figure in the notebook, else in a window; if there is neither, a warning says why."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and hasattr(shell, "kernel"):
        from IPython.display import display  # type: ignore[import-not-found, unused-ignore]

        display(figure)
        return
    from livemon.views.mpl.window import show_figure, why_no_window

    reason = why_no_window()
    if reason is None:
        show_figure(figure, title)
    else:
        warnings.warn(f"the plot is not shown: {reason}", stacklevel=5)
