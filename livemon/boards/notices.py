"""What was found in a run, as a board has it: the notices, and their words in the header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from livemon import wording
from livemon.boards.model import Notice
from livemon.health.finding import Finding, Kind, Severity

__all__ = ["notices_of", "words_of_health"]

_MOST_WORDS = 2
# In the header: few words. A NaN is counted there in any case.
_WORDS = {
    Kind.DIVERGENCE: "diverging", Kind.SPIKE: "spike", Kind.NOT_LEARNING: "not learning",
    Kind.OVERFITTING: "overfitting", Kind.COLLAPSE: "collapsed", Kind.GRADIENT: "gradient",
    Kind.LEARNING_RATE: "learning rate", Kind.THROUGHPUT: "slow",
}


def notices_of(findings: Sequence[Finding]) -> tuple[Notice, ...]:
    """What was found, ready to be shown, the worst first."""
    return tuple(Notice(found.kind.value, cast(Any, found.severity.value), found.metric,
                        found.since, found.message, found.advice, found.is_over) for found in findings)


def words_of_health(findings: Sequence[Finding], axis: str) -> tuple[str, ...]:
    """The findings that are a warning or worse, each in a few words for the header: "overfitting since 300".

    Args:
        axis: What the places of findings count; "step" is left out.
    """
    told = [found for found in findings if found.severity is not Severity.INFO and found.kind in _WORDS]
    return tuple(_word(found, axis) for found in told[:_MOST_WORDS])


def _word(found: Finding, axis: str) -> str:
    word = _WORDS[found.kind]
    if found.since is None:
        return word
    at = wording.count(found.since) if axis == "step" else f"{axis} {wording.count(found.since)}"
    return f"{word} {'at' if found.kind is Kind.SPIKE else 'since'} {at}"
