"""A run -> its board: the panels with their lines, limits, marks and numbers, and the header line.

One `BoardMaker` lives as long as a view. It keeps the curves from one board to the next, so that a board costs what is
new. A panel in which nothing changed is the same object as in the board before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livemon import wording
from livemon.boards import header
from livemon.boards.box_panel import BoxPanel
from livemon.boards.curve_panel import CurvePanel
from livemon.boards.events import events_of
from livemon.boards.finding_marks import FindingMarks
from livemon.boards.lens.value import Lens
from livemon.boards.lens_marks import with_mark, y_limits_of, zoomed_in_words
from livemon.boards.metric_groups import BOXES, PACE, PACE_GROUP, Group, group, with_main_in_front
from livemon.boards.model import Board, Colour, Mark, Panel, Ruler
from livemon.boards.notices import describe_health, notices_of
from livemon.boards.panel_places import PanelPlaces
from livemon.boards.panel_words import more_panels
from livemon.boards.rulers import rulers
from livemon.boards.run_tracks import Run, RunTracks, settings_of
from livemon.boards.stills import Stills
from livemon.curves.limits import Limits
from livemon.health.checkup import Checkup
from livemon.health.examination import Examination
from livemon.health.finding import Finding
from livemon.tables import names

__all__ = ["BoardMaker", "Lens", "Run"]

_SUMMARY_ROWS = 8
_MOST_AXES = 2  # for which points are kept: users switch between step and time
_MOST_LOOKS = 8  # views of a run whose y limits are kept
_BOXES = Group(BOXES, BOXES, BOXES, (), (), ())  # represents the box plot, which is made last
COARSE = 0.1  # if more than this share of steps took no time, the clock is too coarse for a curve


class _Look:
    """The state of the panels from one board to the next, for one view of a run."""

    def __init__(self, of: RunTracks) -> None:
        self.of = of
        self.generation = of.generation
        self.marks = FindingMarks(of)
        self.curve_panels: dict[str, CurvePanel] = {}
        self.boxes: BoxPanel | None = None
        self.wide: dict[str, tuple[Panel, Panel]] = {}  # key of a panel -> the panel, and the same with another span
        self.alone: set[str] = set()
        self.grouped: tuple[tuple[tuple[str, ...], frozenset[str], str | None], list[Group]] | None = None


class BoardMaker:
    """Makes the boards of one run.

    Args:
        run: see `Run`. Its owner refreshes it; a board shows the rows read so far.
        lens: see `Lens`.
        examination: the examination of this run, with its clock, process, disk and checkpoints; None: only its rows are
            judged.
    Raises:
        ValueError: `lens.select` is not a valid regular expression, or the run does not have `lens.x`.
    """

    def __init__(self, run: Run, lens: Lens | None = None, examination: Examination | None = None) -> None:
        self.run = run
        self.lens = lens or Lens()
        self._tracks: dict[str | None, RunTracks] = {}  # x -> its tracks
        self._looks: dict[Lens, _Look] = {}
        self._examination = examination
        self._checkup = Checkup(run) if examination is None else examination.checkup
        self._places = PanelPlaces()
        self._of = self._tracks_over(self.lens)
        self._look = _Look(self._of)

    # The dashboard ----------------------------------------------------------------------------------------------------

    def set_lens(self, lens: Lens) -> None:
        """Use another lens from the next board on. Points and smoothed curves are kept.

        Raises:
            OptionError: The lens makes no sense for this run; the previous one stays.
        """
        of = self._tracks_over(lens)
        of.read()  # raises an error if the run does not have this x
        self.lens, self._of = lens, of

    def _tracks_over(self, lens: Lens) -> RunTracks:
        """The tracks over the lens's axis, seen through it; those of the last two axes are kept."""
        of = self._tracks.pop(lens.x, None)
        if of is None:
            of = RunTracks(self.run, lens)
        else:
            of.set_lens(lens)
        self._tracks[lens.x] = of
        for old in list(self._tracks)[:-_MOST_AXES]:
            del self._tracks[old]
        return of

    def _read(self) -> list[str]:
        self._of.set_lens(self.lens)
        metrics = self._of.read()
        key = self.lens.whole()
        look = self._looks.pop(key, None)
        if look is None or look.of is not self._of or look.generation != self._of.generation:
            look = _Look(self._of)
        self._looks[key] = self._look = look
        for old in list(self._looks)[:-_MOST_LOOKS]:
            del self._looks[old]
        return metrics

    @np.errstate(over="ignore", invalid="ignore")  # for values at the limits of a float64
    def dashboard(self, now: float | None = None) -> Board:
        """The board. `now` in unix seconds; None: for a saved picture, which does not say how long ago a row came."""
        config = self._config()  # first, as the number of steps may come from it
        metrics = self._read()
        drawable = [track.metric for track in self._of.with_points(metrics)]
        if not drawable:
            return self._waiting(metrics, now)
        findings = self._findings(self._of.ended)
        self._look.marks.update(findings)
        main, rising = self._of.standing_for_the_run(drawable)
        shown = self._of.worth_a_panel(drawable, main)
        groups = self._groups(shown, main)
        self._name_hidden(groups)
        panels, left_out = self._dashboard_panels(groups, shown, main, rising)
        if apart := self._found_apart():
            self._look.alone |= apart
            groups = self._groups(shown, main)
            panels, left_out = self._dashboard_panels(groups, shown, main, rising)
        left_out += len(drawable) - len(shown)
        words = describe_health(findings, self._checkup.axis)
        telling = _most_telling(groups, main)
        whole = self._of.x_limits(shown)
        stretch = self._of.stretch(whole)
        large = self.lens.large is not None and len(panels) == 1
        line = header.header(self._of, metrics, main, rising, now, words)
        return Board(
            title=self.run.label,
            header=replace(line, zoomed=zoomed_in_words(self.lens, stretch, whole, self._of.axis.label)),
            notices=notices_of(findings, kept=now is None),
            panels=tuple(with_mark(self._widened(self._enlarged(panels, stretch, main, rising)), self.lens,
                                   self._of.unit, self._of.axis.label)),
            headline=header.headline(self._of, main, rising, _colour_in(groups, main)),
            summary=() if large else header.summary(self._of, telling, main, rising),
            summary_left_out=len(drawable) - len(telling),
            config=() if large else config, columns=1 if large else 3,
            left_out=left_out, hint=self._hint(left_out, groups),
            lens=self.lens, axes=self._of.axes, x_kind=self._x_kind(), x_whole=whole, x_unit=self._of.unit,
            rulers=self._rulers(stretch or whole), events=events_of(panels),
        )

    def with_clock(self, board: Board, now: float) -> Board:
        """The same board with a header that says how long ago the newest row came; `now` in unix seconds."""
        return replace(board, header=header.with_clock(board.header, self._of, now))

    def _name_hidden(self, groups: Sequence[Group]) -> None:
        """Replace titles of panels and well-known names among the hidden ones by metrics, so that a view can show each
        again."""
        if not self.lens.hidden:
            return
        titles = {group.title: group.metrics for group in (*groups, PACE_GROUP, _BOXES)}
        every = [name for group in (*groups, PACE_GROUP) for name in group.metrics]
        hidden: list[str] = []
        for name in self.lens.hidden:
            match = names.find_metric(name, every)
            hidden += [match] if match is not None else titles.get(name) or [name]
        self.lens = replace(self.lens, hidden=tuple(dict.fromkeys(hidden)))

    def _hint(self, left_out: int, groups: Sequence[Group]) -> str:
        """What is not shown, and how to see it."""
        parts = []
        if self.lens.large is None:
            parts += [more_panels(left_out)] if left_out else []
            hidden = [group.title for group in groups if not group.without(self.lens.hidden).metrics]
            hidden += [name for name in (PACE, _BOXES.key) if name in self.lens.hidden]
            parts += [f"hidden: {wording.listed(hidden)}"] if hidden else []
        if self.lens.select:
            parts.append(f"only {self.lens.select!r}")
        return " · ".join(parts)

    def _x_kind(self) -> str:
        """The kind of the board's x axis."""
        column = self._of.axis.column
        return next((kind for kind in self._of.axes[:-1] if self.run.x_column(kind) == column),
                    "row" if column is None else column)

    def _rulers(self, limits: Limits) -> tuple[Ruler, ...]:
        columns = {kind: column for kind in self._of.axes[:-1] if (column := self.run.x_column(kind))}
        return rulers(self._of.leading_tables, self._of.leading, self._of.axis, columns, limits)

    def _findings(self, ended: bool | None = None) -> tuple[Finding, ...]:
        """The present findings, the worst first. `ended`: see `Examination.findings`."""
        if self._examination is not None:
            return self._examination.findings(ended=ended)
        self._checkup.update()
        return self._checkup.findings

    def _dashboard_panels(self, groups: list[Group], metrics: list[str], main: str | None,
                          rising: bool | None) -> tuple[list[Panel], int]:
        limits, room, hidden = self._of.x_limits(metrics), self.lens.max_panels, self.lens.hidden
        known = max(sum(group.kind != "other" for group in groups[:room]), 1)
        extra = [group for group in (*([PACE_GROUP] if self._has_pace() else []), _BOXES) if group.key not in hidden]
        shown = [left for group in groups if (left := group.without(hidden)).metrics]
        ordered = self._places.arranged([*shown[:known], *extra, *shown[known:]], self.lens, ended=self._of.ended)
        made = {group.key: self._panel(group, limits, main, rising, 1 if rank else 2)
                for rank, group in enumerate(ordered[: room + 1]) if group is not _BOXES}
        if (boxes := self._box_panel(metrics) if _BOXES in ordered else None) is not None:
            made[_BOXES.key] = boxes
        panels = [made[group.key] for group in ordered if group.key in made]
        return panels[:room], max(len(ordered) - (_BOXES in ordered and boxes is None) - room, 0)

    def _enlarged(self, panels: list[Panel], stretch: Limits | None, main: str | None, rising: bool | None
                  ) -> list[Panel]:
        """The panels with the range of x and the y limits that the lens asks for."""
        if not self.lens.is_zoomed:
            return panels
        made = []
        for panel in panels:
            y_limits = y_limits_of(self.lens, panel)
            maker = self._look.curve_panels.get(panel.key)
            if maker is not None and (stretch is not None or y_limits is not None):
                tracks = [self._of.tracks[name] for name in maker.group.metrics]
                panel = maker.enlarged(panel, tracks, stretch, y_limits, main, rising, self.lens.zoom,
                                       self._look.marks.of(maker.group))
            elif y_limits is not None:
                panel = replace(panel, y_limits=y_limits)
            made.append(panel)
        return made

    def _widened(self, panels: list[Panel]) -> list[Panel]:
        """The panels with spans that fill the rows; an unchanged panel is the same object as before."""
        if self.lens.large is not None and len(panels) == 1:
            return panels
        made = []
        for panel, span in zip(panels, _spans(panels, are_still=self._places.are_kept), strict=True):
            known = self._look.wide.get(panel.key)
            if panel.span == span:
                made.append(panel)
                continue
            if self.lens.is_zoomed:  # a zoomed panel is not kept
                made.append(replace(panel, span=span))
                continue
            if known is None or known[0] is not panel or known[1].span != span:
                known = self._look.wide[panel.key] = panel, replace(panel, span=span)
            made.append(known[1])
        return made

    def _found_apart(self) -> set[str]:
        """Metrics that were found to need a panel of their own, since the last call."""
        return {name for maker in self._look.curve_panels.values() for name in maker.apart} - self._look.alone

    def _groups(self, metrics: list[str], main: str | None) -> list[Group]:
        key = tuple(metrics), frozenset(self._look.alone), main
        if self._look.grouped is None or self._look.grouped[0] != key:
            groups = group(metrics, alone=self._look.alone)
            self._look.grouped = key, with_main_in_front(groups, main, self.lens.max_panels)
        return self._look.grouped[1]

    def _panel(self, group: Group, limits: Limits, main: str | None = None, rising: bool | None = None,
               span: int = 1) -> Panel:
        of_all, group = group, self._of.by_writer(group)
        star = None
        if group is not of_all:  # findings and boxes concern all writers together
            group = group.without(self.lens.hidden) if group.without(self.lens.hidden).metrics else group
            for name in of_all.metrics:
                self._of.tracks[name].curve_at(limits, self.lens.pixels, 0.0, False)
            if main is not None and main in of_all.metrics and (best := self._of.tracks[main].best(rising)) is not None:
                star = Mark("best", *best, "grey", "best of the mean")
        maker = self._look.curve_panels.get(group.key)
        if maker is None or maker.group != group:
            maker = self._look.curve_panels[group.key] = CurvePanel(group, self.lens.whole())
        tracks = [self._of.tracks[name] for name in group.metrics]
        return maker.panel(tracks, limits, self._of.axis.label, main, rising, span, self._of.ended, self._of.restarts,
                           star, self._look.marks.of(of_all))

    def _has_pace(self) -> bool:
        track, select = self._of.tracks.get(PACE), self._of.select  # it is kept from a lens that shows it
        if select is not None and not select.finds(PACE):
            return False
        return track is not None and track.count >= 2 and track.zeros <= COARSE * track.count

    def _box_panel(self, metrics: Sequence[str]) -> Panel | None:
        """The box plot of the training loss, else of the main metric; None if there are too few points."""
        training = self._of.training_loss(metrics)
        metric = training or self._of.standing_for_the_run(metrics)[0]
        metric = metric if metric in metrics else None
        track = self._of.tracks.get(metric or "")
        if metric is None or track is None or track.count == 0:
            return None
        if self._look.boxes is None or self._look.boxes.track is not track:
            self._look.boxes = BoxPanel(track, self.run.x_column("epoch"))
        return self._look.boxes.panel(self._of.tables, "training loss" if metric == training else metric)

    def _waiting(self, metrics: list[str], now: float | None) -> Board:
        """A board without curves; it says why a run failed that logged nothing."""
        message = "no row was written" if self._of.ended else "waiting for the first row"
        if any(table.n_rows for table in self._of.tables):
            message = "no column with numbers"
        if self._of.select is not None and self.run.metric_names and not metrics:
            message = f"no metric matches the filter {self.lens.select}"
        panel = Panel("waiting", "loss", (0.0, 1.0), (0.0, 1.0), message=message, span=3)
        findings = self._findings(self._of.ended)
        words = describe_health(findings, self._checkup.axis)
        return Board(self.run.label, header.header(self._of, metrics, None, None, None, words), (panel,),
                     notices=notices_of(findings, kept=now is None), config=self._config(), lens=self.lens,
                     axes=self._of.axes)

    def _config(self) -> tuple[tuple[str, str], ...]:
        """The most important settings, and the other known facts."""
        config = wording.settings(settings_of(self.run))
        return (*config, *wording.origin(self.run.origin, config))

    # Boards for pictures ----------------------------------------------------------------------------------------------

    def training_curves(self, metrics: Sequence[str] | None = None) -> Board:
        """One panel for each metric, raw and smoothed; see `Stills.training_curves`."""
        return self._stills().training_curves(metrics)

    def loss_landscape(self, metric: str = "train_loss") -> Board:
        """The metric with its epochs; see `Stills.loss_landscape`.

        Raises:
            ValueError: the run has no such metric; the message names those that it has.
        """
        return self._stills().loss_landscape(metric)

    def loss_by_step_and_epoch(self) -> Board | None:
        """The training loss, else the main metric, with its epochs; None without either."""
        return self._stills().loss_by_step_and_epoch()

    def optimization_dynamics(self) -> Board:
        """How the training went; see `Stills.optimization_dynamics`."""
        return self._stills().optimization_dynamics()

    def _stills(self) -> Stills:
        findings = self._findings()
        return Stills(self.run, self.lens, findings, describe_health(findings, self._checkup.axis))


# Small helpers --------------------------------------------------------------------------------------------------------


def _colour_in(groups: Sequence[Group], metric: str | None) -> Colour:
    """The colour of the metric's line; where the line is filtered away, the usual colour of its split."""
    pairs = ((name, colour) for group in groups for name, colour in zip(group.metrics, group.colours, strict=True))
    usual: Colour = "orange" if metric and names.parse(metric).split == "val" else "blue"
    return next((colour for name, colour in pairs if name == metric), usual)


def _most_telling(groups: Sequence[Group], main: str | None) -> list[str]:
    """The metrics of the summary, in the order of the panels: the losses, the main metric, then the first training and
    validation metric of each panel, then the others."""
    ordered = [name for group in groups for name in group.metrics]
    front = [names.find_metric("train_loss", ordered), names.find_metric("val_loss", ordered), main]
    of_each = [next(iter(alike)) for group in groups for alike in _by_split(group)]
    chosen = list(dict.fromkeys([*(name for name in front if name in ordered), *of_each, *ordered]))[:_SUMMARY_ROWS]
    return [name for name in ordered if name in chosen]


def _by_split(group: Group) -> list[list[str]]:
    """The metrics of a panel, grouped by split."""
    parts: dict[str, list[str]] = {}
    for name in group.metrics:
        parts.setdefault(names.parse(name).split or "train", []).append(name)
    return list(parts.values())


def _spans(panels: list[Panel], *, are_still: bool = False) -> list[int]:
    """Spans that fill the rows below the first: one panel in the last row, or in the last two, becomes wider: rather a
    curve of the training than boxes, and rather boxes than seconds per step. If panels keep their positions, it is the
    last one: the next panel will take its place."""
    rest = len(panels) - 1
    if are_still and rest > 0:
        return [panels[0].span, *[1] * (rest - 1), 1 + -rest % 3]
    if rest <= 0 or rest % 3 == 0:
        return [panel.span for panel in panels]
    if rest == 1:
        return [panels[0].span, 3]
    spans = [1] * rest
    for first in range(rest - (2 if rest % 3 == 2 else 4), rest, 2):
        left, right = panels[1 + first], panels[2 + first]
        spans[first + (_worth_of_room(right) > _worth_of_room(left))] = 2
    return [panels[0].span, *spans]


def _worth_of_room(panel: Panel) -> int:
    return 0 if panel.key == PACE else 1 if panel.boxes else 2
