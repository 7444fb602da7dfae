"""What is but the consequence of another finding is not listed beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.health.consequences import without_consequences
from livemon.health.finding import Finding, Kind, Severity

Learned = Callable[[int], NDArray[np.float64]]


def kinds(findings: Any) -> set[Kind]:
    """The kinds of what was found."""
    return {found.kind for found in findings}


def test_a_score_falls_with_a_loss_that_is_no_number(judge: Any, learned: Learned) -> None:
    """A score that falls where the loss is NaN has not collapsed by itself; one that fell long before has."""
    loss = learned(400)
    loss[250:] = math.nan
    for fall, told in ((255, False), (180, True)):
        accuracy = np.concatenate((np.linspace(0.1, 0.9, fall), np.full(400 - fall, 0.1)))
        assert (Kind.COLLAPSE in kinds(judge(train_loss=loss, val_acc=accuracy))) is told


def test_a_score_that_falls_behind_a_short_gap_has_collapsed(judge: Any, learned: Learned) -> None:
    """A loss that was NaN for some rows long before explains no fall."""
    loss = learned(400)
    loss[50:53] = math.nan
    accuracy = np.concatenate((np.linspace(0.1, 0.9, 200), np.full(200, 0.1)))
    assert Kind.COLLAPSE in kinds(judge(train_loss=loss, val_acc=accuracy))


def test_a_run_that_went_wrong_has_no_plateau(judge: Any, random: np.random.Generator) -> None:
    """A plateau is said of a run that goes on, and not beside a loss that is NaN since."""
    loss = np.concatenate((np.linspace(2.3, 0.5, 100), np.full(500, 0.5))) + random.normal(size=600) * 0.01
    assert Kind.PLATEAU in kinds(judge(train_loss=loss))
    loss[550:] = math.nan
    assert kinds(judge(train_loss=loss)) == {Kind.NAN}


def test_a_training_that_overfits_has_no_plateau(judge: Any, random: np.random.Generator) -> None:
    """Of one loss it is not said that it has fallen and that it has not improved."""
    at = np.arange(800)
    loss = np.maximum(2.3 - at * 0.004, 0.4) + random.normal(size=800) * 0.005
    validation = np.full(800, math.nan)
    validation[::20] = np.concatenate((np.linspace(2.3, 1.0, 12), np.linspace(1.05, 2.4, 28)))
    assert Kind.OVERFITTING in kinds(judge(train_loss=loss, val_loss=validation, sparse=["val_loss"]))
    assert Kind.PLATEAU not in kinds(judge(train_loss=loss, val_loss=validation, sparse=["val_loss"]))


def test_the_leap_of_a_divergence_is_no_spike_beside_it(judge: Any, learned: Learned) -> None:
    """The leap with which a divergence begins is told once; a spike long before it is told, too."""
    loss = learned(400)
    loss[300:] = 40 + loss[300:]
    assert Kind.DIVERGENCE in kinds(judge(train_loss=loss)) and Kind.SPIKE not in kinds(judge(train_loss=loss))
    loss[120] = 30  # which came back long before
    assert {Kind.DIVERGENCE, Kind.SPIKE} <= kinds(judge(train_loss=loss))


def test_a_spike_that_came_back_is_told_beside_a_later_divergence() -> None:
    """A spike that was over before the loss went wrong is another thing, wherever the best value was."""
    diverged = Finding(Kind.DIVERGENCE, Severity.CRITICAL, "loss", 950, 900, 9.0, "", "", 950, {"best_at": 300})
    for since, is_over, told in ((310, True, True), (895, False, False), (920, True, False), (200, True, True)):
        spike = Finding(Kind.SPIKE, Severity.WARNING, "loss", since, since, 9.0, "", "", since, {}, is_over)
        assert (spike in without_consequences([spike, diverged])) is told


def test_a_loss_that_diverged_has_not_stayed_the_same(judge: Any, random: np.random.Generator) -> None:
    """That a loss has stayed about the same since its start is not said beside its explosion."""
    loss = 0.7 * np.exp(random.normal(size=600) * 0.3)
    assert Kind.NOT_LEARNING in kinds(judge(train_loss=loss))
    loss[400:] *= 1000
    assert kinds(judge(train_loss=loss)) == {Kind.DIVERGENCE}
