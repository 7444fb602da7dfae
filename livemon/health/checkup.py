"""All conditions over one run: their findings, and the verdict."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from livemon import wording
from livemon.health.collapse import Collapse
from livemon.health.condition import Condition
from livemon.health.consequences import without_consequences
from livemon.health.course import Course
from livemon.health.current_rows import CurrentRows
from livemon.health.divergence import Divergence
from livemon.health.finding import Finding, Kind, NotJudged, Verdict, verdict_of, worst_first
from livemon.health.gradient import Gradient
from livemon.health.learning_rate import LearningRate
from livemon.health.loss_scale import LossScale
from livemon.health.nan import Nan
from livemon.health.not_learning import NotLearning
from livemon.health.overfitting import Overfitting
from livemon.health.plateau import Plateau
from livemon.health.rate_leap import RateLeap
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.health.spike import Spike
from livemon.health.throughput import Pace, Throughput
from livemon.health.watch import Watch, WatchedSteps, WatchedValues
from livemon.tables import meaning
from livemon.tables.table import Table

__all__ = ["CONDITIONS", "Checkup", "JudgedRun"]

# The conditions for each role of a metric. Every metric is also searched for values that are not finite.
CONDITIONS: Mapping[Role, tuple[Callable[[Series, Course], Condition], ...]] = {
    Role.TRAIN_LOSS: (Spike, Divergence, NotLearning, Plateau),
    Role.VAL_LOSS: (Divergence, Overfitting, LossScale),
    Role.PART_OF_LOSS: (Divergence,),
    Role.SCORE: (Collapse,),
    Role.RETURN: (Collapse,),
    Role.ENTROPY: (Collapse,),
    Role.KL: (Collapse,),
    Role.RATE: (LearningRate, RateLeap),
    Role.GRADIENT: (Gradient,),
    Role.THROUGHPUT: (Throughput,),
}
# These compare attempts: was the schedule resumed, is the machine as fast?
_OF_ALL_ATTEMPTS = (LearningRate, RateLeap, Throughput)
# A run is called healthy only if one of these could be judged: they tell whether it makes progress.
_OF_PROGRESS = (Kind.DIVERGENCE, Kind.NOT_LEARNING, Kind.OVERFITTING, Kind.COLLAPSE)
_MOST_NAMED = 3
_LONGEST_NAME = 40


class JudgedRun(Protocol):
    """The part of a run that a checkup needs; `ExperimentLoader` has it. The owner of the run refreshes it."""

    @property
    def tables(self) -> list[Table]:
        """The tables read so far, the oldest first."""

    @property
    def metric_names(self) -> list[str]:
        """The numeric columns, without x columns."""

    def direction(self, metric: str) -> meaning.Direction | None:
        """Whether less or more of a metric is better; None if unknown."""

    def x_column(self, kind: Any = None) -> str | None:
        """The column of "step", "epoch" or "time"; None stands for the run's own step."""


class _Asked(NamedTuple):
    """What a run said of itself, beside the rows of the newest table: its tables, the rows of the other ones and the
    columns of the newest one, the metrics, its axis and the axis's kind, and the column of another time."""

    tables: list[Table]
    sizes: list[int]
    names: list[str]
    step: str | None
    axis: str
    time: str | None

    def goes_on(self, before: _Asked) -> bool:
        """Whether the columns that were known before mean the same as then: the first rows may leave it open which of
        them is the step, and whether `time` is a clock or the duration of an iteration."""
        same_axes = (self.step, self.axis, self.time) == (before.step, before.axis, before.time)
        return same_axes and (self.names == before.names or {*before.names} <= {*self.names})


class Checkup:
    """Judges a run as its rows come. The verdict after a row does not depend on how the rows were read in pieces.

    Args:
        run: See `JudgedRun`.
    """

    def __init__(self, run: JudgedRun) -> None:
        self._run = run
        self._forget()

    def _forget(self) -> None:
        self._current_rows = CurrentRows()
        self._asked: _Asked | None = None
        self._watch: Watch | None = None
        self._findings: tuple[Finding, ...] | None = None
        self._whole = Course(self._run.direction)  # over all attempts
        self._course = self._whole  # only rows that no later attempt replaced
        self._conditions: dict[str, list[Condition]] = {}

    @property
    def axis(self) -> str:
        """The axis of the findings' positions: "step", "epoch" or "row"."""
        return self._course.axis

    def update(self) -> None:
        """Judge the new rows."""
        run, own = self._run, self._run.x_column()
        axis = "row" if own is None else "epoch" if own == run.x_column("epoch") else "step"
        time = run.x_column("time")
        tables = run.tables
        sizes = [*(table.n_rows for table in tables[:-1]), *(len(table.columns) for table in tables[-1:])]
        asked = _Asked(tables, sizes, run.metric_names, own, axis, None if time == own else time)
        if asked == self._asked and self._is_quiet():
            return
        self._judge(asked)

    def _is_quiet(self) -> bool:
        """Whether the new rows change nothing."""
        if self._watch is None:
            self._watch = self._watched()
        return self._watch is not None and self._watch.is_quiet()

    def _watched(self) -> Watch | None:
        """What to watch in the newest table; None if any row may change something."""
        if (asked := self._asked) is None or not asked.tables:
            return None
        newest, every = asked.tables[-1], self._whole.series
        if (clock := self._whole.clock) is not None:
            every = every | {clock.name: clock}
        parts: list[WatchedSteps | WatchedValues] = []
        if asked.step is not None:
            if (steps := self._current_rows.watched(newest, asked.step)) is None:
                return None
            parts.append(steps)
        for name, series in every.items():
            if (column := newest.columns.get(name)) is not None:
                values = WatchedValues.by(column, series.count_in_newest, [
                    (condition.harmless, condition.series.count) for condition in self._conditions.get(name, ())])
                if values.until <= values.seen:
                    return None
                parts.append(values)
        return Watch(parts)

    def _judge(self, asked: _Asked) -> None:
        with np.errstate(all="ignore"):  # a logged 1e308 overflows in any difference, and is judged as infinity
            if (self._asked is not None and not asked.goes_on(self._asked)) or not self._read(asked):
                self._forget()
                self._read(asked)
            for conditions in self._conditions.values():
                for condition in conditions:
                    condition.read()
        self._asked, self._watch, self._findings = asked, None, None

    def _read(self, asked: _Asked) -> bool:
        tables, _, names, own, axis, clocked = asked
        current = self._current_rows.of(tables, own, names)
        are_all = len(current) == len(tables) and all(map(operator.is_, current, tables))
        if are_all != (self._course is self._whole):
            if self._conditions:  # a later attempt has begun
                return False
            self._course = self._whole if are_all else Course(self._run.direction)
        if not self._whole.read(tables, names, own, axis, clocked):
            return False
        if not are_all and not self._course.read(current, names, own, axis, clocked):
            return False
        if (clock := self._whole.clock) is not None and clock.name not in self._conditions:
            self._conditions[clock.name] = [Pace(clock, self._whole)]
        for name, series in self._course.series.items():
            if name not in self._conditions:
                made = [self._made(condition, series) for condition in CONDITIONS.get(self._course.role(name), ())]
                self._conditions[name] = [Nan(series, self._course), *made]
        return True

    def _made(self, condition: Callable[[Series, Course], Condition], series: Series) -> Condition:
        """A condition of a metric: over all attempts if it compares them, else over the current rows."""
        if condition in _OF_ALL_ATTEMPTS:
            return condition(self._whole.series[series.name], self._whole)
        return condition(series, self._course)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings so far, the worst first."""
        if self._findings is None:
            made = [condition.finding for condition in self._all if condition.finding is not None]
            training = {series.name for series in self._course.of(Role.TRAIN_LOSS)}
            self._findings = worst_first(_told_once(without_consequences(made), training, self._course.at))
        return self._findings

    @property
    def not_judged(self) -> tuple[NotJudged, ...]:
        """The kinds that could not be judged for any metric, and why."""
        judged = {condition.kind for condition in self._all if not condition.why_not}
        asked: dict[Kind, dict[str, dict[str, None]]] = {}
        for condition in self._all:
            names = asked.setdefault(condition.kind, {}).setdefault(condition.why_not, {})
            names[wording.clipped(condition.series.name, _LONGEST_NAME)] = None
        not_judged = []
        for kind, why_none in _MISSING.items():
            if kind not in judged:
                reasons = [f"{why}: {wording.listed([*names], _MOST_NAMED)}"
                           for why, names in asked.get(kind, {}).items()]
                not_judged.append(NotJudged(kind, "; ".join(reasons) or why_none))
        return tuple(not_judged)

    @property
    def can_judge(self) -> bool:
        """Whether enough could be judged to call a run without warnings healthy."""
        return any(condition.kind in _OF_PROGRESS and not condition.why_not for condition in self._all)

    def verdict(self, findings: Iterable[Finding]) -> Verdict:
        """The verdict on the rows together with other findings."""
        return verdict_of(findings, can_judge=self.can_judge)

    @property
    def _all(self) -> list[Condition]:
        return [condition for conditions in self._conditions.values() for condition in conditions]


_MISSING = {
    Kind.NAN: "no metric", Kind.SPIKE: "no training loss", Kind.DIVERGENCE: "no loss",
    Kind.NOT_LEARNING: "no training loss", Kind.OVERFITTING: "no validation loss",
    Kind.LEARNING_RATE: "no learning rate is logged", Kind.GRADIENT: "no gradient norm is logged",
    Kind.THROUGHPUT: "neither a throughput nor a time is logged",
    Kind.COLLAPSE: "no return, score, entropy or KL divergence is logged", Kind.PLATEAU: "no training loss",
}


def _told_once(findings: Iterable[Finding], training: Collection[str], at: Callable[[float | None], str]
               ) -> list[Finding]:  # fmt: skip
    """One finding for each kind, with the names of the other metrics: that of the worst, of these of a training loss,
    which a validation of the same row only follows, and of these the earliest.

    Args:
        training: The names of the training losses.
        at: Words for a position.
    """
    by_kind: dict[Kind, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    kept = []
    for same in by_kind.values():
        first, *others = sorted(worst_first(same), key=lambda finding: (
            -finding.severity.rank, finding.metric not in training))
        others = [finding for finding in others if finding.metric != first.metric]
        kept.append(_with_others(first, others, at) if others else first)
    return kept


def _with_others(finding: Finding, others: Sequence[Finding], at: Callable[[float | None], str]) -> Finding:
    """The finding with the names of the others. It begins with the earliest of those that are as severe."""
    names = [wording.clipped(other.metric, _LONGEST_NAME) for other in others]
    earliest = min((other for other in others if other.severity is finding.severity), key=lambda other: other.row,
                   default=finding)
    if earliest.row < finding.row and earliest.since is not None and finding.since is not None:
        names[others.index(earliest)] += f" since {at(earliest.since)}"
        finding = replace(finding, since=min(earliest.since, finding.since), row=earliest.row, step=earliest.step)
    return replace(finding, message=f"{finding.message}; also in {wording.listed(names, _MOST_NAMED)}")
