from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.finding import Kind, Severity


def rate(findings: Any) -> Any:
    """The finding of the learning rate; None where there is none."""
    return next((found for found in findings if found.kind is Kind.LEARNING_RATE), None)


def test_a_rate_that_falls_to_nothing(judge: Any) -> None:
    """A rate of 0 before the end is a warning since it fell, said some rows later."""
    found = rate(judge(lr=[0.1] * 300 + [0.0] * 200))
    assert (found.severity, found.since, found.step) == (Severity.WARNING, 300, 308)


def test_next_to_nothing_is_nothing(judge: Any) -> None:
    """A rate that is multiplied by 0.9 each row is nothing when it is a millionth of what it was: 0.9^132."""
    assert rate(judge(learning_rate=0.05 * 0.9 ** np.arange(300))).since == 132


@pytest.mark.parametrize("schedule", [
    0.05 * (1 + np.cos(np.pi * np.arange(500) / 499)), np.linspace(0.1, 0, 500),
    0.05 * (1 + np.cos(np.pi * (np.arange(500) % 100) / 99)), np.concatenate(([0.0], np.linspace(0, 0.1, 499))),
], ids=["cosine", "linear", "restarts", "warm-up"])  # fmt: skip
def test_schedules_may_end_and_begin_at_nothing(judge: Any, schedule: Any) -> None:
    """A schedule that is nothing in its first or its last row is healthy."""
    assert rate(judge(lr=schedule)) is None


def test_nothing_from_the_start(judge: Any) -> None:
    """A rate that never was above 0 is a warning with the twentieth row."""
    assert rate(judge(lr=[0.0] * 50)).step == 19


def test_one_of_several_may_be_nothing(judge: Any) -> None:
    """Frozen layers have a rate of 0 while others have more: that is for information."""
    columns = {"lr/pg1": np.full(100, 0.1), "lr/pg2": np.zeros(100)}
    assert rate(judge(**columns)).severity is Severity.INFO


def test_a_leap_at_a_restart(judge: Any) -> None:
    """Where steps go back and the rate of the same step is another, the schedule did not go on."""
    step = np.concatenate((np.arange(300), np.arange(250, 500)))
    lr = np.concatenate((np.linspace(0.1, 0.04, 300), np.linspace(0.1, 0.05, 250)))
    found = rate(judge(step=step, lr=lr))
    assert (found.severity, found.since) == (Severity.WARNING, 250)
    assert rate(judge(step=step, lr=np.interp(step, [0, 500], [0.1, 0.0]))) is None
