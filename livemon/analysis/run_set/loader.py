"""Several runs side by side."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from livemon import wording
from livemon.analysis.run_set import labels as run_names
from livemon.analysis.run_set.missing import no_axis
from livemon.analysis.run_set.points import PointQuery, Points, common_kind
from livemon.analysis.run_set.reading import Progress, ReadRun, Study, Task, quietly, read_each, warn_together
from livemon.analysis.run_set.resumed import (
    Resumed,
    evidence_from,
    evidence_of,
    find_resumed,
    plain_evidence,
)
from livemon.analysis.run_set.settings import distinguishing_settings, find_key, settings_of
from livemon.analysis.run_set.summaries import SummaryCache, key_before
from livemon.readers.encodings.bare_numbers import names_given
from livemon.runs import run_name
from livemon.runs.continuation import Evidence
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.folder_of_runs import runs_at
from livemon.runs.notes import earlier_files
from livemon.runs.own_path import own_path, own_paths
from livemon.runs.project import ProjectSettings, find_project
from livemon.system.call_stack import user_stacklevel
from livemon.tables import meaning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MultiExperimentLoader"]

Value = TypeVar("Value")
_EVIDENCE = "evidence"  # a name in the cached summaries: the facts for `resumed`
RunPath = str | os.PathLike[str]


class MultiExperimentLoader:
    """Several runs, each with a unique name. A run that cannot be loaded is skipped with a warning that names it.

    Runs are read one at a time when needed, and only the requested data is kept.

    Args:
        dirs: The runs' folders, or anything that ExperimentLoader takes: a list of folders in it is one run with
            several attempts. A single folder of runs (or a database) stands for all its runs; among other paths it
            stands for its newest run, with a warning.
        labels: Short names for tables and plots, in the order of `dirs`, or by folder name; None: made from the
            differences.
        name_pattern: How folder names are made from settings: `{cond}_{block}_seed{seed}_{method}`.
        executor: Distributes the reading: any executor like those of `concurrent.futures`, such as a
            ProcessPoolExecutor, or that of a dask cluster (`Client.get_executor()`). Its workers must see the same
            paths. None reads here.
        progress: Called with (runs read, all runs) after each run.
        cache: Whether to keep summaries of unchanged runs in the user's cache folder.
        study: Reads each run once and keeps it, so that all comparisons use the same rows. None: each call reads the
            present rows, as `loaders`, `load_all_metrics` and summaries always do.
        header: The column names of files that have only numbers: "step,loss", or a list of names.

    Raises:
        ValueError: There are more labels than runs, two labels are the same, or the pattern is not valid.

    Attributes:
        names: The runs' names in the given order: the folders' names, longer if they collide.
        paths: The absolute path of each run's folder, file or database entry; for several attempts the newest.
    """

    def __init__(
        self,
        dirs: Sequence[RunPath | Sequence[RunPath]],
        *,
        labels: Sequence[str] | Mapping[str, str] | None = None,
        name_pattern: str | None = None,
        executor: Executor | None = None,
        progress: Progress | None = None,
        cache: bool = True,
        study: Study | None = None,
        header: str | Sequence[str] = (),
    ) -> None:
        names_of_columns = names_given(header)
        given = _all_in_one([_paths(of_run) for of_run in ([dirs] if isinstance(dirs, str | os.PathLike) else dirs)],
                            names_of_columns)
        there = [index for index, paths in enumerate(given) if (study and study.has(paths)) or _is_there(paths)]
        absolute = [Path(os.path.abspath(given[index][-1])) for index in there]
        folders = own_paths(absolute)
        called = run_names.unique_names(folders)
        self.paths: dict[str, Path] = dict(zip(called, absolute, strict=True))
        self._folders = dict(zip(called, folders, strict=True))  # by which the runs are called
        self._tasks = [Task(name, given[index], names_of_columns) for name, index in zip(called, there, strict=True)]
        skipped = [own_path(Path(os.path.abspath(given[index][-1]))).name
                   for index in sorted(set(range(len(given))) - set(there))]
        self._labels = _given_labels(labels, len(given), there, called, skipped)
        self._pattern = name_pattern
        self._executor = executor
        self._progress = progress
        self._cache = cache and not names_of_columns  # a cached summary does not tell these names
        self._study = study
        self._evidence: dict[str, dict[str, Any] | None] = {}  # facts that tell whether a run went on; None: unknown

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        more = ", …" if len(self) > 5 else ""
        return f"<MultiExperimentLoader of {len(self)} runs: {', '.join(self.names[:5])}{more}>"

    @property
    def names(self) -> list[str]:
        """The runs' names, in the order given."""
        return [task.name for task in self._tasks]

    @cached_property
    def titles(self) -> dict[str, str]:
        """The name of each run's row in a table: the given label, else the run's long name, as in its header."""
        own = [self._framework_names.get(name) for name in self.names]
        called = run_name.long_names(list(self._folders.values()))
        titles = [name if name and own.count(name) == 1 else other for name, other in zip(own, called, strict=True)]
        return {name: self._labels.get(name, title) for name, title in zip(self.names, titles, strict=True)}

    @cached_property
    def _framework_names(self) -> dict[str, str]:
        """The frameworks' names of runs whose folder names are ids; the other runs are not opened for this."""
        with_ids = [name for name in self.names if run_name.is_an_id(self.paths[name].name)]
        return self.only(with_ids).read(_label, stacklevel=3) if with_ids else {}

    @cached_property
    def loaders(self) -> dict[str, ExperimentLoader]:
        """The runs by name, in the order given."""
        readable: dict[str, ExperimentLoader] = {}
        warned: list[ReadRun[None]] = []
        for task in self._tasks:
            opened = quietly(task.name, lambda run: run, task.open)
            if opened.value is None:
                _warn_skipped(opened)
            else:
                readable[task.name] = opened.value
                warned.append(ReadRun(task.name, None, warnings=opened.warnings))
        warn_together(warned, user_stacklevel())
        return readable

    # -- what metrics mean

    @cached_property
    def project(self) -> ProjectSettings:
        """The settings in `livemon.toml` or pyproject.toml, in the first run's folder or above."""
        return next((find_project(path) for path in self.paths.values()), ProjectSettings())

    def direction(self, metric: str) -> meaning.Direction | None:
        """Whether less ("min") or more ("max") of a metric is better; None if unknown."""
        return meaning.direction(metric, self.project.directions)

    def main_of(self, counts: Mapping[str, int], without_value: Collection[str] = ()) -> str | None:
        """The main metric of a run with these metrics: name -> points; see `ProjectSettings.main_metric`."""
        return self.project.main_metric(counts, sorted(counts), (), without_value)

    # -- reading

    def read(self, query: Callable[[ExperimentLoader], Value], *, stacklevel: int = 2) -> dict[str, Value]:
        """Read a value from each run.

        Args:
            query: Takes a run, refreshes it, and returns the value. With an executor it must be picklable.

        Returns:
            The values by name. A run that fails is left out, with a warning that says why.
        """
        read = read_each(query, self._tasks, executor=self._executor, progress=self._progress, study=self._study)
        return self._values(read, stacklevel)

    def _values(self, results: Iterator[ReadRun[Value]], stacklevel: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        done: list[ReadRun[None]] = []
        for read in results:
            if read.value is None:
                done.append(ReadRun(read.name, None, warnings=[f"skipped: {read.problem}"]))
            else:
                values[read.name] = read.value
            if read.warnings:
                done.append(ReadRun(read.name, None, warnings=read.warnings))
        warn_together(done, stacklevel + 1)
        return values

    def load_all_metrics(self) -> dict[str, pd.DataFrame]:
        """The metrics of each run, see `ExperimentLoader.load_metrics`; they are also its `metrics` afterwards.

        A run without metrics is left out, with a warning that names it.
        """
        if self._executor is not None:
            frames = self.read(_frame, stacklevel=3)
            for name, frame in frames.items():
                self.loaders[name].metrics = frame
            return frames
        read = (quietly(name, _frame, lambda run=run: run) for name, run in self.loaders.items())  # type: ignore[misc]
        return self._values(read, 2)

    def get_all_summaries(self) -> dict[str, dict[str, Any]]:
        """`ExperimentLoader.get_summary` of each run."""
        if not self._cache:
            return self.read(_summary, stacklevel=3)
        cache = SummaryCache()
        known = {task.name: cache.get(task.paths[0]) for task in self._tasks if len(task.paths) == 1}
        for name, summary in known.items():
            if summary is not None:
                self._evidence[name] = summary.pop(_EVIDENCE, None)
        missing = [task for task in self._tasks if known.get(task.name) is None]
        read = read_each(_summary_and_key, missing, executor=self._executor, progress=self._progress)
        fresh = self._values(read, 2)
        for task in missing:
            if task.name in fresh and len(task.paths) == 1:
                summary, metrics, key = fresh[task.name]
                cache.put(task.paths[0], metrics, key, summary)
        for name, (summary, _, _) in fresh.items():
            self._evidence[name] = summary.pop(_EVIDENCE, None)
        cache.save()
        both = {name: summary for name, summary in known.items() if summary is not None}
        both |= {name: summary for name, (summary, _, _) in fresh.items()}
        return {name: both[name] for name in self.names if name in both}

    def resumed(self) -> Resumed:
        """The runs that went on in another one; facts cached with summaries are not read again."""
        at = {path: name for name, path in self.paths.items()}

        def evidence(path: Path) -> Evidence | None:
            name = at[path]
            if self._evidence.get(name) is None:
                self._evidence |= self.only([name]).read(_evidence_of)
            return evidence_from(path, self._evidence.get(name) or {})

        return find_resumed(list(at), evidence)

    def curves(self, metrics: Sequence[str] = (), x: str | None = None, *, stacklevel: int = 2
               ) -> dict[str, dict[str, Points]]:
        """The points of some metrics of each run, over one x.

        Args:
            metrics: The names; () for all metrics. Well-known names find each run's own spelling.
            x: "step", "epoch", "time" (seconds since the run began), "wall" (clock time), "row", or a column; None: the
                step, or what most runs have.

        Returns:
            run -> metric, by its requested name -> its points. Runs without this x are left out, with a warning.

        Raises:
            KeyError: No run has this x.
        """
        query = PointQuery(tuple(metrics), x)
        if "configs" in vars(self):
            by_run = self.read(query, stacklevel=stacklevel + 1)
        else:  # the settings will be needed, too: each run is opened once
            both = self.read(_AndConfig(query), stacklevel=stacklevel + 1)
            by_run = {name: points for name, (points, _) in both.items()}
            if len(both) == len(self):
                self.configs = {name: config for name, (_, config) in both.items()}
        if x is not None:
            if not by_run and self._tasks:
                raise no_axis(self, x)
            return by_run
        kind = common_kind(by_run.values())
        others = [name for name, points_of in by_run.items() if any(of.kind != kind for of in points_of.values())]
        warn_together([ReadRun(name, None, warnings=[f"left out: no {kind} to draw over, as most runs have"])
                       for name in others], stacklevel)
        return {name: points_of for name, points_of in by_run.items() if name not in others}

    def compare_metrics(self, metric: str, x: str | None = None) -> pd.DataFrame:
        """One metric of all runs.

        Args:
            metric: The name; a well-known name finds each run's own spelling (`train_loss` finds `loss`).
            x: The x, as for `curves`.

        Returns:
            float64, a column for each run in the given order, a row for each x of any run; the index is called `step`,
            or as x is. If a run has a step twice, its last value counts; if a run lacks a step, the value is NaN. Runs
            without the metric are left out with a warning; there are no columns if no run has it.
        """
        import pandas as pd

        curves = self.curves((metric,), x, stacklevel=3)
        points = {name: points_of[metric] for name, points_of in curves.items() if metric in points_of}
        _warn_without(metric, [name for name in self.names if name in curves and name not in points], bool(points))
        index_name = next((of_run.kind for of_run in points.values()), "step") if x is None else x
        if not points:
            return pd.DataFrame(index=pd.Index([], dtype=np.int64, name=index_name))
        places = np.unique(np.concatenate([of_run.x for of_run in points.values()]))
        table = np.full((len(places), len(points)), np.nan)
        for column, of_run in enumerate(points.values()):
            table[np.searchsorted(places, of_run.x), column] = of_run.y
        whole = len(places) and np.abs(places).max() < 2**53 and (places == np.trunc(places)).all()
        index = pd.Index(places.astype(np.int64) if whole else places, name=index_name)
        return pd.DataFrame(table, index=index, columns=list(points))

    # -- settings

    @cached_property
    def configs(self) -> dict[str, dict[str, Any]]:
        """The config of each run as written; {} if it has none."""
        return self.read(_config, stacklevel=3)

    @cached_property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The settings of each run, flat (`model.n_layer`): its config, or the settings in its name if it has no
        config."""
        folders = [folder.name for name, folder in self._folders.items() if name in self.configs]
        settings, unmatched = settings_of(folders, list(self.configs.values()), self._pattern)
        if unmatched:
            warnings.warn(f"the name pattern {self._pattern!r} does not match {wording.listed(unmatched, 5)}",
                          stacklevel=user_stacklevel())
        return dict(zip(self.configs, settings, strict=True))

    @cached_property
    def differing_settings(self) -> list[str]:
        """The settings in which the runs differ, without names, paths and dates."""
        return distinguishing_settings(list(self.settings.values()))

    @cached_property
    def labels(self) -> dict[str, str]:
        """A short label for each run: the given one, or the differing settings."""
        if all(name in self._labels for name in self.names):
            return {name: self._labels[name] for name in self.names}
        known = self.names if self._pattern else [name for name, config in self.configs.items() if config]
        differing = [{key: value for key, value in self.settings[name].items() if key in self.differing_settings}
                     if name in known else {} for name in self.names]  # settings guessed from a name say less than it
        short = dict(zip(self.names, run_names.short_labels(list(self.titles.values()), differing), strict=True))
        labels = dict(self._labels)
        taken = set(labels.values())
        for name in self.names:
            if name not in labels:
                choices = chain((short[name], self.titles[name], name), (f"{name} ({number})" for number in count(2)))
                labels[name] = next(choice for choice in choices if choice not in taken)
                taken.add(labels[name])
        return {name: labels[name] for name in self.names}

    def filter_experiments(self, **config: Any) -> MultiExperimentLoader:
        """The runs with these settings, as a new MultiExperimentLoader in which each keeps its name.

        Args:
            config: setting -> the required value, a list of allowed values, or a function that says whether a value is
                allowed; the function gets None if a run does not have the setting, and a TypeError means no. Dotted
                names reach nested settings: `**{"model.n_layer": 2}`.
        """
        every = list(self.settings.values())
        keys = {key: find_key(key, every) for key in config}
        for key in (key for key, own_key in keys.items() if own_key is None):
            known = wording.instead_of(key, (name for row in every for name in row))
            warnings.warn(f"no run has the setting {key!r}; {known}", stacklevel=user_stacklevel())
        kept = [name for name, settings in self.settings.items()
                if all(_meets(settings.get(keys[key] or key), wanted) for key, wanted in config.items())]
        return self.only(kept)

    def only(self, names: Sequence[str]) -> MultiExperimentLoader:
        """Some of the runs, with their names and labels."""
        kept = set(names)
        few = MultiExperimentLoader([], name_pattern=self._pattern, executor=self._executor, progress=self._progress,
                                    cache=self._cache, study=self._study)
        few._tasks = [task for task in self._tasks if task.name in kept]
        few.paths = {name: path for name, path in self.paths.items() if name in kept}
        few._folders = {name: folder for name, folder in self._folders.items() if name in kept}
        few._labels = {name: label for name, label in self._labels.items() if name in kept}
        return few


def _frame(run: ExperimentLoader) -> pd.DataFrame:
    return run.load_metrics()


def _label(run: ExperimentLoader) -> str:
    run.refresh()
    return run.label


def _summary(run: ExperimentLoader) -> dict[str, Any]:
    return run.get_summary()


def _summary_and_key(run: ExperimentLoader) -> tuple[dict[str, Any], Path | None, str]:
    alone = run.given == run.exp_dir and not earlier_files(run.given)
    alone = alone and all(file.is_relative_to(run.given) for file in run.files)  # else changes would go unnoticed
    key = key_before(run.given, run.metrics_path) if alone else ""
    return run.get_summary() | {_EVIDENCE: plain_evidence(evidence_of(run))}, run.metrics_path, key


def _evidence_of(run: ExperimentLoader) -> dict[str, Any]:
    run.refresh()
    return plain_evidence(evidence_of(run))


@dataclass(frozen=True, slots=True)
class _AndConfig:
    """Asks a run for points and for its config; an object, so that it can be sent to another process."""

    query: PointQuery

    def __call__(self, run: ExperimentLoader) -> tuple[dict[str, Points], dict[str, Any]]:
        return self.query(run), _config(run)


def _config(run: ExperimentLoader) -> dict[str, Any]:
    return run.config_if_any


def _paths(given: RunPath | Sequence[RunPath]) -> tuple[Path, ...]:
    several = [given] if isinstance(given, str | os.PathLike) else list(given)
    if not several:
        raise ValueError("a run needs at least one folder; a list of folders is empty")
    return tuple((path if isinstance(path, Path) else Path(path)).expanduser() for path in several)


def _all_in_one(given: list[tuple[Path, ...]], header: tuple[str, ...]) -> list[tuple[Path, ...]]:
    """The runs in the given folder; the given paths themselves if there are several, or if the folder is a run."""
    if len(given) != 1 or len(given[0]) != 1:
        return given
    runs = runs_at(given[0][0], header)
    return [(path,) for path in runs] if len(runs) > 1 else given


def _is_there(paths: tuple[Path, ...]) -> bool:
    """Whether a run can be opened; an existing path counts, and is only opened when needed."""
    if all(map(os.path.exists, paths)):
        return True
    task = Task(paths[-1].name or str(paths[-1]), paths)
    opened = quietly(task.name, lambda run: True, task.open)
    if opened.value is None:
        _warn_skipped(opened)
    return opened.value is not None


def _warn_skipped(run: ReadRun[Any]) -> None:
    warnings.warn(f"{run.name}: skipped: {run.problem}", stacklevel=user_stacklevel())


def _given_labels(
    labels: Sequence[str] | Mapping[str, str] | None, asked: int, kept: Sequence[int], names: Sequence[str],
    skipped: Sequence[str],
) -> dict[str, str]:
    if labels is None:
        return {}
    if isinstance(labels, Mapping):
        unknown = [name for name in labels if name not in names and name not in skipped]
        if unknown:
            raise ValueError(f"labels are given for {', '.join(unknown)}; the runs are {', '.join(names)}")
        known = {name: label for name, label in labels.items() if name in names}
    else:
        if len(labels) != asked:
            raise ValueError(f"{len(labels)} labels for {asked} runs; give one for each, or a dict by name")
        known = {name: labels[index] for name, index in zip(names, kept, strict=True)}
    if len(set(known.values())) < len(known):
        raise ValueError(f"two runs have one label: {', '.join(known.values())}")
    return known


def _meets(value: Any, wanted: Any) -> bool:
    if callable(wanted):
        try:
            return bool(wanted(value))
        except TypeError:  # the run does not have the setting, or not as a number
            return False
    if isinstance(wanted, list | set | tuple) and not isinstance(value, tuple):
        return value in wanted
    return bool(value == (tuple(wanted) if isinstance(wanted, list) else wanted))


def _warn_without(metric: str, names: Sequence[str], some: bool) -> None:
    if names:
        what = f"no metric {metric!r}" + ("" if some else ", nor has any other run; metric_names says what each has")
        warn_together([ReadRun(name, None, warnings=[what]) for name in names], 3)


