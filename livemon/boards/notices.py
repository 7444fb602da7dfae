"""The findings about a run on a board: the notices, and their words in the header."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from livemon import wording
from livemon.boards.model import Notice
from livemon.health.finding import Finding, Kind, Severity

__all__ = ["bad_word", "describe_health", "notices_of", "word_for"]

LONGEST_TEXT = 300  # characters: part of the text may come from files
_MOST_WORDS = 2
# For the header: few words. NaN are counted there anyway.
_WORDS = {
    Kind.DIVERGENCE: "diverging", Kind.SPIKE: "spike", Kind.NOT_LEARNING: "not learning",
    Kind.OVERFITTING: "overfitting", Kind.COLLAPSE: "collapsed", Kind.GRADIENT: "gradient",
    Kind.LEARNING_RATE: "unusual learning rate", Kind.THROUGHPUT: "slow",
    Kind.TIME_LIMIT: "the job's time is too short", Kind.DISK: "the disk is nearly full",
}


def notices_of(findings: Sequence[Finding], *, kept: bool = False) -> tuple[Notice, ...]:
    """The findings ready for display, the worst first.

    Args:
        kept: Whether the picture is saved: then it does not say how long ago the newest row came.
    """
    return tuple(Notice(finding.kind.value, cast(Any, finding.severity.value), finding.metric,
                        finding.since, wording.clipped(finding.message, LONGEST_TEXT),
                        wording.clipped(finding.advice, LONGEST_TEXT), finding.is_over)
                 for finding in findings if not (kept and finding.kind is Kind.STALL))


def word_for(finding: Finding) -> str:
    """A finding's kind in a word or two, for its mark; "" if the title of its panel says it."""
    if finding.kind is Kind.NAN:
        return f"first {bad_word(finding)}"
    return "" if finding.kind in (Kind.GRADIENT, Kind.LEARNING_RATE) else _WORDS.get(finding.kind, "")


def bad_word(finding: Finding) -> str:
    """The first value that was not finite: "NaN" or "inf"."""
    return "inf" if finding.value is not None and math.isinf(finding.value) else "NaN"


def describe_health(findings: Sequence[Finding], axis: str) -> tuple[str, ...]:
    """The findings that are warnings or worse, each in a few words for the header: "overfitting since 300".

    Args:
        axis: The axis of the findings' positions; "step" is not written.
    """
    reported = [finding for finding in findings if finding.severity is not Severity.INFO and finding.kind in _WORDS
                and not _says_its_state(finding)]
    return tuple(_word(finding, axis) for finding in reported[:_MOST_WORDS])


def _says_its_state(finding: Finding) -> bool:
    """Whether the run's state says the same: its job has ended."""
    return finding.kind is Kind.TIME_LIMIT and not finding.evidence


def _word(finding: Finding, axis: str) -> str:
    word = _WORDS[finding.kind]
    if finding.kind is Kind.LEARNING_RATE and finding.value == 0:
        word = "learning rate 0"
    if finding.since is None:
        return word
    at = wording.count(finding.since) if axis == "step" else f"{axis} {wording.count(finding.since)}"
    return f"{word} {'at' if finding.kind is Kind.SPIKE else 'since'} {at}"
