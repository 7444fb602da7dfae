"""Whether one group of runs is better than another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.significance import compare_groups, match_groups


def test_a_difference_is_found(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Groups that differ clearly: the better one is named, by the metric's direction, with its interval and effect."""
    runs = seeded(tmp_path, {"base": [2.0, 2.1, 1.9, 2.05, 2.2], "ours": [1.0, 1.2, 0.9, 1.1, 1.05]}, seeds=False)
    found = compare_groups(runs, "val_loss")
    row = found.table.iloc[0]
    assert (row["a"], row["b"], row["verdict"]) == ("method=base", "method=ours", "method=ours is better")
    assert row["low"] > 0.5 and row["effect"] > 2 and row["superiority"] == 1.0 and not row["paired"]
    assert compare_groups(runs, "val_loss", rising=True).table.iloc[0]["verdict"] == "method=base is better"
    assert found.groups.loc["method=ours", "n"] == 5


def test_three_against_three_cannot_be_significant(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """3 against 3 by ranks or permutations: the floor of 0.10 is said, and the verdict is that there are too few."""
    runs = seeded(tmp_path, {"base": [2.0, 2.1, 1.9], "ours": [1.0, 1.2, 0.9]}, seeds=False)
    for test in ("permutation", "mannwhitney"):
        found = compare_groups(runs, "val_loss", test=test)  # type: ignore[arg-type]
        assert found.table.iloc[0]["p"] == pytest.approx(0.10)
        assert found.table.iloc[0]["verdict"] == "too few runs to tell"
        assert any("cannot give a p below 0.100 (two-sided)" in note for note in found.notes)
    assert any("normal" in note for note in compare_groups(runs, "val_loss", test="welch").notes)


def test_paired_by_seed(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Where both groups have the same seeds the runs are compared pair by pair, which finds what the spread hides."""
    spread = [1.0, 5.0, 9.0, 14.0, 20.0, 31.0]
    runs = seeded(tmp_path, {"base": spread, "ours": [one - 0.5 - 0.01 * place for place, one in enumerate(spread)]})
    paired = compare_groups(runs, "val_loss").table.iloc[0]
    assert paired["paired"] and paired["verdict"] == "method=ours is better"
    assert compare_groups(runs, "val_loss", paired=False).table.iloc[0]["verdict"] == "no difference shown"


def test_seeds_that_do_not_match_are_not_paired(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """With other seeds, or one more, nothing is paired unless it is asked for; then it is said what is left out."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0, 4.0], "ours": [1.0, 2.0, 3.5]})
    assert not compare_groups(runs, "val_loss").table.iloc[0]["paired"]
    asked = compare_groups(runs, "val_loss", paired=True)
    assert asked.table.iloc[0]["paired"] and asked.table.iloc[0]["n_a"] == 3
    assert any("no partner" in note for note in asked.notes)


def test_many_groups_are_corrected(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Each pair of groups is a test, and Holm's correction counts them all; against a baseline there are fewer."""
    finals = {name: [float(place), place + 0.1, place + 0.2, place + 0.3] for place, name in enumerate("abcd")}
    runs = seeded(tmp_path, finals, seeds=False)
    every = compare_groups(runs, "val_loss").table
    assert len(every) == 6 and (every["p_holm"] >= every["p"]).all()
    few = compare_groups(runs, "val_loss", baseline="method=a").table
    assert list(few["a"]) == ["method=b", "method=c", "method=d"] and set(few["b"]) == {"method=a"}
    assert few["difference"].tolist() == pytest.approx([1, 2, 3]), "each less the baseline, as in a table of runs"
    with pytest.raises(ValueError, match="not a group"):
        compare_groups(runs, "val_loss", baseline="x")


def test_a_test_that_is_asked_for_says_where_pairs_change_it(seeded: Callable[..., MultiExperimentLoader],
                                                             tmp_path: Path) -> None:  # fmt: skip
    """`test="welch"` of pairs is the paired t-test, and that is said; nothing is said of a default."""
    runs = seeded(tmp_path, {"base": [1.0, 2.5, 3.0], "ours": [2.0, 3.0, 5.0]})
    said = "the runs are paired, so --test welch is the paired t-test; --pair none takes Welch's t-test"
    assert said in compare_groups(runs, "val_loss", test="welch").notes
    assert said not in compare_groups(runs, "val_loss").notes
    apart = compare_groups(runs, "val_loss", test="welch", pair="none")
    assert apart.test_made == "Welch's t-test" and said not in apart.notes


def test_runs_that_diverged_are_said(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """A run whose last value is NaN is left out by name, with what that means."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0], "ours": [1.0, float("nan"), 3.0]})
    found = compare_groups(runs, "val_loss")
    assert found.groups.loc["method=ours", "left_out"] == 1
    assert any("ours_s1" in note and "diverged" in note for note in found.notes)


def test_groups_by_patterns(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Groups can be named by patterns of names; one that matches nothing, or a single group, is a clear error."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0], "ours": [3.0, 4.0]})
    groups = match_groups(runs, ["base_s*", "ours_s*"])
    assert groups == {"base_s": ["base_s0", "base_s1"], "ours_s": ["ours_s0", "ours_s1"]}
    with pytest.raises(ValueError, match="no run is called"):
        match_groups(runs, ["none*"])
    with pytest.raises(ValueError, match="needs two groups"):
        compare_groups(runs, "val_loss", groups={"all": runs.names})
    with pytest.raises(ValueError, match="no run has the metric 'nope'"):
        compare_groups(runs, "nope")


def test_groups_of_one(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Groups of one run cannot be tested, and that is said; nothing warns."""
    found = compare_groups(seeded(tmp_path, {"base": [1.0], "ours": [2.0]}, seeds=False), "val_loss")
    assert found.table.iloc[0]["verdict"] == "cannot be tested"
    assert any("the spread of a group with one value is unknown" in note for note in found.notes)


def test_a_run_is_in_one_group() -> None:
    """Groups that share a run are not tested: it would be compared with itself."""
    with pytest.raises(ValueError, match="compared with itself"):
        compare_groups(MultiExperimentLoader([]), "loss", groups={"a": ["x", "y"], "b": ["y"]})


def test_runs_of_unequal_length_are_named(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Where runs end at different steps, what is compared says so: the lengths of each group, or what limits auc."""
    dirs = [write_run(tmp_path / f"base_s{seed}", list(np.linspace(3, 1 + seed / 9, 50))) for seed in range(3)]
    dirs += [write_run(tmp_path / f"ours_s{seed}", list(np.linspace(3, 2, 15 + seed))) for seed in range(3)]
    for path in tmp_path.rglob("metrics.csv"):  # None of them still trains: then the last common step is compared.
        os.utime(path, (0, time.time() - 3600))
    runs = MultiExperimentLoader(dirs)
    notes = compare_groups(runs, "val_loss").notes
    assert any("step base: 50; ours: 15 to 17" in note for note in notes), notes
    notes = compare_groups(runs, "val_loss", at="auc").notes
    assert any("up to 15, where ours_s0 ends" in note for note in notes), notes


def test_the_verdict_is_that_of_the_test(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Nine of ten runs of `ours` beat every `base`, the tenth failed: by ranks `ours` is better, with a shift and an
    interval of that sign, and a sentence says that the means point the other way. The failed run is named."""
    dirs = [write_run(tmp_path / f"base_{run}", [9.0, 1.0 + run / 100]) for run in range(10)]
    dirs += [write_run(tmp_path / f"ours_{run}", [9.0, 0.5 + run / 100 if run < 9 else 40.0]) for run in range(10)]
    runs = MultiExperimentLoader(dirs)
    groups = match_groups(runs, ["base_*", "ours_*"])
    ranks = compare_groups(runs, "val_loss", groups=groups, test="mannwhitney")
    row = ranks.table.iloc[0]
    assert row["verdict"] == "ours is better" and row["difference"] > 0 and row["low"] > 0 and row["higher"] == "base"
    assert any("the means point the other way" in note for note in ranks.notes)
    assert any("ours_9 lies far outside" in note for note in ranks.notes)
    medians = compare_groups(runs, "val_loss", groups=groups, middle="median")
    assert medians.test == "mannwhitney" and medians.table.iloc[0]["verdict"] == "ours is better"


def test_pairs_by_other_settings_find_more(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Where each condition comes once in both groups, pairs by conditions find what these hide; by themselves they are
    not made but named."""
    dirs = []
    for place, (condition, blocks) in enumerate([(c, b) for c in (0, 1, 2) for b in (1, 3)]):
        for method, less in (("base", 0.0), ("ours", 0.1 + place / 100)):
            dirs.append(write_run(tmp_path / f"{method}_{place}", [9.0, 1.0 + place - less], method=method,
                                  condition=condition, blocks=blocks))
    runs = MultiExperimentLoader(dirs)
    paired = compare_groups(runs, "val_loss", group_by="method", pair="condition,blocks")
    assert paired.table.iloc[0]["verdict"] == "method=ours is better"
    assert paired.table.iloc[0]["p"] < 0.001
    assert paired.pairings == ["paired by condition and blocks, as asked for"]
    apart = compare_groups(runs, "val_loss", group_by="method")
    assert apart.table.iloc[0]["verdict"] == "no difference shown"
    assert apart.pairings[0].endswith("--pair condition,blocks would pair them")


def test_pairs_that_make_a_test_powerless_are_said(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """Five pairs of ranks cannot give a p below 0.0625; a sentence says which tests could."""
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    runs = seeded(tmp_path, {"base": values, "ours": [one - 0.5 - one / 100 for one in values]})
    found = compare_groups(runs, "val_loss", test="mannwhitney")
    assert found.table.iloc[0]["verdict"] == "too few runs to tell"
    assert any("--pair none) it could give 0.00794 and the paired t-test" in note for note in found.notes), found.notes


def test_a_run_that_diverged_does_not_change_the_test(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """Seeds that pair the runs still do where a run diverged: without it and its partner, which is named; p is that of
    scipy's paired t of the other five."""
    from scipy import stats

    base = [1.0, 2.1, 3.0, 4.2, 5.0, 6.0]
    ours = [0.7, 1.9, 2.6, float("nan"), 4.8, 5.5]
    found = compare_groups(seeded(tmp_path, {"base": base, "ours": ours}), "val_loss")
    row = found.table.iloc[0]
    kept = [0, 1, 2, 4, 5]
    assert row["p"] == pytest.approx(stats.ttest_rel([base[at] for at in kept], [ours[at] for at in kept]).pvalue)
    assert row["paired"] and (row["n_a"], row["n_b"]) == (5, 5)
    assert any(note.startswith("base_s3: the partner in") for note in found.notes)


def test_no_floor_is_named_that_a_test_went_below(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """Four against four beside larger groups: Holm's correction leaves its p of 2 / 70 as it is where the others are
    lower, so it is significant, and nothing says that it could not be."""
    finals = {name: [place * 100 + run for run in range(count)] for place, (name, count)
              in enumerate((("a", 4), ("b", 4), ("c", 12)))}
    found = compare_groups(seeded(tmp_path, finals, seeds=False), "val_loss", test="mannwhitney")
    assert found.table["p_holm"].iloc[0] == pytest.approx(2 / 70)
    assert found.table["verdict"].iloc[0] == "method=a is better"
    assert not any("cannot give a p" in note for note in found.notes)
