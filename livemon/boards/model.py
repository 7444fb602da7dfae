"""The board: a frozen description of what a view shows. Panels, lines, marks, numbers; no backend, plain data.

Every view draws the same board, so the window, the picture and the terminal cannot disagree. `boards/` makes boards;
this module only defines them. All colours are keys of `style.py`; all texts are ready for display.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon.boards.lens.value import Lens
from livemon.boards.run_row import RunRow

__all__ = ["CYCLE", "PAIRED_BY", "Band", "Bars", "Board", "Box", "Event", "Header", "HiddenCurve", "Line", "Mark",
           "Notice", "Panel", "Row", "Ruler", "SettingRow", "SummaryRow"]

Array = NDArray[np.float64]
_LONGEST_ERROR = 60  # characters in the header line
Colour = Literal["blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey"]
CYCLE: tuple[Colour, ...] = ("blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")
PAIRED_BY = " > "  # in the name of a row that compares two groups
Dash = Literal["solid", "dashed", "dotted", "dashdot"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One polyline, already thinned for the panel's width.

    Attributes:
        metric: The metric of the line.
        kind: "raw" (pale, thin, behind), "main" (the line people read: smoothed, or the only one), "points" (a line
            with a dot at each of its few points), "superseded" (an attempt that a newer one replaced: dimmed).
        x, y: shape (n,), float64, finite, x not decreasing. Gaps are NaN in y.
        colour: a key of the palette.
        label: text at the line's right end, e.g. "train 3.317"; "" for none.
        name: the name in a legend, e.g. "train"; "" for the metric's name.
        dash: the dash pattern, if there are too many curves for colours alone.
        run: the run of the line, as named in a lens; "" on a board of one run.
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
    """An event at one position.

    Attributes:
        kind: "nan", "inf" (at the panel's edge, where it was logged, or on the curve of a group), "beyond" (a finite
            value outside the limits, at the edge), "spike" (a value of single runs of a group, far from the others),
            "fewer" (from here on a group has fewer runs), "best" (a star on the line), "restart" and "epoch" (a thin
            vertical line), "warning" and "critical" (a vertical line where a problem of this severity began), "leap" (a
            ring around a spike with a finding), "marked" (a vertical line set by the user).
        x: The position.
        y: The value; None for a mark at the panel's edge.
        text: The text beside it; "" for none.
        edge: The edge, if y is None.
        runs: For a group: the number of runs that logged it, or that are left; else 0.
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
    """A box of a box plot: whiskers at `low` and `high`, box from `q1` to `q3`, line at `median`. All of them are NaN
    if most of the `count` values are not finite, or there are none."""

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
    """The area between two curves: `x`, `low`, `high` of shape (n,), float64, with NaN for gaps. `text` names it ("95 %
    t interval")."""

    x: Array
    low: Array
    high: Array
    colour: Colour
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A named value on an axis shared by all rows, written as `text`, possibly with an interval from `low` to `high`.

    A value that is not finite has no position; its text is shown as a warning.
    """

    label: str
    value: float
    text: str
    colour: Colour
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class HiddenCurve:
    """A curve that is not drawn: its metric (or its run, if all curves of the run are hidden), its name, and its colour
    when it is drawn."""

    metric: str
    name: str
    colour: Colour
    run: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """The values of another axis along x.

    Attributes:
        kind: "step", "epoch" or "time" (unix seconds, or seconds since the start).
        x, values: shape (n,), float64, x not decreasing; linear between these points, unknown outside.
    """

    kind: str
    x: Array
    values: Array


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the run.

    Attributes:
        x: The position.
        kind: The kind, as in `Mark`.
        panel: The title of its panel; "" for all panels.
        until: The end of an event that lasts from `x` on; None for a single mark.
        marks: The number of marks in it.
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
        key: A stable identity: views use it to keep a panel's artists from board to board.
        title: e.g. "loss".
        note: small text at the right of the title, e.g. "4,221 + 84 points" or a unit.
        warning: replaces the note, in the warning colour, e.g. "1 inf, first at step 31,000".
        x_label: the label of x: "step", "epoch", "time" ...; "" if the panel below has it.
        x_limits, y_limits: They grow in steps, so that most frames need no new axes.
        x_scale, y_scale: "linear" or "log".
        lines, marks, bands, boxes, bars, rows: the content. A panel has lines (with bands), or boxes, or bars, or rows
            from top to bottom; a view without room for all rows counts those it leaves out.
        message: text in the middle of an empty panel, e.g. "no finite value yet".
        span: its width in grid columns.
        colour: the colour of boxes.
        smoothing: the weights of the smoothing of its main lines, the lowest first; (): none.
        of: the subject of its lines in a comparison.
        row_limits: limits of the axis of the rows; None: fitted to their values.
        row_rule: the position of a reference line on that axis; None: no line.
        hidden: the curves that a lens hides: their names are shown in the panel, pale.
        metrics: all metrics of the panel, including hidden ones; a lens names the panel by its title.
        points: the number of logged points that its lines represent between the limits of x; 0 if not counted.
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
    smoothing: tuple[float, ...] = ()
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

    last, best: as logged; `best` is None if nothing finite was logged.
        last, best: as logged; `best` is None where nothing finite was logged.
        change: the change over the last tenth of the points, in per cent, or None.
        cells: the three as texts, formatted for this metric ("71.3k", "-7.8 %").
        best_at: the position of the best, as text: "40,500".
    """

    metric: str
    last: float
    best: float | None
    change: float | None
    cells: tuple[str, str, str]
    best_at: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding about the run; see `livemon.health.finding.Finding`.

    Attributes:
        kind, severity: Words from closed lists, such as "overfitting" and "warning".
        metric: The metric; "" for the whole run.
        since: Where it began, on the run's own axis; None without a position.
        text: What happened, in a sentence.
        advice: What to do.
        is_over: Whether it is over.
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
    """The header line's parts; unknown parts are empty. `line()` joins them.

    Attributes:
        run: the run's name.
        state: the run's state, see `livemon.states.State`; "compared" for several runs.
        evidence: the reason for the state, in words.
        progress: e.g. ("step 41,230/100,000", "epoch 3", "ETA 2h10").
        metric: e.g. "val_loss 1.93 (best 1.91 @ 40,500)".
        age: e.g. "row 4 s ago (usually 5 s)".
        problems: e.g. ("3 NaN since 41,210", "2 rows rejected").
        reason: why the run stopped or failed, see `livemon.states.Reason`; None if unknown.
        zoomed: the visible part of the run, e.g. "zoomed to step 1,000 - 2,000"; "" for all of it.
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
        """The state, with the reason if there is one: "failed (killed)"."""
        return f"{self.state} ({self.reason})" if self.reason else self.state

    @property
    def _error(self) -> str:
        """The error of a failed run, shortened for a line; "" if the reason already says it."""
        if self.state != "failed" or self.reason not in (None, "error", "nan", "out of memory"):
            return ""
        text = "" if self.evidence.endswith(" says so") else " ".join(self.evidence.split())
        return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"

    def line(self, width: int | None = None) -> str:
        """The one-line header. If `width` (characters) is too narrow for everything, problems come first, then the
        progress, then the main metric, if necessary without its best value; parts that do not fit are left out whole.
        The folders in a run's name are left out if the main metric would not fit otherwise."""
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
    """The line with a further part, if there is room for it."""
    return line + before + part if part and len(line) + len(before) + len(part) <= width else line


def _join(start: str, groups: list[str]) -> str:
    line = start + groups[0]
    for group in groups[1:]:
        if group:
            line += f" | {group}"
    return line


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting of several runs: its dotted name, whether the runs differ in it, and its value in each, as text; None
    for a run without it."""

    name: str
    differs: bool
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Everything that a view shows of a run at one moment.

    Attributes:
        title: large text at the top left, usually the run's name.
        header: the header line.
        headline: the main metric at the top right: (text, small text, colour), e.g. ("val_loss 0.183 ↓", "best 0.183 @
            42,000", "orange").
        panels: the most important ones first; a view fills a grid of `columns` with them, row by row. The summary
            follows the first panel.
        summary, config: the numbers and settings beside the first panel; both empty for boards without them.
        summary_left_out: the number of metrics missing from the summary.
        left_out: the number of panels that are not shown; `hint` says how to see them.
        columns: the number of columns of the grid.
        row_height: the height of the grid's rows as a multiple of the usual one.
        notices: the findings about the run, the worst first; a view lists the warnings and critical ones.
        lens: the lens of the board; None if it has none.
        axes: the axes that a lens can choose. x_kind: the present one.
        x_whole: the limits of x without a zoom; None if panels have no common x.
        x_unit: how much of the lens's x is one unit of the board's: a lens counts time in seconds.
        rulers: the other axes' values along x.
        events: the events of the whole run, in order.
        runs: the list of runs, those with problems first; () if the lens does not ask for it.
        settings: all settings of these runs, on request; settings_of: the runs to which they belong.
        paths: the folders of the drawn runs, if there can be several.
        labels: the names of these runs in legends, where they are others than in the list of runs.
        is_complete: whether the board is complete; False: the next one shows more, even without new rows.
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
    x_whole: tuple[float, float] | None = None
    x_unit: float = 1.0
    rulers: tuple[Ruler, ...] = ()
    events: tuple[Event, ...] = ()
    runs: tuple[RunRow, ...] = ()
    settings: tuple[SettingRow, ...] = ()
    settings_of: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """The notices that are warnings or worse. A healthy run has none."""
        return tuple(notice for notice in self.notices if notice.severity != "info")
