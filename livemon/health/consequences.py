"""Findings that are only the consequence of another one, or that another one disproves."""

from __future__ import annotations

from collections.abc import Sequence

from livemon.health.finding import Finding, Kind, Severity

__all__ = ["without_consequences"]


def without_consequences(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that another one explains."""
    # Only NaN in a loss: in other metrics it is info.
    nans = [finding for finding in findings if finding.kind is Kind.NAN and finding.severity.rank > 0]
    return [finding for finding in findings if not (
        (finding.kind is Kind.COLLAPSE and any(_is_within(finding, nan) for nan in nans))
        or (finding.kind is Kind.SPIKE and any(_is_part_of(finding, other) for other in findings))
        or (_says_it_is_permanent(finding) and any(map(_is_no_plateau, findings))))]


def _is_within(collapse: Finding, nan: Finding) -> bool:
    """Whether a score fell while a loss was not a number."""
    if collapse.since is None or nan.since is None:
        return nan.row <= collapse.row
    last = nan.evidence.get("last")
    return nan.since <= collapse.since and not (isinstance(last, int | float) and last < collapse.since)


def _is_part_of(spike: Finding, other: Finding) -> bool:
    """Whether the spike is the beginning of a divergence of the metric."""
    if other.kind is not Kind.DIVERGENCE or other.metric != spike.metric or other.severity.rank < spike.severity.rank:
        return False
    best_at = other.evidence.get("best_at")
    if not isinstance(best_at, int | float) or spike.since is None or spike.since < best_at:
        return False
    return not spike.is_over or other.since is None or spike.since >= other.since  # one that went back is another event


def _says_it_is_permanent(finding: Finding) -> bool:
    """Whether this finding is the information that a loss does not fall."""
    return finding.kind in (Kind.PLATEAU, Kind.NOT_LEARNING) and finding.severity is Severity.INFO and (
        not finding.is_over)


def _is_no_plateau(other: Finding) -> bool:
    """Whether this fault makes it pointless to say that the loss has not improved."""
    return other.severity is not Severity.INFO and not other.is_over and other.kind in (
        Kind.NAN, Kind.DIVERGENCE, Kind.OVERFITTING)
