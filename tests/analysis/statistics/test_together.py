from __future__ import annotations

import math

import numpy as np

from livemon.analysis.statistics.together import settings_together

RNG = np.random.default_rng(4)


def test_settings_that_were_changed_together_are_named() -> None:
    """Where each large batch had a large rate, a sentence says that nobody can tell which of the two matters; a setting
    that was changed by itself is not in it."""
    settings = {f"r{run}": {"lr": [0.1, 0.2, 0.4][run % 3], "batch": [32, 64, 128][run % 3], "width": run // 3}
                for run in range(12)}
    values = {name: float(one["lr"]) for name, one in settings.items()}
    sentences = settings_together(settings, values, ["lr"], rising=False)
    assert len(sentences) == 1 and "lr and batch were changed together" in sentences[0]


def test_a_best_value_that_depends_on_another_setting_is_named() -> None:
    """Where a small rate is best for one optimizer and a large one for the other, a sentence says which with which;
    where both just add up, there is none."""
    settings = {f"r{run}": {"lr": [0.01, 0.1][run % 2], "opt": ["adam", "sgd"][run // 2 % 2]} for run in range(24)}
    crossed = {name: float((one["lr"] == 0.01) == (one["opt"] == "sgd")) + 0.1 * RNG.normal()
               for name, one in settings.items()}
    assert settings_together(settings, crossed, [], rising=False) == [
        "the best lr depends on opt: 0.01 with opt adam, 0.1 with opt sgd"]
    added = {name: float(one["lr"] == 0.01) + float(one["opt"] == "sgd") + 0.1 * RNG.normal()
             for name, one in settings.items()}
    assert settings_together(settings, added, [], rising=False) == []
    assert settings_together(settings, crossed, [], rising=None) == []


def test_chance_does_not_depend_on_anything() -> None:
    """Of 60 studies in which nothing matters at most two speak of settings that act together, diverged runs too."""
    wrong = 0
    for _ in range(60):
        settings = {f"r{run}": {f"s{key}": int(RNG.integers(3)) for key in range(4)} for run in range(16)}
        values = {name: float(RNG.normal()) if RNG.random() < 0.9 else math.inf for name in settings}
        wrong += bool(settings_together(settings, values, [], rising=False))
    assert wrong <= 2
