"""The groups that are not significantly worse than the best."""

from __future__ import annotations

from livemon.analysis.statistics.not_worse import not_worse_than


def test_a_group_is_worse_only_in_the_direction_of_the_metric() -> None:
    """A group that is significantly higher is worse where less is better, and is not where more is."""
    levels = {"low": [1.0, 1.1, 1.2, 1.05], "high": [5.0, 5.1, 5.2, 5.3], "near": [1.1, 1.2, 1.0, 1.3]}
    values = {label: {f"{label}_s{seed}": value for seed, value in enumerate(of_group)}
              for label, of_group in levels.items()}
    settings = {name: {"seed": seed} for of_group in values.values() for seed, name in enumerate(of_group)}
    less = not_worse_than("low", settings, values, rising=False, test="welch", middle="mean")
    more = not_worse_than("low", settings, values, rising=True, test="welch", middle="mean")
    assert less.groups == {"low", "near"} and less.tests == 2 and less.made == "paired t-test"
    assert more.groups == {"low", "near", "high"}
    alone = not_worse_than("low", settings, {"low": values["low"]}, rising=False, test=None, middle="mean")
    assert (alone.groups, alone.tests, alone.made) == ({"low"}, 0, "")
