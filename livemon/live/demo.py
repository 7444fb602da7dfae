"""`livemon demo`: a small network is really trained in another process, and the dashboard follows it.

A network with two hidden layers, in NumPy, learns to tell apart noisy points on three intertwined spirals.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livemon.system.processes import background_flags, end_with_input, python_module

if TYPE_CHECKING:
    from livemon.live.watch_request import Style, ViewName

__all__ = ["run_demo", "train"]

Array = NDArray[np.float64]
Parameters = dict[str, Array]

STEPS_PER_SECOND = 100  # rows come as fast as in a small training, and every machine keeps up
BATCH = 32
POINTS_PER_CLASS = 800  # an epoch has 75 steps: two or more in the shortest demo, 26 in the usual 20 seconds
CLASSES = 3
STEPS_PER_EPOCH = POINTS_PER_CLASS * CLASSES // BATCH
STEPS_PER_CHECK = STEPS_PER_EPOCH // 3  # between validations, so that their curve has some 80 points
TURNS = 1.5  # turns of each spiral, and
NOISE = 0.35  # radians: so hard that the accuracy rises during the whole demo and stays below 1
HIDDEN = 48
PEAK_RATE = 0.003
LEAVE_SECONDS = 5.0  # for the training to note the interruption, before it is killed


def run_demo(
    dir: str | os.PathLike[str] | None = None,
    *,
    seconds: float = 20.0,
    view: ViewName = "auto",
    style: Style | None = None,
) -> int:
    """Train in another process and watch it here, until it has ended and its final plots are saved.

    Args:
        dir: The run's folder; by default `livemon-demo/spirals_<time>` below the current one.
        seconds: About how long the training takes.
        view, style: See `livemon.watch`.

    Returns:
        0 when all went well, 1 when the training failed.
    """
    from livemon.live.watching import watch
    from livemon.system.streams import put_message

    run = Path(dir) if dir is not None else Path("livemon-demo") / time.strftime("spirals_%Y%m%d_%H%M%S")
    run.mkdir(parents=True, exist_ok=True)
    if not 0 < seconds < 1e6:
        raise ValueError(f"--seconds is {seconds:g}; it must be above 0 and below 1,000,000")
    put_message(f"training for about {seconds:g} s in {run}")
    command = python_module("livemon.live.demo", str(run), str(seconds), "tied")
    # A separate process group, so that Ctrl-C in the terminal only reaches the watcher, which then ends the training.
    training = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
                                creationflags=background_flags())
    try:
        return watch(run, view=view, style=style)
    except KeyboardInterrupt:
        put_message(f"interrupted; what the training wrote until then is in {run}")
        raise
    finally:
        _end(training)


def _end(training: subprocess.Popen[bytes]) -> None:
    """Interrupt the training if it still runs, and wait for it."""
    if training.stdin is not None:
        training.stdin.close()  # this interrupts it, even if no signal can be sent
    try:
        training.wait(LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        training.kill()
        training.wait()


def train(run: str | os.PathLike[str], seconds: float = 20.0) -> float:
    """Train and record, in `seconds` or a little more. Returns the accuracy on points that it never saw."""
    from livemon.recording.recorder import record

    rng = np.random.default_rng(0)
    points, labels = make_spirals(rng, POINTS_PER_CLASS)
    unseen = make_spirals(rng, POINTS_PER_CLASS // 2)
    parameters = make_network(rng)
    adam = Adam(parameters)
    total = max(int(seconds * STEPS_PER_SECOND), 2 * STEPS_PER_EPOCH)
    config = {
        "task": "three spirals", "model": f"MLP 2-{HIDDEN}-{HIDDEN}-{CLASSES}", "optimizer": "Adam",
        "learning_rate": PEAK_RATE, "schedule": "warm-up, cosine", "batch_size": BATCH, "seed": 0,
    }
    accuracy, spent, order = 0.0, 0.0, np.arange(len(points))
    started = time.perf_counter()
    with record(run, config=config, total_steps=total) as log:
        for step in range(1, total + 1):
            step_started = time.perf_counter()
            batch = (step - 1) % STEPS_PER_EPOCH
            if batch == 0:
                order = rng.permutation(len(points))
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            loss, gradients = loss_and_gradients(parameters, points[chosen], labels[chosen])
            rate = learning_rate(step, total)
            adam.update(parameters, gradients, rate)
            spent += time.perf_counter() - step_started
            metrics = {
                "train_loss": loss,
                "grad_norm": float(np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))),
                "learning_rate": rate,
                "epoch": (step - 1) // STEPS_PER_EPOCH,
            }
            if step % STEPS_PER_CHECK == 0:
                metrics["samples_per_second"], spent = BATCH * STEPS_PER_CHECK / spent, 0.0
                metrics["val_loss"], _ = loss_and_gradients(parameters, *unseen)
                accuracy = metrics["val_acc"] = float((predict(parameters, unseen[0]).argmax(1) == unseen[1]).mean())
            log(metrics, step=step)
            # Slow down: the network is so small that there would be nothing to watch.
            time.sleep(max(started + step * seconds / total - time.perf_counter(), 0.0))
    return accuracy


def make_spirals(rng: np.random.Generator, per_class: int) -> tuple[Array, NDArray[np.int64]]:
    """Noisy points on interleaved spirals: points (n, 2) and their classes (n,), n = per_class * CLASSES."""
    labels = np.repeat(np.arange(CLASSES), per_class)
    radius = np.sqrt(rng.uniform(0.02, 1.0, labels.size))
    angle = 2 * np.pi * (radius * TURNS + labels / CLASSES) + rng.normal(0.0, NOISE, labels.size)
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle))), labels


def make_network(rng: np.random.Generator) -> Parameters:
    """Weights of the He initialisation (variance 2 / inputs), biases of zero."""
    sizes = (2, HIDDEN, HIDDEN, CLASSES)
    parameters: Parameters = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        parameters[f"w{layer}"] = rng.normal(0.0, np.sqrt(2.0 / inputs), (inputs, outputs))
        parameters[f"b{layer}"] = np.zeros(outputs)
    return parameters


def predict(parameters: Parameters, points: Array) -> Array:
    """The classes' scores, shape (n, CLASSES)."""
    return _layers(parameters, points)[-1]


def loss_and_gradients(parameters: Parameters, points: Array, labels: NDArray[np.int64]) -> tuple[float, Parameters]:
    """The mean cross-entropy in nats, and its gradient with respect to each parameter."""
    activations = _layers(parameters, points)
    scores = activations[-1] - activations[-1].max(1, keepdims=True)
    likely = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    rows = np.arange(len(labels))
    loss = float(-np.log(np.maximum(likely[rows, labels], 1e-12)).mean())
    error = likely.copy()
    error[rows, labels] -= 1.0
    error /= len(labels)
    gradients: Parameters = {}
    for layer in (2, 1, 0):
        gradients[f"w{layer}"] = activations[layer].T @ error
        gradients[f"b{layer}"] = error.sum(0)
        error = (error @ parameters[f"w{layer}"].T) * (activations[layer] > 0)
    return loss, gradients


def _layers(parameters: Parameters, points: Array) -> list[Array]:
    """The outputs of each layer, the points first."""
    first = np.maximum(points @ parameters["w0"] + parameters["b0"], 0.0)
    second = np.maximum(first @ parameters["w1"] + parameters["b1"], 0.0)
    return [points, first, second, second @ parameters["w2"] + parameters["b2"]]


def learning_rate(step: int, total: int) -> float:
    """Linear warm-up over the first twentieth, then half a cosine down to a hundredth of the peak."""
    warm = max(total // 20, 1)
    if step < warm:
        return PEAK_RATE * step / warm
    done = (step - warm) / max(total - warm, 1)
    return float(PEAK_RATE * (0.01 + 0.99 * 0.5 * (1.0 + np.cos(np.pi * done))))


@dataclass
class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1), with its usual constants."""

    parameters: Parameters

    def __post_init__(self) -> None:
        self._step = 0
        self._mean = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        self._square = {name: np.zeros_like(value) for name, value in self.parameters.items()}

    def update(self, parameters: Parameters, gradients: Parameters, rate: float) -> None:
        """Update the parameters in place."""
        self._step += 1
        for name, gradient in gradients.items():
            self._mean[name] = 0.9 * self._mean[name] + 0.1 * gradient
            self._square[name] = 0.999 * self._square[name] + 0.001 * gradient**2
            mean = self._mean[name] / (1 - 0.9**self._step)
            square = self._square[name] / (1 - 0.999**self._step)
            parameters[name] -= rate * mean / (np.sqrt(square) + 1e-8)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background processes without it
    if sys.argv[3:] == ["tied"]:
        end_with_input()
    try:
        train(sys.argv[1], float(sys.argv[2]))
    except KeyboardInterrupt:  # the recorder has noted it
        sys.exit(130)
