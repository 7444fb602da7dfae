"""A path -> the run at that path: its metrics, config and checkpoints. The same loader serves live and afterwards."""

from __future__ import annotations

import copy
import os
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.readers.encodings.bare_numbers import names_given
from livemon.runs.audit import Audit
from livemon.runs.closing_checkpoint import saved_weights
from livemon.runs.discovery import NoMetricsError as NoMetricsError
from livemon.runs.discovery import discover_experiments as discover_experiments
from livemon.runs.discovery import no_metrics_message, why_no_metrics
from livemon.runs.duration import seconds_trained
from livemon.runs.frames import frame_of, frame_of_file
from livemon.runs.frozen_run import Folder, FrozenFolder
from livemon.runs.liveness import Pace as Pace
from livemon.runs.notes import read_note
from livemon.runs.project import ProjectSettings
from livemon.runs.run_folders import RunFolders
from livemon.runs.series import Attempts, RunColumns
from livemon.runs.settings import value_of
from livemon.runs.summary import made, summarise
from livemon.states import Reason, Standing, State
from livemon.system.call_stack import user_stacklevel
from livemon.system.processes import WatchedProcess
from livemon.tables import meaning
from livemon.tables.anomalies import Anomaly, why_refused
from livemon.tables.table import Table

__all__ = ["ExperimentLoader", "NoMetricsError", "Pace", "discover_experiments"]


class ExperimentLoader:
    """One training run, read while it grows and a year later.

    `refresh` reads what is new. So does the first question that needs rows; later ones are about the rows read so far.

    The class is the public interface to the parts of a run, and is longer than others as it describes each public name.
    The work is done by its folders (`RunFolder`), their columns (`RunColumns`) and its settings (`RunSettings`).

    Args:
        experiment_dir: A run's folder, a metrics file, or a folder of runs, which stands for its newest run; if there
            are several, a warning (`SeveralRunsWarning`) names that run. A list of folders, the oldest first, is one
            run that went on in other folders: each is an attempt.
        clock: Unix seconds; a parameter for tests.
        remember: Whether to keep the rows in the user's cache folder, so that they can still be shown after the writer
            has deleted them and livemon was started again. Watchers do.
        pid: The id of the training's process: the run goes on as long as the process runs.
        header: The names of the columns for files of numbers without a header: "step,loss", or a list of names.

    Raises:
        FileNotFoundError: Nothing is at the path.
        ValueError: The list is empty, the process does not run, or a file has more or fewer columns than there are
            names.

    Attributes:
        metrics: The last result of `load_metrics`; None before the first.
    """

    def __init__(
        self,
        experiment_dir: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        clock: Callable[[], float] = time.time,
        remember: bool = False,
        pid: int | None = None,
        header: str | Sequence[str] = (),
    ) -> None:
        self._process = None if pid is None else WatchedProcess(pid)
        self._begin(RunFolders(experiment_dir, clock, remember=remember, header=names_given(header)))

    def _begin(self, folders: RunFolders) -> None:
        self.metrics: pd.DataFrame | None = None
        self._warned_of_config = False
        self._was_read = False
        self._rows_unreported = 0  # that came when something was asked before the first `refresh`
        self._went_on = False  # when its state was asked last
        self._folders = folders

    def __repr__(self) -> str:
        return f"ExperimentLoader({', '.join(repr(str(folder.path)) for folder in self._folders.every)})"

    @property
    def _newest(self) -> Folder:
        return self._folders.newest

    @property
    def columns(self) -> RunColumns:
        """The data that was read so far, by the names of columns."""
        self._read_first()
        return self._folders.columns

    @property
    def given(self) -> Path:
        """The path that was given for the run, the newest if there are several."""
        return self._newest.given

    @property
    def exp_dir(self) -> Path:
        """The run's folder, the newest if it has several."""
        return self._newest.path

    @property
    def exp_dirs(self) -> list[Path]:
        """The run's folders, the oldest first; a single folder unless it went on in another."""
        return self._folders.paths

    @property
    def metrics_path(self) -> Path | None:
        """The file with the metrics; None while there is none."""
        return self._folders.metrics_path

    @property
    def files(self) -> list[Path]:
        """The files that are read, of the newest folder."""
        return [file for source in self._newest.sources for file in source.files]

    @property
    def format(self) -> str:
        """The format of the newest folder's metrics, for example "CSV"; "" while there are none."""
        return self._newest.choice.main[0].format.name if self._newest.sources else ""

    @property
    def choice(self) -> str:
        """Which files of the run are shown, in words; "" if there is only one file."""
        return self._newest.choice.in_words(self.exp_dir)

    @property
    def others(self) -> int:
        """The number of further runs below the given path."""
        return self._newest.others

    @property
    def name(self) -> str:
        """The run's short name: the name of its folder. `label` is the long name."""
        return self.exp_dir.resolve().name

    @property
    def label(self) -> str:
        """The run's long name: the framework's name if the folder's name is a number or an id; otherwise the folder's
        name, with parent folders if it says little: "lightning_logs/version_0". See `run_name`."""
        return self._newest.label

    # -- looking at it in a notebook; views stand to the right of this module and are looked up when they are asked for

    def show(self) -> Any:
        """In a notebook: follow the run in this cell, updated in place until it ends, while the kernel is free. Run the
        cell again after a reload of the page. Returns an object whose `close()` stops it; None outside of a
        notebook."""
        return import_module("livemon.live.notebook").show(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return import_module("livemon.live.notebook").rich(self)

    # -- reading

    def refresh(self) -> int:
        """Read what is new. Returns the number of new rows; costs only the new bytes.

        After a rewrite of the file this waits up to half a second until the file no longer changes. Never raises
        because of what happens to a file: `anomalies` and `state` tell it. If a link on the way to the run now leads to
        another run, that run is read from then on, and `anomalies` say so.
        """
        moves = self.moves
        new, self._rows_unreported = self._folders.refresh() + self._rows_unreported, 0
        self._was_read = True
        if self.moves != moves:
            self.metrics, self._warned_of_config = None, False
        return new

    def _read_first(self) -> None:
        """Read the files if nobody has: a run that was not read yet has rows and a state, too."""
        if not self._was_read:
            self._rows_unreported = self.refresh()

    @property
    def moves(self) -> int:
        """How often a link on the way to the run was pointed to another run, which is read since."""
        return self._folders.moves

    @property
    def real_dir(self) -> Path:
        """The run's folder without a link on the way to it, as it was read."""
        return Path(self._newest.real_path)

    def freeze(self) -> None:
        """Stop reading: the data so far stays, whatever happens to the files. They are closed, and the run can be sent
        to another process."""
        self._folders.freeze()

    @classmethod
    def frozen_at(cls, folder: FrozenFolder) -> ExperimentLoader:
        """A run that was read in one go, as `freeze` leaves one that was followed."""
        run = cls.__new__(cls)
        run._process = None
        run._begin(RunFolders.frozen_at(folder, time.time))
        run._was_read = True
        return run

    @classmethod
    def joined(cls, runs: Sequence[ExperimentLoader]) -> ExperimentLoader:
        """Frozen runs as one, each an attempt of it, the oldest first."""
        run = copy.copy(runs[-1])
        run._folders = copy.copy(run._folders)
        run._folders.take([folder for part in runs for folder in part._folders.every])
        return run

    def successors(self) -> list[Path]:
        """Where this run may go on: folders, or files if this run was given by its file.

        [] while it is alive; several if livemon cannot tell which: see `find_successors`.
        """
        self._read_first()
        return self._folders.successors(self._process)

    @property
    def named_file(self) -> Path | None:
        """The metrics' place in the run's folder, where the run was named by them; None where by a folder."""
        return self._folders.named_file

    def move_on(self, folder: str | os.PathLike[str], *, join: bool) -> None:
        """Follow another folder from now on: as a further attempt of this run, or instead of the present folder."""
        self._folders.move_on(Path(folder), join=join)

    def put_before(self, folders: Sequence[Path]) -> None:
        """Also read these folders, the oldest first, as earlier attempts of this run."""
        self._folders.put_before(folders)

    def audit(self, seconds: float = 60.0) -> list[Audit]:
        """Read the files again from their first bytes, line by line, and compare with the rows that were read as they
        grew.

        Args:
            seconds: The time limit for each folder; the rows that were read by then are compared.

        Returns:
            An audit for each folder with metrics. Differences are counted among the `anomalies`, and from then on the
            run shows the rows of the file.
        """
        return self._folders.audit(seconds)

    def forget(self) -> None:
        """Drop the rows in the user's cache folder after the end of the run, except for rows that the writer
        deleted."""
        for source in self._folders.sources:
            source.forget()

    @property
    def tables(self) -> list[Table]:
        """All rows on show: attempts that the writer has deleted, oldest first, then the file's own rows."""
        return self.columns.tables

    @property
    def began_again(self) -> list[float]:
        """When further attempts in the newest folder began, in its `time_elapsed_seconds`, as far as its recorder has
        noted it: a run that goes on right behind its last row leaves nothing else that tells."""
        note = read_note(self.exp_dir)
        return [attempt.elapsed for attempt in (*note.earlier, note)[1:] if attempt.elapsed]

    @property
    def rewriting(self) -> bool:
        """Whether the writer is rewriting the file; until it is done, the rows from before are shown."""
        return any(source.rewriting for source in self._folders.sources)

    @property
    def anomalies(self) -> list[Anomaly]:
        """The irregularities: kind, file, line, message, count. The list is bounded; the counts are exact."""
        self._read_first()
        of_sources = [anomaly for source in self._folders.sources for anomaly in source.anomalies]
        return [*of_sources, *self._folders.anomalies.as_list()]

    @property
    def why_no_rows(self) -> str:
        """Why there are no rows, as far as that is known; "" if none has come yet."""
        if self.metrics_path is None:
            return why_no_metrics(self.given)
        ended = f"it has ended ({self.state_evidence}) and logged nothing" if self.ended else ""
        return why_refused(self.anomalies) or ended

    def note(self, kind: str, problem: str) -> None:
        """Count a lasting irregularity that is not in a file, such as missing file-system events. "": it is over."""
        self._folders.anomalies.set(kind, str(self.exp_dir), problem)

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
        """Numeric metrics in file order, x columns (step, epoch, time) left out."""
        return list(self.columns.metric_names)

    @property
    def project(self) -> ProjectSettings:
        """The settings in `livemon.toml` or pyproject.toml, in the run's folder or above; read once."""
        return self._folders.project

    def direction(self, metric: str) -> meaning.Direction | None:
        """Whether less ("min") or more ("max") of a metric is better; None where neither its name nor the project's
        settings tell."""
        return meaning.direction(metric, self.project.directions)

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        """The metric that stands for the run; None if none is a result.

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
            Values (float64, or int64 for whole numbers), the index named after x: int64 for whole numbers, exact while
            all of the column are. Logged NaN and infinity are included. A point whose row has no position on
            the axis (its step is blank or not a number) has NaN as its index.

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
        """The run in numbers: name, model_type, dataset, total_steps, total_epochs, metrics, and duration where known.

        `total_steps` and `total_epochs` are the highest step and epoch as logged, 0 where none is known: of a run whose
        framework counts from 0 one less than it made, and than header and `livemon ls` say once it has finished.

        `metrics[name]` has floats only: initial and final (as logged, NaN too), min, max, mean, std (over the finite
        values of the newest attempt where several overlap, as `series` has them; std with n - 1, NaN of one value),
        best, best_step (of the same values, by `direction`; NaN where that is not known), count, nan_count,
        inf_count (of all that was logged). Where several writers log a metric, all but the counts are of their mean
        (see `series`). Metrics without a finite value have no min, max, mean, std; metrics without a point are left
        out.

        Args:
            refresh: Read what is new first; False: of what was read so far.
        """
        if refresh:
            self.refresh()
        summary = summarise(self.name, self.config, self.columns, seconds_trained(self._folders.every), self.direction)
        return summary | ({"origin": self.origin} if self.origin else {})

    # -- what is known beside the metrics

    @property
    def config(self) -> dict[str, Any]:
        """The run's settings; {} if there are none (a warning then says so once)."""
        settings = self._folders.settings.values
        if not settings and not self._warned_of_config:
            self._warned_of_config = True
            message = f"{self.name}: {self._folders.settings.why_none}; its config is taken as empty"
            warnings.warn(message, stacklevel=user_stacklevel())
        return settings

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
        """What `record` or a callback kept of the newest attempt beside its settings: `host`, `command` (without the
        secrets in it), `commit` and `branch` of its code; of a callback also `batch_size`, `parameters`, `trained`,
        `devices`, `precision`, `steps_per_second`, `samples_per_second`. What is not known is left out."""
        return read_note(self.exp_dir).origin

    def list_checkpoints(self) -> list[Path]:
        """The files in `checkpoints/` that hold weights, sorted; of a run that went on in another folder, those of all
        its folders. They are not opened. A folder counts where it holds the parts of one that was saved in parts."""
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

    # -- how it stands

    @property
    def pace(self) -> Pace:
        """When the newest row came, and the usual time between rows."""
        self._read_first()
        return self._newest.pace

    @property
    def state(self) -> State:
        """One of "waiting" (before the first row), "running", "stalled", "unknown", "finished", "stopped", "failed": a
        `livemon.states.State`, which is text."""
        return self._standing().state

    @property
    def reason(self) -> Reason | None:
        """Why the run stopped or failed: "interrupted", "on request", "pruned", "time limit", "preempted", "killed",
        "out of memory", "nan", "error"; None where that is not known, or it did neither."""
        return self._standing().reason

    @property
    def state_evidence(self) -> str:
        """The evidence for `state`, in words."""
        standing = self._standing()
        return (why_refused(self.anomalies) if standing.state == State.WAITING else "") or standing.evidence

    @property
    def ended(self) -> bool:
        """Whether the run is known to have ended: a marker says so, or its process is gone."""
        return self.state.has_ended or (self._process is not None and not self._process.alive)

    def _standing(self) -> Standing:
        self._read_first()
        standing = self._folders.standing(self._process)
        if standing.state.has_ended and self._went_on:  # Its last rows came before it said so.
            self._rows_unreported = self.refresh()
            standing = self._folders.standing(self._process)
        self._went_on = not standing.state.has_ended
        return standing
