"""A path -> the run at that path: its metrics, config and checkpoints. The same loader serves live and finished runs.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.runs.closing_checkpoint import saved_weights
from livemon.runs.discovery import NoMetricsError as NoMetricsError
from livemon.runs.discovery import discover_experiments as discover_experiments
from livemon.runs.discovery import no_metrics_message
from livemon.runs.duration import seconds_trained
from livemon.runs.followed_run import FollowedRun
from livemon.runs.frames import frame_of, frame_of_file
from livemon.runs.liveness import Pace as Pace
from livemon.runs.notes import read_note
from livemon.runs.project import ProjectSettings
from livemon.runs.series import Attempts
from livemon.runs.settings import NO_SETTINGS, value_of
from livemon.runs.summary import made, summarise
from livemon.system.call_stack import user_stacklevel
from livemon.tables import meaning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExperimentLoader", "NoMetricsError", "Pace", "discover_experiments"]


class ExperimentLoader(FollowedRun):
    """One training run, read while it grows and a year later.

    `refresh` reads new rows. So does the first access that needs rows; later ones use the rows read so far.

    This class answers questions about a run. `FollowedRun` reads the run and knows its state. The work is done by its
    folders (`RunFolder`), their columns (`RunColumns`) and its settings (`RunSettings`).

    Args:
        experiment_dir: A run's folder, a metrics file, or a folder of runs, which stands for its newest run; if there
            are several, a warning (`SeveralRunsWarning`) names that run. A list of folders, the oldest first, is one
            run that continued in other folders: each is an attempt.
        clock: A clock in unix seconds; a parameter for tests.
        remember: Whether to keep the rows in the user's cache folder, so that they can still be shown after the writer
            has deleted them and livemon was started again. Watchers do.
        pid: The id of the training's process: the run continues as long as the process runs.
        header: The names of the columns for files of numbers without a header: "step,loss", or a list of names.

    Raises:
        FileNotFoundError: Nothing is at the path.
        ValueError: The list is empty, the process does not run, or a file has more or fewer columns than there are
            names.

    Attributes:
        metrics: The last result of `load_metrics`; None before the first.
    """

    metrics: pd.DataFrame | None = None
    _warned_of_config = False

    def _begin_anew(self) -> None:
        self.metrics, self._warned_of_config = None, False

    # -- in a notebook; this module must not import views, so they are imported when they are needed

    def show(self) -> Any:
        """Follow the run in this cell of a notebook. The view is updated in place until the run ends, while the kernel
        is free. Run the cell again after a reload of the page. Returns an object whose `close()` stops the view; None
        outside of a notebook."""
        return import_module("livemon.live.notebook").show(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return import_module("livemon.live.notebook").rich(self)

    # -- the table

    def load_metrics(self, metrics_file: str = "logs/metrics.csv") -> pd.DataFrame:
        """Refresh, and return every row as logged.

        Args:
            metrics_file: A file below the run's folder. The default stands for the run's own metrics, whatever their
                name.

        Returns:
            The file's columns in file order, then derived columns if their sources exist: `time_elapsed_hours`,
            `time_elapsed_minutes`, `train_loss_improvement` (first minus current), `train_loss_pct_improvement` (in %
            of the first). Rows with the same step are not merged. MLflow keeps single records: consecutive
            records with the same step and time are one row. Index: 0..n-1.

        Raises:
            FileNotFoundError: The file does not exist.
        """
        if metrics_file != "logs/metrics.csv" and self.metrics_path != self.exp_dir / metrics_file:
            return frame_of_file(self.exp_dir / metrics_file)
        self.refresh()
        if not self._newest.sources:
            raise NoMetricsError(f"Metrics file not found: {no_metrics_message(self._newest.given)}")
        self.metrics = frame_of(self._folders.every)
        return self.metrics

    def get_metric_columns(self) -> list[str]:
        """The columns of `load_metrics()`."""
        frame = self.load_metrics() if self.metrics is None else self.metrics
        return [str(name) for name in frame.columns]

    @property
    def metric_names(self) -> list[str]:
        """Numeric metrics in file order, without x columns (step, epoch, time)."""
        return list(self.columns.metric_names)

    @property
    def project(self) -> ProjectSettings:
        """The settings in `livemon.toml` or pyproject.toml, in the run's folder or above; read once."""
        return self._folders.project

    def direction(self, metric: str) -> meaning.Direction | None:
        """Whether less ("min") or more ("max") of a metric is better; None if neither its name nor the project's
        settings tell."""
        return meaning.direction(metric, self.project.directions)

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        """The main metric of the run; None if no metric is a result.

        Args:
            among: The metrics to choose from; None: all metrics of the run.
        """
        return self.columns.main_metric(self.project, among)

    def x_column(self, kind: str | None = None) -> str | None:
        """The column that is the "step", "epoch" or "time" axis; None as kind: the run's own step, else its epoch.

        If the result is None, there is no such column, and the row number takes its place.
        """
        return self.columns.x_column(kind)

    def series(self, name: str, x: str | None = None, attempts: Attempts = "latest", *, writer: float | None = None
               ) -> pd.Series:  # fmt: skip
        """The logged points of a metric.

        If several ranks, workers or environments log the metric into one file, "latest" is the curve that comparisons
        and summaries use: at each x the mean of the writers' newest values. `writer=` selects the points of one writer,
        "all" gives those of all writers.

        Args:
            name: The metric. A well-known name finds the run's own spelling (`train_loss` finds `train_loss_step`).
            x: "step", "epoch", "time", "row", or a column; None for the run's own step.
            attempts: "latest": if a later attempt repeats steps, it replaces the earlier one. "all": as logged.
            writer: The number of a rank, worker or environment.

        Returns:
            Values (float64, or int64 for whole numbers). The index is named after x: int64 for whole numbers, which are
            exact while the whole column has whole numbers. Logged NaN and infinity are included. A point whose row has
            no position on the axis (its step is blank or not a number) has NaN as its index.

        Raises:
            KeyError: The metric, the x or the writer does not exist; the message names those that do.
            ValueError: `attempts` is not one of the two.
        """
        self.refresh()
        return self.series_so_far(name, x, attempts, writer=writer)

    def series_so_far(self, name: str, x: str | None = None, attempts: Attempts = "latest", *,
                      writer: float | None = None) -> pd.Series:  # fmt: skip
        """`series` as of the last `refresh`, for callers that need many of them."""
        return self.columns.series(name, x, attempts, writer)

    # -- numbers

    def get_summary(self, *, refresh: bool = True) -> dict[str, Any]:
        """The run in numbers: name, model_type, dataset, total_steps, total_epochs, metrics, and duration if known.

        `total_steps` and `total_epochs` are the highest step and epoch as logged, or 0. If the framework counts from 0,
        they are one less than the number that the run made, which the header and `livemon ls` show for a finished run.

        `metrics[name]` has only floats: initial and final (as logged, even NaN); min, max, mean and std (over finite
        values; of overlapping attempts over the newest, as in `series`; std with n - 1, NaN for one value); best and
        best_step (of the same values, by `direction`; NaN if that is not known); count, nan_count and inf_count (over
        all logged points). If several writers log a metric, all but the counts belong to their mean (see `series`).
        Metrics without a finite value have no min, max, mean and std; metrics without a point are left out.

        Args:
            refresh: Whether to read new rows first.
        """
        if refresh:
            self.refresh()
        summary = summarise(self.name, self.config, self.columns, seconds_trained(self._folders.every), self.direction)
        return summary | ({"origin": self.origin} if self.origin else {})

    # -- facts beside the metrics

    @property
    def config(self) -> dict[str, Any]:
        """The run's settings; {} if there are none (a warning then says so once)."""
        settings = self._folders.settings.values
        if not settings and not self._warned_of_config:
            self._warned_of_config = True
            message = f"{self.name}: {self._folders.settings.why_none}; an empty config is used"
            warnings.warn(message, stacklevel=user_stacklevel())
        return settings

    @property
    def config_if_any(self) -> dict[str, Any]:
        """`config`, but with a warning only if there are settings that cannot be used."""
        settings = self._folders.settings
        return self.config if not settings.values and not settings.why_none.startswith(NO_SETTINGS) else settings.values

    def get_config_value(self, key: str, default: Any = None) -> Any:
        """A setting; a dotted key reaches into nested ones (`model.n_layer`). An exact key wins."""
        return value_of(self.config, key, default)

    @property
    def total_steps(self) -> int | None:
        """The number of steps that the training will take, if it is known."""
        return self._folders.settings.total_steps or self.columns.total_steps()

    @property
    def total_epochs(self) -> int | None:
        """The number of epochs that the training will take, if it is known."""
        return self._folders.settings.planned.epochs

    def made(self) -> tuple[int | None, int | float | None]:
        """The number of steps and epochs that a finished run has made: one more than the last number if its framework
        counts from 0. None if they are not logged."""
        return made(self.columns, self.total_steps, self.total_epochs)

    @property
    def origin(self) -> dict[str, Any]:
        """The facts about the newest attempt that `record` or a callback kept beside its settings: `host`, `command`
        (without the secrets in it), `commit` and `branch` of its code; from a callback also `batch_size`, `parameters`,
        `trained`, `devices`, `precision`, `steps_per_second`, `samples_per_second`. Unknown facts are left out."""
        return read_note(self.exp_dir).origin

    def list_checkpoints(self) -> list[Path]:
        """The files in `checkpoints/` with weights, sorted; if a run continued in another folder, those of all its
        folders. They are not opened. A folder counts if it has the parts of a checkpoint that was saved in parts."""
        return sorted(path for folder in self.exp_dirs for path in saved_weights(folder))

    def get_experiment_metadata(self) -> dict[str, Any]:
        """Name, path, config, number of checkpoints, and whether there are metrics and TensorBoard files."""
        return {
            "experiment_name": self.name,
            "experiment_path": str(self.exp_dir),
            "config": self.config,
            "num_checkpoints": len(self.list_checkpoints()),
            "has_metrics": bool(self._newest.sources),
            "has_tensorboard": os.path.isdir(self.exp_dir / "logs" / "tensorboard"),
        }
