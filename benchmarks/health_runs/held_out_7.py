"""A seventh set of labelled trainings, written after what the sixth showed was mended; it was looked at once."""

from __future__ import annotations

import numpy as np

from .held_out_6 import WITH_NORM, Recurrent, bags, sequences, softmax
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

# -- healthy -----------------------------------------------------------------------------------------------------------


def h_three_layers(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data, 32, 32, 32, act="tanh"), cosine(0.04, 900), 900, columns=some(
        random, LOSS_ONLY, MOST)).run(random)


def h_waves(random: Random) -> list[Row]:
    """A rate that goes up and down, and is not logged."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.03 + 0.025 * np.sin(step / 30), 1000, columns=LOSS_ONLY,
               ).run(random)


def h_batches_and_rates_double(random: Random) -> list[Row]:
    data, rows = clusters(random), []
    net = mlp(random, data, 40)
    for part, times in enumerate((1, 2, 4)):
        rows += Fit(data, net, constant(0.008 * times), 350 * (part + 1), batch=16 * times, first_step=350 * part,
                    columns=MOST).run(random)
    return rows


def h_weighted_classes(random: Random) -> list[Row]:
    """Some classes count ten times as much as others."""
    data, weights = clusters(random), np.exp(random.normal(size=10))

    def weighted(out: Array, y: Array) -> tuple[Array, Array]:
        chances = softmax(out)
        each = -np.log(chances[np.arange(len(y)), y] + 1e-12)
        return weights[y] * each, weights[y][:, None] * (chances - np.eye(10)[y])

    net = mlp(random, data, 40)
    net.loss = weighted
    return Fit(data, net, constant(0.01), 1000, batch=16, columns=LOSS_ONLY).run(random)


def h_each_batch_four_times(random: Random) -> list[Row]:
    """Four steps are made with each batch: the loss falls, and is higher at the next one."""
    data, rows = clusters(random), []
    net = mlp(random, data, 40)
    at = random.integers(2000, size=32)
    for step in range(1000):
        at = at if step % 4 else random.integers(2000, size=32)
        loss, gradients = net.gradients(data.x[at], data.y[at])
        net.step(gradients, 0.01, 0.9, False, 0)
        rows.append({"step": step, "loss": loss})
    return rows


def h_easiest_first(random: Random) -> list[Row]:
    """A batch is the easiest part of what was drawn, a larger and larger part."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        at = random.integers(len(data.x), size=int(len(x) * max(3 - step / 200, 1)))
        each, _ = net.losses(net.forward(data.x[at])[0][-1], data.y[at])
        at = at[np.argsort(each)[: len(x)]]
        return data.x[at], data.y[at], rate

    return Fit(data, mlp(random, data, 40), constant(0.02), 900, meddle=meddle, columns=some(
        random, NO_RATE, LOSS_ONLY)).run(random)


def h_worst_of_a_batch(random: Random) -> list[Row]:
    """What is logged is the loss of the worst sample."""
    data, rows = clusters(random, noise=0.8), []
    net = mlp(random, data, 32)
    for step in range(900):
        at = random.integers(2000, size=16)
        worst = float(net.losses(net.forward(data.x[at])[0][-1], data.y[at])[0].max())
        net.step(net.gradients(data.x[at], data.y[at])[1], 0.01, 0.9, False, 0)
        rows.append({"step": step, "loss": worst})
    return rows


def h_skewed_targets(random: Random) -> list[Row]:
    """Incomes: most are low, few are high."""
    data = regression(random, noise=0.2)
    data.y, data.val_y = np.exp(1.2 * data.y), np.exp(1.2 * data.val_y)
    return Fit(data, regressor(random, data, 24), constant(2e-3), 1000, columns=some(random, LOSS_ONLY, NO_RATE),
               ).run(random)


def h_loss_and_its_mean(random: Random) -> list[Row]:
    """The loss, and a moving average of it beside it."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.03, 900), 900, batch=8, columns=LOSS_ONLY).run(random)
    mean = rows[0]["train_loss"]
    for row in rows:
        mean += 0.05 * (row["train_loss"] - mean)
        row["train_loss_smooth"] = mean
    return rows


def h_much_dropout(random: Random) -> list[Row]:
    data = clusters(random)
    return Fit(data, mlp(random, data, 96), constant(0.01), 1000, dropout=0.7, columns=some(
        random, LOSS_ONLY, WITH_SCORE)).run(random)


def h_words_by_plain_descent(random: Random) -> list[Row]:
    data = text(random, letters=24)
    return Fit(data, mlp(random, data, 64), constant(0.3), 1000, columns=some(random, LOSS_ONLY, NO_RATE),
               names={"train_loss": "loss"}).run(random)


def h_sparse_inputs(random: Random) -> list[Row]:
    """Most inputs are 0, and some are hardly ever another number."""
    x = random.normal(size=(2500, 40)) * (random.random((2500, 40)) < 0.3 / np.arange(1, 41))
    y = (x @ random.normal(size=(40, 1)) + 0.1 * random.normal(size=(2500, 1)) > 0).astype(np.int64)[:, 0]
    data = Data(x[:2000] * 3, y[:2000], x[2000:] * 3, y[2000:])
    return Fit(data, mlp(random, data, 24), constant(0.05), 1000, columns=some(random, LOSS_ONLY, MOST)).run(random)


def h_rare_classes(random: Random) -> list[Row]:
    """Of twelve classes each is rarer than the one before; the batches are small."""
    data = clusters(random, n=6000, classes=12, noise=0.8)
    kept = np.flatnonzero(random.random(len(data.y)) < 1 / (1 + data.y))
    data.x, data.y = data.x[kept], data.y[kept]
    return Fit(data, mlp(random, data, 32), constant(0.01), 1000, batch=8, columns=some(random, LOSS_ONLY, MOST),
               ).run(random)


def h_pairs(random: Random) -> list[Row]:
    """The better one of two samples is to be told."""
    data, rows = regression(random, noise=0.1), []
    net = regressor(random, data, 24)
    for step in range(800):
        a, b = random.integers(2000, size=(2, 32))
        (of_a, masks_a), (of_b, masks_b) = net.forward(data.x[a]), net.forward(data.x[b])
        side = np.sign(data.y[a] - data.y[b])
        margin = side * (of_a[-1] - of_b[-1])
        back = -side / (1 + np.exp(np.clip(margin, -30, 30))) / 32
        parts = net.backward(of_a, masks_a, back)[0], net.backward(of_b, masks_b, -back)[0]
        net.step([one + other for one, other in zip(*parts, strict=True)], 0.05, 0.9, False, 0)
        rows.append({"step": step, "loss": float(np.log1p(np.exp(-margin)).mean())})
    return rows


def h_hidden_parts(random: Random) -> list[Row]:
    """The hidden part of the inputs is to be told; how much is hidden is drawn for each batch."""
    codes = np.tanh(random.normal(size=(1500, 3)) @ random.normal(size=(3, 12)))
    net, rows = Net(random, [12, 32, 12], "mse"), []
    for step in range(900):
        x = codes[random.integers(1500, size=32)]
        loss, gradients = net.gradients(x * (random.random(x.shape) > random.uniform(0.1, 0.8)), x)
        net.step(gradients, 2e-3, 0.9, True, 0)
        rows.append({"step": step, "train_loss": loss})
    return rows


def h_prices_in_order(random: Random) -> list[Row]:
    """A series whose noise comes in bursts is learned in the order of time, again and again."""
    spread, noise = [0.3], random.normal(size=6400)
    for shock in noise[1:]:
        spread.append(0.05 + 0.85 * spread[-1] + 0.1 * abs(shock) * spread[-1])
    data = regression(random, n=6400, noise=0.0)
    data.y += (np.array(spread) * noise)[:, None]
    net, rows = regressor(random, data, 24), []
    for step in range(1000):
        at = (np.arange(32) + 32 * step) % 6400
        loss, gradients = net.gradients(data.x[at], data.y[at])
        net.step(gradients, 5e-3, 0.9, False, 0)
        rows.append({"step": step, "train_loss": loss})
    return rows


def h_recurrent_by_adam(random: Random) -> list[Row]:
    data = sequences(random, classes=8)
    return Fit(data, Recurrent(random, data), constant(2e-3), 800, adam=True, batch=16, columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


def h_words_of_many_classes(random: Random) -> list[Row]:
    data = bags(random, words=400, classes=12)
    return Fit(data, mlp(random, data, 48), cosine(0.1, 900), 900, batch=16, columns=some(random, LOSS_ONLY, MOST),
               ).run(random)


def h_frozen_then_all(random: Random) -> list[Row]:
    """A trained network gets a new head, which is trained alone at first."""
    old, data = clusters(random), clusters(random, classes=6)
    net = mlp(random, old, 40)
    Fit(old, net, constant(0.02), 500, columns=LOSS_ONLY).run(random)
    net = net.copy()
    net.weights[-1], net.biases[-1] = random.normal(size=(40, 6)) * 0.05, np.zeros(6)
    return Fit(data, net, cosine(0.02, 900), 900, meddle=kept(net.weights[:1], 250), columns=some(
        random, NO_RATE, LOSS_ONLY)).run(random)


def h_large_to_small_noise(random: Random) -> list[Row]:
    """Noise on the inputs that becomes less."""
    data = clusters(random, noise=0.7)
    return Fit(data, mlp(random, data, 40), constant(0.02), 1000, columns=LOSS_ONLY,
               meddle=lambda step, net, x, y, rate: (
                   x + random.normal(size=x.shape) * 2 * max(1 - step / 700, 0), y, rate)).run(random)


# -- faulty: leaps of a loss -------------------------------------------------------------------------------------------


@expects("spike", "learning_rate")
def f_three_steps_too_far(random: Random) -> list[Row]:
    """Three steps of a language model are forty times too large."""
    data, at, rate = text(random), int(random.integers(300, 800)), cosine(4e-3, 1000, 50)
    return Fit(data, mlp(random, data, 48), lambda step: rate(step) * (40 if at <= step < at + 3 else 1), 1000,
               adam=True, faults=range(at, at + 3), columns=some(random, LOSS_ONLY, MOST)).run(random)


@expects("spike")
def f_sequences_of_noise(random: Random) -> list[Row]:
    """Three batches in a row are noise."""
    data, at = sequences(random), int(random.integers(250, 700))
    return Fit(data, Recurrent(random, data), constant(0.02), 900, faults=range(at, at + 3), columns=some(
        random, LOSS_ONLY, WITH_NORM), meddle=lambda step, net, x, y, rate: (
            random.normal(size=x.shape) * 3 if at <= step < at + 3 else x, y, rate)).run(random)


@expects("spike")
def f_sensor_stuck(random: Random) -> list[Row]:
    """An input is at the end of its scale for five batches."""
    data, at = clusters(random), int(random.integers(300, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if at <= step < at + 5:
            x = x.copy()
            x[:, 3] = 15
        return x, y, rate

    return Fit(data, mlp(random, data, 40), constant(0.01), 900, meddle=meddle, faults=range(at, at + 5), columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


@expects("spike")
def f_momentum_multiplied(random: Random) -> list[Row]:
    """The momentum was saved before it was unscaled: it is eighty times as large after resuming."""
    data, at = clusters(random), int(random.integers(250, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            for first, _ in net.moments:
                first *= 80
        return x, y, rate

    return Fit(data, mlp(random, data, 40), constant(0.01), 900, meddle=meddle, faults=[at], columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("spike")
def f_weights_rounded(random: Random) -> list[Row]:
    """The weights are rounded to halves once, by a cast."""
    data, at = clusters(random), int(random.integers(250, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            for part in net.parts:
                part[:] = np.round(part * 1.5) / 1.5
        return x, y, rate

    return Fit(data, mlp(random, data, 40), constant(0.02), 900, meddle=meddle, faults=[at], val_every=25, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


@expects("spike")
def f_not_normalised_for_two(random: Random) -> list[Row]:
    """Two batches are not normalised, where nearly all is learned."""
    data, at = clusters(random, noise=0.6), int(random.integers(400, 800))
    return Fit(data, mlp(random, data, 40), cosine(0.03, 900), 900, faults=[at, at + 1], columns=some(
        random, LOSS_ONLY, MOST), meddle=lambda step, net, x, y, rate: (
            x * 6 + 8 if step in (at, at + 1) else x, y, rate)).run(random)


@expects("spike")
def f_targets_moved(random: Random) -> list[Row]:
    """The targets of ten batches are four too high."""
    data, at = regression(random), int(random.integers(300, 700))
    return Fit(data, regressor(random, data, 24), constant(3e-3), 900, faults=range(at, at + 10), columns=some(
        random, LOSS_ONLY, NO_RATE), meddle=lambda step, net, x, y, rate: (
            x, y + 4 if at <= step < at + 10 else y, rate)).run(random)


@expects("spike")
def f_words_of_another_language(random: Random) -> list[Row]:
    """Six batches of bags of words have the classes of others."""
    data, at = bags(random), int(random.integers(300, 700))
    return Fit(data, mlp(random, data), constant(0.03), 900, faults=range(at, at + 6), columns=some(
        random, LOSS_ONLY, WITH_NORM), meddle=lambda step, net, x, y, rate: (
            x, (y + 1) % 6 if at <= step < at + 6 else y, rate)).run(random)


@expects("spike")
def f_unit_on(random: Random) -> list[Row]:
    """The bias of a hidden unit becomes ten; the validation sees it, too."""
    data, at = clusters(random), int(random.integers(250, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            net.biases[0][5] += 10
        return x, y, rate

    return Fit(data, mlp(random, data, 24), constant(0.02), 900, meddle=meddle, faults=[at], val_every=10,
               columns=NO_RATE).run(random)


@expects("spike")
def f_step_too_far_of_sequences(random: Random) -> list[Row]:
    """A step of Adam is sixty times too large; a mean of five steps is logged."""
    data, at = sequences(random), int(random.integers(400, 1200))
    return Fit(data, Recurrent(random, data), lambda step: 3e-3 * (60 if step == at else 1), 1500, adam=True,
               log_every=5, faults=[at], columns=some(random, LOSS_ONLY, NO_RATE)).run(random)
