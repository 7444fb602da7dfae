"""The anomalies of a run: all are counted, a bounded number is kept, and none is silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["KEPT_PER_KIND", "Anomalies", "Anomaly", "why_refused"]

KEPT_PER_KIND = 100


@dataclass(frozen=True, slots=True)
class Anomaly:
    """An irregularity in the data.

    Attributes:
        kind: The kind in a word or two: "row rejected", "header repeated", "rows lost", "unreadable" ...
        file: The file, as the user would write it.
        line: The line in the file, counted from 1, or None.
        message: One sentence for people.
        count: The number of occurrences; more than 1 if the entry stands for many.
    """

    kind: str
    file: str
    line: int | None
    message: str
    count: int = 1


class Anomalies:
    """The anomalies of one run. The first `KEPT_PER_KIND` of a kind are kept one by one, the others in a single
    entry."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Anomaly]] = {}
        self._rest: dict[str, Anomaly] = {}

    def add(self, anomaly: Anomaly) -> None:
        """Add an anomaly."""
        kept = self._kept.setdefault(anomaly.kind, [])
        if len(kept) < KEPT_PER_KIND:
            kept.append(anomaly)
            return
        rest = self._rest.get(anomaly.kind)
        message = f"more of the same: {anomaly.kind}"
        count = anomaly.count + (rest.count if rest else 0)
        self._rest[anomaly.kind] = replace(anomaly, line=None, message=message, count=count)

    def forget(self, kind: str) -> None:
        """Drop a kind that is over, such as a file that can be read again."""
        self._kept.pop(kind, None)
        self._rest.pop(kind, None)

    def set(self, kind: str, file: str, problem: str) -> None:
        """Set a lasting problem, which counts once, however often it is set; "" when it is over."""
        self.forget(kind)
        if problem:
            self.add(Anomaly(kind, file, None, problem))

    def as_list(self) -> list[Anomaly]:
        """All kept anomalies, by kind; the kinds are in alphabetical order."""
        anomalies: list[Anomaly] = []
        for kind in sorted(self._kept):
            anomalies += self._kept[kind]
            if kind in self._rest:
                anomalies.append(self._rest[kind])
        return anomalies


def why_refused(anomalies: Iterable[Anomaly]) -> str:
    """Why a run's files give no rows: the files are damaged or were refused, or their lines were; "" for no reason."""
    every = list(anomalies)
    for kind in ("unreadable", "line too long", "row rejected", "note"):
        of_kind = [anomaly for anomaly in every if anomaly.kind == kind]
        if of_kind and kind in ("unreadable", "note"):
            return of_kind[0].message
        if of_kind:
            count = sum(anomaly.count for anomaly in of_kind)
            return f"{count:,} lines were left out: {of_kind[0].message}" if count > 1 else of_kind[0].message
    return ""
