"""Several runs and a lens -> the board: overlaid curves, groups with bands, or one run alone; and the list of runs if
the lens asks for it.

One `RunsMaker` lives as long as a view.
"""

from __future__ import annotations

import math
import operator
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from livemon import wording
from livemon.analysis.run_set.labels import kept_labels, short_labels
from livemon.analysis.run_set.settings import distinguishing_settings
from livemon.analysis.statistics.groups import find_groups, shares_all
from livemon.boards.dashboard import BoardMaker
from livemon.boards.events import events_of
from livemon.boards.grouped_overlay import GroupedOverlay
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.lens_marks import with_mark, zoomed_in_words
from livemon.boards.model import Board, Colour, Header, Notice, Panel, SettingRow
from livemon.boards.panel_words import more_panels
from livemon.boards.ranking import ranking
from livemon.boards.run_list import RunList, conditions
from livemon.boards.run_row import RunRow
from livemon.boards.runs_health import RunHealth, notices_of_runs
from livemon.boards.runs_overlay import OverlaidRuns, RunsOverlay
from livemon.boards.settings_table import settings_table
from livemon.curves.limits import Limits, grown_limits
from livemon.health.examination import Examination
from livemon.health.finding import Severity, Verdict
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State

__all__ = ["RunsMaker", "RunsSource"]

_ROWS_SECONDS = 1.0  # between two looks at the states of all runs, at least
_ROWS_REST = 20.0  # times as long as a look took: with hundreds of runs it must not delay each new point
_MOST_NAMED = 3  # runs with problems
_MOST_SIDE_BY_SIDE = 20  # runs whose settings are on a board even if the list of runs is closed
_LOG_FROM = 30.0  # the ratio of the highest to the lowest best value
_FILLED = 0.4  # of the axis of best values, at least: the smaller, the more rarely it changes
_MOST_CHOICES = 8  # choices of runs whose panel of best values is kept
_STATES = ("running", "waiting", "stalled", "unknown", "failed", "stopped", "finished")  # the first that any run has


class RunsSource(Protocol):
    """The source of the runs."""

    def given(self) -> list[str]:
        """The names of the runs with which the view was opened, in order; there may be more later."""

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        """The runs that can be drawn and listed through a lens, by name, as read last."""

    @property
    def standings(self) -> object:
        """A value that stays the same while no run's state is known to have changed."""

    @property
    def are_over(self) -> bool:
        """Whether all runs are known to have ended."""

    @property
    def are_all_read(self) -> bool:
        """Whether there are no known runs that `runs` will only give later, after reading them."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a list of runs, made at a time in unix seconds. `what`: the runs and their states."""

    what: object
    at: float
    rows: tuple[RunRow, ...]
    are_complete: bool


class RunsMaker:
    """Makes the boards of several runs.

    Args:
        source: The source of the runs.
        lens: The lens of the view.
        clock: The time in unix seconds.
        examination: Gives the examination of a run, which is shared.

    Attributes:
        judging_seconds: The time that a board may take for judging runs for the first time; the next boards continue.
            The first board, and the first one with the list, which somebody waits for, judge one run.

    Raises:
        OptionError: The lens is not valid.
    """

    def __init__(self, source: RunsSource, lens: Lens | None = None, clock: Callable[[], float] = time.time,
                 examination: Examination | None = None) -> None:
        self.judging_seconds = math.inf
        self.lens = lens or Lens()
        self._source = source
        self._clock = clock
        self._where = conditions(self.lens.where)
        self._list = RunList(clock, self._examine)
        self._examinations = {} if examination is None else {id(examination.run): examination}
        self._rows: dict[tuple[tuple[str, ...], bool], _Rows] = {}  # conditions, whether with values -> the last rows
        self._rows_of_what: object = None  # the runs and their states
        self._rows_rest = _ROWS_SECONDS
        self._paths: dict[str, tuple[ExperimentLoader, object, str]] = {}  # run -> its rows, its path
        self._rows_listed: dict[str, tuple[RunRow, object, RunRow]] = {}  # run -> its row, what is drawn of it, both
        self._overlay = RunsOverlay()
        self._groups = GroupedOverlay()
        self._makers: dict[str, BoardMaker] = {}
        self._looked: dict[str, Lens] = {}  # the last lens of each run's own board
        self._table: tuple[dict[str, dict[str, Any]], tuple[SettingRow, ...]] | None = None  # the settings
        self._ranked: dict[Lens, tuple[object, Panel]] = {}  # choice of runs -> what its best values are, their panel
        self._named: tuple[dict[str, dict[str, Any]], dict[str, str]] | None = None  # run -> its settings, its label
        self._named_with: Sequence[RunRow] = ()
        self._noticed: tuple[Sequence[RunRow], object, tuple[Notice, ...]] = (), None, ()  # rows, labels, notices

    def set_lens(self, lens: Lens) -> None:
        """Use another lens from the next board on.

        Raises:
            OptionError: The lens makes no sense for these runs; the previous one stays.
        """
        where = conditions(lens.where)
        runs = self._source.runs(lens)
        shown = lens.runs_shown(self._source.given(), list(runs))
        if (alone := self._opened(shown, lens)) is not None:
            self._maker(alone, runs[alone]).set_lens(lens)
            self._looked[alone] = lens
        elif shown:
            self._overlay.read({run: runs[run] for run in shown}, lens, self._clock())
            self._find_groups(shown, runs, lens)
        self.lens, self._where = lens, where

    @np.errstate(over="ignore", invalid="ignore")  # for values at the limits of a float64
    def dashboard(self, now: float | None = None) -> Board:
        """The board. `now` in unix seconds; None: for a saved picture, with everything that is new."""
        lens, runs = self.lens, self._source.runs(self.lens)
        shown = lens.runs_shown(self._source.given(), list(runs))
        rows: tuple[RunRow, ...] = ()
        if lens.run_list or self._where or self._opened(shown, lens) is None:
            rows = self._rows_of(runs, now)
            listed_names = {row.name for row in rows}
            shown = [run for run in shown if run in listed_names]
        if (alone := self._opened(shown, lens)) is not None:
            maker = self._maker(alone, runs[alone])
            if self._looked.get(alone) != lens:  # which the maker may complete
                maker.set_lens(lens)
                self._looked[alone] = lens
            board = maker.dashboard(now)
            colours: Mapping[str, Colour] = {}
        else:
            board, colours = self._several(shown, runs, rows, now)
        board = self._with_settings(board, runs, list(runs) if lens.run_list else shown)
        board = replace(board, paths=tuple(self._path_of(run, runs[run]) for run in shown),
                        is_complete=not rows or (self._are_complete() and self._source.are_all_read))
        if not lens.run_list:
            return board
        return replace(board, runs=self._listed(rows, set(shown), colours))

    def _path_of(self, name: str, run: ExperimentLoader) -> str:
        """The path of a run, which changes only together with its tables."""
        rows, known = run.rows_version, self._paths.get(name)
        if known is None or known[0] is not run or known[1] is not rows:
            known = self._paths[name] = run, rows, str(run.paths[-1])
        return known[2]

    def _listed(self, rows: Sequence[RunRow], shown: Collection[str], colours: Mapping[str, Colour]
                ) -> tuple[RunRow, ...]:
        """The rows with what is drawn of their runs; a row stays the same object while nothing of it changes."""
        before, self._rows_listed = self._rows_listed, {}
        for row in rows:
            looks = row.name in shown, colours.get(row.name, "")
            known = before.get(row.name)
            if known is None or known[0] is not row or known[1] != looks:
                known = row, looks, replace(row, is_shown=looks[0], colour=looks[1])
            self._rows_listed[row.name] = known
        return tuple(listed for *_, listed in self._rows_listed.values())

    def with_clock(self, board: Board, now: float) -> Board:
        """The same board with a header that says how long ago the newest row came; `now` in unix seconds."""
        runs = self._source.runs(self.lens)
        shown = self.lens.runs_shown(self._source.given(), list(runs))
        if (alone := self._opened(shown, self.lens)) is not None and alone in self._makers:
            return self._makers[alone].with_clock(board, now)
        known = sorted(((at, run) for run in shown if (at := runs[run].pace.last_row_at) is not None), reverse=True)
        last = next((at for at, run in known if not runs[run].ended), None)
        age = "" if last is None else f"row {wording.duration(max(now - last, 0.0))} ago"
        return replace(board, header=replace(board.header, age=age))

    def _with_settings(self, board: Board, runs: Mapping[str, ExperimentLoader], listed: Sequence[str]) -> Board:
        """The board with the settings of these runs, if they are few or the list is open."""
        if len(listed) > _MOST_SIDE_BY_SIDE and not self.lens.run_list:
            return board
        known = self._list.settings(runs)
        settings = {run: known[run] for run in listed}
        if self._table is None or self._table[0] != settings:
            self._table = settings, settings_table(list(settings.values()))
        return replace(board, settings=self._table[1], settings_of=tuple(settings))

    def _opened(self, shown: Sequence[str], lens: Lens) -> str | None:
        """The run that is shown like a view of its own: it was opened, or is the only one."""
        is_opened = len(lens.runs) == 1 and lens.alone_run is None
        return shown[0] if len(shown) == 1 and (is_opened or len(self._source.given()) == 1) else None

    def _maker(self, name: str, run: ExperimentLoader) -> BoardMaker:
        maker = self._makers.get(name)
        if maker is None or maker.run is not run:
            maker = self._makers[name] = BoardMaker(run, self.lens, self._examine(run))
            self._looked[name] = self.lens
        return maker

    def _examine(self, run: ExperimentLoader) -> Examination:
        """The examination of a run, shared by the list and its own board."""
        known = self._examinations.get(id(run))
        if known is None or known.run is not run:
            known = self._examinations[id(run)] = Examination(run, self._clock)
        return known

    def _rows_of(self, runs: Mapping[str, ExperimentLoader], now: float | None) -> tuple[RunRow, ...]:
        """The rows of all runs that meet the conditions; states are asked for once a second."""
        what, at = (tuple(runs), self._source.standings), self._clock()
        anew = now is None or self._rows_of_what != what
        self._rows_of_what = what
        key = self._key_of_rows
        known = self._rows.get(key)
        if now is None or known is None or known.what != what or not 0 <= at - known.at < self._rows_rest:
            seconds = self.judging_seconds
            if now is None or self._where:  # conditions may ask for a verdict, and a saved picture shows all of them
                seconds = math.inf
            elif known is None and math.isfinite(seconds):
                seconds = 0.0  # the curves, or the names, are seen first
            began = time.perf_counter()
            rows = self._list.rows(runs, self._where, anew=anew, values=key[1], seconds=seconds)
            is_complete = self._list.is_complete
            took = time.perf_counter() - began if is_complete else 0.0
            self._rows_rest = max(_ROWS_SECONDS, _ROWS_REST * took)
            self._rows.pop(key, None)
            self._rows[key] = known = _Rows(what, at, rows, is_complete)
            for old in list(self._rows)[:-_MOST_CHOICES]:
                del self._rows[old]
        return known.rows

    @property
    def _key_of_rows(self) -> tuple[tuple[str, ...], bool]:
        """The choice of rows of the present lens; without a list and conditions nobody reads their values."""
        return self.lens.where, bool(self.lens.run_list or self._where)

    def _are_complete(self) -> bool:
        rows = self._rows.get(self._key_of_rows)
        return rows is not None and rows.are_complete

    # The overlay ------------------------------------------------------------------------------------------------------

    def _several(self, shown: Sequence[str], runs: Mapping[str, ExperimentLoader], rows: Sequence[RunRow],
                 now: float | None) -> tuple[Board, Mapping[str, Colour]]:
        """The board of several runs, and the colours of those that have their own."""
        lens, labels = self.lens, self._labels(runs, rows)
        now = None if self._source.are_over else now  # the last picture shows every point
        drawn = {run: runs[run] for run in shown}
        here = [row for row in rows if row.name in drawn]
        are_still = all(State(row.state).is_still for row in here if row.step is not None)
        seen = self._overlay.read(drawn, lens, now, are_still=are_still) if drawn else None
        if seen is None:
            return self._empty(here, lens), {}
        hidden = [run for run in lens.hidden_runs if run in runs and run not in shown]
        groups = self._find_groups(seen.names, runs, lens)
        if has_no_groups := groups is not None and _tells_no_groups(groups, lens):
            groups = None  # bands of single runs would add nothing, and hide the runs
        if groups is None:
            panels, left_out = self._overlay.panels(seen, lens, labels, hidden)
            colours: Mapping[str, Colour] = self._overlay.colours
        else:
            panels, left_out = self._groups.panels(seen, lens, groups)
            colours = {run: colour for label, members in groups.items() for run in members
                       if (colour := self._groups.colours.get(label)) is not None}
        large = lens.large is not None and len(panels) == 1
        if not (large or lens.run_list):
            panels[1:1] = self._ranking(seen, labels, colours, groups)
        board = Board(
            self._title(seen, groups), self._header(here, seen, labels, lens, has_no_groups=has_no_groups), tuple(
                with_mark(_spread(panels, large), lens, seen.unit, seen.x_label)),
            self._headline(seen, labels, colours, groups), columns=1 if large else 3, left_out=left_out,
            hint=self._hint(left_out, lens), notices=self._notices(here, runs, labels), lens=lens, axes=seen.axes,
            x_kind=seen.x_kind, x_whole=seen.limits, x_unit=seen.unit, events=events_of(panels),
            labels={run: label for run, label in labels.items() if label != run})
        return board, colours

    def _empty(self, rows: Sequence[RunRow], lens: Lens) -> Board:
        """An empty board that says why it is empty."""
        message = "waiting for the first row" if rows else "no run meets the conditions" if lens.where else (
            "no run is shown")
        panel = Panel("waiting", "runs", (0.0, 1.0), (0.0, 1.0), message=message, span=3)
        title = _count(len(rows))
        return Board(title, Header(title, _state_of(rows)), (panel,), lens=lens, hint=self._hint(0, lens))

    def _labels(self, runs: Mapping[str, ExperimentLoader], rows: Sequence[RunRow]) -> dict[str, str]:
        """run -> a short name: the settings in which the runs differ, else the parts of the names that do. A run keeps
        the name under which it was shown when further runs join. The settings are read again when the rows change."""
        if self._named is not None and rows and self._named_with is rows:
            return self._named[1]
        self._named_with = rows
        settings = self._list.settings(runs)
        if self._named is None or self._named[0] != settings:
            differing = distinguishing_settings(list(settings.values()))
            short = short_labels(list(runs), [{key: value for key, value in of_run.items() if key in differing}
                                              for of_run in settings.values()])
            known, before = self._named or ({}, {})
            new_settings = [run for run in known if settings.get(run) != known[run]]
            labels = kept_labels(before, dict(zip(runs, short, strict=True)), new_settings)
            self._named = settings, labels
        return self._named[1]

    def _find_groups(self, names: Sequence[str], runs: Mapping[str, ExperimentLoader], lens: Lens
                     ) -> dict[str, list[str]] | None:
        if lens.group_by is None:
            return None
        settings = self._list.settings(runs)
        try:
            return find_groups({run: settings[run] for run in names}, lens.group_by)
        except ValueError as error:
            raise OptionError(f"--group-by: {error}") from None

    def _headline(self, seen: OverlaidRuns, labels: Mapping[str, str], colours: Mapping[str, Colour],
                  groups: Mapping[str, Sequence[str]] | None) -> tuple[str, str, Colour] | None:
        """The best value of the main metric in large letters, and its run; for groups the best mean."""
        if groups is None or seen.main is None or not (best := _best_of_groups(seen, groups)):
            return RunsOverlay.headline(seen, labels, colours)
        label, value = best[0]
        count = sum(run in seen.best for run in groups[label])
        mean = f", mean of {count} runs" if count > 1 else ""
        return (f"best {wording.headline(seen.main, value, seen.rising)}", f"{label}{mean}",
                self._groups.colours.get(label, "blue"))

    def _ranking(self, seen: OverlaidRuns, labels: Mapping[str, str], colours: Mapping[str, Colour],
                 groups: Mapping[str, Sequence[str]] | None) -> list[Panel]:
        """The best values of the runs as rows, the best first; for groups the mean of their runs' best values."""
        if seen.main is None or seen.rising is None or len(seen.best) < 2:
            return []
        if groups is None:
            best = [(labels.get(run, run), seen.best[run][1]) for run in seen.ranked]
            of_labels = {labels.get(run, run): colour for run, colour in colours.items()}
        else:
            best, of_labels = _best_of_groups(seen, groups), dict(self._groups.colours)
        title = f"best {seen.main}" if groups is None else f"best {seen.main}, group means"
        made_of, choice = (title, best, of_labels, seen.rising), self.lens.choice_of_runs()
        before = self._ranked.pop(choice, None)
        if before is None or before[0] != made_of:
            limits = None if before is None else before[1].row_limits
            before = made_of, _ranking_of(title, best, seen, of_labels, limits)
        self._ranked[choice] = before
        for old in list(self._ranked)[:-_MOST_CHOICES]:
            del self._ranked[old]
        return [before[1]]

    # Words ------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _title(seen: OverlaidRuns, groups: Mapping[str, Sequence[str]] | None) -> str:
        title = _count(len(seen.names))
        if groups is None:
            return title
        return f"{title} in {len(groups)} group{'s' * (len(groups) != 1)}"

    def _header(self, rows: Sequence[RunRow], seen: OverlaidRuns, labels: Mapping[str, str], lens: Lens,
                *, has_no_groups: bool) -> Header:
        state, counts = _state_of(rows), Counter(row.standing for row in rows)
        ages = [row.age for row in rows if row.age is not None]
        sick = [f"{labels.get(row.name, row.name)}: {row.problem}" for row in rows if row.severity and row.problem]
        problems = [*sick[:_MOST_NAMED], *([f"{len(sick) - _MOST_NAMED} more with problems"]
                                           if len(sick) > _MOST_NAMED else [])]
        if seen.not_over:
            problems.append(f"not over {lens.x}: {wording.listed([labels.get(run, run) for run in seen.not_over])}")
        progress = [f"over {seen.x_label}"]
        if counts.keys() != {state}:
            progress.insert(0, ", ".join(f"{count} {standing}" for standing, count in counts.most_common()))
        if has_no_groups:
            progress.append("no groups: no two runs differ by the seed alone")
        return Header(_count(len(rows)), state, progress=tuple(progress),
                      age=f"row {wording.duration(min(ages))} ago" if ages else "", problems=tuple(problems),
                      zoomed=zoomed_in_words(lens, seen.stretch(lens), seen.limits, seen.x_label))

    @staticmethod
    def _hint(left_out: int, lens: Lens) -> str:
        parts = [more_panels(left_out)] if left_out and lens.large is None else []
        parts += [f"hidden: {wording.listed(list(lens.hidden))}"] if lens.hidden else []
        parts += [f"only {lens.select!r}"] if lens.select else []
        parts += [f"only runs with {' '.join(lens.where)}"] if lens.where else []
        return " · ".join(parts)

    def _notices(self, rows: Sequence[RunRow], runs: Mapping[str, ExperimentLoader], labels: Mapping[str, str]
                 ) -> tuple[Notice, ...]:
        """The findings about the runs, updated once a second with the rows."""
        known, words, notices = self._noticed
        if words is not labels or len(known) != len(rows) or any(map(operator.is_not, known, rows)):
            notices = self._find_notices(rows, runs, labels)
            self._noticed = rows, labels, notices
        return notices

    def _find_notices(self, rows: Sequence[RunRow], runs: Mapping[str, ExperimentLoader], labels: Mapping[str, str]
                      ) -> tuple[Notice, ...]:
        health = {}
        for row in rows:
            if row.severity:
                findings = tuple(finding for finding in self._examine(runs[row.name]).findings()
                                 if finding.severity is not Severity.INFO)
                health[row.name] = RunHealth(Verdict(row.verdict), row.problem, findings)
        return notices_of_runs(health, labels, None)


def _ranking_of(title: str, best: Sequence[tuple[str, float]], seen: OverlaidRuns, colours: Mapping[str, Colour],
                before: Limits | None) -> Panel:  # fmt: skip
    """The panel of best values. `before`: the limits of its axis so far, which stays still while values improve a
    little."""
    assert seen.main is not None
    panel = ranking(title, best, seen.main, seen.rising, colours, key="best runs")
    low, high = min(value for _, value in best), max(value for _, value in best)
    if low > 0 and high > _LOG_FROM * low:
        return panel  # a view gives it a logarithmic axis
    return replace(panel, row_limits=grown_limits((low, high), before, False, filled=_FILLED))


def _best_of_groups(seen: OverlaidRuns, groups: Mapping[str, Sequence[str]]) -> list[tuple[str, float]]:
    """Each group with the mean of its runs' best values of the main metric, the best group first."""
    values = {label: [seen.best[run][1] for run in members if run in seen.best] for label, members in groups.items()}
    means = {label: sum(of_group) / len(of_group) for label, of_group in values.items() if of_group}
    return [] if seen.rising is None else sorted(means.items(), key=lambda mean: mean[1], reverse=seen.rising)


def _tells_no_groups(groups: Mapping[str, Sequence[str]], lens: Lens) -> bool:
    """Whether groups by seed were asked for, but no runs differ only by the seed."""
    return (lens.group_by is not None and shares_all(lens.group_by) and len(groups) > 1
            and all(len(members) == 1 for members in groups.values()))


def _count(runs: int) -> str:
    return f"{runs:,} run{'s' * (runs != 1)}"


def _state_of(rows: Sequence[RunRow]) -> str:
    """The common state of several runs: running as long as any of them is."""
    there = {row.state for row in rows}
    return next((state for state in _STATES if state in there), "unknown")


def _spread(panels: Sequence[Panel], large: bool) -> list[Panel]:
    """The panels with spans that fill rows of three: the first two have a row, and the last panel fills its own."""
    if large or not panels:
        return list(panels)
    has_rows = len(panels) > 1 and bool(panels[1].rows)
    behind = len(panels) - (2 if has_rows else 1)
    spans = [2, 1] if has_rows else [3]
    spans += [1] * (behind - 1) + ([1 + -behind % 3] if behind else [])
    return [panel if panel.span == span else replace(panel, span=span) for panel, span in zip(panels, spans,
                                                                                              strict=True)]
