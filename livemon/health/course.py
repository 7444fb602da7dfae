"""The course of a training: its metrics by their roles, for all conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from livemon import wording
from livemon.health.roles import Role, role_of
from livemon.health.series import RunRows, Series, read_blocks
from livemon.tables import meaning
from livemon.tables.table import Table

__all__ = ["Course"]

_MOST = 8  # metrics of a role for which more than NaN is judged
_RAISED = 1.2  # times: such a rise of the learning rate was intended
_HIGHER_THAN_EVER = 1.05

Direct = Callable[[str], meaning.Direction | None]


class Course:
    """The metrics of a run, by role.

    Args:
        direction: Whether less or more of a metric is better.

    Attributes:
        rows: The rows of the run.
        series: name -> the points of the metric.
        clock: The times of the rows; None if they are not logged.
        axis: The axis of a row's position: "step", "epoch" or "row".
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
        """Read what is new; False if everything must be judged anew."""
        self.axis = axis
        if not self.rows.read(tables, step) or (self.clock is not None and self.clock.name != time):
            return False
        if time is not None and self.clock is None:
            self.clock = Series(time, self.rows)
        known = [*self.series.values(), *([] if self.clock is None else [self.clock])]
        if not all([series.read() for series in known]):  # noqa: C419 - all are read
            return False
        everything = known + self._take_in(metrics)
        read_blocks(series for series in everything if self._roles.get(series.name) is not Role.OTHER)
        return True

    def _take_in(self, metrics: Iterable[str]) -> list[Series]:
        """Take in the metrics that now have their first points, in the order of rows and columns: which of several
        metrics is the first must not depend on how the rows were read in pieces. Returns them."""
        new = []
        for position, name in enumerate(metrics):
            if name not in self.series:
                series = Series(name, self.rows)
                series.read()
                if series.count:
                    new.append((series.row_of(0), position, series))
        for _, _, series in sorted(new, key=lambda new_series: new_series[:2]):
            name = series.name
            role = role_of(name, self._direction(name))
            if role is not Role.OTHER and len(self._by_role[role]) >= _MOST:
                role = Role.OTHER
            self.series[name], self._roles[name] = series, role
            self._by_role[role].append(series)
        return [series for _, _, series in new]

    def role(self, name: str) -> Role:
        """The role of a metric."""
        return self._roles[name]

    def of(self, *roles: Role) -> list[Series]:
        """The metrics with one of these roles."""
        return [series for role in roles for series in self._by_role[role]]

    def has(self, role: Role, row: int) -> bool:
        """Whether a metric with this role has a point up to this row."""
        return any(series.count_at(row) for series in self._by_role[role])

    def training_loss(self, row: int, blocks: int = 1) -> Series | None:
        """The training loss as known at a row: the first one with at least so many blocks."""
        return next((loss for loss in self._by_role[Role.TRAIN_LOSS] if loss.blocks.upto(row) >= blocks), None)

    def rate_was_raised(self, since: int, row: int) -> bool:
        """Whether the learning rate is higher at a row than at an earlier one, but no higher than ever before: a warm
        restart, or another cycle."""
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
        """A position in words: "step 31,000"."""
        return f"an unknown {self.axis}" if position is None else f"{self.axis} {wording.count(position)}"

    def rates(self, row: int) -> list[float]:
        """The newest values of all learning rates at a row."""
        counts = [(series, series.count_at(row)) for series in self._by_role[Role.RATE]]
        return [series.value(count - 1) for series, count in counts if count]
