"""An eighth set of labelled trainings, by an outsider's reading of what monitors are to find: written before any code
of livemon/health was read, labelled by twins (see `twins`), looked at once.

Each seed draws how it is logged: the names, every how many steps, with or without validation, rate and norm.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .held_out_6 import Recurrent, bags, sequences, softmax
from .training import (
    Array,
    Data,
    Fit,
    Net,
    Random,
    Row,
    Schedule,
    chain,
    clusters,
    constant,
    cosine,
    kept,
    mlp,
    parity,
    regression,
    regressor,
    some,
    text,
)
from .twins import COST, ends_worse, leaps, worse_validation

_NAMES: tuple[dict[str, str], ...] = (
    {"step": "step", "train_loss": "loss", "val_loss": "val_loss", "val_acc": "val_accuracy", "lr": "lr"},
    {"step": "global_step", "train_loss": "train/loss", "val_loss": "val/loss", "val_acc": "val/acc",
     "lr": "train/learning_rate", "grad_norm": "train/grad_norm"},
    {"step": "iter", "train_loss": "Loss/train", "val_loss": "Loss/valid", "val_acc": "Accuracy/valid", "lr": "LR",
     "grad_norm": "gnorm"},
    {"step": "step", "train_loss": "training_loss", "val_loss": "eval_loss", "val_acc": "eval_accuracy",
     "lr": "learning_rate", "grad_norm": "gradient_norm"},
    {"step": "iteration", "train_loss": "tr_loss", "val_loss": "test_loss", "val_acc": "test_acc", "lr": "eta"},
)  # fmt: skip


class Log:
    """How a run is logged; `rows` rows, a mean of `every` steps each."""

    def __init__(self, random: Random, rows: int = 0, *needed: str, every: int = 0, score: bool = True):
        self.every = every or some(random, 1, 1, 2, 5)
        self.rows = rows or int(random.integers(250, 700))
        self.steps = self.rows * self.every
        optional = [name for name, chance in (("val_loss", 0.5), ("val_acc", 0.3 * score), ("lr", 0.4),
                                              ("grad_norm", 0.35), ("epoch", 0.3)) if random.random() < chance]
        self.columns = ["step", "train_loss", *needed, *(name for name in optional if name not in needed)]
        self.names = some(random, *_NAMES)
        self.val_every = self.every * some(random, 10, 25)

    def fit(self, data: Data, net: Net, rate: Schedule, **options: Any) -> Fit:
        """A training that is logged so."""
        return Fit(data, net, rate, options.pop("steps", self.steps), log_every=self.every, columns=self.columns,
                   names=self.names, val_every=self.val_every, **options)

    def row(self, step: int, **values: float) -> Row:
        """A row of a training with a loop of its own."""
        return {self.names["step"]: step, **{self.names.get(key, key): value for key, value in values.items()}}


def means(log: Log, values: list[float], name: str = "train_loss") -> list[Row]:
    """A row each for a mean of so many steps."""
    return [log.row(start + log.every - 1, **{name: float(np.mean(values[start : start + log.every]))})
            for start in range(0, len(values) - log.every + 1, log.every)]


# -- healthy -----------------------------------------------------------------------------------------------------------


def h_warm_up_and_cosine(random: Random) -> list[Row]:
    data, log = clusters(random, classes=some(random, 3, 10, 20)), Log(random)
    return log.fit(data, mlp(random, data, 48), cosine(3e-3, log.steps, log.steps // 10), adam=True, decay=0.01,
                   ).run(random)


def h_four_samples(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data), constant(5e-3), batch=4).run(random)


def h_rate_never_changes(random: Random) -> list[Row]:
    data, log = regression(random), Log(random, 0, "lr", score=False)
    return log.fit(data, regressor(random, data, 32), constant(0.01)).run(random)


def h_longer_and_longer_cycles(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random, 600)

    def rate(step: int) -> float:
        start, length = 0, log.steps // 15
        while step >= start + length:
            start, length = start + length, 2 * length
        return 0.04 * 0.5 * (1 + math.cos(math.pi * (step - start) / length))

    return log.fit(data, mlp(random, data), rate).run(random)


def h_harder_data_later(random: Random) -> list[Row]:
    """A curriculum in three parts: the loss jumps up at each, and stays higher."""
    data, log = clusters(random), Log(random)
    part, own = log.steps // 3, np.random.default_rng(random.integers(2**32))
    return log.fit(data, mlp(random, data, 48), constant(0.02), meddle=lambda step, net, x, y, rate: (
        x + own.normal(size=x.shape) * (0, 1.0, 2.0)[min(step // part, 2)], y, rate)).run(random)


def h_more_classes_later(random: Random) -> list[Row]:
    """Two classes at first, then all."""
    data, log = clusters(random, classes=8), Log(random)
    few, own = np.flatnonzero(data.y < 2), np.random.default_rng(random.integers(2**32))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        at = own.choice(few, len(x))
        return (data.x[at], data.y[at], rate) if step < log.steps // 2 else (x, y, rate)

    return log.fit(data, mlp(random, data, 48), constant(0.02), meddle=meddle).run(random)


def h_rate_in_steps(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data), lambda step: 0.05 * 0.3 ** (4 * step // log.steps)).run(random)


def h_goes_on_from_converged(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    net = mlp(random, data, 32)
    Fit(data, net, cosine(0.05, 2000), 2000, columns=("step", "train_loss")).run(random)
    return log.fit(data, net.copy(), constant(1e-4)).run(random)


def h_adapter_alone(random: Random) -> list[Row]:
    """The last layer of a trained network alone is trained, on data that differ a little."""
    data, log = clusters(random), Log(random)
    net = mlp(random, data, 32)
    Fit(data, net, cosine(0.05, 1500), 1500, columns=("step", "train_loss")).run(random)
    data.x, data.val_x = data.x + 0.3, data.val_x + 0.3
    return log.fit(data, net.copy(), constant(0.01), meddle=kept(net.weights[:1])).run(random)


def h_at_the_floor_at_once(random: Random) -> list[Row]:
    """A linear model of few inputs with much noise: all is learned within a few rows."""
    data, log = regression(random, dims=3, noise=1.0, curved=False), Log(random, score=False)
    return log.fit(data, regressor(random, data), constant(0.05)).run(random)


def h_half_of_it_dropped(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data, 64, 64), constant(0.01), dropout=0.5).run(random)


def h_density_below_zero(random: Random) -> list[Row]:
    """The negative log-likelihood of a normal distribution: it falls below zero."""
    data, log = regression(random, noise=0.05, curved=False), Log(random, score=False)
    return log.fit(data, Net(random, [8, 32, 2], "nll"), cosine(2e-3, log.steps), adam=True).run(random)


def h_nothing_for_long(random: Random) -> list[Row]:
    """The parity of three bits: a plateau, then a fall."""
    data, log = parity(random), Log(random, 700, every=3)
    return log.fit(data, mlp(random, data, 64), constant(0.1)).run(random)


def h_codes(random: Random) -> list[Row]:
    """An autoencoder: errors of thousandths."""
    x = np.tanh(random.normal(size=(2500, 3)) @ random.normal(size=(3, 16))) * 0.2
    data, log = Data(x[:2000], x[:2000], x[2000:], x[2000:]), Log(random, score=False)
    return log.fit(data, regressor(random, data, 24, 4, 24), cosine(3e-3, log.steps), adam=True).run(random)


def h_ratings(random: Random) -> list[Row]:
    """Factors of users and films, from ratings."""
    users, films, log, values = random.normal(size=(200, 4)), random.normal(size=(150, 4)), Log(random), []
    u, f = random.normal(size=(200, 6)) * 0.3, random.normal(size=(150, 6)) * 0.3
    for _ in range(log.steps):
        a, b = random.integers(200, size=64), random.integers(150, size=64)
        error = (u[a] * f[b]).sum(axis=1) - (users[a] * films[b]).sum(axis=1) - random.normal(size=64) * 0.5
        values.append(float((error**2).mean()))
        of_u, of_f = error[:, None] * f[b], error[:, None] * u[a]
        np.add.at(u, a, -0.05 * of_u)
        np.add.at(f, b, -0.05 * of_f)
    return means(log, values)


def h_word_vectors(random: Random) -> list[Row]:
    """Words by their neighbours, with drawn negatives."""
    topics, log, values = random.integers(10, size=120), Log(random), []
    a, b = random.normal(size=(120, 12)) * 0.1, random.normal(size=(120, 12)) * 0.1
    for _ in range(log.steps):
        word, other = random.integers(120, size=(2, 32))
        near = random.random(32) < 0.5
        other = np.where(near, random.choice(120, 32), other)
        target = (topics[word] == topics[other]).astype(float)
        chance = 1 / (1 + np.exp(-(a[word] * b[other]).sum(axis=1)))
        values.append(float(-np.log(np.where(target > 0, chance, 1 - chance) + 1e-9).mean()))
        error = (chance - target)[:, None]
        np.add.at(a, word, -0.3 * error * b[other])
        np.add.at(b, other, -0.3 * error * a[word])
    return means(log, values)


def h_two_views(random: Random) -> list[Row]:
    """Contrastive: which of the batch is the other view of a sample."""
    data, net, log, values = clusters(random), Net(random, [16, 32, 8], "mse", "tanh"), Log(random), []
    for _ in range(log.steps):
        x = data.x[random.integers(2000, size=32)]
        one, other = (x + random.normal(size=x.shape) * 0.3 for _ in range(2))
        (of_one, _), (of_other, _) = net.forward(one), net.forward(other)
        chances = softmax(of_one[-1] @ of_other[-1].T)
        values.append(float(-np.log(np.diag(chances) + 1e-12).mean()))
        back = (chances - np.eye(32)) / 32
        parts = net.backward(of_one, [], back @ of_other[-1])[0], net.backward(of_other, [], back.T @ of_one[-1])[0]
        net.step([a + b for a, b in zip(*parts, strict=True)], 1e-3, 0.9, True, 0)
    return means(log, values)


def h_forger_and_judge(random: Random) -> list[Row]:
    """A small GAN that works: neither loss falls."""
    log, rows = Log(random, every=2), []
    maker, judge = Net(random, [4, 24, 2], "mse", "tanh"), Net(random, [2, 24, 1], "mse", "tanh")
    for step in range(log.steps):
        angle = random.uniform(0, 2 * np.pi, size=64)
        real = np.stack([np.cos(angle), np.sin(angle)], axis=1) + random.normal(size=(64, 2)) * 0.1
        of_fake, _ = maker.forward(random.normal(size=(64, 4)))
        both, _ = judge.forward(np.concatenate([real, of_fake[-1]]))
        target = np.repeat([1.0, 0.0], 64)[:, None]
        chance = 1 / (1 + np.exp(-both[-1]))
        d_loss = float(-np.log(np.abs(1 - target - chance) + 1e-9).mean())
        judge.step(judge.backward(both, [], (chance - target) / 128)[0], 1e-3, 0.5, True, 0)
        again, _ = judge.forward(of_fake[-1])
        chance = 1 / (1 + np.exp(-again[-1]))
        g_loss = float(-np.log(chance + 1e-9).mean())
        maker.step(maker.backward(of_fake, [], judge.backward(again, [], (chance - 1) / 64)[1])[0], 1e-3, 0.5, True, 0)
        if (step + 1) % log.every == 0:
            rows.append({"step": step, "d_loss": d_loss, "g_loss": g_loss})
    return rows


def h_weight_of_a_term_grows(random: Random) -> list[Row]:
    """A penalty is switched on slowly, as for a VAE: the sum of the terms rises for a while; they are logged, too."""
    data, log, rows = regression(random, noise=0.1), Log(random, every=1), []
    net = regressor(random, data, 32)
    for step in range(log.steps):
        at, beta = random.integers(2000, size=32), 0.02 * min(max(step / log.steps - 0.2, 0) * 3, 1)
        fit, gradients = net.gradients(data.x[at], data.y[at])
        penalty = float(sum((w**2).sum() for w in net.weights))
        gradients = [g + beta * 2 * p * (p.ndim == 2) for g, p in zip(gradients, net.parts, strict=True)]
        net.step(gradients, 5e-3, 0.9, False, 0)
        rows.append({"step": step, "loss": fit + beta * penalty, "recon_loss": fit, "kl_loss": penalty, "beta": beta})
    return rows


def h_arms_of_a_bandit(random: Random) -> list[Row]:
    values, wishes, rows, mean = random.normal(size=10), np.zeros(10), [], 0.0
    for step in range(600):
        chances = softmax(wishes[None])[0]
        arms = random.choice(10, 16, p=chances)
        gains = values[arms] + random.normal(size=16)
        for arm, gain in zip(arms, gains, strict=True):
            wishes += 0.03 * (gain - mean) * (np.eye(10)[arm] - chances)
        mean += 0.05 * (float(gains.mean()) - mean)
        rows.append({"step": step, "episode_reward": float(gains.mean()),
                     "entropy": float(-(chances * np.log(chances + 1e-12)).sum())})
    return rows


def h_walk_of_a_chain(random: Random) -> list[Row]:
    return chain(random, 400)


def h_outliers_now_and_then(random: Random) -> list[Row]:
    """Targets with the noise of Student's t of four degrees: some batches are worse by nature."""
    data, log = regression(random, n=6000, noise=0.0), Log(random, score=False)
    data.y = data.y + 0.3 * random.standard_t(4, size=data.y.shape)
    return log.fit(data, regressor(random, data, 24), constant(3e-3), batch=16).run(random)


def h_mixed_samples(random: Random) -> list[Row]:
    """Mixup: soft targets."""
    data, log, values = clusters(random), Log(random), []
    net = mlp(random, data, 48)
    for _ in range(log.steps):
        at, other, share = random.integers(2000, size=32), random.integers(2000, size=32), random.beta(0.4, 0.4)
        layers, _ = net.forward(share * data.x[at] + (1 - share) * data.x[other])
        chances, goal = softmax(layers[-1]), share * np.eye(10)[data.y[at]] + (1 - share) * np.eye(10)[data.y[other]]
        values.append(float(-(goal * np.log(chances + 1e-12)).sum(axis=1).mean()))
        net.step(net.backward(layers, [], (chances - goal) / 32)[0], 0.02, 0.9, False, 0)
    return means(log, values)


def h_as_the_teacher_says(random: Random) -> list[Row]:
    """Distillation: the divergence from a larger network's answers."""
    data, log, values = clusters(random), Log(random), []
    teacher, net = mlp(random, data, 64), mlp(random, data, 16)
    Fit(data, teacher, constant(0.03), 800, columns=("step", "train_loss")).run(random)
    for step in range(log.steps):
        x = data.x[random.integers(2000, size=32)]
        goal, (layers, _) = softmax(teacher.forward(x)[0][-1] / 2), net.forward(x)
        chances = softmax(layers[-1] / 2)
        values.append(float((goal * np.log((goal + 1e-9) / (chances + 1e-9))).sum(axis=1).mean()))
        net.step(net.backward(layers, [], (chances - goal) / 64)[0], cosine(0.1, log.steps)(step), 0.9, False, 0)
    return means(log, values)


def h_a_row_an_epoch(random: Random) -> list[Row]:
    data = clusters(random, n=4000)
    return Fit(data, mlp(random, data, 32), cosine(0.02, 60 * 125), 60 * 125, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss", "val_acc")).run(random)


def h_few_rows(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random, 45, every=10)
    return log.fit(data, mlp(random, data), constant(0.01)).run(random)


def h_many_rows(random: Random) -> list[Row]:
    data, log = clusters(random, n=8000), Log(random, 3500, every=1)
    return log.fit(data, mlp(random, data, 16), cosine(0.02, log.steps), batch=16).run(random)


def h_straight_down_to_no_rate(random: Random) -> list[Row]:
    """A rate that falls in a straight line to zero at the last step, as planned."""
    data, log = clusters(random), Log(random, 0, "lr")
    return log.fit(data, mlp(random, data), lambda step: 0.04 * (1 - (step + 1) / log.steps)).run(random)


def h_up_and_down_once(random: Random) -> list[Row]:
    """One cycle of the rate, up to a high one; the momentum is low."""
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data, 48), lambda step: float(np.interp(
        step / log.steps, [0, 0.3, 1], [0.005, 0.15, 1e-4])), momentum=0.5).run(random)


def h_another_task_half_way(random: Random) -> list[Row]:
    """The same network goes on with other data: the loss starts anew."""
    data, then, log = clusters(random), clusters(random), Log(random, every=2)
    log.columns = [name for name in log.columns if not name.startswith("val")]
    net, half = mlp(random, data, 48), log.steps // 2
    return [*log.fit(data, net, constant(0.02), steps=half).run(random),
            *log.fit(then, net, constant(0.02), first_step=half).run(random)]


def h_all_data_at_each_step(random: Random) -> list[Row]:
    """Plain descent without any noise."""
    data, log = clusters(random, n=400, noise=0.7), Log(random, every=1)
    net, rows = mlp(random, data, 24), []
    for step in range(log.steps):
        loss, gradients = net.gradients(data.x, data.y)
        net.step(gradients, 0.1, 0.0, False, 0)
        rows.append(log.row(step, train_loss=loss))
    return rows


def h_upper_tenth(random: Random) -> list[Row]:
    """The pinball loss of the 90 % quantile."""
    data, log = regression(random, noise=0.5), Log(random, score=False)

    def pinball(out: Array, y: Array) -> tuple[Array, Array]:
        error = y - out
        return np.maximum(0.9 * error, -0.1 * error)[:, 0], np.where(error > 0, -0.9, 0.1)

    net = regressor(random, data, 24)
    net.loss = pinball
    return log.fit(data, net, constant(0.02)).run(random)


def h_resumed_without_momentum(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    net, half = mlp(random, data), log.steps // 2
    first = log.fit(data, net, constant(0.01), steps=half).run(random)
    return [*first, *log.fit(data, net.copy(), constant(0.01), first_step=half).run(random)]


def h_world_that_drifts(random: Random) -> list[Row]:
    """What is to be learned changes slowly for ever: the loss stays where it is after its fall."""
    log, values = Log(random), []
    truth, own = random.normal(size=8), np.zeros(8)
    for _ in range(log.steps):
        truth += 0.01 * random.normal(size=8)
        x = random.normal(size=(16, 8))
        error = x @ own - x @ truth - 0.2 * random.normal(size=16)
        values.append(float((error**2).mean()))
        own -= 0.1 * x.T @ error / 16
    return means(log, values)


def h_three_losses(random: Random) -> list[Row]:
    """A box, an object and a class: three terms and their sum."""
    data, log, rows = clusters(random, classes=5), Log(random), []
    net, boxes = mlp(random, data, 32), regression(random)
    other = regressor(random, boxes, 16)
    for step in range(log.steps):
        at = random.integers(2000, size=(2, 32))
        a, gradients = net.gradients(data.x[at[0]], data.y[at[0]])
        b, others = other.gradients(boxes.x[at[1]], boxes.y[at[1]])
        net.step(gradients, 0.01, 0.9, False, 0)
        other.step(others, 0.003, 0.9, False, 0)
        rows.append(log.row(step, train_loss=a + b, **{"train/cls_loss": a, "train/box_loss": b}))
    return rows[:: log.every]


def h_lower_when_it_stops(random: Random) -> list[Row]:
    """The rate is halved whenever the mean loss does not get better."""
    data, log, state = clusters(random), Log(random, 0, "lr"), {"rate": 0.05, "best": math.inf, "sum": 0.0}

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        state["sum"] += net.evaluate(x, y)[0]
        if step % (log.steps // 12) == log.steps // 12 - 1:
            if state["sum"] > 0.97 * state["best"]:
                state["rate"] /= 2
            state["best"], state["sum"] = min(state["best"], state["sum"]), 0.0
        return x, y, state["rate"]

    return log.fit(data, mlp(random, data), constant(0.05), meddle=meddle).run(random)


def h_last_batch_is_small(random: Random) -> list[Row]:
    """An epoch in its order; its last batch has three samples."""
    data, log, values = clusters(random, n=1923), Log(random, every=1), []
    net = mlp(random, data, 32)
    while len(values) < log.steps:
        order = random.permutation(1923)
        for start in range(0, 1923, 64):
            at = order[start : start + 64]
            loss, gradients = net.gradients(data.x[at], data.y[at])
            net.step(gradients, 0.01, 0.9, False, 0)
            values.append(loss)
    return means(log, values)


def h_margin(random: Random) -> list[Row]:
    """A hinge loss of two classes that can be told apart: it is 0 for most batches."""
    log, values = Log(random, every=1), []
    x = random.normal(size=(1500, 6))
    side = np.sign(x @ random.normal(size=6))
    w = np.zeros(6)
    for _ in range(log.steps):
        at = random.integers(1500, size=16)
        margin = 1 - side[at] * (x[at] @ w)
        values.append(float(np.maximum(margin, 0).mean()))
        w += 0.1 * ((margin > 0) * side[at]) @ x[at] / 16
    return means(log, values)


def h_bags_by_adam(random: Random) -> list[Row]:
    data, log = bags(random), Log(random)
    return log.fit(data, mlp(random, data, 16), constant(1e-3), adam=True, batch=16).run(random)


# -- faulty: NaN and divergence ----------------------------------------------------------------------------------------


def _at(random: Random, log: Log) -> int:
    """A step in the middle of the run."""
    return int(log.steps * random.uniform(0.3, 0.75))


def _own(random: Random) -> Random:
    return np.random.default_rng(random.integers(2**32))


@ends_worse("nan")
def f_square_root_of_less_than_zero(random: Random, fault: bool) -> list[Row]:
    """The gradient of a batch is NaN, and so are the weights from then on."""
    data, log = clusters(random), Log(random)
    at = _at(random, log)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        return (x * math.nan if fault and step == at else x), y, rate

    return log.fit(data, mlp(random, data), constant(0.01), meddle=meddle).run(random)


def f_a_batch_is_nan_and_skipped(random: Random) -> list[Row]:
    """The loss of a batch is NaN; the step is skipped, and the training goes on."""
    data, log = clusters(random), Log(random, every=1)
    rows = log.fit(data, mlp(random, data), constant(0.01)).run(random)
    rows[int(len(rows) * random.uniform(0.3, 0.8))][log.names["train_loss"]] = math.nan
    return rows


f_a_batch_is_nan_and_skipped.expected = ("nan",)  # type: ignore[attr-defined]


@ends_worse("nan", "divergence")
def f_squared_errors_explode(random: Random, fault: bool) -> list[Row]:
    data, log = regression(random), Log(random, score=False)
    at = _at(random, log)
    return log.fit(data, regressor(random, data, 24), lambda step: 0.005 * (200 if fault and step >= at else 1),
                   ).run(random)


@ends_worse("divergence")
def f_much_too_fast_from_the_start(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data, 48), constant(3.0 if fault else 0.02)).run(random)


@ends_worse("divergence")
def f_too_fast_from_then_on(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    at = _at(random, log)
    return log.fit(data, mlp(random, data, 48), lambda step: 3e-3 * (300 if fault and step >= at else 1), adam=True,
                   ).run(random)


@ends_worse("divergence")
def f_decay_of_the_wrong_sign(random: Random, fault: bool) -> list[Row]:
    """The weights grow by a little at each step: a slow drift."""
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data), constant(0.02), decay=-0.6 / log.every if fault else 1e-4).run(random)


@ends_worse("divergence")
def f_rate_that_grows_for_ever(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    times = 1e4 if fault else 3
    return log.fit(data, mlp(random, data, 32), lambda step: 2e-3 * times ** (step / log.steps)).run(random)


# -- faulty: leaps -----------------------------------------------------------------------------------------------------


@leaps
def f_a_batch_in_other_units(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    at, times = _at(random, log), some(random, 5, 10, 20)
    return log.fit(data, mlp(random, data), constant(0.01), meddle=lambda step, net, x, y, rate: (
        x * times if fault and step == at else x, y, rate)).run(random)


@leaps
def f_labels_of_some_steps(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    at, length, own = _at(random, log), int(random.integers(2, 8)) * log.every, _own(random)
    return log.fit(data, mlp(random, data, 32), cosine(0.03, log.steps), meddle=lambda step, net, x, y, rate: (
        x, own.permutation(y) if fault and at <= step < at + length else y, rate)).run(random)


@leaps
def f_rate_of_some_steps(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    at, length, times, adam = _at(random, log), some(random, 2, 3, 5), some(random, 40, 80), some(random, False, True)
    return log.fit(data, mlp(random, data, 32), lambda step: (2e-3 if adam else 0.01) * (
        times if fault and at <= step < at + length else 1), adam=adam).run(random)


@leaps
def f_an_outlier_unclipped(random: Random, fault: bool) -> list[Row]:
    """One target is a thousand: the step that it makes is not clipped."""
    data, log = regression(random), Log(random, score=False)
    at, size = _at(random, log), some(random, 100, 300)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step == at:
            y = y.copy()
            y[0] = size
        return x, y, rate

    return log.fit(data, regressor(random, data, 24), constant(3e-3), meddle=meddle).run(random)


@leaps
def f_gradient_at_the_end_of_its_range(random: Random, fault: bool) -> list[Row]:
    """A layer's gradient overflows once, and becomes the largest number by its sign."""
    data, log = clusters(random), Log(random)
    at, size = _at(random, log), some(random, 0.3, 0.6, 1.0)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step == at:
            net.weights[0] -= size * np.sign(net.gradients(x, y)[1][0])
        return x, y, rate

    return log.fit(data, mlp(random, data, 32), constant(0.02), meddle=meddle).run(random)


@leaps
def f_moments_lost(random: Random, fault: bool) -> list[Row]:
    """Resumed with the count of steps and without the second moments: the first steps are too large."""
    data, log = some(random, clusters, text)(random), Log(random)
    at = _at(random, log)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step == at:
            for _, second in net.moments:
                second[:] = 0
        return x, y, rate

    return log.fit(data, mlp(random, data, 48), constant(4e-3), adam=True, meddle=meddle).run(random)


@leaps
def f_sorted_by_class(random: Random, fault: bool) -> list[Row]:
    """For some steps the data come sorted: one class for half of them, then another."""
    data, log = clusters(random), Log(random)
    at, length, own = _at(random, log), some(random, 8, 16) * log.every, _own(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and at <= step < at + length:
            of_class = own.choice(np.flatnonzero(data.y == (2 if step < at + length // 2 else 7)), len(x))
            return data.x[of_class], data.y[of_class], rate
        return x, y, rate

    return log.fit(data, mlp(random, data, 32), constant(0.03), meddle=meddle).run(random)


@leaps
def f_columns_in_another_order(random: Random, fault: bool) -> list[Row]:
    """A worker gives the inputs in another order for some batches."""
    data, log = some(random, clusters, regression)(random), Log(random, score=False)
    at, length, order = _at(random, log), some(random, 1, 4, 8) * log.every, random.permutation(data.x.shape[1])
    net = mlp(random, data, 32) if data.y.ndim == 1 else regressor(random, data, 32)
    return log.fit(data, net, cosine(0.02, log.steps), meddle=lambda step, net, x, y, rate: (
        x[:, order] if fault and at <= step < at + length else x, y, rate)).run(random)


@leaps
def f_summed_instead_of_averaged(random: Random, fault: bool) -> list[Row]:
    """The gradients of many workers are summed for some steps."""
    data, log = sequences(random), Log(random)
    at, length = _at(random, log), some(random, 1, 2, 4)
    return log.fit(data, Recurrent(random, data), lambda step: 0.02 * (64 if fault and at <= step < at + length else 1),
                   ).run(random)


@leaps
def f_up_instead_of_down(random: Random, fault: bool) -> list[Row]:
    """The sign of the loss is wrong for some steps."""
    data, log = some(random, clusters, text)(random), Log(random)
    at, length = _at(random, log), some(random, 4, 10, 20)
    return log.fit(data, mlp(random, data, 32), lambda step: 0.05 * (
        -2 if fault and at <= step < at + length else 1)).run(random)


@leaps
def f_a_bit_of_a_weight(random: Random, fault: bool) -> list[Row]:
    """A bit of the exponent of a weight flips."""
    data, log = clusters(random), Log(random)
    at, times, unit = _at(random, log), some(random, 16, 256), int(random.integers(8))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step == at:
            net.weights[0][:, unit] *= times
        return x, y, rate

    return log.fit(data, mlp(random, data, 32), constant(0.02), meddle=meddle).run(random)


@leaps
def f_letters_off_by_some(random: Random, fault: bool) -> list[Row]:
    """Another tokenizer codes some batches."""
    data, log = text(random), Log(random)
    at, length, off = _at(random, log), int(random.integers(2, 10)) * log.every, int(random.integers(1, 10))
    return log.fit(data, mlp(random, data, 48), constant(4e-3), adam=True, meddle=lambda step, net, x, y, rate: (
        np.roll(x, off, axis=1) if fault and at <= step < at + length else x, y, rate)).run(random)


@leaps
def f_a_term_of_the_loss_explodes(random: Random, fault: bool) -> list[Row]:
    """A variance nearly vanishes for some batches: a negative log-likelihood that is below zero leaps."""
    data, log = regression(random, noise=0.1, curved=False), Log(random, score=False)
    at, length = _at(random, log), some(random, 1, 3) * log.every
    net = Net(random, [8, 32, 2], "nll")
    return log.fit(data, net, constant(1e-3), adam=True, meddle=lambda step, net, x, y, rate: (
        x, y + 3 if fault and at <= step < at + length else y, rate)).run(random)


# -- faulty: others ----------------------------------------------------------------------------------------------------


@worse_validation
def f_forty_examples_by_heart(random: Random) -> list[Row]:
    data = clusters(random, n=40, noise=1.5)
    log = Log(random, 500, "val_loss")
    log.val_every = some(random, 4, 10) * log.every
    log.columns = [name for name in log.columns if name != "val_acc"]
    return log.fit(data, mlp(random, data, 64), constant(0.01 / log.every), batch=16).run(random)


@worse_validation
def f_forty_noisy_targets(random: Random) -> list[Row]:
    data = regression(random, n=40, noise=1.0)
    data.val_x, data.val_y = data.val_x[:300], data.val_y[:300]
    log = Log(random, 500, "val_loss", score=False)
    log.val_every = some(random, 4, 10) * log.every
    log.columns = [name for name in log.columns if name != "val_acc"]
    return log.fit(data, regressor(random, data, 64, 64), constant(1e-3 / log.every), adam=True, batch=16).run(random)


@ends_worse("not_learning")
def f_all_units_dead(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    net = mlp(random, data, 24)
    net.biases[0] -= 40 if fault else 0
    return log.fit(data, net, constant(0.01)).run(random)


@ends_worse("not_learning")
def f_rate_of_a_hundred_thousandth(random: Random, fault: bool) -> list[Row]:
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data, 24), constant(1e-5 if fault else 0.02), momentum=0.0).run(random)


@ends_worse("not_learning")
def f_optimizer_of_another_network(random: Random, fault: bool) -> list[Row]:
    """The optimizer moves the weights of a copy."""
    data, log = some(random, clusters, sequences)(random), Log(random)
    net = mlp(random, data, 24) if data.x.ndim == 2 else Recurrent(random, data)
    return log.fit(data, net, constant(0.02), meddle=kept(net.parts) if fault else None).run(random)


@ends_worse("learning_rate")
def f_schedule_ends_early(random: Random, fault: bool) -> list[Row]:
    """The schedule counts epochs as steps: the rate is zero after a part of the run."""
    data, log = clusters(random), Log(random, 0, "lr")
    end = int(log.steps * random.uniform(0.1, 0.3))
    return log.fit(data, mlp(random, data), lambda step: 0.01 * max(1 - step / end, 0) if fault else 0.01).run(random)


@ends_worse("learning_rate")
def f_rate_set_to_zero(random: Random, fault: bool) -> list[Row]:
    data, log = regression(random), Log(random, 0, "lr", score=False)
    at = int(log.steps * random.uniform(0.05, 0.2))
    return log.fit(data, regressor(random, data, 24), lambda step: 0.0 if fault and step >= at else 2e-3).run(random)


def _speeds(random: Random, fault: bool, usual: float) -> list[Row]:
    """A run whose steps take longer from a row on: what is logged is the speed, or the time of a step."""
    data, log = clusters(random), Log(random)
    rows = log.fit(data, mlp(random, data), constant(0.01)).run(random)
    at, times = int(len(rows) * random.uniform(0.4, 0.7)), random.uniform(2, 6)
    name = some(random, "samples_per_second", "step_time", "tokens/s")
    for index, row in enumerate(rows):
        seconds = usual * random.lognormal(0, 0.06) * (times if fault and index >= at else 1)
        row[name] = seconds if name == "step_time" else 32 / seconds
    return rows


def f_loader_waits_for_the_disk(random: Random) -> list[Row]:
    return _speeds(random, True, 0.08)


f_loader_waits_for_the_disk.expected = ("throughput",)  # type: ignore[attr-defined]


def h_speed_is_logged(random: Random) -> list[Row]:
    return _speeds(random, False, 0.2)


@ends_worse("collapse", name=COST)
def f_policy_falls_back(random: Random, fault: bool) -> list[Row]:
    """A step that is far too large ruins the policy of a chain: what is labelled is the negative return."""
    rows = chain(random, 400, int(random.integers(180, 300)) if fault else None)
    return [row | {COST: -row["rollout/ep_rew_mean"]} for row in rows]


@ends_worse("collapse", name=COST)
def f_bandit_is_sure_too_soon(random: Random, fault: bool) -> list[Row]:
    """The rate leaps at a time: the policy of a bandit is certain of a bad arm, and stays so."""
    values, wishes, rows, mean = np.sort(random.normal(size=10)), np.zeros(10), [], 0.0
    at = int(random.integers(200, 350))
    for step in range(600):
        if fault and step == at:
            wishes[:] = -20 * (np.arange(10) != 2)
        chances = softmax(wishes[None])[0]
        arms = random.choice(10, 16, p=chances)
        gains = values[arms] + random.normal(size=16)
        for arm, gain in zip(arms, gains, strict=True):
            wishes += 0.03 * (gain - mean) * (np.eye(10)[arm] - chances)
        mean += 0.05 * (float(gains.mean()) - mean)
        rows.append({"step": step, "reward": float(gains.mean()), COST: -float(gains.mean()),
                     "policy_entropy": float(-(chances * np.log(chances + 1e-12)).sum())})
    return rows
