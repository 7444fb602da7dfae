from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.groups import find_groups, group_called, group_curve, renamed


def points(x: list[float], y: list[float]) -> Points:
    return Points("loss", "step", np.array(x, float), np.array(y, float))


# -- which runs form a group


def test_runs_that_differ_in_the_seed_are_a_group() -> None:
    """Without keys, runs that agree in everything but the seed (and names, paths) are one group, labelled by what
    differs."""
    settings = {f"r{lr}{seed}": {"lr": lr, "wd": 0.1, "seed": seed, "output_dir": f"{lr}/{seed}"}
                for lr in (0.1, 0.2) for seed in (1, 2)}
    assert find_groups(settings) == {"lr=0.1": ["r0.11", "r0.12"], "lr=0.2": ["r0.21", "r0.22"]}
    assert find_groups({"a": {"seed": 1}, "b": {"seed": 2}}) == {"all": ["a", "b"]}


def test_named_keys() -> None:
    """Named keys decide alone; a short spelling will do; an unknown one is an error that names those there are."""
    settings = {"a": {"learning_rate": 0.1, "wd": 1}, "b": {"learning_rate": 0.1, "wd": 2}}
    assert find_groups(settings, "lr") == {"learning_rate=0.1": ["a", "b"]}
    assert list(find_groups(settings, ["lr", "wd"])) == ["learning_rate=0.1 wd=1", "learning_rate=0.1 wd=2"]
    with pytest.raises(ValueError, match="'depth' to group by; there are learning_rate, wd"):
        find_groups(settings, "lr,depth")


# -- their curve


def test_mean_of_unequal_steps_and_lengths() -> None:
    """Runs are taken to go straight between their points, and count from their first to their last; n is said."""
    curve = group_curve([points([0, 2, 4], [0, 2, 4]), points([0, 1, 3], [2, 3, 5])], "mean", "minmax")
    assert curve.x.tolist() == [0, 1, 2, 3, 4]
    assert curve.middle.tolist() == [1, 2, 3, 4, 4]
    assert curve.counts.tolist() == [2, 2, 2, 2, 1]
    assert (curve.low[0], curve.high[0]) == (0, 2)
    assert curve.counts_in_words() == "n = 2, 1 from 4"


def test_no_band_where_one_run_is_left() -> None:
    """Where a single run goes on there is a middle, and no band."""
    curve = group_curve([points([0, 1], [0, 1]), points([0, 1, 2], [2, 3, 4])], "mean", "bootstrap")
    assert np.isfinite(curve.low[:2]).all() and math.isnan(curve.low[2]) and curve.middle[2] == 4


def test_one_run_has_no_band_of_any_kind() -> None:
    """A single run has no lowest and highest either; where n falls is known."""
    runs = [points([0, 1], [0, 1]), points([0, 1, 2, 3], [2, 3, 4, 4]), points([0, 1, 2], [3, 3, 3])]
    curve = group_curve(runs, "mean", "minmax")
    assert np.isfinite(curve.low[:3]).all() and math.isnan(curve.low[3]) and math.isnan(curve.high[3])
    assert curve.falls() == [(2.0, 2), (3.0, 1)]


def test_a_group_knows_what_single_runs_logged() -> None:
    """Where stretches of NaN and infinities begin is known with the run, in order of x; of a run without any finite
    point too."""
    curve = group_curve([points([0, 1, 2, 3, 4], [1, math.nan, math.nan, 1, math.nan]),
                         points([0, 1, 2], [math.nan, 1, math.inf]), points([0, 1], [math.nan, math.nan])])
    found = {one.kind: list(zip(one.x.tolist(), one.run.tolist(), strict=True)) for one in curve.events}
    assert found == {"nan": [(0.0, 1), (0.0, 2), (1.0, 0), (4.0, 0)], "inf": [(2.0, 1)]}
    assert curve.runs == 3 and curve.counts.max() == 2
    assert group_curve([points([0], [math.nan])]).events[0].kind == "nan"


def test_a_spike_of_one_step_is_never_lost() -> None:
    """A run of 20,000 steps with one far point: the group's curve has that x, the event has its value, and a median
    that does not move hides nothing."""
    x = list(range(20_000))
    runs = [points(x, (1 + 0.01 * np.random.default_rng(seed).normal(size=20_000)).tolist()) for seed in range(5)]
    runs[3].y[7_777] = 500.0
    curve = group_curve(runs, "median", "minmax")
    (events,) = curve.events
    assert (events.kind, *(part.tolist() for part in (events.x, events.value, events.run))) == (
        "spike", [7777.0], [500.0], [3])
    assert curve.high[curve.x == 7777] == 500.0 and curve.middle.max() < 1.1 and len(curve.x) <= 1002


def test_runs_that_do_not_overlap_or_say_nothing() -> None:
    """Runs that share no step are one after the other; NaN is left out; none at all is an empty curve."""
    curve = group_curve([points([0, 1], [1, 1]), points([5, 6], [2, math.nan]), points([0, 1], [math.nan] * 2)])
    assert curve.counts.tolist() == [1, 1, 1]
    assert group_curve([points([0], [math.nan])]).counts_in_words() == "n = 0"


def test_a_long_group_keeps_the_ends() -> None:
    """A curve has at most about 1,000 points, and the last one of each run among them."""
    runs = [points(list(range(5000)), list(range(5000))), points(list(range(3333)), list(range(3333)))]
    curve = group_curve(runs, "mean", "minmax")
    assert len(curve.x) <= 1002 and {3332.0, 4999.0} <= set(curve.x.tolist())
    np.testing.assert_allclose(curve.middle, curve.x)


def test_runs_without_the_setting_are_in_no_group(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Runs of which it is not known what they are grouped by are left out, and named; equal numbers are one group."""
    dirs = [write_run(tmp_path / name, [1.0, 0.5], **config)
            for name, config in (("a", {"wd": 0}), ("b", {"wd": 0.0}), ("c", {"wd": 0.1}), ("d", {"other": 1}))]
    runs = MultiExperimentLoader(dirs)
    with pytest.warns(UserWarning, match="d: left out of the groups: no wd is known"):
        assert find_groups(runs.settings, "wd") == {"wd=0": ["a", "b"], "wd=0.1": ["c"]}


def test_a_group_is_called_by_its_name_or_by_enough_of_its_settings() -> None:
    """An exact name comes first; else all the words have to be in the name of one group only."""
    groups = ["lr=0.1 wd=0", "lr=0.1 wd=0.1", "lr=1 wd=0", "base"]
    assert group_called(groups, "base") == "base"
    assert group_called(groups, "lr=1") == group_called(groups, "1") == "lr=1 wd=0"
    assert group_called(groups, "wd=0.1, lr=0.1") == "lr=0.1 wd=0.1"
    with pytest.raises(ValueError, match=r"'lr=0.1' may be lr=0.1 wd=0, lr=0.1 wd=0.1"):
        group_called(groups, "lr=0.1")
    with pytest.raises(ValueError, match=r"'lr' is not a group; the groups are lr=0.1 wd=0, "):
        group_called(groups, "lr")


def test_groups_get_names_of_their_own() -> None:
    """NAME=LABEL, either with a `=` of its own; what names no group, or two groups alike, is an error."""
    groups = {"opt=adam lr=0.1": ["a"], "opt=sgd lr=0.1": ["b"]}
    assert renamed(groups, [r"adam=Adam, $\eta=1$"]) == {r"Adam, $\eta=1$": ["a"], "opt=sgd lr=0.1": ["b"]}
    assert list(renamed(groups, ["opt=adam lr=0.1=A", "sgd=B"])) == ["A", "B"]
    for labels, message in ((["lr=0.1=A"], "write NAME=LABEL"), (["adam"], "write NAME=LABEL"),
                            (["adam=A", "sgd=A"], "one name")):
        with pytest.raises(ValueError, match=message):
            renamed(groups, labels)


@pytest.mark.parametrize("nothing_named", [None, "", "all"])
def test_all_settings_but_the_seed(nothing_named: str | None) -> None:
    """Wherever keys are given, "all" and no key mean the same: what differs beside the seed makes a group."""
    settings = {"a": {"lr": 1, "seed": 1}, "b": {"lr": 1, "seed": 2}, "c": {"lr": 2, "seed": 1}}
    assert find_groups(settings, nothing_named) == {"lr=1": ["a", "b"], "lr=2": ["c"]}
