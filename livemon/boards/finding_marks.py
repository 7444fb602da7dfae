"""The marks of findings in the panels of a run: a line where a problem began, a ring around the highest spike.

There are few of them: none for information, none for what is over except spikes, and only the worst of several that lie
close together. A panel of a healthy run has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from livemon.boards.metric_groups import Group
from livemon.boards.model import Mark
from livemon.boards.notices import word_for
from livemon.boards.run_tracks import RunTracks
from livemon.curves.limits import Limits
from livemon.health.finding import Finding, Kind, Severity
from livemon.tables.table import x_at

__all__ = ["FindingMarks", "well_apart"]

_APART = 0.02  # of the axis: only the worst of marks closer than this is shown
_MOST = 3  # in a panel


class FindingMarks:
    """Findings -> the marks of a panel, over the board's axis.

    Args:
        of: The tracks of the run.
    """

    def __init__(self, of: RunTracks) -> None:
        self._of = of
        self._findings: Sequence[Finding] = ()
        self._known: dict[tuple[int, str, float], float | None] = {}  # generation, metric, position -> x

    def update(self, findings: Sequence[Finding]) -> None:
        """Set the present findings, the worst first."""
        self._findings = findings

    def of(self, group: Group) -> tuple[Mark, ...]:
        """The marks in the panel of these metrics, the worst first."""
        marks: list[Mark] = []
        for finding in self._findings:
            mark = self._mark(finding, group) if finding.metric in group.metrics else None
            if mark is not None and not (mark.kind == "leap" and _is_broken_before(mark, marks)):
                marks.append(mark)
        return tuple(marks)

    def _mark(self, finding: Finding, group: Group) -> Mark | None:
        if finding.severity is Severity.INFO or (finding.is_over and finding.kind is not Kind.SPIKE):
            return None
        colour = group.colours[group.metrics.index(finding.metric)]
        if finding.kind is Kind.SPIKE:
            at = finding.evidence.get("highest_at")
            x = self._x(finding.metric, at) if isinstance(at, int | float) else None
            known = x is not None and finding.value is not None and math.isfinite(finding.value)
            return Mark("leap", x, finding.value, colour, word_for(finding)) if x is not None and known else None
        x = None if finding.since is None else self._x(finding.metric, finding.since)
        kind: Literal["warning", "critical"] = "critical" if finding.severity is Severity.CRITICAL else "warning"
        return None if x is None else Mark(kind, x, None, colour, word_for(finding))

    def _x(self, metric: str, position: float) -> float | None:
        """The board's x of a position on the run's own axis; None if no row has it."""
        own, axis = self._of.run.x_column(), self._of.axis
        if axis.column == own and axis.places is None and axis.origin == 0.0 and axis.unit == 1.0:
            return position
        key = self._of.generation, metric, position
        if key not in self._known:
            self._known[key] = self._look_up(metric, position, own)
        return self._known[key]

    def _look_up(self, metric: str, position: float, own: str | None) -> float | None:
        x, before = None, 0
        for table in self._of.tables:
            column = table.columns.get(metric)
            if column is not None and len(column):
                rows = column.rows
                places = np.asarray(rows) + before if own is None else np.asarray(x_at(table, rows, own), np.float64)
                hits = np.flatnonzero(places == position)
                if len(hits):
                    x = float(self._of.axis.at(table, rows[hits[-1:]])[0])
            before += table.n_rows
        return x if x is not None and math.isfinite(x) else None


def _is_broken_before(leap: Mark, worse: Sequence[Mark]) -> bool:
    """Whether an earlier mark already says that the curve is broken: its later leaps add nothing."""
    return any(mark.kind == "critical" and mark.colour == leap.colour and mark.x <= leap.x for mark in worse)


def well_apart(marks: Sequence[Mark], limits: Limits, y_limits: Limits) -> tuple[Mark, ...]:
    """The first few marks within the limits that are not too close to a worse one."""
    room = _APART * (limits[1] - limits[0])
    kept: list[Mark] = []
    for mark in marks:
        inside = limits[0] <= mark.x <= limits[1] and (mark.y is None or y_limits[0] <= mark.y <= y_limits[1])
        if inside and all(abs(mark.x - other.x) > room for other in kept) and len(kept) < _MOST:
            kept.append(mark)
    return tuple(kept)
