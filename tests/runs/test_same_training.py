"""Whether rows are of one training."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.runs.same_training import Training, same_settings, same_training
from livemon.tables.table import Block, Cells, Table


def table_from(first: int) -> Table:
    table = Table()
    steps = np.arange(first, first + 400, 20)
    table.append(Block(len(steps), {"step": Cells(steps), "loss": Cells(1.0 / steps)}))
    return table


def test_steps_that_go_on_by_chance() -> None:
    """In a folder that was made anew they are no evidence, unless settings are known and the same."""
    old, new = table_from(20), table_from(30)
    settings = {"lr": 0.1}
    assert same_training(old, new, Training(None, 1000.0), Training(None, 1000.0))
    assert not same_training(old, new, Training(None, 1000.0), Training(None, 2000.0))
    assert same_training(old, new, Training(settings, 1000.0), Training(settings, 2000.0))
    assert not same_training(old, new, Training(settings, 1000.0), Training({"lr": 0.2}, 2000.0))


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ({"max_lr": 0.1}, {"max_lr": 0.2}, False),
        ({"model_name": "a"}, {"model_name": "b"}, False),
        ({"model": {"name": "a"}}, {"model": {"name": "b"}}, False),
        ({"name": "exp1"}, {"name": "exp1_b"}, True),
        ({"data_dir": "a"}, {"data_dir": "b"}, False),
        ({"max_length": 512}, {"max_length": 1024}, False),
        ({"warmup_epochs": 5}, {"warmup_epochs": 6}, False),
        ({"timesteps": 5}, {"timesteps": 6}, False),
        ({"seed": 1}, {"seed": 2}, False),
        ({"seed": 1}, {}, True),
        ({"max_epochs": 5}, {"max_epochs": 9}, True),
        ({"max_epochs": 9}, {"max_epochs": 5}, False),
        ({"max_epochs": 9}, {"max_epochs": -1}, False),
        ({"trainer": {"maxSteps": 5, "lr": 1}}, {"trainer": {"maxSteps": 6, "lr": 1}}, True),
        ({"trainer": {"ckpt_path": None}}, {"trainer": {"ckpt_path": "x"}}, True),
        ({"output-dir": "a", "run_id": 1, "n_gpu": 4, "hostname": "a"},
         {"output-dir": "b", "run_id": 2, "n_gpu": 8, "hostname": "b"}, True),
        ({"betas": (0.9, 0.95)}, {"betas": [0.9, 0.95]}, True),
        ({"betas": [0.9, 0.95]}, {"betas": [0.9, 0.99]}, False),
        ({"tag": "runs/exp1/x"}, {"tag": "runs/exp1_b/x"}, True),
        ({"tag": "exp11"}, {"tag": "exp1_b1"}, False),
        ({"weight": float("nan")}, {"weight": float("nan")}, True),
        (None, {"lr": 1}, True),
    ],
)
def test_which_settings_may_differ(mine: dict[str, object], theirs: dict[str, object], same: bool) -> None:
    """Attempts of a run differ in where they resume from and write to, in names, ids and machines, and in a length
    that grew; a setting that only looks like one of these by a part of its name makes another run."""
    assert same_settings(mine, theirs, "exp1", "exp1_b") is same
