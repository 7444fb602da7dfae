from __future__ import annotations

from livemon.health.finding import Finding, Kind, Severity, Verdict, verdict_of, worst_first


def made(kind: Kind, severity: Severity, row: int = 0) -> Finding:
    """A finding of this kind."""
    return Finding(kind, severity, "loss", row, row, 1.0, "it is so", "do something", row)


def test_the_worst_comes_first() -> None:
    """Critical findings stand before warnings, and those before what is for information; then earlier rows first."""
    found = [made(Kind.PLATEAU, Severity.INFO), made(Kind.SPIKE, Severity.WARNING, 9),
             made(Kind.NAN, Severity.CRITICAL, 12), made(Kind.SPIKE, Severity.WARNING, 3)]
    assert [one.row for one in worst_first(found)] == [12, 3, 9, 0]


def test_a_verdict_is_that_of_the_worst() -> None:
    """Without a warning a run is healthy only where it could be judged."""
    info, warning = made(Kind.PLATEAU, Severity.INFO), made(Kind.SPIKE, Severity.WARNING)
    critical = made(Kind.NAN, Severity.CRITICAL)
    assert verdict_of([info, warning, critical], can_judge=False) is Verdict.CRITICAL
    assert verdict_of([info, warning], can_judge=False) is Verdict.WARNING
    assert verdict_of([info], can_judge=True) is Verdict.HEALTHY
    assert verdict_of([], can_judge=False) is Verdict.UNKNOWN
