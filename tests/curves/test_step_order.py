"""Which steps back are restarts, and which rows are merely late."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from livemon.curves.step_order import AFTER_ROWS, StepOrder


def judged(steps: list[int], cuts: list[int] | None = None) -> tuple[list[int], int]:
    order, x = StepOrder(), np.array(steps)
    for start, stop in itertools.pairwise([0, *(cuts or []), len(x)]):
        order.add(x[start:stop])
    return order.starts.tolist(), order.late


def two_threads(rows: int, lag: int) -> list[int]:
    """One logs the even steps, the other the odd ones, `lag` steps behind."""
    steps = [step for even in range(0, rows, 2) for step in (even, even + 1 - lag) if step >= 0]
    return steps


BURSTS = [10 * burst + step for burst in range(20) for step in (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)]
WORKERS = [step for i in range(100) for step in (4 * i, 4 * i + 2, max(4 * i - 6, 0))]


@pytest.mark.parametrize(("steps", "late"), [
    ([step ^ 1 for step in range(1000)], 500),  # neighbours swapped, to the last row
    ([0, 1, 2, 3, 5, 4, 6, 7], 1),
    ([*range(50), 47, *range(50, 60)], 1),  # late, and there already
    (two_threads(400, 6), 197),
    (BURSTS, 80),
    (WORKERS, 100),
])  # fmt: skip
def test_late_rows_are_no_restarts(steps: list[int], late: int) -> None:
    """Rows that fill the gaps of those before, or that are passed again at once, belong to the same attempt."""
    assert judged(steps) == ([0], late)


@pytest.mark.parametrize(("steps", "starts"), [
    ([*range(10, 101, 10), *range(55, 400, 10)], [0, 10]),  # that repeats no step
    ([*range(50), *range(40, 90)], [0, 50]),
    ([*range(50), *range(20, 90)], [0, 50]),
    ([*range(0, 1000, 100), *range(850, 1500, 50)], [0, 10]),  # that logs twice as often
    ([*range(0, 500, 10), *range(400, 2000, 100)], [0, 50]),  # that logs less often
    ([*range(1000), 0], [0, 1000]),  # a test at step 0
    ([0, 1, 2] * 5, [0, 3, 6, 9, 12]),
    ([step for lost in range(0, 30, 3) for step in range(lost, lost + 6)], [*range(0, 60, 6)]),  # preempted often
])  # fmt: skip
def test_restarts_are_no_late_rows(steps: list[int], starts: list[int]) -> None:
    """A training that starts again goes over the steps row by row, whether or not it repeats a step exactly."""
    assert judged(steps) == (starts, 0)


def test_a_step_back_is_a_restart_until_it_is_known_to_be_none() -> None:
    """Until the highest step is passed again nobody can tell; then it is judged again."""
    steps = [0, 1, 2, 3, 4, 6, 5]
    assert judged(steps) == ([0, 6], 0)
    assert judged([*steps, 7, 8]) == ([0], 1)
    assert judged([*range(0, 50, 5), 33, 38, 43]) == ([0, 10], 0)
    assert judged([*range(0, 50, 5), 33, 38, 43, 48, 53, 58]) == ([0, 10], 0)


@pytest.mark.parametrize("seed", range(80))
def test_any_cut_gives_the_same(seed: int) -> None:
    """However the points come, the attempts are those of all points at once."""
    dice = random.Random(seed)
    steps: list[int] = []
    step = 0
    while len(steps) < 150:
        step += 1
        kind = seed % 4
        if kind == 0:
            steps.append(dice.randrange(40))
        elif kind == 1:
            steps.append(step + dice.choice([0, 0, 0, -2, 3]))
        elif kind == 2:
            steps.append(step)
            step -= dice.choice([0] * 15 + [10])
        else:
            steps.append(len(steps) ^ 1 if dice.random() < 0.9 else dice.randrange(150))
    cuts = sorted(dice.randrange(len(steps) + 1) for _ in range(dice.randrange(1, 80)))
    assert judged(steps, cuts) == judged(steps)


def test_what_goes_on_in_order_is_told() -> None:
    """Points behind those before, in order, change nothing that was judged; what is judged again does."""
    order = StepOrder()
    assert order.add(np.arange(100))
    assert order.add(np.arange(100, 120))
    assert not order.add(np.array([110]))
    assert not order.add(np.array([130, 131]))  # The one before was late.
    order.add(np.arange(132, 160 + AFTER_ROWS))
    assert order.add(np.arange(160 + AFTER_ROWS, 300))
    assert len(order._x) <= 64
