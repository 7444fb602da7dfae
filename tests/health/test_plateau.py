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
