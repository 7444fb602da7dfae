from __future__ import annotations

import numpy as np

from livemon.health.course import Course
from livemon.health.roles import Role
from livemon.tables import meaning
from livemon.tables.table import Block, Cells, Table


def test_a_course_knows_its_metrics() -> None:
    """A course finds metrics by what they are, and what was known at a row."""
    course, table = Course(meaning.direction), Table()
    columns = {"step": np.arange(30.0), "train_loss": np.arange(30.0),
               "lr": np.repeat([0.1, 0.01, 0.08], 10)}
    table.append(Block(30, {name: Cells(values) for name, values in columns.items()}))
    assert course.read([table], ["train_loss", "lr"], "step", "step")
    assert [series.name for series in course.of(Role.RATE)] == ["lr"]
    assert course.training_loss(2) is None
    loss = course.training_loss(3)
    assert loss is not None and loss.name == "train_loss"
    assert course.rate_was_raised(15, 25) and not course.rate_was_raised(5, 15)
    assert course.rates(12) == [0.01] and course.at(1200.0) == "step 1,200"
    assert course.has(Role.TRAIN_LOSS, 0) and not course.has(Role.RETURN, 29)
