"""Runs that strangers published: the step, the main metric and its direction are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon import ExperimentLoader, MultiExperimentLoader
from livemon.analysis.statistics.significance import compare_groups, match_groups
from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.run_tracks import RunTracks

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="the strangers' runs are not beside this clone (shared/cases)"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def opened(case: str) -> ExperimentLoader:
    run = ExperimentLoader(CASES / case)
    run.refresh()
    return run


@pytest.mark.parametrize(("case", "x", "main", "direction"), [
    ("04_step_is_minus_one/similarity_evaluation_sts-dev_results.csv", "epoch", "cosine_spearman", "max"),
    ("05_batch_restarts_each_epoch/metrics_batch_train.csv", "epoch", "loss", "min"),
    ("09_counter_as_main_metric/training_log.csv", "Episode", "Total_Reward", "max"),
    ("09_counter_as_main_metric/es.csv", "iteration", "reward", "max"),
    ("10_direction_of_camel_case/ppo.csv", "TotalEnvSteps", "Evaluation/AverageReturn", "max"),
    ("11_step_names/a", "current_steps", "loss", "min"),
    ("11_step_names/b/total_timesteps.csv", "total timesteps", "ep_rew_mean", "max"),
    ("15_main_metric/yolov8", "epoch", "metrics/mAP50-95(B)", "max"),
    ("25_colon/colon", "step", "AP@0.50:0.95", "max"),
])
def test_step_main_metric_and_direction(case: str, x: str, main: str, direction: str) -> None:
    """What the issue says is right of each, and the header names the best of it."""
    run = opened(case)
    assert (run.x_column(), run.main_metric(), run.direction(main)) == (x, main, direction)
    assert "(best " in BoardMaker(run).dashboard(None).header.line()


def test_a_total_in_a_column() -> None:
    """LLaMA-Factory's `total_steps` is the total."""
    assert opened("11_step_names/a").total_steps == 6566


def test_batches_are_no_restarts() -> None:
    """96 points over the epochs, spread within them, and no restart."""
    of = RunTracks(opened("05_batch_restarts_each_epoch/metrics_batch_train.csv"), Options())
    of.read()
    loss = of.tracks["loss"]
    x = loss.points()[0]
    assert (loss.count, loss.attempts.restart_count, len(set(x.tolist()))) == (96, 0, 96)


@pytest.mark.parametrize("metric", ["val_psnr", "val_mIoU"])
def test_more_is_better_of_scores(metric: str) -> None:
    """Where ours end higher, the verdict is theirs to have."""
    runs = MultiExperimentLoader(sorted((CASES / "analysis" / "psnr").iterdir()), cache=False)
    found = compare_groups(runs, metric, groups=match_groups(runs, ["base*", "ours*"]))
    assert found.rising is True and found.table["verdict"].tolist() == ["ours is better"]
