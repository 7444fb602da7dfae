"""The board: a frozen description of what a view shows. Panels, lines, marks, numbers; no backend, plain data.

Every view draws the same board, so the window, the picture and the terminal cannot disagree. `boards/` makes boards;
this module only says what one is. All colours are keys of `style.py`; all texts are ready to be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon.boards.lens.value import Lens
from livemon.boards.run_row import RunRow
from livemon.boards.settings_table import SettingRow

__all__ = ["CYCLE", "PAIRED_BY", "Band", "Bars", "Board", "Box", "Event", "Header", "HiddenCurve", "Line", "Mark",
           "Notice", "Panel", "Row", "Ruler", "SummaryRow"]

Array = NDArray[np.float64]
_LONGEST_ERROR = 60  # characters of the header line
Colour = Literal["blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey"]
CYCLE: tuple[Colour, ...] = ("blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")
PAIRED_BY = " > "  # between two groups of which a row compares one with the other
Dash = Literal["solid", "dashed", "dotted", "dashdot"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One polyline, already thinned for the panel's width.

    Attributes:
        metric: The metric that it shows.
        kind: "raw" (pale, thin, behind), "main" (the line people read: smoothed, or the only one), "points" (few
            points: line with a dot at each), "superseded" (an earlier attempt that a newer one replaced: dimmed).
        x, y: shape (n,), float64, finite, x not decreasing. Gaps are NaN in y.
        colour: key of the palette.
        label: text at the line's right end, e.g. "train 3.317"; "" for none.
        name: what a legend calls it, e.g. "train"; "" for the metric's name.
        dash: its shape, where colours alone are not enough to tell many curves apart.
        run: the run that it shows, as a lens calls it; "" on a board of one run.
    """

    metric: str
    kind: Literal["raw", "main", "points", "superseded"]
    x: Array
    y: Array
    colour: Colour
    label: str = ""
    name: str = ""
    dash: Dash = "solid"
    run: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one place.

    Attributes:
        kind: "nan", "inf" (at the panel's edge, where it was logged, or on the curve of a group), "beyond" (a finite
            value outside the limits, at the edge), "spike" (a value that single runs of a group had, far from the
            others), "fewer" (from here on a group has fewer runs), "best" (a star on the line), "restart" and "epoch"
            (a thin vertical line), "warning" and "critical" (a vertical line where something began that was found, as
            severe as that), "leap" (a ring around a spike that was found), "marked" (a vertical line that somebody
            asked for).
        x: Where.
        y: The value, or None for a mark at the panel's edge.
        text: Shown beside it; "" for none.
        edge: Which edge, where y is None.
        runs: Of a group: how many runs logged it, or are left; 0 where it is no group's.
    """

    kind: Literal["nan", "inf", "beyond", "spike", "fewer", "best", "restart", "epoch", "warning", "critical", "leap",
                  "marked"]
    x: float
    y: float | None
    colour: Colour
    text: str = ""
    edge: Literal["top", "bottom"] = "top"
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a box plot: whiskers at `low` and `high`, box from `q1` to `q3`, line at `median`; all NaN where
    most values are not finite (`count` of them all), or there is none."""

    label: str
    low: float
    q1: float
    median: float
    q3: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """A histogram: `edges` shape (n + 1,), `counts` shape (n,)."""

    edges: Array
    counts: Array
    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """What lies between two curves: `x`, `low`, `high` of shape (n,), float64; NaN where there is none. `text` says
    what it is ("95 % t interval")."""

    x: Array
    low: Array
    high: Array
    colour: Colour
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A named value on an axis that all rows share, written as `text`, with an interval from `low` to `high` where
    there is one.

    A value that is not finite has no place on it; its text is a warning.
    """

    label: str
    value: float
    text: str
    colour: Colour
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class HiddenCurve:
    """A curve that is not drawn: its metric, or its run where all curves of that are not drawn; what it is called, and
    the colour that it has when it is."""

    metric: str
    name: str
    colour: Colour
    run: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """Where places of x stand on another axis.

    Attributes:
        kind: "step", "epoch" or "time" (unix seconds, or seconds since the start).
        x, values: shape (n,), float64, x not decreasing; between them by the line, outside of them unknown.
    """

    kind: str
    x: Array
    values: Array


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the run.

    Attributes:
        x: Where.
        kind: As marks have it.
        panel: The title of the panel in which; "" in all.
        until: Where a stretch of it ends that begins at `x`; None where there is one mark.
        marks: How many there are in it.
    """

    x: float
    kind: str
    panel: str = ""
    until: float | None = None
    marks: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One plot.

    Attributes:
        key: Stable identity from one board to the next: a view keeps the artists of a panel by it.
        title: e.g. "loss".
        note: small text at the right of the title, e.g. "4,221 + 84 points" or a unit.
        warning: like `note`, in the warning colour; shown instead of the note, e.g. "1 inf, first at step 31,000".
        x_label: what x counts: "step", "epoch", "time" ...; "" where the panel below says it.
        x_limits, y_limits: They grow in steps, so that most frames need no new axes.
        x_scale, y_scale: "linear" or "log".
        lines, marks, bands, boxes, bars, rows: what is in it. A panel has lines (with bands), or boxes, or bars, or
            rows, from the top; a view that has no room for all of them counts those it leaves out.
        message: text in the middle of a panel that has nothing to draw, e.g. "no finite value yet".
        span: how many grid columns it takes.
        colour: of boxes.
        smoothed: whether its main lines are.
        of: what its lines are of, where several are compared.
        row_limits: limits of the axis that its rows share; None: by their values.
        row_rule: where on that axis a line marks what a row is read against; None: nowhere.
        hidden: the curves that a lens leaves out: their names stand in the panel, pale.
        metrics: all that it shows or hides; a lens calls the panel by its title.
        points: how many points its lines stand for between the limits of x, as logged; 0 where that is not counted.
    """

    key: str
    title: str
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    y_scale: Literal["linear", "log"] = "linear"
    note: str = ""
    warning: str = ""
    x_label: str = ""
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    boxes: tuple[Box, ...] = ()
    bars: Bars | None = None
    bands: tuple[Band, ...] = ()
    rows: tuple[Row, ...] = ()
    message: str = ""
    span: int = 1
    colour: Colour = "blue"
    smoothed: bool = False
    of: Literal["run", "group"] = "run"
    row_limits: tuple[float, float] | None = None
    row_rule: float | None = None
    hidden: tuple[HiddenCurve, ...] = ()
    metrics: tuple[str, ...] = ()
    points: int = 0
    x_scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A metric in the summary table.

    Attributes:
        last, best: as logged; `best` is None where nothing finite was logged.
        change: how much the values changed over the last tenth of the points, in per cent, or None.
        cells: the three as texts, formatted for this metric ("71.3k", "-7.8 %").
        best_at: where the best is, as a text: "40,500".
    """

    metric: str
    last: float
    best: float | None
    change: float | None
    cells: tuple[str, str, str]
    best_at: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was found in the run; see `livemon.health.finding.Finding`.

    Attributes:
        kind, severity: Words of closed lists, "overfitting" and "warning".
        metric: In which metric; "" where it is of the whole run.
        since: Where it began, on the run's own axis; None where it has no place there.
        text: What happened, a sentence.
        advice: What to do.
        is_over: Whether it has passed.
    """

    kind: str
    severity: Literal["info", "warning", "critical"]
    metric: str
    since: float | None
    text: str
    advice: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The header line's parts; unknown parts are empty. `line()` puts them together.

    Attributes:
        run: the run's name.
        state: how the run stands, see `livemon.states.State`; "compared" of several runs.
        evidence: what says so, in words.
        progress: e.g. ("step 41,230/100,000", "epoch 3", "ETA 2h10").
        metric: e.g. "val_loss 1.93 (best 1.91 @ 40,500)".
        age: e.g. "row 4 s ago (usually 5 s)".
        problems: e.g. ("3 NaN since 41,210", "2 rows rejected").
        reason: why the run stopped or failed, see `livemon.states.Reason`; None where that is not known.
        zoomed: which part of the run is shown, e.g. "zoomed to step 1,000 - 2,000"; "" for all of it.
    """

    run: str
    state: str
    evidence: str = ""
    progress: tuple[str, ...] = ()
    metric: str = ""
    age: str = ""
    problems: tuple[str, ...] = ()
    reason: str | None = None
    zoomed: str = ""

    @property
    def standing(self) -> str:
        """The state, with the reason where there is one: "failed (killed)"."""
        return f"{self.state} ({self.reason})" if self.reason else self.state

    @property
    def _error(self) -> str:
        """The error with which a run failed, in words that a line has room for; "" where its reason says it all."""
        if self.state != "failed" or self.reason not in (None, "error", "nan", "out of memory"):
            return ""
        text = "" if self.evidence.endswith(" says so") else " ".join(self.evidence.split())
        return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"

    def line(self, width: int | None = None) -> str:
        """The one-line header. Where `width` (characters) is too narrow for all of it, problems come first, then how
        far the run is, then the main metric, without its best if that does not fit; what does not fit is left out,
        whole parts at a time. The folders in a run's name are left out where the main metric would not fit."""
        line = self._line(self.run, width)
        short = f"…/{self.run.rpartition('/')[2]}"
        value = self.metric.rpartition(" (best ")[0] or self.metric
        if width is None or value in line or len(short) >= len(self.run):
            return line
        shorter = self._line(short, width)
        return shorter if value in shorter else line

    def _line(self, run: str, width: int | None) -> str:
        start = f"{run} ● {self.standing}" + (f" | {self.zoomed}" if self.zoomed else "")
        progress = "  " + " · ".join(self.progress) if self.progress else ""
        problems = [self._error, *self.problems] if self._error else list(self.problems)
        groups = [progress, self.metric, self.age, " · ".join(problems)]
        full = _join(start, groups)
        if width is None or len(full) <= width:
            return full
        line, before = start, " | "
        for part in problems:
            line = _with(line, " | ", part, width)
        for part in self.progress:
            longer = _with(line, before, part, width)
            line, before = longer, before if longer == line else " · "
        value = self.metric.rpartition(" (best ")[0]
        longer = _with(line, " | ", self.metric, width)
        line = longer if longer != line else _with(line, " | ", value, width)
        line = _with(line, " | ", self.age, width)
        return line if len(line) <= width else line[: max(width - 1, 0)] + "…"


def _with(line: str, before: str, part: str, width: int) -> str:
    """The line with a further part, where there is room for it."""
    return line + before + part if part and len(line) + len(before) + len(part) <= width else line


def _join(start: str, groups: list[str]) -> str:
    line = start + groups[0]
    for group in groups[1:]:
        if group:
            line += f" | {group}"
    return line


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Everything that a view shows of a run at one moment.

    Attributes:
        title: large text at the top left, the run's name as a rule.
        header: the header line.
        headline: the main metric at the top right: (text, small text, colour), e.g. ("val_loss 0.183 ↓",
            "best 0.183 @ 42,000", "orange").
        panels: in order of importance; a view fills a grid of `columns` with them, row by row. The summary stands
            behind the first panel.
        summary, config: the numbers and settings beside the first panel; both empty for boards without them.
        summary_left_out: how many metrics more the run has than the summary.
        left_out: how many panels there would be more; `hint` says how to see them.
        columns: of the grid.
        row_height: how much higher than usual the grid's rows want to be.
        notices: what was found in the run, the worst first; a view lists those that are a warning or worse.
        lens: through which it was looked at; None for boards that know none.
        axes: what x can be, for a lens; x_kind: which of them it is.
        x_unit: how many of the lens's x one of the board's is: a lens counts time in seconds.
        rulers: what stands beside x at a place.
        events: what happened in the whole run, in order.
        runs: the list of runs, those with problems on top; () where the lens does not ask for it.
        settings: all settings of these runs, for whoever asks for them; settings_of: the runs that they are of.
        paths: the folders of the runs that are drawn, where several could be.
        is_complete: whether all that can be said now is on it; False: the next board says more, whether rows come or
            not.
    """

    title: str
    header: Header
    panels: tuple[Panel, ...]
    headline: tuple[str, str, Colour] | None = None
    summary: tuple[SummaryRow, ...] = ()
    config: tuple[tuple[str, str], ...] = ()
    summary_left_out: int = 0
    left_out: int = 0
    hint: str = ""
    columns: int = 3
    row_height: float = 1.0
    notices: tuple[Notice, ...] = ()
    lens: Lens | None = None
    axes: tuple[str, ...] = ()
    x_kind: str = ""
    x_unit: float = 1.0
    rulers: tuple[Ruler, ...] = ()
    events: tuple[Event, ...] = ()
    runs: tuple[RunRow, ...] = ()
    settings: tuple[SettingRow, ...] = ()
    settings_of: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    is_complete: bool = True

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """The notices that are a warning or worse. A healthy run has none."""
        return tuple(notice for notice in self.notices if notice.severity != "info")
