"""Several runs -> the panels with their overlaid curves, while they grow.

A `RunsOverlay` lives as long as a view. It keeps the curves from one board to the next, so that a board costs what is
new. The runs drawn pale in the background are read once a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livemon import wording
from livemon.boards.curve_panel import CurvePanel
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.lens_marks import y_limits_of
from livemon.boards.metric_groups import Group, RunsCurve, group, with_main_in_front, worth_a_panel
from livemon.boards.model import CYCLE, Colour, Dash, HiddenCurve, Mark, Panel
from livemon.boards.overlaid_run import KINDS, OverlaidRun, SharedFacts
from livemon.boards.panel_places import PanelPlaces
from livemon.boards.run_tracks import Run
from livemon.boards.time_unit import is_time, unit_of_time
from livemon.boards.traces import BEST_OF_MANY, FEW
from livemon.boards.tracks import Track
from livemon.curves.limits import Limits, x_limits
from livemon.tables import meaning, names

__all__ = ["OverlaidRuns", "RunsOverlay"]

_LOOK_SECONDS = 1.0  # between two looks at a run in the background, or at one without new rows
_ASKING_SECONDS = 0.02  # of each board, for the states of runs without new rows
_MOST_LOOKS = 8  # views whose y limits are kept
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted", "dashdot")  # for the metrics in one panel, in order


@dataclass(frozen=True)
class OverlaidRuns:
    """The points of the runs for one board.

    Attributes:
        shared: The drawn runs that have points, from back to front, and their metrics.
        best: run -> x and value of its best point of the main metric. The object stays the same while all of it does.
        ranked: The runs with a best value, the best first; in drawing order if the better direction is unknown. The
            object stays the same while `best` does.
        x_label, x_kind, axes, unit: See `Board`.
        limits: The limits of x over all runs.
        newest: The highest x.
        ended: Whether all runs have ended.
        not_over: Runs without the chosen x axis.
    """

    shared: SharedFacts
    best: Mapping[str, tuple[float, float]]
    ranked: Sequence[str]
    x_label: str
    x_kind: str
    axes: tuple[str, ...]
    unit: float
    limits: Limits
    newest: float
    ended: bool
    not_over: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """See `SharedFacts`."""
        return self.shared.names

    @property
    def metrics(self) -> Mapping[str, Mapping[str, str]]:
        """See `SharedFacts`."""
        return self.shared.metrics

    @property
    def main(self) -> str | None:
        """See `SharedFacts`."""
        return self.shared.main

    @property
    def rising(self) -> bool | None:
        """See `SharedFacts`."""
        return self.shared.rising

    def track(self, metric: str, run: str) -> Track | None:
        """The run's points of a metric, or None."""
        own = self.metrics.get(metric, {}).get(run)
        return None if own is None else self.shared.of[run].tracks[own]

    def stretch(self, lens: Lens) -> Limits | None:
        """The limits of the lens's range of x; None for all."""
        if lens.zoom is None:
            return None
        whole = self.limits[0] * self.unit, self.limits[1] * self.unit
        low, high = lens.zoom.within(whole, self.newest * self.unit, self.ended)
        return low / self.unit, high / self.unit


class RunsOverlay:
    """Makes the panels of several runs.

    Attributes:
        colours: run -> the present colour of its curves; those in the background have none.
    """

    def __init__(self) -> None:
        self.colours: dict[str, Colour] = {}
        self._own_colours: dict[str, Colour] = {}  # each run keeps its colour, whoever comes or goes
        self._kept: dict[str, dict[str, OverlaidRun]] = {}  # x -> run -> its points
        self._axes: dict[str, tuple[Run, object, list[str] | None]] = {}  # run -> its rows, its axes if it has begun
        self._going_on: str | None = None  # a run that had not ended when it was last asked
        self._shared: SharedFacts | None = None  # those of the last board
        self._best: tuple[object, dict[str, tuple[float, float]], list[str]] = None, {}, []  # runs, points, the order
        self._chosen_for: tuple[object, object] | None = None  # the runs and their order, to which the colours belong
        # For each choice of runs separately: whoever comes back to it finds its scales and limits again.
        self._looks: dict[tuple[Lens, Lens], dict[str, CurvePanel]] = {}
        self._lines: dict[str, tuple[object, tuple[Group, list[Track]]]] = {}  # key of a panel -> its lines
        self._places = PanelPlaces()

    # Reading ----------------------------------------------------------------------------------------------------------

    def read(self, runs: Mapping[str, Run], lens: Lens, now: float | None, *, are_still: bool = False
             ) -> OverlaidRuns | None:
        """Read what is new in these runs; None if none of them has a point.

        Args:
            runs: name -> run, in drawing order. Their owner refreshes them.
            lens: The lens of the view.
            now: The time in unix seconds; None: read everything of every run, for a saved picture.
            are_still: Whether no new row is expected: then the axis of x has no room for any.

        Raises:
            OptionError: No run has the x axis, or the lens is not valid.
        """
        x = lens.x or self._common_axis(runs)
        lens = replace(lens, x=x)
        kept = self._kept_of(runs, lens)
        ended = self._have_ended(kept, now)
        read, problems = self._read_each(kept, lens, now)
        if problems and not read:
            raise problems[next(iter(problems))]
        shared = self._shared_by(read)
        if not shared.names:
            return None
        first = shared.of[shared.names[0]]
        if is_time(first.axis.label) and _count_in_one_unit(read.values()):
            read, problems = self._read_each(kept, lens, now)
            shared = self._shared_by(read)
        best, ranked = self._find_best(shared)
        reached = [limits for run in read.values() if (limits := run.limits) is not None]
        low, high = min(limits[0] for limits in reached), max(limits[1] for limits in reached)
        label = first.axis.label
        limits = x_limits(min(low, 0.0) if is_time(label) else low, high, ended or are_still)
        return OverlaidRuns(shared, best, ranked, label, x, (*shared.axes, "row"), first.unit, limits, high, ended,
                            tuple(problems))

    def _common_axis(self, runs: Mapping[str, Run]) -> str:
        """The first of step, epoch and time that all runs with rows have; else the row."""
        for name, run in runs.items():
            rows, known = run.rows_version, self._axes.get(name)
            if known is None or known[0] is not run or known[1] != rows:
                has_begun = any(table.n_rows for table in run.tables)
                self._axes[name] = run, rows, [kind for kind in KINDS if run.x_column(kind)] if has_begun else None
        for gone in self._axes.keys() - runs.keys():
            del self._axes[gone]
        begun = [axes for *_, axes in self._axes.values() if axes is not None]
        return next((kind for kind in KINDS if begun and all(kind in axes for axes in begun)), "row")

    def _kept_of(self, runs: Mapping[str, Run], lens: Lens) -> dict[str, OverlaidRun]:
        """What is kept of these runs over the lens's axis. Runs that are gone are forgotten, but for those that were
        drawn, which may come back."""
        for of in self._kept.values():
            for gone in [run for run in of if run not in runs and run not in self._own_colours]:
                del of[gone]
        of = self._kept.setdefault(lens.x or "", {})
        for name, run in runs.items():
            if name not in of or of[name].tracks.run is not run:
                of[name] = OverlaidRun(run, lens)
        return {name: of[name] for name in runs}

    def _have_ended(self, kept: Mapping[str, OverlaidRun], now: float | None) -> bool:
        """Whether all runs have ended. They are asked before they are read: when an end is shown, the last rows are
        there. They are asked only until one goes on, first the one that did before; and those that have answered before
        only for some milliseconds, so that a new row need not wait for all."""
        began = time.perf_counter()
        known = self._going_on
        if known is not None and known in kept and now is not None and not kept[known].has_ended(now):
            return False
        self._going_on = None
        for number, (name, run) in enumerate(sorted(kept.items(), key=lambda each: each[1].asked_at)):
            is_late = now is not None and number > 0 and time.perf_counter() - began > _ASKING_SECONDS
            if not (run.tracks.ended if is_late and run.was_asked else run.has_ended(now)):
                self._going_on = name
                return False
        return True

    def _read_each(self, kept: Mapping[str, OverlaidRun], lens: Lens, now: float | None
                   ) -> tuple[dict[str, OverlaidRun], dict[str, OptionError]]:
        """The runs that have the lens's axis, and why the others have no points."""
        read, problems = {}, {}
        may_wait = len(kept) > FEW
        for name, run in kept.items():
            is_read = now is not None and run.is_read(lens)
            if not is_read and now is not None and may_wait and name not in self.colours:
                is_read = 0 <= now - run.read_at < _LOOK_SECONDS and run.is_read(lens, may_be_older=True)
            if not is_read:
                run.tracks.set_lens(lens)
                try:
                    run.read(now)
                except OptionError as error:
                    if any(table.n_rows for table in run.tracks.run.tables):
                        problems[name] = error
                    continue
            read[name] = run
        return read, problems

    def _shared_by(self, read: Mapping[str, OverlaidRun]) -> SharedFacts:
        """The facts that these runs share; the same object as before if they are the same."""
        each = {name: run.facts for name, run in read.items()}
        if self._shared is None or not self._shared.are_of(each):
            self._shared = SharedFacts(each)
        return self._shared

    def _find_best(self, shared: SharedFacts) -> tuple[Mapping[str, tuple[float, float]], Sequence[str]]:
        """See `OverlaidRuns.best` and `OverlaidRuns.ranked`."""
        best = {run: point for run, track in shared.of_main.items()
                if (point := track.best(shared.rising)) is not None}
        if self._best[0] is not shared or self._best[1] != best:
            sign = {True: -1.0, False: 1.0, None: 0.0}[shared.rising]
            self._best = shared, best, sorted(best, key=lambda run: sign * best[run][1])
        return self._best[1:]

    # Colours ----------------------------------------------------------------------------------------------------------

    def _choose_colours(self, seen: OverlaidRuns) -> None:
        """A colour for each run if they are few, else for the best ones. Each run keeps its colour unless two drawn
        runs would have the same."""
        for run in seen.names:
            self._own_colours.setdefault(run, CYCLE[len(self._own_colours) % len(CYCLE)])
        are_few = len(seen.names) <= FEW
        chosen = seen.names if are_few else list(dict.fromkeys((*seen.ranked, *seen.names)))[:BEST_OF_MANY]
        free = [colour for colour in CYCLE if are_few or colour != "grey"]  # runs in the background have grey
        taken: dict[str, Colour] = {}
        later = []
        for run in chosen:
            if self._own_colours[run] in free:
                taken[run] = self._own_colours[run]
                free.remove(taken[run])
            else:
                later.append(run)
        taken |= dict(zip(later, free, strict=False))
        self.colours = {run: taken[run] for run in chosen}

    # Panels -----------------------------------------------------------------------------------------------------------

    @np.errstate(over="ignore", invalid="ignore")
    def panels(self, seen: OverlaidRuns, lens: Lens, labels: Mapping[str, str],
               hidden: Sequence[str] = ()) -> tuple[list[Panel], int]:
        """The panels, and how many more there would be.

        Args:
            seen: The points.
            lens: The lens of the view.
            labels: run -> the label at the end of its curves.
            hidden: Runs that are not drawn, whose names are in the first panel.
        """
        self._choose_colours(seen)
        whole = lens.whole()
        key = whole, lens.choice_of_runs()
        look = self._looks.pop(key, {})
        self._looks[key] = look
        for old in list(self._looks)[:-_MOST_LOOKS]:
            del self._looks[old]
        ordered = self._places.arranged(self._groups(seen, lens), lens, ended=seen.ended)
        stretch, made = seen.stretch(lens), []
        for number, grouped in enumerate(ordered[: lens.max_panels]):
            gone = [HiddenCurve("", labels.get(run, run), self._own_colours.get(run, "grey"), run)
                    for run in hidden] if number == 0 else []
            of_runs, tracks = self._of_runs(replace(grouped, hidden=(*grouped.hidden, *gone)), seen, labels)
            maker = look.get(grouped.key)
            if maker is None or not maker.go_on_with(of_runs):
                maker = look[grouped.key] = CurvePanel(of_runs, whole)
            span = 2 if number == 0 else 1
            star = self._star(grouped, seen)
            panel = maker.panel(tracks, seen.limits, seen.x_label, None, None, span, seen.ended, star=star)
            y_limits = y_limits_of(lens, grouped)
            if stretch is not None or y_limits is not None:
                panel = maker.enlarged(panel, tracks, stretch, y_limits, None, None, lens.zoom)
            made.append(panel)
        return made, max(len(ordered) - lens.max_panels, 0)

    def _groups(self, seen: OverlaidRuns, lens: Lens) -> list[Group]:
        """The metrics of each panel, the main one's first."""
        metrics = list(seen.metrics)
        if lens.select is None:
            metrics = worth_a_panel(metrics, {seen.main} if seen.main else set())
        groups = [left for grouped in group(metrics)
                  if (left := grouped.without(lens.hidden)).metrics and grouped.key not in lens.hidden]
        return with_main_in_front(groups, seen.main, lens.max_panels)

    def _of_runs(self, grouped: Group, seen: OverlaidRuns, labels: Mapping[str, str]) -> tuple[Group, list[Track]]:
        """The group with a line for each run and metric, and their tracks."""
        made_of = grouped, seen.shared, self.colours, labels
        known = self._lines.get(grouped.key)
        if known is None or known[0] != made_of:
            known = self._lines[grouped.key] = made_of, self._find_lines(grouped, seen, labels)
        return known[1]

    def _find_lines(self, grouped: Group, seen: OverlaidRuns, labels: Mapping[str, str]) -> tuple[Group, list[Track]]:
        lines: list[tuple[str, str, Colour, RunsCurve]] = []
        tracks: list[Track] = []
        for run in seen.names:
            has = [metric for metric in grouped.metrics
                   if (track := seen.track(metric, run)) is not None and track.count]
            named = next((metric for metric in has if names.parse(metric).split == "val"), has[0] if has else "")
            colour = self.colours.get(run)
            for metric in has:
                if colour is None and metric != named:
                    continue  # one curve for each run in the background is enough
                track = seen.track(metric, run)
                assert track is not None
                number = grouped.metrics.index(metric)
                name = f"{labels.get(run, run)} {grouped.labels[number] if len(grouped.metrics) > 1 else ''}".strip()
                curve = RunsCurve(run, name, _DASHES[number % len(_DASHES)] if colour else "solid", colour is None)
                lines.append((metric, name if metric == named else "", colour or "grey", curve))
                tracks.append(track)
        unit = " · ".join(filter(None, (self._shapes(grouped), self._behind(seen), grouped.unit)))
        return replace(grouped, metrics=tuple(line[0] for line in lines), labels=tuple(line[1] for line in lines),
                       colours=tuple(line[2] for line in lines), runs=tuple(line[3] for line in lines),
                       unit=unit), tracks

    @staticmethod
    def _shapes(grouped: Group) -> str:
        """ "train solid, val dashed"."""
        if len(grouped.metrics) < 2:
            return ""
        return ", ".join(f"{label or metric} {_DASHES[number % len(_DASHES)]}" for number, (metric, label) in enumerate(
            zip(grouped.metrics[: len(_DASHES)], grouped.labels, strict=False)))

    def _behind(self, seen: OverlaidRuns) -> str:
        behind = len(seen.names) - len(self.colours)
        return f"{len(seen.names)} runs, the best {len(self.colours)} in colour" if behind else ""

    def _star(self, grouped: Group, seen: OverlaidRuns) -> Mark | None:
        """The best point of all runs, in the panel of the main metric."""
        if seen.main not in grouped.metrics or seen.rising is None or not seen.ranked:
            return None
        run = seen.ranked[0]
        return Mark("best", *seen.best[run], self.colours.get(run, "grey"))

    @staticmethod
    def headline(seen: OverlaidRuns, labels: Mapping[str, str], colours: Mapping[str, Colour]
                 ) -> tuple[str, str, Colour] | None:  # fmt: skip
        """The best value of the main metric in large letters, and its run."""
        if seen.main is None:
            return None
        if seen.rising is None or not seen.ranked:
            question = meaning.question_of_direction(seen.main) if seen.rising is None else "no finite value yet"
            return seen.main, question, "blue"
        run = seen.ranked[0]
        x, value = seen.best[run]
        at = wording.count(x) if seen.x_label == "step" else wording.place(seen.x_label, x)
        return (f"best {wording.headline(seen.main, value, seen.rising)}", f"{labels.get(run, run)} @ {at}",
                colours.get(run, "blue"))


def _count_in_one_unit(runs: Iterable[OverlaidRun]) -> bool:
    """Make all runs count time in the unit that suits the longest; whether any of them must be read again."""
    each = [run for run in runs if run.limits is not None]
    unit = unit_of_time(max(run.limits[1] * run.tracks.unit for run in each if run.limits is not None))
    others = [run for run in each if run.tracks.axis.label != unit[1]]
    for run in each:
        run.tracks.time_unit = unit
    return bool(others)
