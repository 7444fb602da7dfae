from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.finding import Kind, Severity


def scale(findings: Any) -> Any:
    """The finding of losses that are not computed alike; None where there is none."""
    return next((found for found in findings if found.kind is Kind.LOSS_SCALE), None)


@pytest.mark.parametrize(("times", "is_told"), [(18.0, True), (3.0, False), (0.05, False)])
def test_a_validation_far_below_the_training(judge: Any, learned: Any, times: float, is_told: bool) -> None:
    """A validation's loss that is always 18 times lower than the training's is told, for information, with the times;
    one that dropout explains, or that is higher, is not."""
    validation = np.full(800, np.nan)
    validation[::20] = learned(800)[::20] / times
    found = scale(judge(train_loss=learned(800), val_loss=validation, sparse=["val_loss"]))
    assert (found is not None) is is_told
    if found is not None:
        assert found.severity is Severity.INFO and found.evidence["times"] == pytest.approx(times, rel=0.3)


def test_losses_that_come_together_are_compared_again(judge: Any, learned: Any) -> None:
    """Once the two are alike for some blocks nothing is left of it."""
    validation = learned(800)
    validation[:300] /= 30
    assert scale(judge(train_loss=learned(800)[:300], val_loss=validation[:300])) is not None
    assert scale(judge(train_loss=learned(800), val_loss=validation)) is None


def test_a_validation_below_zero_is_no_longer_compared(judge: Any, learned: Any) -> None:
    """Losses of opposite sign have no ratio: a validation that falls below 0 leaves nothing of what was told before."""
    validation = learned(800) / 18
    validation[300:] *= -1
    assert scale(judge(train_loss=learned(800)[:300], val_loss=validation[:300])) is not None
    assert scale(judge(train_loss=learned(800), val_loss=validation)) is None
