"""How many steps and epochs a run has made."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.tables.progress_counts import epochs_made, steps_made


@pytest.mark.parametrize(("steps", "total", "made"), [
    (range(1024), 1024, 1024),  # counts from 0
    (range(1024), None, 1024),
    (range(1, 101), 100, 100),  # counts from 1
    (range(1, 101), None, 100),
    (range(9, 120, 10), 120, 120),  # Lightning: each 10th, of those that count from 0
    (range(9, 120, 10), None, 120),
    ((9, 19, 29, 39, 39, 49), None, 50),  # with a validation row
    (range(0, 1000, 10), 1000, 990),  # what came after 990 was not logged
    (range(0, 1001, 100), 1000, 1000),
    ((37, 64, 99), 100, 100),  # the one before the last of the total is the last
    ((5,), None, 5),
    ((np.nan,), None, None),
])
def test_steps_of_a_finished_run(steps: range, total: int | None, made: int | None) -> None:
    """A run that counts its steps from 0 made one more than the last says; nothing else is added to what was logged."""
    assert steps_made(np.array(list(steps), float), total) == made


@pytest.mark.parametrize(("epochs", "planned", "made"), [
    (range(6), None, 6),  # Keras: a row an epoch, from 0
    (range(1, 7), None, 6),
    (np.repeat(range(3), 40), None, 3),  # Lightning: a row a step
    ([*np.repeat(range(50), 4), 50], None, 50),  # a last evaluation in an epoch that has hardly begun
    ([*np.repeat(range(50), 4), 50], 50, 50),
    (np.repeat(range(3), 40), 3, 3),
    ((0.125, 0.75, 1.5, 3.0), None, 3),  # Hugging Face: how many have gone by
    ((0.5, 2.5), None, 2.5),
    ((np.nan,), None, None),
])
def test_epochs_of_a_finished_run(epochs: list[float], planned: int | None, made: float | None) -> None:
    """Epochs that are numbered from 0 are one more than the last says; parts of epochs say how many have gone by."""
    assert epochs_made(np.array(list(epochs), float), planned) == made
