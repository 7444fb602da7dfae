"""How a training goes: its metrics by what they are, which all conditions look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from livemon import wording
from livemon.health.roles import Role, role_of
from livemon.health.series import RunRows, Series
from livemon.tables import meaning
from livemon.tables.table import Table

__all__ = ["Course"]

_MOST = 8  # metrics of one role that are judged by more than their NaN
_RAISED = 1.2  # times: a rate that is so much higher was raised
_HIGHER_THAN_EVER = 1.05

Direct = Callable[[str], meaning.Direction | None]


class Course:
    """The metrics of a run, by what they are.

    Args:
        direction: Whether less or more of a metric is better.

    Attributes:
        rows: Of the run.
        series: name -> its points.
        clock: The times of the rows; None where they are not logged.
        axis: What the place of a row counts: "step", "epoch" or "row".
    """

    def __init__(self, direction: Direct) -> None:
        self.rows = RunRows()
        self.series: dict[str, Series] = {}
        self.clock: Series | None = None
        self.axis = "row"
        self._direction = direction
        self._roles: dict[str, Role] = {}
        self._by_role: dict[Role, list[Series]] = {role: [] for role in Role}

    def read(self, tables: Sequence[Table], metrics: Iterable[str], step: str | None, axis: str,
             time: str | None = None) -> bool:  # fmt: skip
        """Take in what is new; False where all must be judged anew."""
        self.axis = axis
        if not self.rows.read(tables, step) or (self.clock is not None and self.clock.name != time):
            return False
        if time is not None and self.clock is None:
            self.clock = Series(time, self.rows)
        self._take_in(metrics)
        judged = {name: role is not Role.OTHER for name, role in self._roles.items()}
        if self.clock is not None and not self.clock.read(in_blocks=True):
            return False
        return all([series.read(in_blocks=judged[name]) for name, series in self.series.items()])  # noqa: C419 - all are read

    def _take_in(self, metrics: Iterable[str]) -> None:
        """Take in the metrics that have their first points now, in the order of their rows and columns: which of
        several is the first must not depend on how the rows came."""
        new = []
        for position, name in enumerate(metrics):
            if name not in self.series:
                series = Series(name, self.rows)
                series.read(in_blocks=False)
                if series.count:
                    new.append((series.row_of(0), position, series))
        for _, _, series in sorted(new, key=lambda new_series: new_series[:2]):
            name = series.name
            role = role_of(name, self._direction(name))
            if role is not Role.OTHER and len(self._by_role[role]) >= _MOST:
                role = Role.OTHER
            self.series[name], self._roles[name] = series, role
            self._by_role[role].append(series)

    def role(self, name: str) -> Role:
        """What a metric is."""
        return self._roles[name]

    def of(self, *roles: Role) -> list[Series]:
        """The metrics that are one of these."""
        return [series for role in roles for series in self._by_role[role]]

    def has(self, role: Role, row: int) -> bool:
        """Whether a metric of this role has a point by this row."""
        return any(series.count_at(row) for series in self._by_role[role])

    def training_loss(self, row: int, blocks: int = 1) -> Series | None:
        """The loss that is trained, by what is known at a row: the first that has so many blocks."""
        return next((loss for loss in self._by_role[Role.TRAIN_LOSS] if loss.blocks.upto(row) >= blocks), None)

    def rate_was_raised(self, since: int, row: int) -> bool:
        """Whether the learning rate is higher at a row than at an earlier one, and no higher than it has been before:
        a warm restart, or another cycle."""
        for series in self._by_role[Role.RATE]:
            then, now = series.count_at(since), series.count_at(row)
            if not then or now <= then:
                continue
            before, rate = series.value(then - 1), series.value(now - 1)
            known = series.blocks.upto(since)
            highest = max(before, series.value(0), series.blocks.highest_at[known - 1] if known else before)
            if rate > _RAISED * before and rate <= _HIGHER_THAN_EVER * highest:
                return True
        return False

    def at(self, position: float | None) -> str:
        """Where something is, in words: "step 31,000"."""
        return f"an unknown {self.axis}" if position is None else f"{self.axis} {wording.count(position)}"

    def rates(self, row: int) -> list[float]:
        """The newest values of all learning rates at a row."""
        counts = [(series, series.count_at(row)) for series in self._by_role[Role.RATE]]
        return [series.value(count - 1) for series, count in counts if count]
