from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from livemon.boards.dashboard import BoardMaker
from livemon.boards.notices import describe_health, notices_of
from livemon.health.finding import Finding, Kind, Severity


def found(kind: Kind, severity: Severity, since: float | None = 300) -> Finding:
    """A finding of this kind."""
    return Finding(kind, severity, "loss", 400, since, 1.0, "it is so", "do this")


def test_few_words_for_the_header() -> None:
    """Warnings and worse have a word in the header, two at most; what is for information, and NaN, which is counted
    there, have none."""
    several = [found(Kind.NAN, Severity.CRITICAL), found(Kind.DIVERGENCE, Severity.CRITICAL, 12_000),
               found(Kind.SPIKE, Severity.WARNING), found(Kind.OVERFITTING, Severity.WARNING),
               found(Kind.PLATEAU, Severity.INFO)]
    assert describe_health(several, "step") == ("diverging since 12,000", "spike at 300")
    assert describe_health([found(Kind.OVERFITTING, Severity.WARNING)], "epoch") == ("overfitting since epoch 300",)
    assert [notice.kind for notice in notices_of(several)] == ["nan", "divergence", "spike", "overfitting", "plateau"]


def test_a_learning_rate_of_zero_is_said_in_the_header() -> None:
    """That the rate is zero is said: not that there is a learning rate."""
    zero = replace(found(Kind.LEARNING_RATE, Severity.WARNING, 750), value=0.0)
    assert describe_health([zero], "step") == ("learning rate 0 since 750",)


def test_a_board_has_what_was_found(run_of: Callable[..., Any]) -> None:
    """The board of a run that diverges says so in its header, and holds the finding."""
    loss = 0.1 + 2 * np.exp(-np.arange(600) / 60)
    loss[400:] = 50.0
    board = BoardMaker(run_of({"step": np.arange(600), "train_loss": loss})).dashboard(now=0.0)
    assert board.notices[0].kind == "divergence" and board.notices[0].severity == "critical"
    assert any(word.startswith("diverging since 4") for word in board.header.problems)
    assert "diverging" in board.header.line(60)
