"""Kinds of trainings that were first held out; what they showed was mended."""

from __future__ import annotations

import math

import numpy as np

from .training import (
    LOSS_ONLY,
    MOST,
    NO_RATE,
    Array,
    Data,
    Fit,
    Net,
    Random,
    Row,
    chain,
    clusters,
    constant,
    cosine,
    decays,
    expects,
    kept,
    mlp,
    parity,
    regression,
    regressor,
    some,
    text,
)

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


@expects("nan", "divergence")
def f_infinite(random: Random) -> list[Row]:
    """Regression whose logged loss overflows, then is no number."""
    data = regression(random, curved=False)
    rate = constant(0.02)
    at = int(random.integers(120, 300))
    return Fit(data, regressor(random, data), lambda step: rate(step) if step < at else 9e3, 500, columns=NO_RATE,
               ).run(random)


@expects("divergence", "nan")
def f_momentum(random: Random) -> list[Row]:
    """A momentum above one."""
    data = clusters(random)
    return Fit(data, mlp(random, data), constant(0.01), 500, momentum=float(random.uniform(1.01, 1.03)),
               columns=some(random, LOSS_ONLY, MOST)).run(random)


@expects("spike")
def f_one_bad_batch(random: Random) -> list[Row]:
    """A batch of the language model with random letters, and a rate that is too high for it."""
    data, at = text(random), int(random.integers(300, 800))
    return Fit(data, mlp(random, data, 48), cosine(5e-3, 900, 90), 900, adam=True, faults=[at],
               columns=("step", "train_loss", "val_loss", "lr"),
               meddle=lambda step, net, x, y, rate: (
                   (x * 25, random.integers(30, size=len(y)), rate) if step == at else (x, y, rate))).run(random)


@expects("overfitting")
def f_overfits_text(random: Random) -> list[Row]:
    data = text(random, n=300)
    return Fit(data, mlp(random, data, 64), constant(5e-3), 700, adam=True, val_every=25,
               columns=("step", "train_loss", "val_loss"), names={"train_loss": "loss", "val_loss": "eval_loss"},
               ).run(random)


@expects("overfitting")
def f_overfits_curve(random: Random) -> list[Row]:
    data = regression(random, n=50, noise=0.6)
    net = Net(random, [8, 100, 1], "mse", "tanh")
    return Fit(data, net, constant(5e-3), 80 * 10, batch=5, adam=True, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss")).run(random)


@expects("overfitting")
def f_overfits_wrong_labels(random: Random) -> list[Row]:
    data = clusters(random, n=300, wrong=0.4)
    return Fit(data, mlp(random, data, 128), constant(0.05), 1500, val_every=30).run(random)


@expects("not_learning")
def f_shuffled_labels(random: Random) -> list[Row]:
    data = clusters(random, n=20_000)
    data.y[:] = random.permutation(data.y)
    return Fit(data, mlp(random, data, 8), constant(0.01), 700, columns=some(random, MOST, NO_RATE)).run(random)


@expects("not_learning")
def f_zero_weights(random: Random) -> list[Row]:
    data = text(random)
    net = mlp(random, data, 48)
    for part in net.parts:
        part *= 0
    return Fit(data, net, constant(1e-4), 500, momentum=0.0, columns=some(random, LOSS_ONLY, MOST)).run(random)


@expects("not_learning")
def f_frozen(random: Random) -> list[Row]:
    """The optimizer was given the parameters of another network."""
    data = clusters(random)
    net = mlp(random, data)
    return Fit(data, net, constant(0.02), 500, meddle=kept(net.parts), columns=some(
        random, LOSS_ONLY, NO_RATE, ("step", "train_loss", "val_loss", "val_acc"))).run(random)


@expects("learning_rate")
def f_rate_by_step(random: Random) -> list[Row]:
    """A schedule that is meant to be asked each epoch, and is asked each step: its rate is nothing soon."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.05 * 0.9**step, 700, columns=MOST,
               names={"lr": "learning_rate"}).run(random)


@expects("collapse")
def f_policy_collapses(random: Random) -> list[Row]:
    return chain(random, 600, int(random.integers(300, 420)))


@expects("not_learning", "gradient")
def f_deep(random: Random) -> list[Row]:
    """Ten layers of sigmoids: no gradient arrives."""
    data = clusters(random)
    return Fit(data, mlp(random, data, *[16] * 10, act="sigmoid"), constant(0.01), 500,
               columns=("step", "train_loss", "lr", "grad_norm")).run(random)
