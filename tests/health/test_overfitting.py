from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livemon.health.checkup import Checkup
from livemon.health.finding import Kind, Severity

EVERY = 20


def overfitting(findings: Any) -> Any:
    """The finding of overfitting; None where there is none."""
    return next((found for found in findings if found.kind is Kind.OVERFITTING), None)


def validated(values: NDArray[np.float64], rows: int = 800) -> NDArray[np.float64]:
    """Values of each twentieth row."""
    found = np.full(rows, math.nan)
    found[EVERY - 1 :: EVERY] = values
    return found


@pytest.fixture
def rising(random: np.random.Generator) -> NDArray[np.float64]:
    """40 validations whose best is the tenth, at row 199."""
    at = np.arange(40)
    return np.where(at < 10, 2.0 - 0.12 * at, 0.92 + 0.02 * (at - 9)) * np.exp(random.normal(size=40) * 0.003)


def test_it_begins_at_the_best_validation(judge: Any, learned: Any, rising: Any) -> None:
    """A validation that rises while the training falls is a warning since the best validation."""
    loss = np.exp(-np.arange(800) / 150) * 2.3
    found = overfitting(judge(sparse=["val_loss"], train_loss=loss, val_loss=validated(rising)))
    assert found.severity is Severity.WARNING and 179 <= found.since <= 219 and found.step < 600


def test_its_own_noise_is_no_rise(judge: Any, learned: Any, random: np.random.Generator) -> None:
    """A validation that goes up and down by a fifth of itself does not rise."""
    values = (0.5 + np.exp(-np.arange(40) / 4)) * np.exp(random.normal(size=40) * 0.2)
    assert overfitting(judge(sparse=["val_loss"], train_loss=np.exp(-np.arange(800) / 150),
                             val_loss=validated(values))) is None  # fmt: skip


def test_where_the_training_does_not_fall_it_is_another_thing(judge: Any, rising: Any, random: Any) -> None:
    """A validation that rises while the training stands still is not overfitting."""
    loss = 0.5 + random.normal(size=800) * 0.01
    assert overfitting(judge(sparse=["val_loss"], train_loss=loss, val_loss=validated(rising))) is None


def test_a_score_that_still_rises_makes_it_mild(judge: Any, rising: Any) -> None:
    """Where the validation's score still gets better, it is for information."""
    loss = np.exp(-np.arange(800) / 150) * 2.3
    found = overfitting(judge(sparse=["val_loss", "val_acc"], train_loss=loss, val_loss=validated(rising),
                              val_acc=validated(np.linspace(0.3, 0.9, 40))))  # fmt: skip
    assert found.severity is Severity.INFO


def test_a_new_best_ends_it(judge: Any, rising: Any) -> None:
    """A validation that is better than ever afterwards makes it history."""
    values = rising.copy()
    values[30:] = 0.5
    loss = np.exp(-np.arange(800) / 150) * 2.3
    found = overfitting(judge(sparse=["val_loss"], train_loss=loss, val_loss=validated(values)))
    assert found.severity is Severity.INFO and found.is_over


@pytest.mark.parametrize(("rise", "score", "severity"), [
    (1.33, 0.9, Severity.INFO), (1.33, 0.8, Severity.WARNING), (2.0, 0.9, Severity.WARNING)])  # fmt: skip
def test_surer_of_its_errors(judge: Any, random: np.random.Generator, rise: float, score: float,
                             severity: Severity) -> None:  # fmt: skip
    """A validation's loss that rises by a third, while its score is what it was, is for information: the network is
    surer of the same errors. With a score that falls, or doubled, it is a warning."""
    at = np.arange(40)
    loss = 0.6 * np.where(at < 10, 1 + (10 - at) / 4, 1 + (rise - 1) * np.minimum((at - 10) / 20, 1))
    scores = np.where(at < 10, 0.5 + 0.04 * at, 0.9 + (score - 0.9) * np.minimum((at - 10) / 20, 1))
    train = (0.01 + 2.3 * np.exp(-np.arange(800) / 90)) * np.exp(random.normal(size=800) * 0.1)
    found = overfitting(judge(("val_loss", "val_acc"), train_loss=train, val_loss=validated(loss),
                              val_acc=validated(scores + random.normal(size=40) * 0.003)))
    assert found.severity is severity


@pytest.mark.parametrize("seed", [7, 10, 14])
def test_noise_of_a_score_is_no_fall(judge: Any, seed: int) -> None:
    """A score that stays the same is noisy, and is looked at again and again: all seeds are for information."""
    random, at = np.random.default_rng(seed), np.arange(40)
    validation = (0.5 + 0.5 * np.exp(-at / 2) + 0.006 * at) * np.exp(random.normal(size=40) * 0.003)
    found = overfitting(judge(
        sparse=["val_loss", "val_acc"], train_loss=np.exp(-np.arange(800) / 150) * 2.3, val_loss=validated(validation),
        val_acc=validated(0.8 + random.normal(size=40) * 0.02)))
    assert found.severity is Severity.INFO


def test_the_best_of_all_may_lie_before_the_rise(judge: Any, rising: Any) -> None:
    """The lowest validation is the one to keep, though a single one tells little about where the rise began."""
    rising[3] = 0.8
    found = overfitting(judge(
        sparse=["val_loss"], train_loss=np.exp(-np.arange(800) / 150) * 2.3, val_loss=validated(rising)))
    assert (found.evidence["best"], found.evidence["best_at"]) == (0.8, 79) and found.since > 150


def test_a_finding_that_stays_has_the_newest_value(judge: Any) -> None:
    """The value of a finding is the newest one, and not that with which it could be said first."""
    validation = np.concatenate((np.linspace(2.0, 1.0, 20), np.linspace(1.05, 3.0, 60)))
    found = next(one for one in judge(train_loss=np.linspace(2.0, 0.2, 80), val_loss=validation)
                 if one.kind is Kind.OVERFITTING)
    assert found.value == 3.0 and "it is now 3.000" in found.message and found.step < 40


@pytest.mark.parametrize("piece", [1, 30, 130])
def test_what_has_passed_is_the_same_in_pieces(columns_run: Any, random: np.random.Generator, piece: int) -> None:
    """A validation that rose, and then reached a new best, is said with its highest value, however the rows came."""
    steps = np.concatenate((np.linspace(2, 1, 10), np.linspace(1.1, 2.5, 14), [2.4, 2.2], np.linspace(1.0, 0.5, 14)))
    loss = np.linspace(2, 0.1, 800) + random.normal(size=800) * 0.01
    told = []
    for rows in (800, piece):
        run = columns_run({"step": np.arange(800), "train_loss": loss, "val_loss": validated(steps)}, ["val_loss"])
        checkup = Checkup(run)
        for _ in range(0, 800, rows):
            run.grow(rows)
            checkup.update()
        told.append(overfitting(checkup.findings))
    assert told[0] == told[1]
    assert told[0].is_over and told[0].value == 2.5 and "2.500 at step 479" in told[0].message
