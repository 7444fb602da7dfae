"""A run -> its board: which panels, with which lines, limits, marks and numbers, and the header line.

One `BoardMaker` lives as long as a view does. It keeps the curves from one board to the next, so that a board costs
what is new. A panel in which nothing changed is the same object as in the board before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livemon import wording
from livemon.boards import header
from livemon.boards.box_panel import BoxPanel
from livemon.boards.curve_panel import CurvePanel
from livemon.boards.finding_marks import FindingMarks
from livemon.boards.metric_groups import PACE, PACE_GROUP, Group, group
from livemon.boards.model import Board, Colour, Mark, Panel
from livemon.boards.notices import notices_of, words_of_health
from livemon.boards.options import Options
from livemon.boards.run_tracks import Run, RunTracks, settings_of
from livemon.boards.stills import Stills
from livemon.curves.limits import Limits
from livemon.health.checkup import Checkup
from livemon.health.examination import Examination
from livemon.health.finding import Finding
from livemon.tables import meaning, names

__all__ = ["BoardMaker", "Options", "Run"]

_SUMMARY_ROWS = 8
COARSE = 0.1  # Where more of the steps took no time than this part, the clock was too coarse for a curve.


class BoardMaker:
    """Makes the boards of one run.

    Args:
        run: see `Run`. It is refreshed by whoever owns it; a board shows what was read.
        options: see `Options`.
        examination: of this run, with its clock, process, disk and checkpoints; None: its rows alone are judged.
    Raises:
        ValueError: `options.select` is not a valid regular expression, or `options.x` names nothing that the run has.
    """

    def __init__(self, run: Run, options: Options | None = None, examination: Examination | None = None) -> None:
        self.run = run
        self.options = options or Options()
        self._of = RunTracks(run, self.options)
        self._examination = examination
        self._checkup = Checkup(run) if examination is None else examination.checkup
        self._marks = FindingMarks(self._of)
        self._forget()

    def _forget(self) -> None:
        self._generation = self._of.generation
        self._curve_panels: dict[str, CurvePanel] = {}
        self._boxes: BoxPanel | None = None
        self._wide: dict[str, tuple[Panel, Panel]] = {}  # key of a panel -> it, and it with another span
        self._alone: set[str] = set()
        self._grouped: tuple[tuple[tuple[str, ...], frozenset[str], str | None], list[Group]] | None = None

    def _read(self) -> list[str]:
        metrics = self._of.read()
        if self._generation != self._of.generation:
            self._forget()
        return metrics

    # The dashboard ----------------------------------------------------------------------------------------------------

    @np.errstate(over="ignore", invalid="ignore")  # for values at the end of the range of a float64
    def dashboard(self, now: float | None = None) -> Board:
        """The board. `now` in unix seconds; None: for a picture that is kept, which says nothing of how long ago."""
        config = self._config()  # first: it may be what says the number of steps
        metrics = self._read()
        drawable = [track.metric for track in self._of.with_points(metrics)]
        if not drawable:
            return self._waiting(metrics)
        findings = self._findings()
        self._marks.update(findings)
        main, rising = self._of.main(drawable)
        shown = self._of.worth_a_panel(drawable, main)
        groups = self._groups(shown, main)
        panels, left_out = self._dashboard_panels(groups, shown, main, rising)
        if apart := self._found_apart():
            self._alone |= apart
            groups = self._groups(shown, main)
            panels, left_out = self._dashboard_panels(groups, shown, main, rising)
        left_out += len(drawable) - len(shown)
        words = words_of_health(findings, self._checkup.axis)
        telling = _most_telling(groups, main)
        return Board(
            title=self.run.label, header=header.header(self._of, metrics, main, rising, now, words),
            notices=notices_of(findings, kept=now is None),
            panels=tuple(self._widened(panels)),
            headline=header.headline(self._of, main, rising, _colour_in(groups, main)),
            summary=header.summary(self._of, telling, main, rising), summary_left_out=len(drawable) - len(telling),
            config=config,
            left_out=left_out, hint=f"{left_out} more: --select REGEX" if left_out else "",
        )

    def _findings(self) -> tuple[Finding, ...]:
        """What is found in the run now, the worst first."""
        if self._examination is not None:
            return self._examination.findings()
        self._checkup.update()
        return self._checkup.findings

    def _dashboard_panels(self, groups: list[Group], metrics: list[str], main: str | None,
                          rising: bool | None) -> tuple[list[Panel], int]:
        limits = self._of.x_limits(metrics)
        room = self.options.max_panels
        panels = [self._panel(one, limits, main, rising, 1 if place else 2) for place, one in enumerate(groups[:room])]
        known = max(sum(one.kind != "other" for one in groups[:room]), 1)
        extra = [panel for panel in (self._pace_panel(limits), self._box_panel(metrics)) if panel is not None]
        panels = [*panels[:known], *extra, *panels[known:]]
        return panels[:room], max(len(groups) + len(extra) - room, 0)

    def _widened(self, panels: list[Panel]) -> list[Panel]:
        """The panels with the spans that fill the rows; a panel that did not change is the same object as before."""
        made = []
        for panel, span in zip(panels, _spans(panels), strict=True):
            known = self._wide.get(panel.key)
            if panel.span == span:
                made.append(panel)
                continue
            if known is None or known[0] is not panel or known[1].span != span:
                known = self._wide[panel.key] = panel, replace(panel, span=span)
            made.append(known[1])
        return made

    def _found_apart(self) -> set[str]:
        """Metrics that turned out to need a panel of their own, since the last time."""
        return {name for maker in self._curve_panels.values() for name in maker.apart} - self._alone

    def _groups(self, metrics: list[str], main: str | None) -> list[Group]:
        key = tuple(metrics), frozenset(self._alone), main
        if self._grouped is None or self._grouped[0] != key:
            groups = group(metrics, self.options.max_panels, self._alone)
            self._grouped = key, _with_main_in_front(groups, main, self.options.max_panels)
        return self._grouped[1]

    def _panel(self, one: Group, limits: Limits, main: str | None = None, rising: bool | None = None,
               span: int = 1) -> Panel:
        of_all, one = one, self._of.by_writer(one)
        star = None
        if one is not of_all:  # What is said of a metric, and its boxes, is of all writers together.
            for name in of_all.metrics:
                self._of.tracks[name].curve_at(limits, self.options.pixels, 0.0, False)
            if main is not None and main in of_all.metrics and (best := self._of.tracks[main].best(rising)) is not None:
                star = Mark("best", *best, "grey", "best of the mean")
        maker = self._curve_panels.get(one.key)
        if maker is None or maker.group != one:
            maker = self._curve_panels[one.key] = CurvePanel(one, self.options)
        tracks = [self._of.tracks[name] for name in one.metrics]
        return maker.panel(tracks, limits, self._of.axis.label, main, rising, span, self._of.ended, self._of.restarts,
                           star, self._marks.of(of_all))

    def _pace_panel(self, limits: Limits) -> Panel | None:
        track = self._of.tracks.get(PACE)
        if track is None or track.count < 2 or track.zeros > COARSE * track.count:
            return None
        return self._panel(PACE_GROUP, limits)

    def _box_panel(self, metrics: Sequence[str]) -> Panel | None:
        """The box plot of the training loss, else of the main metric; None where there is too little to make it of."""
        training = self._of.training_loss(metrics)
        metric = training or self._of.main(metrics)[0]
        track = self._of.tracks.get(metric or "")
        if metric is None or track is None or track.count == 0:
            return None
        if self._boxes is None or self._boxes.track is not track:
            self._boxes = BoxPanel(track, self.run.x_column("epoch"))
        return self._boxes.panel(self._of.tables, "training loss" if metric == training else metric)

    def _waiting(self, metrics: list[str]) -> Board:
        message = "no row was written" if self._of.ended else "waiting for the first row"
        if any(table.n_rows for table in self._of.tables):
            message = "no column with numbers"
        if self._of.select is not None and self.run.metric_names and not metrics:
            message = f"no metric matches --select {self.options.select}"
        panel = Panel("waiting", "loss", (0.0, 1.0), (0.0, 1.0), message=message, span=3)
        return Board(self.run.label, header.header(self._of, metrics, None, None, None), (panel,),
                     config=self._config())

    def _config(self) -> tuple[tuple[str, str], ...]:
        """The settings that tell most, and what is known beside them."""
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
        """The training loss, else the main metric, with its epochs; None where there is neither."""
        return self._stills().loss_by_step_and_epoch()

    def optimization_dynamics(self) -> Board:
        """How the training went; see `Stills.optimization_dynamics`."""
        return self._stills().optimization_dynamics()

    def _stills(self) -> Stills:
        found = self._findings()
        return Stills(self.run, self.options, found, words_of_health(found, self._checkup.axis))


# Small helpers --------------------------------------------------------------------------------------------------------


def _colour_in(groups: Sequence[Group], metric: str | None) -> Colour:
    """The colour that the metric's line has."""
    pairs = ((name, colour) for one in groups for name, colour in zip(one.metrics, one.colours, strict=True))
    return next((colour for name, colour in pairs if name == metric), "blue")


def _with_main_in_front(groups: list[Group], main: str | None, room: int) -> list[Group]:
    """The panel of the main metric leads where there is no loss, and where it is the return that an agent is trained
    for; it is never among those left out."""
    place = next((i for i, one in enumerate(groups) if main in one.metrics), 0)
    if place and main and (groups[0].kind != "loss" or meaning.is_return(main)):
        return [groups[place], *groups[:place], *groups[place + 1 :]]
    if place >= room:
        return [groups[0], groups[place], *groups[1:place], *groups[place + 1 :]]
    return groups


def _most_telling(groups: Sequence[Group], main: str | None) -> list[str]:
    """The metrics for the summary, in the order of the panels: the losses, the main one, then of each panel the first
    of its training and of its validation, then the others."""
    ordered = [name for one in groups for name in one.metrics]
    front = [names.find_metric("train_loss", ordered), names.find_metric("val_loss", ordered), main]
    of_each = [next(iter(one)) for group in groups for one in _by_split(group)]
    chosen = list(dict.fromkeys([*(name for name in front if name in ordered), *of_each, *ordered]))[:_SUMMARY_ROWS]
    return [name for name in ordered if name in chosen]


def _by_split(one: Group) -> list[list[str]]:
    """The metrics of a panel, those of one split together."""
    parts: dict[str, list[str]] = {}
    for name in one.metrics:
        parts.setdefault(names.parse(name).split or "train", []).append(name)
    return list(parts.values())


def _spans(panels: list[Panel]) -> list[int]:
    """Spans that fill the rows below the first: in the last row, or the last two, one panel becomes wider, a curve of
    the training rather than boxes, and these rather than seconds per step."""
    rest = len(panels) - 1
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
