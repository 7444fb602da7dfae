"""Small networks, really trained with NumPy, their data and schedules, and their logs: the parts of the labelled
trainings in the other modules."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

Random = np.random.Generator
Array = np.ndarray
Row = dict[str, Any]
Schedule = Callable[[int], float]
Loss = Callable[[Array, Array], tuple[Array, Array]]  # the loss of each sample, and its gradient by the output

MOVED = "moved"  # how far a fault moved the loss, in noise scales of the rows before it; it is not logged
_SOON, _BEFORE = 10, 60  # rows

# -- networks ----------------------------------------------------------------------------------------------------------


class Net:
    """A perceptron with its gradients.

    Args:
        sizes: The sizes of the layers, the inputs first.
        loss: "ce", "mse" or "nll" (for a normal distribution with mean and log variance as the two outputs), or a
            function of outputs and targets.
        gain: The scale of the initial weights; 1 is He's.
    """

    def __init__(self, random: Random, sizes: Sequence[int], loss: str | Loss = "ce", act: str = "relu",
                 gain: float = 1.0):  # fmt: skip
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
        """The loss of each sample, and its gradient with respect to the outputs."""
        if not isinstance(self.loss, str):
            return self.loss(out, y)
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
        return float(each.mean()), self.backward(layers, masks, back / len(x))[0]

    def backward(self, layers: list[Array], masks: list[Array], back: Array) -> tuple[list[Array], Array]:
        """The gradients with respect to the weights and the inputs. `back`: those with respect to the outputs."""
        of_weights, of_biases = [], []
        for place in range(len(self.weights) - 1, -1, -1):
            of_weights.append(layers[place].T @ back)
            of_biases.append(back.sum(axis=0))
            back = back @ self.weights[place].T
            if place:
                h = layers[place]
                if masks:
                    back = back * masks[place - 1]
                back = back * {"relu": h > 0, "tanh": 1 - h * h, "sigmoid": h * (1 - h), "linear": 1.0}[self.act]
        return [*of_weights[::-1], *of_biases[::-1]], back

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
    """Classes of two clusters each; `wrong`: the share of wrong labels."""
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
    """The letter after two others, by a Markov chain."""
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
    """How a network is trained, and what is logged.

    Attributes:
        columns: What is logged; `names` calls it otherwise.
        meddle: Called before each step with (step, net, x, y, rate): gives x, y and rate.
        faults: The steps at which something is injected that is to move the loss. From the first one on a twin is
            trained on the same batches without it; how far the two losses lie apart is `MOVED` in the first row.
        evaluated: The network that is validated, where it is another.
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
    evaluated: Net | None = None
    faults: Collection[int] = ()

    @np.errstate(all="ignore")
    def run(self, random: Random) -> list[Row]:
        rows: list[Row] = []
        per_epoch = max(len(self.data.x) // self.batch, 1)
        window: list[float] = []
        twin: Net | None = None
        of_twin: list[float] = []
        losses: list[tuple[int, float, float]] = []  # the step, the loss, and that of the twin
        for step in range(self.first_step, self.steps):
            at = random.integers(len(self.data.x), size=min(self.batch, len(self.data.x)))
            x, y, rate = self.data.x[at], self.data.y[at], self.rate(step)
            if step in self.faults and twin is None:
                twin = copy.deepcopy(self.net)
            if twin is not None:
                usual = next(earlier for earlier in range(step, -1, -1) if earlier not in self.faults)
                without, gradients = twin.gradients(x, y)
                twin.step(gradients, self.rate(usual), self.momentum, self.adam, self.decay)
            if self.meddle is not None:
                x, y, rate = self.meddle(step, self.net, x, y, rate)
            loss, gradients = self.net.gradients(x, y, random, self.dropout)
            norm = math.sqrt(sum(float((g * g).sum()) for g in gradients))
            self.net.step(gradients, rate, self.momentum, self.adam, self.decay)
            window.append(loss)
            of_twin.append(loss if twin is None else without)
            last_of_epoch = (step + 1) % per_epoch == 0
            row: Row = {"step": step, "epoch": step // per_epoch, "lr": rate, "grad_norm": norm,
                        "train_loss": float(np.mean(window)), "train_ppl": math.exp(min(np.mean(window), 700))}
            validates = last_of_epoch if self.by_epoch else (step + 1) % self.val_every == 0
            if validates and ("val_loss" in self.columns or "val_acc" in self.columns):
                loss, right = (self.evaluated or self.net).evaluate(self.data.val_x, self.data.val_y)
                row |= {"val_loss": loss, "val_ppl": math.exp(min(loss, 700))}
                row |= {"val_acc": right} if self.net.loss == "ce" else {}
            if validates or (not self.by_epoch and (step + 1) % self.log_every == 0):
                rows.append({self.names.get(key, key): row[key] for key in self.columns if key in row})
                losses.append((step, float(np.mean(window)), float(np.mean(of_twin))))
                window, of_twin = [], []
        return [rows[0] | {MOVED: self.moved(np.array(losses))}, *rows[1:]] if self.faults else rows

    def moved(self, losses: Array) -> float:
        """How far the faults moved the loss at most within some rows, in noise scales of the rows before.

        Args:
            losses: A row each, with its step, its loss, and the loss without the faults.
        """
        most = 0.0
        for fault in self.faults:
            at = int(np.searchsorted(losses[:, 0], fault))
            noise = 1.4826 * np.median(np.abs(np.diff(losses[max(at - _BEFORE, 0) : at, 1]))) / math.sqrt(2)
            apart = losses[at : at + _SOON, 1] - losses[at : at + _SOON, 2]
            most = max(most, float(np.nan_to_num(apart, nan=math.inf).max()) / noise)
        return most


def kept(parts: Sequence[Array], until: float = math.inf) -> Callable[..., tuple[Array, Array, float]]:
    """A `meddle` that puts these weights back at each step before `until`: they are not trained."""
    before = [part.copy() for part in parts]

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for part, own in zip(parts, before, strict=True) if step < until else ():
            part[:] = own
        return x, y, rate

    return meddle


LOSS_ONLY = ("step", "train_loss")
NO_RATE = ("step", "epoch", "train_loss", "val_loss")
MOST = ("step", "train_loss", "val_loss", "lr")
WITH_SCORE = ("step", "train_loss", "val_loss", "val_acc")


def mlp(random: Random, data: Data, *hidden: int, act: str = "relu", gain: float = 1.0) -> Net:
    return Net(random, [data.x.shape[1], *(hidden or (32,)), int(data.y.max()) + 1], "ce", act, gain)


def regressor(random: Random, data: Data, *hidden: int) -> Net:
    return Net(random, [data.x.shape[1], *hidden, data.y.shape[1]], "mse")


def some(random: Random, *choices: Any) -> Any:
    return choices[int(random.integers(len(choices)))]


def chain(random: Random, updates: int, breaks_at: int | None = None, states: int = 6) -> list[Row]:
    """REINFORCE on a chain of states with a reward at its end; at `breaks_at` the rate becomes 60 times as high and the
    advantage gets the wrong sign."""
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


# -- labels ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A way in which trainings go.

    Attributes:
        expected: The kinds of findings, of which one is expected; () for a healthy training.
        row: The row in which the fault is first visible, where the run's twin says so; -1 for none.
    """

    train: Callable[[Random], list[Row]]
    expected: tuple[str, ...] = ()
    row: int = -1

    @property
    def name(self) -> str:
        return self.train.__name__[2:]

    @property
    def healthy(self) -> bool:
        return not self.expected


def expects(*findings: str) -> Callable[[Any], Any]:
    """Label a training as faulty: one of these kinds of findings is expected."""

    def label(train: Any) -> Any:
        train.expected = findings
        return train

    return label


def kinds(module: ModuleType) -> list[Kind]:
    """The kinds of a module, in its order: `h_...` are healthy, `f_...` faulty."""
    return [Kind(train, getattr(train, "expected", ())) for name, train in vars(module).items()
            if name.startswith(("h_", "f_"))]
