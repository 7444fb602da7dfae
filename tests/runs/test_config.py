from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livemon import record
from livemon.runs.config import read_config
from livemon.runs.experiment import ExperimentLoader


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("config.json", '{"lr": 0.1}', {"lr": 0.1}),
    ("hparams.yaml", "lr: 0.1\nbetas: !!python/tuple [0.9, 0.99]\n", {"lr": 0.1, "betas": [0.9, 0.99]}),
    ("args.yaml", "model: yolo.pt\nepochs: 3\nbox: 7.5\n", {"model": "yolo.pt", "epochs": 3, "box": 7.5}),
    ("params.json", '{"lr": 0.1, "model": {"layers": 2}}', {"lr": 0.1, "model": {"layers": 2}}),
    ("params.yaml", "lr: 0.1\n", {"lr": 0.1}),
    (".hydra/config.yaml", "optimizer:\n  lr: 0.1\n", {"optimizer": {"lr": 0.1}}),
    ("config.yaml", "_wandb:\n  value: {cli_version: 0.18}\nlr:\n  desc: null\n  value: 0.1\nn:\n  value: {a: 1}\n",
     {"lr": 0.1, "n": {"a": 1}}),  # as W&B writes it
    ("config.yaml", "wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\n", {"lr": 0.1}),
    ("config.yaml", "lr:\n  value: 0.1\nother: 3\n", {"lr": {"value": 0.1}, "other": 3}),
])
def test_where_settings_are_found(tmp_path: Path, name: str, text: str, expected: dict[str, Any]) -> None:
    """Each framework's file of settings is found in the run's folder."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert read_config(tmp_path) == (expected, [])


def test_the_models_config_is_not_the_runs(tmp_path: Path) -> None:
    """In an output folder of Hugging Face's trainer, config.json is the model's."""
    (tmp_path / "config.json").write_text('{"n_layer": 2}')
    (tmp_path / "checkpoint-5").mkdir()
    assert read_config(tmp_path) == ({"n_layer": 2}, [])
    (tmp_path / "checkpoint-5" / "trainer_state.json").write_text("{}")
    assert read_config(tmp_path) == (None, [])
    (tmp_path / "args.yaml").write_text("lr: 1\n")
    assert read_config(tmp_path) == ({"lr": 1}, [])


def test_a_corrected_config_counts(tmp_path: Path) -> None:
    """Who corrects the config.json of a recorded run has the last word; of a framework's run it is the model's."""
    with record(tmp_path / "run", config={"lr": 1}) as log:
        log({"loss": 1.0})
    path = tmp_path / "run" / "config.json"
    assert read_config(tmp_path / "run")[0] == {"lr": 1}
    path.write_text('{"lr": 2}')
    os.utime(path, (time.time() + 3600,) * 2)
    assert read_config(tmp_path / "run")[0] == {"lr": 2}
    with record(tmp_path / "other", config={"lr": 1}, framework="transformers") as log:
        log({"loss": 1.0})
    (tmp_path / "other" / "config.json").write_text('{"hidden_size": 8}')
    os.utime(tmp_path / "other" / "config.json", (time.time() + 3600,) * 2)
    assert read_config(tmp_path / "other")[0] == {"lr": 1}


def test_config_comes_from_where_frameworks_leave_it(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """config.json, Lightning's hparams.yaml with tuples; dotted names reach nested values; none at all is a warning."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,loss\n1,2\n", lr=0.1, model={"n_layer": 2}))
    assert run.get_config_value("model.n_layer") == 2
    assert run.get_config_value("model.n_head", default=7) == 7
    other = write_run(tmp_path / "b", "step,loss\n1,2\n")
    (other / "hparams.yaml").write_text("lr: 0.2\nbetas: !!python/tuple\n- 0.9\n- 0.99\n")
    assert ExperimentLoader(other).config == {"lr": 0.2, "betas": [0.9, 0.99]}
    without = write_run(tmp_path / "c", "step,loss\n1,2\n")
    for ask in (lambda run: run.config, lambda run: run.get_summary(), lambda run: run.get_experiment_metadata()):
        with pytest.warns(UserWarning, match=r"no config.json") as said:
            ask(ExperimentLoader(without))
        assert said[0].filename == __file__  # the user's line, not one of livemon


def test_a_hostile_config_executes_nothing(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Python tags become inert, aliases and broken files are refused with the reason; the metrics still load."""
    run_dir = write_run(tmp_path / "a", "step,loss\n1,2\n")
    (run_dir / "hparams.yaml").write_text(f"x: !!python/object/apply:os.mkdir [{tmp_path / 'made'}]\n")
    run = ExperimentLoader(run_dir)
    assert run.config == {"x": [str(tmp_path / "made")]} and not (tmp_path / "made").exists()
    bomb = "".join(f"x{i}: &x{i} [{(f'*x{i - 1}, ' if i else '1, ') * 10}]\n" for i in range(9))
    (run_dir / "hparams.yaml").write_text(bomb)
    run = ExperimentLoader(run_dir)
    with pytest.warns(UserWarning, match=r"hparams.yaml cannot be used: it holds more than"):
        assert run.config == {}
    assert ["alias" in anomaly.message for anomaly in run.anomalies] == [True]
    assert run.refresh() == 1
