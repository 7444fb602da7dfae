"""The points that a comparison draws, as a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from livemon import MultiExperimentLoader
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.boards.drawn_points import drawn_points


@pytest.fixture
def runs(tmp_path: Path) -> MultiExperimentLoader:
    """Two methods of three seeds."""
    for name, height in (("base", 2.0), ("ours", 1.0)):
        for seed in range(3):
            (tmp_path / f"{name}_s{seed}").mkdir()
            rows = "".join(f"{step},{height + seed / 10 + 1 / (step + 1)}\n" for step in range(8))
            (tmp_path / f"{name}_s{seed}" / "metrics.csv").write_text("step,val_loss\n" + rows)
    return MultiExperimentLoader(sorted(tmp_path.iterdir()))


def test_groups_have_middle_band_and_n(runs: MultiExperimentLoader) -> None:
    """Each point of a group's curve is a row: the mean of its runs, Student's interval as scipy has it, and n."""
    options = ComparisonOptions(metric="val_loss", group_by="variant", names={"val_loss": "Loss"}, x_limits=(2.0, None))
    table = drawn_points(Comparison(runs, options), ["val_loss"])
    assert list(table) == ["metric", "label", "step", "middle", "low", "high", "n", "logged"]
    ours = table[table["label"].str.endswith("ours")]
    assert ours["step"].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0] and set(ours["n"]) == {3} and set(
        ours["metric"]) == {"Loss"}
    values = np.array([1.0, 1.1, 1.2]) + 1 / 3
    low, high = stats.t.interval(0.95, 2, values.mean(), values.std(ddof=1) / np.sqrt(3))
    assert ours.iloc[0][["middle", "low", "high"]].tolist() == pytest.approx([values.mean(), low, high])


def test_runs_have_what_was_logged(runs: MultiExperimentLoader) -> None:
    """Of single runs a row has the value as logged beside that of the drawn line."""
    table = drawn_points(Comparison(runs, ComparisonOptions(smooth=0.5)), ["val_loss"])
    first = table[table["label"] == table["label"].iloc[0]]
    logged = [2 + 1 / (step + 1) for step in range(8)]
    weight, smoothed = 0.0, []
    total = 0.0
    for value in logged:  # TensorBoard's: a running mean without the bias of its start
        total, weight = 0.5 * total + 0.5 * value, 0.5 * weight + 0.5
        smoothed.append(total / weight)
    assert first["logged"].tolist() == pytest.approx(logged) and first["middle"].tolist() == pytest.approx(smoothed)
