"""Several runs -> the panels with their overlaid curves, while they grow.

A `RunsOverlay` lives as long as a view. It keeps the curves from one board to the next, so that a board costs what is
new. The runs drawn pale in the background are read once a second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from livemon import wording
from livemon.boards.curve_panel import CurvePanel
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.lens_marks import y_limits_of
from livemon.boards.metric_groups import Group, RunsCurve, group, with_main_in_front, worth_a_panel
from livemon.boards.model import CYCLE, Colour, Dash, HiddenCurve, Mark, Panel
from livemon.boards.panel_places import PanelPlaces
from livemon.boards.run_tracks import Run, RunTracks
from livemon.boards.time_unit import is_time, unit_of_time
from livemon.boards.traces import BEST_OF_MANY, FEW
from livemon.boards.tracks import Track
from livemon.curves.limits import Limits, x_limits
from livemon.runs.rows_version import rows_version
from livemon.tables import meaning, names

__all__ = ["OverlaidRuns", "RunsOverlay"]

_LOOK_SECONDS = 1.0  # between two looks at a run in the background, or at one without new rows
_ASKING_SECONDS = 0.02  # of each board, for the states of runs without new rows
_MOST_LOOKS = 8  # views whose y limits are kept
_DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted", "dashdot")  # for the metrics in one panel, in order
_KINDS = ("step", "epoch", "time")


@dataclass(frozen=True)
class OverlaidRuns:
    """The points of the runs for one board.

    Attributes:
        names: The drawn runs that have points, from back to front.
        of: run -> its tracks.
        metrics: metric -> run -> the run's spelling.
        main, rising: The main metric of most runs, and whether more of it is better; None if unknown.
        best: run -> x and value of its best point of the main metric.
        x_label, x_kind, axes, unit: See `Board`.
        limits: The limits of x over all runs.
        newest: The highest x.
        ended: Whether all runs have ended.
        not_over: Runs without the chosen x axis.
    """

    names: tuple[str, ...]
    of: Mapping[str, RunTracks]
    metrics: Mapping[str, Mapping[str, str]]
    main: str | None
    rising: bool | None
    best: Mapping[str, tuple[float, float]]
    x_label: str
    x_kind: str
    axes: tuple[str, ...]
    unit: float
    limits: Limits
    newest: float
    ended: bool
    not_over: tuple[str, ...] = ()

    def track(self, metric: str, run: str) -> Track | None:
        """The run's points of a metric, or None."""
        own = self.metrics.get(metric, {}).get(run)
        return None if own is None else self.of[run].tracks[own]

    @cached_property
    def ranked(self) -> list[str]:
        """The runs with a best value, the best first; in drawing order if the better direction is unknown."""
        with_best = [run for run in self.names if run in self.best]
        sign = {True: -1.0, False: 1.0, None: 0.0}[self.rising]
        return sorted(with_best, key=lambda run: sign * self.best[run][1])

    def stretch(self, lens: Lens) -> Limits | None:
        """The limits of the lens's range of x; None for all."""
        if lens.zoom is None:
            return None
        whole = self.limits[0] * self.unit, self.limits[1] * self.unit
        low, high = lens.zoom.within(whole, self.newest * self.unit, self.ended)
        return low / self.unit, high / self.unit


class _KeptRun:
    """The state of a run over an axis that is kept from one board to the next.

    Attributes:
        tracks: Its tracks.
        rows, read_at: The rows at the last reading, and its time in unix seconds.
        with_points: Its metrics that have points.
        main: Its main metric, and whether more of it is better.
        limits: The lowest and the highest x of its points.
        axes: Those of step, epoch and time that it has.
    """

    def __init__(self, tracks: RunTracks) -> None:
        self.tracks = tracks
        self.rows: object = None
        self.read_at = -math.inf
        self.with_points: tuple[str, ...] = ()
        self.main: tuple[str | None, bool | None] = (None, None)
        self.limits: Limits | None = None
        self.axes: tuple[str, ...] = ()

    def read(self, now: float | None) -> None:
        """Read what is new; without new rows only the state of the run.

        Raises:
            OptionError: The run does not have this axis.
        """
        tracks, rows = self.tracks, rows_version(self.tracks.run)
        if now is not None and rows == self.rows:
            tracks.ask_how_it_stands()
            self.read_at = now
            return
        self.with_points = tuple(metric for metric in tracks.read() if tracks.tracks[metric].count)
        self.main = tracks.main(self.with_points)
        drawn = [tracks.tracks[metric] for metric in self.with_points]
        low = min((track.x_low for track in drawn if track.x_low is not None), default=math.nan)
        high = max((track.x_high for track in drawn if track.x_high is not None), default=math.nan)
        self.limits = None if math.isnan(low) else (low, high)
        self.axes = tuple(kind for kind in _KINDS if tracks.run.x_column(kind))
        self.rows, self.read_at = rows, -math.inf if now is None else now

    def look_through(self, lens: Lens) -> None:
        """Use another lens; everything is read at the next look.

        Raises:
            OptionError: The lens makes no sense for this run; the previous one stays.
        """
        self.tracks.look_through(lens)
        self.rows, self.read_at = None, -math.inf


class RunsOverlay:
    """Makes the panels of several runs.

    Attributes:
        colours: run -> the present colour of its curves; those in the background have none.
    """

    def __init__(self) -> None:
        self.colours: dict[str, Colour] = {}
        self._own_colours: dict[str, Colour] = {}  # each run keeps its colour, whoever comes or goes
        self._kept: dict[tuple[str, str], _KeptRun] = {}  # by run and axis
        # For each choice of runs separately: whoever comes back to it finds its scales and limits again.
        self._looks: dict[tuple[Lens, Lens], dict[str, CurvePanel]] = {}
        self._union: tuple[object, dict[str, dict[str, str]]] | None = None
        self._lines: dict[str, tuple[object, tuple[Group, list[Track]]]] = {}  # key of a panel -> its lines
        self._places = PanelPlaces()

    # Reading ----------------------------------------------------------------------------------------------------------

    def read(self, runs: Mapping[str, Run], lens: Lens, now: float | None) -> OverlaidRuns | None:
        """Read what is new in these runs; None if none of them has a point.

        Args:
            runs: name -> run, in drawing order. Their owner refreshes them.
            lens: The lens of the view.
            now: The time in unix seconds; None: read everything of every run, for a saved picture.

        Raises:
            OptionError: No run has the x axis, or the lens is not valid.
        """
        x = lens.x or self._common_axis(runs)
        lens = replace(lens, x=x)
        for gone in [key for key in self._kept if key[0] not in runs and key[0] not in self._own_colours]:
            del self._kept[gone]
        of, problems = self._read_each(runs, lens, now)
        if problems and not of:
            raise problems[next(iter(problems))]
        metrics = self._metrics_of_all({run: self._kept[run, x] for run in of})
        used = [run for run in of if any(run in spelling for spelling in metrics.values())]
        if not used:
            return None
        if is_time(of[used[0]].axis.label) and self._count_in_one_unit({run: of[run] for run in used}):
            of, problems = self._read_each(runs, lens, None)
        main, rising = self._main({run: self._kept[run, x] for run in used}, metrics)
        best = {}
        for run in used:
            own = metrics.get(main or "", {}).get(run)
            point = of[run].tracks[own].best(rising) if own is not None else None
            if point is not None:
                best[run] = point
        reached = [limits for run in used if (limits := self._kept[run, x].limits) is not None]
        low, high = min(limits[0] for limits in reached), max(limits[1] for limits in reached)
        first = of[used[0]]
        ended = all(of[run].ended for run in used)
        axes = [kind for kind in _KINDS if all(kind in self._kept[run, x].axes for run in used)]
        label = first.axis.label
        limits = x_limits(min(low, 0.0) if is_time(label) else low, high, ended)
        return OverlaidRuns(tuple(used), of, metrics, main, rising, best, label, x, (*axes, "row"), first.unit, limits,
                            high, ended, tuple(problems))

    def _common_axis(self, runs: Mapping[str, Run]) -> str:
        """The first of step, epoch and time that all runs with rows have; else the row."""
        begun = [run for run in runs.values() if any(table.n_rows for table in run.tables)]
        return next((kind for kind in _KINDS if begun and all(run.x_column(kind) for run in begun)), "row")

    def _read_each(self, runs: Mapping[str, Run], lens: Lens, now: float | None
                   ) -> tuple[dict[str, RunTracks], dict[str, OptionError]]:
        """The tracks of each run over the lens's axis, and why some runs have none."""
        made, problems, due = {}, {}, []
        many = len(runs) > FEW
        for name, run in runs.items():
            key = name, lens.x or ""
            kept = self._kept.get(key)
            if kept is None or kept.tracks.run is not run:
                kept = self._kept[key] = _KeptRun(RunTracks(run, lens))
            if kept.tracks.lens != lens:
                kept.look_through(lens)
            is_fresh = now is not None and 0 <= now - kept.read_at < _LOOK_SECONDS
            if now is not None and kept.rows == rows_version(run):
                due += [] if is_fresh else [kept]
            elif not (is_fresh and many and name not in self.colours):
                try:
                    kept.read(now)
                except OptionError as error:
                    if any(table.n_rows for table in run.tables):
                        problems[name] = error
                    continue
            made[name] = kept.tracks
        self._ask_how_they_stand(due, now)
        return made, problems

    @staticmethod
    def _ask_how_they_stand(due: Sequence[_KeptRun], now: float | None) -> None:
        """Ask runs without new rows for their states, those first that were asked longest ago; the next boards ask the
        rest, so that a new row of one run need not wait for all of them."""
        began = time.perf_counter()
        for kept in sorted(due, key=lambda kept: kept.read_at):
            kept.read(now)
            if time.perf_counter() - began > _ASKING_SECONDS:
                return

    def _count_in_one_unit(self, of: Mapping[str, RunTracks]) -> bool:
        """Make all runs count time in the unit that suits the longest; whether any of them changed."""
        longest = max((track.x_high or 0.0) * tracks_of_run.unit for tracks_of_run in of.values()
                      for track in tracks_of_run.tracks.values())
        unit = unit_of_time(longest)
        others = [tracks_of_run for tracks_of_run in of.values() if tracks_of_run.axis.label != unit[1]]
        for tracks_of_run in of.values():
            tracks_of_run.time_unit = unit
        return bool(others)

    def _metrics_of_all(self, kept: Mapping[str, _KeptRun]) -> dict[str, dict[str, str]]:
        """metric -> run -> its spelling, for the metrics with points, in the order of the first run that has them."""
        known = {run: kept_of_run.with_points for run, kept_of_run in kept.items()}
        if self._union is not None and self._union[0] == known:
            return self._union[1]
        union: dict[str, dict[str, str]] = {}
        usual: dict[str, str] = {}  # well-known name -> its spelling in the union
        for run, metrics in known.items():
            for metric in metrics:
                name = metric if metric in union else usual.get(names.well_known(metric), metric)
                name = metric if run in union.get(name, {}) else name
                union.setdefault(name, {})[run] = metric
                usual.setdefault(names.well_known(name), name)
        self._union = known, union
        return union

    @staticmethod
    def _main(kept: Mapping[str, _KeptRun], metrics: Mapping[str, Mapping[str, str]]
              ) -> tuple[str | None, bool | None]:  # fmt: skip
        """The main metric of most runs, by its common name, and whether more of it is better."""
        each = {run: kept_of_run.main for run, kept_of_run in kept.items()}
        most = names.main_metric_of_most(main for main, _ in each.values())
        main = next((name for name, spelling in metrics.items()
                     if most in (name, names.well_known(name), *spelling.values())),
                    None)
        rising = next((up for run, (own, up) in each.items()
                       if main is not None and own == metrics[main].get(run) and up is not None), None)
        return main, rising

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
        groups = [left for grouped in group(metrics, lens.max_panels)
                  if (left := grouped.without(lens.hidden)).metrics and grouped.key not in lens.hidden]
        return with_main_in_front(groups, seen.main, lens.max_panels)

    def _of_runs(self, grouped: Group, seen: OverlaidRuns, labels: Mapping[str, str]) -> tuple[Group, list[Track]]:
        """The group with a line for each run and metric, and their tracks."""
        made_of = (grouped, seen.names, seen.metrics, self.colours, labels,
                   [(of_run, of_run.generation) for of_run in seen.of.values()])
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
