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


def test_a_rate_that_stays_low_for_most_of_the_run(judge: Any, random: np.random.Generator) -> None:
    """A low rate stays a warning however long it lasts; it is none once the rate is as before."""
    rate = 1000 * np.exp(random.normal(size=900) * 0.05)
    rate[250:880] *= 0.2
    [found] = judge(tokens_per_second=rate[:870])
    assert (found.severity, found.since) == (Severity.WARNING, 252)
    assert judge(tokens_per_second=rate) == ()


def test_a_pause_is_none(judge: Any, random: np.random.Generator) -> None:
    """Ten slow rows, of a validation or a checkpoint, are none."""
    rate = 1000 * np.exp(random.normal(size=400) * 0.05)
    rate[250:260] = 10
    assert judge(tokens_per_second=rate) == ()


def test_steps_that_take_longer(judge: Any, random: np.random.Generator) -> None:
    """By the time of the rows alone, steps that take six times as long are a warning since then; those that take twice
    as long are for information; neither pauses for validations nor a constant pace are anything."""
    usual = 0.1 * np.exp(random.normal(size=600) * 0.2)
    pauses = np.where(np.arange(600) % 50 == 49, 20.0, 0.0)
    found = {}
    for times in (1, 2, 6):
        gaps = usual * np.where(np.arange(600) < 300, 1, times) + pauses
        found[times] = judge(time=1.7e9 + np.cumsum(gaps))
    assert found[1] == ()
    assert [(one.kind, one.severity) for one in found[2]] == [(Kind.THROUGHPUT, Severity.INFO)]
    [slow] = found[6]
    assert (slow.kind, slow.severity) == (Kind.THROUGHPUT, Severity.WARNING) and 296 <= slow.since <= 312
    assert "has taken about 0.6 s" in slow.message and "usually 0.1 s" in slow.message


def test_rows_that_come_rarely(judge: Any, random: np.random.Generator) -> None:
    """Where only each tenth step is logged from some row on, a row takes ten times as long, and a step what it took."""
    step = np.concatenate((np.arange(300), 300 + 10 * np.arange(300)))
    time = 0.1 * step + random.normal(size=600) * 0.005
    assert judge(step=step, time=time) == ()


def test_a_pace_that_recovers(judge: Any, random: np.random.Generator) -> None:
    """Steps that are as fast as before again are history."""
    gaps = 0.1 * np.exp(random.normal(size=900) * 0.2) * np.where(np.arange(900) // 300 == 1, 6, 1)
    [found] = judge(time=np.cumsum(gaps))
    assert found.is_over and found.severity is Severity.INFO


def test_a_logged_throughput_says_more(judge: Any, random: np.random.Generator) -> None:
    """Where a throughput is logged, steps may take longer: their batches are larger."""
    gaps = 0.1 * np.exp(random.normal(size=600) * 0.2) * np.where(np.arange(600) < 300, 1, 6)
    assert judge(time=np.cumsum(gaps), tokens_per_second=1000 * np.exp(random.normal(size=600) * 0.05)) == ()


def test_steps_of_milliseconds(judge: Any, random: np.random.Generator) -> None:
    """Steps that take six times as long are no warning before they have cost ten seconds: steps of a millisecond are
    slowed by whatever else the machine does."""
    gaps = np.exp(random.normal(size=600) * 0.2) * np.where(np.arange(600) < 300, 1, 6)
    [short] = judge(time=np.cumsum(gaps * 1e-3))
    [long] = judge(time=np.cumsum(gaps * 0.1))
    assert (short.severity, long.severity) == (Severity.INFO, Severity.WARNING)
