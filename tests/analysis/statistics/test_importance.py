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
    assert table.loc["lr", "p"] == pytest.approx(wanted.pvalue)
    groups = [[values[name] for name in values if settings[name]["opt"] == opt] for opt in ("adam", "sgd")]
    assert table.loc["opt", "p"] == pytest.approx(stats.kruskal(*groups).pvalue)
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


def test_importance_leaves_out_what_diverged(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Runs without a finite value are left out, and named."""
    runs = seeded(tmp_path, {"base": [1.0, 2.0, 3.0], "ours": [4.0, float("nan"), 5.0]})
    table = parameter_importance(runs, "val_loss")
    assert table.attrs["left_out"] == ["ours_s1"] and table.loc["method", "n"] == 5
