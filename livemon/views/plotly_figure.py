"""Boards as Plotly figures: zoomed and hovered over in a browser or a notebook."""

from __future__ import annotations

import math
from typing import Any

from livemon import style
from livemon.board import Board, Panel
from livemon.style import Theme

__all__ = ["to_plotly"]

_WIDTHS = {"raw": 0.8, "overtaken": 1.1, "main": 2.0, "points": 2.0}
_FAINT = {"raw": 0.35, "overtaken": 0.4}


def to_plotly(board: Board, theme: Theme = "light") -> Any:
    """The board as a `plotly.graph_objects.Figure`, a subplot a panel.

    Raises:
        ImportError: Plotly is not installed.
    """
    try:
        from plotly.subplots import make_subplots
    except ImportError:
        raise ImportError("interactive figures need Plotly: pip install 'livemon[plotly]'") from None
    across = min(board.columns, max(len(board.panels), 1))
    down = max(math.ceil(len(board.panels) / across), 1)
    figure = make_subplots(down, across, subplot_titles=[panel.title for panel in board.panels])
    palette, colours = style.palette(theme), style.colours(theme)
    for place, panel in enumerate(board.panels):
        _add(figure, panel, place // across + 1, place % across + 1, palette)
    figure.update_layout(
        title=f"{board.title}: {' · '.join([*board.header.progress, *board.header.problems])}".rstrip(": "),
        template="plotly_dark" if theme == "dark" else "plotly_white", paper_bgcolor=colours["background"],
        plot_bgcolor=colours["panel"], hovermode="closest", height=340 * down + 80, showlegend=False,
    )
    return figure


def _add(figure: Any, panel: Panel, row: int, column: int, palette: dict[str, str]) -> None:
    from plotly import graph_objects

    for band in panel.bands:
        for y, fill in ((band.low, None), (band.high, "tonexty")):
            figure.add_trace(graph_objects.Scatter(
                x=band.x, y=y, mode="lines", line={"width": 0}, fill=fill, hoverinfo="skip",
                fillcolor=_rgba(palette[band.colour], 0.2)), row, column)
    for line in panel.lines:
        figure.add_trace(graph_objects.Scatter(
            x=line.x, y=line.y, name=line.label or line.metric, opacity=_FAINT.get(line.kind, 1.0),
            mode="lines+markers" if line.kind == "points" else "lines",
            line={"color": palette[line.colour], "width": _WIDTHS[line.kind]}), row, column)
    for mark in panel.marks:
        if mark.kind in ("restart", "epoch"):
            figure.add_vline(mark.x, line={"dash": "dot", "width": 1, "color": palette["grey"]}, row=row, col=column)
        else:
            at = mark.y if mark.y is not None else panel.y_limits[mark.edge == "top"]
            figure.add_trace(graph_objects.Scatter(
                x=[mark.x], y=[at], mode="markers", name=mark.text or mark.kind,
                marker={"symbol": "star" if mark.kind == "best" else "triangle-up", "size": 10,
                        "color": palette["red" if mark.kind in ("nan", "inf") else mark.colour]}), row, column)
    for box in panel.boxes:
        figure.add_trace(graph_objects.Box(
            name=box.label, q1=[box.q1], median=[box.median], q3=[box.q3], lowerfence=[box.low], upperfence=[box.high],
            marker={"color": palette[panel.colour]}), row, column)
    if panel.bars is not None:
        edges = panel.bars.edges
        figure.add_trace(graph_objects.Bar(
            x=(edges[:-1] + edges[1:]) / 2, y=panel.bars.counts, width=edges[1:] - edges[:-1],
            marker={"color": palette[panel.bars.colour]}), row, column)
    if panel.rows:
        rows = panel.rows[::-1]
        figure.add_trace(graph_objects.Bar(
            x=[one.value if math.isfinite(one.value) else 0.0 for one in rows], y=[one.label for one in rows],
            text=[one.text for one in rows], orientation="h",
            marker={"color": [palette[one.colour] for one in rows]}), row, column)
    if panel.message and not panel.lines:
        figure.add_annotation(text=panel.message, x=0.5, y=0.5, xref="x domain", yref="y domain", showarrow=False,
                              row=row, col=column)
    if panel.lines:
        figure.update_xaxes(title_text=panel.x_label, range=list(panel.x_limits), row=row, col=column)
        limits = [math.log10(limit) for limit in panel.y_limits] if panel.y_scale == "log" else list(panel.y_limits)
        figure.update_yaxes(type=panel.y_scale, range=limits, row=row, col=column)


def _rgba(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
