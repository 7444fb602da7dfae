"""How a real training ends where the framework tells its callbacks of no error: what livemon.json and a watcher say."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from livemon import ExperimentLoader

INTEGRATIONS = Path(__file__).parents[1] / "integrations"  # whose test_huggingface.py has a training to run

HUGGING_FACE = """
sys.path.insert(0, sys.argv[2])
from test_huggingface import LiveMonitor, train, transformers

class AtStep(transformers.TrainerCallback):
    def on_step_end(self, args, state, *others, **more):
        if state.global_step == 4:
            reached()

def fit():
    train([LiveMonitor("none", plots=False), AtStep()], max_steps=8, logging_steps=1, eval_strategy="no")
"""
KERAS = """
os.environ["KERAS_BACKEND"] = "torch"
import keras, numpy
from livemon_integrations.keras import LiveMonitor

class AtStep(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            reached()

def fit():
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callbacks = [LiveMonitor("out", "none", plots=False), AtStep()]
    model.fit(numpy.ones((8, 4)), numpy.ones(8), epochs=5, verbose=0, callbacks=callbacks)
"""
STABLE_BASELINES = """
from stable_baselines3 import A2C
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from livemon_integrations.stable_baselines3 import LiveMonitor

class AtStep(BaseCallback):
    def _on_step(self):
        if self.n_calls == 600:
            reached()
        return True

def fit():
    callback = CallbackList([LiveMonitor("out", "none", plots=False), AtStep()])
    A2C("MlpPolicy", "CartPole-v1", device="cpu").learn(1000, callback=callback)
"""
ACCELERATE = """
import livemon_integrations.accelerate
from accelerate import Accelerator

def fit():
    accelerator = Accelerator(cpu=True, log_with="livemon")
    options = {"dir": "out", "view": "none", "plots": False}
    accelerator.init_trackers("exp1", init_kwargs={"livemon": options})
    try:
        for step in range(8):
            accelerator.log({"loss": 1 / (step + 1)}, step=step)
            if step == 4:
                reached()
    finally:
        accelerator.end_training()
"""
# Goes on for some time after SIGTERM, for which transformers leaves a checkpoint some seconds later.
PREEMPTED = """
sys.path.insert(0, sys.argv[2])
from test_huggingface import LiveMonitor, train, transformers

class Slow(transformers.TrainerCallback):
    def on_step_end(self, args, state, *others, **more):
        time.sleep(0.05)
        if state.global_step == 4:
            print("ready", flush=True)

def fit():
    options = {"max_steps": 1000, "logging_steps": 1, "eval_strategy": "no"}
    train([LiveMonitor("none"), Slow()], **options, enable_jit_checkpoint=True)
"""
START = """
import os, signal, sys, time, warnings
warnings.simplefilter("ignore")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in the background ignore it

def reached():
    if sys.argv[1] == "raised":
        raise ValueError("nan")
    print("ready", flush=True)
    time.sleep(100)
"""
END = """
import json

def state():
    return json.load(open("out/livemon.json"))["state"]

if sys.argv[1] == "raised":  # once caught, and the process goes on; then not
    try:
        fit()
    except ValueError:
        while state() == "running":
            time.sleep(0.02)
        print(state(), flush=True)
fit()
"""
SCRIPTS = [
    pytest.param("transformers", HUGGING_FACE, id="transformers"),
    pytest.param("keras", KERAS, id="keras", marks=pytest.mark.slow),
    pytest.param("stable_baselines3", STABLE_BASELINES, id="stable_baselines3", marks=pytest.mark.slow),
    pytest.param("accelerate", ACCELERATE, id="accelerate", marks=pytest.mark.slow),
]


def start(folder: Path, needed: str, text: str, how: str) -> subprocess.Popen[str]:
    if find_spec(needed) is None or find_spec("torch") is None:
        pytest.skip(f"{needed} is not installed here")
    return subprocess.Popen(
        [sys.executable, "-c", START + text + END, how, str(INTEGRATIONS)], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def notes_of(folder: Path) -> dict[str, Any]:
    notes = json.loads((folder / "out" / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


def at_its_middle(folder: Path, needed: str, text: str) -> subprocess.Popen[str]:
    """A process that trains, and waits where its training has come to its middle."""
    process = start(folder, needed, text, "signal")
    assert process.stdout is not None
    if "ready\n" not in iter(process.stdout.readline, ""):
        pytest.fail(process.communicate()[1])
    return process


@pytest.mark.parametrize(("needed", "text"), SCRIPTS)
def test_an_error_is_told_while_the_process_goes_on_and_when_it_ends(tmp_path: Path, needed: str, text: str) -> None:
    """A training that failed is marked so, with the reason, also where the script catches the error and goes on."""
    output, errors = start(tmp_path, needed, text, "raised").communicate(timeout=100)
    assert "failed" in output.splitlines(), errors
    notes = notes_of(tmp_path)
    assert [(one["state"], one["reason"], one["evidence"]) for one in (*notes["earlier"], notes)] == [
        ("failed", "nan", "ValueError: nan")] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT and no SIGKILL for one process there")
@pytest.mark.parametrize(("needed", "text"), SCRIPTS)
def test_ctrl_c_ends_the_watcher_too(tmp_path: Path, needed: str, text: str) -> None:
    """After Ctrl-C the run is stopped and says why, and a watcher ends as after any end that somebody wanted."""
    process = at_its_middle(tmp_path, needed, text)
    watching = subprocess.Popen(
        [sys.executable, "-m", "livemon", "watch", "out", "--view", "file", "--until", "finished"], cwd=tmp_path,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    output = watching.communicate(timeout=60)[0]
    assert watching.returncode == 0, output
    notes = notes_of(tmp_path)
    assert (notes["state"], notes["reason"]) == ("stopped", "interrupted")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(("needed", "text"), SCRIPTS)
def test_a_killed_training_says_nothing_and_is_seen_all_the_same(
    tmp_path: Path, needed: str, text: str, number: int
) -> None:
    """A process that was killed, also by a SIGTERM that its script does not handle, could write no end: that it is gone
    tells it, with every row that it had written."""
    process = at_its_middle(tmp_path, needed, text)
    time.sleep(1.5)  # three times what a row waits at most
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number
    assert notes_of(tmp_path)["state"] == "running"
    run = ExperimentLoader(tmp_path / "out")
    assert run.refresh() > 0
    expected = ("failed", "killed", f"its process {process.pid} is gone, and never reported that it finished")
    assert (run.state, run.reason, run.state_evidence) == expected
    listed = subprocess.run(
        [sys.executable, "-m", "livemon", "ls", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert '"failed"' in listed.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends a process at once there")
def test_a_checkpoint_at_sigterm_is_preemption(tmp_path: Path) -> None:
    """Where transformers makes a checkpoint for a SIGTERM and ends the training, the run is preempted, not finished;
    nothing is drawn in the grace period."""
    if find_spec("transformers") and not find_spec("transformers.trainer_jit_checkpoint"):
        pytest.skip("this transformers makes no checkpoint for a SIGTERM")
    process = at_its_middle(tmp_path, "transformers", PREEMPTED)
    process.send_signal(signal.SIGTERM)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 0, errors
    notes = notes_of(tmp_path)
    assert (notes["state"], notes["reason"], notes["evidence"]) == ("failed", "preempted", "SIGTERM")
    (checkpoint,) = (tmp_path / "out").glob("checkpoint-*")
    run = ExperimentLoader(tmp_path / "out")
    assert run.refresh() >= int(checkpoint.name.rpartition("-")[2])
    assert (run.state, run.reason, run.state_evidence) == ("failed", "preempted", "SIGTERM")
    assert not (tmp_path / "out" / "plots").exists()
