"""Boards as Plotly figures, to zoom and to hover over in a browser or a notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from livemon import wording
from livemon.boards.model import Board, Box, Line, Mark, Notice, Panel
from livemon.views import style
from livemon.views.looks import BROWSER, MarkKind
from livemon.views.mpl.label_places import spread
from livemon.views.mpl.layout import MOST_NOTICES, SUMMARY, grid_rows
from livemon.views.mpl.panel_space import end_of, is_log, is_log_x
from livemon.views.mpl.rows import dot_of, interval_of, rest_of, row_limits
from livemon.views.mpl.short_names import fit_names, run_name
from livemon.views.style import Theme

__all__ = ["to_plotly"]

_SYMBOLS = {"star": "star", "triangle": "triangle-up", "cross": "x-thin-open", "diamond": "diamond", "square": "square",
            "dot": "circle", "ring": "circle-open", "o": "circle", "<": "triangle-left", ">": "triangle-right"}
_DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot", "dashdot": "dashdot"}

# Pixels. The figure is as wide as its window; names are cut for this width.
_WINDOW = 1300.0
_HIGH, _GAP, _TOP, _BOTTOM = 260.0, 90.0, 90.0, 60.0
_ROW, _LABEL, _SMALL = 18.0, 14.0, 11.0
_NOTICE, _LIST = 18.0, 32.0  # the height of a notice, and the distance of the last one above the panels
_TABLE_HEAD, _TABLE_ROW = 28.0, 21.0  # of the summary
_CHARACTER = 6.2  # of a small text, on average
_AXIS = 12.0  # for tick labels
_BELOW_MARKS, _LINE = 10, 13  # pixels, for the texts of vertical lines
_BESIDE = 0.15  # of an axis: texts closer than this are put into different lines
_POWER = 1.25  # Plotly draws "10" with an exponent so much larger than other ticks
_LEGEND_LINE = 22.0
_MOST_ROWS = 25
_NAME_SHARE = 0.42  # of a panel with rows
_LABEL_SHARE = 0.5  # of a panel, at most, for the labels at its curves' ends
_COLUMN_GAP = 0.06  # of the figure


def to_plotly(board: Board, theme: Theme = "light") -> Any:
    """The board as a `plotly.graph_objects.Figure`: its panels in the grid of the picture, and the summary.

    The curves of a single run are labelled at their ends; several runs are named in a legend below, where a click hides
    a run in every panel.

    Raises:
        ImportError: Plotly is not installed.
    """
    try:
        from plotly import graph_objects
    except ImportError:
        raise ImportError("interactive figures need Plotly: pip install 'livemon[plotly]'") from None
    figure = graph_objects.Figure()
    compared = board.header.state == "compared"
    cells, heights = _cells(board)
    legend = _legend_height(board) if compared else 0.0
    inner = sum(heights) + _GAP * (len(heights) - 1)
    draw = _Drawing(figure, style.palette(theme), style.colours(theme), compared, inner)
    for index, panel in enumerate(board.panels):
        draw.panel(panel, *cells[index])
    if SUMMARY in cells:
        draw.summary(board, *cells[SUMMARY])
    listed = _NOTICE * draw.notices(board.warnings)
    text = style.colours(theme)["text"]
    figure.update_layout(
        title={"text": _plain(f"{board.title}: {' · '.join([*board.header.progress, *board.header.problems])}".rstrip(
            ": ")), "x": 0.01, "xanchor": "left", "y": 1 - 0.35 * _TOP / (inner + _TOP + listed + _BOTTOM + legend),
            "yanchor": "middle"},
        template="plotly_dark" if theme == "dark" else "plotly_white", font={"color": text},
        paper_bgcolor=style.colours(theme)["background"], plot_bgcolor=style.colours(theme)["panel"],
        hovermode="closest", height=inner + _TOP + listed + _BOTTOM + legend, showlegend=compared,
        margin={"l": 60, "r": 20, "t": _TOP + listed, "b": _BOTTOM + legend},
        legend={"orientation": "h", "x": 0, "y": -_BOTTOM / inner, "yanchor": "top", "groupclick": "togglegroup"},
    )
    return figure


Cell = tuple[tuple[float, float], tuple[float, float], float]  # domains of x and y, and the height in pixels


def _cells(board: Board) -> tuple[dict[int, Cell], list[float]]:
    """The cell of each panel (and of the summary), and the heights of the grid's rows in pixels."""
    rows = grid_rows([panel.span for panel in board.panels], bool(board.summary or board.config), board.columns)
    rows = rows or [[]]
    heights = []
    table_rows = len(board.summary) + bool(board.summary_left_out) + len(board.config)
    for row in rows:
        named = [min(len(board.panels[item].rows), _MOST_ROWS + 1) for item, _ in row if item >= 0]
        table = _TABLE_HEAD + _TABLE_ROW * table_rows if any(item == SUMMARY for item, _ in row) else 0.0
        heights.append(max([_HIGH, table, *(_ROW * count for count in named)]))
    inner = sum(heights) + _GAP * (len(heights) - 1)
    cells: dict[int, Cell] = {}
    top = 1.0
    width = (1 + _COLUMN_GAP) / board.columns
    for row, height in zip(rows, heights, strict=True):
        at = 0
        for item, span in row:
            across = at * width, (at + span) * width - _COLUMN_GAP
            cells[item] = across, (max(top - height / inner, 0.0), top), height
            at += span
        top -= (height + _GAP) / inner
    return cells, heights


def _legend_height(board: Board) -> float:
    """The height of the legend of all runs, in pixels."""
    names = {run_name(line) for panel in board.panels for line in panel.lines if line.label}
    return _LEGEND_LINE * (1 + math.ceil(sum(60 + 7 * len(name) for name in names) / _WINDOW)) if names else 0.0


class _Drawing:
    """Adds panels to one figure, each with axes of its own."""

    def __init__(self, figure: Any, palette: dict[str, str], colours: dict[str, str], compared: bool, inner: float
                 ) -> None:
        self._figure = figure
        self._palette = palette
        self._colours = colours
        self._compared = compared
        self._inner = inner
        self._count = 0
        self._named: set[str] = set()

    def panel(self, panel: Panel, across: tuple[float, float], up: tuple[float, float], height: float) -> None:
        self._count += 1
        self._number = str(self._count) if self._count > 1 else ""
        self._axes = {"xaxis": f"x{self._number}", "yaxis": f"y{self._number}"}
        left, right = across
        if panel.rows:
            across = left + _NAME_SHARE * (right - left), right
        elif not self._compared and any(line.label for line in panel.lines):
            longest = max(len(line.label) for line in panel.lines)
            across = left, right - min((8 + _CHARACTER * longest) / _WINDOW, _LABEL_SHARE * (right - left))
        self._set_axis("x", {"domain": list(across), "anchor": self._axes["yaxis"]})
        self._set_axis("y", {"domain": list(up), "anchor": self._axes["xaxis"]})
        self._text(panel.title, left, up[1] + 8 / self._inner, paper=True, xanchor="left", yanchor="bottom", bold=True)
        if note := _fewer_parts(panel.warning or panel.note, (right - left) * _WINDOW / 6.5 - len(panel.title)):
            self._text(note, right, up[1] + 8 / self._inner, paper=True, xanchor="right", yanchor="bottom",
                       colour=self._colours["warning" if panel.warning else "muted"])
        if panel.rows:
            self._rows(panel, (across[0] - left) * _WINDOW)
        elif panel.boxes:
            self._boxes(panel)
        elif panel.bars is not None:
            self._bars(panel)
        elif panel.lines:
            self._curves(panel, height)
        else:
            self._text(panel.message, 0.5, 0.5, colour=self._colours["muted"])
            for axis in "xy":
                self._set_axis(axis, {"visible": False})

    def summary(self, board: Board, across: tuple[float, float], up: tuple[float, float], _: float) -> None:
        """The table of last and best values, with the settings below."""
        from plotly import graph_objects

        rows = [(row.metric, *row.cells) for row in board.summary]
        rows += [(f"+ {board.summary_left_out:,} more", "", "", "")] if board.summary_left_out else []
        measured = len(rows)
        rows += [(_plain(key), _plain(value), "", "") for key, value in board.config]
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
        card, text, muted = (self._colours[name] for name in ("card", "text", "muted"))
        shades = [text] * measured + [muted] * len(board.config)
        self._figure.add_trace(graph_objects.Table(
            domain={"x": list(across), "y": list(up)}, columnwidth=[2.2, 1, 1, 1],
            header={"values": ["", "last", "best", "change"], "align": ["left", "right", "right", "right"],
                    "fill": {"color": card}, "font": {"color": muted, "size": _SMALL}, "line": {"width": 0}},
            cells={"values": columns, "align": ["left", "right", "right", "right"], "height": _TABLE_ROW,
                   "fill": {"color": card}, "font": {"color": [shades, [text] * len(rows)], "size": _SMALL},
                   "line": {"width": 0}}))
        self._text("summary", across[0], up[1] + 8 / self._inner, paper=True, xanchor="left", yanchor="bottom",
                   bold=True)

    def notices(self, notices: Sequence[Notice]) -> int:
        """A line above the panels for each of the first notices: what happened, and the advice; returns the number of
        lines."""
        shown = notices[:MOST_NOTICES]
        for index, notice in enumerate(shown):
            more = len(notices) - len(shown) if index == len(shown) - 1 else 0
            text = f"{notice.severity}: {notice.text}. {notice.advice}" + (f" (and {more} more)" if more else "")
            above = _LIST + _NOTICE * (len(shown) - 1 - index)
            self._text(wording.clipped(text, int(_WINDOW / 6.0)), 0.0, 1 + above / self._inner, paper=True,
                       xanchor="left", yanchor="bottom",
                       colour=self._colours["warning" if notice.severity == "critical" else "idle"])
        return len(shown)

    def _set_axis(self, axis: str, looks: Mapping[str, Any]) -> None:
        self._figure.update_layout({f"{axis}axis{self._number}": dict(looks)})

    def _add(self, trace: Any) -> None:
        trace.update(self._axes)
        self._figure.add_trace(trace)

    def _text(self, text: str, x: float, y: float, *, paper: bool = False, bold: bool = False, colour: str = "",
              **looks: Any) -> None:
        """A text at shares of the panel's axes, or of the whole figure."""
        where = {"xref": "paper", "yref": "paper"} if paper else {
            "xref": f"{self._axes['xaxis']} domain", "yref": f"{self._axes['yaxis']} domain"}
        text = f"<b>{_plain(text)}</b>" if bold else _plain(text)
        self._figure.add_annotation(text=text, x=x, y=y, showarrow=False,
                                    font={"size": _SMALL + bold, "color": colour or self._colours["text"]},
                                    **where | looks)

    # -- the content of a panel

    def _curves(self, panel: Panel, height: float) -> None:
        from plotly import graph_objects

        for band in panel.bands:
            for y, fill in ((band.low, None), (band.high, "tonexty")):
                self._add(graph_objects.Scatter(
                    x=band.x, y=y, mode="lines", line={"width": 0}, fill=fill, hoverinfo="skip", showlegend=False,
                    fillcolor=_rgba(self._palette[band.colour], BROWSER.alpha_of_bands(len(panel.bands)))))
        names = {(line.metric, line.colour): run_name(line) for line in panel.lines if line.label}
        for line in panel.lines:
            look = BROWSER.lines[line.kind]
            name = names.get((line.metric, line.colour), "") if self._compared else line.label or line.metric
            first = bool(line.label) and name not in self._named
            if first and self._compared:
                self._named.add(name)
            self._add(graph_objects.Scatter(
                x=line.x, y=line.y, name=_plain(name or line.metric), opacity=look.alpha,
                legendgroup=name or None, showlegend=first and self._compared,
                mode="lines+markers" if look.dot else "lines",
                marker={"size": look.dot or None},
                hoverinfo="skip" if self._compared and not name else None,
                line={"color": self._palette[line.colour], "width": look.width, "dash": _DASHES[line.dash]}))
        self._marks(panel)
        if not self._compared:
            self._end_labels([line for line in panel.lines if line.label], panel, height)
        low, high = panel.x_limits
        scale = {"type": "log", "range": [math.log10(low), math.log10(high)]} if is_log_x(panel) else {
            "range": [low, high]}
        self._set_axis("x", {"title": {"text": _plain(panel.x_label), "standoff": 4}, **scale})
        self._set_y(panel)

    def _set_y(self, panel: Panel) -> None:
        low, high = _y_range(panel)
        looks: dict[str, Any] = {"type": "linear", "range": [low, high], "exponentformat": "power"}
        if is_log(panel):
            looks["tickfont"] = {"size": _AXIS / _POWER}
            looks |= {"type": "log"} | ({"dtick": max(1, round((high - low) / 5))} if high - low > 1 else {"nticks": 6})
        self._set_axis("y", looks)

    def _end_labels(self, lines: Sequence[Line], panel: Panel, height: float) -> None:
        """Each line's label beside the axes, at the height of its last point, without overlaps."""
        known = [(line, end[1]) for line in lines if (end := end_of(line)) is not None]
        places = spread([_height_share(y, panel) * height for _, y in known], _LABEL, 0.0, height)
        for (line, _), label_at in zip(known, places, strict=True):
            self._text(line.label, 1.0, label_at / height, colour=self._palette[line.colour], xanchor="left", xshift=4,
                       yanchor="middle")

    def _marks(self, panel: Panel) -> None:
        """One trace for all marks of a kind; those at an edge are just within it."""
        from plotly import graph_objects

        groups: dict[tuple[MarkKind, str], list[Mark]] = {}
        with_words: list[float] = []  # their positions, as shares of the axis
        for mark in panel.marks:
            look = BROWSER.marks[mark.kind]
            if look.is_upright:
                colour = look.in_colour(self._palette[mark.colour], self._colours)
                if mark.text and mark.kind in ("warning", "critical"):
                    low, high = panel.x_limits
                    share = (mark.x - low) / (high - low)
                    row = sum(abs(share - other) < _BESIDE for other in with_words)
                    with_words.append(share)
                    self._text(mark.text, math.log10(mark.x) if is_log_x(panel) else mark.x, 1.0,
                               xref=self._axes["xaxis"], xanchor="left", yanchor="top", xshift=2,
                               yshift=-_BELOW_MARKS - row * _LINE, colour=colour)
                self._figure.add_shape(type="line", x0=mark.x, x1=mark.x, y0=0, y1=1, xref=self._axes["xaxis"],
                                       yref=f"{self._axes['yaxis']} domain",
                                       line={"dash": _DASHES[look.shape], "width": look.size,
                                             "color": colour})
            else:
                groups.setdefault((mark.kind, mark.colour), []).append(mark)
        low, high = _y_range(panel)
        inset = 0.02 * (high - low)
        edges = {"top": high - inset, "bottom": low + inset}
        edges = {edge: 10.0**at if is_log(panel) else at for edge, at in edges.items()}
        for (kind, colour), marks in groups.items():
            look = BROWSER.marks[kind]
            self._add(graph_objects.Scatter(
                x=[mark.x for mark in marks], y=[edges[mark.edge] if mark.y is None else mark.y for mark in marks],
                mode="markers", name=kind, showlegend=False,
                text=[_plain(mark.text or _hover(mark)) for mark in marks], hoverinfo="text+x", cliponaxis=False,
                marker={"symbol": _SYMBOLS[look.shape], "size": look.size,
                        "line": {"width": 2.0 if look.shape in ("cross", "ring") else 0.0},
                        "color": look.in_colour(self._palette[colour], self._colours)}))

    def _boxes(self, panel: Panel) -> None:
        from plotly import graph_objects

        places = list(range(1, len(panel.boxes) + 1))
        known: list[tuple[int, Box]] = [(at, box) for at, box in zip(places, panel.boxes, strict=True)
                                        if not math.isnan(box.median)]
        self._add(graph_objects.Box(
            x=[at for at, _ in known], name=_plain(panel.title), showlegend=False,
            q1=[box.q1 for _, box in known], median=[box.median for _, box in known],
            q3=[box.q3 for _, box in known], lowerfence=[box.low for _, box in known],
            upperfence=[box.high for _, box in known], marker={"color": self._palette[panel.colour]}))
        for at, box in zip(places, panel.boxes, strict=True):
            if math.isnan(box.median) and box.count:
                self._text("NaN", at, 0.97, xref=self._axes["xaxis"], colour=self._colours["warning"])
        every = max(1, math.ceil(len(places) / 20))
        self._set_axis("x", {"tickmode": "array", "tickvals": places[::every], "range": [0.4, len(places) + 0.6],
                             "ticktext": [_plain(box.label) for box in panel.boxes][::every]})
        self._set_y(panel)

    def _bars(self, panel: Panel) -> None:
        from plotly import graph_objects

        assert panel.bars is not None
        edges = panel.bars.edges
        self._add(graph_objects.Bar(x=(edges[:-1] + edges[1:]) / 2, y=panel.bars.counts, width=edges[1:] - edges[:-1],
                                    marker={"color": self._palette[panel.bars.colour]}, showlegend=False))
        self._set_axis("x", {"title": {"text": _plain(panel.x_label), "standoff": 4}})

    def _rows(self, panel: Panel, room: float) -> None:
        """A dot for each row with its interval; the name on the left, the value on the right; the best ones, and the
        number of the others."""
        from plotly import graph_objects

        shown = panel.rows[:_MOST_ROWS]
        names = fit_names(tuple(row.label for row in shown), room - 12, _SMALL)
        low, high, log = row_limits(shown, panel.row_limits)
        places = list(range(len(shown)))
        dots = [dot_of(row, (low, high)) or (None, "o") for row in shown]
        reach = [(max(ends[1] - x, 0.0), max(x - ends[0], 0.0)) if ends and x is not None else (0.0, 0.0)
                 for (x, _), ends in zip(dots, map(interval_of, shown), strict=True)]
        self._add(graph_objects.Scatter(
            x=[x for x, _ in dots], y=places, mode="markers", showlegend=False, cliponaxis=False,
            hovertext=[_plain(f"{row.label}: {row.text}") for row in shown], hoverinfo="text",
            error_x={"type": "data", "symmetric": False, "array": [up for up, _ in reach],
                     "arrayminus": [down for _, down in reach], "thickness": BROWSER.rows.interval, "width": 0,
                     "color": self._colours["muted"], "visible": any(up or down for up, down in reach)},
            marker={"size": BROWSER.rows.dot, "symbol": [_SYMBOLS[shape] for _, shape in dots],
                    "color": [self._palette[row.colour] for row in shown]}))
        for index, row in enumerate(shown):
            self._text(row.text, 1.0, index, yref=self._axes["yaxis"], xanchor="left", xshift=6,
                       colour="" if math.isfinite(row.value) else self._colours["warning"])
        left_out = panel.rows[_MOST_ROWS:]
        if left_out:
            self._text(rest_of(left_out), 0.0, 0.0, xanchor="left", yanchor="bottom",
                       colour=self._colours["muted"])
        self._set_axis("y", {"tickmode": "array", "tickvals": places, "ticktext": [_plain(name) for name in names],
                             "range": [len(shown) - 0.4 + bool(left_out), -0.6], "tickfont": {"size": _SMALL}})
        ends = [math.log10(low), math.log10(high)] if log else [low, high]
        domain = self._figure.layout[f"xaxis{self._number}"].domain
        self._set_axis("x", {"type": "log" if log else "linear", "range": ends, "nticks": 5,
                             "domain": [domain[0], domain[1] - 0.15 * (domain[1] - domain[0])]})


def _fewer_parts(note: str, room: float) -> str:
    """As many of the parts between dots as fit (characters), at least the first one."""
    parts = note.split(" · ")
    while len(parts) > 1 and len(" · ".join(parts)) > room:
        parts.pop()
    return " · ".join(parts)


def _hover(mark: Mark) -> str:
    """The hover text of a mark without a text."""
    return f"{mark.kind}, {mark.runs} run{'s' * (mark.runs > 1)}" if mark.runs else mark.kind


def _y_range(panel: Panel) -> tuple[float, float]:
    """The y limits for Plotly: their logarithms if the axis is logarithmic."""
    low, high = panel.y_limits
    return (math.log10(low), math.log10(high)) if is_log(panel) else (low, high)


def _height_share(y: float, panel: Panel) -> float:
    """The height of a value in the panel, from 0 to 1."""
    low, high = _y_range(panel)
    if is_log(panel):
        y = math.log10(y) if y > 0 else low
    return min(max((y - low) / (high - low or 1), 0.0), 1.0)


def _plain(text: str) -> str:
    """Escape a name, which is never markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _rgba(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
