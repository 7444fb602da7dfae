"""The board of groups compared over tasks: aggregates, probabilities of improvement, performance profiles."""

from __future__ import annotations

import math
from collections.abc import Mapping

from livemon import wording
from livemon.analysis.statistics.task_scores import OverTasks
from livemon.analysis.table_formats import with_blanks
from livemon.boards.model import PAIRED_BY, Band, Board, Colour, Header, Line, Panel, Row
from livemon.boards.ranking import ranking
from livemon.boards.traces import TraceStyle, pick_colours

__all__ = ["tasks_board", "tasks_panels"]

_INTERVAL = "95 % stratified bootstrap interval"


def tasks_board(compared: OverTasks) -> Board:
    """A panel with the groups' IQM, the performance profiles, and the probabilities of improvement."""
    groups, runs = len(compared.scores), sum(len(of_task) for scores in compared.scores.values() for of_task in scores)
    title = f"{runs} runs of {groups} groups over {len(compared.tasks)} tasks"
    first = next(iter(compared.scores))
    value = compared.estimates[first]["iqm"].value
    headline = f"IQM of {compared.called} {wording.number(value)}", f"best: {first}", _colours(compared)[first]
    return Board(title, Header(title, "compared", progress=(wording.listed(compared.tasks, 6),)),
                 tasks_panels(compared), headline, columns=3)


def tasks_panels(compared: OverTasks) -> tuple[Panel, ...]:
    """See `tasks_board`."""
    colours = _colours(compared)
    aggregates = {label: estimates["iqm"] for label, estimates in compared.estimates.items()}
    scale = " (scaled)" if compared.scale == "minmax" else ""
    interval = _INTERVAL * compared.has_intervals
    rows = ranking(f"IQM of {compared.called}{scale}", [(label, iqm.value) for label, iqm in aggregates.items()],
                   compared.metric, compared.rising, colours, key="iqm", interval=interval,
                   intervals={label: (iqm.low, iqm.high) for label, iqm in aggregates.items()
                              if math.isfinite(iqm.low)})
    pairs = with_blanks(compared.improvements).to_dict("records")
    chances = Panel("improvement", "probability of improvement", (0.0, 1.0), (0.0, float(len(pairs))), span=1,
                    note=interval, row_limits=(0.0, 1.0), row_rule=0.5, message="" if pairs else "there is one group",
                    rows=tuple(Row(f"{row['a']}{PAIRED_BY}{row['b']}", row["probability"], f"{row['probability']:.2f}",
                                   colours.get(str(row["a"]), "grey"), row["low"], row["high"]) for row in pairs))
    return _profiles(compared, colours, scale), rows, chances


def _colours(compared: OverTasks) -> Mapping[str, Colour]:
    """The colours of the groups, by their names, so that they stay when the ranking changes."""
    return pick_colours(sorted(compared.scores), list(compared.scores))


def _profiles(compared: OverTasks, colours: Mapping[str, Colour], scale: str) -> Panel:
    style = TraceStyle(colours)
    lines, bands = [], []
    for label, (shares, low, high) in compared.profiles.items():
        if label not in colours:
            continue
        lines.append(Line("share", "main", compared.thresholds, shares, colours[label], label, label,
                          style.dash(label)))
        if math.isfinite(low[0]):
            bands.append(Band(compared.thresholds, low, high, colours[label], f"share of runs and {_INTERVAL}"))
    better = "above" if compared.rising else "below"
    ends = (float(compared.thresholds[0]), float(compared.thresholds[-1]))
    return Panel("profile", "performance profile", ends if ends[1] > ends[0] else (ends[0] - 0.5, ends[0] + 0.5),
                 (0.0, 1.02), lines=tuple(lines), bands=tuple(bands), span=2, of="group",
                 note=f"share of runs {better} a score{f' · {_INTERVAL}' * bool(bands)}",
                 x_label=f"{compared.called}{scale}")
