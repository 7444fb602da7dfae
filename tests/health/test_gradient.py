from __future__ import annotations

from typing import Any

import numpy as np

from livemon.health.finding import Kind


def gradient(findings: Any) -> Any:
    """The finding of the gradient; None where there is none."""
    return next((found for found in findings if found.kind is Kind.GRADIENT), None)


def test_it_explodes(judge: Any, learned: Any, random: np.random.Generator) -> None:
    """A norm that stays a hundred times above what is usual has exploded."""
    norm = np.exp(random.normal(size=400) * 0.3)
    norm[300:] *= 500
    assert 290 <= gradient(judge(train_loss=learned(400), grad_norm=norm)).since <= 310


def test_one_large_norm_is_none(judge: Any, learned: Any, random: np.random.Generator) -> None:
    """A single norm of a thousand times the usual is no explosion: clipping is there for it."""
    norm = np.exp(random.normal(size=400) * 0.3)
    norm[300] = 1000
    assert gradient(judge(train_loss=learned(400), grad_norm=norm)) is None


def test_it_vanishes_where_nothing_was_learned(judge: Any, learned: Any, random: np.random.Generator) -> None:
    """A norm of nothing is a finding while the loss has not fallen, and none where all is learned."""
    norm = np.full(400, 1e-9)
    flat = 2.3 + random.normal(size=400) * 0.01
    assert gradient(judge(train_loss=flat, grad_norm=norm)) is not None
    assert gradient(judge(train_loss=learned(400), grad_norm=norm)) is None
