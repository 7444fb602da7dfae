"""A real Keras training in another process, whose CSVLogger's file is watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon.runs.experiment import ExperimentLoader
from tests.started import started

# A Python that has keras (and torch), where this one has not.
PYTHON = os.environ.get("LIVEMON_KERAS_PYTHON") or sys.executable
TRAINING = """
import json, sys
import keras, numpy as np
random = np.random.default_rng(0)
x = random.normal(size=(64, 4)); y = x @ np.array([1.0, -2.0, 0.5, 0.0])
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", "mse", metrics=["mae"])
logged = []
class Keep(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logged.append({"epoch": epoch, **{name: float(value) for name, value in logs.items()}})
        if epoch == 5:
            self.model.set_weights([np.full((4, 1), np.nan), np.zeros(1)])
model.fit(x, y, epochs=12, validation_split=0.25, verbose=0,
          callbacks=[keras.callbacks.CSVLogger(sys.argv[1], separator=sys.argv[3]), Keep()])
json.dump(logged, open(sys.argv[2], "w"))
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")
@pytest.mark.parametrize("separator", [",", "|"])
def test_a_training_is_watched_from_before_its_first_epoch(tmp_path: Path, separator: str) -> None:
    """Every epoch comes once, as Keras has it in memory, NaN too; fewer are never shown."""
    if subprocess.run([PYTHON, "-c", "import keras"], capture_output=True, env=_environment()).returncode != 0:
        pytest.skip("keras is not installed here; LIVEMON_KERAS_PYTHON names a Python that has it")
    folder, kept = tmp_path / "run", tmp_path / "logged.json"
    folder.mkdir()
    run = ExperimentLoader(folder)
    shown = 0
    command = [PYTHON, "-c", TRAINING, str(folder / "training.log"), str(kept), separator]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment()) as training:
        while training.poll() is None:
            run.refresh()
            now = sum(table.n_rows for table in run.tables)
            assert now >= shown
            shown = now
            time.sleep(0.01)
        output = training.communicate()[0]
    assert training.returncode == 0, output
    logged = json.loads(kept.read_text())
    for name in ("loss", "mae", "val_loss", "val_mae"):
        series = run.series(name, attempts="all")
        assert series.index.tolist() == [row["epoch"] for row in logged] == list(range(12))
        assert series.tolist() == pytest.approx([row[name] for row in logged], nan_ok=True, rel=1e-12)
    assert run.get_summary()["metrics"]["loss"]["nan_count"] == 6


def _environment() -> dict[str, str]:
    return {**os.environ, "KERAS_BACKEND": "torch"}
