"""Several runs -> the rows of their list, as plain data: the state, progress and best value of each.

A `RunList` lives as long as a view. It keeps what it has read of each run, so that a list costs what is new.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from livemon import wording
from livemon.analysis.run_set.filters import COLUMNS, Filter, parse_filter
from livemon.analysis.run_set.settings import distinguishing_settings, settings_of
from livemon.boards.lens.value import OptionError
from livemon.boards.point_sources import Axis, MetricSource
from livemon.boards.run_row import RunRow
from livemon.boards.run_tracks import settings_of as config_of
from livemon.boards.runs_health import describe_problems
from livemon.boards.tracks import Track
from livemon.curves.arrays import Array
from livemon.curves.limits import x_limits
from livemon.health.examination import Examination
from livemon.health.finding import Verdict
from livemon.health.run_object import last_values, progress_of
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.time_left import time_left
from livemon.tables import meaning
from livemon.tables.writers import find_writers

__all__ = ["RunList", "conditions"]

_LOOK_SECONDS = 4.0  # between two looks at the state of a run without new rows
_SERIES = 24  # values: enough for a terminal with numbers beside them
_MOST_SETTINGS = 6
_LONGEST_PROBLEM = 80  # characters
_LONGEST_SETTING = 24


def conditions(where: Sequence[str]) -> list[Filter]:
    """Parse conditions on runs, as for `livemon ls`.

    Raises:
        OptionError: A word is not a valid condition.
    """
    try:
        return [parse_filter(word, COLUMNS) for word in where]
    except ValueError as error:
        raise OptionError(f"--where: {error}") from None


class RunList:
    """The rows of several runs, which their owner refreshes.

    Args:
        clock: The time in unix seconds.
        examine: Gives the examination of a run, which may be shared.

    Attributes:
        is_complete: Whether every row of the last call of `rows` had its verdict, and its series if it had values.
    """

    def __init__(self, clock: Callable[[], float] = time.time,
                 examine: Callable[[ExperimentLoader], Examination] | None = None) -> None:
        self._clock = clock
        self._examine = examine or (lambda run: Examination(run, clock))
        self._listed: dict[str, _ListedRun] = {}
        self._settings: tuple[list[Mapping[str, Any]], list[dict[str, Any]]] = [], []
        self._differing: tuple[object, list[tuple[tuple[str, str], ...]]] = None, []  # settings of all, those of each
        self.is_complete = True

    def rows(self, runs: Mapping[str, ExperimentLoader], where: Sequence[Filter] = (), *,
             shown: Sequence[str] = (), colours: Mapping[str, str] | None = None, anew: bool = True,
             values: bool = True, seconds: float = math.inf) -> tuple[RunRow, ...]:  # fmt: skip
        """A row for each run that meets the conditions: those with problems first, the others in their order.

        Args:
            runs: name -> run.
            where: The conditions.
            shown: The runs whose curves are drawn.
            colours: name -> colour of the curves.
            anew: Ask every run for its state; otherwise a run without new rows is asked only now and then.
            values: Also give the values of each run, for a user who looks at the list.
            seconds: The time for the details of runs that have none yet, at least of one of them: the verdict, and with
                values the series.
        """
        for gone in self._listed.keys() - runs.keys():
            del self._listed[gone]
        settings = self.settings(runs)
        now, rows, newly = self._clock(), [], 0
        self.is_complete = True
        for (name, run), differing in zip(runs.items(), self._differing_settings(), strict=True):
            listed = self._listed.get(name)
            if listed is None or listed.run is not run:
                listed = self._listed[name] = _ListedRun(name, run, self._examine(run))
            had_details, began = listed.has_details(values=values), time.perf_counter()
            row = listed.row(now, anew=anew, values=values, details=seconds > 0 or newly == 0)
            self.is_complete &= listed.has_details(values=values)
            if not had_details and listed.has_details(values=values):
                newly, seconds = newly + 1, seconds - (time.perf_counter() - began)
            if all(condition.meets(listed.facts(row, settings[name])) for condition in where):
                rows.append(listed.with_looks(row, differing, name in shown, (colours or {}).get(name, "")))
        return tuple(sorted(rows, key=lambda row: -row.severity))

    def meeting(self, runs: Mapping[str, ExperimentLoader], where: Sequence[Filter]) -> list[str]:
        """The names of the runs that meet the conditions, in their order."""
        kept = {row.name for row in self.rows(runs, where)} if where else runs.keys()
        return [name for name in runs if name in kept]

    def settings(self, runs: Mapping[str, ExperimentLoader]) -> dict[str, dict[str, Any]]:
        """The settings of each run, flat."""
        configs: list[Mapping[str, Any]] = [config_of(run) for run in runs.values()]
        if configs != self._settings[0] or len(runs) != len(self._settings[1]):
            folders = [run.exp_dir.name for run in runs.values()]
            self._settings = configs, settings_of(folders, configs)[0]
        return dict(zip(runs, self._settings[1], strict=True))

    def _differing_settings(self) -> list[tuple[tuple[str, str], ...]]:
        """Of each run the settings in which the runs differ."""
        settings = self._settings[1]
        if self._differing[0] is not settings:
            names = distinguishing_settings(settings)[:_MOST_SETTINGS]
            self._differing = settings, [
                tuple((name.rsplit(".", 1)[-1], wording.setting(of_run[name], _LONGEST_SETTING))
                      for name in names if name in of_run) for of_run in settings]
        return self._differing[1]


class _ListedRun:
    """The state of a run that is kept from one list to the next."""

    def __init__(self, name: str, run: ExperimentLoader, examination: Examination) -> None:
        self.run = run
        self._name = name
        self._examination = examination
        self._track: Track | None = None
        self._made: tuple[object, RunRow] | None = None
        self._has_ended = False
        self._row_at: float | None = None  # the time of the newest row of a running run
        self._looked: tuple[object, float] = None, -math.inf  # the rows at the last look at its state, and its time
        self._has_values = False
        self._is_judged = self._has_series = False
        self._with_looks: tuple[RunRow, object, RunRow] | None = None

    def has_details(self, *, values: bool) -> bool:
        """Whether its verdict is known, and with `values` its series."""
        return self._is_judged and (self._has_series or not values)

    def row(self, now: float, *, anew: bool = True, values: bool = True, details: bool = True) -> RunRow:
        """The run as read last.

        Args:
            now: Unix seconds.
            anew, values: See `RunList.rows`.
            details: Whether to find the verdict and the series even if they were never found before.
        """
        rows, was_judged = self.run.rows_version, self._is_judged
        is_due = (anew or self._made is None or rows != self._looked[0]
                  or not 0 <= now - self._looked[1] < _LOOK_SECONDS)
        lacks_values = values and not (self._has_values and (self._has_series or not details))
        self._is_judged |= details
        self._has_series |= details and values
        if is_due or self._is_judged != was_judged or (lacks_values and not was_judged):
            early = zlib.crc32(self._name.encode()) % 100 / 100 if self._made is None else 0.0  # spread over time
            self._looked = rows, now - early * _LOOK_SECONDS
            self._has_values = values
            with self.run.at_one_moment():
                self._made = self._look()
        elif lacks_values and self._made is not None:
            self._has_values = True
            self._made = None, replace(self._made[1], **self._of_main_metric(self.run.main_metric()))
        assert self._made is not None
        last, made = self._row_at, self._made[1]
        return made if last is None else replace(made, age=max(now - last, 0.0))

    def with_looks(self, row: RunRow, *looks: Any) -> RunRow:
        """A row with its settings, whether it is drawn, and its colour; the same object while nothing of it changes."""
        if self._with_looks is None or self._with_looks[0] is not row or self._with_looks[1] != looks:
            settings, is_shown, colour = looks
            self._with_looks = row, looks, replace(row, settings=settings, is_shown=is_shown, colour=colour)
        return self._with_looks[2]

    def _look(self) -> tuple[object, RunRow]:
        """Look at the state and the values of the run."""
        run = self.run
        state, reason = run.state, run.reason
        self._has_ended = run.ended
        self._row_at = run.pace.last_row_at if run.pace.is_known and not self._has_ended else None
        findings = self._examination.findings() if self._is_judged else ()
        if not (self._is_judged or self._has_values):  # the first look: the curves are seen before all else is known
            return None, RunRow(self._name, str(run.paths[-1]), state.value, "" if reason is None else reason.value)
        version = (sum(table.n_rows for table in run.tables), tuple(map(id, run.tables)), state, reason, findings,
                   self._is_judged, self._has_series,
                   sum(anomaly.count for anomaly in run.anomalies), run.total_steps, run.main_metric(),
                   self._has_values)
        if self._made is not None and self._made[0] == version:
            return self._made
        step, _ = progress_of(run)
        left = time_left(run)
        return version, RunRow(
            self._name, str(run.paths[-1]), state.value, reason.value if reason is not None else "", step,
            run.total_steps, None if left is None else left.seconds,
            verdict=self._examination.verdict(findings).value if self._is_judged else Verdict.UNKNOWN.value,
            problem=wording.clipped(describe_problems(run, findings, self._examination.checkup.axis), _LONGEST_PROBLEM),
            **(self._of_main_metric(run.main_metric()) if self._has_values else {}),
        )

    def facts(self, row: RunRow, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Everything that conditions can ask: the newest values of the metrics, the settings, and the columns of the
        list, which win, as in `livemon ls`."""
        values = last_values(self.run, None)
        return {**values, **self.run.origin, **settings, "run": row.name, "name": row.name, "path": row.path,
                "format": self.run.format, "state": row.state, "reason": row.reason or None, "verdict": row.verdict,
                "steps": row.step, "metric": row.metric or None, "main": row.metric or None, "final": row.last,
                "best": row.best, "age": row.age, "problems": row.problem}

    def _of_main_metric(self, name: str | None) -> dict[str, Any]:
        """The fields of a row about the main metric."""
        if name is None:
            return {}
        run = self.run
        better = run.direction(name)
        column = run.x_column()
        axis = Axis(column, "row" if column is None else "step")
        source = MetricSource(name, axis, find_writers(run.tables, column))
        if self._track is None or self._track.source != source:
            self._track = Track(name, source)
        track = self._track
        track.read(run.tables)
        if track.last is None or track.x_low is None or track.x_high is None:
            return {"metric": name, "better": better or ""}
        series: tuple[float, ...] = ()
        if self._has_series:
            curve = track.curve_at(x_limits(track.x_low, track.x_high, self._has_ended), 2 * _SERIES, None, False, True)
            series = _evenly(*curve.main_line())
        best = track.best(meaning.higher_is_better(better))
        return {"metric": name, "better": better or "", "last": track.last[1],
                "best": None if best is None else best[1], "best_step": None if best is None else best[0],
                "series": series}


def _evenly(x: Array, y: Array) -> tuple[float, ...]:
    """The last value in each of a few equal parts of x; NaN if there is none."""
    kept = np.isfinite(y)
    x, y = x[kept], y[kept]
    if not len(x):
        return ()
    width = float(x[-1] - x[0])
    parts = np.zeros(len(x), np.int64) if width <= 0 else np.minimum(
        ((x - x[0]) / width * _SERIES).astype(np.int64), _SERIES - 1)
    values = np.full(_SERIES if width > 0 else 1, math.nan)
    values[parts] = y  # the last of several in one part wins
    return tuple(values.tolist())
