"""A fifth set of labelled trainings, written before it was looked at; it was looked at once."""

from __future__ import annotations

import math

import numpy as np

from .training import (
    LOSS_ONLY,
    MOST,
    NO_RATE,
    WITH_SCORE,
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
    expects,
    kept,
    mlp,
    parity,
    regression,
    regressor,
    some,
    text,
)


def tags(random: Random, n: int = 2000, wrong: float = 0.0) -> Data:
    """Eight labels of which each sample has some."""
    x = random.normal(size=(n + 500, 16))
    y = (x @ random.normal(size=(16, 8)) / 4 + random.normal(size=(n + 500, 8)) * 0.3 > 1.0).astype(float)
    flipped = random.random(y.shape) < wrong
    y[flipped] = 1 - y[flipped]
    return Data(x[:n], y[:n], x[n:], y[n:])


def binary(out: Array, y: Array) -> tuple[Array, Array]:
    """The binary cross entropy of logits, the mean over the labels."""
    chances = 1 / (1 + np.exp(-out))
    each = np.maximum(out, 0) - out * y + np.log1p(np.exp(-np.abs(out)))
    return each.mean(axis=1), (chances - y) / y.shape[1]


# -- healthy -----------------------------------------------------------------------------------------------------------


def h_exponential(random: Random) -> list[Row]:
    """A rate that falls by a part of itself at each step, to a hundredth in the end."""
    data = clusters(random, noise=1.1)
    return Fit(data, mlp(random, data, 40), lambda step: 0.05 * 0.01 ** (step / 900), 900, columns=MOST).run(random)


def h_large_batches(random: Random) -> list[Row]:
    data = clusters(random, n=4000)
    return Fit(data, mlp(random, data), constant(0.05), 700, batch=512, columns=some(random, LOSS_ONLY, NO_RATE),
               ).run(random)


def h_rare_class(random: Random) -> list[Row]:
    """Nineteen of twenty samples are of one class; batches with the others cost more."""
    data = clusters(random, classes=4, n=6000)
    kept = np.flatnonzero((data.y == 0) | (random.random(len(data.y)) < 0.02))
    data.x, data.y = data.x[kept], data.y[kept]
    columns = some(random, LOSS_ONLY, MOST)
    return Fit(data, mlp(random, data), constant(0.02), 900, batch=16, columns=columns).run(random)


def h_augmented_more(random: Random) -> list[Row]:
    """The inputs are made noisier with each step, so that the training's loss rises; the validation is as it was."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 48), cosine(0.04, 1000), 1000, columns=some(random, NO_RATE, WITH_SCORE),
               meddle=lambda step, net, x, y, rate: (
                   x + random.normal(size=x.shape) * 1.2 * step / 1000, y, rate)).run(random)


def h_unshuffled(random: Random) -> list[Row]:
    """The samples come in the same order in each epoch, those with noisy inputs last."""
    data, net, rows = clusters(random, n=1280), None, []
    noisy = np.linspace(0, 1.5, len(data.x))[:, None]
    x = data.x + random.normal(size=data.x.shape) * noisy
    net = mlp(random, data)
    for step in range(1000):
        at = np.arange(32) + 32 * (step % 40)
        loss, gradients = net.gradients(x[at], data.y[at])
        net.step(gradients, 0.02, 0.9, False, 1e-3)
        rows.append({"step": step, "loss": loss})
    return rows


def h_average_validated(random: Random) -> list[Row]:
    """What is validated is a moving average of the weights, which lags behind."""
    data = clusters(random)
    net = mlp(random, data)
    mean = net.copy()

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for part, own in zip(mean.parts, net.parts, strict=True):
            part += 0.01 * (own - part)
        return x, y, rate

    return Fit(data, net, cosine(0.04, 1000), 1000, meddle=meddle, evaluated=mean, val_every=40,
               columns=some(random, MOST, WITH_SCORE)).run(random)


def h_quantile(random: Random) -> list[Row]:
    """The loss of a quantile."""
    data = regression(random)

    def pinball(out: Array, y: Array) -> tuple[Array, Array]:
        error = y - out
        return np.where(error > 0, 0.9 * error, -0.1 * error)[:, 0], np.where(error > 0, -0.9, 0.1)

    net = regressor(random, data, 24)
    net.loss = pinball
    return Fit(data, net, constant(0.01), 900, columns=LOSS_ONLY).run(random)


def h_counts(random: Random) -> list[Row]:
    """A Poisson likelihood, which falls through zero."""
    data = regression(random, curved=False)
    data.y = random.poisson(np.exp(np.clip(1.0 + data.y, -2, 3))).astype(float)

    def poisson(out: Array, y: Array) -> tuple[Array, Array]:
        rate = np.exp(np.clip(out, -8, 6))
        return (rate - y * np.clip(out, -8, 6))[:, 0], rate - y

    net = regressor(random, data, 16)
    net.loss = poisson
    return Fit(data, net, constant(2e-3), 900, batch=64, columns=LOSS_ONLY).run(random)


def h_some_targets_far(random: Random) -> list[Row]:
    """The errors of the targets have a heavy tail: those of Student with four degrees of freedom."""
    data = regression(random, noise=0.0)
    data.y = data.y + random.standard_t(4, size=data.y.shape) * 0.4
    return Fit(data, regressor(random, data, 24), cosine(0.01, 1000), 1000, batch=64, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


def h_rate_raised(random: Random) -> list[Row]:
    """All layers are trained from some step on, at three times the rate."""
    data = clusters(random)
    net = mlp(random, data, 48)
    return Fit(data, net, lambda step: 0.006 if step < 350 else 0.02, 900, meddle=kept(net.weights[:1], 350),
               columns=MOST).run(random)


def h_cleaner_labels(random: Random) -> list[Row]:
    """Half of the labels are wrong at first, then fewer and fewer."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        wrong = random.random(len(y)) < 0.5 * max(1 - step / 600, 0)
        return x, np.where(wrong, random.integers(10, size=len(y)), y), rate

    return Fit(data, mlp(random, data, 48), constant(0.02), 1000, meddle=meddle, columns=some(
        random, LOSS_ONLY, MOST, WITH_SCORE)).run(random)


def h_learned_by_heart(random: Random) -> list[Row]:
    """Easy samples, learned until nothing is left of the loss but a few ten thousandths."""
    data = clusters(random, n=600, noise=0.3, classes=5)
    return Fit(data, mlp(random, data, 64), constant(0.01), 2000, adam=False, columns=LOSS_ONLY).run(random)


def h_adam_at_the_end(random: Random) -> list[Row]:
    """Adam goes on where all is learned: the tiny loss leaps now and then."""
    data = clusters(random, n=600, noise=0.3, classes=5)
    return Fit(data, mlp(random, data, 64), constant(5e-3), 1800, adam=True, columns=some(random, LOSS_ONLY, MOST),
               ).run(random)


def h_rarely_validated(random: Random) -> list[Row]:
    data = text(random)
    return Fit(data, mlp(random, data, 48), cosine(4e-3, 1000, 40), 1000, adam=True, val_every=200,
               columns=("step", "train_loss", "val_loss", "lr"), names={"train_loss": "loss", "val_loss": "eval_loss"},
               ).run(random)


def h_chain_of_7(random: Random) -> list[Row]:
    return chain(random, 500, states=7)


def h_tags(random: Random) -> list[Row]:
    """A binary cross entropy of many labels that few samples have."""
    data = tags(random)
    return Fit(data, Net(random, [16, 32, 8], binary), constant(0.1), 900, columns=LOSS_ONLY).run(random)


def h_scores_only(random: Random) -> list[Row]:
    """Only a noisy score is logged."""
    data = clusters(random, n_val=60, noise=1.2)
    return Fit(data, mlp(random, data), constant(0.02), 1200, val_every=15, columns=("step", "val_acc")).run(random)


def h_by_time(random: Random) -> list[Row]:
    """There are no steps but times, with a pause for each validation."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.04, 800), 800, columns=NO_RATE).run(random)
    now = 1.75e9
    for row in rows:
        now += math.exp(random.normal() * 0.2) + (20 if "val_loss" in row else 0)
        row["timestamp"] = now
        del row["step"], row["epoch"]
    return rows


def h_parity_with_decay(random: Random) -> list[Row]:
    """Long at the loss of a guess; then it is learned, step by step."""
    data = parity(random, bits=2)
    return Fit(data, mlp(random, data, 32), constant(0.08), 1500, momentum=0.8, decay=1e-4, val_every=75, columns=some(
        random, LOSS_ONLY, WITH_SCORE)).run(random)


def h_hump(random: Random) -> list[Row]:
    """No warm-up: the loss rises in the first steps, then it falls."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 48, gain=1.5), cosine(0.15, 900), 900, momentum=0.95, columns=some(
        random, LOSS_ONLY, MOST)).run(random)


# -- faulty ------------------------------------------------------------------------------------------------------------


@expects("nan")
def f_overflow(random: Random) -> list[Row]:
    """The norm of the gradient is infinite at some step, and all is no number from then on."""
    data, at = clusters(random), int(random.integers(200, 600))
    rows = Fit(data, mlp(random, data), constant(0.02), 700, columns=("step", "train_loss", "lr", "grad_norm"),
               ).run(random)
    for row in rows[at:]:
        row["grad_norm"], row["train_loss"] = (math.inf if row["step"] == at else math.nan), math.nan
    return rows


@expects("nan")
def f_both_are_nan(random: Random) -> list[Row]:
    """A weight becomes no number; the training's and the validation's losses do."""
    data, at = clusters(random), int(random.integers(200, 600))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            net.weights[0][0, 0] = math.nan
        return x, y, rate

    return Fit(data, mlp(random, data), cosine(0.03, 800), 800, log_every=4, meddle=meddle, columns=MOST).run(random)


@expects("spike")
def f_corrupt_batch(random: Random) -> list[Row]:
    """The inputs of two batches are noise, far larger than usual."""
    data, ats = clusters(random), random.integers(200, 800, size=2).tolist()
    return Fit(data, mlp(random, data, 40), cosine(0.03, 900), 900, faults=ats, columns=some(random, LOSS_ONLY, MOST),
               meddle=lambda step, net, x, y, rate: (
                   (random.normal(size=x.shape) * 40, y, rate) if step in ats else (x, y, rate))).run(random)


@expects("spike")
def f_targets_in_other_units(random: Random) -> list[Row]:
    """The targets of a batch are thirty times too large."""
    data, at = regression(random), int(random.integers(200, 700))
    return Fit(data, regressor(random, data, 24), constant(3e-3), 800, faults=[at],
               columns=some(random, LOSS_ONLY, NO_RATE),
               meddle=lambda step, net, x, y, rate: (x, (y * 30 if step == at else y), rate)).run(random)


@expects("spike", "learning_rate")
def f_rate_for_a_step(random: Random) -> list[Row]:
    """The rate is some hundred times too high for one step."""
    data, at = clusters(random), int(random.integers(250, 700))
    rate, times = cosine(0.03, 900), float(random.uniform(150, 400))
    return Fit(data, mlp(random, data, 40), lambda step: rate(step) * (times if step == at else 1), 900, faults=[at],
               columns=some(random, LOSS_ONLY, MOST)).run(random)


@expects("divergence", "nan")
def f_stairs_up(random: Random) -> list[Row]:
    """The rate is doubled each 60 steps, where it was to be halved."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.02 * 2.0 ** (step // 60), 900, momentum=0.5,
               columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


@expects("divergence", "nan")
def f_uphill(random: Random) -> list[Row]:
    """From some step on the sign of the loss is wrong."""
    data, at = text(random), int(random.integers(300, 500))
    return Fit(data, mlp(random, data, 48), lambda step: 5e-3 if step < at else -5e-3, 650, adam=True,
               columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_few(random: Random) -> list[Row]:
    data = clusters(random, n=90, noise=1.3)
    return Fit(data, mlp(random, data, 80), constant(3e-3), 900, batch=16, adam=True, val_every=15, columns=some(
        random, MOST, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_smoothly(random: Random) -> list[Row]:
    """A regression with more weights than samples."""
    data = regression(random, n=60, noise=0.8)
    return Fit(data, Net(random, [8, 128, 1], "mse", "tanh"), constant(4e-3), 1200, batch=12, adam=True, val_every=20,
               columns=some(random, MOST, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_language(random: Random) -> list[Row]:
    data = text(random, n=400, letters=24)
    names = {"train_loss": "train/loss", "val_loss": "validation/loss"}
    return Fit(data, mlp(random, data, 96), constant(4e-3), 800, adam=True, val_every=20,
               columns=("step", "train_loss", "val_loss"), names=names).run(random)


@expects("not_learning")
def f_labels_at_random(random: Random) -> list[Row]:
    """The labels of each batch are drawn anew."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 16), constant(2e-3), 700, momentum=0.0,
               columns=some(random, NO_RATE, WITH_SCORE),
               meddle=lambda step, net, x, y, rate: (x, random.integers(10, size=len(y)), rate)).run(random)


@expects("not_learning", "gradient")
def f_no_gradient(random: Random) -> list[Row]:
    """The loss is detached from the network."""
    data = clusters(random, classes=8)
    rows = Fit(data, mlp(random, data, 24), constant(0.0), 600, columns=some(
        random, ("step", "train_loss", "val_loss"), ("step", "train_loss", "grad_norm"), WITH_SCORE)).run(random)
    return [row | ({"grad_norm": 0.0} if "grad_norm" in row else {}) for row in rows]


@expects("learning_rate")
def f_schedule_too_short(random: Random) -> list[Row]:
    """The schedule was given a tenth of the steps: the rate is 0 for the rest."""
    data, short = clusters(random), cosine(0.05, 120)
    return Fit(data, mlp(random, data), lambda step: short(step) if step < 120 else 0.0, 900, columns=MOST).run(random)


@expects("learning_rate")
def f_zero_after_warmup(random: Random) -> list[Row]:
    """After the warm-up the rate is that of a group that has none."""
    data = text(random)
    return Fit(data, mlp(random, data, 40), lambda step: 5e-3 * step / 100 if step < 100 else 0.0, 700, adam=True,
               columns=some(random, MOST, ("step", "train_loss", "lr"))).run(random)


@expects("throughput")
def f_slow_loader(random: Random) -> list[Row]:
    """From some step on each takes five times as long, by the time that is logged."""
    data, at, now = clusters(random), int(random.integers(300, 500)), 1.75e9
    rows = Fit(data, mlp(random, data), constant(0.02), 800, columns=some(random, LOSS_ONLY, MOST)).run(random)
    for row in rows:
        now += 0.5 * math.exp(random.normal() * 0.15) * (5 if row["step"] >= at else 1)
        row["wall_time"] = now
    return rows


@expects("collapse")
def f_policy_of_9(random: Random) -> list[Row]:
    return chain(random, 600, int(random.integers(350, 430)), states=9)
