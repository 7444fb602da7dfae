from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.run_set.points import At, Points, shared_range, value_at
from livemon.analysis.run_set.sorting import sort_runs
from livemon.analysis.statistics.groups import find_groups, group_curve
from livemon.analysis.statistics.importance import importance_of, parameter_importance
from livemon.analysis.statistics.leaderboard import group_leaderboard, leaderboard
from livemon.analysis.statistics.significance import compare_groups, match_groups
from livemon.boards.importance import importance_board
from livemon.testing import ScriptedWriter


def points(x: list[float], y: list[float]) -> Points:
    return Points("loss", "step", np.array(x, float), np.array(y, float))


def write_run(folder: Path, values: list[float], metric: str = "val_loss", first: int = 1, **config: Any) -> Path:
    writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", metric])
    for step, value in enumerate(values, first):
        writer.append(step=step, **{metric: value})
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def seeded(tmp_path: Path, finals: dict[str, list[float]], seeds: bool = True) -> MultiExperimentLoader:
    """Runs of groups: each ends at its final value."""
    dirs = []
    for method, values in finals.items():
        for seed, value in enumerate(values):
            more = {"seed": seed} if seeds else {"seed": f"{method}{seed}"}
            dirs.append(write_run(tmp_path / f"{method}_s{seed}", [9.0, value], method=method, lr=0.1, **more))
    return MultiExperimentLoader(dirs)


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


# -- a number for each


def test_values() -> None:
    """final is as logged, best the lowest or highest finite value, auc the mean height of the curve."""
    one = points([0, 1, 3], [4, 2, 2])
    assert (value_at(one, "final", False), value_at(one, "best", False), value_at(one, "best", True)) == (2, 2, 4)
    assert value_at(one, "auc", False) == pytest.approx((3 * 1 + 2 * 2) / 3)
    assert value_at(one, "auc", False, (0.5, 2.0)) == pytest.approx((2.5 * 0.5 + 2) / 1.5)
    assert math.isnan(value_at(points([0, 1], [1, math.nan]), "final", False))
    assert math.isnan(value_at(points([], []), "best", False))
    assert shared_range([one, points([2, 9], [1, 1])]) == (2, 3) and shared_range([one, points([7, 9], [1, 1])]) is None
    with pytest.raises(ValueError, match="final, best, auc"):
        value_at(one, "last", False)  # type: ignore[arg-type]


# -- is A better than B


def test_a_difference_is_found(tmp_path: Path) -> None:
    """Groups that differ clearly: the better one is named, by the metric's direction, with its interval and effect."""
    runs = seeded(tmp_path, {"base": [2.0, 2.1, 1.9, 2.05, 2.2], "ours": [1.0, 1.2, 0.9, 1.1, 1.05]}, seeds=False)
    found = compare_groups(runs, "val_loss")
    row = found.table.iloc[0]
    assert (row["a"], row["b"], row["verdict"]) == ("method=base", "method=ours", "method=ours is better")
    assert row["low"] > 0.5 and row["effect"] > 2 and row["superiority"] == 1.0 and not row["paired"]
    assert compare_groups(runs, "val_loss", rising=True).table.iloc[0]["verdict"] == "method=base is better"
    assert found.groups.loc["method=ours", "n"] == 5


def test_three_against_three_cannot_be_significant(tmp_path: Path) -> None:
    """3 against 3 by ranks or permutations: the floor of 0.10 is said, and the verdict is that there are too few."""
    runs = seeded(tmp_path, {"base": [2.0, 2.1, 1.9], "ours": [1.0, 1.2, 0.9]}, seeds=False)
    for test in ("permutation", "mannwhitney"):
        found = compare_groups(runs, "val_loss", test=test)  # type: ignore[arg-type]
        assert found.table.iloc[0]["p"] == pytest.approx(0.10)
        assert found.table.iloc[0]["verdict"] == "too few runs to tell"
        assert any("cannot give a p below 0.10 (two-sided)" in note for note in found.notes)
    assert any("normal" in note for note in compare_groups(runs, "val_loss", test="welch").notes)


def test_paired_by_seed(tmp_path: Path) -> None:
    """Where both groups have the same seeds the runs are compared pair by pair, which finds what the spread hides."""
    spread = [1.0, 5.0, 9.0, 14.0, 20.0, 31.0]
    runs = seeded(tmp_path, {"base": spread, "ours": [one - 0.5 - 0.01 * place for place, one in enumerate(spread)]})
    paired = compare_groups(runs, "val_loss").table.iloc[0]
    assert paired["paired"] and paired["verdict"] == "method=ours is better"
    assert compare_groups(runs, "val_loss", paired=False).table.iloc[0]["verdict"] == "no difference shown"


def test_seeds_that_do_not_match_are_not_paired(tmp_path: Path) -> None:
    """With other seeds, or one more, nothing is paired unless it is asked for; then it is said what is left out."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0, 4.0], "ours": [1.0, 2.0, 3.5]})
    assert not compare_groups(runs, "val_loss").table.iloc[0]["paired"]
    asked = compare_groups(runs, "val_loss", paired=True)
    assert asked.table.iloc[0]["paired"] and asked.table.iloc[0]["n_a"] == 3
    assert any("no partner" in note for note in asked.notes)


def test_many_groups_are_corrected(tmp_path: Path) -> None:
    """Each pair of groups is a test, and Holm's correction counts them all; against a baseline there are fewer."""
    finals = {name: [float(place), place + 0.1, place + 0.2, place + 0.3] for place, name in enumerate("abcd")}
    runs = seeded(tmp_path, finals, seeds=False)
    every = compare_groups(runs, "val_loss").table
    assert len(every) == 6 and (every["p_holm"] >= every["p"]).all()
    few = compare_groups(runs, "val_loss", baseline="method=a").table
    assert list(few["b"]) == ["method=b", "method=c", "method=d"]
    with pytest.raises(ValueError, match="no group"):
        compare_groups(runs, "val_loss", baseline="x")


def test_runs_that_diverged_are_said(tmp_path: Path) -> None:
    """A run whose last value is NaN is left out by name, with what that means."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0], "ours": [1.0, float("nan"), 3.0]})
    found = compare_groups(runs, "val_loss")
    assert found.groups.loc["method=ours", "left_out"] == 1
    assert any("ours_s1" in note and "diverged" in note for note in found.notes)


def test_groups_by_patterns(tmp_path: Path) -> None:
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


def test_groups_of_one(tmp_path: Path) -> None:
    """Groups of one run cannot be tested, and that is said; nothing warns."""
    found = compare_groups(seeded(tmp_path, {"base": [1.0], "ours": [2.0]}, seeds=False), "val_loss")
    assert found.table.iloc[0]["verdict"] == "cannot be tested"
    assert any("nothing is known of its spread" in note for note in found.notes)


# -- leaderboards


def test_leaderboard(tmp_path: Path) -> None:
    """Runs stand best first, by the metric's direction; a diverged run is a problem; the best cell is marked."""
    runs = seeded(tmp_path, {"base": [2.0], "ours": [1.0], "bad": [float("nan")]})
    board = leaderboard(runs, "val_loss")
    assert list(board.table.index) == ["ours_s0", "base_s0", "bad_s0"]
    assert board.best == {(0, "best val_loss ↓")}
    assert any("ends as NaN" in problem for problem in board.problems)
    assert list(leaderboard(runs, "val_loss", rising=True).table["best val_loss ↑"]) == [9.0, 9.0, 9.0]


def test_a_setting_called_run(tmp_path: Path) -> None:
    """A setting that is called as a column of the table takes no column's place."""
    dirs = [write_run(tmp_path / f"x{place}", [float(place)], run=place) for place in (1, 2)]
    board = leaderboard(MultiExperimentLoader(dirs), "val_loss")
    assert list(board.table.index) == ["x1", "x2"] and list(board.table["run (setting)"]) == ["1", "2"]
    assert [row["settings"] for row in board.rows] == [{"run": 1}, {"run": 2}]


def test_a_row_leads_to_its_run(tmp_path: Path) -> None:
    """A row is called by the run's own name, or by the label that was given; for programs it has the path, and settings
    and numbers keep their types."""
    dirs = [write_run(tmp_path / name / "version_0", [2.0, value], lr=rate)
            for name, value, rate in (("a", 1.5, 0.003), ("b", 1.0, 0.01))]
    board = leaderboard(MultiExperimentLoader(dirs, labels={"b/version_0": "ours"}), "val_loss")
    assert list(board.table.index) == ["ours", "a/version_0"]
    assert board.rows[1] == {"run": "a/version_0", "label": "lr=0.003", "path": str(dirs[0]), "best": 1.5,
                             "best_step": 2, "final": 1.5, "state": board.rows[1]["state"], "settings": {"lr": 0.003}}


def test_what_is_pooled_is_said(tmp_path: Path) -> None:
    """A group whose runs differ in another setting than the seed is said to pool them."""
    dirs = [write_run(tmp_path / f"r{rate}_{seed}", [rate + seed], method="a" if seed else "b", lr=rate, seed=seed)
            for rate in (0.1, 0.2) for seed in (0, 1)]
    board = group_leaderboard(MultiExperimentLoader(dirs), ["val_loss"], "method")
    assert board.problems == ["the runs of a group differ in more than the seed, and are pooled: lr (0.1, 0.2)"]


def test_group_leaderboard(tmp_path: Path) -> None:
    """Groups stand best first, each cell with its interval and n."""
    board = group_leaderboard(seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2], "one": [9.0]}), ["val_loss"])
    assert list(board.table.index) == ["method=ours", "method=base", "method=one"]
    assert board.table.iloc[0, 0] == "1.100 [-0.171, 2.371] (n = 2)"
    runs = seeded(tmp_path / "same", {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    assert group_leaderboard(runs, ["val_loss"], band="minmax").table.iloc[0, 0] == "1.100 [1.000, 1.200] (n = 2)"
    assert board.problems == ["method=one: n = 1, so nothing is known of the spread"]
    assert board.caption == "mean [95 % t interval] of the final values"
    row = board.rows[0]
    assert (row["group"], row["n"], row["left_out"], row["mean"]) == ("method=ours", 2, 0, pytest.approx(1.1))
    assert row["low"] == pytest.approx(-0.1706, abs=1e-4) and [Path(one).name for one in row["paths"]] == [
        "ours_s0", "ours_s1"]


@pytest.mark.parametrize("at", ["best", "auc"])
def test_the_table_shows_what_is_tested(at: At, tmp_path: Path) -> None:
    """The middle of a group in the table is the mean of the numbers that `compare_groups` tests, and says which."""
    runs = seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    board = group_leaderboard(runs, ["val_loss"], at=at)
    tested = compare_groups(runs, "val_loss", at=at).groups["mean"]
    assert list(board.table) == [f"{at} val_loss ↓"]
    shown = [float(cell.split()[0]) for cell in board.table.iloc[:, 0]]
    assert shown == pytest.approx(sorted(tested), abs=5e-4)


# -- which setting matters


def test_importance_finds_what_made_the_difference() -> None:
    """The setting that makes the values ranks first with scipy's correlation; noise does not, and has no direction;
    categories count; the seed is none."""
    from scipy import stats

    rng = np.random.default_rng(0)
    settings, values = {}, {}
    for run in range(40):
        lr, opt, noise = float(rng.choice([0.1, 0.01, 0.001])), str(rng.choice(["adam", "sgd"])), float(rng.normal())
        settings[f"r{run}"] = {"lr": lr, "opt": opt, "noise": noise, "same": 1, "output_dir": f"{run}", "seed": run}
        values[f"r{run}"] = math.log10(lr) + (0.4 if opt == "sgd" else 0) + 0.1 * rng.normal()
    table = importance_of(settings, values, rising=False)
    assert list(table.index) == ["lr", "opt", "noise"]
    wanted = stats.spearmanr([settings[name]["lr"] for name in values], list(values.values()))
    assert table.loc["lr", "correlation"] == pytest.approx(wanted.statistic)
    assert table.loc["lr", "p"] == pytest.approx(wanted.pvalue)
    groups = [[values[name] for name in values if settings[name]["opt"] == opt] for opt in ("adam", "sgd")]
    assert table.loc["opt", "p"] == pytest.approx(stats.kruskal(*groups).pvalue)
    assert table.loc["noise", "p_holm"] > 0.05
    assert (table.loc["lr", "best"], table.loc["noise", "best"]) == ("less", "")
    assert (table["p_holm"] >= table["p"]).all() and (table["n"] == 40).all()
    rows = importance_board(table, "x").panels[0].rows
    assert [row.label.split()[0] for row in rows] == ["lr", "opt", "noise"] and rows[-1].colour == "grey"


@pytest.mark.filterwarnings("error")
def test_importance_of_little() -> None:
    """Too few runs, a constant metric, or one run a category say nothing, and nothing warns."""
    few = importance_of({"a": {"lr": 1}, "b": {"lr": 2}}, {"a": 1.0, "b": 2.0}, False)
    assert math.isnan(few.loc["lr", "correlation"]) and few.loc["lr", "n"] == 2
    settings = {name: {"lr": place, "opt": name} for place, name in enumerate("abcdef")}
    flat = importance_of(settings, dict.fromkeys("abcdef", 1.0), False)
    assert flat["correlation"].isna().all()
    rising = importance_of(settings, {name: float(place) for place, name in enumerate("abcdef")}, False)
    assert math.isnan(rising.loc["opt", "p"]) and rising.loc["lr", "correlation"] == 1.0
    assert importance_of({}, {}, False).empty
    assert importance_board(few, "x").panels[0].message


def test_importance_leaves_out_what_diverged(tmp_path: Path) -> None:
    """Runs without a finite value are left out, and named."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0], "ours": [4.0, float("nan"), 5.0]})
    table = parameter_importance(runs, "val_loss")
    assert table.attrs["left_out"] == ["ours_s1"] and table.loc["method", "n"] == 5


# -- what is not what it seems


def test_empty_doubled_and_resumed_runs(tmp_path: Path) -> None:
    """An empty run and a copy are set aside, a run that went on in another folder is joined, and each is said; another
    experiment with a longer name is not."""
    first = write_run(tmp_path / "exp", [5, 4, 3, 2.0])
    again = write_run(tmp_path / "exp_20250101_101010", [2.5, 1.0], first=3)
    other = write_run(tmp_path / "exp_lr3", [2.5, 1.5], first=3)
    copy = write_run(tmp_path / "copy", [5, 4, 3, 2.0])
    (tmp_path / "none").mkdir()
    found = sort_runs([first, again, other, copy, tmp_path / "none"])
    assert found.runs == [[first, again], [other]]
    assert (found.empty, found.duplicates, found.resumed) == ([tmp_path / "none"], [(copy, first)], [[first, again]])
    assert len(found.in_words()) == 3
    assert len(sort_runs([first, again], join=False).runs) == 2


def test_the_same_rows_with_other_settings_are_no_copies(tmp_path: Path) -> None:
    """Seeds and settings may end in the same few values: such runs are all compared, and it is said."""
    by_name = [write_run(tmp_path / f"base_s{seed}", [0.5, 0.8]) for seed in range(3)]
    assert sort_runs(by_name).runs == [[one] for one in by_name]
    by_config = [write_run(tmp_path / f"run{place}", [0.5, 0.8], lr=place) for place in range(2)]
    found = sort_runs([*by_config, write_run(tmp_path / "again", [0.5, 0.8], lr=1)])
    assert found.duplicates == [(tmp_path / "again", by_config[1])] and found.alike == [by_config]
    assert "run0, run1 have the same rows, though not the same settings" in found.in_words()


def test_a_run_is_in_one_group() -> None:
    """Groups that share a run are not tested: it would be compared with itself."""
    with pytest.raises(ValueError, match="compared with itself"):
        compare_groups(MultiExperimentLoader([]), "loss", groups={"a": ["x", "y"], "b": ["y"]})


def test_runs_of_unequal_length_are_named(tmp_path: Path) -> None:
    """Where runs end at different steps, what is compared says so: the lengths of each group, or what limits auc."""
    dirs = [write_run(tmp_path / f"base_s{seed}", list(np.linspace(3, 1 + seed / 9, 50))) for seed in range(3)]
    dirs += [write_run(tmp_path / f"ours_s{seed}", list(np.linspace(3, 2, 15 + seed))) for seed in range(3)]
    runs = MultiExperimentLoader(dirs)
    notes = compare_groups(runs, "val_loss").notes
    assert any("step base: 50; ours: 15 to 17" in note for note in notes), notes
    notes = compare_groups(runs, "val_loss", at="auc").notes
    assert any("up to 15, where ours_s0 ends" in note for note in notes), notes


def test_runs_without_the_setting_are_in_no_group(tmp_path: Path) -> None:
    """Runs of which it is not known what they are grouped by are left out, and named; equal numbers are one group."""
    dirs = [write_run(tmp_path / name, [1.0, 0.5], **config)
            for name, config in (("a", {"wd": 0}), ("b", {"wd": 0.0}), ("c", {"wd": 0.1}), ("d", {"other": 1}))]
    runs = MultiExperimentLoader(dirs)
    with pytest.warns(UserWarning, match="d: left out of the groups: no wd is known"):
        assert find_groups(runs.settings, "wd") == {"wd=0": ["a", "b"], "wd=0.1": ["c"]}


def test_another_setting_is_another_run(tmp_path: Path) -> None:
    """A run with the name and the steps of one that went on, but with another setting, is a run of its own."""
    first = write_run(tmp_path / "exp", [5, 4, 3, 2.0], lr=0.1)
    same = write_run(tmp_path / "exp_20250101_101010", [2.5, 1.0], first=3, lr=0.1)
    assert sort_runs([first, same]).resumed == [[first, same]]
    other = write_run(tmp_path / "exp_20250202_101010", [2.6, 1.1], first=3, lr=0.2)
    assert sort_runs([first, other]).resumed == []
