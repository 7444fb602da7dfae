from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.finding import Kind, Severity


def divergence(findings: Any) -> Any:
    """The finding of divergence; None where there is none."""
    return next((found for found in findings if found.kind is Kind.DIVERGENCE), None)


def test_an_explosion(judge: Any, learned: Any) -> None:
    """A loss that leaps far above that of the first rows and stays is critical, since it leapt."""
    loss = learned(600)
    loss[400:] = 40.0 * np.exp(np.random.default_rng(1).normal(size=200) * 0.2)
    found = divergence(judge(train_loss=loss))
    assert found.severity is Severity.CRITICAL
    assert 392 <= found.since <= 408 and found.step <= 440


def test_it_goes_wrong_at_once(judge: Any, random: np.random.Generator) -> None:
    """A loss that is above its first value ever since, and does not fall, is critical."""
    loss = np.concatenate(([2.3], 30 * np.exp(random.normal(size=200) * 0.5)))
    assert divergence(judge(train_loss=loss)).severity is Severity.CRITICAL


def test_all_that_was_learned_is_lost(judge: Any, learned: Any, random: np.random.Generator) -> None:
    """A loss that goes back to that of the first rows, and stays there, is critical."""
    loss = learned(800)
    loss[500:] = 2.3 + random.normal(size=300) * 0.02
    found = divergence(judge(train_loss=loss))
    assert found.severity is Severity.CRITICAL and 480 <= found.since <= 520


def test_a_slow_drift_is_said_before_the_loss_has_doubled(judge: Any, random: np.random.Generator) -> None:
    """A loss that rises steadily is a warning before it is twice the best one."""
    loss = 0.3 + 2 * np.exp(-np.arange(1000) / 60)
    loss[400:] *= np.exp(np.arange(600) / 400)
    loss *= np.exp(random.normal(size=1000) * 0.05)
    found = divergence(judge(train_loss=loss))
    assert found is not None and found.value < 0.6


@pytest.mark.parametrize("scale", [1.0, -1.0])
def test_a_harder_task_is_no_divergence(judge: Any, learned: Any, scale: float) -> None:
    """A loss that leaps and is learned again is none; of one that is negative, neither."""
    loss = learned(1000)
    loss[400:] = loss[400:] + 5 * np.exp(-np.arange(600) / 40)
    found = divergence(judge(train_loss=loss if scale > 0 else loss - 3.0))
    assert found is None or found.severity is Severity.INFO


def test_losses_of_reinforcement_learning_may_rise(judge: Any, random: np.random.Generator) -> None:
    """Where a return is logged, a loss that rises slowly is no warning; one that explodes is."""
    loss = np.linspace(0.5, 1.4, 600) + random.normal(size=600) * 0.02
    assert divergence(judge(train_loss=loss)) is not None
    assert divergence(judge(train_loss=loss, ep_rew_mean=np.linspace(0, 9, 600))) is None


def test_a_warm_restart_is_explained_by_the_rate(judge: Any, random: np.random.Generator) -> None:
    """A loss that rises while the rate is raised to what it was is no drift."""
    loss = 0.1 + 2 * np.exp(-np.arange(1000) / 50) + 0.3 * np.clip((np.arange(1000) - 500) / 500, 0, 1)
    loss *= np.exp(random.normal(size=1000) * 0.05)
    rate = np.concatenate((np.linspace(0.1, 0.01, 500), np.linspace(0.01, 0.1, 500)))
    assert divergence(judge(train_loss=loss)) is not None
    assert divergence(judge(train_loss=loss, lr=rate)) is None
