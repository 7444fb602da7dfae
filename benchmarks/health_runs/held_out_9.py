"""A ninth set of labelled trainings, written after what the eighth showed was mended, labelled by twins (see `twins`);
it was looked at once."""

from __future__ import annotations

import copy
import math

import numpy as np

from .held_out_6 import Recurrent, bags, sequences, softmax
from .held_out_8 import Log, means
from .training import (
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
    kept,
    mlp,
    regression,
    regressor,
    restarts,
    some,
    text,
)
from .twins import COST, ends_worse, leaps, worse_validation

# -- healthy -----------------------------------------------------------------------------------------------------------


def h_pairs_of_samples(random: Random) -> list[Row]:
    """Batches of two, without momentum."""
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data, 24), constant(0.02), batch=2, momentum=0.0).run(random)


def h_hard_samples_count(random: Random) -> list[Row]:
    """A focal loss."""
    data, log = clusters(random), Log(random)

    def focal(out: Array, y: Array) -> tuple[Array, Array]:
        chances = softmax(out)
        own = chances[np.arange(len(y)), y] + 1e-9
        slope = 2 * (1 - own) * np.log(own) - (1 - own) ** 2 / own
        return -((1 - own) ** 2) * np.log(own), (slope * own)[:, None] * (np.eye(10)[y] - chances)

    net = mlp(random, data, 40)
    net.loss = focal
    log.columns = [name for name in log.columns if name != "val_acc"]
    return log.fit(data, net, constant(0.02)).run(random)


def h_many_labels(random: Random) -> list[Row]:
    """Several labels may hold: a binary cross entropy of twelve outputs."""
    x = random.normal(size=(2500, 16))
    y = (x @ random.normal(size=(16, 12)) + random.normal(size=(2500, 12)) > 2).astype(float)
    data, log = Data(x[:2000], y[:2000], x[2000:], y[2000:]), Log(random, score=False)

    def binary(out: Array, y: Array) -> tuple[Array, Array]:
        return (np.logaddexp(0, out) - y * out).mean(axis=1), (1 / (1 + np.exp(-out)) - y) / 12

    net = regressor(random, data, 32)
    net.loss = binary
    return log.fit(data, net, cosine(0.1, log.steps)).run(random)


def h_counts(random: Random) -> list[Row]:
    """Poisson regression: the loss may be below zero."""
    x = random.normal(size=(2500, 6))
    y = random.poisson(np.exp(np.clip(x @ random.normal(size=(6, 1)) * 0.5 + 1, -3, 3))).astype(float)
    data, log = Data(x[:2000], y[:2000], x[2000:], y[2000:]), Log(random, score=False)

    def poisson(out: Array, y: Array) -> tuple[Array, Array]:
        out = np.clip(out, -6, 5)
        return (np.exp(out) - y * out)[:, 0], np.exp(out) - y

    net = regressor(random, data, 16)
    net.loss = poisson
    return log.fit(data, net, constant(1e-3), adam=True).run(random)


def h_a_little_harder_each_time(random: Random) -> list[Row]:
    """Noise on sequences grows in five small steps."""
    data, log, own = sequences(random), Log(random), np.random.default_rng(random.integers(2**32))
    return log.fit(data, Recurrent(random, data), constant(0.03), meddle=lambda step, net, x, y, rate: (
        x + own.normal(size=x.shape) * 0.25 * (5 * step // log.steps), y, rate)).run(random)


def h_first_the_head_then_all(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    net = mlp(random, data, 48)
    return log.fit(data, net, constant(0.02), meddle=kept(net.weights[:1], log.steps // 3)).run(random)


def h_triangles_of_the_rate(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random, 0, "lr")
    length = log.steps // 5
    return log.fit(data, mlp(random, data, 32), lambda step: 0.002 + 0.05 * abs((step % length) / length - 0.5) * 2,
                   momentum=0.8).run(random)


def h_restarts_not_logged(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    log.columns = [name for name in log.columns if name != "lr"]
    return log.fit(data, mlp(random, data, 32), restarts(0.06, log.steps // 4)).run(random)


def h_half_of_the_inputs_first(random: Random) -> list[Row]:
    data, log = clusters(random), Log(random)
    return log.fit(data, mlp(random, data, 40), constant(0.02), meddle=lambda step, net, x, y, rate: (
        np.where(np.arange(16) < (16 if step > log.steps // 2 else 8), x, 0), y, rate)).run(random)


def h_another_source_is_added(random: Random) -> list[Row]:
    """From the middle on a half of each batch comes from other data."""
    data, other, log = clusters(random), clusters(random), Log(random)
    log.columns = [name for name in log.columns if not name.startswith("val")]
    own = np.random.default_rng(random.integers(2**32))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step > log.steps // 2:
            at = own.integers(2000, size=len(x) // 2)
            return np.concatenate([x[len(at) :], other.x[at]]), np.concatenate([y[len(at) :], other.y[at]]), rate
        return x, y, rate

    return log.fit(data, mlp(random, data, 48), constant(0.02), meddle=meddle).run(random)


def h_stairs_of_epochs(random: Random) -> list[Row]:
    """Few data in order, again and again: the loss falls a little at each epoch."""
    data, log, values = clusters(random, n=600), Log(random, every=1), []
    net = mlp(random, data, 32)
    while len(values) < log.steps:
        order = random.permutation(600)
        for start in range(0, 600, 20):
            loss, gradients = net.gradients(data.x[order[start : start + 20]], data.y[order[start : start + 20]])
            net.step(gradients, 0.005, 0.9, False, 1e-4)
            values.append(loss)
    return means(log, values)


def h_noise_on_the_weights(random: Random) -> list[Row]:
    """Langevin dynamics."""
    data, log, own = clusters(random), Log(random), np.random.default_rng(random.integers(2**32))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for part in net.parts:
            part += own.normal(size=part.shape) * 0.003
        return x, y, rate

    return log.fit(data, mlp(random, data, 32), constant(0.02), meddle=meddle).run(random)


def h_three_digits(random: Random) -> list[Row]:
    data, log = clusters(random, classes=4), Log(random)
    rows = log.fit(data, mlp(random, data, 24), cosine(0.03, log.steps)).run(random)
    return [{key: float(f"{value:.3g}") if isinstance(value, float) else value for key, value in row.items()}
            for row in rows]


def h_arms_that_drift(random: Random) -> list[Row]:
    values, wishes, rows, mean = random.normal(size=8), np.zeros(8), [], 0.0
    for step in range(500):
        values = 0.999 * values + random.normal(size=8) * 0.02
        chances = softmax(wishes[None])[0]
        arms = random.choice(8, 16, p=chances)
        gains = values[arms] + random.normal(size=16) * 0.5
        for arm, gain in zip(arms, gains, strict=True):
            wishes += 0.02 * (gain - mean) * (np.eye(8)[arm] - chances)
        mean += 0.05 * (float(gains.mean()) - mean)
        rows.append({"iteration": step, "mean_reward": float(gains.mean()),
                     "entropy": float(-(chances * np.log(chances + 1e-12)).sum())})
    return rows


def h_longer_chain(random: Random) -> list[Row]:
    return chain(random, 350, states=8)


def h_mean_teacher(random: Random) -> list[Row]:
    """A network learns from a moving average of itself, and from labels."""
    data, log, values = clusters(random), Log(random), []
    net = mlp(random, data, 32)
    teacher = copy.deepcopy(net)
    for _ in range(log.steps):
        at = random.integers(2000, size=32)
        layers, _ = net.forward(data.x[at])
        chances = softmax(layers[-1])
        goal = 0.5 * np.eye(10)[data.y[at]] + 0.5 * softmax(teacher.forward(data.x[at])[0][-1])
        values.append(float(-(goal * np.log(chances + 1e-12)).sum(axis=1).mean()))
        net.step(net.backward(layers, [], (chances - goal) / 32)[0], 0.02, 0.9, False, 0)
        for old, new in zip(teacher.parts, net.parts, strict=True):
            old += 0.02 * (new - old)
    return means(log, values)


def h_summed_over_the_batch(random: Random) -> list[Row]:
    data, log = regression(random), Log(random, score=False)
    rows = log.fit(data, regressor(random, data, 24), constant(0.01)).run(random)
    name = log.names["train_loss"]
    return [row | {name: 32 * row[name]} for row in rows]


def h_batches_of_any_size(random: Random) -> list[Row]:
    data, log, values = clusters(random), Log(random), []
    net = mlp(random, data, 32)
    for _ in range(log.steps):
        at = random.integers(2000, size=int(random.integers(4, 64)))
        loss, gradients = net.gradients(data.x[at], data.y[at])
        net.step(gradients, 0.01, 0.9, False, 0)
        values.append(loss)
    return means(log, values)


def h_words_by_adam(random: Random) -> list[Row]:
    data, log = text(random, letters=20), Log(random)
    return log.fit(data, mlp(random, data, 40), cosine(3e-3, log.steps, 30), adam=True).run(random)


def h_spam_or_not(random: Random) -> list[Row]:
    data, log = bags(random, classes=2), Log(random)
    return log.fit(data, mlp(random, data, 8), constant(0.02), batch=16).run(random)


def h_speed_varies(random: Random) -> list[Row]:
    """The speed is logged; other jobs come and go."""
    data, log = clusters(random), Log(random)
    rows = log.fit(data, mlp(random, data), constant(0.01)).run(random)
    busy = np.convolve(random.normal(size=len(rows) + 20), np.ones(21) / 21, "valid")
    return [row | {"samples/s": 5000 * math.exp(0.3 * float(much) + 0.05 * random.normal())}
            for row, much in zip(rows, busy, strict=True)]


# -- faulty ------------------------------------------------------------------------------------------------------------


def _at(random: Random, log: Log) -> int:
    return int(log.steps * random.uniform(0.3, 0.75))


@leaps
def f_gradient_counted_many_times(random: Random, fault: bool) -> list[Row]:
    """A gradient that was not zeroed is counted thirty to a hundred times in a step."""
    data, log = clusters(random), Log(random)
    at, times = _at(random, log), some(random, 30, 100)
    return log.fit(data, mlp(random, data, 32), lambda step: 0.02 * (times if fault and step == at else 1)).run(random)


@leaps
def f_words_of_an_old_list(random: Random, fault: bool) -> list[Row]:
    """Some batches are coded by another list of words."""
    data, log = bags(random), Log(random)
    at, length, order = _at(random, log), some(random, 1, 3, 6) * log.every, random.permutation(150)
    return log.fit(data, mlp(random, data, 24), constant(0.03), meddle=lambda step, net, x, y, rate: (
        x[:, order] if fault and at <= step < at + length else x, y, rate)).run(random)


@leaps
def f_outputs_mixed_up(random: Random, fault: bool) -> list[Row]:
    """The outputs of a classifier change places once, as after loading the list of classes in another order."""
    data, log, order = clusters(random), Log(random), random.permutation(10)
    at = _at(random, log)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step == at:
            net.weights[-1][:], net.biases[-1][:] = net.weights[-1][:, order], net.biases[-1][order]
        return x, y, rate

    return log.fit(data, mlp(random, data, 32), cosine(0.04, log.steps), meddle=meddle).run(random)


@leaps
def f_an_old_checkpoint(random: Random, fault: bool) -> list[Row]:
    """The weights of an early step are loaded by mistake."""
    data, log = some(random, clusters, text)(random), Log(random)
    at, early, state = _at(random, log), log.steps // 50, []

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == early:
            state.extend(part.copy() for part in net.parts)
        if fault and step == at:
            for part, old in zip(net.parts, state, strict=True):
                part[:] = old
        return x, y, rate

    return log.fit(data, mlp(random, data, 40), constant(3e-3), adam=True, meddle=meddle).run(random)


@leaps
def f_half_initialised_again(random: Random, fault: bool) -> list[Row]:
    """A part of the weights of a layer is drawn anew."""
    data, log, own = clusters(random), Log(random), np.random.default_rng(random.integers(2**32))
    at, part = _at(random, log), some(random, 0.3, 0.6)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step == at:
            w = net.weights[0]
            w[:] = np.where(own.random(w.shape) < part, own.normal(size=w.shape) * w.std(), w)
        return x, y, rate

    return log.fit(data, mlp(random, data, 40), constant(0.02), meddle=meddle).run(random)


@leaps
def f_signs_of_the_inputs(random: Random, fault: bool) -> list[Row]:
    """The inputs of some batches have the wrong sign."""
    data, log = some(random, clusters, regression, sequences)(random), Log(random, score=False)
    at, length = _at(random, log), some(random, 1, 2, 5) * log.every
    net = Recurrent(random, data) if data.x.ndim == 3 else mlp(random, data, 32) if data.y.ndim == 1 else regressor(
        random, data, 32)
    return log.fit(data, net, constant(0.02), meddle=lambda step, net, x, y, rate: (
        -x if fault and at <= step < at + length else x, y, rate)).run(random)


@leaps
def f_adam_too_far_for_words(random: Random, fault: bool) -> list[Row]:
    """The rate of a language model is far too high for some steps."""
    data, log = text(random), Log(random)
    at, length, times = _at(random, log), some(random, 2, 4), some(random, 30, 80)
    return log.fit(data, mlp(random, data, 48), lambda step: 3e-3 * (
        times if fault and at <= step < at + length else 1), adam=True).run(random)


@leaps
def f_targets_in_other_units(random: Random, fault: bool) -> list[Row]:
    data, log = regression(random), Log(random, score=False)
    at, length, times = _at(random, log), some(random, 1, 2) * log.every, some(random, 5, 20)
    return log.fit(data, regressor(random, data, 24), constant(5e-3), meddle=lambda step, net, x, y, rate: (
        x, y * times if fault and at <= step < at + length else y, rate)).run(random)


@leaps
def f_most_inputs_lost(random: Random, fault: bool) -> list[Row]:
    """Most inputs of some batches are zero: a worker has lost them."""
    data, log = clusters(random, noise=0.7), Log(random)
    at, length, own = _at(random, log), some(random, 2, 6, 12) * log.every, np.random.default_rng(
        random.integers(2**32))
    return log.fit(data, mlp(random, data, 40), constant(0.02), meddle=lambda step, net, x, y, rate: (
        x * (own.random(x.shape) > 0.9) if fault and at <= step < at + length else x, y, rate)).run(random)


@ends_worse("nan", "divergence")
def f_variance_overflows(random: Random, fault: bool) -> list[Row]:
    data, log = regression(random), Log(random, score=False)
    at = _at(random, log)
    return log.fit(data, Net(random, [8, 24, 2], "nll"), lambda step: 1e-3 * (3000 if fault and step >= at else 1),
                   ).run(random)


@ends_worse("divergence")
def f_momentum_above_one(random: Random, fault: bool) -> list[Row]:
    """From a step on the momentum grows by itself."""
    data, log = clusters(random), Log(random)
    at = _at(random, log)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if fault and step >= at:
            for first, _ in net.moments:
                first *= 1.13
        return x, y, rate

    return log.fit(data, mlp(random, data, 32), constant(0.01), meddle=meddle).run(random)


@worse_validation
def f_few_sequences(random: Random) -> list[Row]:
    data = sequences(random, n=50)
    data.x += random.normal(size=data.x.shape) * 1.5
    data.val_x += random.normal(size=data.val_x.shape) * 1.5
    log = Log(random, 500, "val_loss")
    log.val_every = some(random, 5, 10) * log.every
    return log.fit(data, Recurrent(random, data), constant(0.05 / log.every), batch=16).run(random)


@ends_worse("not_learning")
def f_clipped_to_nothing(random: Random, fault: bool) -> list[Row]:
    """The gradient is clipped to a millionth."""
    data, log = some(random, clusters, bags)(random), Log(random)
    return log.fit(data, mlp(random, data, 24), constant(1e-7 if fault else 0.02)).run(random)


@ends_worse("learning_rate")
def f_warm_up_ends_in_zero(random: Random, fault: bool) -> list[Row]:
    """After the warm-up the rate is zero."""
    data, log = clusters(random), Log(random, 0, "lr")
    end = log.steps // 12
    return log.fit(data, mlp(random, data, 32), lambda step: 0.0 if fault and step > end else 0.01 * min(step / end, 1),
                   ).run(random)


def f_too_hot(random: Random) -> list[Row]:
    """The speed falls to a fifth in two steps, and stays there."""
    data, log = clusters(random), Log(random)
    rows = log.fit(data, mlp(random, data), constant(0.01)).run(random)
    at = int(len(rows) * random.uniform(0.25, 0.6))
    return [row | {"train/samples_per_sec": 3000 * random.lognormal(0, 0.05) * (
        1 if index < at else 0.5 if index < at + 30 else 0.2)} for index, row in enumerate(rows)]


f_too_hot.expected = ("throughput",)  # type: ignore[attr-defined]


@ends_worse("collapse", name=COST)
def f_policy_of_9(random: Random, fault: bool) -> list[Row]:
    rows = chain(random, 360, int(random.integers(150, 260)) if fault else None, states=5)
    return [row | {COST: -row["rollout/ep_rew_mean"]} for row in rows]


@leaps
def f_an_epoch_with_wrong_labels(random: Random, fault: bool) -> list[Row]:
    data, at, own = clusters(random), int(random.integers(30, 60)), np.random.default_rng(random.integers(2**32))
    return Fit(data, mlp(random, data, 32), constant(0.01), 80 * 62, by_epoch=True, columns=(
        "epoch", "train_loss", "val_loss"), meddle=lambda step, net, x, y, rate: (
            x, own.permutation(y) if fault and step // 62 == at else y, rate)).run(random)
