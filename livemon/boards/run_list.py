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
        are_all_judged: Whether every run was judged at the last call of `rows`.
    """

    def __init__(self, clock: Callable[[], float] = time.time,
                 examine: Callable[[ExperimentLoader], Examination] | None = None) -> None:
        self._clock = clock
        self._examine = examine or (lambda run: Examination(run, clock))
        self._listed: dict[str, _ListedRun] = {}
        self._settings: tuple[list[Mapping[str, Any]], list[dict[str, Any]]] = [], []
        self.are_all_judged = True

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
            seconds: The time for judging runs for the first time, at least one of them; the others have no verdict yet.
        """
        for gone in self._listed.keys() - runs.keys():
            del self._listed[gone]
        settings = self.settings(runs)
        differing = distinguishing_settings(list(settings.values()))[:_MOST_SETTINGS]
        now, rows, newly_judged = self._clock(), [], 0
        for name, run in runs.items():
            listed = self._listed.get(name)
            if listed is None or listed.run is not run:
                listed = self._listed[name] = _ListedRun(name, run, self._examine(run))
            was_judged, began = listed.is_judged, time.perf_counter()
            row = listed.row(now, anew=anew, values=values, judges=seconds > 0 or newly_judged == 0)
            if listed.is_judged and not was_judged:
                newly_judged, seconds = newly_judged + 1, seconds - (time.perf_counter() - began)
            if all(condition.meets(listed.facts(row, settings[name])) for condition in where):
                differs = tuple((key.rsplit(".", 1)[-1], wording.setting(settings[name][key], _LONGEST_SETTING))
                                for key in differing if key in settings[name])
                colour = (colours or {}).get(name, "")
                rows.append(replace(row, settings=differs, is_shown=name in shown, colour=colour))
        self.are_all_judged = all(listed.is_judged for listed in self._listed.values())
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


class _ListedRun:
    """The state of a run that is kept from one list to the next."""

    def __init__(self, name: str, run: ExperimentLoader, examination: Examination) -> None:
        self.run = run
        self._name = name
        self._examination = examination
        self._track: Track | None = None
        self._made: tuple[object, RunRow] | None = None
        self._row_at: float | None = None  # the time of the newest row of a running run
        self._looked: tuple[object, float] = None, -math.inf  # the rows at the last look at its state, and its time
        self._has_values = False
        self.is_judged = False

    def row(self, now: float, *, anew: bool = True, values: bool = True, judges: bool = True) -> RunRow:
        """The run as read last.

        Args:
            now: Unix seconds.
            anew, values: See `RunList.rows`.
            judges: Whether to judge the run even if it was never judged before.
        """
        rows, judges_now = self.run.rows_version, judges and not self.is_judged
        if (anew or judges_now or (values and not self._has_values) or self._made is None or rows != self._looked[0]
                or not 0 <= now - self._looked[1] < _LOOK_SECONDS):
            self.is_judged |= judges
            early = zlib.crc32(self._name.encode()) % 100 / 100 if self._made is None else 0.0  # spread over time
            self._looked = rows, now - early * _LOOK_SECONDS
            self._has_values = values
            with self.run.at_one_moment():
                self._made = self._look()
        last = self._row_at
        return replace(self._made[1], age=None if last is None else max(now - last, 0.0))

    def _look(self) -> tuple[object, RunRow]:
        """Look at the state and the values of the run."""
        run = self.run
        state, reason = run.state, run.reason
        self._row_at = run.pace.last_row_at if run.pace.is_known and not run.ended else None
        findings = self._examination.findings() if self.is_judged else ()
        if not (self.is_judged or self._has_values):  # the first look: the curves are seen before all else is known
            return None, RunRow(self._name, str(run.paths[-1]), state.value, "" if reason is None else reason.value)
        version = (sum(table.n_rows for table in run.tables), tuple(map(id, run.tables)), state, reason, findings,
                   self.is_judged, sum(anomaly.count for anomaly in run.anomalies), run.total_steps, run.main_metric(),
                   self._has_values)
        if self._made is not None and self._made[0] == version:
            return self._made
        step, _ = progress_of(run)
        left = time_left(run)
        return version, RunRow(
            self._name, str(run.paths[-1]), state.value, reason.value if reason is not None else "", step,
            run.total_steps, None if left is None else left.seconds,
            verdict=self._examination.verdict(findings).value if self.is_judged else Verdict.UNKNOWN.value,
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
        curve = track.curve_at(x_limits(track.x_low, track.x_high, run.ended), 2 * _SERIES, None, False, True)
        best = track.best(meaning.higher_is_better(better))
        return {"metric": name, "better": better or "", "last": track.last[1],
                "best": None if best is None else best[1], "best_step": None if best is None else best[0],
                "series": _evenly(*curve.main_line())}


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
