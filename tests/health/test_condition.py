from __future__ import annotations

import numpy as np

from livemon.health.condition import BlockCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.series import Series
from livemon.tables import meaning
from livemon.tables.table import Block, Cells, Table


class Ends(BlockCondition):
    """Notes where blocks end."""

    kind = Kind.PLATEAU

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self.ends: list[tuple[int, int]] = []

    def judge(self, block: int) -> None:
        self.ends.append((self.start_of(block), self.end_of(block)))
        self.finding = self.made(Severity.INFO, self.end_of(block), 0, 1.5, "it ends", "nothing")


def test_a_condition_is_asked_once_a_block() -> None:
    """Each block is judged once, and a finding knows its steps and its row."""
    course, table = Course(meaning.direction), Table()
    condition = None
    for start in range(0, 12, 3):
        table.append(Block(3, {"step": Cells(np.arange(start, start + 3.0) * 10), "loss": Cells(np.ones(3))}))
        course.read([table], ["loss"], "step", "step")
        condition = condition or Ends(course.series["loss"], course)
        condition.read()
    assert condition is not None and condition.ends == [(0, 3), (4, 7), (8, 11)]
    found = condition.finding
    assert found is not None and (found.step, found.since, found.row, found.metric) == (110, 0, 11, "loss")
    assert (condition.place(2), condition.text(0.12345)) == ("step 20", "0.123")
