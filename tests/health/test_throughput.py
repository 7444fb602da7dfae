from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.finding import Kind, Severity


@pytest.mark.parametrize(("part", "severity"), [(0.9, None), (0.5, Severity.INFO), (0.2, Severity.WARNING)])
def test_a_rate_that_stays_low(judge: Any, random: np.random.Generator, part: float, severity: Any) -> None:
    """Tokens a second that stay at half of the usual are for information, at a fifth a warning."""
    rate = 1000 * np.exp(random.normal(size=400) * 0.05)
    rate[250:] *= part
    found = next((one for one in judge(tokens_per_second=rate) if one.kind is Kind.THROUGHPUT), None)
    assert (found and found.severity) == severity


def test_a_pause_is_none(judge: Any, random: np.random.Generator) -> None:
    """Ten slow rows, of a validation or a checkpoint, are none."""
    rate = 1000 * np.exp(random.normal(size=400) * 0.05)
    rate[250:260] = 10
    assert judge(tokens_per_second=rate) == ()
