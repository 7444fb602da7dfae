"""The groups that are not significantly worse than the best."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.not_worse import not_worse_than


def test_a_group_is_worse_only_in_the_direction_of_the_metric(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """A group that is significantly higher is worse where less is better, and is not where more is."""
    runs = seeded(tmp_path, {"low": [1.0, 1.1, 1.2, 1.05], "high": [5.0, 5.1, 5.2, 5.3], "near": [1.1, 1.2, 1.0, 1.3]})
    groups = {name: [f"{name}_s{seed}" for seed in range(4)] for name in ("low", "high", "near")}
    less = not_worse_than("low", runs, "val_loss", groups, rising=False, at="final", test="welch", middle="mean")
    more = not_worse_than("low", runs, "val_loss", groups, rising=True, at="final", test="welch", middle="mean")
    assert less.groups == {"low", "near"} and less.tests == 2 and less.made == "paired t-test"
    assert more.groups == {"low", "near", "high"}
    alone = not_worse_than("low", runs, "val_loss", {"low": groups["low"]}, rising=False, at="final", test=None,
                           middle="mean")
    assert (alone.groups, alone.tests, alone.made) == ({"low"}, 0, "")
