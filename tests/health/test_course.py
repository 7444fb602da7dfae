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


def test_the_first_loss_is_that_of_the_first_row() -> None:
    """Which of two losses stands for the training does not depend on how the rows came: it is the one with the first
    point, wherever its column stands."""
    late = np.where(np.arange(40) < 12, np.nan, 1.0)
    for pieces in ((40,), (12, 28), (1, 20, 19)):
        course, table, start = Course(meaning.direction), Table(), 0
        table.declare(["step", "loss_a", "train_loss"])
        for piece in pieces:
            rows = slice(start, start + piece)
            table.append(Block(piece, {
                "step": Cells(np.arange(40.0)[rows]), "loss": Cells(late[rows], ~np.isnan(late[rows])),
                "train_loss": Cells(np.arange(40.0)[rows])}))
            start += piece
            assert course.read([table], ["loss", "train_loss"], "step", "step")
        loss = course.training_loss(39, 3)
        assert loss is not None and loss.name == "train_loss"
