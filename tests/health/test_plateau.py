from __future__ import annotations

from typing import Any

import numpy as np

from livemon.health.finding import Kind, Severity


def test_a_loss_that_falls_no_more(judge: Any, random: np.random.Generator) -> None:
    """A loss that has fallen and stands since is a plateau, for information; one that still falls is none."""
    noise = np.exp(random.normal(size=800) * 0.05)
    stands = (0.3 + 2 * np.exp(-np.arange(800) / 30)) * noise
    falls = (2 - np.arange(800) / 500) * noise
    kinds = [[(one.kind, one.severity) for one in judge(train_loss=loss)] for loss in (stands, falls)]
    assert kinds == [[(Kind.PLATEAU, Severity.INFO)], []]


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
