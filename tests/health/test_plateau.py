from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.finding import Kind, Severity


def test_a_loss_that_falls_no_more(judge: Any, random: np.random.Generator) -> None:
    """A loss that has fallen and stands since is a plateau, for information; one that still falls is none."""
    noise = np.exp(random.normal(size=800) * 0.05)
    stands = (0.3 + 2 * np.exp(-np.arange(800) / 30)) * noise
    falls = (2 - np.arange(800) / 500) * noise
    kinds = [[(one.kind, one.severity) for one in judge(train_loss=loss)] for loss in (stands, falls)]
    assert kinds == [[(Kind.PLATEAU, Severity.INFO)], []]


def test_slow_progress_ends_a_plateau(judge: Any) -> None:
    """That a loss has hardly improved since a step stays true: where its slow progress has added up, a later step is
    named, or none."""
    step, noise = np.arange(8000), np.random.default_rng(1).normal(size=8000)
    loss = (1 + 0.3 * np.exp(-step / 30) - 5e-6 * step) * np.exp(0.005 * noise)
    named = [[finding.since for finding in judge(train_loss=loss[:count])] for count in (2800, 5600, 8000)]
    assert [len(since) for since in named] == [1, 1, 0] and named[1][0] > 1000 > named[0][0]


@pytest.mark.parametrize(("rate", "advice"), [
    (None, "lower the learning rate"), ("constant", "lower the learning rate"), ("falling", "is changing already"),
    ("later", "is changing already"), ("zero", "is 0")])
def test_the_advice_looks_at_the_learning_rate(judge: Any, rate: str | None, advice: str) -> None:
    """To lower a learning rate is no advice where it falls by its schedule, also if it began to fall later, or is 0."""
    loss = (0.3 + 2 * np.exp(-np.arange(800) / 30)) * np.exp(np.random.default_rng(1).normal(size=800) * 0.05)
    rates = {"constant": np.full(800, 0.1), "falling": 0.1 * np.linspace(1, 0.1, 800),
             "later": 0.1 * np.minimum(1, np.linspace(5, 0.1, 800)), "zero": np.where(np.arange(800) < 100, 0.1, 0.0)}
    columns = {"train_loss": loss} | ({"lr": rates[rate]} if rate else {})
    found = next(finding for finding in judge(**columns) if finding.kind is Kind.PLATEAU)
    assert advice in found.advice


def test_a_fall_that_noise_hides_is_no_plateau(judge: Any) -> None:
    """Few rows of a loss that falls slowly do not show whether it stands: of 20 seeds none is called a plateau, and
    where as many rows with as little noise stand, most are."""
    step, called = np.arange(133), {"falls": 0, "stands": 0}
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=133)
        losses = {"falls": 3 / (1 + step / 50) + 0.3 * noise, "stands": 0.5 + 2 * np.exp(-step / 11) + 0.03 * noise}
        for name, loss in losses.items():
            called[name] += any(finding.kind is Kind.PLATEAU for finding in judge(train_loss=loss))
    assert called["falls"] == 0 and called["stands"] >= 16


def test_a_plateau_over_a_restart(judge: Any, random: np.random.Generator) -> None:
    """Where the run was started again in the stretch, the step that is named is behind the restart: a step before it
    that came again would name two rows."""
    step = np.concatenate((np.arange(600), np.arange(500, 800)))
    loss = (0.3 + 2 * np.exp(-np.arange(900) / 30)) * np.exp(random.normal(size=900) * 0.05)
    found = next(one for one in judge(step=step, train_loss=loss) if one.kind is Kind.PLATEAU)
    assert found.step is not None and found.since is not None
    last_of_step = 899 - int(np.argmax(step[::-1] == found.since))
    is_behind = last_of_step >= 600
    assert is_behind or found.step < 600
