"""A path -> the run it means: its metrics, config and checkpoints. The one loader, live and afterwards."""

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
from livemon.runs.frozen_run import Folder
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

    The class is the face of the parts of a run, and longer than others as each public name has its description here:
    what it answers is worked out by its folders (`RunFolder`), their columns (`RunColumns`) and its settings
    (`RunSettings`).

    Args:
        experiment_dir: A run's folder, a metrics file, or a folder above: then the newest run below it is meant; where
            there are several a warning (`SeveralRunsWarning`) names it. A list
            of them, the oldest first, is one run that went on in another folder: each is an attempt of it.
        clock: Unix seconds; a parameter for tests.
        remember: Keep what is read in the user's cache folder, so that it can still be shown when the writer deletes it
            and livemon is started again. Watchers do.
        pid: The number of the training's process: the run goes on as long as it does.
        header: The names of the columns in files of numbers that have none: "step,loss", or a list of them.

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: The list is empty, no such process runs, or a file has more or fewer columns than there are names.

    Attributes:
        metrics: What `load_metrics` returned last; None before.
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
        self.metrics: pd.DataFrame | None = None
        self._warned_of_config = False
        self._folders = RunFolders(experiment_dir, clock, remember=remember, header=names_given(header))

    def __repr__(self) -> str:
        return f"ExperimentLoader({', '.join(repr(str(folder.path)) for folder in self._folders.every)})"

    @property
    def _newest(self) -> Folder:
        return self._folders.newest

    @property
    def columns(self) -> RunColumns:
        """What was read so far, asked by the names of columns."""
        return self._folders.columns

    @property
    def given(self) -> Path:
        """The path by which the run was named, the newest where there are several."""
        return self._newest.given

    @property
    def exp_dir(self) -> Path:
        """The run's folder, the newest where it has several."""
        return self._newest.path

    @property
    def exp_dirs(self) -> list[Path]:
        """The run's folders, the oldest first; one where it has not gone on in another."""
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
        """What the newest folder's metrics are written in, "CSV" for example; "" while there are none."""
        return self._newest.choice.main[0].format.name if self._newest.sources else ""

    @property
    def choice(self) -> str:
        """Where several files tell of the run: which of them are shown, in words; "" where there is one."""
        return self._newest.choice.in_words(self.exp_dir)

    @property
    def others(self) -> int:
        """How many more runs there are below the path that was given."""
        return self._newest.others

    @property
    def name(self) -> str:
        """The run's short name: its folder's. `label` is the long one."""
        return self.exp_dir.resolve().name

    @property
    def label(self) -> str:
        """The run's long name: that of its framework, where its folder's is a number or an id; else the folder's, made
        longer by the folders above where it says little: "lightning_logs/version_0". See `run_name`."""
        return self._newest.label

    # -- looking at it in a notebook; views stand to the right of this module and are looked up when they are asked for

    def show(self) -> Any:
        """In a notebook: follow the run in this cell, updated in place until it ends, while the kernel is free. Run the
        cell again to go on after a reload. Returns what `close()` stops; None where this is no notebook."""
        return import_module("livemon.live.notebook").show(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return import_module("livemon.live.notebook").rich(self)

    # -- reading

    def refresh(self) -> int:
        """Read what is new. Returns the number of rows that came; costs only the new bytes.

        A file that has just been rewritten is not trusted before it rests: then this waits for up to half a second.
        Never raises for what may happen to a file: `anomalies` and `state` say it. Where a link on the way to the run
        has been pointed to another run, that is read from then on, and `anomalies` say so.
        """
        moves = self.moves
        new = self._folders.refresh()
        if self.moves != moves:
            self.metrics, self._warned_of_config = None, False
        return new

    @property
    def moves(self) -> int:
        """How often a link on the way to the run was pointed to another run, which is read since."""
        return self._folders.moves

    @property
    def real_dir(self) -> Path:
        """The run's folder without a link on the way to it, as it was read."""
        return Path(self._newest.real_path)

    def freeze(self) -> None:
        """Read no more: what was read so far stays, whatever happens to the files. They are closed, and the run can be
        sent to another process."""
        self._folders.freeze()

    @classmethod
    def joined(cls, runs: Sequence[ExperimentLoader]) -> ExperimentLoader:
        """Frozen runs as one, each an attempt of it, the oldest first."""
        run = copy.copy(runs[-1])
        run._folders = copy.copy(run._folders)
        run._folders.take([folder for one in runs for folder in one._folders.every])
        return run

    def successors(self) -> list[Path]:
        """Where this run may go on: folders, or files where this run was named by its file. Refresh first.

        [] while it is alive; several where it cannot be told which: see `find_successors`.
        """
        return self._folders.successors(self._process)

    @property
    def named_file(self) -> Path | None:
        """The metrics' place in the run's folder, where the run was named by them; None where by a folder."""
        return self._folders.named_file

    def move_on(self, folder: str | os.PathLike[str], *, join: bool) -> None:
        """Follow another folder from now on: as a further attempt of this run, or instead of what was followed."""
        self._folders.move_on(Path(folder), join=join)

    def put_before(self, folders: Sequence[Path]) -> None:
        """Read these folders, too, the oldest first, as earlier attempts of this run."""
        self._folders.put_before(folders)

    def audit(self, seconds: float = 60.0) -> list[Audit]:
        """Read the files again from their first bytes, line by line, and compare with what was read as they grew.

        Args:
            seconds: How long that may take for each folder; what was read by then is compared.

        Returns:
            One for each folder with metrics. What differs is counted among the `anomalies`, and from then on what the
            file says is shown.
        """
        return self._folders.audit(seconds)

    def forget(self) -> None:
        """The run has ended: drop what was kept in the user's cache folder, but for rows that the writer deleted."""
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
        return [one.elapsed for one in (*note.earlier, note)[1:] if one.elapsed]

    @property
    def rewriting(self) -> bool:
        """Whether the writer is rewriting the file; the rows from before are on show meanwhile."""
        return any(source.rewriting for source in self._folders.sources)

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was odd: kind, file, line, message, count. Bounded; the counts are true."""
        of_sources = [anomaly for source in self._folders.sources for anomaly in source.anomalies]
        return [*of_sources, *self._folders.anomalies.as_list()]

    @property
    def why_no_rows(self) -> str:
        """What is known of the reason why there is no row; "" where there is none but that none has come."""
        if self.metrics_path is None:
            return why_no_metrics(self.given)
        ended = f"it has ended ({self.state_evidence}) and logged nothing" if self.ended else ""
        return why_refused(self.anomalies) or ended

    def note(self, kind: str, problem: str) -> None:
        """Count something odd that lasts and that was not found in a file: events that do not come. "": it is over."""
        self._folders.anomalies.set(kind, str(self.exp_dir), problem)

    # -- the table

    def load_metrics(self, metrics_file: str = "logs/metrics.csv") -> pd.DataFrame:
        """Refresh, and give every row as logged.

        Args:
            metrics_file: A file below the run's folder. The default stands for the run's own metrics, whatever their
                name.

        Returns:
            The file's columns in file order, then the derived ones where their sources exist: `time_elapsed_hours`,
            `time_elapsed_minutes`, `train_loss_improvement` (first minus current), `train_loss_pct_improvement` (in %
            of the first). Rows of one step are not merged; of MLflow, which keeps single records, those that follow
            each other with one step and time are one row. Index: 0..n-1.

        Raises:
            FileNotFoundError: There is no such file.
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
        """Numeric metrics in file order, x columns (step, epoch, time) left out. Refresh first."""
        return list(self.columns.metric_names)

    @property
    def project(self) -> ProjectSettings:
        """What `livemon.toml` or pyproject.toml, at or above the run, says; looked for once."""
        return self._folders.project

    def direction(self, metric: str) -> meaning.Direction | None:
        """Whether less ("min") or more ("max") of a metric is better; None where neither its name nor the project's
        settings tell."""
        return meaning.direction(metric, self.project.directions)

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        """The metric that stands for the run; None where none is a result. Refresh first.

        Args:
            among: Those that can be chosen; None: all of the run.
        """
        return self.columns.main_metric(self.project, among)

    def x_column(self, kind: str | None = None) -> str | None:
        """The column that is the "step", "epoch" or "time" axis; None as kind: the run's own step, else its epoch.

        None as result: there is no such column, and the row number stands in.
        """
        return self.columns.x_column(kind)

    def series(self, name: str, x: str | None = None, attempts: Attempts = "latest", *, writer: float | None = None
               ) -> pd.Series:  # fmt: skip
        """The points of a metric that were logged.

        Where several ranks, workers or environments log the metric into one file, "latest" is the one curve that
        comparisons and summaries use: at each x the mean of the writers' newest values. `writer=` gives the points of
        one of them, "all" those of all.

        Args:
            name: The metric. A well-known name finds the run's own spelling (`train_loss` finds `train_loss_step`).
            x: "step", "epoch", "time", "row", or a column; None for the run's own step.
            attempts: "latest": where a later attempt goes over the same steps again, it wins. "all": as logged.
            writer: The number of a rank, worker or environment.

        Returns:
            Values (float64, or int64 for whole numbers), the index named after x: int64 for whole numbers, exact while
            all of the column are. What was logged as NaN or infinity is in it. A point whose row has no place on the
            axis (its step is blank or no number) stands at NaN.

        Raises:
            KeyError: There is no such metric, no such x or no such writer; the message names what there is.
            ValueError: `attempts` is neither of the two.
        """
        self.refresh()
        return self.series_so_far(name, x, attempts, writer=writer)

    def series_so_far(self, name: str, x: str | None = None, attempts: Attempts = "latest", *,
                      writer: float | None = None) -> pd.Series:  # fmt: skip
        """`series` of what the last `refresh` has read: for who asks for many."""
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
        """The run's settings, {} where there are none (then a warning says so, once)."""
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
        """How many steps the training will take, where something says so."""
        return self._folders.settings.total_steps or self.columns.total_steps()

    @property
    def total_epochs(self) -> int | None:
        """How many epochs the training will take, where something says so."""
        return self._folders.settings.planned.epochs

    def made(self) -> tuple[int | None, int | float | None]:
        """How many steps and epochs the run has made, if it has come to its end: where its framework counts from 0, one
        more than the last says. None where none are logged."""
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
        """When the newest row came, and how often one usually does."""
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
        """Why `state` says what it says, in words."""
        standing = self._standing()
        return (why_refused(self.anomalies) if standing.state == State.WAITING else "") or standing.evidence

    @property
    def ended(self) -> bool:
        """Whether the run is known to have ended: a marker says so, or its process is gone."""
        return self.state.has_ended or (self._process is not None and not self._process.alive)

    def _standing(self) -> Standing:
        return self._folders.standing(self._process)
