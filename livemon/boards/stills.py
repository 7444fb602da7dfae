"""The boards for saved pictures of a run: training curves, loss by step and epoch, optimization dynamics.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livemon import wording
from livemon.boards import header
from livemon.boards.box_panel import BoxPanel, epochs_of
from livemon.boards.curve_panel import CurvePanel
from livemon.boards.finding_marks import FindingMarks
from livemon.boards.lens.value import Lens
from livemon.boards.metric_groups import PACE, PACE_GROUP, Group, colour_of, group
from livemon.boards.model import Bars, Board, Colour, Header, Mark, Panel
from livemon.boards.notices import notices_of
from livemon.boards.run_tracks import Run, RunTracks
from livemon.boards.traces import FEW
from livemon.curves.limits import Limits, robust_range
from livemon.health.finding import Finding
from livemon.tables import names
from livemon.tables.epochs import where_epochs_begin
from livemon.tables.names import is_loss, kind_of

__all__ = ["Stills", "losses_board"]

_NO_NORM = "no gradient norm was logged"
_EVALUATIONS: tuple[Colour, ...] = ("orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")

class Stills:
    """Makes boards of a run's present content. They share nothing with a live board, and cost the length of the run.

    Args:
        run, lens: see `Run` and `Lens`.
        findings: the findings about the run, the worst first.
        words: the findings as texts for the header.
    Raises:
        ValueError: as `RunTracks` and its `read`.
    """

    def __init__(self, run: Run, lens: Lens, findings: Sequence[Finding] = (), words: Sequence[str] = ()) -> None:
        self.run = run
        self.lens = lens
        self._of = RunTracks(run, lens)
        self._known = self._of.read()
        self._findings = tuple(findings)
        self._words = tuple(words)
        self._marks = FindingMarks(self._of)
        self._marks.update(findings)

    def training_curves(self, metrics: Sequence[str] | None = None) -> Board:
        """One panel for each metric, raw and smoothed: the well-known ones in their usual order, then the others;
        bookkeeping metrics only if they are named or selected.

        The panel of a metric without data says so.
        """
        empty = [name for name in self._declared() if name not in self._known]
        if metrics is None:
            every = [*self._known, *empty]
            usual = [match for name in names.WELL_KNOWN if (match := names.find_metric(name, every)) is not None]
            wanted = list(dict.fromkeys([*usual, *self._of.worth_a_panel(self._known, self._of.main(self._known)[0])]))
        else:
            wanted = [names.find_metric(name, self._known) or name for name in metrics]
        panels = [self._single(name, name in empty or name in self._known) for name in wanted]
        return self._board(panels or [_message("none", "training curves", "no metrics")], 2)

    def _panel(self, grouped: Group, limits: Limits) -> Panel:
        of_all, grouped = grouped, self._of.by_writer(grouped)
        tracks = [self._of.tracks[name] for name in grouped.metrics]
        panel = CurvePanel(grouped, self.lens).panel(
            tracks, limits, self._of.axis.label, None, False, 1, self._of.ended, self._of.restarts,
            findings=self._marks.of(of_all))
        return replace(panel, x_label=self._of.axis.label)

    def _single(self, name: str, exists: bool, epoch_word: str = "") -> Panel:
        track = self._of.tracks.get(name)
        if track is None or track.count == 0:
            return _message(name, name, "no data" if exists else "no such metric in this run")
        grouped = Group(f"single:{name}", kind_of(name), name, (name,), ("",), (colour_of(name),))
        panel = self._panel(grouped, self._all_x())
        return replace(panel, marks=(*self._epoch_marks(epoch_word), *panel.marks))

    def _all_x(self) -> Limits:
        """The same limits of x for all panels of a static board."""
        return self._of.x_limits(self._known)

    def loss_by_step_and_epoch(self) -> Board | None:
        """The same for the training loss, or else the main metric; None without either."""
        metric = self._of.training_loss(self._known) or self._of.main(self._known)[0]
        return None if metric is None else self.loss_landscape(metric)

    def loss_landscape(self, metric: str = "train_loss") -> Board:
        """The metric with its epoch boundaries, and its distribution by epoch.

        Raises:
            ValueError: the run has no such metric; the message lists those that it has.
        """
        match = names.find_metric(metric, self._known)
        if match is None:
            known = ", ".join(self._known) or "none yet"
            raise ValueError(f"{self.run.label} has no metric {metric!r}; it has {known}")
        panel = self._single(match, True, "epoch ")
        over = [self._of.axis.label, *(["epoch"] if any(mark.kind == "epoch" for mark in panel.marks) else [])]
        panel = replace(panel, title=f"{match} by {' and '.join(over)}")
        maker = BoxPanel(self._of.tracks[match], self.run.x_column("epoch"))
        boxes = maker.panel(self._of.tables, match, least_epochs=2)
        boxes = boxes or _message("boxes", f"{match} by epoch", "too few points for a box plot")
        return self._board([replace(panel, span=3), replace(boxes, span=3)], 3)

    def optimization_dynamics(self) -> Board:
        """Learning rate, gradient norm over time and its distribution, throughput, time efficiency, as far as they
        exist; a line below names what was not logged."""
        by_kind: dict[str, list[str]] = {}
        for name in self._known:
            if self._of.tracks[name].count:
                by_kind.setdefault(kind_of(name), []).append(name)
        rate = self._first_panel(by_kind, "learning_rate", "learning rate", "no learning rate was logged")
        norm = self._first_panel(by_kind, "grad_norm", "gradient norm", _NO_NORM)
        flow = self._first_panel(by_kind, "throughput", "throughput", "no throughput was logged")
        timed = self.run.x_column("time") is not None
        pace = _message("pace", PACE, "no steps beside the time" if timed else "no time column")
        if PACE in self._of.tracks and self._of.tracks[PACE].count > 1:
            pace = self._panel(PACE_GROUP, self._all_x())
        panels = [rate, norm, self._norm_bars(by_kind), flow, self._loss_over_time(), pace]
        drawn = [panel for panel in panels if not panel.message]
        missing = " · ".join(dict.fromkeys(panel.message for panel in panels if panel.message))
        if not drawn:
            return self._board([_message("dynamics", "optimization dynamics", missing)], 1)
        columns = 2 if len(drawn) == 4 else min(len(drawn), 3)
        return replace(self._board(drawn, columns), hint=missing)

    def _first_panel(self, by_kind: dict[str, list[str]], kind: str, title: str, message: str) -> Panel:
        if kind not in by_kind:
            return _message(kind, title, message)
        return self._panel(group(by_kind[kind], 99)[0], self._all_x())

    def _norm_bars(self, by_kind: dict[str, list[str]]) -> Panel:
        title = "gradient norm, distribution"
        values = np.empty(0)
        for name in by_kind.get("grad_norm", [])[:1]:
            _, y = self._of.tracks[name].kept_points()
            values = y[np.isfinite(y)]
        if len(values) < 2:
            return _message("norm-bars", title, "too few points of the gradient norm" if len(values) else _NO_NORM)
        wanted = robust_range(values)
        assert wanted is not None
        low, high = wanted if wanted[1] > wanted[0] else (wanted[0] - 0.5, wanted[1] + 0.5)
        counts, edges = np.histogram(values, bins=min(max(int(math.sqrt(len(values))), 8), 60), range=(low, high))
        beyond = len(values) - int(counts.sum())
        note = f"median {wording.number(float(np.median(values)))}"
        note += f" · {wording.count(beyond)} beyond" if beyond else ""
        return Panel("norm-bars", title, (low, high), (0.0, 1.08 * float(counts.max())), note=note,
                     bars=Bars(edges, counts.astype(np.float64), "green"), x_label="gradient norm")

    def _loss_over_time(self) -> Panel:
        title = "loss over time"
        column = self.run.x_column("time")
        losses = [name for name in self._known if kind_of(name) == "loss" and self._of.tracks[name].count]
        if column is None or not losses:
            return _message("efficiency", title, "no time column" if column is None else "no loss was logged")
        over = Stills(self.run, replace(self.lens, x="time"), self._findings)
        drawn = [name for name in losses if over._of.tracks[name].count]
        if not drawn:
            return _message("efficiency", title, "no time was logged beside the loss")
        grouped = replace(group(drawn, 99)[0], key="efficiency", title=title)
        return over._panel(grouped, over._of.x_limits(drawn))

    def _epoch_marks(self, word: str, most: int = 25) -> tuple[Mark, ...]:
        """A thin line at the beginning of each epoch after the first, by the metric that is logged most often, so that
        it is the same in all panels. With more than `most` epochs: every n-th if they are labelled, else none."""
        column = self.run.x_column("epoch")
        if column is None or self._of.axis.column == column:
            return ()
        name = max(self._known, key=lambda metric: self._of.tracks[metric].count)
        x, _, _, kept, order, _ = self._of.tracks[name].points()
        epochs = epochs_of(self._of.tables, name, column)
        if len(x) != len(epochs):
            return ()
        epochs = epochs if order is None else epochs[order]
        begins, numbers = where_epochs_begin(x[kept], epochs[kept])
        if len(begins) > most and not word:
            return ()
        every = math.ceil(max(len(begins), 1) / most)
        begins, numbers = begins[::every], numbers[::every]
        named = max(1, math.ceil(len(begins) / 12))
        texts = [f"{word}{wording.count(number)}" if word and index % named == 0 else ""
                 for index, number in enumerate(numbers.tolist())]
        return tuple(Mark("epoch", at, None, "grey", text) for at, text in zip(begins.tolist(), texts, strict=True))

    def _declared(self) -> list[str]:
        """Columns without numbers or texts, although the header line lists them."""
        declared: dict[str, None] = {}
        for table in self._of.tables:
            for name, column in table.columns.items():
                if len(column) == 0 and not column.texts and not names.is_x(name):
                    declared[name] = None
        return list(declared)

    def _board(self, panels: Sequence[Panel], columns: int) -> Board:
        main, rising = self._of.main(self._known)
        words = header.header(self._of, self._known, main, rising, None, self._words)
        large = header.headline(self._of, main, rising, colour_of(main) if main else "blue")
        return Board(self.run.label, words, tuple(panels), large, columns=columns,
                     notices=notices_of(self._findings, kept=True))


def _message(key: str, title: str, message: str) -> Panel:
    return Panel(f"message:{key}", title, (0.0, 1.0), (0.0, 1.0), message=message)


def losses_board(run: Run, lens: Lens, findings: Sequence[Finding] = ()) -> Board:
    """One panel with the training loss and the evaluation losses, the first ten; a message if there are none.

    Args:
        run, lens: See `Run` and `Lens`.
        findings: The findings about the run, the worst first.

    Raises:
        ValueError: The run does not have the lens's x.
    """
    of = RunTracks(run, lens)
    metrics = of.read()
    losses = [name for name in metrics if is_loss(name) and of.tracks[name].count]
    training = of.training_loss(losses)
    ordered = [*([training] if training else []), *(name for name in losses if name != training)]
    shown = ordered[:FEW]
    words = Header(run.label, run.state, run.state_evidence, reason=run.reason)
    if not shown:
        panel = Panel("losses", "loss", (0.0, 1.0), (0.0, 1.0), message="no loss was logged", span=1)
        return Board(run.label, words, (panel,), columns=1)
    grouped = Group("losses", "loss", "loss", tuple(shown), tuple(_label(name) for name in shown),
                _colours(shown, training), len(ordered) - len(shown))
    tracks = [of.tracks[name] for name in shown]
    marks = FindingMarks(of)
    marks.update(findings)
    panel = CurvePanel(grouped, lens).panel(tracks, of.x_limits(shown), of.axis.label, None, None, 2, True, of.restarts,
                                        findings=marks.of(grouped))
    return Board(run.label, words, (replace(panel, x_label=of.axis.label),), columns=1, row_height=1.6,
                 notices=notices_of(findings, kept=True))


def _colours(shown: Sequence[str], training: str | None) -> tuple[Colour, ...]:
    """Blue for training and orange for the first evaluation, as in every picture."""
    rest = [name for name in shown if name != training]
    rest.sort(key=lambda name: names.parse(name).split != "val")
    colours: dict[str, Colour] = dict(zip(rest, _EVALUATIONS, strict=False))
    if rest and names.parse(rest[0]).split in ("", "train") and kind_of(rest[0]) == "loss":  # another training loss
        colours = dict(zip(rest, _EVALUATIONS[1:], strict=False))
    if training is None and len(shown) == 1:
        return (colour_of(shown[0]),)
    return tuple("blue" if name == training else colours.get(name, "grey") for name in shown)


def _label(metric: str) -> str:
    return metric.removesuffix("_loss").removesuffix("/loss") or metric
