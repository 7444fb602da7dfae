"""Where rows stand within their epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from livemon.tables.epochs import EpochPlaces, are_in_parts, epoch_of, where_epochs_begin
from livemon.tables.table import Block, Cells, Table


def add(table: Table, **columns: Sequence[float | None]) -> Table:
    """Append rows; None is a blank cell."""
    cells = {}
    for name, values in columns.items():
        rows = np.array([row for row, value in enumerate(values) if value is not None], np.int64)
        cells[name] = Cells(np.array([value for value in values if value is not None], float), None, rows)
    table.append(Block(len(next(iter(columns.values()))), cells))
    return table


def placed(places: EpochPlaces, table: Table) -> list[float]:
    return [round(float(x), 6) for x in places.at(table, np.arange(table.n_rows, dtype=np.int64))]


def test_rows_are_spread_by_their_steps() -> None:
    """Steps 0, 10 ... 70 of epochs of 40 steps; the last one, which has not ended, is as long as the one before."""
    table = add(Table(), step=range(0, 80, 10), epoch=[0, 0, 0, 0, 1, 1, 1, 1])
    places = EpochPlaces("epoch", "step")
    places.update([table])
    assert placed(places, table) == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]


def test_rows_without_steps_are_spread_one_after_the_other() -> None:
    """Of three rows each stands a third of an epoch behind the one before."""
    table = add(Table(), epoch=[1, 1, 1, 2, 2, 2])
    places = EpochPlaces("epoch", None)
    places.update([table])
    assert placed(places, table) == [1, 1.333333, 1.666667, 2, 2.333333, 2.666667]


def test_an_epoch_that_is_as_long_as_the_one_before_moves_nothing() -> None:
    """Rows keep their place as the run goes on, but when the first epoch ends, or one was longer than thought."""
    table, places = add(Table(), step=[0, 1, 2, 3], epoch=[0, 0, 0, 0]), EpochPlaces("epoch", "step")
    assert not places.update([table]) and placed(places, table) == [0, 0, 0, 0]
    add(table, step=[4, 5, 6, 7], epoch=[1, 1, 1, 1])
    assert places.update([table]) and placed(places, table)[4:] == [1, 1.25, 1.5, 1.75]
    add(table, step=[8, 9], epoch=[2, 2])
    assert not places.update([table]) and placed(places, table)[8:] == [2, 2.25]
    add(table, step=[10, 11, 12, 13, 14, 15, 16], epoch=[2, 2, 2, 2, 2, 2, 3])
    assert places.update([table]) and placed(places, table)[8:12] == [2, 2.125, 2.25, 2.375]


@pytest.mark.parametrize("epoch", [[0.1, 0.2, 0.3, 1.1], [0, 1, 2, 3], [0, 0, 1, 1]])
def test_other_epochs_stay_as_they_are(epoch: list[float]) -> None:
    """Epochs with fractions say themselves where a row stands; a row or two an epoch are no steps."""
    table = add(Table(), step=[9, 9, 19, 19], epoch=epoch)
    places = EpochPlaces("epoch", None)
    places.update([table])
    assert placed(places, table) == epoch


def test_rows_that_say_no_epoch_stand_with_the_next_row() -> None:
    """Lightning's rows of a learning rate have no epoch: they stand at the start of the one that follows."""
    table = add(Table(), step=[0, 1, 2, 3, 4, 4, 5, 6, 7], epoch=[0, 0, 0, 0, None, 1, 1, 1, 1])
    places = EpochPlaces("epoch", "step")
    places.update([table])
    assert placed(places, table) == [0, 0.25, 0.5, 0.75, 1, 1, 1.25, 1.5, 1.75]


def test_an_epoch_that_is_counted_in_parts_ends_with_its_whole_number() -> None:
    """Hugging Face's row at epoch 1.0 is the end of the first epoch; a whole number of an epoch is that epoch."""
    parts = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    assert are_in_parts(parts) and epoch_of(parts, True).tolist() == [0, 0, 0, 1, 1]
    whole = np.array([0.0, 1.0, 1.0, np.nan, 2.0])
    assert not are_in_parts(whole)
    assert epoch_of(whole[:3], False).tolist() == [0, 1, 1]


def test_epochs_begin_at_the_same_step_whoever_logs() -> None:
    """Two epochs of 32 steps: the second begins at step 32 for Keras, which logs an epoch at its end, for Hugging Face,
    which counts parts, and for a loop that logs what each tenth step begins with."""
    def begins(steps: list[int], epochs: list[float]) -> list[tuple[float, float]]:
        x, numbers = where_epochs_begin(np.array(steps), np.array(epochs))
        return list(zip(x.tolist(), numbers.tolist(), strict=True))

    assert begins([32, 64, 96], [0, 1, 2]) == [(32, 1), (64, 2)]
    assert begins([16, 48, 64], [0.5, 1.5, 2.0]) == [(32, 1)]
    assert begins([0, 8, 16, 24, 32, 40], [0, 0, 0, 0, 1, 1]) == [(32, 1)]
    assert begins([], []) == [] and begins([5], [3]) == []
