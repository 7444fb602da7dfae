"""A third set of labelled trainings: written after the problems shown by the second were fixed, and looked at once,
after that."""

from __future__ import annotations

import itertools
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

# -- healthy -----------------------------------------------------------------------------------------------------------


def h_variational(random: Random) -> list[Row]:
    """An autoencoder whose codes are drawn; the weight of their divergence grows at first."""
    seen = np.tanh(random.normal(size=(1500, 3)) @ random.normal(size=(3, 12))) + random.normal(size=(1500, 12)) * 0.1
    enc, dec, rows = Net(random, [12, 24, 6], "mse", "tanh", 0.5), Net(random, [3, 24, 12], "mse", "tanh"), []
    for step in range(900):
        x = seen[random.integers(1500, size=64)]
        layers, _ = enc.forward(x)
        mean, log_var = layers[-1][:, :3], np.clip(layers[-1][:, 3:], -6, 4)
        drawn = random.normal(size=mean.shape)
        made, _ = dec.forward(mean + drawn * np.exp(log_var / 2))
        error = made[-1] - x
        of_dec, back = dec.backward(made, [], 2 * error / 64)
        weight = min(step / 300, 1.0)
        parts = [back + weight * mean / 64,
                 back * drawn * np.exp(log_var / 2) / 2 + weight * 0.5 * (np.exp(log_var) - 1) / 64]
        enc.step(enc.backward(layers, [], np.concatenate(parts, axis=1))[0], 2e-3, 0.9, True, 0)
        dec.step(of_dec, 2e-3, 0.9, True, 0)
        recon = float((error**2).sum(axis=1).mean())
        kl = float(0.5 * (np.exp(log_var) + mean**2 - 1 - log_var).sum(axis=1).mean())
        rows.append({"step": step, "loss": recon + weight * kl, "recon_loss": recon, "kl_loss": kl})
    return rows


def h_restarts_grow(random: Random) -> list[Row]:
    """Warm restarts, each twice as long as the one before."""
    data, starts = clusters(random, noise=1.1), (0, 150, 450, 1050)

    def rate(step: int) -> float:
        first, stop = next((a, b) for a, b in itertools.pairwise(starts) if a <= step < b)
        return 0.04 * (1 + math.cos(math.pi * (step - first) / (stop - first)))

    return Fit(data, mlp(random, data), rate, 1050, val_every=30, columns=some(random, LOSS_ONLY, MOST, WITH_SCORE),
               ).run(random)


def h_errors_by_epoch(random: Random) -> list[Row]:
    data = regression(random, n=1600, noise=0.4)
    return Fit(data, regressor(random, data, 24), cosine(0.02, 50 * 45), 50 * 45, by_epoch=True, decay=1e-3,
               columns=("epoch", "train_loss", "val_loss"), names={"train_loss": "mse", "val_loss": "val_mse"},
               ).run(random)


def h_rounded_rate(random: Random) -> list[Row]:
    """The rate is logged with two digits."""
    data = text(random)
    rows = Fit(data, mlp(random, data, 48), cosine(6e-3, 1200, 60), 1200, adam=True, log_every=2, val_every=100,
               columns=MOST, names={"lr": "learning_rate"}).run(random)
    return [row | {"learning_rate": float(f"{row['learning_rate']:.1e}")} for row in rows]


def h_trapezoid(random: Random) -> list[Row]:
    """A rate that rises, stays for most of the run, and falls to nothing in the end."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.04 * min(step / 80, 1.0, (1000 - step) / 200), 1000,
               columns=MOST).run(random)


def h_inverse_root(random: Random) -> list[Row]:
    data = text(random)
    return Fit(data, mlp(random, data, 64), lambda step: 0.008 * min((step + 1) / 100, (100 / (step + 1)) ** 0.5), 900,
               adam=True, columns=("step", "train_loss", "lr", "grad_norm")).run(random)


def h_floor(random: Random) -> list[Row]:
    """A rate that falls in a line to a part of what it was, and stays there."""
    data, part = clusters(random), some(random, 0.1, 0.25, 1 / 3)
    return Fit(data, mlp(random, data), lambda step: 0.05 * max(1 - step / 900, part), 1200, columns=MOST).run(random)


def h_second_term(random: Random) -> list[Row]:
    """From some step on another term is added to the loss, and logged."""
    data, other = clusters(random), clusters(random, noise=1.4)
    a, b, rows = mlp(random, data), mlp(random, other, 16), []
    for step in range(900):
        i = random.integers(2000, size=32)
        one, of_a = a.gradients(data.x[i], data.y[i])
        a.step(of_a, 0.02, 0.9, False, 0)
        row: Row = {"step": step, "total_loss": one, "sup_loss": one}
        if step >= 300:
            two, of_b = b.gradients(other.x[i], other.y[i])
            b.step(of_b, 0.02, 0.9, False, 0)
            row |= {"total_loss": one + 0.3 * two, "cons_loss": 0.3 * two}
        rows.append(row)
    return rows


def h_pruned(random: Random) -> list[Row]:
    """The smallest weights are taken out three times, and the rest goes on."""
    data = clusters(random)
    mask: list[Array] = []

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step in (300, 550, 800):
            mask[:] = [np.abs(w) > np.quantile(np.abs(w), {300: 0.3, 550: 0.5, 800: 0.7}[step]) for w in net.weights]
        for w, is_left in zip(net.weights, mask, strict=False):
            w *= is_left
        return x, y, rate

    return Fit(data, mlp(random, data, 64), constant(0.02), 1100, meddle=meddle,
               columns=some(random, LOSS_ONLY, MOST, WITH_SCORE)).run(random)


def h_mixup(random: Random) -> list[Row]:
    """Samples are mixed, so that the training's loss is far above the validation's."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        part, other = random.beta(0.4, 0.4), random.permutation(len(x))
        labels = np.where(random.random(len(x)) < part, y, y[other])
        return part * x + (1 - part) * x[other], labels, rate

    return Fit(data, mlp(random, data, 48), cosine(0.04, 1000), 1000, meddle=meddle,
               columns=some(random, MOST, WITH_SCORE)).run(random)


def h_few_validated(random: Random) -> list[Row]:
    """Sixteen samples are validated, always the same, and only their score is logged."""
    data = clusters(random, n_val=16, noise=1.2)
    return Fit(data, mlp(random, data, 24), constant(0.02), 1000, val_every=20,
               columns=("step", "train_loss", "val_acc")).run(random)


def h_chain_of_8(random: Random) -> list[Row]:
    return chain(random, 450, states=8)


def h_hinge(random: Random) -> list[Row]:
    """A loss with a margin: of most batches nothing is left in the end."""
    data, rows = clusters(random, classes=2, noise=0.8), []
    net = Net(random, [16, 24, 1], "mse")
    for step in range(900):
        i = random.integers(2000, size=16)
        side = 2.0 * data.y[i] - 1
        layers, masks = net.forward(data.x[i])
        left = np.maximum(1 - side * layers[-1][:, 0], 0)
        net.step(net.backward(layers, masks, (-side * (left > 0))[:, None] / 16)[0], 0.01, 0.9, False, 0)
        rows.append({"step": step, "train_loss": float(left.mean())})
    return rows


def h_summed(random: Random) -> list[Row]:
    """The loss is the sum over a batch, the last of an epoch is half as large."""
    data = clusters(random, n=2000)
    rows = Fit(data, mlp(random, data), cosine(0.03, 900), 900, columns=("step", "epoch", "train_loss")).run(random)
    return [row | {"train_loss": row["train_loss"] * (16 if row["step"] % 62 == 61 else 32)} for row in rows]


def h_distilled(random: Random) -> list[Row]:
    """A small network learns what a large one says."""
    data = clusters(random)
    large = mlp(random, data, 96)
    Fit(data, large, constant(0.03), 400, columns=LOSS_ONLY).run(random)
    said, val = large.forward(data.x)[0][-1], large.forward(data.val_x)[0][-1]
    small = Net(random, [16, 24, 10], "mse")
    return Fit(Data(data.x, said, data.val_x, val), small, cosine(3e-3, 900), 900, columns=some(random, MOST, NO_RATE),
               names={"train_loss": "train/loss", "val_loss": "val/loss"},
               ).run(random)


def h_resumed_twice(random: Random) -> list[Row]:
    """Killed twice, gone on each time from a checkpoint; the schedule goes on as well."""
    data, rate = clusters(random), cosine(0.04, 900, 50)
    net, rows, start = mlp(random, data), [], 0
    for stop in (330, 610, 900):
        rows += Fit(data, net, rate, stop, first_step=start, columns=MOST).run(random)
        start = stop - int(random.integers(20, 70))
    return rows


def h_slow_compile(random: Random) -> list[Row]:
    """The first steps take long, others wait now and then; the time since the start is logged."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.04, 900), 900, columns=some(random, LOSS_ONLY, MOST)).run(random)
    now, name = 0.0, some(random, "time_elapsed_seconds", "wall_time", "_timestamp")
    for step, row in enumerate(rows):
        now += (8.0 if step < 3 else 0.2) * math.exp(random.normal() * 0.3) + (30 if random.random() < 0.02 else 0)
        row[name] = (1.76e9 if name != "time_elapsed_seconds" else 0) + now
    return rows


def h_groups(random: Random) -> list[Row]:
    """Of two groups of parameters one is frozen at first."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.03, 900), 900, columns=MOST).run(random)
    for row in rows:
        row["lr-SGD/pg1"] = row.pop("lr")
        row["lr-SGD/pg2"] = 0.0 if row["step"] < 300 else row["lr-SGD/pg1"] / 10
    return rows


def h_overflows_now_and_then(random: Random) -> list[Row]:
    """The norm of the gradient is infinite in each 200th step, which is left out: the loss scale was tried."""
    data = text(random)
    rows = Fit(data, mlp(random, data, 48), cosine(5e-3, 1000, 60), 1000, adam=True,
               columns=("step", "train_loss", "lr", "grad_norm")).run(random)
    for row in rows[150::200]:
        row["grad_norm"] = math.inf
    return rows


def h_smoothed(random: Random) -> list[Row]:
    """What is logged is a moving average of the loss."""
    data = clusters(random, noise=1.1)
    columns = some(random, LOSS_ONLY, NO_RATE)
    rows = Fit(data, mlp(random, data), cosine(0.03, 1000), 1000, batch=8, columns=columns).run(random)
    mean = rows[0]["train_loss"]
    for row in rows:
        mean += 0.02 * (row["train_loss"] - mean)
        row["train_loss"] = mean
    return rows


# -- faulty ------------------------------------------------------------------------------------------------------------


@expects("nan")
def f_logarithm_of_nothing(random: Random) -> list[Row]:
    """From some step on the logged loss is infinite now and then, then always."""
    data, at = clusters(random), int(random.integers(200, 500))
    rows = Fit(data, mlp(random, data), constant(0.02), 700, columns=some(random, LOSS_ONLY, MOST)).run(random)
    for row in rows[at:]:
        row["train_loss"] = math.inf if random.random() < 0.3 or row["step"] > at + 100 else row["train_loss"]
    return rows


@expects("nan")
def f_nan_from_the_start(random: Random) -> list[Row]:
    data = regression(random)
    data.x[:, 0] = math.nan
    columns = some(random, LOSS_ONLY, MOST)
    return Fit(data, regressor(random, data, 16), constant(0.01), 200, columns=columns).run(random)


@expects("divergence", "nan")
def f_regression_diverges(random: Random) -> list[Row]:
    """The rate is set too high at some step, for a regression."""
    data, at = regression(random), int(random.integers(200, 500))
    return Fit(data, regressor(random, data, 24), lambda step: 0.01 if step < at else 2.0, 700, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


@expects("divergence", "nan")
def f_weights_grow(random: Random) -> list[Row]:
    """Weight decay with the wrong sign."""
    data = clusters(random, wrong=0.1)
    return Fit(data, mlp(random, data), constant(0.02), 1200, decay=float(random.uniform(-0.12, -0.08)),
               columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


@expects("spike")
def f_spike_of_likelihood(random: Random) -> list[Row]:
    data, at = regression(random, noise=0.1, curved=False), int(random.integers(300, 800))
    return Fit(data, Net(random, [8, 24, 2], "nll", "tanh"), constant(2e-3), 900, adam=True, faults=[at],
               columns=some(random, LOSS_ONLY, MOST),
               meddle=lambda step, net, x, y, rate: (x, (y * 12 if step == at else y), rate)).run(random)


@expects("spike", "learning_rate")
def f_spikes_of_words(random: Random) -> list[Row]:
    """Two batches of a language model have a rate that is far too high."""
    data, ats = text(random), random.integers(300, 900, size=2).tolist()
    rate = cosine(5e-3, 1000, 50)
    return Fit(data, mlp(random, data, 48), lambda step: rate(step) * (200 if step in ats else 1), 1000, adam=True,
               faults=ats, columns=some(random, LOSS_ONLY, MOST), names={"train_loss": "loss"}).run(random)


@expects("overfitting")
def f_overfits_parity(random: Random) -> list[Row]:
    data = parity(random, n=80, bits=4)
    return Fit(data, mlp(random, data, 64), constant(0.05), 900, batch=16, val_every=10,
               columns=some(random, MOST, WITH_SCORE)).run(random)


@expects("overfitting")
def f_overfits_random_labels(random: Random) -> list[Row]:
    data = clusters(random, n=150, wrong=1.0)
    return Fit(data, mlp(random, data, 96), constant(3e-3), 60 * 9, batch=16, adam=True, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss", "val_acc"), names={"train_loss": "loss"}).run(random)


@expects("overfitting")
def f_overfits_errors(random: Random) -> list[Row]:
    data = regression(random, n=40, noise=0.7)
    return Fit(data, regressor(random, data, 96), constant(3e-3), 100 * 8, batch=5, adam=True, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss"), names={"train_loss": "mse", "val_loss": "val_mse"},
               ).run(random)


@expects("not_learning", "gradient")
def f_saturated(random: Random) -> list[Row]:
    """Sigmoids that are 0 or 1 for all inputs of a step, five layers of them."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 24, 24, 24, 24, 24, act="sigmoid", gain=0.3), constant(2e-3), 600, momentum=0.0,
               columns=some(random, LOSS_ONLY, ("step", "train_loss", "grad_norm", "lr"), WITH_SCORE)).run(random)


@expects("not_learning")
def f_regression_frozen(random: Random) -> list[Row]:
    """A regression whose weights are put back after each step; its validation is always the same."""
    data = regression(random)
    net = regressor(random, data, 16)
    columns = some(random, NO_RATE, ("step", "train_loss", "val_loss"))
    return Fit(data, net, constant(1e-7), 600, meddle=kept(net.parts), columns=columns).run(random)


@expects("learning_rate")
def f_rate_lost(random: Random) -> list[Row]:
    """Gone on from a checkpoint with a rate of 0."""
    data, rate, stop = clusters(random), cosine(0.04, 1500), int(random.integers(300, 500))
    net = mlp(random, data)
    first = Fit(data, net, rate, stop, columns=MOST).run(random)
    return first + Fit(data, net, constant(0.0), stop + 300, first_step=stop - 30, columns=MOST).run(random)


@expects("learning_rate")
def f_decays_too_fast(random: Random) -> list[Row]:
    data = text(random)
    return Fit(data, mlp(random, data, 48), lambda step: 5e-3 * 0.96**step, 700, adam=True,
               columns=some(random, MOST, ("step", "train_loss", "lr"))).run(random)


@expects("learning_rate")
def f_schedule_not_asked(random: Random) -> list[Row]:
    """Gone on from a checkpoint; since then nobody asks the scheduler."""
    data, rate, stop = clusters(random), cosine(0.05, 1000), int(random.integers(300, 500))
    net = mlp(random, data)
    first = Fit(data, net, rate, stop, columns=MOST).run(random)
    return first + Fit(data, net, lambda step: rate(stop), 1000, first_step=stop, columns=MOST).run(random)


@expects("throughput")
def f_throttled(random: Random) -> list[Row]:
    """The samples a second fall to a quarter."""
    data, at = clusters(random), int(random.integers(300, 500))
    rows = Fit(data, mlp(random, data), constant(0.02), 800, columns=some(random, LOSS_ONLY, MOST)).run(random)
    for row in rows:
        row["samples_per_second"] = 4000 * math.exp(random.normal() * 0.1) * (0.22 if row["step"] >= at else 1)
    return rows


@expects("collapse")
def f_policy_of_7(random: Random) -> list[Row]:
    return chain(random, 420, int(random.integers(220, 300)), states=7)


@expects("collapse")
def f_epochs_forget(random: Random) -> list[Row]:
    """From some epoch on the rate is so high that the score is that of a guess."""
    data, at = clusters(random, n=1600), int(random.integers(18, 28))
    return Fit(data, mlp(random, data), lambda step: 0.03 if step < 50 * at else 30.0, 50 * 45, by_epoch=True,
               columns=("epoch", "val_acc"), names={"val_acc": "val_accuracy"}).run(random)
