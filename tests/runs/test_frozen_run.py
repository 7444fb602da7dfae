"""Runs that stay as they were read."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest

from livemon import ExperimentLoader
from livemon.testing import ScriptedWriter

DATA = Path(__file__).parents[1] / "data" / "runs"


def answers(run: ExperimentLoader) -> str:
    """What is asked of a run that is compared with others."""
    series = {name: [run.series_so_far(name, x="row", attempts=how).to_dict() for how in ("latest", "all")]
              for name in run.metric_names}
    return repr((run.label, run.exp_dir, run.exp_dirs, run.files, run.format, run.choice, run.metric_names, run.config,
                 run.x_column(), run.state, run.state_evidence, run.anomalies, run.total_steps, run.pace, series,
                 run.get_summary(), run.load_metrics().to_csv()))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["lightning_csv_late", "ray_tune", "sb3_ppo", "tb_restart", "wandb_killed",
                                  "mlflow_files", "hf_resumed"])
def test_a_frozen_run_answers_as_before(name: str) -> None:
    """Frozen, and sent to another process, a run says what it said."""
    run = ExperimentLoader(DATA / name)
    run.refresh()
    before = answers(run)
    run.freeze()
    assert answers(run) == before
    assert answers(pickle.loads(pickle.dumps(run))) == before


def test_a_frozen_run_stays_as_it_was_read(tmp_path: Path) -> None:
    """Rows that come later, other settings, and a folder that goes away change nothing in it."""
    writer = ScriptedWriter(tmp_path / "run" / "logs" / "metrics.csv", ["step", "train_loss"])
    (tmp_path / "run" / "config.json").write_text(json.dumps({"lr": 0.1}))
    writer.append(step=1, train_loss=2.0)
    run = ExperimentLoader(tmp_path / "run")
    run.refresh()
    run.freeze()
    writer.append(step=2, train_loss=1.0)
    (tmp_path / "run" / "config.json").write_text(json.dumps({"lr": 0.2}))
    assert run.refresh() == 0
    shutil.rmtree(tmp_path / "run")
    assert run.series("train_loss").to_dict() == {1: 2.0} and run.config == {"lr": 0.1} and run.state != "waiting"


def test_the_audit_of_a_frozen_run_says_that_it_was_not_done(tmp_path: Path) -> None:
    """A frozen run is not compared with its files, and says so, so that nobody takes silence for agreement."""
    writer = ScriptedWriter(tmp_path / "logs" / "metrics.csv", ["step", "train_loss"])
    writer.append(step=1, train_loss=2.0)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    run.freeze()
    (audit,) = run.audit(5.0)
    assert (audit.shown, audit.compared, audit.differing) == (1, 0, 0)
    assert str(audit).startswith("audit: not done: ") and "open it again" in str(audit)


def test_frozen_runs_joined_are_one_run(tmp_path: Path) -> None:
    """Two frozen runs joined are what one of both folders is: the newest attempt wins."""
    for name, steps in (("a", range(5)), ("b", range(3, 8))):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "train_loss"])
        for step in steps:
            writer.append(step=step, train_loss=float(step) if name == "a" else 10.0 + step)
    runs = [ExperimentLoader(tmp_path / name) for name in ("a", "b")]
    for run in runs:
        run.refresh()
        run.freeze()
    joined, live = ExperimentLoader.joined(runs), ExperimentLoader([tmp_path / "a", tmp_path / "b"])
    assert joined.series("train_loss").equals(live.series("train_loss"))
    assert joined.exp_dirs == live.exp_dirs and joined.name == "b"
