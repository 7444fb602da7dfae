from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from livemon.health.checkup import Checkup
from livemon.health.finding import Kind, Severity


def rate(findings: Any) -> Any:
    """The finding of the learning rate; None where there is none."""
    return next((found for found in findings if found.kind is Kind.LEARNING_RATE), None)


def told_in_pieces(columns_run: Any, columns: dict[str, Any], pieces: Sequence[int], sparse: Sequence[str] = ()
                   ) -> list[str]:  # fmt: skip
    """What is found in columns that come in pieces of so many rows, for each of these numbers."""
    told = []
    for rows in pieces:
        run = columns_run(columns, sparse)
        checkup = Checkup(run)
        for _ in range(0, run.length, rows):
            run.grow(rows)
            checkup.update()
        told.append(repr(checkup.findings))
    return told


def loss_that_rises(at: int, by: float) -> Any:
    """A loss of 2.5 with a noise of 0.2, which is higher by so many times its noise behind a row, and falls again."""
    noise = np.random.default_rng(5).normal(size=600) * 0.2
    loss = 2.5 + 0.9 * np.exp(-np.arange(600) / 40) + noise
    loss[at + 1 :] += by * 0.2 * np.exp(-np.arange(600 - at - 1) / 60)
    return loss


def test_a_leap_far_above_all_before_is_said_at_its_row(judge: Any) -> None:
    """A rate of two hundred times the highest before is a warning at that row; that it came back is said, too."""
    lr = np.linspace(0.001, 0.01, 500)
    lr[300] = 2.0
    found = rate(judge(lr=lr))
    assert (found.severity, found.since, found.step, found.value, found.is_over) == (
        Severity.WARNING, 300, 300, 2.0, True)
    assert "came back at step 301" in found.message
    lr[300:] = 2.0
    assert not rate(judge(lr=lr)).is_over
    lr[300:] = 0.3  # as a warm-up in two stairs may
    assert rate(judge(lr=lr)).severity is Severity.INFO


@pytest.mark.parametrize("lr", [
    np.geomspace(1e-9, 0.1, 500), np.repeat([0.01, 0.1], [100, 400]), np.repeat([0.0, 0.1], [100, 400]),
    np.repeat([1e-6, 0.1], [10, 490]), np.repeat([0.1, 0.001, 0.1], [100, 100, 300]),
], ids=["warm-up", "ten times", "thawed", "first rows", "raised again"])  # fmt: skip
def test_what_rises_as_planned_is_no_leap(judge: Any, lr: Any) -> None:
    """A warm-up, a group that is thawed, and a rate that is as high as once before are healthy."""
    found = rate(judge(lr=lr))
    assert found is None or found.severity is Severity.INFO or "leapt" not in found.message


@pytest.mark.parametrize("piece", [1, 7, 90])
def test_a_leap_is_the_same_in_pieces(columns_run: Any, piece: int) -> None:
    """A leap, and its end, are said alike however the rows came, also with a rate that is no number."""
    lr = np.full(400, 0.01)
    lr[200:230] = 0.9
    lr[[50, 120, 215]] = np.nan
    told = told_in_pieces(columns_run, {"step": np.arange(400), "lr": lr}, (400, piece))
    assert told[0] == told[1] and "came back at step 230" in told[0]


def test_a_leap_that_moves_the_loss_is_a_warning(judge: Any) -> None:
    """A rate of fifty times the highest before is a warning if the loss is higher in the rows after it by more than
    its noise, and information if it is not."""
    lr = np.full(600, 0.01)
    lr[300] = 0.5
    found = rate(judge(lr=lr, train_loss=loss_that_rises(300, 5.0)))
    assert (found.severity, found.since, found.step, found.is_over) == (Severity.WARNING, 300, 310, True)
    assert "train_loss rose from 2." in found.message and "came back at step 301" in found.message
    found = rate(judge(lr=lr, train_loss=loss_that_rises(300, 0.5)))
    assert (found.severity, found.step) == (Severity.INFO, 300) and "rose" not in found.message


@pytest.mark.parametrize("every", [1, 7])
def test_what_the_loss_did_is_the_same_in_pieces(columns_run: Any, every: int) -> None:
    """The rise of the loss is found at the same row however the rows came, also where not each row has a loss."""
    lr, loss = np.full(600, 0.01), loss_that_rises(300, 6.0 * every)
    lr[300:305] = 0.5
    loss[np.arange(600) % every != 0] = np.nan
    told = told_in_pieces(columns_run, {"step": np.arange(600), "lr": lr, "loss": loss}, (600, 1, 11, 250), ["loss"])
    assert len(set(told)) == 1 and "loss rose" in told[0]
