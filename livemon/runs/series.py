"""The columns of a run over its folders: which ones are metrics or axes, and the points of a metric."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from livemon.curves.attempts import arrange, stitch
from livemon.curves.writers_mean import mean_over_writers
from livemon.runs.frozen_run import Folder
from livemon.runs.project import ProjectSettings
from livemon.system.call_stack import user_stacklevel
from livemon.tables import meaning, names
from livemon.tables.lost_losses import lost_losses
from livemon.tables.table import Table, Values, x_at
from livemon.tables.writers import find_writers, writers_at, writers_in
from livemon.tables.x_axis import find_axis, is_axis, is_constant, time_stands_in

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Attempts", "Points", "RunColumns"]

Attempts = Literal["latest", "all"]
Points = tuple[Values, NDArray[Any], NDArray[np.bool_]]  # x, values, and whether no later attempt superseded each

_TOTALS = frozenset(("total_steps", "max_steps", "total_iters", "total_iterations", "max_iters", "num_training_steps"))


class RunColumns:
    """The rows that the folders of a run have read so far, by the names of columns.

    Axes and curves are looked up once: after reading on, make a new instance.

    Args:
        folders: The run's folders, the oldest first.
    """

    def __init__(self, folders: Sequence[Folder]) -> None:
        self._folders = folders
        self._axes: dict[str, str | None] = {}
        self._curves: dict[tuple[str, str | None], tuple[Values, NDArray[Any]]] = {}

    @cached_property
    def tables(self) -> list[Table]:
        """All shown rows, the oldest first."""
        return [table for folder in self._folders for table in folder.tables]

    @cached_property
    def metric_names(self) -> list[str]:
        """Numeric columns in file order, without columns for the x or the writer of a row."""
        tables, writers = self.tables, self.writers
        return [name for name in self._numeric if name != writers and not is_axis(name, tables)]

    @cached_property
    def writers(self) -> str | None:
        """The column that tells which of several writers wrote a row; None if there is one writer."""
        return find_writers(self.tables, self.x_column())

    def has_several_writers(self, metric: str) -> bool:
        """Whether more than one writer logs a metric: then its curve is their mean."""
        writers = self.writers
        return writers is not None and len(writers_in(self.tables, writers, metric)) > 1

    @cached_property
    def _numeric(self) -> list[str]:
        """The names of the columns with numbers, those of the preferred sources first."""
        numeric = (name for table in self._main_first() for name, column in table.columns.items() if column.numeric)
        return list(dict.fromkeys(numeric))

    def _main_first(self) -> list[Table]:
        """The tables; those with metrics that only further sources have come last."""
        main = (table for folder in self._folders for table in folder.choice.tables)
        return [*main, *(table for folder in self._folders for table in folder.choice.supplements)]

    def main_metric(self, project: ProjectSettings, among: Iterable[str] | None = None) -> str | None:
        """See `ExperimentLoader.main_metric`; `project` has the user's choice, and further directions."""
        known = self.metric_names if among is None else list(among)
        counts = {name: self.count(name) for name in known}
        chosen = (source.facts.main for folder in self._folders for source in folder.sources)
        return project.main_metric(counts, self._numeric, chosen, set(known) - set(self.with_values(known)))

    def count(self, name: str) -> int:
        """The number of points of a column, including superseded attempts."""
        return sum(len(table.columns[name]) for table in self.tables if name in table.columns)

    def with_values(self, metrics: Iterable[str]) -> list[str]:
        """The metrics that have a finite value."""
        return [name for name in metrics if any(
            len(column) and (math.isfinite(column.values[-1]) or np.isfinite(column.values).any())
            for table in self.tables if (column := table.columns.get(name)) is not None)]

    def total_steps(self) -> int | None:
        """The value of a column such as `total_steps`, if it is the same in each row and not below the step; otherwise
        None."""
        tables = self._main_first()
        step = self.x_column("step")
        for name in self._numeric:
            if "_".join(meaning.words_of(name)) not in _TOTALS or name == step or not is_constant(name, tables):
                continue
            total = max(float(table.columns[name].values[-1]) for table in tables
                        if name in table.columns and len(table.columns[name]))
            steps = [float(column.values[-1]) for table in tables if step and (column := table.x_column(step))]
            if 0 < max([0.0, *steps]) <= total < 1e15:
                return int(total)
        return None

    def x_column(self, kind: str | None = None) -> str | None:
        """See `ExperimentLoader.x_column`."""
        return self._own_axis if kind is None else self._axis(kind)

    @cached_property
    def _own_axis(self) -> str | None:
        for kind in ("step", "epoch"):  # the first that all folders have, else the first that exists
            if all(find_axis(kind, folder.choice.tables) for folder in self._folders):
                return self._axis(kind)
        axis = self._axis("step") or self._axis("epoch")
        return self._axis("time") if axis is None and time_stands_in(self.tables) else axis

    def newest_x(self, kind: str) -> Values:
        """The "step" or "epoch" of the rows in the newest table of the preferred sources that has it; empty if no table
        has it."""
        name = self._axis(kind)
        main = [table for folder in self._folders for table in folder.choice.tables]
        columns = (table.x_column(name) for table in reversed(main) if name)
        return next((column.values for column in columns if column is not None and len(column)), np.empty(0))

    def _axis(self, kind: str) -> str | None:
        """The column of an axis: that of the preferred sources, even if its name is less usual than that of further
        sources; otherwise that of the further sources."""
        if kind not in self._axes:
            main = [table for folder in self._folders for table in folder.choice.tables]
            self._axes[kind] = find_axis(kind, main) or find_axis(kind, self._main_first())
        return self._axes[kind]

    def find_metric(self, name: str) -> str:
        """The column that a name stands for. Raises KeyError."""
        if any((column := table.columns.get(name)) is not None and column.numeric for table in self.tables):
            return name
        duplicates = {name: shown for folder in self._folders for name, shown in folder.choice.duplicates.items()}
        column_name = names.find_metric(duplicates.get(name, name), self._numeric)
        if column_name is None:
            raise KeyError(f"{self._run} has no metric {name!r}; it has {', '.join(self.metric_names) or 'none'}")
        if column_name != name:
            message = f"{self._run}: no column {name!r}; {column_name!r} is used for it"
            warnings.warn(message, stacklevel=user_stacklevel())
        return column_name

    def find_x(self, x: str | None) -> str | None:
        """The column for an x as the user names it; None for the row number. Raises KeyError."""
        if x == "row":
            return None
        if x is None:
            return self.x_column()
        column = self.x_column(x) if x in ("step", "epoch", "time") else None
        if column is None and any(x in table.columns and table.columns[x].numeric for table in self.tables):
            column = x
        if column is None:
            known = [column for kind in ("step", "epoch", "time") if (column := self.x_column(kind))]
            raise KeyError(f"{self._run} has no x {x!r}; it has {', '.join([*known, 'row'])}")
        return column

    @property
    def _run(self) -> str:
        return self._folders[-1].path.resolve().name

    def series(self, name: str, x: str | None, attempts: Attempts, writer: float | None = None) -> pd.Series:
        """See `ExperimentLoader.series`."""
        import pandas as pd

        if attempts not in ("latest", "all"):
            raise ValueError(f"attempts must be 'latest' or 'all', not {attempts!r}")
        column = self.find_metric(name)
        x_name = self.find_x(x)
        tables, writers = self.tables, self.writers
        at, values, latest, order = _points(tables, column, x_name, writers)
        kept = _kept(latest, order) if attempts == "latest" else np.arange(len(at))
        if writer is not None:
            by = self._writers_of(column, writers, writer)
            kept = np.flatnonzero(kept) if kept.dtype == np.bool_ else kept
            at, values = at[kept][by[kept] == writer], values[kept][by[kept] == writer]
        elif attempts == "latest":
            at, values = _one_curve(tables, column, writers, (at, values, kept))
        return pd.Series(values, index=pd.Index(_whole(at), name=x_name or "row"), name=column, copy=True)

    def _writers_of(self, name: str, writers: str | None, writer: float) -> NDArray[np.float64]:
        """The writer of each point of a metric. Raises KeyError if `writer` did not log it."""
        if writers is None:
            raise KeyError(f"{self._run} has no column that tells writers apart (rank, worker, env ...)")
        by = _writers_of(self.tables, name, writers)
        if writer not in by:
            known = ", ".join(f"{number:g}" for number in np.unique(by))
            raise KeyError(f"{self._run}: no {writers} {writer:g} logged {name}; these did: {known}")
        return by

    def latest_points(self, name: str, x: str | None) -> tuple[str, Values, NDArray[Any]]:
        """The points of `series`, without a Series: the column's name, its x, its values. A loss that became NaN and
        was written as 0 is NaN."""
        key = self.find_metric(name), self.find_x(x)
        if key not in self._curves:
            self._curves[key] = _latest_curve(self.tables, *key, self.writers)
        return key[0], *self._curves[key]

    def curves_of_writers(self) -> Iterator[tuple[str, Values, NDArray[Any]]]:
        """Each metric that several writers log, over the run's own axis: its name, and the x and values of their mean.
        """
        axis, tables, writers = self.x_column(), self.tables, self.writers
        for name in self.metric_names if writers is not None else ():
            if self.has_several_writers(name):
                yield name, *_latest_curve(tables, name, axis, writers)

    def logged_x(self, name: str) -> Values:
        """The positions of a metric's points on the run's own axis, as logged, including superseded attempts; NaN for a
        row without a position."""
        column, x_name = self.find_metric(name), self.x_column()
        return np.concatenate([x_at(table, table.columns[column].rows, x_name) for table in self.tables
                               if column in table.columns])

    def all_points(self) -> Iterator[tuple[str, Points]]:
        """Each metric's points over the run's own axis; axis, tables and writers are looked up once. Losses that became
        NaN and were written as 0 do not count."""
        axis, tables, writers = self.x_column(), self.tables, self.writers
        for name in self.metric_names:
            x, values, latest, _ = _points(tables, name, axis, writers)
            lost = _lost(tables, name)
            yield name, (x, values, latest if lost is None else latest & ~lost)


Order = NDArray[np.int64]


def _writers_of(tables: Sequence[Table], name: str, writers: str) -> NDArray[np.float64]:
    """The writer of each point of a column over all tables."""
    return np.concatenate([writers_at(table, writers, table.columns[name].rows)
                           for table in tables if name in table.columns])


def _kept(latest: NDArray[np.bool_], order: Order | None) -> NDArray[Any]:
    """An index array for the points that were not superseded, in their order."""
    return latest if order is None else order[latest[order]]


def _latest_curve(tables: Sequence[Table], name: str, x_name: str | None, writers: str | None
                  ) -> tuple[Values, NDArray[Any]]:  # fmt: skip
    """The curve of a column: x and values without superseded points; lost losses are NaN."""
    at, values, latest, order = _points(tables, name, x_name, writers)
    if (lost := _lost(tables, name)) is not None:
        values = np.where(lost, np.nan, values)
    return _one_curve(tables, name, writers, (at, values, _kept(latest, order)))


def _one_curve(tables: Sequence[Table], name: str, writers: str | None,
               points: tuple[Values, NDArray[Any], NDArray[Any]]) -> tuple[Values, NDArray[Any]]:  # fmt: skip
    """The kept points of a column; if several writers logged them, their mean at each x.

    Args:
        points: x and value of all points over all tables, and an index array for the kept points.
    """
    at, values, kept = points
    at, values = at[kept], values[kept]
    if writers is None:
        return at, values
    by = _writers_of(tables, name, writers)[kept]
    if len(np.unique(by)) < 2:
        return at, values
    placed = ~np.isnan(at)
    grid, mean = mean_over_writers(at[placed], values[placed], by[placed])
    return np.concatenate((grid, at[~placed])), np.concatenate((mean, values[~placed]))


def _points(
    tables: Sequence[Table], name: str, x_name: str | None, writers: str | None
) -> tuple[Values, NDArray[Any], NDArray[np.bool_], Order | None]:
    """All points of a column over all tables: their x, their values, and whether no later attempt superseded each; and
    the indices that sort them by x within each attempt, None if they are sorted.

    If there are several writers, each has attempts of its own.
    """
    columns = [(table, table.columns[name]) for table in tables if name in table.columns]
    parts_of_x = [x_at(table, column.rows, x_name) for table, column in columns]
    if len(columns) == 1 and writers is None and not columns[0][0].retracted and _rises(parts_of_x[0]):
        return parts_of_x[0], columns[0][1].values, np.ones(len(parts_of_x[0]), np.bool_), None
    x: NDArray[Any] = np.concatenate(parts_of_x)
    values = np.concatenate([column.values for _, column in columns])
    not_retracted = np.concatenate([table.not_retracted(column.rows) for table, column in columns])
    borders = np.cumsum([0, *(len(column) for _, column in columns)][:-1])
    placed = np.flatnonzero(~np.isnan(x))
    parts = [placed]
    if writers is not None:
        by = _writers_of(tables, name, writers)[placed]
        parts = [placed[by == writer] for writer in np.unique(by)]
    latest = np.isnan(x)
    order = np.arange(len(x)) if len(parts) > 1 else None
    for part in parts:
        arranged = arrange(x[part], np.searchsorted(part, borders))
        inside = part if arranged.order is None else part[arranged.order]
        latest[inside] = stitch(x[inside], arranged.starts)
        if arranged.order is not None:
            order = np.arange(len(x)) if order is None else order
            order[part] = inside
    if order is not None and len(parts) > 1:
        order[placed] = placed[np.argsort(x[placed], kind="stable")]
    return x, values, latest & not_retracted, order


def _rises(x: Values) -> bool:
    """Whether all points have a position, and none goes back: a single attempt. NaN compares as neither above nor
    below."""
    return bool((x[1:] >= x[:-1]).all()) and not (len(x) == 1 and np.isnan(x[0]))


def _lost(tables: Sequence[Table], name: str) -> NDArray[np.bool_] | None:
    """Which of all points of a column over all tables are `lost_losses`; None if there are none."""
    columns = [(table, table.columns[name]) for table in tables if name in table.columns]
    parts = [(lost_losses(table, column), len(column)) for table, column in columns]
    if all(lost is None for lost, _ in parts):
        return None
    return np.concatenate([np.zeros(count, np.bool_) if lost is None else lost for lost, count in parts])


def _whole(x: Values) -> Values:
    """The values as int64 if all are whole numbers that a float64 can hold exactly."""
    if x.dtype == np.int64 or len(x) == 0 or not np.isfinite(x).all() or np.abs(x).max() >= 2**53:
        return x
    return x.astype(np.int64) if (x == np.trunc(x)).all() else x
