"""A run among several that lie over each other, kept from one board to the next: what the others' board needs of it is
found again only when the run has new rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from livemon.boards.lens.value import Lens
from livemon.boards.run_tracks import Run, RunTracks
from livemon.curves.limits import Limits
from livemon.tables import names

__all__ = ["KINDS", "OverlaidRun", "RunFacts", "SharedFacts"]

KINDS = ("step", "epoch", "time")
_ASK_SECONDS = 1.0  # between two questions for the state of a run without new rows
_MOST_VIEWS = 4  # choices of metrics: several users may look at a run, each through a lens of their own


class RunFacts:
    """What rarely changes while a run grows. The object stays the same while all of it does.

    Attributes:
        tracks: The tracks of the run. generation: see `RunTracks`.
        metrics: Its metrics that have points.
        main, rising: Its main metric, and whether more of it is better.
        axes: Those of step, epoch and time that it has.
    """

    def __init__(self, tracks: RunTracks, metrics: tuple[str, ...]) -> None:
        self.tracks = tracks
        self.generation = tracks.generation
        self.metrics = metrics
        self.main, self.rising = tracks.main(metrics)
        self.axes = tuple(kind for kind in KINDS if tracks.run.x_column(kind))

    def says_the_same_as(self, other: RunFacts) -> bool:
        """Whether the other object can be kept instead of this one."""
        return vars(self) == vars(other)


class _View:
    """A run as read last through a choice of metrics."""

    def __init__(self, rows: object, facts: RunFacts) -> None:
        self.rows = rows
        self.generation, self.time_unit = facts.generation, facts.tracks.time_unit
        self.facts = facts
        drawn = [facts.tracks.tracks[metric] for metric in facts.metrics]
        lows = [track.x_low for track in drawn if track.x_low is not None]
        highs = [track.x_high for track in drawn if track.x_high is not None]
        self.limits: Limits | None = (min(lows), max(highs)) if lows else None


class OverlaidRun:
    """A run over an axis, through any choice of metrics.

    Args:
        run: The run; its owner refreshes it.
        lens: The lens; it decides on the axis.

    Attributes:
        tracks: Its tracks over the axis.
        read_at, asked_at: When it was last read, and asked for its state, in unix seconds.
        facts: See `RunFacts`, as of the last `is_read` or `read`.
        limits: The lowest and the highest x of its points; None without points.

    Raises:
        OptionError: The lens makes no sense for this run.
    """

    def __init__(self, run: Run, lens: Lens) -> None:
        self.tracks = RunTracks(run, lens)
        self.read_at = self.asked_at = -math.inf
        self._asked_with: object = None  # its rows when it was asked for its state
        self._views: dict[tuple[str | None, str | None], _View] = {}
        self.facts: RunFacts
        self.limits: Limits | None = None

    def is_read(self, lens: Lens, *, may_be_older: bool = False) -> bool:
        """Whether the run has been read through the lens since it had its last new row. `may_be_older`: at any time."""
        tracks, view = self.tracks, self._views.get((lens.metric, lens.select))
        if view is None or view.generation != tracks.generation or view.time_unit != tracks.time_unit:
            return False
        if not may_be_older and view.rows != tracks.run.rows_version:
            return False
        self.facts, self.limits = view.facts, view.limits
        return True

    def read(self, now: float | None) -> None:
        """Read what is new, through the lens of `tracks`. `now` in unix seconds; None: never mind the time.

        Raises:
            OptionError: The run does not have this axis.
        """
        tracks, rows = self.tracks, self.tracks.run.rows_version
        key = tracks.lens.metric, tracks.lens.select
        metrics = tuple(metric for metric in tracks.read_metrics() if tracks.tracks[metric].count)
        facts, before = RunFacts(tracks, metrics), self._views.pop(key, None)
        if before is not None and facts.says_the_same_as(before.facts):
            facts = before.facts
        view = self._views[key] = _View(rows, facts)
        for old in list(self._views)[:-_MOST_VIEWS]:
            del self._views[old]
        self.facts, self.limits = view.facts, view.limits
        self.read_at = -math.inf if now is None else now

    def has_ended(self, now: float | None) -> bool:
        """Whether the run has ended. It is asked again if it has new rows, or after a second. `now`: see `read`."""
        rows = self.tracks.run.rows_version
        if now is None or rows != self._asked_with or not 0 <= now - self.asked_at < _ASK_SECONDS:
            self.tracks.ask_how_it_stands()
            self._asked_with, self.asked_at = rows, -math.inf if now is None else now
        return self.tracks.ended

    @property
    def was_asked(self) -> bool:
        """Whether it was ever asked for its state."""
        return self._asked_with is not None


class SharedFacts:
    """The facts about several runs, found again only if those of one of them have changed.

    Attributes:
        names: The runs that have points, in drawing order.
        metrics: metric -> run -> the run's spelling, for the metrics with points, in the order of the first run that
            has them.
        main, rising: The main metric of most runs, by its common name, and whether more of it is better; None if
            unknown.
        axes: Those of step, epoch and time that all of them have.
        of: run -> its tracks.
        of_main: run -> its points of the main metric.
    """

    def __init__(self, each: Mapping[str, RunFacts]) -> None:
        self.names = tuple(run for run, facts in each.items() if facts.metrics)
        self.metrics = _metrics_of_all({run: each[run].metrics for run in self.names})
        self.main, self.rising = self._main([(run, each[run]) for run in self.names])
        self.axes = [kind for kind in KINDS if all(kind in each[run].axes for run in self.names)]
        self.of = {run: facts.tracks for run, facts in each.items()}
        self.of_main = {run: self.of[run].tracks[own] for run, own in self.metrics.get(self.main or "", {}).items()}
        self._each = tuple(each), tuple(each.values())

    def are_of(self, each: Mapping[str, RunFacts]) -> bool:
        """Whether these are the facts about these runs."""
        return self._each == (tuple(each), tuple(each.values()))

    def _main(self, each: Sequence[tuple[str, RunFacts]]) -> tuple[str | None, bool | None]:
        most = names.main_metric_of_most(facts.main for _, facts in each)
        main = next((name for name, spelling in self.metrics.items()
                     if most in (name, names.well_known(name), *spelling.values())), None)
        rising = next((facts.rising for run, facts in each if main is not None
                       and facts.main == self.metrics[main].get(run) and facts.rising is not None), None)
        return main, rising


def _metrics_of_all(known: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """See `SharedFacts.metrics`. `known`: run -> its metrics that have points."""
    union: dict[str, dict[str, str]] = {}
    usual: dict[str, str] = {}  # well-known name -> its spelling in the union
    for run, metrics in known.items():
        for metric in metrics:
            name = metric if metric in union else usual.get(names.well_known(metric), metric)
            name = metric if run in union.get(name, {}) else name
            union.setdefault(name, {})[run] = metric
            usual.setdefault(names.well_known(name), name)
    return union
