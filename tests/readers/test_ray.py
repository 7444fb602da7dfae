from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.base import read_table
from livemon.readers.ray import RayTune
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing

RUN = Path(__file__).parents[1] / "data" / "runs" / "ray_tune"


def test_a_real_trial() -> None:
    """A real trial of Ray 2.60: nested metrics are named as in Ray's own progress.csv, late ones are there, and the
    settings are settings, not columns."""
    (path,) = RayTune().find(Listing(RUN))
    reader = RayTune().open(path)
    table = read_table(reader)
    assert table.columns["training_iteration"].values.tolist() == [1, 2, 3, 4, 5]
    assert table.columns["late"].values.tolist() == [2, 3, 4]
    assert table.columns["nested/acc"].values[4] == 0.4
    assert str(table.columns["bad"].values[3]) == "nan" and len(table.columns["bad"]) == 5
    assert not [name for name in table.columns if name.startswith("config")]
    assert set(table.columns["done"].texts) == {"False"}
    assert reader.facts.config == {"lr": 0.1, "model": {"layers": 2}} and reader.facts.state is None


def test_settings_come_before_the_first_row(tmp_path: Path) -> None:
    """Before there is a row, params.json says the settings; a row's own settings are newer."""
    (tmp_path / "params.json").write_text('{"lr": 1}')
    (tmp_path / "result.json").write_text("")
    (path,) = RayTune().find(Listing(tmp_path))
    reader = RayTune().open(path)
    reader.read()
    assert reader.facts.config == {"lr": 1}
    path.write_text('{"training_iteration": 1, "loss": 2, "config": {"lr": 3}, "trial_id": "a_1", "done": true}\n')
    assert read_table(reader).n_rows == 1
    assert (reader.facts.config, reader.facts.state, reader.facts.name) == ({"lr": 3}, "finished", "a_1")


def test_each_metric_of_a_trial_once(tmp_path: Path) -> None:
    """Ray's event files say the same as its result.json by longer names, at its timesteps where it counts such: each
    metric is shown once, over iterations, and over timesteps where these are asked for."""
    from torch.utils.tensorboard import SummaryWriter

    rows = [{"training_iteration": i, "timesteps_total": 1000 * i, "time_total_s": 30.0 * i, "loss": 1 / i,
             "trial_id": "a_0", "info": {"lr": 0.1 / i}} for i in range(1, 21)]
    (tmp_path / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with SummaryWriter(str(tmp_path)) as writer:
        for row in rows:
            for name, value in (("loss", row["loss"]), ("time_total_s", row["time_total_s"]),
                                ("info/lr", row["info"]["lr"])):  # type: ignore[index]
                writer.add_scalar(f"ray/tune/{name}", value, row["timesteps_total"])
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["loss", "info/lr"]
    assert run.series("loss").to_dict() == {row["training_iteration"]: row["loss"] for row in rows}
    assert run.series("loss", x="timesteps_total").index.tolist() == [1000 * i for i in range(1, 21)]
    assert run.x_column() == "training_iteration"


def test_any_cutting_gives_the_same(tmp_path: Path, checks: Any) -> None:
    """However the bytes come, and in the plain way, the rows are the same."""
    data = (RUN / "result.json").read_bytes()
    whole = checks.grown(tmp_path / "result.json", data, [], RayTune().open)
    for cut in range(0, len(data), 97):
        assert checks.grown(tmp_path / "result.json", data, [cut, cut + 300], RayTune().open) == whole
    assert checks.grown(tmp_path / "result.json", data, [], lambda path: RayTune().open(path, plain=True)) == whole


def test_other_results_are_not_rays(tmp_path: Path) -> None:
    """A result.json of something else is not taken."""
    (tmp_path / "result.json").write_text(json.dumps({"accuracy": 1}))
    assert RayTune().find(Listing(tmp_path)) == []


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(RayTune(), tmp_path, "result.json", (RUN / "result.json").read_bytes())


WRITER = """
import sys
import ray
from ray import tune

def train(config):
    for step in range(4):
        tune.report({"loss": config["lr"] / (step + 1), "nested": {"acc": 0.25 * step}, "nan": float("nan")})

ray.init(num_cpus=1, include_dashboard=False, object_store_memory=80 << 20)
tune.Tuner(train, param_space={"lr": 0.5}, run_config=tune.RunConfig(storage_path=sys.argv[1], name="a")).fit()
"""


@pytest.mark.slow
def test_a_real_trial_that_is_made_now(tmp_path: Path) -> None:
    """What Ray Tune writes is found, and its columns are those of Ray's own progress.csv."""
    pytest.importorskip("ray.tune", reason="ray[tune] is not installed")
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], check=True, capture_output=True, timeout=110)
    (folder,) = (path.parent for path in tmp_path.glob("a/*/result.json"))
    (path,) = RayTune().find(Listing(folder))
    reader = RayTune().open(path)
    table = read_table(reader)
    assert table.columns["nested/acc"].values.tolist() == [0, 0.25, 0.5, 0.75]
    with (folder / "progress.csv").open(newline="") as file:
        assert set(next(csv.reader(file))) == set(table.columns)
    assert reader.facts.config == {"lr": 0.5}


def test_a_trial_that_failed(tmp_path: Path) -> None:
    """Ray leaves the error of a trial beside its results: the last line is the evidence. A trial that went on after an
    error, or that says it is done, has not failed by it."""
    path, error = tmp_path / "result.json", tmp_path / "error.txt"
    path.write_text('{"training_iteration": 1, "loss": 2}\n')
    error.write_text("Failure # 1\nTraceback (most recent call last):\nValueError: out of range\n\n")
    reader = RayTune().open(path)
    read_table(reader)
    assert (reader.facts.state, reader.facts.evidence) == ("failed", "error.txt: ValueError: out of range")
    os.utime(error, (1e9, 1e9))
    assert reader.facts.state is None
    with path.open("a") as rows:
        rows.write('{"training_iteration": 2, "loss": 1, "done": true}\n')
    os.utime(path, (1e9, 1e9))
    reader.read()
    assert reader.facts.state == "finished"


def test_a_trial_that_failed_before_its_first_row(tmp_path: Path) -> None:
    """A trial whose settings and whose error are all that is there has failed."""
    (tmp_path / "params.json").write_text('{"lr": 1}')
    (tmp_path / "result.json").write_text("")
    (tmp_path / "error.txt").write_text("RuntimeError: no GPU\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert (run.state, run.state_evidence) == ("failed", "error.txt: RuntimeError: no GPU")
