"""Groups of runs, the best first, and which of them are marked."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.group_leaderboard import group_leaderboard
from livemon.analysis.statistics.significance import compare_groups


def test_what_is_pooled_is_said(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """A group whose runs differ in another setting than the seed is said to pool them."""
    dirs = [write_run(tmp_path / f"r{rate}_{seed}", [rate + seed], method="a" if seed else "b", lr=rate, seed=seed)
            for rate in (0.1, 0.2) for seed in (0, 1)]
    board = group_leaderboard(MultiExperimentLoader(dirs), ["val_loss"], "method")
    assert board.problems == ["the runs of a group differ in more than the seed, and are pooled: lr (0.1, 0.2)"]


def test_group_leaderboard(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Groups stand best first, each cell with its interval and n."""
    board = group_leaderboard(seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2], "one": [9.0]}), ["val_loss"])
    assert list(board.table.index) == ["method=ours", "method=base", "method=one"]
    assert board.table.iloc[0, 0] == "1.100 [-0.171, 2.371]" and board.table["n"].tolist() == ["2", "2", "1"]
    runs = seeded(tmp_path / "same", {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    assert group_leaderboard(runs, ["val_loss"], band="minmax").table.iloc[0, 0] == "1.100 [1.000, 1.200]"
    assert board.problems == ["method=one: n = 1, so the spread is unknown"]
    assert board.caption.startswith("mean [95 % t interval] of the final values of n runs, as logged; bold: the best")
    row = board.rows[0]
    assert (row["group"], row["n"], row["left_out"], row["mean"]) == ("method=ours", 2, 0, pytest.approx(1.1))
    assert row["low"] == pytest.approx(-0.1706, abs=1e-4) and [Path(one).name for one in row["paths"]] == [
        "ours_s0", "ours_s1"]


@pytest.mark.parametrize("at", ["best", "auc", "last:1", "step:2"])
def test_the_table_shows_what_is_tested(seeded: Callable[..., MultiExperimentLoader], at: str, tmp_path: Path) -> None:
    """The middle of a group in the table is the mean of the numbers that `compare_groups` tests, and says which."""
    runs = seeded(tmp_path, {"base": [2.0, 2.2], "ours": [1.0, 1.2]})
    board = group_leaderboard(runs, ["val_loss"], at=at)
    tested = compare_groups(runs, "val_loss", at=at).groups["mean"]
    names = {"last:1": "mean val_loss of the last 1 values", "step:2": "val_loss at step 2"}
    assert list(board.table) == [f"{names.get(at, f'{at} val_loss')} ↓", "n"]
    shown = [float(cell.split()[0]) for cell in board.table.iloc[:, 0]]
    assert shown == pytest.approx(sorted(tested), abs=5e-4)


def test_intervals_that_cannot_keep_their_word_are_said(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """A bootstrap of few runs is said to be too narrow; a median of fewer than six runs has no interval, and that is
    said."""
    runs = seeded(tmp_path, {"base": [2.0, 2.2, 2.1], "ours": [1.0, 1.2, 1.1]})
    said = group_leaderboard(runs, ["val_loss"], middle="iqm", band="bootstrap").problems
    assert any("bootstrap of 3 runs" in sentence for sentence in said)
    median = group_leaderboard(runs, ["val_loss"], middle="median")
    assert any("3 runs have no 95 % interval of a median" in sentence for sentence in median.problems)
    assert median.table.iloc[0, 0] == "1.100"


def test_several_metrics_are_columns(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Each metric is a column with its own direction, name and decimals; the first ranks; a metric that some runs lack
    has its n in the cells; the spread is the deviation that numpy gives."""
    losses, scores = {"base": [2.0, 2.3, 2.4], "ours": [1.0, 1.1, 1.5]}, {"base": [50.0, 51.0, 53.0],
                                                                          "ours": [70.5, 72.0, 71.0]}
    dirs = [make_run(tmp_path / f"{name}_s{seed}", {"step": [1], "val_loss": [losses[name][seed]],
                                                    "points": [scores[name][seed]]}, {"method": name, "seed": seed})
            for name in losses for seed in range(3)]
    board = group_leaderboard(MultiExperimentLoader(dirs), ["val_loss", "points"], "method", band="std",
                              labels={"points": "Score"}, directions={"points": True})
    assert list(board.table) == ["val_loss ↓", "Score ↑", "n"]
    deviation = [np.std(one, ddof=1) for one in (losses["ours"], scores["ours"])]
    assert board.table.iloc[0].tolist() == [f"1.200 ± {deviation[0]:.3f}", f"71.17 ± {deviation[1]:.2f}", "3"]
    assert {(row["group"], row["metric"], row["n"]) for row in board.rows} == {
        (f"method={name}", metric, 3) for name in losses for metric in ("val_loss", "points")}
    dirs.append(make_run(tmp_path / "base_s3", {"step": [1], "val_loss": [2.1]}, {"method": "base", "seed": 3}))
    cells = group_leaderboard(MultiExperimentLoader(dirs), ["val_loss", "points"], "method").table.loc["method=base"]
    assert cells.tolist()[0].endswith("(n = 4)") and cells.tolist()[1].endswith("(n = 3 of 4)")


def test_marked_are_the_best_and_what_is_not_worse(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """Beside the best group those are marked whose Welch test against it, corrected by Holm as statsmodels does, leaves
    p above 0.05; a single run cannot be tested and is not."""
    from scipy.stats import ttest_ind

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        multitest = pytest.importorskip("statsmodels.stats.multitest")
    random = np.random.default_rng(4)
    finals = {name: (middle + 0.1 * random.standard_normal(6)).tolist()
              for name, middle in (("a", 1.0), ("b", 1.06), ("c", 1.12), ("d", 1.14), ("e", 2.0))}
    finals["f"] = [1.02]
    board = group_leaderboard(seeded(tmp_path, finals), ["val_loss"], "method", pair="none")
    order = sorted(finals, key=lambda name: np.mean(finals[name]))
    best = order[0]
    others = [name for name in order if name != best and len(finals[name]) > 1]
    p = [ttest_ind(finals[best], finals[name], equal_var=False).pvalue for name in others]
    corrected = multitest.multipletests(p, method="holm")[1]
    wanted = {f"method={best}", *(f"method={name}" for name, one in zip(others, corrected, strict=True) if one > 0.05)}
    assert {board.table.index[place] for place, _ in board.best} == wanted and 1 < len(wanted) < 5
    assert {row["group"] for row in board.rows if row["among_best"]} == wanted
    assert board.caption.endswith("bold: the best, and all that are not significantly worse (Welch's t-test against "
                                  "the best, Holm over 4 tests, level 0.05)")
