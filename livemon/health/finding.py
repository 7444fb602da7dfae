"""The words for a run's health, as closed lists: findings, their severities, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Evidence", "Finding", "Kind", "NotJudged", "Severity", "Verdict", "verdict_of", "worst_first"]


class Severity(StrEnum):
    """The severity of a finding. A healthy run has no finding above info."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """A number; 0 is the mildest."""
        return list(Severity).index(self)


class Verdict(StrEnum):
    """The verdict on a run. `UNKNOWN`: nothing could be judged."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """A number by the worst finding: 2 for critical, 1 for a warning, else 0."""
        return {Verdict.CRITICAL: 2, Verdict.WARNING: 1}.get(self, 0)


class Kind(StrEnum):
    """The kinds of findings. There are no others."""

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
    """A problem of a run, or a fact about it.

    Attributes:
        kind, severity: See `Kind` and `Severity`.
        metric: The metric; "" for the run as a whole.
        step: The step at which the finding could be reported; None without steps.
        since: The step at which it began.
        value: The value of the metric that shows it, or None.
        message: What happened, in a plain sentence.
        advice: What to check or to do.
        row: The row (from 0, over the whole run) at which it could be reported; -1 if a clock showed it, not a row.
        evidence: The numbers behind it.
        is_over: Whether it is over, such as a spike from which the run has recovered.
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
    """The findings, sorted by severity, then by kind, then by position."""
    kinds = list(Kind)
    return tuple(sorted(findings, key=lambda finding: (-finding.severity.rank, kinds.index(finding.kind), finding.row)))


def verdict_of(findings: Iterable[Finding], *, can_judge: bool) -> Verdict:
    """The verdict on these findings. Without a warning a run is healthy only if enough could be judged."""
    worst = max((finding.severity.rank for finding in findings), default=0)
    if worst == Severity.CRITICAL.rank:
        return Verdict.CRITICAL
    if worst == Severity.WARNING.rank:
        return Verdict.WARNING
    return Verdict.HEALTHY if can_judge else Verdict.UNKNOWN
