"""A run -> the tracks of its metrics over one axis, from which every board of the run is made."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.metric_groups import BOXES, MOST_LINES, PACE, Group, group, worth_a_panel
from livemon.boards.model import CYCLE
from livemon.boards.point_sources import Axis, MetricSource, PaceSource
from livemon.boards.time_unit import is_time, seconds_of, unit_of_time
from livemon.boards.tracks import Track
from livemon.curves.limits import Limits, x_limits
from livemon.states import State
from livemon.tables import meaning, names
from livemon.tables.epochs import EpochPlaces
from livemon.tables.leading import find_leading
from livemon.tables.names import words_in
from livemon.tables.patterns import UserPattern
from livemon.tables.table import Table
from livemon.tables.writers import find_writers, writers_in

__all__ = ["Run", "RunTracks", "settings_of"]


_NO_DIRECTION = re.compile(r":(up|down|maxi\w+|mini\w+|high\w*|low\w*|asc|desc)$")  # words that mean a direction


class Run(Protocol):
    """The part of a run that a board needs; `experiment.ExperimentLoader` has it."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def label(self) -> str:
        """The name, longer if it says little alone; the title of a board."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Its settings."""

    @property
    def total_steps(self) -> int | None:
        """The number of steps that it will make, if known."""

    @property
    def total_epochs(self) -> int | None:
        """The number of epochs that it will make, if known."""

    @property
    def origin(self) -> Mapping[str, Any]:
        """See `ExperimentLoader.origin`."""

    @property
    def tables(self) -> list[Table]:
        """The tables read so far, the oldest first."""

    @property
    def rows_version(self) -> object:
        """A value that stays the same as long as the run has the same rows and anomalies."""

    @property
    def metric_names(self) -> list[str]:
        """The numeric columns, without x columns."""

    def direction(self, metric: str) -> meaning.Direction | None:
        """Whether less or more of a metric is better; None if unknown."""

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        """The main metric among these; None if none of them is a result."""

    def x_column(self, kind: Any = None) -> str | None:
        """The column of "step", "epoch" or "time"; None stands for the run's own step."""

    @property
    def state(self) -> str:
        """See `board.Header`."""

    @property
    def reason(self) -> str | None:
        """See `board.Header`."""

    @property
    def state_evidence(self) -> str:
        """The evidence for the state, in words."""

    @property
    def ended(self) -> bool:
        """Finished or failed."""

    def at_one_moment(self) -> AbstractContextManager[None]:
        """See `ExperimentLoader.at_one_moment`."""

    @property
    def pace(self) -> Any:
        """Has `last_row_at` and `usual_seconds`, seconds or None; and `is_known`, unless the first is always known."""

    @property
    def anomalies(self) -> list[Any]:
        """With `kind` and `count` each."""


def settings_of(run: Run) -> Mapping[str, Any]:
    """A run's settings, without the warning if there are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run.config


def _of_writer(metric: str, writers: str, writer: float) -> str:
    """The name of the points of one of several writers."""
    return metric if writer < 0 else f"{metric} [{words_in(writers)[-1]} {writer:.0f}]"


class RunTracks:
    """The tracks of one run: new points, the axis, the limits of x, the main metric.

    Args:
        run, lens: see `Run` and `Lens`.
    Attributes:
        tables: the tables at the last reading, the oldest first.
        axis: the x axis.
        state, reason, ended: the run's state at the last reading; see `Run`.
        tracks: metric -> Track, and `PACE` if the run has times and steps.
        leading: the metric that is logged most often, which gives the progress of the run; None without points.
        leading_tables: those that have it, the oldest first. Others may come from writers beside the training.
        restarts: x of the restarts of the run, the same in each panel.
        writers: the column that tells several writers of rows apart; None for one writer.
        generation: counts the fresh starts that were needed because the run's tables were replaced.
        time_unit: seconds and name of the unit of a time axis; None: what suits the run.
    Raises:
        ValueError: `lens.select` is not a valid regular expression.
    """

    def __init__(self, run: Run, lens: Lens) -> None:
        self.run = run
        self.set_lens(lens)
        self.generation = 0
        self.state: str = State.WAITING
        self.reason: str | None = None
        self.ended = False
        self.time_unit: tuple[float, str] | None = None
        self._forget()

    def set_lens(self, lens: Lens) -> None:
        """Use another lens from now on. Points over the same axis are kept.

        Raises:
            OptionError: The lens makes no sense for this run; the previous one stays.
        """
        try:
            select = UserPattern(lens.select, "--select") if lens.select else None
        except ValueError as error:
            raise OptionError(str(error)) from None
        if (match := _NO_DIRECTION.search(lens.metric or "")) and lens.metric not in self.run.metric_names:
            raise OptionError(f"--metric: {match[1]!r} is not a valid direction; it is min or max, as in val_acc:max")
        self.lens, self.select = lens, select

    def _forget(self) -> None:
        self.generation += 1
        self.tables: list[Table] = []
        self.axis = Axis(None, "row")
        self.tracks: dict[str, Track] = {}
        self.leading: str | None = None
        self.leading_tables: list[Table] = []
        self.writers: str | None = None
        self.restarts: tuple[float, ...] = ()
        self._by_writer: dict[str, tuple[str, ...]] = {}  # metric -> the tracks of its writers

    def read(self) -> list[str]:
        """Read what is new; returns the selected metrics, in file order.

        Raises:
            ValueError: The run does not have `lens.x`, or `lens.select` takes too long.
        """
        self.ask_how_it_stands()  # before its rows: when an end is shown, its last rows are there
        metrics = self.read_metrics()
        self._find_leading()
        self._find_restarts()
        self._read_pace(self.axis)
        return metrics

    def read_metrics(self) -> list[str]:
        """The same without the state, the progress, the restarts and the pace of the run, which a board of several runs
        does not show."""
        tables = self.run.tables
        if len(tables) < len(self.tables) or any(a is not b for a, b in zip(self.tables, tables, strict=False)):
            self._forget()
        self.tables = list(tables)
        axis = self._find_axis(tables)
        if axis != self.axis:
            self._forget()
            self.tables, self.axis = list(tables), axis
        if (writers := find_writers(tables, self.run.x_column())) != self.writers:
            self._forget()
            self.tables, self.axis, self.writers = list(tables), axis, writers
        metrics = [name for name in self.run.metric_names if self.select is None or self.select.finds(name)]
        for name in metrics:
            if name not in self.tracks:
                self.tracks[name] = Track(name, MetricSource(name, axis, self.writers))
            self.tracks[name].read(tables)
            self._read_writers(name, axis)
        self._read_main(axis)
        return metrics

    def ask_how_it_stands(self) -> None:
        """Ask for the state once for each board, so that all of it shows the same one."""
        with self.run.at_one_moment():
            self.state, self.reason, self.ended = self.run.state, self.run.reason, self.run.ended
        if self.ended and not State(self.state).has_ended:  # its process has ended since its state was asked for
            self.state, self.reason = self.run.state, self.run.reason

    def _read_writers(self, metric: str, axis: Axis) -> None:
        """Read the points of each writer of a metric separately, if there are several."""
        if self.writers is None:
            return
        wrote = writers_in(self.tables, self.writers, metric)
        named = {_of_writer(metric, self.writers, writer): writer for writer in wrote} if len(wrote) > 1 else {}
        self._by_writer[metric] = tuple(named)
        for name, writer in named.items():
            if name not in self.tracks:
                self.tracks[name] = Track(name, MetricSource(metric, axis, of_writer=(self.writers, writer)))
            self.tracks[name].read(self.tables)

    def by_writer(self, grouped: Group) -> Group:
        """The group with a line for each writer of its metrics, if several write into one file."""
        if not any(self._by_writer.get(metric) for metric in grouped.metrics):
            return grouped
        lines = [
            (name, f"{label} {name.removeprefix(metric).strip(' []')}".strip() if name != metric else label)
            for metric, label in zip(grouped.metrics, grouped.labels, strict=True)
            for name in self._by_writer.get(metric) or (metric,)
        ]
        shown = lines[:MOST_LINES]
        names_shown, labels = tuple(name for name, _ in shown), tuple(label for _, label in shown)
        left_out = grouped.left_out + len(lines) - len(shown)
        return replace(grouped, metrics=names_shown, labels=labels, colours=CYCLE[: len(shown)], left_out=left_out)

    def _find_leading(self) -> None:
        """Find the metric that tells how far the run is."""
        self.leading, self.leading_tables = find_leading(self.tables, self.axis.column)

    def _find_restarts(self) -> None:
        """The restarts of the run: those of the metric that is logged most often, and those that the recorder noted. A
        run that continues right after its last row leaves no other trace."""
        track = self.tracks.get(self.leading or "")
        if track is None or track.source.writers is not None:
            self.restarts = ()
            return
        noted = map(self._place_at, getattr(self.run, "began_again", ()))
        self.restarts = tuple(sorted({*track.attempts.restarts, *(x for x in noted if x is not None)}))

    def _place_at(self, elapsed: float) -> float | None:
        """The x of the first row in the newest folder that was logged so many seconds after the run began; None if no
        row has a time."""
        name = self.run.x_column("time")
        table = self.leading_tables[-1] if self.leading_tables else None
        column = None if table is None or name is None else table.x_column(name)
        if table is None or column is None or not len(column):
            return None
        later = np.flatnonzero(np.asarray(column.values, np.float64) >= elapsed)
        if not len(later) or later[0] == 0:
            return None
        x = float(self.axis.at(table, column.rows[later[:1]])[0])
        return x if math.isfinite(x) else None

    def _read_pace(self, axis: Axis) -> None:
        if PACE not in self.tracks:
            seconds, step = self.run.x_column("time"), self.run.x_column("step")
            if seconds is None or step is None or (self.select and not self.select.finds(PACE)):
                return
            self.tracks[PACE] = Track(PACE, PaceSource(seconds, step, axis))
        self.tracks[PACE].read(self.leading_tables)

    def _find_axis(self, tables: Sequence[Table]) -> Axis:
        wanted = self.lens.x
        if wanted == "row":
            return Axis(None, "row")
        if wanted in (None, "step", "epoch", "time"):
            column = self.run.x_column(wanted)
        else:
            column = wanted if any(wanted in table.columns for table in tables) else None
        if column is None:
            if wanted is not None and any(table.n_rows for table in tables):
                has = ", ".join(self.axes)
                raise OptionError(f"{self.run.label} has no {wanted!r} to draw over; it has {has}")
            return Axis(None, "row")
        if column == self.run.x_column("time"):
            return self._time_axis(column, tables)
        if column == self.run.x_column("step"):
            return Axis(column, "step")
        if column == self.run.x_column("epoch"):
            return Axis(column, "epoch", places=self._places_in(column, tables))
        return Axis(column, column)

    def _places_in(self, epoch: str, tables: Sequence[Table]) -> EpochPlaces:
        """The positions of rows within their epochs; another object if known positions have changed."""
        columns, known = (epoch, self.run.x_column("step")), self.axis.places
        places = known if known is not None and known.columns == columns else EpochPlaces(*columns)
        if places.update(tables) and places is known:
            places = EpochPlaces(*columns)
            places.update(tables)
        return places

    def _time_axis(self, column: str, tables: Sequence[Table]) -> Axis:
        """Elapsed time in a suitable unit; unix times start at 0."""
        seen = [own.values for table in tables if (own := table.x_column(column)) is not None and len(own)]
        if not seen:
            return Axis(column, "seconds")
        start, end = float(seen[0][0]), float(seen[-1][-1])
        origin, second = (start if abs(start) > names.UNIX_FROM else 0.0), 1.0 / names.seconds_in(start)
        unit, label = self.time_unit or unit_of_time((end - origin) / second)
        return Axis(column, label, origin, unit * second)

    @property
    def axes(self) -> tuple[str, ...]:
        """The possible x axes: "step", "epoch" and "time" if the run has them, and "row"."""
        return *(kind for kind in ("step", "epoch", "time") if self.run.x_column(kind)), "row"

    @property
    def unit(self) -> float:
        """How much of a lens's x is one unit of the axis: a lens counts time in seconds."""
        return seconds_of(self.axis.label)

    def stretch(self, whole: Limits) -> Limits | None:
        """The limits of the lens's range of x; None for the whole run.

        Args:
            whole: The limits of the whole run.
        """
        if self.lens.zoom is None:
            return None
        ends = [track.x_high for track in self.tracks.values() if track.x_high is not None]
        unit = self.unit
        newest = min(max(ends, default=whole[1]), whole[1])
        low, high = self.lens.zoom.within((whole[0] * unit, whole[1] * unit), newest * unit, self.ended)
        return low / unit, high / unit

    def with_points(self, metrics: Sequence[str]) -> list[Track]:
        """The tracks of those metrics that have points."""
        return [self.tracks[name] for name in metrics if self.tracks[name].count]

    def worth_a_panel(self, metrics: Sequence[str], main: str | None = None) -> list[str]:
        """The metrics that get a panel: all that `--select` chooses, or else all without bookkeeping, but always the
        main metric and those whose axis the user chose."""
        if self.select is not None:
            return list(metrics)
        asked_for = (names.find_metric(name, metrics) for name in (*self.lens.log, *self.lens.linear))
        empty = [name for name in metrics if self._is_placeholder(name)]
        shown = [name for name in metrics if name not in empty or name == main] or metrics
        return worth_a_panel(shown, {name for name in (main, *asked_for) if name})

    def _is_placeholder(self, metric: str) -> bool:
        """Whether this is Lightning's `hp_metric`, never set."""
        track = self.tracks.get(metric)
        return meaning.bookkeeping(metric) == "placeholder" and (track is None or track.last is None
                                                                 or track.last[1] == -1.0)

    def training_loss(self, metrics: Iterable[str]) -> str | None:
        """The training loss among these metrics: the spelling with the most points. Hugging Face logs `loss`, and at
        the end its mean as `train_loss`, once."""
        metrics = list(metrics)
        usual = names.find_metric("train_loss", metrics)
        own = [name for name in metrics if names.kind_of(name) == "loss" and names.parse(name).split in ("", "train")
               and self.tracks[name].count]
        return max(own, key=lambda name: (self.tracks[name].count, name == usual), default=usual)

    def x_limits(self, metrics: Sequence[str]) -> Limits:
        """Limits of x that contain all points of these metrics; they grow in steps while the run may go on. Time begins
        at 0."""
        tracks = self.with_points(metrics)
        low = min(track.x_low for track in tracks if track.x_low is not None)
        high = max(track.x_high for track in tracks if track.x_high is not None)
        is_still = self.ended or State(self.state).is_still
        return x_limits(min(low, 0.0) if is_time(self.axis.label) else low, high, is_still)

    def _read_main(self, axis: Axis) -> None:
        """Read the main metric even if `--select` does not choose it."""
        if self.select is None:
            return
        wanted = names.find_metric(self._wanted()[0], self.run.metric_names) or self.run.main_metric()
        if wanted is not None and not self.select.finds(wanted):
            if wanted not in self.tracks:
                self.tracks[wanted] = Track(wanted, MetricSource(wanted, axis, self.writers))
            self.tracks[wanted].read(self.tables)

    def standing_for_the_run(self, metrics: Sequence[str]) -> tuple[str | None, bool | None]:
        """The main metric of these, or that of the run if `--select` does not choose it."""
        if self.select is None:
            return self.main(metrics)
        return self.main([name for name in self.run.metric_names if name in self.tracks and self.tracks[name].count])

    def _wanted(self) -> tuple[str, meaning.Direction | None]:
        """The main metric that the user named, or "", and its direction if given."""
        return names.parse_metric_choice(self.lens.metric, self.run.metric_names)

    def missing_metrics(self, metrics: Sequence[str]) -> list[str]:
        """The metrics that the user named as the main one or for an axis, and that are not among these."""
        if not metrics:
            return []
        main, _ = self._wanted()
        known = (*metrics, *self.run.metric_names)  # metrics that --select does not choose exist, too
        missing = [main] if main and names.find_metric(main, known) is None else []
        axes = (*self.lens.log, *self.lens.linear)
        scaled = [name for name in axes if names.find_metric(name, (*known, PACE)) is None]
        if scaled:
            titles = {grouped.title for grouped in group(metrics)}
            missing += [name for name in scaled if name not in titles]
        return list(dict.fromkeys(missing))

    def unknown_panels(self) -> list[str]:
        """The names that the lens hides, pins, enlarges or limits, and that are neither metrics of the run nor titles
        of panels."""
        lens, known = self.lens, (*self.run.metric_names, PACE)
        asked = [*lens.hidden, *lens.pinned, *filter(None, [lens.large]), *(panel for panel, *_ in lens.zoom_y)]
        unknown = [name for name in asked if name != BOXES and names.find_metric(name, known) is None
                   and not name.startswith("*")]  # a title of metrics that end alike depends on the other metrics
        if not unknown:
            return []
        shown = self.select.finds if self.select is not None else bool
        titles = {grouped.title for among in (known, list(filter(shown, known)))
              for grouped in group(among)}
        return [name for name in dict.fromkeys(unknown) if name not in titles]

    def main(self, metrics: Sequence[str]) -> tuple[str | None, bool | None]:
        """The main metric, and whether more of it is better; None if unknown."""
        wanted, direction = self._wanted()
        if wanted and (match := names.find_metric(wanted, metrics)) is not None:
            return match, meaning.higher_is_better(direction or self.run.direction(match))
        main = self.run.main_metric([name for name in metrics if self.tracks[name].count])
        return main, meaning.higher_is_better(self.run.direction(main)) if main else None
