from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from livemon.health.checkup import Checkup
from livemon.health.finding import Kind, Severity


def of(findings: Any, kind: Kind) -> Any:
    """The finding of a kind; None where there is none."""
    return next((found for found in findings if found.kind is kind), None)


def test_the_first_nan_is_said_at_its_row(judge: Any, learned: Any) -> None:
    """A loss that becomes NaN is critical from the first bad row on; how many there are is said."""
    loss = learned(200)
    loss[120:] = math.nan
    found = of(judge(train_loss=loss), Kind.NAN)
    assert (found.severity, found.step, found.since, found.row) == (Severity.CRITICAL, 120, 120, 120)
    assert "80 NaN" in found.message


def test_what_moved_before_is_evidence(judge: Any, learned: Any) -> None:
    """The gradient's norm that rose in the 50 rows before is named, by how many times."""
    loss, norm = learned(200), np.full(200, 2.0)
    loss[120:], norm[110:120] = math.nan, 80.0
    found = of(judge(train_loss=loss, grad_norm=norm), Kind.NAN)
    assert found.evidence["moved grad_norm"] == pytest.approx(40)
    assert "these rose: grad_norm to 40 times its median" in found.message


def test_a_validation_that_only_follows_the_training(judge: Any, learned: Any) -> None:
    """The training loss is named although the validation of the row before was NaN first: that row's update did it, so
    the finding, and a checkpoint to resume from, count from there."""
    loss, validation = learned(200), np.full(200, np.nan)
    validation[20:100:20], validation[120] = 0.4, math.inf
    loss[121:] = math.nan
    found = of(judge(["val_loss"], val_loss=validation, train_loss=loss), Kind.NAN)
    assert (found.metric, found.since, found.step, found.row) == ("train_loss", 120, 120, 120)
    assert "since step 121 (79 NaN); also in val_loss since step 120" in found.message
    assert found.advice.endswith("look at the batch of that step")


@pytest.mark.parametrize(("training", "words"), [
    (0.5, "look at its data, and at how it is computed: the training loss is a number"),
    (math.nan, "stop, and resume")])
def test_what_to_do_about_a_validation(columns_run: Any, learned: Any, training: float, words: str) -> None:
    """A validation that alone is not a number is looked at itself, not the batch of that step."""
    loss, validation = learned(200), np.full(200, 0.4)
    validation[120:], loss[199] = math.nan, training
    run = columns_run({"step": range(200), "val_loss": validation, "train_loss": loss})
    run.grow(200)
    checkup = Checkup(run)
    checkup.update()
    conditions = [condition for condition in checkup._conditions["val_loss"] if condition.kind is Kind.NAN]
    advice = conditions[0].finding.advice if conditions[0].finding is not None else ""
    assert advice.startswith(words) and "batch" not in advice


def test_numbers_that_come_again_make_it_a_warning(judge: Any, learned: Any) -> None:
    """One infinite loss between finite ones is a warning that is over."""
    loss = learned(200)
    loss[50] = math.inf
    found = of(judge(train_loss=loss), Kind.NAN)
    assert (found.severity, found.is_over, found.since) == (Severity.WARNING, True, 50)


def test_nan_from_the_first_row(judge: Any) -> None:
    """A loss that never was a number is critical with the third row."""
    found = of(judge(train_loss=[math.nan] * 10), Kind.NAN)
    assert (found.severity, found.row, found.since) == (Severity.CRITICAL, 2, 0)
    assert "checkpoint" not in found.advice  # there is none before the first row


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize(("name", "severity"), [
    ("val_loss", Severity.CRITICAL), ("grad_norm", Severity.INFO), ("acc", Severity.INFO), ("reward", Severity.INFO)])
def test_a_metric_that_never_was_a_number(judge: Any, learned: Any, name: str, severity: Severity, bad: float) -> None:
    """A metric without one finite number in 200 rows is named from the tenth row on: critical for a validation's loss,
    beside a training's loss that is well."""
    found = of(judge(train_loss=learned(200), **{name: [bad] * 200}), Kind.NAN)
    assert (found.severity, found.metric, found.row, found.since) == (severity, name, 9, 0)


def test_a_validation_that_may_still_come_is_a_warning(judge: Any, learned: Any) -> None:
    """Below 100 rows a validation that never was a number is a warning, and nothing is left of it once a number
    comes, also after more rows."""
    assert of(judge(train_loss=learned(50), val_loss=[math.nan] * 50), Kind.NAN).severity is Severity.WARNING
    for rows in (50, 150):
        assert of(judge(train_loss=learned(rows + 1), val_loss=[math.nan] * rows + [0.5]), Kind.NAN) is None


def test_nan_that_stands_for_not_measured(judge: Any, learned: Any) -> None:
    """A validation that is logged as NaN but in each tenth row is healthy; when it comes no more, it is said."""
    validation = np.full(400, math.nan)
    validation[9::10] = 0.5
    assert of(judge(train_loss=learned(400), val_loss=validation), Kind.NAN) is None
    validation[200:] = math.nan
    found = of(judge(train_loss=learned(400), val_loss=validation), Kind.NAN)
    assert found.since == 200 and 220 <= found.step <= 240


def test_infinite_norms_of_a_loss_scale_are_no_warning(judge: Any, learned: Any) -> None:
    """Infinite norms of the gradient in the first rows of mixed precision are for information."""
    norm = np.full(300, 1.5)
    norm[:6] = math.inf
    assert of(judge(train_loss=learned(300), grad_norm=norm), Kind.NAN) is None
    norm[:6], norm[100] = 1.5, math.inf
    assert of(judge(train_loss=learned(300), grad_norm=norm), Kind.NAN).severity is Severity.INFO


def test_where_numbers_were_missing(judge: Any, learned: Any) -> None:
    """What was not finite is said by where it was, and by how often where there are numbers in between."""
    texts = {}
    for name, bad in (("single", [120]), ("stretch", range(120, 130)), ("two", [120, 150])):
        loss = learned(300)
        loss[list(bad)] = math.nan
        texts[name] = of(judge(train_loss=loss), Kind.NAN).message
    assert "was not finite at step 120 (1 NaN), and is again now" in texts["single"]
    assert "was not finite from step 120 to step 129 (10 NaN)" in texts["stretch"]
    assert "was not finite 2 times from step 120 to step 150 (2 NaN)" in texts["two"]


@pytest.mark.parametrize("piece", [1, 33, 600])
def test_single_numbers_among_nan_are_measurements(columns_run: Any, learned: Any, piece: int) -> None:
    """A validation of each fiftieth row from the first on, with NaN between, is well, however the rows came; a
    validation that is NaN for ever behind 40 numbers is critical."""
    told = []
    for validation in (np.where(np.arange(600) % 50, math.nan, 1.0), np.where(np.arange(600) < 40, 1.0, math.nan)):
        run = columns_run({"step": np.arange(600), "train_loss": learned(600), "val_loss": validation})
        checkup = Checkup(run)
        for _ in range(0, 600, piece):
            run.grow(piece)
            checkup.update()
        told.append(of(checkup.findings, Kind.NAN))
    assert told[0] is None
    assert (told[1].severity, told[1].since) == (Severity.CRITICAL, 40)
