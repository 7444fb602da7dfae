from __future__ import annotations

from typing import Any

import numpy as np

from livemon.health.finding import Kind, Severity


def collapse(findings: Any) -> Any:
    """The finding of a collapse; None where there is none."""
    return next((found for found in findings if found.kind is Kind.COLLAPSE), None)


def test_a_return_that_falls_back(judge: Any, random: np.random.Generator) -> None:
    """A return that loses what it had gained is critical, since it fell."""
    reward = np.concatenate((np.linspace(0, 100, 400), np.full(200, 3.0))) + random.normal(size=600) * 4
    found = collapse(judge(ep_rew_mean=reward))
    assert found.severity is Severity.CRITICAL and 392 <= found.since <= 410


def test_a_return_that_is_noisy_has_not_collapsed(judge: Any, random: np.random.Generator) -> None:
    """A return that goes up and down by half of itself, and rises, has not collapsed."""
    reward = np.linspace(0, 100, 600) * (1 + random.normal(size=600) * 0.5)
    assert collapse(judge(ep_rew_mean=reward)) is None


def test_an_entropy_that_is_gone(judge: Any) -> None:
    """An entropy of nothing is a warning while the return is no better than at first, and none where it is."""
    entropy = np.concatenate((np.linspace(1.4, 0.001, 100), np.full(200, 0.001)))
    assert collapse(judge(entropy=entropy, ep_rew_mean=np.zeros(300))).severity is Severity.WARNING
    assert collapse(judge(entropy=entropy, ep_rew_mean=np.linspace(0, 9, 300))) is None


def test_an_entropy_that_is_gone_at_once(judge: Any) -> None:
    """The first value counts, though all later ones of the first block are next to nothing."""
    entropy = [1.6, *[0.01] * 299]
    assert collapse(judge(entropy=entropy, ep_rew_mean=np.zeros(300))).severity is Severity.WARNING


def test_a_policy_that_leaps(judge: Any, random: np.random.Generator) -> None:
    """A KL divergence that stays far above the usual one is a warning."""
    kl = 0.004 * np.exp(random.normal(size=300) * 0.3)
    kl[200:] = 0.9
    assert collapse(judge(approx_kl=kl)).since >= 190


def test_a_score_that_falls_back_is_a_warning(judge: Any, random: np.random.Generator) -> None:
    """An accuracy that falls back to chance is a warning."""
    accuracy = np.concatenate((np.linspace(0.1, 0.9, 60), np.full(60, 0.1))) + random.normal(size=120) * 0.01
    assert collapse(judge(val_acc=accuracy)).severity is Severity.WARNING


def test_a_fall_is_told_by_the_points_at_which_it_happened(judge: Any) -> None:
    """The value and the step before the fall and those with which it began are those of the rows, wherever blocks of
    points end."""
    for fall in range(29, 38):
        accuracy = np.concatenate((np.linspace(0.1, 0.9, fall), np.full(80 - fall, 0.24)))
        found = collapse(judge(val_acc=accuracy))
        assert found.since == fall
        assert f"since step {fall}: its median was 0.240 around step {found.step:.0f}, " in found.message
        assert found.message.endswith(f"after 0.900 at step {fall - 1}")


def test_a_score_that_loses_little_has_not_collapsed(judge: Any, random: np.random.Generator) -> None:
    """A score that stays far above where it began, or loses a small part of itself, has not collapsed."""
    rises = [0.462, 0.502, 0.553, 0.567, 0.574, 0.567, 0.577, 0.567]
    accuracy = np.concatenate((rises, np.linspace(0.565, 0.531, 40), np.full(60, 0.531)))
    assert collapse(judge(val_acc=accuracy + random.normal(size=108) * 0.001)) is None
    accuracy = np.concatenate((np.linspace(0.90, 0.95, 40), np.full(60, 0.90))) + random.normal(size=100) * 0.001
    assert collapse(judge(val_acc=accuracy)) is None


def test_a_score_that_is_good_again_has_collapsed_no_more(judge: Any) -> None:
    """A score that is nearly what it was says so, even where it is below its best."""
    accuracy = np.concatenate((np.linspace(0.1, 0.9, 40), np.full(40, 0.1), np.full(40, 0.85)))
    found = collapse(judge(val_acc=accuracy))
    assert found.is_over and found.severity is Severity.INFO and found.message.endswith("it has recovered since")
