"""A fourth set of labelled trainings, written before it was looked at; it was looked at once."""

from __future__ import annotations

import math

import numpy as np

from .training import (
    LOSS_ONLY,
    MOST,
    NO_RATE,
    WITH_SCORE,
    Array,
    Fit,
    Net,
    Random,
    Row,
    Schedule,
    chain,
    clusters,
    constant,
    cosine,
    expects,
    kept,
    mlp,
    regression,
    regressor,
    some,
    text,
)


def polynomial(rate: float, steps: int, power: float = 2.0) -> Schedule:
    return lambda step: rate * (1 - step / steps) ** power


def perplexities(rows: list[Row]) -> list[Row]:
    return [{"val_ppl" if key == "val_loss" else key: math.exp(value) if key == "val_loss" else value
             for key, value in row.items()} for row in rows]


# -- healthy -----------------------------------------------------------------------------------------------------------


def h_polynomial(random: Random) -> list[Row]:
    data = clusters(random, classes=6)
    return Fit(data, mlp(random, data, 40), polynomial(0.05, 950), 950, columns=MOST).run(random)


def h_label_smoothing(random: Random) -> list[Row]:
    """Each label is another one with 20 %: the loss has a high floor."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 48), cosine(0.04, 900, 60), 900, columns=some(random, LOSS_ONLY, WITH_SCORE),
               meddle=lambda step, net, x, y, rate: (
                   x, np.where(random.random(len(y)) < 0.2, random.integers(10, size=len(y)), y), rate)).run(random)


def h_prices(random: Random) -> list[Row]:
    """A regression of large numbers: the loss is in the hundred thousands."""
    data = regression(random)
    columns = some(random, MOST, NO_RATE)
    rows = Fit(data, regressor(random, data, 24), cosine(0.02, 900), 900, columns=columns).run(random)
    return [row | {key: row[key] * 4e5 for key in ("train_loss", "val_loss") if key in row} for row in rows]


def h_micrometres(random: Random) -> list[Row]:
    """A regression of tiny numbers."""
    data = regression(random, noise=0.1, curved=False)
    rows = Fit(data, regressor(random, data, 16), constant(0.01), 800, columns=("step", "train_loss")).run(random)
    return [row | {"train_loss": row["train_loss"] * 1e-9} for row in rows]


def h_percent(random: Random) -> list[Row]:
    """The scores are in per cent."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), constant(0.02), 800, val_every=20, columns=WITH_SCORE).run(random)
    return [row | ({"val_acc": 100 * row["val_acc"]} if "val_acc" in row else {}) for row in rows]


def h_thawed(random: Random) -> list[Row]:
    """The first layer is frozen at first, then all are trained at a lower rate."""
    data = clusters(random)
    net = mlp(random, data, 48)
    return Fit(data, net, lambda step: 0.02 if step < 400 else 0.006, 1000,
               meddle=kept([net.weights[0], net.biases[0]], 400), columns=some(
                   random, LOSS_ONLY, MOST, WITH_SCORE)).run(random)


def h_rounded_weights(random: Random) -> list[Row]:
    """From some step on the weights are rounded after each step, as for a small device."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step >= 500:
            for w in net.weights:
                w[:] = np.round(w * 32) / 32
        return x, y, rate

    return Fit(data, mlp(random, data, 48), constant(0.03), 1000, meddle=meddle,
               columns=some(random, LOSS_ONLY, NO_RATE, WITH_SCORE)).run(random)


def h_perplexity(random: Random) -> list[Row]:
    """Of a language model only the perplexities are logged."""
    data = text(random)
    return perplexities(Fit(data, mlp(random, data, 64), cosine(4e-3, 1000, 80), 1000, adam=True, val_every=100,
                            columns=("step", "train_ppl", "val_loss")).run(random))


def h_few_rows(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data), cosine(0.03, 1500), 1500, log_every=50, columns=MOST).run(random)


def h_dropout_falls(random: Random) -> list[Row]:
    """Dropout is taken back in stairs."""
    data, rows = clusters(random), []
    net = mlp(random, data, 64)
    for part, dropout in enumerate((0.5, 0.3, 0.1, 0.0)):
        rows += Fit(data, net, constant(0.02), 250 * (part + 1), dropout=dropout, first_step=250 * part,
                    columns=NO_RATE).run(random)
    return rows


def h_noisy_weights(random: Random) -> list[Row]:
    """Noise is added to the weights at each step, and becomes less."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for w in net.weights:
            w += random.normal(size=w.shape) * 0.02 / (1 + step / 100)
        return x, y, rate

    return Fit(data, mlp(random, data, 48), constant(0.03), 900, meddle=meddle, columns=some(random, LOSS_ONLY, MOST),
               ).run(random)


def h_ensemble(random: Random) -> list[Row]:
    """Three networks are trained side by side, each has a column."""
    data = clusters(random)
    runs = [Fit(data, mlp(random, data, 16 * size), constant(0.01 * size), 700, columns=LOSS_ONLY).run(random)
            for size in (1, 2, 3)]
    return [{"step": step, **{f"model_{index}/loss": row["train_loss"] for index, row in enumerate(rows)}}
            for step, rows in enumerate(zip(*runs, strict=True))]


def h_robust(random: Random) -> list[Row]:
    """A mean absolute error, with targets of which some are far off."""
    data, rows = regression(random), []
    data.y[random.random(len(data.y)) < 0.03] += 4
    net = regressor(random, data, 24)
    for step in range(900):
        at = random.integers(2000, size=32)
        layers, masks = net.forward(data.x[at])
        error = layers[-1] - data.y[at]
        net.step(net.backward(layers, masks, np.sign(error) / 32)[0], 0.01 * (1 - step / 900), 0.9, False, 0)
        rows.append({"step": step, "mae": float(np.abs(error).mean())})
    return rows


def h_validated_first(random: Random) -> list[Row]:
    """The validation comes before the first step, and after each epoch."""
    data = clusters(random)
    net = mlp(random, data, 40)
    loss, right = net.evaluate(data.val_x, data.val_y)
    return [{"step": 0, "val_loss": loss, "val_acc": right}, *Fit(
        data, net, cosine(0.04, 900), 900, val_every=62, columns=WITH_SCORE).run(random)]


def h_goes_on(random: Random) -> list[Row]:
    """A run whose first half was logged elsewhere."""
    data, rate = clusters(random), cosine(0.05, 2400)
    net = mlp(random, data)
    Fit(data, net, rate, 1200, columns=LOSS_ONLY).run(random)
    return Fit(data, net, rate, 2400, first_step=1200, columns=some(random, MOST, WITH_SCORE)).run(random)


def h_weight_in_cycles(random: Random) -> list[Row]:
    """The weight of a penalty grows and starts again four times; the loss goes up and down with it."""
    data, rows = clusters(random), []
    net = mlp(random, data, 32)
    for step in range(1000):
        at, weight = random.integers(2000, size=32), 0.004 * min((step % 250) / 125, 1)
        loss, gradients = net.gradients(data.x[at], data.y[at])
        net.step(gradients, 0.02, 0.9, False, weight)
        penalty = weight * sum(float((w * w).sum()) for w in net.weights) / 2
        rows.append({"step": step, "train/loss": loss + penalty, "train/ce_loss": loss, "train/reg_loss": penalty})
    return rows


def h_smaller_batches(random: Random) -> list[Row]:
    """The batches become smaller, and the loss noisier."""
    data = clusters(random, noise=1.15)
    net, rows = mlp(random, data, 32), []
    for part, batch in enumerate((128, 32, 8)):
        rows += Fit(data, net, constant(0.012), 350 * (part + 1), batch=batch, first_step=350 * part,
                    columns=("step", "train_loss", "grad_norm")).run(random)
    return rows


def h_logged_twice(random: Random) -> list[Row]:
    """Two processes write the same rows."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.04, 700), 700, columns=some(random, LOSS_ONLY, MOST)).run(random)
    return [row for row in rows for _ in range(2)]


def h_stops_early(random: Random) -> list[Row]:
    """The run ends at the third validation that is no better."""
    data = clusters(random, n=500, noise=1.1)
    rows = Fit(data, mlp(random, data, 24), constant(0.01), 3000, val_every=40, decay=1e-3, columns=NO_RATE).run(random)
    best, since = math.inf, 0
    for count, row in enumerate(rows):
        if "val_loss" in row:
            best, since = (row["val_loss"], 0) if row["val_loss"] < best else (best, since + 1)
            if since == 3:
                return rows[: count + 1]
    return rows


def h_chain_of_5(random: Random) -> list[Row]:
    return chain(random, 380, states=5)


# -- faulty ------------------------------------------------------------------------------------------------------------


@expects("nan")
def f_validation_is_nan(random: Random) -> list[Row]:
    """From some validation on its loss is no number; the training's is."""
    data, at = clusters(random), int(random.integers(300, 700))
    rows = Fit(data, mlp(random, data), constant(0.02), 1000, val_every=40, columns=NO_RATE).run(random)
    return [row | ({"val_loss": math.nan} if "val_loss" in row and row["step"] >= at else {}) for row in rows]


@expects("nan", "divergence")
def f_half_precision(random: Random) -> list[Row]:
    """The weights grow until the outputs are beyond the largest half-precision number."""
    data, at = clusters(random), int(random.integers(250, 500))
    rows = Fit(data, mlp(random, data), lambda step: 0.03 if step < at else 30.0, 650,
               columns=some(random, LOSS_ONLY, MOST)).run(random)
    return [row | {"train_loss": math.inf if row["train_loss"] > 65504 else row["train_loss"]} for row in rows]


@expects("nan")
def f_single_nan(random: Random) -> list[Row]:
    data, at = text(random), int(random.integers(200, 900))
    rows = Fit(data, mlp(random, data, 48), cosine(5e-3, 1000), 1000, adam=True, columns=MOST).run(random)
    rows[at]["train_loss"] = math.nan
    return rows


@expects("spike")
def f_labels_of_a_batch(random: Random) -> list[Row]:
    """In three batches the labels are those of other samples."""
    data, ats = clusters(random, noise=0.6), set(random.integers(400, 900, size=3).tolist())
    return Fit(data, mlp(random, data, 48), constant(0.03), 1000, faults=ats, columns=some(random, LOSS_ONLY, MOST),
               meddle=lambda step, net, x, y, rate: (x, ((y + 5) % 10 if step in ats else y), rate)).run(random)


@expects("spike")
def f_inputs_not_scaled(random: Random) -> list[Row]:
    """One batch of a regression is not normalised."""
    data, at = regression(random), int(random.integers(300, 800))
    return Fit(data, regressor(random, data, 24), constant(0.005), 900, momentum=0.5, faults=[at],
               columns=("step", "train_loss"), names={"train_loss": "loss"},
               meddle=lambda step, net, x, y, rate: (
                   (x * 25 if step == at else x), y, (1e-4 if step == at else rate))).run(random)


@expects("divergence", "nan")
def f_adam_too_fast(random: Random) -> list[Row]:
    """Adam's rate is set 300 times too high at some step."""
    data, at = clusters(random), int(random.integers(250, 500))
    return Fit(data, mlp(random, data, 48), lambda step: 2e-3 if step < at else 0.6, 700, adam=True,
               columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


@expects("divergence", "nan")
def f_likelihood_diverges(random: Random) -> list[Row]:
    data, at = regression(random, noise=0.1, curved=False), int(random.integers(300, 500))
    return Fit(data, Net(random, [8, 24, 2], "nll", "tanh"), lambda step: 2e-3 if step < at else 0.5, 700, adam=True,
               columns=some(random, LOSS_ONLY, ("step", "train_loss", "grad_norm"))).run(random)


@expects("divergence")
def f_labels_get_worse(random: Random) -> list[Row]:
    """From some step on more and more labels are wrong."""
    data, at = clusters(random), int(random.integers(300, 400))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        wrong = random.random(len(y)) < min(max(step - at, 0) / 500, 1.0)
        return x, np.where(wrong, random.integers(10, size=len(y)), y), rate

    return Fit(data, mlp(random, data), constant(0.02), 1000, meddle=meddle, columns=some(random, LOSS_ONLY, NO_RATE),
               ).run(random)


@expects("overfitting")
def f_overfits_perplexity(random: Random) -> list[Row]:
    data = text(random, n=350)
    return perplexities(Fit(data, mlp(random, data, 64), constant(4e-3), 900, adam=True, val_every=25,
                            columns=("step", "train_ppl", "val_loss")).run(random))


@expects("overfitting")
def f_overfits_two_classes(random: Random) -> list[Row]:
    data = clusters(random, n=64, classes=2, noise=1.6)
    return Fit(data, mlp(random, data, 64), constant(0.03), 4 * 150, batch=16, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss"), names={"train_loss": "loss"}).run(random)


@expects("overfitting")
def f_overfits_after_decay(random: Random) -> list[Row]:
    """The rate falls to a fifth, and the training's loss to nothing."""
    data = clusters(random, n=250, noise=1.2, wrong=0.1)
    return Fit(data, mlp(random, data, 96), lambda step: 0.05 if step < 300 else 0.01, 1500, val_every=25,
               columns=some(random, MOST, WITH_SCORE)).run(random)


@expects("not_learning")
def f_clipped_to_nothing(random: Random) -> list[Row]:
    """The gradient is clipped to a norm of a millionth; what is logged is the norm before."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 40, gain=1.0), constant(1e-8), 700,
               columns=some(random, NO_RATE, WITH_SCORE, ("step", "train_loss", "val_loss", "grad_norm"))).run(random)


@expects("not_learning")
def f_adam_too_slow(random: Random) -> list[Row]:
    data = text(random)
    return Fit(data, mlp(random, data, 32), constant(1e-8), 600, adam=True, val_every=25,
               columns=some(random, WITH_SCORE, MOST)).run(random)


@expects("learning_rate", "not_learning")
def f_rate_is_an_integer(random: Random) -> list[Row]:
    """The schedule divides whole numbers: the rate is 0 from the first step on."""
    data = clusters(random)
    return Fit(data, mlp(random, data), constant(0.0), 500, columns=some(random, MOST, ("step", "train_loss", "lr")),
               ).run(random)


@expects("learning_rate")
def f_groups_zeroed(random: Random) -> list[Row]:
    """The rates of both groups of parameters are 0 from some step on."""
    data, at = clusters(random), int(random.integers(200, 450))
    rows = Fit(data, mlp(random, data), lambda step: 0.02 if step < at else 0.0, 800, columns=MOST).run(random)
    return [{key: value for key, value in row.items() if key != "lr"}
            | {"lr-AdamW/pg1": row["lr"], "lr-AdamW/pg2": row["lr"] / 5} for row in rows]


@expects("collapse")
def f_policy_of_4(random: Random) -> list[Row]:
    return chain(random, 400, int(random.integers(200, 280)), states=4)
