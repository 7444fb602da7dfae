"""The kinds of trainings on which the conditions were tuned."""

from __future__ import annotations

import math

import numpy as np

from .training import (
    LOSS_ONLY,
    MOST,
    NO_RATE,
    Array,
    Fit,
    Net,
    Random,
    Row,
    clusters,
    constant,
    cosine,
    decays,
    expects,
    mlp,
    regression,
    regressor,
    restarts,
    some,
)

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


@expects("nan")
def f_nan(random: Random) -> list[Row]:
    data, at = clusters(random), int(random.integers(150, 600))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            x = x.copy()
            x[0, 0] = math.nan
        return x, y, rate

    return Fit(data, mlp(random, data), constant(0.02), 700, meddle=meddle,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


@expects("divergence", "nan")
def f_diverges_at_once(random: Random) -> list[Row]:
    data = some(random, clusters, regression)(random)
    net = mlp(random, data) if data.y.ndim == 1 else regressor(random, data)
    rate = float(random.uniform(4, 20)) if data.y.ndim == 1 else float(random.uniform(0.7, 1.5))
    return Fit(data, net, constant(rate), 400, columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


@expects("divergence")
def f_diverges_late(random: Random) -> list[Row]:
    """The rate jumps to many times what it was."""
    data, at, steps = clusters(random), int(random.integers(300, 500)), 700
    rate, times = cosine(0.05, steps), float(random.uniform(60, 300))
    return Fit(data, mlp(random, data), lambda step: rate(step) * (times if step >= at else 1), steps,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


@expects("spike")
def f_spikes(random: Random) -> list[Row]:
    """Batches of which the inputs are many times too large, or with a rate that is."""
    data, ats = clusters(random), set(random.integers(150, 850, size=int(random.integers(1, 4))).tolist())
    rates = bool(random.integers(2))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step not in ats:
            return x, y, rate
        return (x, y, rate * 150) if rates else (x * 40, y, rate)

    return Fit(data, mlp(random, data), constant(0.02), 900, meddle=meddle, faults=ats,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_40(random: Random) -> list[Row]:
    data = clusters(random, n=40)
    return Fit(data, mlp(random, data, 64), constant(0.01), 900, batch=16, val_every=5,
               columns=some(random, NO_RATE, MOST, ("step", "train_loss", "val_loss", "val_acc"))).run(random)


@expects("not_learning")
def f_dead_relu(random: Random) -> list[Row]:
    data = clusters(random)
    net = mlp(random, data)
    net.biases[0] -= 60.0
    return Fit(data, net, constant(0.02), 600, columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


@expects("not_learning")
def f_rate_too_low(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data), constant(1e-5), 600, momentum=0.0,
               columns=some(random, LOSS_ONLY, MOST, NO_RATE)).run(random)


@expects("learning_rate")
def f_rate_zeroed(random: Random) -> list[Row]:
    data, at = clusters(random), int(random.integers(200, 400))
    return Fit(data, mlp(random, data), lambda step: 0.01 if step < at else 0.0, 700,
               columns=some(random, MOST, ("step", "epoch", "train_loss", "val_loss", "val_acc", "lr", "grad_norm")),
               ).run(random)


@expects("divergence")
def f_drifts(random: Random) -> list[Row]:
    """The rate grows by a part of itself at each step, until the training does not stand it any more."""
    data, growth = clusters(random), float(random.uniform(1.008, 1.012))
    rate = constant(0.01)
    return Fit(data, mlp(random, data), lambda step: rate(step) * growth**step, 900, momentum=0.0,
               columns=some(random, LOSS_ONLY, NO_RATE)).run(random)
