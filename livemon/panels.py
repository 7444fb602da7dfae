"""A run -> its board: which panels, with which lines, limits, marks and numbers, and the header line.

One `BoardMaker` lives as long as a view does. It keeps the curves from one board to the next, so that a board costs
what is new. A panel in which nothing changed is the same object as in the board before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livemon import curves, header, names, wording
from livemon.board import Bars, Board, Colour, Mark, Panel
from livemon.box_panel import BoxPanel, epochs_of
from livemon.curve_panel import CurvePanel
from livemon.curves import Limits
from livemon.groups import Group, group, kind_of
from livemon.run_tracks import PACE, Options, Run, RunTracks

__all__ = ["BoardMaker", "Options", "Run"]

_KNOWN = ("train_loss", "val_loss", "train_perplexity", "val_perplexity", "learning_rate", "grad_norm",
          "tokens_per_second")
_SUMMARY_ROWS = 8


class BoardMaker:
    """Makes the boards of one run.

    Args:
        run: see `Run`. It is refreshed by whoever owns it; a board shows what was read.
        options: see `Options`.
    Raises:
        ValueError: `options.select` is no regular expression, or `options.x` names nothing that the run has.
    """

    def __init__(self, run: Run, options: Options | None = None) -> None:
        self.run = run
        self.options = options or Options()
        self._of = RunTracks(run, self.options)
        self._forget()

    def _forget(self) -> None:
        self._generation = self._of.generation
        self._curve_panels: dict[str, CurvePanel] = {}
        self._boxes: BoxPanel | None = None
        self._alone: set[str] = set()
        self._grouped: tuple[tuple[tuple[str, ...], frozenset[str], str | None], list[Group]] | None = None

    def _read(self) -> list[str]:
        metrics = self._of.read()
        if self._generation != self._of.generation:
            self._forget()
        return metrics

    # The dashboard ----------------------------------------------------------------------------------------------------

    def dashboard(self, now: float | None = None) -> Board:
        """The live board. `now` in unix seconds, by default the clock's."""
        now = time.time() if now is None else now
        metrics = self._read()
        drawable = [track.metric for track in self._of.with_points(metrics)]
        if not drawable:
            return self._waiting(metrics)
        main, rising = self._of.main(drawable)
        groups = self._groups(drawable, main)
        panels, left_out = self._dashboard_panels(groups, drawable, main, rising)
        return Board(
            title=self.run.name, header=header.header(self._of, metrics, main, rising, now),
            panels=tuple(_filled(panels)),
            headline=header.headline(self._of, main, rising, _colour_in(groups, main)),
            summary=header.summary((self._of.tracks[name] for name in _most_telling(groups, main)), main, rising),
            config=wording.settings(self.run.config),
            left_out=left_out, hint=f"{left_out} more: --select REGEX" if left_out else "",
        )

    def _dashboard_panels(self, groups: list[Group], metrics: list[str], main: str | None,
                          rising: bool) -> tuple[list[Panel], int]:
        limits = self._of.x_limits(metrics)
        room = self.options.max_panels
        panels = [self._panel(one, limits, main, rising, 1 if place else 2) for place, one in enumerate(groups[:room])]
        known = max(sum(one.kind != "other" for one in groups[:room]), 1)
        extra = [panel for panel in (self._pace_panel(limits), self._box_panel(metrics)) if panel is not None]
        for maker in self._curve_panels.values():
            self._alone |= maker.apart  # from the next board on
        panels = [*panels[:known], *extra, *panels[known:]]
        return panels[:room], max(len(groups) + len(extra) - room, 0)

    def _groups(self, metrics: list[str], main: str | None) -> list[Group]:
        key = tuple(metrics), frozenset(self._alone), main
        if self._grouped is None or self._grouped[0] != key:
            groups = group(metrics, self.options.max_panels, self._alone)
            self._grouped = key, _with_main_in_front(groups, main, self.options.max_panels)
        return self._grouped[1]

    def _panel(self, one: Group, limits: Limits, main: str | None = None, rising: bool = False, span: int = 1) -> Panel:
        maker = self._curve_panels.get(one.key)
        if maker is None or maker.group != one:
            maker = self._curve_panels[one.key] = CurvePanel(one, self.options)
        tracks = [self._of.tracks[name] for name in one.metrics]
        return maker.panel(tracks, limits, self._of.axis.label, main, rising, span, self.run.ended)

    def _pace_panel(self, limits: Limits) -> Panel | None:
        track = self._of.tracks.get(PACE)
        if track is None or track.count < 2:
            return None
        return self._panel(Group(PACE, "throughput", PACE, (PACE,), ("",), ("red",)), limits)

    def _box_panel(self, metrics: Sequence[str], metric: str | None = None, least_epochs: int = 4) -> Panel | None:
        """The box plot of the metric, by default of the training loss; None where there is nothing to make it of."""
        training = names.find_metric("train_loss", metrics)
        found = metric or training or self._of.main(metrics)[0]
        track = self._of.tracks.get(found or "")
        if found is None or track is None or track.count == 0:
            return None
        if self._boxes is None or self._boxes.track is not track:
            self._boxes = BoxPanel(track, self.run.x_column("epoch"))
        return self._boxes.panel(self._of.tables, "training loss" if found == training else found, least_epochs)

    def _waiting(self, metrics: list[str]) -> Board:
        message = "no row was written" if self.run.ended else "waiting for the first row"
        if self._of.select is not None and self.run.metric_names and not metrics:
            message = f"no metric matches --select {self.options.select}"
        panel = Panel("waiting", "loss", (0.0, 1.0), (0.0, 1.0), message=message, span=3)
        return Board(self.run.name, header.header(self._of, metrics, None, False, None), (panel,),
                     config=wording.settings(self.run.config))

    # The static boards ------------------------------------------------------------------------------------------------

    def training_curves(self, metrics: Sequence[str] | None = None) -> Board:
        """One panel for each metric, raw and smoothed: the well-known ones in their usual order, then the others.

        A metric without data is said inside its panel.
        """
        known = self._read()
        empty = [name for name in self._declared() if name not in known]
        if metrics is None:
            usual = [found for name in _KNOWN if (found := names.find_metric(name, [*known, *empty])) is not None]
            wanted = list(dict.fromkeys([*usual, *known]))
        else:
            wanted = [names.find_metric(name, known) or name for name in metrics]
        panels = [self._single(name, name in empty or name in known) for name in wanted]
        return self._static_board(panels or [_message("none", "training curves", "no metrics")], 2)

    def _single(self, name: str, exists: bool) -> Panel:
        track = self._of.tracks.get(name)
        if track is None or track.count == 0:
            return _message(name, name, "no data" if exists else "no such metric in this run")
        kind = kind_of(name)
        colour: Colour = _colour_of(name)
        panel = self._panel(Group(f"single:{name}", kind, name, (name,), ("",), (colour,)), self._all_x())
        epochs = self._epoch_marks(name, "")
        return replace(panel, marks=(*epochs, *panel.marks), x_label=self._of.axis.label)

    def _all_x(self) -> Limits:
        """The same limits of x for all panels of a static board."""
        return self._of.x_limits([name for name in self._of.tracks if name != PACE])

    def loss_landscape(self, metric: str = "train_loss") -> Board:
        """The metric with its epoch boundaries, and its distribution by epoch.

        Raises:
            ValueError: the run has no such metric; the message names those that it has.
        """
        known = self._read()
        found = names.find_metric(metric, known)
        if found is None:
            raise ValueError(f"{self.run.name} has no metric {metric!r}; it has {', '.join(known) or 'none yet'}")
        panel = replace(self._single(found, True), span=3)
        marks = tuple(mark for mark in panel.marks if mark.kind != "epoch")
        panel = replace(panel, marks=(*self._epoch_marks(found, "epoch "), *marks))
        boxes = self._box_panel(known, found, least_epochs=2)
        if boxes is None:
            boxes = _message("boxes", f"{found} by epoch", "too few points for a box plot")
        return self._static_board([panel, replace(boxes, span=3)], 3)

    def optimization_dynamics(self) -> Board:
        """Learning rate, gradient norm over time and its distribution, throughput, time efficiency."""
        known = self._read()
        by_kind: dict[str, list[str]] = {}
        for name in known:
            if self._of.tracks[name].count:
                by_kind.setdefault(kind_of(name), []).append(name)
        rate = self._first_panel(by_kind, "learning_rate", "learning rate", "no learning rate was logged")
        norm = self._first_panel(by_kind, "grad_norm", "gradient norm", "no gradient norm was logged")
        flow = self._first_panel(by_kind, "throughput", "throughput", "no throughput was logged")
        pace = self._pace_panel(self._all_x()) if self._of.with_points(known) else None
        pace = pace or _message("pace", PACE, "no time column, or no steps")
        panels = [rate, norm, self._norm_bars(by_kind), flow, self._loss_over_time(known), pace]
        return self._static_board(panels, 3)

    def _first_panel(self, by_kind: dict[str, list[str]], kind: str, title: str, message: str) -> Panel:
        if kind not in by_kind:
            return _message(kind, title, message)
        one = next(one for one in group(by_kind[kind], 99) if one.kind == kind)
        panel = self._panel(replace(one, key=f"dynamics:{one.key}"), self._all_x())
        return replace(panel, x_label=self._of.axis.label)

    def _norm_bars(self, by_kind: dict[str, list[str]]) -> Panel:
        title = "gradient norm, distribution"
        values = np.empty(0)
        for name in by_kind.get("grad_norm", [])[:1]:
            _, y = self._of.tracks[name].kept_points()
            values = y[np.isfinite(y)]
        if len(values) < 2:
            return _message("norm-bars", title, "no gradient norm was logged" if len(values) == 0 else "too few points")
        wanted = curves.robust_range(values)
        assert wanted is not None
        low, high = wanted if wanted[1] > wanted[0] else (wanted[0] - 0.5, wanted[1] + 0.5)
        counts, edges = np.histogram(values, bins=min(max(int(math.sqrt(len(values))), 8), 60), range=(low, high))
        beyond = len(values) - int(counts.sum())
        note = f"median {wording.number(float(np.median(values)))}"
        note += f" · {wording.count(beyond)} beyond" if beyond else ""
        return Panel("norm-bars", title, (low, high), (0.0, 1.08 * float(counts.max())), note=note,
                     bars=Bars(edges, counts.astype(np.float64), "green"), x_label="gradient norm")

    def _loss_over_time(self, known: list[str]) -> Panel:
        title = "loss over time"
        column = self.run.x_column("time")
        losses = [name for name in known if kind_of(name) == "loss" and self._of.tracks[name].count]
        if column is None or not losses:
            return _message("efficiency", title, "no time column" if column is None else "no loss was logged")
        over = BoardMaker(self.run, replace(self.options, x="time", select=None))
        over._read()
        drawn = [name for name in losses if over._of.tracks[name].count]
        if not drawn:
            return _message("efficiency", title, "no time was logged beside the loss")
        one = replace(group(drawn, 99)[0], key="efficiency", title=title)
        return replace(over._panel(one, over._of.x_limits(drawn)), x_label=over._of.axis.label)

    def _epoch_marks(self, name: str, word: str, most: int = 40) -> tuple[Mark, ...]:
        """A thin line where each epoch after the first begins; every n-th where there are more than `most`."""
        column = self.run.x_column("epoch")
        if column is None or self._of.axis.column == column:
            return ()
        x, epochs = self._of.tracks[name].points()[0], epochs_of(self._of.tables, name, column)
        if len(x) != len(epochs):
            return ()
        starts = curves.attempt_starts(x)
        kept = curves.stitch(x, starts)
        x, epochs = x[kept], epochs[kept]
        changes = np.flatnonzero(epochs[1:] > epochs[:-1]) + 1
        if len(changes) > most:
            changes = changes[:: math.ceil(len(changes) / most)]
        named = max(1, math.ceil(len(changes) / 12))
        texts = [f"{word}{wording.count(epochs[i])}" if word and place % named == 0 else ""
                 for place, i in enumerate(changes.tolist())]
        return tuple(Mark("epoch", at, None, "grey", text) for at, text in zip(x[changes].tolist(), texts, strict=True))

    def _declared(self) -> list[str]:
        """Columns that have neither numbers nor texts: the header promises them."""
        found: dict[str, None] = {}
        for table in self._of.tables:
            for name, column in table.columns.items():
                if len(column) == 0 and not column.texts and not names.is_x(name):
                    found[name] = None
        return list(found)

    def _static_board(self, panels: Sequence[Panel], columns: int) -> Board:
        metrics = [name for name in self._of.tracks if name != PACE]
        main, rising = self._of.main(metrics)
        words = header.header(self._of, metrics, main, rising, None)
        colour = _colour_of(main) if main else "blue"
        return Board(self.run.name, words, tuple(panels), header.headline(self._of, main, rising, colour), columns=columns)


# Small helpers --------------------------------------------------------------------------------------------------------


def _message(key: str, title: str, message: str) -> Panel:
    return Panel(f"message:{key}", title, (0.0, 1.0), (0.0, 1.0), message=message)


def _colour_of(metric: str) -> Colour:
    return group([metric], 1)[0].colours[0]


def _colour_in(groups: Sequence[Group], metric: str | None) -> Colour:
    """The colour that the metric's line has."""
    pairs = ((name, colour) for one in groups for name, colour in zip(one.metrics, one.colours, strict=True))
    return next((colour for name, colour in pairs if name == metric), "blue")


def _with_main_in_front(groups: list[Group], main: str | None, room: int) -> list[Group]:
    """The panel of the main metric leads where there is no loss, and is never among those left out."""
    place = next((i for i, one in enumerate(groups) if main in one.metrics), 0)
    if place and groups[0].kind != "loss":
        return [groups[place], *groups[:place], *groups[place + 1 :]]
    if place >= room:
        return [groups[0], groups[place], *groups[1:place], *groups[place + 1 :]]
    return groups


def _most_telling(groups: Sequence[Group], main: str | None) -> list[str]:
    """The metrics for the summary: the losses, the main one, then one of each panel, then the others."""
    ordered = [name for one in groups for name in one.metrics]
    front = {names.find_metric("train_loss", ordered), names.find_metric("val_loss", ordered), main}
    one_each = [one.metrics[0] for one in groups]
    return list(dict.fromkeys([*(name for name in ordered if name in front), *one_each, *ordered]))[:_SUMMARY_ROWS]


def _filled(panels: list[Panel]) -> list[Panel]:
    """Widen some panels so that the rows below the first are full; curves rather than boxes."""
    rest = len(panels) - 1
    if rest <= 0 or rest % 3 == 0:
        return panels
    boxes_last = bool(panels[-1].boxes)
    spans = [1] * rest
    if rest == 1:
        spans = [3]
    elif rest % 3 == 2:
        spans[-2:] = [2, 1] if boxes_last else [1, 2]
    else:
        spans[-4:] = [1, 2, 2, 1] if boxes_last else [2, 1, 1, 2]
    pairs = zip(panels[1:], spans, strict=True)
    return [panels[0], *(panel if panel.span == span else replace(panel, span=span) for panel, span in pairs)]
