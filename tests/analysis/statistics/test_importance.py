"""Which settings go with a metric."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.importance import importance_of, parameter_importance


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
    assert table.loc["lr", "p"] < 0.001 and abs(wanted.statistic) - 0.02 <= table.loc["lr", "strength"] <= 1
    groups = [[values[name] for name in values if settings[name]["opt"] == opt] for opt in ("adam", "sgd")]
    assert table.loc["opt", "p"] == pytest.approx(stats.kruskal(*groups).pvalue, abs=0.01)
    assert table.loc["noise", "p_holm"] > 0.05
    assert (table.loc["lr", "best"], table.loc["noise", "best"]) == ("less", "")
    assert (table["p_holm"] >= table["p"]).all() and (table["n"] == 40).all()


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


def test_what_diverged_is_the_worst(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Runs without a finite value count as the worst, and are named; where no direction is known they are left out, and
    nothing is best."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0], "ours": [4.0, float("nan"), 5.0]})
    table = parameter_importance(runs, "val_loss")
    assert table.attrs["diverged"] == ["ours_s1"] and table.loc["method", "n"] == 6 and not table.attrs["left_out"]
    settings = {f"r{run}": {"lr": 10.0**-(run % 2)} for run in range(12)}
    values = {name: float(one["lr"] == 1.0) + 0.01 * run for run, (name, one) in enumerate(settings.items())}
    assert importance_of(settings, values | {"r0": math.inf}, None).loc["lr", ["n", "best"]].tolist() == [11, ""]
    lower = importance_of(settings, values | {"r0": math.nan}, False)
    assert lower.loc["lr", ["n", "best"]].tolist() == [12, "less"]


def test_four_runs_have_the_exact_p() -> None:
    """Four runs in perfect order: p is 2 of 24, and nothing is called best."""
    settings = {f"r{run}": {"lr": run} for run in range(4)}
    table = importance_of(settings, {f"r{run}": run / 10 for run in range(4)}, False)
    assert table.loc["lr", "p"] == pytest.approx(2 / 24) and table.loc["lr", "best"] == ""


def test_a_best_value_inside_the_range_is_found() -> None:
    """On a grid of 3 x 3 x 3 a learning rate that is best in the middle, by five times the noise, comes first and its
    value is named; the others have none. 20 studies, of which none may miss it."""
    rng = np.random.default_rng(1)
    grid = [(lr, wd, width) for lr in (1e-4, 1e-3, 1e-2) for wd in (0.0, 0.1, 0.2) for width in (32, 64, 128)]
    for _ in range(20):
        settings = {f"r{run}": {"lr": lr, "wd": wd, "width": width} for run, (lr, wd, width) in enumerate(grid)}
        values = {name: 0.5 * (one["lr"] != 1e-3) + 0.1 * rng.normal() for name, one in settings.items()}
        table = importance_of(settings, values, rising=False)
        assert table.index[0] == "lr" and table.loc["lr", "best"] == "about 0.001"


@pytest.mark.parametrize(("runs", "count"), [(4, 10), (6, 5), (9, 3)])
def test_chance_is_not_called_important(runs: int, count: int) -> None:
    """Where no setting does anything, in at most 5 % of studies some setting is said to (of 60 studies: at most 8,
    which chance exceeds once in 200 at 5 %)."""
    rng = np.random.default_rng(runs)
    wrong = 0
    for _ in range(60):
        settings = {f"r{run}": {f"s{key}": float(rng.choice([1, 2, 3])) if key % 2 else float(rng.normal())
                                for key in range(count)} for run in range(runs)}
        table = importance_of(settings, {name: float(rng.normal()) for name in settings}, rising=False)
        wrong += bool((table["p_holm"] <= 0.05).any())
    assert wrong <= 8


def test_a_run_that_is_too_short_has_not_diverged(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Where the value at a step is asked for, a run that ended before it is left out, and one that is NaN is the
    worst."""
    curves = [[3.0, 2.0, 1.0 + run] for run in range(5)] + [[3.0, 2.0]]
    dirs = [write_run(tmp_path / f"r{run}", curve, lr=run % 2) for run, curve in enumerate(curves)]
    dirs.append(write_run(tmp_path / "r6", [3.0, 2.0, math.nan], lr=1))
    table = parameter_importance(MultiExperimentLoader(dirs), "val_loss", at="step:3")
    assert table.attrs["left_out"] == ["r5"] and table.attrs["diverged"] == ["r6"] and table.loc["lr", "n"] == 6


def test_importance_is_of_the_x_that_is_asked_for(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """The value at epoch 2 is that of epoch 2, not of step 2."""
    dirs = [make_run(tmp_path / f"r{run}", {"step": [1, 2, 3, 4], "epoch": [1, 1, 2, 2], "val_loss": [9, 8, 7, run]},
                     {"lr": run}) for run in range(4)]
    numbers = parameter_importance(MultiExperimentLoader(dirs), "val_loss", at="step:2", x="epoch").attrs["numbers"]
    assert numbers.words() == "values at epoch 2" and list(numbers.values.values()) == [0, 1, 2, 3]


def test_none_is_a_value_where_the_others_are_no_numbers() -> None:
    """No scheduler is a choice beside a scheduler, and no warm-up beside one of 100 steps; beside several numbers
    None says nothing of more or less, and those runs are left out of that row."""
    settings = {f"r{run}": {"scheduler": (None, "cosine")[run % 2], "warmup": (None, 100)[run // 2 % 2],
                            "decay": (None, 0.1, 0.2)[run % 3]} for run in range(12)}
    table = importance_of(settings, {name: float(one["scheduler"] is None) + run / 100
                                     for run, (name, one) in enumerate(settings.items())}, rising=True)
    assert table.loc["scheduler", ["kind", "n", "best"]].tolist() == ["category", 12, "None"]
    assert table.loc["warmup", "n"] == 12 and table.loc["decay", ["kind", "n"]].tolist() == ["number", 8]
