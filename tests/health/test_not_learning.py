from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from livemon.health.finding import Kind, Severity


def stuck(findings: Any) -> Any:
    """The finding of a loss that does not fall; None where there is none."""
    return next((found for found in findings if found.kind is Kind.NOT_LEARNING), None)


@pytest.fixture
def flat(random: np.random.Generator) -> Any:
    """A loss of about one value."""
    return lambda level, noise, rows=400: level * (1 + random.normal(size=rows) * noise)


def test_the_loss_of_an_even_guess(judge: Any, flat: Any) -> None:
    """A loss of ln 10 with little noise is that of a guess among ten classes."""
    found = stuck(judge(train_loss=flat(math.log(10), 0.01)))
    assert found.severity is Severity.WARNING and "10 classes" in found.message


def test_where_nothing_tells_it_is_for_information(judge: Any, flat: Any) -> None:
    """A loss that is flat from the first row on may be of a network that was trained before."""
    assert stuck(judge(train_loss=flat(0.31, 0.3))).severity is Severity.INFO


@pytest.mark.parametrize(("score", "severity"), [(0.97, None), (0.11, Severity.WARNING)])
def test_the_score_tells(judge: Any, flat: Any, score: float, severity: Severity | None) -> None:
    """A flat loss with a high score is of a network that was trained; one with the score of a guess is not."""
    found = stuck(judge(train_loss=flat(2.4 if score < 0.5 else 0.1, 0.1), val_acc=np.full(400, score)))
    assert (found and found.severity) == severity


def test_weights_that_do_not_move(judge: Any, flat: Any) -> None:
    """A validation that is the same all the time says that nothing is learned, whatever the loss is."""
    found = stuck(judge(train_loss=flat(0.7, 0.3), val_loss=np.full(400, 0.71)))
    assert found.severity is Severity.WARNING


def test_a_validation_far_above_the_training_loss(judge: Any, flat: Any) -> None:
    """A network whose training loss is a fraction of its validation was trained before; the loss alone says no more."""
    found = stuck(judge(train_loss=flat(0.03, 0.01), val_loss=np.full(400, 0.23)))
    assert found.severity is Severity.INFO


def test_no_gradient(judge: Any, flat: Any) -> None:
    """A gradient of nothing says it, too."""
    assert stuck(judge(train_loss=flat(0.9, 0.3), grad_norm=np.zeros(400))).severity is Severity.WARNING


def test_a_run_that_goes_on_from_another_may_be_trained(judge: Any, flat: Any) -> None:
    """A first step far from 0 says that the run was trained before: its loss may be that of a guess by chance."""
    found = stuck(judge(train_loss=flat(math.log(10), 0.01), step=np.arange(7000, 11000, 10)))
    assert found.severity is Severity.INFO


def test_a_slow_start_is_over_when_it_learns(judge: Any, flat: Any) -> None:
    """A loss that falls after a long time at chance was stuck, and is for information then."""
    loss = np.concatenate((flat(math.log(2), 0.01, 500), 0.69 * np.exp(-np.arange(500) / 80)))
    assert stuck(judge(train_loss=loss[:450])).severity is Severity.WARNING
    found = stuck(judge(train_loss=loss))
    assert found.severity is Severity.INFO and found.is_over


def test_a_warm_up_is_waited_for(judge: Any, flat: Any) -> None:
    """While the learning rate rises nothing is said."""
    assert stuck(judge(train_loss=flat(math.log(10), 0.01), lr=np.linspace(0, 1, 400))) is None


def test_few_rows_are_not_judged(judge: Any, flat: Any) -> None:
    """Below a hundred rows nothing is said."""
    assert stuck(judge(train_loss=flat(math.log(10), 0.01, 90))) is None


def test_a_loss_that_falls_at_once_has_learned(judge: Any, random: np.random.Generator) -> None:
    """A loss that is at its noise after ten rows and stays there has learned."""
    loss = (0.25 + 2 * np.exp(-np.arange(600) / 4)) * np.exp(random.normal(size=600) * 0.2)
    assert stuck(judge(train_loss=loss)) is None


def test_a_slow_steady_fall_is_learning(judge: Any, random: np.random.Generator) -> None:
    """A loss that falls slowly and steadily is learned from, though it spreads over all that it falls."""
    loss = 3.4 * (1 - np.arange(400) / 1600) + random.normal(size=400) * 0.15
    assert stuck(judge(train_loss=loss)) is None


def test_a_fall_to_an_even_guess_is_none(judge: Any, random: np.random.Generator) -> None:
    """A loss that only falls to that of an even guess, as large first outputs are unlearned, knows nothing."""
    loss = (math.log(5) + 0.1 * np.exp(-np.arange(600) / 20)) * (1 + random.normal(size=600) * 0.01)
    assert stuck(judge(train_loss=loss)).severity is Severity.WARNING


def test_a_single_low_score_is_noise(judge: Any, flat: Any) -> None:
    """The level of the scores of late tells, not the newest score: a small validation set makes it jump."""
    score = np.where(np.arange(400) % 20 == 19, 0.5, 0.63)
    assert stuck(judge(train_loss=flat(0.66, 0.05), val_acc=score)) is None


def test_high_first_rows_by_chance_are_no_fall(judge: Any) -> None:
    """Where four first rows lie a little above the others, within their noise, nothing has been learned: so it is said
    of nearly all such runs."""
    severities = []
    for seed in range(20):
        loss = 5 + np.random.default_rng(seed).normal(size=400) * 1.5
        loss[:4] = 6.9, 6.8, 7.1, 6.4
        found = stuck(judge(train_loss=loss, val_loss=np.full(400, 5.02)))
        severities.append(found and found.severity)
    assert severities.count(Severity.WARNING) >= 16


def test_a_fall_that_comes_near_a_guess_is_waited_for(judge: Any, random: np.random.Generator) -> None:
    """A loss that falls slowly to that of an even guess is judged when it is there."""
    loss = (math.log(5) + 0.02 * np.exp(-np.arange(800) / 150)) * (1 + random.normal(size=800) * 0.004)
    loss[:8] += 0.06
    assert stuck(judge(train_loss=loss)).severity is Severity.WARNING


def test_a_loss_without_numbers_does_not_stay_the_same(judge: Any) -> None:
    """A loss that never was a number has no level."""
    assert stuck(judge(train_loss=np.full(300, math.nan))) is None


def test_a_loss_that_tends_to_fall_is_waited_for(judge: Any, random: np.random.Generator) -> None:
    """Nothing is said of a loss that falls, but by less than its noise so far."""
    loss = 3.0 - np.arange(120) * 1e-3 + random.normal(size=120) * 0.08
    assert stuck(judge(train_loss=loss)) is None


def test_a_loss_that_is_exactly_the_same_is_not_learned_from(judge: Any) -> None:
    """Batches differ: a loss of the same value in each row says that nothing is computed anew."""
    assert stuck(judge(train_loss=np.zeros(300))).severity is Severity.WARNING


def test_batches_of_two_tasks_are_no_even_guess(judge: Any, random: np.random.Generator) -> None:
    """A loss that alternates between two levels is not that of a guess because its median lies between them."""
    loss = np.where(np.arange(800) // 10 % 2, math.log(5) - 1.5, math.log(5) + 1.5) + random.normal(size=800) * 0.01
    loss[::10] = math.log(5)
    assert stuck(judge(train_loss=loss)).severity is Severity.INFO


def test_a_loss_far_above_any_guess_is_none(judge: Any, flat: Any) -> None:
    """No cross entropy is as high as that of a sum over a picture: it tells nothing of guessing."""
    assert stuck(judge(train_loss=flat(9.0, 0.01))).severity is Severity.WARNING
    assert stuck(judge(train_loss=flat(5000.0, 0.01))).severity is Severity.INFO
