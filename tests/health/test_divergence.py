from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.checkup import Checkup
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
    found = divergence(judge(train_loss=loss))
    assert found.severity is Severity.CRITICAL and found.message.endswith(", after 2.300 at step 0")


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


def test_a_part_of_a_loss_may_get_heavier(judge: Any, learned: Any, random: np.random.Generator) -> None:
    """A part of a loss whose weight grows is no divergence where the loss itself is logged."""
    part = 0.02 * np.exp(random.normal(size=600) * 0.1) * np.linspace(1, 12, 600)
    assert divergence(judge(train_loss=learned(600) + part, cls_loss=learned(600), reg_loss=part)) is None


def test_a_validation_that_gets_better_is_a_witness(judge: Any, random: np.random.Generator) -> None:
    """A training's loss that rises, because its data get harder, is no drift while the validation falls, nor while
    another part of the sum does."""
    loss = (0.1 + 2 * np.exp(-np.arange(1000) / 50)) * np.exp(random.normal(size=1000) * 0.05)
    rises = loss + np.clip((np.arange(1000) - 400) / 800, 0, 1)
    validation = np.full(1000, np.nan)
    validation[49::50] = np.linspace(2, 0.8, 20)
    assert divergence(judge(train_loss=rises)).severity is Severity.WARNING
    assert divergence(judge(("val_loss",), train_loss=rises, val_loss=validation)) is None
    assert divergence(judge(train_loss=rises, a_loss=loss, b_loss=rises - loss)) is None


@pytest.mark.parametrize(("name", "holds"), [("val_acc", True), ("train_acc", False)])
def test_a_validation_score_that_holds_is_a_witness(
        judge: Any, learned: Any, random: np.random.Generator, name: str, holds: bool) -> None:
    """A loss may rise to its start while the validation score stays as good: its data became harder. The score of the
    training data does not tell."""
    loss = learned(1000)
    loss[600:] = 2.3 * np.exp(random.normal(size=400) * 0.1)
    score = np.full(1000, np.nan)
    score[19::20] = 0.8 + random.normal(size=50) * 0.005
    found = divergence(judge([name], **{"train_loss": loss, name: score}))
    assert found is None if holds else found.severity is Severity.CRITICAL


def test_errors_of_rewards_grow_with_them(judge: Any, random: np.random.Generator) -> None:
    """A network that learns what rewards are worth errs by their range squared: its loss is no divergence below that,
    and one far beyond it is."""
    found = np.clip((np.arange(600) - 100) / 300, 0, 1)
    returns = 12 * found - 3 + random.normal(size=600) * 0.2
    loss = (0.01 + 30 * found) * np.exp(random.normal(size=600) * 0.1)
    assert divergence(judge(train_loss=loss, ep_rew_mean=returns)) is None
    assert divergence(judge(train_loss=loss * 1000, ep_rew_mean=returns)).severity is Severity.CRITICAL


def test_worse_than_at_first(judge: Any, random: np.random.Generator) -> None:
    """A loss that had fallen by a sixth beyond doubt, and has been above that of its first rows for long, is critical:
    language models do not fall far at first."""
    loss = 2.8 + 0.6 * np.exp(-np.arange(800) / 80) + random.normal(size=800) * 0.1
    loss[350:] = 3.6 + random.normal(size=450) * 0.15
    found = divergence(judge(train_loss=loss))
    assert found.severity is Severity.CRITICAL and 330 <= found.since <= 360


def test_a_loss_that_always_falls_is_judged(columns_run: Any) -> None:
    """A loss each of whose blocks is its best is no loss of too few points, wherever its steps begin again."""
    run = columns_run({"step": [row % 100 for row in range(400)], "train_loss": np.linspace(4.0, 0.1, 400)})
    run.grow(400)
    checkup = Checkup(run)
    checkup.update()
    assert Kind.DIVERGENCE not in {one.kind for one in checkup.not_judged}


def test_what_has_recovered_asks_for_nothing(judge: Any, learned: Any) -> None:
    """A divergence that is over is not answered with a stop, and names the step of each of its medians."""
    loss = learned(1000)
    loss[300:400] = 40.0
    found = divergence(judge(train_loss=loss))
    assert found.is_over and "stop" not in found.advice
    assert found.message.count(" around step ") == 2
