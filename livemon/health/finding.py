"""What is said of a run's health: findings, how severe they are, and the verdict: closed lists of words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Evidence", "Finding", "Kind", "NotJudged", "Severity", "Verdict", "verdict_of", "worst_first"]


class Severity(StrEnum):
    """How bad it is. A healthy run has none that is a warning or worse."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


class Verdict(StrEnum):
    """What all findings together say of a run. `UNKNOWN` where nothing could be judged."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """How bad it is, by the worst finding: 2 for critical, 1 for a warning, else 0."""
        return {Verdict.CRITICAL: 2, Verdict.WARNING: 1}.get(self, 0)


class Kind(StrEnum):
    """What can be found. There are no others."""

    NAN = "nan"
    DIVERGENCE = "divergence"
    SPIKE = "spike"
    NOT_LEARNING = "not_learning"
    OVERFITTING = "overfitting"
    COLLAPSE = "collapse"
    GRADIENT = "gradient"
    LEARNING_RATE = "learning_rate"
    PROCESS_GONE = "process_gone"
    FAILED = "failed"
    STALL = "stall"
    TIME_LIMIT = "time_limit"
    DISK = "disk"
    THROUGHPUT = "throughput"
    BEST_NOT_SAVED = "best_not_saved"
    PLATEAU = "plateau"
    LOSS_SCALE = "loss_scale"


Evidence = Mapping[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found in a run.

    Attributes:
        kind, severity: See `Kind` and `Severity`.
        metric: In which; "" where it is of the run as a whole.
        step: Where the run stood when there was enough to say it; None where it has no steps.
        since: Where it began.
        value: The metric's value that shows it; None where none does.
        message: What happened, a plain sentence.
        advice: What to look at or to do.
        row: The row (from 0, over all of the run) with which it could be said; -1 where no row says it, but a clock.
        evidence: The numbers by which it was judged.
        is_over: Whether it has passed: a spike that the run has recovered from.
    """

    kind: Kind
    severity: Severity
    metric: str
    step: float | None
    since: float | None
    value: float | None
    message: str
    advice: str
    row: int = -1
    evidence: Evidence = field(default_factory=dict)
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A condition that could not be judged, and why."""

    kind: Kind
    why: str


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, the most severe ones first, of those the kinds in their order, of those the earliest."""
    kinds = list(Kind)
    return tuple(sorted(findings, key=lambda finding: (-finding.severity.rank, kinds.index(finding.kind), finding.row)))


def verdict_of(findings: Iterable[Finding], *, can_judge: bool) -> Verdict:
    """What these findings say. Without a warning it is healthy only where enough could be judged."""
    worst = max((finding.severity.rank for finding in findings), default=0)
    if worst == Severity.CRITICAL.rank:
        return Verdict.CRITICAL
    if worst == Severity.WARNING.rank:
        return Verdict.WARNING
    return Verdict.HEALTHY if can_judge else Verdict.UNKNOWN
