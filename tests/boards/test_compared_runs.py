"""Several runs as a comparison sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader
from livemon.boards.comparison import Comparison, ComparisonOptions


def study(base: Path, finals: dict[float, list[float]]) -> MultiExperimentLoader:
    """Runs of a learning rate each, by seed, that end at these values."""
    dirs = []
    for rate, ends in finals.items():
        for seed, end in enumerate(ends):
            folder = base / f"lr{rate}_s{seed}"
            folder.mkdir(parents=True)
            (folder / "metrics.csv").write_text(f"step,val_loss\n0,9\n10,{end - 0.5 * seed}\n20,{end}\n")
            (folder / "config.json").write_text(json.dumps({"lr": rate, "seed": seed}))
            dirs.append(folder)
    return MultiExperimentLoader(dirs)


@pytest.mark.parametrize(("other", "words"), [
    ([1.1, 2.0, 3.3, 3.9], "best: lr=0.1, not significantly better than lr=0.2"),
    ([8.0, 9.1, 9.9, 11.2], "best: lr=0.1")])
def test_the_best_group_is_named_with_those_that_are_not_worse(tmp_path: Path, other: list[float], words: str) -> None:
    """A picture of groups does not say that one is the best where the test against another does not show it."""
    comparison = Comparison(study(tmp_path, {0.1: [1.0, 2.1, 3.0, 4.0], 0.2: other}), ComparisonOptions(group_by="lr"))
    board = comparison.dashboard()
    assert board.headline is not None and board.headline[1] == words
    assert comparison.not_worse() == ({"lr=0.1", "lr=0.2"} if "not" in words else {"lr=0.1"})
    curves = board.panels[0]
    assert not [mark for mark in curves.marks if mark.kind == "best"], "the best point of a mean is not the best group"


def test_all_groups_by_all_but_the_seed(tmp_path: Path) -> None:
    """`group_by="all"` is what it is on the command line."""
    runs = study(tmp_path, {0.1: [1.0, 2.0], 0.2: [1.5, 2.5]})
    groups = [Comparison(runs, ComparisonOptions(group_by=word)).groups for word in ("all", "")]
    assert groups[0] == groups[1] and list(groups[0]) == ["lr=0.1", "lr=0.2"]


def test_a_single_run_is_the_best_without_a_test(tmp_path: Path) -> None:
    """Without groups, or with one, nothing is tested."""
    runs = study(tmp_path, {0.1: [1.0, 2.0], 0.2: [1.5, 2.5]})
    for options in (ComparisonOptions(), ComparisonOptions(groups={"all": runs.names})):
        headline = Comparison(runs, options).dashboard().headline
        assert headline is not None and "significantly" not in headline[1]
