from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.checkup import Checkup
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


def test_a_rate_that_is_stuck(judge: Any) -> None:
    """A rate that fell with each row and stays in the middle is a warning since its last fall; when it goes on, it is
    history."""
    falls = 0.05 * (1 + np.cos(np.pi * np.minimum(np.arange(700), 317) / 700))
    found = rate(judge(lr=falls))
    assert (found.severity, found.since) == (Severity.WARNING, 317)
    found = rate(judge(lr=[*falls[:400], *0.05 * (1 + np.cos(np.pi * np.arange(400, 700) / 700))]))
    assert found.is_over and found.severity is Severity.INFO


def test_a_rate_that_is_stuck_again(judge: Any) -> None:
    """A rate that was stuck once, fell again, and is stuck now is a warning of where it is stuck now."""
    falls = np.linspace(0.1, 0.037, 400)
    found = rate(judge(lr=[*falls[:100], *[falls[99]] * 60, *falls[100:163], *[falls[162]] * 200]))
    assert (found.severity, found.is_over, found.since) == (Severity.WARNING, False, 222)


@pytest.mark.parametrize("cut", [0, 1, 137, 150])
def test_a_rate_that_wavers_costs_nothing_and_is_judged_alike(columns_run: Any, random: Any, cut: int) -> None:
    """Rows in which a rate wavers change nothing about a fall and a stay between them, wherever the rows are cut."""
    wavers = 0.2 * (1 + 0.1 * random.normal(size=100))
    lr = [*wavers, *np.linspace(0.1, 0.0537, 50), *[0.0537] * 40, *wavers]
    run = columns_run({"step": range(290), "lr": lr})
    checkup = Checkup(run)
    for rows in (cut, 290 - cut):
        run.grow(rows)
        checkup.update()
    found = rate(checkup.findings)
    assert found.is_over and found.since == 149 and "until step 190" in found.message


@pytest.mark.parametrize("schedule", [
    np.maximum(np.linspace(0.1, 0, 600), 0.01), np.maximum(np.linspace(0.1, 0, 600), 0.1 / 3),
    np.maximum(0.0731 * 0.99 ** np.arange(600), 2e-4),
    0.02 + 0.04 * (1 + np.cos(np.pi * np.minimum(np.arange(600), 300) / 300)),
    np.minimum(np.linspace(0, 0.2, 600), 0.0637), 0.1 * 0.5 ** (np.arange(600) // 100),
], ids=["tenth", "third", "number", "cosine with a floor", "warm-up", "stairs"])  # fmt: skip
def test_schedules_may_have_a_floor(judge: Any, schedule: Any) -> None:
    """A rate that stays at a part of the highest or at a number that somebody has chosen, that has come to rest there,
    or stays at its highest, is healthy."""
    assert rate(judge(lr=schedule)) is None


def test_a_schedule_that_begins_anew(judge: Any) -> None:
    """A rate that is what it was in the first row again, where the run goes on, is a warning, though it is hardly
    higher than at that step before."""
    step = np.concatenate((np.arange(400), np.arange(350, 700)))
    falls = np.linspace(0.1, 0.02, 1000)
    found = rate(judge(step=step, lr=np.concatenate((falls[:400], falls[:350]))))
    assert (found.severity, found.since) == (Severity.WARNING, 350)


def test_stairs_end_at_nothing(judge: Any) -> None:
    """A rate that is divided by ten now and then comes to next to nothing in the end, as planned."""
    found = rate(judge(lr=np.repeat(0.1 ** np.arange(1, 10), 40)))
    assert found.severity is Severity.INFO


@pytest.mark.parametrize("piece", [700, 1, 13])
def test_no_plan_spends_most_of_its_rows_at_nothing(columns_run: Any, piece: int) -> None:
    """A rate that is halved each ten rows is information when it is next to nothing, and a warning when it has been so
    for as many rows as it took, however the rows came."""
    run = columns_run({"step": range(700), "lr": 0.05 * 0.5 ** (np.arange(700) // 10)})
    checkup = Checkup(run)
    severities = []
    for rows in range(piece, 701, piece):
        run.grow(piece)
        checkup.update()
        if piece == 1 and (found := rate(checkup.findings)) is not None:
            severities.append((rows, found.severity))
    found = rate(checkup.findings)
    assert (found.severity, found.since, found.step) == (Severity.WARNING, 200, 400)
    if piece == 1:
        assert {severity for rows, severity in severities if rows <= 400} == {Severity.INFO}


def test_which_of_two_is_said_does_not_depend_on_the_pieces(columns_run: Any) -> None:
    """A rate that is stuck, then leaps where the run goes on, is said alike however the rows came."""
    step = np.concatenate((np.arange(400), np.arange(350, 700)))
    lr = np.concatenate((np.linspace(0.1, 0.02, 1000)[np.minimum(np.arange(400), 150)], np.linspace(0.1, 0.03, 350)))
    told = []
    for pieces in ((750,), (390, 360), (10,) * 75):
        run = columns_run({"step": step, "lr": lr})
        checkup = Checkup(run)
        for piece in pieces:
            run.grow(piece)
            checkup.update()
        told.append(repr(checkup.findings))
    assert len(set(told)) == 1 and "jumped" in told[0]
