"""A sixth set of labelled trainings, written before anything was mended for the fifth; it was looked at once, after
that. Fourteen ways in which a loss leaps are among them."""

from __future__ import annotations

import math
from collections.abc import Callable

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
    mlp,
    regression,
    regressor,
    some,
    text,
)

WITH_NORM = ("step", "train_loss", "grad_norm")


class Recurrent(Net):
    """A layer that reads a sequence, inputs of shape (batch, time, inputs); the classes are read from its last
    state."""

    def __init__(self, random: Random, data: Data, units: int = 24):
        super().__init__(random, [data.x.shape[2], units, int(data.y.max()) + 1], act="tanh")
        self.weights.insert(1, np.linalg.qr(random.normal(size=(units, units)))[0])

    def forward(self, x: Array, random: Random | None = None, dropout: float = 0.0) -> tuple[list[Array], list[Array]]:
        states = [np.zeros((len(x), len(self.weights[1])))]
        for at in range(x.shape[1]):
            states.append(np.tanh(x[:, at] @ self.weights[0] + states[-1] @ self.weights[1] + self.biases[0]))
        return [*states, states[-1] @ self.weights[2] + self.biases[1]], []

    def gradients(self, x: Array, y: Array, random: Random | None = None, dropout: float = 0.0
                  ) -> tuple[float, list[Array]]:
        *states, out = self.forward(x)[0]
        each, back = self.losses(out, y)
        back = back / len(x)
        found = [np.zeros_like(part) for part in self.parts]
        found[2], found[4] = states[-1].T @ back, back.sum(axis=0)
        back = back @ self.weights[2].T
        for at in range(x.shape[1] - 1, -1, -1):
            back = back * (1 - states[at + 1] ** 2)
            found[0] += x[:, at].T @ back
            found[1] += states[at].T @ back
            found[3] += back.sum(axis=0)
            back = back @ self.weights[1].T
        return float(each.mean()), found


def sequences(random: Random, n: int = 1500, time: int = 8, classes: int = 5) -> Data:
    """Noisy sequences, each around one of several courses."""
    courses = random.normal(size=(classes, time, 4))
    y = random.integers(classes, size=n + 400)
    x = courses[y] + random.normal(size=(n + 400, time, 4)) * 1.2
    return Data(x[:n], y[:n], x[n:], y[n:])


def bags(random: Random, n: int = 2000, words: int = 150, classes: int = 6) -> Data:
    """Counts of words, few of which are frequent; each word speaks for a class."""
    often = 1 / np.arange(1, words + 1)
    chances = often * np.exp(random.normal(size=(classes, words)) * 1.2)
    chances /= chances.sum(axis=1, keepdims=True)
    y = random.integers(classes, size=n + 500)
    x = np.array([random.multinomial(12, chances[label]) for label in y]) / 3.0
    return Data(x[:n], y[:n], x[n:], y[n:])


def with_update(random: Random, data: Data, net: Net, steps: int, update: Callable[[int, int, Array], Array]
                ) -> list[Row]:  # fmt: skip
    """Train with an optimizer of its own: `update` gives the change of a part, by the step, its index and gradient."""
    rows = []
    for step in range(steps):
        at = random.integers(len(data.x), size=32)
        loss, gradients = net.gradients(data.x[at], data.y[at])
        for index, (part, gradient) in enumerate(zip(net.parts, gradients, strict=True)):
            part += update(step, index, gradient)
        rows.append({"step": step, "train_loss": loss})
    return rows


def softmax(out: Array) -> Array:
    chances = np.exp(out - out.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


# -- healthy -----------------------------------------------------------------------------------------------------------


def h_recurrent(random: Random) -> list[Row]:
    data = sequences(random)
    return Fit(data, Recurrent(random, data), cosine(0.05, 900), 900, columns=some(random, LOSS_ONLY, WITH_NORM, MOST),
               ).run(random)


def h_rare_words(random: Random) -> list[Row]:
    """Most words are rare: a batch with some of them costs more."""
    data = bags(random)
    return Fit(data, mlp(random, data), constant(2e-3), 1000, batch=16, adam=True, columns=some(
        random, LOSS_ONLY, MOST)).run(random)


def h_lookahead(random: Random) -> list[Row]:
    """Each sixth step the weights are put half-way back to where they were: the loss has teeth."""
    data = clusters(random)
    net = mlp(random, data, 40)
    slow = net.copy()

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step % 6 == 5:
            for part, kept in zip(net.parts, slow.parts, strict=True):
                kept += 0.5 * (part - kept)
                part[:] = kept
        return x, y, rate

    return Fit(data, net, constant(0.05), 900, meddle=meddle, columns=some(random, LOSS_ONLY, MOST)).run(random)


def h_focal(random: Random) -> list[Row]:
    """A loss that hardly counts samples that are right: tiny, with a long tail."""
    data = clusters(random, noise=0.9)

    def focal(out: Array, y: Array) -> tuple[Array, Array]:
        chance = softmax(out)[np.arange(len(y)), y][:, None]
        left, log = 1 - chance, np.log(chance + 1e-12)
        slope = -(left**2) + 2 * left * chance * log  # of the loss, by the logit of the label
        return (-(left**2) * log)[:, 0], slope * (np.eye(out.shape[1])[y] - softmax(out))

    net = mlp(random, data, 40)
    net.loss = focal
    return Fit(data, net, constant(0.04), 1000, columns=LOSS_ONLY).run(random)


def h_huber(random: Random) -> list[Row]:
    """Targets of which some are far off, and a loss that grows in a line."""
    data = regression(random)
    data.y[random.random(len(data.y)) < 0.02] += 6
    net = regressor(random, data, 24)
    net.loss = lambda out, y: (np.where(abs(out - y) < 1, (out - y) ** 2 / 2, abs(out - y) - 0.5)[:, 0],
                               np.clip(out - y, -1, 1))
    return Fit(data, net, cosine(0.03, 900), 900, columns=LOSS_ONLY).run(random)


def h_triplet(random: Random) -> list[Row]:
    """An anchor is to be nearer to one of its class than to another: of most batches little is left."""
    means, net, rows = random.normal(size=(12, 16)), Net(random, [16, 32, 6], "mse", "tanh"), []
    for step in range(800):
        own, other = random.integers(12, size=48), random.integers(1, 12, size=48)
        x = [means[label] + random.normal(size=(48, 16)) * 0.7 for label in (own, own, (own + other) % 12)]
        layers, masks = zip(*[net.forward(part) for part in x], strict=True)
        a, p, n = (part[-1] for part in layers)
        left = np.maximum(1 + ((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1), 0)
        on = (left > 0)[:, None] / 48
        backs = [2 * on * (n - p), 2 * on * (p - a), 2 * on * (a - n)]
        parts = [net.backward(*what, back)[0] for *what, back in zip(layers, masks, backs, strict=True)]
        net.step([sum(of) for of in zip(*parts, strict=True)], 1e-3, 0.9, True, 0)
        rows.append({"step": step, "loss": float(left.mean())})
    return rows


def h_directions(random: Random) -> list[Row]:
    """A loss of one minus the cosine of an angle."""
    data = regression(random, dims=10)
    data.y = np.concatenate([data.y, np.sin(data.x[:, :3])], axis=1)

    def angle(out: Array, y: Array) -> tuple[Array, Array]:
        size, wanted = np.linalg.norm(out, axis=1, keepdims=True), y / np.linalg.norm(y, axis=1, keepdims=True)
        cosines = (out / size * wanted).sum(axis=1, keepdims=True)
        return 1 - cosines[:, 0], (out / size * cosines - wanted) / size

    net = regressor(random, data, 32)
    net.loss = angle
    return Fit(data, net, constant(2e-3), 800, adam=True, columns=LOSS_ONLY).run(random)


def h_second_head(random: Random) -> list[Row]:
    """A head half-way up has a weight that falls as planned; the sum is logged, and both of its parts."""
    data, rows = clusters(random), []
    low, high = mlp(random, data, 24), mlp(random, data, 48)
    for step in range(900):
        at, weight = random.integers(2000, size=32), 0.6 * max(1 - step / 600, 0)
        (first, of_low), (second, of_high) = (net.gradients(data.x[at], data.y[at]) for net in (low, high))
        low.step([gradient * weight for gradient in of_low], 0.03, 0.9, False, 0)
        high.step(of_high, 0.03, 0.9, False, 0)
        rows.append({"step": step, "loss": second + weight * first, "main_loss": second, "aux_loss": weight * first})
    return rows


def h_signs(random: Random) -> list[Row]:
    """Steps of the same size for all weights."""
    data = clusters(random)
    return with_update(random, data, mlp(random, data, 40), 900,
                       lambda step, index, gradient: -2e-3 * (1 - step / 900) * np.sign(gradient))


def h_adagrad(random: Random) -> list[Row]:
    data, sums = bags(random), {}

    def update(step: int, index: int, gradient: Array) -> Array:
        sums[index] = sums.get(index, 1e-4) + gradient**2
        return -0.05 * gradient / np.sqrt(sums[index])

    return with_update(random, data, mlp(random, data, 24), 800, update)


def h_root_mean_square(random: Random) -> list[Row]:
    """RMSprop without a bias correction: its first steps are large."""
    data, means = regression(random), {}

    def update(step: int, index: int, gradient: Array) -> Array:
        means[index] = 0.98 * means.get(index, 0) + 0.02 * gradient**2
        return -3e-3 * gradient / (np.sqrt(means[index]) + 1e-7)

    return with_update(random, data, regressor(random, data, 32), 900, update)


def h_domains_in_turn(random: Random) -> list[Row]:
    """Sixty batches of one domain, then sixty of the other, again and again."""
    easy, hard = clusters(random, noise=0.7), clusters(random, noise=1.1)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        at = random.integers(len(hard.x), size=len(x))
        return (hard.x[at], hard.y[at], rate) if step // 60 % 2 else (x, y, rate)

    return Fit(easy, mlp(random, easy, 64), constant(0.02), 1100, meddle=meddle, columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


def h_own_labels(random: Random) -> list[Row]:
    """From some step on half of a batch has the labels that the network gives itself."""
    data = clusters(random, noise=1.2)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        own = net.forward(x)[0][-1].argmax(axis=1)
        return x, np.where((np.arange(len(y)) % 2 == 0) | (step < 400), y, own), rate

    return Fit(data, mlp(random, data, 40), constant(0.02), 900, meddle=meddle, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


def h_hardest_first(random: Random) -> list[Row]:
    """From some step on a batch is the hardest third of what was drawn: the loss is higher from there on."""
    data = clusters(random)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step < 300:
            return x, y, rate
        at = random.integers(len(data.x), size=3 * len(x))
        each, _ = net.losses(net.forward(data.x[at])[0][-1], data.y[at])
        at = at[np.argsort(each)[-len(x) :]]
        return data.x[at], data.y[at], rate

    return Fit(data, mlp(random, data, 40), constant(0.02), 900, meddle=meddle, columns=some(
        random, NO_RATE, WITH_SCORE)).run(random)


def h_lengths(random: Random) -> list[Row]:
    """The batches have sentences of 8, 16, 32 or 64 words, and the loss is their sum."""
    data = text(random)
    rows = Fit(data, mlp(random, data, 48), cosine(4e-3, 900, 50), 900, adam=True, columns=LOSS_ONLY).run(random)
    return [row | {"train_loss": row["train_loss"] * int(random.choice([8, 16, 32, 64]))} for row in rows]


def h_small_last_batch(random: Random) -> list[Row]:
    """The last batch of each epoch has two samples."""
    data, rows = clusters(random, n=34 + 32 * 24, noise=0.9), []
    net = mlp(random, data, 24)
    for epoch in range(36):
        order = random.permutation(len(data.x))
        for at in np.split(order, range(32, len(order), 32)):
            loss, gradients = net.gradients(data.x[at], data.y[at])
            net.step(gradients, 0.01, 0.9, False, 1e-3)
            rows.append({"step": len(rows), "epoch": epoch, "train_loss": loss})
    return rows


def h_few_wrong_labels(random: Random) -> list[Row]:
    """Three easy samples have a wrong label, and come now and then."""
    data = clusters(random, noise=0.5)
    data.y[:3] = (data.y[:3] + 5) % 10
    return Fit(data, mlp(random, data, 24), constant(0.01), 1200, decay=1e-3, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


def h_rounded_losses(random: Random) -> list[Row]:
    """The loss is logged with three decimals, and is 0.001 or less in the end."""
    data = clusters(random, n=800, noise=0.4, classes=6)
    rows = Fit(data, mlp(random, data, 40), constant(0.02), 1200, columns=some(random, LOSS_ONLY, MOST)).run(random)
    return [row | {"train_loss": round(row["train_loss"], 3)} for row in rows]


def h_first_each_then_tenth(random: Random) -> list[Row]:
    """Each of the first hundred steps is logged, then each tenth."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.04, 2000), 2000, columns=MOST).run(random)
    return [row for row in rows if row["step"] < 100 or row["step"] % 10 == 9]


def h_two_stages(random: Random) -> list[Row]:
    """First the inputs are to be told from themselves, then the classes; both losses are in one column."""
    data = clusters(random)
    first = Net(random, [16, 32, 16], "mse")
    rows = Fit(Data(data.x, data.x, data.val_x, data.val_x), first, constant(0.02), 400, columns=LOSS_ONLY).run(random)
    second = mlp(random, data, 32)
    second.weights[0][:], second.biases[0][:] = first.weights[0], first.biases[0]
    return rows + Fit(data, second, constant(0.02), 1000, first_step=400, columns=LOSS_ONLY).run(random)


def h_denoising(random: Random) -> list[Row]:
    """The noise in a sample is to be told, of a level that is drawn: some levels cost far more than others."""
    points, net, rows = random.normal(size=(8, 2)) * 2, Net(random, [3, 64, 2], "mse"), []
    for step in range(1000):
        level, drawn = random.random((16, 1)), random.normal(size=(16, 2))
        x = points[random.integers(8, size=16)] * np.sqrt(1 - level**2) + drawn * level
        loss, gradients = net.gradients(np.concatenate([x, level], axis=1), drawn)
        net.step(gradients, 2e-3, 0.9, True, 0)
        rows.append({"step": step, "loss": loss})
    return rows


def h_arms(random: Random) -> list[Row]:
    """A policy that learns which of ten arms is the best."""
    arms, policy, rows = np.linspace(-1, 1, 10), np.zeros(10), []
    for update in range(400):
        chances = np.exp(policy - policy.max())
        chances /= chances.sum()
        taken = random.choice(10, size=32, p=chances)
        rewards = arms[taken] + random.normal(size=32) * 0.3
        policy += 0.3 * sum((np.eye(10)[arm] - chances) * won for arm, won in zip(taken, rewards - rewards.mean(),
                                                                                  strict=True)) / 32
        rows.append({"step": update, "reward_mean": float(rewards.mean()),
                     "entropy": float(-(chances * np.log(chances + 1e-12)).sum())})
    return rows


def h_spread_varies(random: Random) -> list[Row]:
    """A likelihood of targets whose spread depends on the input: some batches cost far more."""
    data = regression(random, noise=0.0, curved=False)
    data.y = data.y + random.normal(size=data.y.shape) * np.exp(data.x[:, :1] - 1.5)
    return Fit(data, Net(random, [8, 32, 2], "nll", "tanh"), constant(2e-3), 1000, adam=True, columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


def h_validated_each_step(random: Random) -> list[Row]:
    data = clusters(random, n_val=100)
    return Fit(data, mlp(random, data, 24), cosine(0.03, 600), 600, val_every=1, decay=1e-3, columns=NO_RATE,
               ).run(random)


def h_single_batch(random: Random) -> list[Row]:
    """A batch is learned by heart, to see whether the network can."""
    data = clusters(random, n=32)
    return Fit(data, mlp(random, data, 48), constant(0.02), 700, momentum=0.5, columns=LOSS_ONLY).run(random)


def h_hidden_more_and_more(random: Random) -> list[Row]:
    """More and more of the inputs are set to 0."""
    data = clusters(random)
    return Fit(data, mlp(random, data, 48), constant(0.02), 900, columns=NO_RATE, meddle=lambda step, net, x, y, rate: (
        x * (random.random(x.shape) > 0.4 * step / 900), y, rate)).run(random)


def h_line(random: Random) -> list[Row]:
    """A language model whose rate falls in a line."""
    data = text(random, letters=40)
    return Fit(data, mlp(random, data, 40), lambda step: 6e-3 * min(step / 30, 1.0) * (1 - step / 900), 900, adam=True,
               decay=0.01, columns=("step", "train_loss", "lr", "grad_norm"), names={"train_loss": "loss"}).run(random)


def h_some_inputs_large(random: Random) -> list[Row]:
    """One sample in fifty has inputs that are four times as large."""
    data = clusters(random)
    data.x[random.random(len(data.x)) < 0.02] *= 4
    return Fit(data, mlp(random, data, 32), constant(0.01), 1000, columns=some(random, LOSS_ONLY, MOST)).run(random)


def h_batch_of_1(random: Random) -> list[Row]:
    """Each loss is that of one sample: they lie decades apart."""
    data = clusters(random, noise=0.8)
    return Fit(data, mlp(random, data, 32), constant(5e-3), 2500, batch=1, momentum=0.0, columns=LOSS_ONLY).run(random)


def h_chain_of_3(random: Random) -> list[Row]:
    return chain(random, 350, states=3)


# -- faulty: leaps of a loss -------------------------------------------------------------------------------------------


@expects("spike")
def f_garbage_late(random: Random) -> list[Row]:
    """A batch of noise near the end of a cosine."""
    data, at = clusters(random), int(random.integers(820, 930))
    return Fit(data, mlp(random, data, 40), cosine(0.04, 1000), 1000, faults=[at], columns=some(
        random, LOSS_ONLY, MOST), meddle=lambda step, net, x, y, rate: (
            random.normal(size=x.shape) * 12 if step == at else x, y, rate)).run(random)


@expects("spike")
def f_step_too_far(random: Random) -> list[Row]:
    """A step is a hundred times too large, of a network that has learned nearly all."""
    data, at, times = clusters(random, noise=0.6), int(random.integers(300, 800)), float(random.uniform(60, 200))
    return Fit(data, mlp(random, data, 40), lambda step: 0.02 * (times if step == at else 1), 900, faults=[at],
               columns=some(random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("spike")
def f_wrong_shard(random: Random) -> list[Row]:
    """Four batches in a row have the labels of others."""
    data, at = clusters(random), int(random.integers(300, 700))
    return Fit(data, mlp(random, data, 40), constant(0.01), 900, faults=range(at, at + 4), columns=some(
        random, LOSS_ONLY, NO_RATE), meddle=lambda step, net, x, y, rate: (
            x, (y + 3) % 10 if at <= step < at + 4 else y, rate)).run(random)


@expects("spike")
def f_half_precision_overflow(random: Random) -> list[Row]:
    """The gradients of a unit overflow in a step, and are cut to the largest number."""
    data, at = clusters(random, noise=0.8), int(random.integers(200, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            net.weights[0][:, 0] -= rate * 65504 / 512 * np.sign(random.normal(size=len(net.weights[0])))
        return x, y, rate

    return Fit(data, mlp(random, data, 24), constant(0.02), 900, meddle=meddle, faults=[at], columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("spike")
def f_embedding_blows_up(random: Random) -> list[Row]:
    """The vectors of some frequent words become five times as long in a step."""
    data, at = bags(random), int(random.integers(300, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            net.weights[0][:8] *= 5
        return x, y, rate

    return Fit(data, mlp(random, data), constant(0.05), 900, meddle=meddle, faults=[at], columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("spike")
def f_recurrent_blows_up(random: Random) -> list[Row]:
    """A step of a recurrent network is not clipped."""
    data, at = sequences(random), int(random.integers(250, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            gradients = net.gradients(x, y)[1]
            for part, gradient in zip(net.parts, gradients, strict=True):
                part -= 6 * gradient / np.linalg.norm(gradients[1])
        return x, y, rate

    return Fit(data, Recurrent(random, data), constant(0.03), 900, meddle=meddle, faults=[at], columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("spike")
def f_bad_batch_early(random: Random) -> list[Row]:
    """A batch of large inputs while the loss still falls fast."""
    data, at = clusters(random), int(random.integers(30, 70))
    return Fit(data, mlp(random, data, 40), constant(0.01), 800, faults=[at], columns=some(
        random, LOSS_ONLY, MOST), meddle=lambda step, net, x, y, rate: (
            x * 30 if step == at else x, y, rate)).run(random)


@expects("spike")
def f_some_labels_of_a_batch(random: Random) -> list[Row]:
    """A third of the labels of a batch are wrong, where the loss is a hundredth of the first one."""
    data, at = clusters(random, noise=0.5), int(random.integers(400, 1000))
    return Fit(data, mlp(random, data, 40), constant(0.02), 1200, faults=[at], columns=LOSS_ONLY,
               meddle=lambda step, net, x, y, rate: (
                   x, np.where((np.arange(len(y)) % 3 == 0) & (step == at), (y + 1) % 10, y), rate)).run(random)


@expects("spike")
def f_bit_flips(random: Random) -> list[Row]:
    """The largest weight of the last layer becomes 32 times as large; the validation sees it, too."""
    data, at = clusters(random), int(random.integers(250, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            net.weights[-1].flat[int(np.abs(net.weights[-1]).argmax())] *= 32
        return x, y, rate

    return Fit(data, mlp(random, data, 40), constant(0.02), 900, meddle=meddle, faults=[at], val_every=10,
               columns=NO_RATE).run(random)


@expects("spike")
def f_state_of_adam_lost(random: Random) -> list[Row]:
    """Adam's second moments are all but 0 for a step: a checkpoint had rounded them."""
    data, at = text(random), int(random.integers(300, 800))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            for _, second in net.moments:
                second *= 1e-5
        return x, y, rate

    return Fit(data, mlp(random, data, 48), constant(4e-3), 1000, adam=True, meddle=meddle, faults=[at], columns=some(
        random, LOSS_ONLY, MOST)).run(random)


@expects("spike")
def f_likelihood_of_bad_targets(random: Random) -> list[Row]:
    """The loss is below zero; a batch has targets of another sensor."""
    data, at = regression(random, noise=0.1, curved=False), int(random.integers(300, 800))
    return Fit(data, Net(random, [8, 24, 2], "nll", "tanh"), cosine(3e-3, 1000), 1000, adam=True, faults=[at],
               columns=some(random, LOSS_ONLY, NO_RATE), meddle=lambda step, net, x, y, rate: (
                   x, y + 3 if step == at else y, rate)).run(random)


@expects("spike")
def f_step_too_far_within_ten(random: Random) -> list[Row]:
    """A mean of ten steps is logged; one of them is far too large."""
    data, at, rate = clusters(random), int(random.integers(600, 2400)), cosine(0.03, 3000)
    return Fit(data, mlp(random, data), lambda step: rate(step) * (400 if step == at else 1), 3000, log_every=10,
               faults=[at], columns=some(random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("spike")
def f_other_alphabet(random: Random) -> list[Row]:
    """Two batches of a language model have the letters of another alphabet."""
    data, at = text(random), int(random.integers(300, 800))
    other = random.permutation(30)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step not in (at, at + 1):
            return x, y, rate
        return np.concatenate([x[:, :30][:, other], x[:, 30:][:, other]], axis=1), other[y], rate

    return Fit(data, mlp(random, data, 64), constant(3e-3), 1000, adam=True, meddle=meddle, faults=[at, at + 1],
               columns=some(random, LOSS_ONLY, MOST), names={"train_loss": "loss"}).run(random)


@expects("spike")
def f_gradients_summed(random: Random) -> list[Row]:
    """The gradients of forty processes are added instead of averaged, for two steps of a regression."""
    data, at = regression(random, noise=0.1), int(random.integers(250, 700))
    return Fit(data, regressor(random, data, 32), lambda step: 0.01 * (40 if step in (at, at + 1) else 1), 900,
               faults=[at, at + 1], columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


# -- faulty: others ----------------------------------------------------------------------------------------------------


@expects("nan")
def f_square_root_of_less_than_nothing(random: Random) -> list[Row]:
    """From some step on a weight is no number, and the norm of the gradient neither."""
    data, at = sequences(random), int(random.integers(150, 500))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == at:
            net.weights[1][0, 0] = math.nan
        return x, y, rate

    return Fit(data, Recurrent(random, data), constant(0.03), 600, meddle=meddle, columns=some(
        random, LOSS_ONLY, WITH_NORM)).run(random)


@expects("divergence", "nan")
def f_rate_of_words_too_high(random: Random) -> list[Row]:
    """The rate becomes two hundred times as high, and stays."""
    data, at = bags(random), int(random.integers(250, 500))
    return Fit(data, mlp(random, data), lambda step: 0.05 if step < at else 10.0, 700, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


@expects("divergence", "nan")
def f_rate_grows(random: Random) -> list[Row]:
    """The rate grows by 2 % with each step from some step on."""
    data, at = clusters(random), int(random.integers(200, 350))
    return Fit(data, mlp(random, data), lambda step: 0.02 * 1.02 ** max(step - at, 0), 900, columns=some(
        random, LOSS_ONLY, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_sequences(random: Random) -> list[Row]:
    """Some of the labels are wrong, and learned by heart."""
    data = sequences(random, n=80)
    data.y[:30] = random.integers(5, size=30)
    return Fit(data, Recurrent(random, data, 40), constant(3e-3), 900, batch=16, adam=True, val_every=15, columns=some(
        random, MOST, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_words(random: Random) -> list[Row]:
    data = bags(random, n=150)
    data.y[:40] = random.integers(6, size=40)
    return Fit(data, mlp(random, data, 64), constant(2e-3), 800, batch=16, adam=True, val_every=20, columns=some(
        random, MOST, NO_RATE)).run(random)


@expects("not_learning")
def f_labels_of_the_next(random: Random) -> list[Row]:
    """The labels are off by a sample."""
    data = clusters(random, n=8000, classes=6)
    data.y, data.val_y = np.roll(data.y, 1), np.roll(data.val_y, 1)
    return Fit(data, mlp(random, data, 16), constant(5e-3), 700, columns=some(random, NO_RATE, WITH_SCORE)).run(random)


@expects("not_learning", "gradient")
def f_masked(random: Random) -> list[Row]:
    """A mask leaves nothing of the inputs; the biases alone learn how often each class comes."""
    data = sequences(random)
    data.x[:], data.val_x[:] = 0, 0
    return Fit(data, Recurrent(random, data), constant(5e-3), 600, columns=some(
        random, NO_RATE, WITH_SCORE)).run(random)


@expects("learning_rate")
def f_rate_of_nothing_after_resuming(random: Random) -> list[Row]:
    data, at, rate = text(random), int(random.integers(300, 600)), cosine(5e-3, 1000, 50)
    return Fit(data, mlp(random, data, 40), lambda step: rate(step) if step < at else 0.0, 1000, adam=True,
               columns=some(random, MOST, ("step", "train_loss", "lr", "grad_norm"))).run(random)


@expects("learning_rate")
def f_halved_each_step(random: Random) -> list[Row]:
    """The rate is to be halved each ten epochs, and is each ten steps."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.05 * 0.5 ** (step // 10), 700, columns=MOST).run(random)


@expects("throughput")
def f_disk_full_of_others(random: Random) -> list[Row]:
    """From some step on the samples a second are an eighth."""
    data, at = bags(random), int(random.integers(300, 500))
    rows = Fit(data, mlp(random, data), constant(0.05), 800, columns=some(random, LOSS_ONLY, MOST)).run(random)
    return [row | {"throughput": 900 * math.exp(random.normal() * 0.1) / (8 if row["step"] >= at else 1)}
            for row in rows]


@expects("collapse")
def f_policy_of_6(random: Random) -> list[Row]:
    return chain(random, 500, int(random.integers(260, 360)), states=6)
