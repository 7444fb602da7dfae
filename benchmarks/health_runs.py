"""Labelled trainings, by which the health of runs is measured: small networks that NumPy really trains.

    python benchmarks/health_runs.py FOLDER         # writes them, below a second each

Each kind is a way in which trainings go, well or badly, and its label says which finding it is to have. The kinds and
seeds of `TUNED` are those on which the conditions were tuned; `HELD_OUT` were written before and looked at only when
that was done, `FRESH` after what they showed was mended. They log as people do: the loss at each step, the validation
at each epoch, some with the rate and the norm of the gradient, some with less.
"""

from __future__ import annotations

import csv
import itertools
import math
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Random = np.random.Generator
Array = np.ndarray
Row = dict[str, Any]
Schedule = Callable[[int], float]


# -- networks ----------------------------------------------------------------------------------------------------------


class Net:
    """A perceptron with its gradients.

    Args:
        sizes: Of the layers, the inputs first.
        loss: "ce", "mse" or "nll" (of a normal distribution whose mean and log variance are the two outputs).
        gain: Of the first weights; 1 is He's.
    """

    def __init__(self, random: Random, sizes: Sequence[int], loss: str = "ce", act: str = "relu", gain: float = 1.0):
        self.loss, self.act = loss, act
        self.weights = [random.normal(size=(a, b)) * gain * math.sqrt((2 if act == "relu" else 1) / a)
                        for a, b in itertools.pairwise(sizes)]
        if loss == "ce":
            self.weights[-1] *= 0.1
        self.biases = [np.zeros(b) for b in sizes[1:]]
        self.moments: list[list[Array]] = []
        self.count = 0

    @property
    def parts(self) -> list[Array]:
        return [*self.weights, *self.biases]

    def copy(self) -> Net:
        made = object.__new__(Net)
        made.loss, made.act, made.count = self.loss, self.act, 0
        made.weights, made.biases = [w.copy() for w in self.weights], [b.copy() for b in self.biases]
        made.moments = []
        return made

    def forward(self, x: Array, random: Random | None = None, dropout: float = 0.0) -> tuple[list[Array], list[Array]]:
        layers, masks = [x], []
        for place, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = layers[-1] @ w + b
            if place < len(self.weights) - 1:
                z = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
                     "linear": lambda z: z}[self.act](z)
                if dropout and random is not None:
                    mask = (random.random(z.shape) >= dropout) / (1 - dropout)
                    masks.append(mask)
                    z = z * mask
            layers.append(z)
        return layers, masks

    def losses(self, out: Array, y: Array) -> tuple[Array, Array]:
        """The loss of each sample, and its gradient by the outputs."""
        if self.loss == "ce":
            shifted = out - out.max(axis=1, keepdims=True)
            logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            each = -logs[np.arange(len(y)), y]
            gradient = np.exp(logs)
            gradient[np.arange(len(y)), y] -= 1
        elif self.loss == "mse":
            difference = out - y
            each, gradient = (difference**2).mean(axis=1), 2 * difference / y.shape[1]
        else:
            mean, log_var = out[:, 0], out[:, 1]
            error = y[:, 0] - mean
            each = 0.5 * (log_var + error**2 * np.exp(-log_var))
            gradient = np.stack([-error * np.exp(-log_var), 0.5 * (1 - error**2 * np.exp(-log_var))], axis=1)
        return each, gradient

    def gradients(self, x: Array, y: Array, random: Random | None = None, dropout: float = 0.0
                  ) -> tuple[float, list[Array]]:
        layers, masks = self.forward(x, random, dropout)
        each, back = self.losses(layers[-1], y)
        back = back / len(x)
        of_weights, of_biases = [], []
        for place in range(len(self.weights) - 1, -1, -1):
            of_weights.append(layers[place].T @ back)
            of_biases.append(back.sum(axis=0))
            if place:
                back = back @ self.weights[place].T
                h = layers[place]
                if masks:
                    back = back * masks[place - 1]
                back = back * {"relu": h > 0, "tanh": 1 - h * h, "sigmoid": h * (1 - h), "linear": 1.0}[self.act]
        return float(each.mean()), [*of_weights[::-1], *of_biases[::-1]]

    def step(self, gradients: Sequence[Array], rate: float, momentum: float, adam: bool, decay: float) -> None:
        if not self.moments:
            self.moments = [[np.zeros_like(p), np.zeros_like(p)] for p in self.parts]
        self.count += 1
        for part, gradient, moment in zip(self.parts, gradients, self.moments, strict=True):
            if adam:
                moment[0] += 0.1 * (gradient - moment[0])
                moment[1] += 0.001 * (gradient * gradient - moment[1])
                first = moment[0] / (1 - 0.9**self.count)
                part -= rate * (first / (np.sqrt(moment[1] / (1 - 0.999**self.count)) + 1e-8) + decay * part)
            else:
                moment[0] *= momentum
                moment[0] += gradient + decay * part
                part -= rate * moment[0]

    def evaluate(self, x: Array, y: Array) -> tuple[float, float]:
        out = self.forward(x)[0][-1]
        each, _ = self.losses(out, y)
        right = float((out.argmax(axis=1) == y).mean()) if self.loss == "ce" else math.nan
        return float(each.mean()), right


# -- data --------------------------------------------------------------------------------------------------------------


@dataclass
class Data:
    x: Array
    y: Array
    val_x: Array
    val_y: Array


def clusters(random: Random, n: int = 2000, classes: int = 10, dims: int = 16, noise: float = 1.0, wrong: float = 0.0,
             n_val: int = 500) -> Data:
    """Classes of two clusters each; `wrong`: which part of the labels is."""
    means = random.normal(size=(classes, 2, dims)) * 1.1
    labels = random.integers(classes, size=n + n_val)
    x = means[labels, random.integers(2, size=n + n_val)] + random.normal(size=(n + n_val, dims)) * noise
    y = np.where(random.random(n + n_val) < wrong, random.integers(classes, size=n + n_val), labels)
    return Data(x[:n], y[:n], x[n:], y[n:])


def regression(random: Random, n: int = 2000, dims: int = 8, noise: float = 0.3, curved: bool = True) -> Data:
    x = random.normal(size=(n + 500, dims))
    w = random.normal(size=(dims, 1))
    y = x @ w / math.sqrt(dims)
    y = (np.sin(2 * y) if curved else y) + random.normal(size=y.shape) * noise
    return Data(x[:n], y[:n], x[n:], y[n:])


def text(random: Random, n: int = 4000, letters: int = 30) -> Data:
    """What follows two letters, by a Markov chain."""
    chances = random.dirichlet(np.full(letters, 0.15), size=(letters, letters // 5))
    written = [0, 1]
    for _ in range(n + 1000):
        written.append(int(random.choice(letters, p=chances[written[-1], written[-2] % (letters // 5)])))
    codes = np.eye(letters)[written]
    x, y = np.concatenate([codes[:-2], codes[1:-1]], axis=1), np.array(written[2:])
    return Data(x[:n], y[:n], x[n:], y[n:])


def parity(random: Random, n: int = 2000, bits: int = 3, dims: int = 10) -> Data:
    x = random.choice([-1.0, 1.0], size=(n + 500, dims))
    y = (np.prod(x[:, :bits], axis=1) > 0).astype(np.int64)
    return Data(x[:n], y[:n], x[n:], y[n:])


# -- rates -------------------------------------------------------------------------------------------------------------


def constant(rate: float) -> Schedule:
    return lambda step: rate


def cosine(rate: float, steps: int, warmup: int = 0) -> Schedule:
    def at(step: int) -> float:
        if step < warmup:
            return rate * (step + 1) / warmup
        return rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(steps - 1 - warmup, 1)))
    return at


def restarts(rate: float, cycle: int) -> Schedule:
    return lambda step: rate * 0.5 * (1 + math.cos(math.pi * (step % cycle) / cycle))


def decays(rate: float, steps: int) -> Schedule:
    return lambda step: rate * (1 if step < steps // 2 else 0.1 if step < 3 * steps // 4 else 0.01)


# -- training ----------------------------------------------------------------------------------------------------------


@dataclass
class Fit:
    """How a network is trained and what is logged.

    Attributes:
        columns: What is logged; `names` calls it otherwise.
        meddle: Called before each step with (step, net, x, y, rate): gives x, y and rate.
    """

    data: Data
    net: Net
    rate: Schedule
    steps: int
    batch: int = 32
    momentum: float = 0.9
    adam: bool = False
    dropout: float = 0.0
    decay: float = 0.0
    log_every: int = 1
    val_every: int = 50
    columns: Sequence[str] = ("step", "epoch", "train_loss", "val_loss", "val_acc", "lr", "grad_norm")
    names: Mapping[str, str] = field(default_factory=dict)
    meddle: Callable[[int, Net, Array, Array, float], tuple[Array, Array, float]] | None = None
    by_epoch: bool = False
    first_step: int = 0

    @np.errstate(all="ignore")
    def run(self, random: Random) -> list[Row]:
        rows: list[Row] = []
        per_epoch = max(len(self.data.x) // self.batch, 1)
        window: list[float] = []
        for step in range(self.first_step, self.steps):
            at = random.integers(len(self.data.x), size=min(self.batch, len(self.data.x)))
            x, y, rate = self.data.x[at], self.data.y[at], self.rate(step)
            if self.meddle is not None:
                x, y, rate = self.meddle(step, self.net, x, y, rate)
            loss, gradients = self.net.gradients(x, y, random, self.dropout)
            norm = math.sqrt(sum(float((g * g).sum()) for g in gradients))
            self.net.step(gradients, rate, self.momentum, self.adam, self.decay)
            window.append(loss)
            last_of_epoch = (step + 1) % per_epoch == 0
            row: Row = {"step": step, "epoch": step // per_epoch, "lr": rate, "grad_norm": norm,
                        "train_loss": float(np.mean(window)), "train_ppl": math.exp(min(np.mean(window), 700))}
            validates = last_of_epoch if self.by_epoch else (step + 1) % self.val_every == 0
            if validates and ("val_loss" in self.columns or "val_acc" in self.columns):
                loss, right = self.net.evaluate(self.data.val_x, self.data.val_y)
                row |= {"val_loss": loss, "val_ppl": math.exp(min(loss, 700))}
                row |= {"val_acc": right} if self.net.loss == "ce" else {}
            if validates or (not self.by_epoch and (step + 1) % self.log_every == 0):
                rows.append({self.names.get(key, key): row[key] for key in self.columns if key in row})
                window = []
        return rows


LOSS_ONLY = ("step", "train_loss")
NO_RATE = ("step", "epoch", "train_loss", "val_loss")
MOST = ("step", "train_loss", "val_loss", "lr")


def mlp(random: Random, data: Data, *hidden: int, act: str = "relu", gain: float = 1.0) -> Net:
    return Net(random, [data.x.shape[1], *(hidden or (32,)), int(data.y.max()) + 1], "ce", act, gain)


def regressor(random: Random, data: Data, *hidden: int) -> Net:
    return Net(random, [data.x.shape[1], *hidden, data.y.shape[1]], "mse")


def some(random: Random, *choices: Any) -> Any:
    return choices[int(random.integers(len(choices)))]


# -- healthy, tuned on -------------------------------------------------------------------------------------------------


def h_cosine(random: Random) -> list[Row]:
    data, steps = clusters(random), int(random.integers(600, 1200))
    return Fit(data, mlp(random, data, 48), cosine(0.05, steps), steps).run(random)


def h_batch_of_4(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data), constant(0.01), 1500, batch=4, momentum=0.5, columns=MOST).run(random)


def h_constant(random: Random) -> list[Row]:
    data = clusters(random, noise=0.8)
    return Fit(data, mlp(random, data), constant(0.02), 800, columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


def h_warm_restarts(random: Random) -> list[Row]:
    data = clusters(random)
    columns = some(random, LOSS_ONLY, MOST, NO_RATE)
    return Fit(data, mlp(random, data), restarts(0.08, 250), 1000, columns=columns).run(random)


def h_curriculum(random: Random) -> list[Row]:
    """An easy half of the classes first, then all."""
    data = clusters(random)
    easy = np.flatnonzero(data.y < 4)
    start = int(random.integers(250, 450))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step < start:
            at = random.choice(easy, size=len(x))
            return data.x[at], data.y[at], rate
        return x, y, rate

    columns = some(random, LOSS_ONLY, NO_RATE, MOST)
    return Fit(data, mlp(random, data), constant(0.03), 1000, meddle=meddle, columns=columns).run(random)


def h_step_decay(random: Random) -> list[Row]:
    data = clusters(random, noise=1.2)
    return Fit(data, mlp(random, data), decays(0.05, 900), 900).run(random)


def h_finetune(random: Random) -> list[Row]:
    """From a network that has converged on the same data."""
    data = clusters(random, noise=0.8)
    net = mlp(random, data, 48)
    Fit(data, net, cosine(0.05, 1200), 1200, columns=LOSS_ONLY).run(random)
    columns = some(random, LOSS_ONLY, MOST, NO_RATE, ("step", "epoch", "train_loss", "val_loss", "val_acc"))
    return Fit(data, net.copy(), constant(0.002), 600, columns=columns).run(random)


def h_noise_floor(random: Random) -> list[Row]:
    """Linear regression: at the noise after some steps, and then for ever."""
    data = regression(random, noise=0.5, curved=False)
    return Fit(data, regressor(random, data), constant(0.02), 1000, columns=some(random, LOSS_ONLY, NO_RATE, MOST),
               ).run(random)


def h_dropout(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data, 64), cosine(0.05, 900), 900, dropout=0.4).run(random)


def h_negative_nll(random: Random) -> list[Row]:
    data = regression(random, noise=0.05, curved=False)
    net = Net(random, [8, 24, 2], "nll", "tanh")
    return Fit(data, net, constant(3e-3), 900, adam=True, columns=some(random, LOSS_ONLY, NO_RATE, MOST)).run(random)


# -- faulty, tuned on --------------------------------------------------------------------------------------------------


def f_nan(random: Random) -> list[Row]:
    data, at = clusters(random), int(random.integers(150, 600))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            x = x.copy()
            x[0, 0] = math.nan
        return x, y, rate

    return Fit(data, mlp(random, data), constant(0.02), 700, meddle=meddle,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


def f_diverges_at_once(random: Random) -> list[Row]:
    data = some(random, clusters, regression)(random)
    net = mlp(random, data) if data.y.ndim == 1 else regressor(random, data)
    rate = float(random.uniform(4, 20)) if data.y.ndim == 1 else float(random.uniform(0.7, 1.5))
    return Fit(data, net, constant(rate), 400, columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


def f_diverges_late(random: Random) -> list[Row]:
    """The rate jumps to many times what it was."""
    data, at, steps = clusters(random), int(random.integers(300, 500)), 700
    rate, times = cosine(0.05, steps), float(random.uniform(60, 300))
    return Fit(data, mlp(random, data), lambda step: rate(step) * (times if step >= at else 1), steps,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


def f_spikes(random: Random) -> list[Row]:
    """Batches of which the inputs are many times too large, or with a rate that is."""
    data, ats = clusters(random), set(random.integers(150, 850, size=int(random.integers(1, 4))).tolist())
    rates = bool(random.integers(2))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step not in ats:
            return x, y, rate
        return (x, y, rate * 150) if rates else (x * 40, y, rate)

    return Fit(data, mlp(random, data), constant(0.02), 900, meddle=meddle,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


def f_overfits_40(random: Random) -> list[Row]:
    data = clusters(random, n=40)
    return Fit(data, mlp(random, data, 64), constant(0.01), 900, batch=16, val_every=5,
               columns=some(random, NO_RATE, MOST, ("step", "train_loss", "val_loss", "val_acc"))).run(random)


def f_dead_relu(random: Random) -> list[Row]:
    data = clusters(random)
    net = mlp(random, data)
    net.biases[0] -= 60.0
    return Fit(data, net, constant(0.02), 600, columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


def f_rate_too_low(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data), constant(1e-5), 600, momentum=0.0,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


def f_rate_zeroed(random: Random) -> list[Row]:
    data, at = clusters(random), int(random.integers(200, 400))
    return Fit(data, mlp(random, data), lambda step: 0.01 if step < at else 0.0, 700,
               columns=some(random, MOST, ("step", "epoch", "train_loss", "val_loss", "val_acc", "lr", "grad_norm")),
               ).run(random)


def f_drifts(random: Random) -> list[Row]:
    """The rate grows by a part of itself at each step, until the training does not stand it any more."""
    data, growth = clusters(random), float(random.uniform(1.008, 1.012))
    rate = constant(0.01)
    return Fit(data, mlp(random, data), lambda step: rate(step) * growth**step, 900, momentum=0.0,
               columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


# -- healthy, held out -------------------------------------------------------------------------------------------------


def h_language(random: Random) -> list[Row]:
    data, steps = text(random), 900
    return Fit(data, mlp(random, data, 48), cosine(5e-3, steps, warmup=90), steps, adam=True, val_every=60,
               columns=("step", "train_loss", "train_ppl", "val_loss", "val_ppl", "lr", "grad_norm"),
               names={"train_ppl": "train_perplexity", "val_ppl": "val_perplexity", "lr": "learning_rate"}).run(random)


def h_one_cycle(random: Random) -> list[Row]:
    data, steps = clusters(random), 900
    up, down = cosine(0.25, steps, warmup=250), constant(0.0)
    return Fit(data, mlp(random, data), lambda step: up(step) + down(step), steps, columns=LOSS_ONLY).run(random)


def h_autoencoder(random: Random) -> list[Row]:
    """Without noise: the loss falls to nothing, over many decades."""
    codes = random.normal(size=(1500, 3)) @ random.normal(size=(3, 12)) / 2
    data = Data(codes[:1200], codes[:1200], codes[1200:], codes[1200:])
    net = Net(random, [12, 6, 12], "mse", "linear", 0.5)
    return Fit(data, net, cosine(0.1, 1200), 1200, columns=some(random, LOSS_ONLY, NO_RATE),
               names={"train_loss": "train/mse", "val_loss": "val/mse"}).run(random)


def h_wrong_labels(random: Random) -> list[Row]:
    data = clusters(random, wrong=0.25, n=4000)
    return Fit(data, mlp(random, data, 24), decays(0.05, 1000), 1000, decay=1e-3, batch=16,
               columns=("step", "train_loss", "val_loss", "val_acc")).run(random)


def h_resumed(random: Random) -> list[Row]:
    """Killed at some step, and gone on from a checkpoint 60 steps before; the optimizer starts anew."""
    data = clusters(random)
    net, stop = mlp(random, data), int(random.integers(350, 500))
    first = Fit(data, net, constant(0.03), stop - 60).run(random)
    kept = net.copy()
    lost = Fit(data, net, constant(0.03), stop, first_step=stop - 60).run(random)
    return first + lost + Fit(data, kept, constant(0.03), 900, first_step=stop - 60).run(random)


def h_each_epoch(random: Random) -> list[Row]:
    data = clusters(random, n=1600)
    return Fit(data, mlp(random, data), cosine(0.05, 50 * 40), 50 * 40, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss", "val_acc"),
               names={"train_loss": "loss", "val_acc": "val_accuracy"}).run(random)


def h_slow_start(random: Random) -> list[Row]:
    """Parity: long at chance, then learned."""
    data = parity(random)
    return Fit(data, mlp(random, data, 48), constant(0.12), 2500, momentum=0.8, log_every=2, val_every=100,
               columns=("step", "train_loss", "val_loss", "val_acc", "lr")).run(random)


def h_two_tasks(random: Random) -> list[Row]:
    """Batches of an easy and of a hard task in turn."""
    data, hard = clusters(random, noise=0.6), clusters(random, wrong=0.5)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        at = random.integers(len(hard.x), size=len(x))
        return (hard.x[at], hard.y[at], rate) if random.random() < 0.3 else (x, y, rate)

    return Fit(data, mlp(random, data), constant(0.02), 1000, meddle=meddle, columns=("step", "train_loss", "lr"),
               ).run(random)


def h_penalty_ramp(random: Random) -> list[Row]:
    """A penalty on the weights whose factor grows as planned: the loss that is logged rises a little while it does."""
    data = clusters(random)
    net = mlp(random, data)
    fit = Fit(data, net, constant(0.02), 1000, columns=LOSS_ONLY)
    rows, factor = [], 0.0
    for step in range(1000):
        factor = 2e-4 * min(step / 600, 1.0)
        fit.first_step, fit.steps, fit.decay = step, step + 1, 2 * factor
        row = fit.run(random)[0]
        rows.append(row | {"train_loss": row["train_loss"] + factor * sum(float((w**2).sum()) for w in net.weights)})
    return rows


def h_triangular(random: Random) -> list[Row]:
    data = clusters(random)

    def rate(step: int) -> float:
        return 0.005 + 0.1 * (1 - abs(step % 300 - 150) / 150)

    return Fit(data, mlp(random, data), rate, 1200, columns=some(random, LOSS_ONLY, MOST)).run(random)


def h_three_jumps(random: Random) -> list[Row]:
    """A task that is made harder three times."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        at = random.choice(np.flatnonzero(data.y < (3, 5, 8, 10)[min(step // 300, 3)]), size=len(x))
        return data.x[at], data.y[at], rate

    return Fit(data, mlp(random, data), constant(0.03), 1200, meddle=meddle,
               columns=some(random, LOSS_ONLY, MOST)).run(random)


def h_mixed_precision(random: Random) -> list[Row]:
    """The first norms of the gradient are infinite, until the loss scale fits; those steps are skipped."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.05, 700, 50), 700).run(random)
    for row in rows[:6]:
        row["grad_norm"] = math.inf
    return rows


def h_nan_for_none(random: Random) -> list[Row]:
    """A validation that is logged as nan at each step that has none."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.05, 700), 700, columns=MOST).run(random)
    return [row | {"val_loss": row.get("val_loss", math.nan)} for row in rows]


def h_short(random: Random) -> list[Row]:
    data = clusters(random, noise=0.7)
    return Fit(data, mlp(random, data), constant(0.05), 80, val_every=10, columns=MOST).run(random)


def h_finetunes_language(random: Random) -> list[Row]:
    """A language model that goes on with the same text: its loss is far from nothing, and stays."""
    data = text(random)
    net = mlp(random, data, 48)
    Fit(data, net, constant(4e-3), 1200, adam=True, columns=LOSS_ONLY).run(random)
    return Fit(data, net.copy(), cosine(5e-4, 500), 500, adam=True, columns=("step", "train_loss", "val_loss", "lr"),
               val_every=25, names={"train_loss": "loss", "val_loss": "eval_loss", "lr": "learning_rate"}).run(random)


def h_each_tenth(random: Random) -> list[Row]:
    data = clusters(random, noise=0.9)
    return Fit(data, mlp(random, data), cosine(0.03, 2000), 2000, log_every=10, val_every=100,
               names={"train_loss": "loss", "val_loss": "eval_loss"}).run(random)


def h_chain(random: Random) -> list[Row]:
    return chain(random, 600)


# -- faulty, held out --------------------------------------------------------------------------------------------------


def f_infinite(random: Random) -> list[Row]:
    """Regression whose logged loss overflows, then is no number."""
    data = regression(random, curved=False)
    rate = constant(0.02)
    at = int(random.integers(120, 300))
    return Fit(data, regressor(random, data), lambda step: rate(step) if step < at else 9e3, 500, columns=NO_RATE,
               ).run(random)


def f_momentum(random: Random) -> list[Row]:
    """A momentum above one."""
    data = clusters(random)
    return Fit(data, mlp(random, data), constant(0.01), 500, momentum=float(random.uniform(1.01, 1.03)),
               columns=some(random, LOSS_ONLY, MOST)).run(random)


def f_one_bad_batch(random: Random) -> list[Row]:
    """A batch of the language model with random letters, and a rate that is too high for it."""
    data, at = text(random), int(random.integers(300, 800))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        return (x * 25, random.integers(30, size=len(y)), rate) if step == at else (x, y, rate)

    return Fit(data, mlp(random, data, 48), cosine(5e-3, 900, 90), 900, adam=True, meddle=meddle,
               columns=("step", "train_loss", "val_loss", "lr")).run(random)


def f_overfits_text(random: Random) -> list[Row]:
    data = text(random, n=300)
    return Fit(data, mlp(random, data, 64), constant(5e-3), 700, adam=True, val_every=25,
               columns=("step", "train_loss", "val_loss"), names={"train_loss": "loss", "val_loss": "eval_loss"},
               ).run(random)


def f_overfits_curve(random: Random) -> list[Row]:
    data = regression(random, n=50, noise=0.6)
    net = Net(random, [8, 100, 1], "mse", "tanh")
    return Fit(data, net, constant(5e-3), 80 * 10, batch=5, adam=True, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss")).run(random)


def f_overfits_wrong_labels(random: Random) -> list[Row]:
    data = clusters(random, n=300, wrong=0.4)
    return Fit(data, mlp(random, data, 128), constant(0.05), 1500, val_every=30).run(random)


def f_shuffled_labels(random: Random) -> list[Row]:
    data = clusters(random, n=20_000)
    data.y[:] = random.permutation(data.y)
    return Fit(data, mlp(random, data, 8), constant(0.01), 700, columns=some(random, MOST, NO_RATE)).run(random)


def f_zero_weights(random: Random) -> list[Row]:
    data = text(random)
    net = mlp(random, data, 48)
    for part in net.parts:
        part *= 0
    return Fit(data, net, constant(1e-4), 500, momentum=0.0, columns=some(random, LOSS_ONLY, MOST)).run(random)


def f_frozen(random: Random) -> list[Row]:
    """The optimizer was given the parameters of another network."""
    data = clusters(random)
    net = mlp(random, data)
    still = net.copy()

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for part, kept in zip(net.parts, still.parts, strict=True):
            part[:] = kept
        return x, y, rate

    return Fit(data, net, constant(0.02), 500, meddle=meddle, columns=some(
        random, LOSS_ONLY, NO_RATE, ("step", "train_loss", "val_loss", "val_acc"))).run(random)


def f_rate_by_step(random: Random) -> list[Row]:
    """A schedule that is meant to be asked each epoch, and is asked each step: its rate is nothing soon."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.05 * 0.9**step, 700, columns=MOST,
               names={"lr": "learning_rate"}).run(random)


def f_policy_collapses(random: Random) -> list[Row]:
    return chain(random, 600, int(random.integers(300, 420)))


def f_deep(random: Random) -> list[Row]:
    """Ten layers of sigmoids: no gradient arrives."""
    data = clusters(random)
    return Fit(data, mlp(random, data, *[16] * 10, act="sigmoid"), constant(0.01), 500,
               columns=("step", "train_loss", "lr", "grad_norm")).run(random)


def chain(random: Random, updates: int, breaks_at: int | None = None, states: int = 6) -> list[Row]:
    """REINFORCE on a chain of states, at whose end a reward is; at some update the rate becomes 60 times as high and
    the advantage has the wrong sign, where it is to break."""
    policy, rows, rate = np.zeros((states, 2)), [], 0.25
    baseline = 0.0
    for update in range(updates):
        gradient, returns, entropy, steps = np.zeros_like(policy), [], 0.0, 0
        broken = breaks_at is not None and update >= breaks_at
        before = policy.copy()
        for _ in range(8):
            state, score, seen = 0, 0.0, []
            for _ in range(3 * states):
                chances = np.exp(policy[state] - policy[state].max())
                chances /= chances.sum()
                entropy -= float((chances * np.log(chances + 1e-12)).sum())
                steps += 1
                action = int(random.random() < chances[1])
                seen.append((state, action, chances))
                state = min(state + 1, states - 1) if action else max(state - 1, 0)
                score += 1.0 if state == states - 1 else -0.05
            returns.append(score + random.normal() * 0.3)
            for state, action, chances in seen:
                gradient[state] += (np.eye(2)[action] - chances) * (score - baseline)
        baseline += 0.1 * (float(np.mean(returns)) - baseline)
        policy += (-60 if broken else 1) * rate * gradient / (8 * 3 * states)
        policy = np.clip(policy, -8, 8)
        rows.append({"step": update, "rollout/ep_rew_mean": float(np.mean(returns)), "train/entropy": entropy / steps,
                     "train/approx_kl": float(np.abs(policy - before).mean()) ** 2,
                     "train/policy_gradient_loss": float(-np.abs(gradient).mean() + random.normal() * 0.01)})
    return rows


# -- the list ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A way in which trainings go.

    Attributes:
        expected: The kinds of findings of which it is to have one; () for a healthy training.
    """

    train: Callable[[Random], list[Row]]
    expected: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.train.__name__[2:]

    @property
    def healthy(self) -> bool:
        return not self.expected


HEALTHY_TUNED = [Kind(train) for train in (
    h_cosine, h_batch_of_4, h_constant, h_warm_restarts, h_curriculum, h_step_decay, h_finetune, h_noise_floor,
    h_dropout, h_negative_nll)]
FAULTY_TUNED = [
    Kind(f_nan, ("nan",)), Kind(f_diverges_at_once, ("divergence", "nan")), Kind(f_diverges_late, ("divergence",)),
    Kind(f_spikes, ("spike",)), Kind(f_overfits_40, ("overfitting",)), Kind(f_dead_relu, ("not_learning",)),
    Kind(f_rate_too_low, ("not_learning",)), Kind(f_rate_zeroed, ("learning_rate",)), Kind(f_drifts, ("divergence",))]
HEALTHY_HELD_OUT = [Kind(train) for train in (
    h_language, h_one_cycle, h_autoencoder, h_wrong_labels, h_resumed, h_each_epoch, h_slow_start, h_two_tasks,
    h_penalty_ramp, h_triangular, h_three_jumps, h_mixed_precision, h_nan_for_none, h_short, h_finetunes_language,
    h_each_tenth, h_chain)]
FAULTY_HELD_OUT = [
    Kind(f_infinite, ("nan", "divergence")), Kind(f_momentum, ("divergence", "nan")), Kind(f_one_bad_batch, ("spike",)),
    Kind(f_overfits_text, ("overfitting",)), Kind(f_overfits_curve, ("overfitting",)),
    Kind(f_overfits_wrong_labels, ("overfitting",)), Kind(f_shuffled_labels, ("not_learning",)),
    Kind(f_zero_weights, ("not_learning",)), Kind(f_frozen, ("not_learning",)),
    Kind(f_rate_by_step, ("learning_rate",)), Kind(f_policy_collapses, ("collapse",)),
    Kind(f_deep, ("not_learning", "gradient"))]

TUNED = [(kind, seed) for kind in HEALTHY_TUNED + FAULTY_TUNED for seed in range(5)]
HELD_OUT_SEEDS = [(kind, seed) for kind in HEALTHY_TUNED + FAULTY_TUNED for seed in range(100, 106)]
HELD_OUT_KINDS = [(kind, seed) for kind in HEALTHY_HELD_OUT + FAULTY_HELD_OUT for seed in range(200, 204)]
# The first look at those two sets showed what was mended then; these seeds of all kinds were looked at after that.
FRESH = [(kind, seed) for kinds in (HEALTHY_TUNED, HEALTHY_HELD_OUT, FAULTY_TUNED, FAULTY_HELD_OUT)
         for kind in kinds for seed in range(300, 304 + kinds[0].healthy)]
SETS = {"tuned": TUNED, "seeds": HELD_OUT_SEEDS, "kinds": HELD_OUT_KINDS, "fresh": FRESH}


def write_run(folder: Path, kind: Kind, seed: int) -> Path:
    """Train and write `metrics.csv`, unless it is there; its path."""
    path = folder / f"{'healthy' if kind.healthy else 'faulty'}_{kind.name}_{seed}" / "metrics.csv"
    if not path.exists():
        rows = kind.train(np.random.default_rng([seed, zlib.crc32(kind.name.encode())]))
        columns = list(dict.fromkeys(key for row in rows for key in row))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return path


def main() -> None:
    folder, start = Path(sys.argv[1]), time.monotonic()
    for name, runs in SETS.items():
        for kind, seed in runs:
            write_run(folder / name, kind, seed)
        print(f"{name}: {len(runs)} runs, {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
