"""A path -> the run it means: its metrics, config and checkpoints. The one loader, live and afterwards."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.curves.attempts import attempt_starts, stitch
from livemon.readers.base import read_table
from livemon.runs.audit import Audit
from livemon.runs.config import read_config
from livemon.runs.continuation import find_successors
from livemon.runs.discovery import NoMetricsError as NoMetricsError
from livemon.runs.discovery import discover_experiments as discover_experiments
from livemon.runs.discovery import no_metrics_message, reader_for
from livemon.runs.folder import RunFolder
from livemon.runs.liveness import Pace as Pace
from livemon.runs.liveness import State, has_living_process, writes_lately
from livemon.runs.notes import earlier_files, read_note
from livemon.system.processes import WatchedProcess
from livemon.system.settings_files import is_too_deep
from livemon.system.stack import user_stacklevel
from livemon.tables import names
from livemon.tables.anomalies import Anomalies, Anomaly
from livemon.tables.table import Column, Table, Values, x_at
from livemon.tables.x_axis import find_axis, is_axis

__all__ = ["ExperimentLoader", "NoMetricsError", "Pace", "discover_experiments"]

_IS_AN_ID = re.compile(r"[0-9a-f]{32}|(offline-)?run-\d{8}_\d{6}-\w+|\d+")
_SAYS_LITTLE = re.compile(r"version_\d+|\d+|livemon|logs")
CHECKPOINT_SUFFIXES = (".pt", ".ckpt", ".pth", ".safetensors")


class ExperimentLoader:
    """One training run, read while it grows and a year later.

    Args:
        experiment_dir: A run's folder, a metrics file, or a folder above: then the newest run below it is meant. A list
            of them, the oldest first, is one run that went on in another folder: each is an attempt of it.
        clock: Unix seconds; a parameter for tests.
        remember: Keep what is read in the user's cache folder, so that it can still be shown when the writer deletes it
            and livemon is started again. Watchers do.
        pid: The number of the training's process: the run goes on as long as it does.

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: The list is empty, or no such process runs.

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
    ) -> None:
        given = [experiment_dir] if isinstance(experiment_dir, str | os.PathLike) else list(experiment_dir)
        if not given:
            raise ValueError("a run needs at least one folder; the list of folders is empty")
        self._clock = clock
        self._remember = remember
        self._process = None if pid is None else WatchedProcess(pid)
        self.metrics: pd.DataFrame | None = None
        self._folders = [folder for path in given for folder in self._open_with_earlier(Path(path))]
        self._anomalies = Anomalies()
        self._config: dict[str, Any] | None = None
        self._warned_of_config = False

    def _open_with_earlier(self, path: Path) -> list[RunFolder]:
        """A folder, behind the files in which our callback has kept the rows that the framework deleted there."""
        earlier = [self._open(file) for file in earlier_files(path)]
        folder = self._open(path)
        folder.earlier = earlier
        return [*earlier, folder]

    def _open(self, path: Path) -> RunFolder:
        return RunFolder(path.expanduser(), self._clock, remember=self._remember)

    def __repr__(self) -> str:
        return f"ExperimentLoader({', '.join(repr(str(folder.path)) for folder in self._folders)})"

    @property
    def _newest(self) -> RunFolder:
        """The folder in which the run goes on."""
        return self._folders[-1]

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
        earlier = {id(one) for folder in self._folders for one in folder.earlier}  # what a callback keeps in the run
        return list(dict.fromkeys(folder.path for folder in self._folders if id(folder) not in earlier))

    @property
    def metrics_path(self) -> Path | None:
        """The file with the metrics; None while there is none."""
        return self._newest.metrics_path

    @property
    def files(self) -> list[Path]:
        """The files that are read, of the newest folder."""
        return self._newest.files

    @property
    def format(self) -> str:
        """What the newest folder's metrics are written in, "CSV" for example; "" while there are none."""
        return self._newest.format_name

    @property
    def choice(self) -> str:
        """Where several files tell of the run: which of them are shown, in words; "" where there is one."""
        return self._newest.choice

    @property
    def others(self) -> int:
        """How many more runs there are below the path that was given."""
        return self._newest.others

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.exp_dir.resolve().name

    @property
    def label(self) -> str:
        """The name that its framework gave it, where its folder's is a number or an id; else the folder's, made longer
        by the folder above where it says little: "lightning_logs/version_0"."""
        folder = self.exp_dir.resolve()
        given = next((facts.name for facts in self._newest.facts if facts.name), "")
        if given and _IS_AN_ID.fullmatch(folder.name):
            return given
        return f"{folder.parent.name}/{folder.name}" if _SAYS_LITTLE.fullmatch(folder.name) else folder.name

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
        Never raises for what may happen to a file: `anomalies` and `state` say it.
        """
        return sum(folder.refresh() for folder in self._folders)

    def successors(self) -> list[Path]:
        """Where this run may go on: folders, or files where this run was named by its file. Refresh first.

        [] while it is alive; several where it cannot be told which: see `successors.find_successors`.
        """
        if self._process is not None and self._process.alive:
            return []
        if has_living_process(self.exp_dir) or writes_lately(self.pace, self._clock()):
            return []
        file = self.named_file
        found = find_successors(self.exp_dir, self.metrics_path, self._newest.own, file=file)
        return [folder / file for folder in found] if file else found

    @property
    def named_file(self) -> Path | None:
        """The metrics' place in the run's folder, where the run was named by them; None where by a folder."""
        return self.metrics_path.relative_to(self.exp_dir) if self.metrics_path == self.given else None

    def move_on(self, folder: str | os.PathLike[str], *, join: bool) -> None:
        """Follow another folder from now on: as a further attempt of this run, or instead of what was followed."""
        opened = self._open(Path(folder))
        self._folders = [*self._folders, opened] if join else [opened]
        self._config = None
        self._anomalies = Anomalies()

    def audit(self, seconds: float = 60.0) -> list[Audit]:
        """Read the files again from their first bytes, line by line, and compare with what was read as they grew.

        Args:
            seconds: How long that may take for each folder; what was read by then is compared.

        Returns:
            One for each folder with metrics. What differs is counted among the `anomalies`, and from then on what the
            file says is shown.
        """
        return [found for folder in self._folders if (found := folder.audit(seconds)) is not None]

    def forget(self) -> None:
        """The run has ended: drop what was kept in the user's cache folder, but for rows that the writer deleted."""
        for folder in self._folders:
            folder.forget()

    @property
    def tables(self) -> list[Table]:
        """All rows on show: attempts that the writer has deleted, oldest first, then the file's own rows."""
        return [table for folder in self._folders for table in folder.tables]

    @property
    def rewriting(self) -> bool:
        """Whether the writer is rewriting the file; the rows from before are on show meanwhile."""
        return any(folder.rewriting for folder in self._folders)

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was odd: kind, file, line, message, count. Bounded; the counts are true."""
        return [*(anomaly for folder in self._folders for anomaly in folder.anomalies), *self._anomalies.as_list()]

    def note(self, kind: str, problem: str) -> None:
        """Count something odd that lasts and that was not found in a file: events that do not come. "": it is over."""
        self._anomalies.set(kind, str(self.exp_dir), problem)

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
            return _load_other(self.exp_dir / metrics_file)
        self.refresh()
        if not self._newest.has_metrics:
            raise NoMetricsError(f"Metrics file not found: {no_metrics_message(self._newest.given)}")
        frames = [table.to_frame() for folder in self._folders for table in folder.own_tables]
        self.metrics = _with_derived(frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True))
        return self.metrics

    def get_metric_columns(self) -> list[str]:
        """The columns of `load_metrics()`."""
        return [str(name) for name in self._loaded().columns]

    def _loaded(self) -> pd.DataFrame:
        return self.load_metrics() if self.metrics is None else self.metrics

    @property
    def metric_names(self) -> list[str]:
        """Numeric metrics in file order, x columns (step, epoch, time) left out. Refresh first."""
        tables = self.tables
        return [name for name in self._numeric_columns() if not is_axis(name, tables)]

    def _main_first(self) -> list[Table]:
        """The tables, with what only further formats have last."""
        main = (table for folder in self._folders for table in folder.main_tables)
        return [*main, *(table for folder in self._folders for table in folder.added_tables)]

    def x_column(self, kind: str | None = None) -> str | None:
        """The column that is the "step", "epoch" or "time" axis; None as kind: the run's own step, else its epoch.

        None as result: there is no such column, and the row number stands in.
        """
        if kind is not None:
            return find_axis(kind, self._main_first())
        known = [[find_axis(kind, folder.main_tables) for kind in ("step", "epoch")] for folder in self._folders]
        common = [place for place in (0, 1) if all(kinds[place] for kinds in known)]
        both = [find_axis(kind, self._main_first()) for kind in ("step", "epoch")]
        return both[common[0]] if common else both[0] or both[1]

    def series(self, name: str, x: str | None = None, attempts: Literal["latest", "all"] = "latest") -> pd.Series:
        """The points of a metric that were logged.

        Args:
            name: The metric. A well-known name finds the run's own spelling (`train_loss` finds `train_loss_step`).
            x: "step", "epoch", "time", "row", or a column; None for the run's own step.
            attempts: "latest": where a later attempt goes over the same steps again, it wins. "all": as logged.

        Returns:
            Values (float64, or int64 for whole numbers), the index named after x: int64 for whole numbers, exact while
            all of the column are. What was logged as NaN or infinity is in it. A point whose row has no place on the
            axis (its step is blank or no number) stands at NaN.

        Raises:
            KeyError: There is no such metric, or no such x; the message names what there is.
            ValueError: `attempts` is neither of the two.
        """
        self.refresh()
        return self.series_so_far(name, x, attempts)

    def series_so_far(
        self, name: str, x: str | None = None, attempts: Literal["latest", "all"] = "latest"
    ) -> pd.Series:
        """`series` of what the last `refresh` has read: for who asks for many."""
        if attempts not in ("latest", "all"):
            raise ValueError(f"attempts must be 'latest' or 'all', not {attempts!r}")
        column = self._metric(name)
        x_name = self._x_name(x)
        places, values, kept = _points(self._with_columns(), column, x_name)
        if attempts == "latest":
            places, values = places[kept], values[kept]
        return pd.Series(values, index=pd.Index(_whole(places), name=x_name or "row"), name=column)

    def _metric(self, name: str) -> str:
        if any((column := table.columns.get(name)) is not None and column.numeric for table in self.tables):
            return name
        columns = self._numeric_columns()
        hidden = {name: shown for folder in self._folders for name, shown in folder.hidden.items()}
        found = names.find_metric(hidden.get(name, name), columns)
        if found is None:
            raise KeyError(f"{self.name} has no metric {name!r}; it has {', '.join(self.metric_names) or 'none'}")
        if found != name:
            warnings.warn(f"{self.name}: no column {name!r}; {found!r} is used for it", stacklevel=user_stacklevel())
        return found

    def _numeric_columns(self) -> list[str]:
        """The names of the columns that hold numbers, of the preferred format first."""
        found = (name for table in self._main_first() for name, column in table.columns.items() if column.numeric)
        return list(dict.fromkeys(found))

    def _x_name(self, x: str | None) -> str | None:
        """The column for an x as the user says it; None for the row number."""
        if x == "row":
            return None
        if x is None:
            return self.x_column()
        found = self.x_column(x) if x in ("step", "epoch", "time") else None
        if found is None and any(x in table.columns and table.columns[x].numeric for table in self.tables):
            found = x
        if found is None:
            known = [column for kind in ("step", "epoch", "time") if (column := self.x_column(kind))]
            raise KeyError(f"{self.name} has no x {x!r}; it has {', '.join([*known, 'row'])}")
        return found

    # -- numbers

    def get_summary(self, *, refresh: bool = True) -> dict[str, Any]:
        """The run in numbers: name, model_type, dataset, total_steps, total_epochs, metrics, and duration where known.

        `metrics[name]` has floats only: initial and final (as logged, NaN too), min, max, mean, std (over the finite
        values; std with n - 1), best, best_step, count, nan_count, inf_count. `best` follows
        `names.higher_is_better`, and leaves out what a later attempt went over again, as every view does.
        Metrics without a finite value have no min, max, mean, std, best; metrics without a point are left out.

        Args:
            refresh: Read what is new first; False: of what was read so far.
        """
        if refresh:
            self.refresh()
        summary: dict[str, Any] = {
            "experiment_name": self.name,
            "model_type": str(self.get_config_value("model_config", "unknown")),
            "dataset": str(self.get_config_value("dataset_name", "unknown")),
            "total_steps": self._highest("step"),
            "total_epochs": self._highest("epoch"),
            "metrics": self._all_numbers(),
        }
        if (seconds := self._duration()) is not None:
            summary["training_duration_seconds"] = seconds
            summary["training_duration_hours"] = seconds / 3600
        return summary

    def _highest(self, kind: str) -> int:
        name = self.x_column(kind)
        values = [column.values for table in self.tables if name and (column := table.x_column(name)) is not None]
        return max((int(part[np.isfinite(part)].max()) for part in values if np.isfinite(part).any()), default=0)

    def _duration(self) -> float | None:
        own = self._newest.own
        name = find_axis("time", [own])
        values = own.columns[name].values if name in own.columns else np.empty(0)
        values = values[np.isfinite(values)]
        if len(values) == 0:
            return None
        start = values[0] if values[0] > names.UNIX_FROM else 0  # A time stamp counts from 1970.
        return float(values[-1] - start) * names.seconds_in(float(values[0]))

    def _all_numbers(self) -> dict[str, dict[str, float]]:
        """The numbers of each metric; what is the same for all of them is looked up once."""
        axis, tables = self.x_column(), self._with_columns()
        return {name: _numbers(name, *_points(tables, name, axis)) for name in self.metric_names}

    def _with_columns(self) -> list[tuple[Table, Mapping[str, Column]]]:
        """The tables, each with its columns: some tables put theirs together each time that they are asked."""
        return [(table, table.columns) for table in self.tables]

    # -- what is known beside the metrics

    @property
    def config(self) -> dict[str, Any]:
        """The run's settings, {} where there are none (then a warning says so, once)."""
        found = self._settings()
        if not found and not self._warned_of_config:
            self._warned_of_config = True
            problems = [one.message for one in self._anomalies.as_list() if one.kind == "config"]
            why = "; ".join(problems) or f"no config.json in {self.exp_dir}"
            warnings.warn(f"{self.name}: {why}; its config is taken as empty", stacklevel=user_stacklevel())
        return found

    def _settings(self) -> dict[str, Any]:
        """The settings, looked for until there are some: a framework may write them after the first row."""
        if not self._config:
            self._config, problems = read_config(self.exp_dir)
            if not self._config:
                given = (dict(facts.config) for facts in self._newest.facts if facts.config)
                self._config = next((config for config in given if not is_too_deep(config)), None)
            self._anomalies.forget("config")
            for problem in problems:
                self._anomalies.add(Anomaly("config", str(self.exp_dir), None, problem))
        return self._config or {}

    def get_config_value(self, key: str, default: Any = None) -> Any:
        """A setting; a dotted key reaches into nested ones (`model.n_layer`). An exact key wins."""
        if key in self.config:
            return self.config[key]
        value: Any = self.config
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                return default
            value = value[part]
        return value

    @property
    def total_steps(self) -> int | None:
        """How many steps the training will take, where something says so."""
        note, settings = read_note(self.exp_dir), self._settings()
        for value in (note.total_steps, note.max_steps, settings.get("total_steps"), settings.get("max_steps")):
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15:
                return int(value)
        return next((facts.total_steps for facts in self._newest.facts if facts.total_steps), None)

    def list_checkpoints(self) -> list[Path]:
        """The files in `checkpoints/` that hold weights, sorted; of a run that went on in another folder, those of all
        its folders. They are not opened. A folder counts where it holds the parts of one that was saved in parts."""
        return sorted(path for folder in self.exp_dirs for path in (folder / "checkpoints").glob("*")
                      if path.suffix in CHECKPOINT_SUFFIXES and _is_checkpoint(path))

    def get_experiment_metadata(self) -> dict[str, Any]:
        """Name, path, config, number of checkpoints, and whether there are metrics and TensorBoard files."""
        return {
            "experiment_name": self.name,
            "experiment_path": str(self.exp_dir),
            "config": self.config,
            "num_checkpoints": len(self.list_checkpoints()),
            "has_metrics": self._newest.has_metrics,
            "has_tensorboard": os.path.isdir(self.exp_dir / "logs" / "tensorboard"),
        }

    # -- how it stands

    @property
    def pace(self) -> Pace:
        """When the newest row came, and how often one usually does."""
        return self._newest.pace

    @property
    def state(self) -> State:
        """One of "running", "finished", "failed", "stalled", "unknown", or "waiting" before the first row."""
        return self._state()[0]

    @property
    def state_evidence(self) -> str:
        """Why `state` says what it says, in words."""
        return self._state()[1]

    @property
    def ended(self) -> bool:
        """Whether the run is known to have ended: a marker says so, or its process is gone."""
        return self.state in ("finished", "failed") or (self._process is not None and not self._process.alive)

    def _state(self) -> tuple[State, str]:
        state, evidence = self._newest.state()
        if self._process is None or state in ("finished", "failed"):
            return state, evidence
        if not self._process.alive:
            return "unknown", f"process {self._process.number} has ended; how is not known"
        if state in ("waiting", "stalled"):
            return state, f"{evidence}; process {self._process.number} runs"
        return "running", f"process {self._process.number} runs"


def _points(
    tables: Sequence[tuple[Table, Mapping[str, Column]]], name: str, x_name: str | None
) -> tuple[Values, NDArray[Any], NDArray[np.bool_]]:
    """All points of a column over all tables: where they stand, their values, which no later attempt overtook."""
    found = [(table, columns[name]) for table, columns in tables if name in columns]
    places = np.concatenate([x_at(table, points.rows, x_name) for table, points in found])
    values = np.concatenate([points.values for _, points in found])
    counts = np.concatenate([table.not_retracted(points.rows) for table, points in found])
    borders = np.cumsum([0, *(len(points) for _, points in found)][:-1])
    placed = ~np.isnan(places)
    starts = attempt_starts(places[placed], np.concatenate(([0], np.cumsum(placed)))[borders])
    kept = ~placed
    kept[placed] = stitch(places[placed], starts)
    return places, values, kept & counts


def _numbers(name: str, steps: Values, logged: NDArray[Any], latest: NDArray[np.bool_]) -> dict[str, float]:
    """A metric in numbers; see `ExperimentLoader.get_summary`."""
    values = logged.astype(np.float64)
    finite = np.isfinite(values)
    numbers = {"initial": float(values[0]), "final": float(values[-1])}
    if finite.any():
        inside = values[finite]
        shown = finite & latest if (finite & latest).any() else finite
        best = int(np.nanargmax(np.where(shown, values, np.nan) * (1 if names.higher_is_better(name) else -1)))
        numbers |= {"min": float(inside.min()), "max": float(inside.max()), "mean": float(inside.mean()),
                    "std": float(inside.std(ddof=1)) if len(inside) > 1 else 0.0,
                    "best": float(values[best]), "best_step": float(steps[best])}
    counts = {"count": len(values), "nan_count": np.isnan(values).sum(), "inf_count": np.isinf(values).sum()}
    return numbers | {key: float(count) for key, count in counts.items()}


def _whole(places: Values) -> Values:
    """As int64 where every value is a whole number that a float64 can hold exactly."""
    if places.dtype == np.int64 or len(places) == 0 or not np.isfinite(places).all() or np.abs(places).max() >= 2**53:
        return places
    return places.astype(np.int64) if (places == np.trunc(places)).all() else places


def _with_derived(frame: pd.DataFrame) -> pd.DataFrame:
    derived: dict[str, Any] = {}
    if "time_elapsed_seconds" in frame:
        derived["time_elapsed_hours"] = frame["time_elapsed_seconds"] / 3600
        derived["time_elapsed_minutes"] = frame["time_elapsed_seconds"] / 60
    if "train_loss" in frame and pd.api.types.is_numeric_dtype(frame["train_loss"]):
        loss = frame["train_loss"]
        logged = loss.dropna()
        first = logged.iloc[0] if len(logged) else np.nan
        derived["train_loss_improvement"] = first - loss
        derived["train_loss_pct_improvement"] = (first - loss) / first * 100
    derived = {name: column for name, column in derived.items() if name not in frame}
    return frame.assign(**derived) if derived else frame


def _is_checkpoint(path: Path) -> bool:
    """A file, or a folder into which PyTorch (`.metadata`) or DeepSpeed (`latest`) saved the parts of a checkpoint."""
    return os.path.isfile(path) or any(os.path.isfile(path / name) for name in (".metadata", "latest"))


def _load_other(path: Path) -> pd.DataFrame:
    """Another metrics file of the run, read once."""
    if not os.path.isfile(path):
        raise NoMetricsError(f"Metrics file not found: {path}")
    return _with_derived(read_table(reader_for(path)).to_frame())
