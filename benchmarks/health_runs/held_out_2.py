"""A second set of labelled trainings, of kinds that were written before anybody looked at how they are judged.

What its first look showed was then fixed, so that it is no longer unseen; `health_held_out_3.py` is.
"""

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
    regression,
    regressor,
    some,
    text,
)

# -- healthy -----------------------------------------------------------------------------------------------------------


def h_gan(random: Random) -> list[Row]:
    """Two networks that play against each other: neither loss falls for long."""
    gen, dis, rows = Net(random, [4, 32, 2], "mse"), Net(random, [2, 32, 2], "ce"), []
    for step in range(700):
        angle = random.uniform(0, 2 * math.pi, size=64)
        real = np.stack([np.cos(angle), np.sin(angle)], axis=1) + random.normal(size=(64, 2)) * 0.05
        z = random.normal(size=(64, 4))
        layers, masks = gen.forward(z)
        d_loss, of_dis = dis.gradients(np.concatenate([real, layers[-1]]), np.repeat([1, 0], 64))
        dis.step(of_dis, 2e-3, 0.5, True, 0)
        judged, _ = dis.forward(layers[-1])
        each, back = dis.losses(judged[-1], np.ones(64, np.int64))
        gen.step(gen.backward(layers, masks, dis.backward(judged, [], back / 64)[1])[0], 1e-3, 0.5, True, 0)
        rows.append({"step": step, "g_loss": float(each.mean()), "d_loss": d_loss})
    return rows


def h_q_learning(random: Random) -> list[Row]:
    """Its loss rises as rewards are found, and its return goes up and down."""
    states, rows, returns = 8, [], []
    q, rate = np.zeros((states, 2)), 0.1
    for episode in range(500):
        state, score, errors, steps = 0, 0.0, [], 0
        explores = max(1 - episode / 250, 0.05)
        while state < states - 1 and steps < 60:
            action = int(random.integers(2)) if random.random() < explores else int(q[state].argmax())
            right = (action == 1) == (random.random() < 0.9)
            after = min(state + 1, states - 1) if right else max(state - 1, 0)
            reward = 10 + random.normal() if after == states - 1 else -0.1
            error = reward + (0.97 * q[after].max() if after < states - 1 else 0) - q[state, action]
            q[state, action] += rate * error
            errors.append(error**2)
            state, score, steps = after, score + reward, steps + 1
        returns.append(score)
        rows.append({"step": episode * 50, "rollout/ep_rew_mean": float(np.mean(returns[-20:])),
                     "rollout/exploration_rate": explores, "train/loss": float(np.mean(errors)),
                     "train/learning_rate": rate})  # fmt: skip
    return rows


def h_weighted_tasks(random: Random) -> list[Row]:
    """The second task's weight grows as planned, and the sum with it."""
    first, second = clusters(random), regression(random, noise=0.8)
    a, b, rows = mlp(random, first), regressor(random, second, 16), []
    for step in range(900):
        at = random.integers(2000, size=32)
        one, of_a = a.gradients(first.x[at], first.y[at])
        two, of_b = b.gradients(second.x[at], second.y[at])
        a.step(of_a, 0.02, 0.9, False, 0)
        b.step(of_b, 0.01, 0.9, False, 0)
        weight = 0.05 + 0.95 * min(max(step - 200, 0) / 300, 1)
        rows.append({"step": step, "train_loss": one + weight * two, "cls_loss": one, "reg_loss": weight * two})
    return rows


def h_average_of_weights(random: Random) -> list[Row]:
    """What is validated is a moving average of the weights."""
    data = clusters(random)
    net = mlp(random, data)
    slow = net.copy()

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for part, new in zip(slow.parts, net.parts, strict=True):
            part += 0.01 * (new - part)
        return x, y, rate

    return Fit(data, net, constant(0.05), 900, meddle=meddle, evaluated=slow, val_every=30,
               columns=some(random, MOST, WITH_SCORE)).run(random)


def h_accumulation(random: Random) -> list[Row]:
    """Eight small batches a step of the optimizer, each of them logged, with the time; a validation takes a while."""
    data, rows, now = clusters(random), [], 1.7e9
    net = mlp(random, data)
    sums: list[Array] = []
    for step in range(1600):
        at = random.integers(len(data.x), size=4)
        loss, gradients = net.gradients(data.x[at], data.y[at])
        sums = [a + g / 8 for a, g in zip(sums or [0 * g for g in gradients], gradients, strict=True)]
        now += 0.05 * math.exp(random.normal() * 0.2) + (20 if step % 200 == 199 else 0)
        if step % 8 == 7:
            net.step(sums, 0.05, 0.9, False, 0)
            sums = []
        row = {"step": step, "timestamp": now, "loss": loss}
        rows.append(row | ({"val_loss": net.evaluate(data.val_x, data.val_y)[0]} if step % 200 == 199 else {}))
    return rows


def h_accuracy_only(random: Random) -> list[Row]:
    data = clusters(random, n=1600, noise=1.2)
    return Fit(data, mlp(random, data), cosine(0.03, 50 * 60), 50 * 60, by_epoch=True, columns=("epoch", "val_acc"),
               names={"val_acc": "accuracy"}).run(random)


def h_long_warmup(random: Random) -> list[Row]:
    """A rate that grows so slowly at first that nothing is learned for long."""
    data = clusters(random)
    return Fit(data, mlp(random, data), lambda step: 0.05 * min(step / 600, 1) ** 3, 1200,
               columns=some(random, LOSS_ONLY, MOST, WITH_SCORE)).run(random)


def h_noisy_validation(random: Random) -> list[Row]:
    """Another 24 samples are validated each time."""
    data = clusters(random, n_val=3000, noise=1.2)
    pool_x, pool_y = data.val_x, data.val_y

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        at = random.integers(len(pool_x), size=24)
        data.val_x, data.val_y = pool_x[at], pool_y[at]
        return x, y, rate

    return Fit(data, mlp(random, data, 24), cosine(0.02, 1200), 1200, val_every=30, meddle=meddle,
               columns=some(random, MOST, WITH_SCORE)).run(random)


def h_contrastive(random: Random) -> list[Row]:
    """Two views of a sample are to be near each other, among 64."""
    means, rows = random.normal(size=(20, 16)), []
    net = Net(random, [16, 32, 8], "ce", "tanh")
    net.weights[-1] *= 3
    for step in range(700):
        x = means[random.integers(20, size=64)] + random.normal(size=(64, 16)) * 0.6
        (one, _), (two, _) = (net.forward(x + random.normal(size=x.shape) * 0.4) for _ in range(2))
        each, back = net.losses(one[-1] @ two[-1].T, np.arange(64))
        back = back / 64
        first, _ = net.backward(one, [], back @ two[-1])
        second, _ = net.backward(two, [], back.T @ one[-1])
        net.step([a + b for a, b in zip(first, second, strict=True)], 2e-3, 0.9, True, 0)
        rows.append({"step": step, "loss": float(each.mean()), "lr": 2e-3})
    return rows


def h_harder_slowly(random: Random) -> list[Row]:
    """The inputs get noisier as planned: the training's loss rises, the validation's on the hardest falls."""
    data = clusters(random, noise=0.3)
    data.val_x = data.val_x + random.normal(size=data.val_x.shape) * 1.4
    return Fit(data, mlp(random, data, 48), constant(0.01), 1200, columns=some(random, MOST, WITH_SCORE),
               meddle=lambda step, net, x, y, rate: (
                   x + random.normal(size=x.shape) * 1.4 * min(step / 900, 1), y, rate)).run(random)


def h_new_head(random: Random) -> list[Row]:
    """A trained body that stays as it is at first, and a head for other classes."""
    old, data = clusters(random), clusters(random)
    net = mlp(random, old, 48)
    Fit(old, net, constant(0.03), 600, columns=LOSS_ONLY).run(random)
    net = net.copy()
    net.weights[-1] = random.normal(size=net.weights[-1].shape) * 0.02
    columns = some(random, LOSS_ONLY, MOST, NO_RATE)
    return Fit(data, net, constant(0.01), 900, meddle=kept(net.weights[:1], 400), columns=columns).run(random)


def h_full_batch_adam(random: Random) -> list[Row]:
    """All data at each step, without noise: the loss falls over decades, with leaps of its own."""
    data = regression(random, n=200, noise=0.0)
    return Fit(data, regressor(random, data, 64), constant(0.01), 1500, batch=200, adam=True, columns=LOSS_ONLY,
               ).run(random)


def h_rare_class(random: Random) -> list[Row]:
    """One sample in thirty is of the second class: most batches of 16 have none."""
    x = random.normal(size=(4000, 10))
    y = (x[:, 0] + 0.4 * random.normal(size=4000) > 1.9).astype(np.int64)
    data = Data(x[:3000], y[:3000], x[3000:], y[3000:])
    return Fit(data, mlp(random, data, 16), constant(0.02), 1000, batch=16,
               columns=some(random, LOSS_ONLY, MOST, WITH_SCORE)).run(random)


def h_heavy_tails(random: Random) -> list[Row]:
    """A regression whose targets have a few far outliers, from the first batch on."""
    data = regression(random, noise=0.2)
    data.y += 0.3 * random.standard_t(2.0, size=data.y.shape)
    data.val_y += 0.3 * random.standard_t(2.0, size=data.val_y.shape)
    return Fit(data, regressor(random, data, 16), constant(0.003), 1000, batch=16, columns=some(
        random, LOSS_ONLY, MOST, NO_RATE), names={"train_loss": "train_mse", "val_loss": "val_mse"}).run(random)


def h_reduce_on_plateau(random: Random) -> list[Row]:
    """A rate that is divided by ten each time that the validation stands still, down to nothing."""
    data, per_epoch = clusters(random, n=1600, noise=1.2), 50
    state = {"rate": 0.05, "best": math.inf, "bad": 0}

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step and step % per_epoch == 0:
            loss = net.evaluate(data.val_x, data.val_y)[0]
            state["bad"] = 0 if loss < state["best"] else state["bad"] + 1
            state["best"] = min(loss, state["best"])
            if state["bad"] > 2:
                state["rate"], state["bad"] = state["rate"] / 10, 0
        rates[step] = state["rate"]
        return x, y, state["rate"]

    rates: dict[int, float] = {}
    rows = Fit(data, mlp(random, data, 16), constant(0.05), per_epoch * 45, by_epoch=True, meddle=meddle,
               columns=("epoch", "train_loss", "val_loss")).run(random)
    return [row | {"lr": rates[(row["epoch"] + 1) * per_epoch - 1]} for row in rows]


def h_running_mean(random: Random) -> list[Row]:
    """What is logged is the mean since the epoch began: it falls in steps."""
    data = clusters(random, n=1600)
    rows = Fit(data, mlp(random, data), cosine(0.03, 1000), 1000, columns=("step", "epoch", "train_loss", "val_loss"),
               ).run(random)
    window: list[float] = []
    for step, row in enumerate(rows):
        window = [row["train_loss"]] if step % 50 == 0 else [*window, row["train_loss"]]
        row["train_loss"] = float(np.mean(window))
    return rows


def h_stochastic_averaging(random: Random) -> list[Row]:
    """The rate has fallen, and goes up again to a constant one, at which weights are averaged."""
    data = clusters(random)
    down = cosine(0.08, 600)
    return Fit(data, mlp(random, data), lambda step: down(step) if step < 500 else 0.05, 1000, val_every=25,
               columns=some(random, LOSS_ONLY, MOST, ("step", "train_loss", "val_loss", "val_acc", "lr"))).run(random)


def h_augmented(random: Random) -> list[Row]:
    """Strong noise on the inputs, that is left out in the last part."""
    data = clusters(random, noise=0.8)
    return Fit(data, mlp(random, data, 48), cosine(0.03, 900), 900, columns=some(random, MOST, WITH_SCORE),
               meddle=lambda step, net, x, y, rate: (
                   (x + random.normal(size=x.shape) if step < 700 else x), y, rate)).run(random)


def h_crosses_zero(random: Random) -> list[Row]:
    """A likelihood of a regression, whose negative logarithm falls through 0."""
    data = regression(random, n=1600, noise=0.2)
    net = Net(random, [8, 32, 2], "nll", "tanh")
    return Fit(data, net, cosine(4e-3, 50 * 40), 50 * 40, adam=True, by_epoch=True, decay=0.01,
               columns=("epoch", "train_loss", "val_loss"), names={"train_loss": "loss"}).run(random)


def h_rows_apart(random: Random) -> list[Row]:
    """The validation is in rows of its own, as Lightning logs it, and the training's only each fifth step."""
    data = clusters(random)
    rows = Fit(data, mlp(random, data), cosine(0.04, 1500, 100), 1500, log_every=5, val_every=100,
               columns=("step", "epoch", "train_loss", "val_loss", "val_acc")).run(random)
    apart: list[Row] = []
    for row in rows:
        validation = {key: row.pop(key) for key in ("val_loss", "val_acc") if key in row}
        apart += [row, row | {"train_loss": ""} | validation] if validation else [row]
    return apart


def h_larger_batches(random: Random) -> list[Row]:
    """Batches that grow from 4 to 128: the noise falls in leaps."""
    data = clusters(random, noise=1.1)
    net, rows = mlp(random, data), []
    for part, batch in enumerate((4, 16, 64, 128)):
        rows += Fit(data, net, constant(0.01), 300 * (part + 1), batch=batch, first_step=300 * part,
                    columns=("step", "train_loss", "val_loss", "grad_norm")).run(random)
    return rows


# -- faulty ------------------------------------------------------------------------------------------------------------


@expects("nan")
def f_nan_burst(random: Random) -> list[Row]:
    """Some batches overflow, and their steps are skipped: numbers come again."""
    data, at = text(random), int(random.integers(200, 500))
    rows = Fit(data, mlp(random, data, 48), constant(3e-3), 700, adam=True, columns=some(random, LOSS_ONLY, MOST),
               ).run(random)
    for row in rows[at : at + int(random.integers(1, 6))]:
        row["train_loss"] = math.nan
    return rows


@expects("divergence", "spike")
def f_bad_shard(random: Random) -> list[Row]:
    """From some step on all inputs are many times too large."""
    data, at = clusters(random), int(random.integers(250, 500))
    return Fit(data, mlp(random, data), constant(0.02), 700, columns=some(random, LOSS_ONLY, MOST),
               meddle=lambda step, net, x, y, rate: ((x * 60 if step >= at else x), y, rate)).run(random)


@expects("spike")
def f_spike_of_targets(random: Random) -> list[Row]:
    """A batch of a regression whose targets are in another unit."""
    data, at = regression(random), int(random.integers(300, 800))
    return Fit(data, regressor(random, data, 24), constant(0.01), 900, faults=[at],
               columns=some(random, LOSS_ONLY, MOST), names={"train_loss": "loss"},
               meddle=lambda step, net, x, y, rate: (x, (y * 30 if step == at else y), rate)).run(random)


@expects("spike")
def f_spike_logged_rarely(random: Random) -> list[Row]:
    """Each fifth step is logged, and some steps in a row have a rate that is far too high."""
    data, at = clusters(random), int(random.integers(400, 1500))
    rate = cosine(0.03, 2000)
    return Fit(data, mlp(random, data), lambda step: rate(step) * (120 if at <= step < at + 3 else 1), 2000,
               log_every=5, faults=range(at, at + 3), columns=some(random, LOSS_ONLY, NO_RATE)).run(random)


@expects("overfitting")
def f_overfits_by_epoch(random: Random) -> list[Row]:
    data = clusters(random, n=120, noise=1.3)
    return Fit(data, mlp(random, data, 96), constant(2e-3), 80 * 7, batch=16, adam=True, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss"), names={"train_loss": "loss"}).run(random)


@expects("overfitting")
def f_overfits_finetuned(random: Random) -> list[Row]:
    """A language model that goes on with two hundred letters."""
    data = text(random)
    net = mlp(random, data, 64)
    Fit(data, net, constant(4e-3), 700, adam=True, columns=LOSS_ONLY).run(random)
    few = Data(data.x[:200], data.y[:200], data.val_x, data.val_y)
    return Fit(few, net.copy(), constant(3e-3), 600, adam=True, val_every=20,
               columns=("step", "train_loss", "val_loss", "lr"),
               names={"train_loss": "loss", "val_loss": "eval_loss", "lr": "learning_rate"}).run(random)


@expects("overfitting")
def f_overfits_regression(random: Random) -> list[Row]:
    data = regression(random, n=60, noise=0.5)
    return Fit(data, regressor(random, data, 128), constant(3e-3), 900, batch=20, adam=True, val_every=15,
               columns=MOST, names={"train_loss": "train/loss", "val_loss": "val/loss"}).run(random)


@expects("not_learning")
def f_labels_of_others(random: Random) -> list[Row]:
    """The labels are those of other samples, by a wrong index."""
    data = clusters(random, n=20_000, classes=int(random.integers(3, 8)))
    data.y, data.val_y = random.permutation(data.y), random.permutation(data.val_y)
    columns = some(random, WITH_SCORE, NO_RATE)
    return Fit(data, mlp(random, data, 8), cosine(0.01, 800), 800, columns=columns).run(random)


@expects("not_learning")
def f_inputs_of_nothing(random: Random) -> list[Row]:
    """All inputs are 0: a loader that returns an empty buffer."""
    data = clusters(random)
    data.x[:], data.val_x[:] = 0, 0
    return Fit(data, mlp(random, data, 48), constant(0.01), 600, columns=some(random, LOSS_ONLY, WITH_SCORE, MOST),
               ).run(random)


@expects("not_learning")
def f_last_bias_only(random: Random) -> list[Row]:
    """The optimizer has the last bias alone."""
    data = text(random, letters=26)
    net = mlp(random, data, 48)
    data.y[:], data.val_y[:] = random.integers(26, size=len(data.y)), random.integers(26, size=len(data.val_y))
    return Fit(data, net, constant(1e-3), 600, meddle=kept(net.parts[:-1]), columns=some(
        random, LOSS_ONLY, WITH_SCORE)).run(random)


@expects("divergence", "nan")
def f_ascent(random: Random) -> list[Row]:
    """The sign of the step is wrong."""
    data = some(random, clusters, text)(random)
    return Fit(data, mlp(random, data), constant(-0.01), 400, columns=some(random, LOSS_ONLY, MOST)).run(random)


@expects("divergence", "nan")
def f_clipping_lost(random: Random) -> list[Row]:
    """From some step on the rate is much too high for a language model."""
    data, at = text(random), int(random.integers(250, 500))
    return Fit(data, mlp(random, data, 48), lambda step: 4e-3 if step < at else 0.8, 800, adam=True,
               columns=some(random, LOSS_ONLY, ("step", "train_loss", "val_loss"))).run(random)


@expects("learning_rate")
def f_schedule_too_short(random: Random) -> list[Row]:
    """A schedule that was given half of the steps, and stays at its end."""
    data = clusters(random)
    rate = cosine(0.05, 500)
    return Fit(data, mlp(random, data), lambda step: rate(min(step, 499)), 1000,
               columns=some(random, MOST, ("step", "epoch", "train_loss", "lr"))).run(random)


@expects("learning_rate")
def f_schedule_stuck(random: Random) -> list[Row]:
    """A rate that follows its schedule, and does not any more: nobody asks the scheduler."""
    data, at = clusters(random), int(random.integers(250, 550))
    rate = some(random, cosine(0.05, 1000, 50), lambda step: 0.05 * (1 - step / 1000))
    return Fit(data, mlp(random, data), lambda step: rate(min(step, at)), 1000, columns=MOST,
               names={"lr": some(random, "lr", "learning_rate", "train/lr")}).run(random)


@expects("learning_rate")
def f_schedule_began_anew(random: Random) -> list[Row]:
    """Gone on from a checkpoint of some steps before, with a schedule that begins again."""
    data, stop = clusters(random), int(random.integers(400, 600))
    rate, net = cosine(0.05, 1000), mlp(random, data)
    first = Fit(data, net, rate, stop, columns=MOST).run(random)
    again = stop - 80
    return first + Fit(data, net, lambda step: rate(step - again), 1000, first_step=again, columns=MOST).run(random)


@expects("throughput")
def f_slow_loader(random: Random) -> list[Row]:
    """Steps take six times as long from some step on; the time is logged, and no throughput."""
    data, at, now = clusters(random), int(random.integers(300, 500)), 0.0
    rows = Fit(data, mlp(random, data), constant(0.02), 800, columns=some(random, LOSS_ONLY, NO_RATE)).run(random)
    name, start = some(random, ("timestamp", 1.75e9), ("_runtime", 0.0), ("wall_time", 1.75e9), ("elapsed_time", 0.0))
    for step, row in enumerate(rows):
        now += (0.1 if step < at else 0.6) * math.exp(random.normal() * 0.2) + (5 if step % 50 == 49 else 0)
        row[name] = start + now
    return rows


@expects("collapse")
def f_explores_no_more(random: Random) -> list[Row]:
    """A policy that has taken one of ten arms for ever, and the worst of them."""
    arms, policy, rows = np.linspace(-1, 1, 10), np.zeros(10), []
    for update in range(400):
        chances = np.exp(policy - policy.max())
        chances /= chances.sum()
        taken = random.choice(10, size=32, p=chances)
        rewards = arms[taken] + random.normal(size=32)
        gradient = sum((np.eye(10)[arm] - chances) * reward for arm, reward in zip(taken, rewards, strict=True)) / 32
        policy -= 2.0 * gradient
        rows.append({"step": update, "reward_mean": float(rewards.mean()),
                     "entropy": float(-(chances * np.log(chances + 1e-12)).sum())})
    return rows


@expects("collapse")
def f_forgets(random: Random) -> list[Row]:
    """From some step on the batches are of another task, and what was learned is lost; scores alone are logged."""
    data, other, at = clusters(random), clusters(random), int(random.integers(500, 800))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        i = random.integers(len(other.x), size=len(x))
        return (other.x[i], other.y[i], rate) if step >= at else (x, y, rate)

    return Fit(data, mlp(random, data), constant(0.05), 1400, meddle=meddle, val_every=10, columns=("step", "val_acc"),
               ).run(random)


@expects("collapse")
def f_policy_leaps(random: Random) -> list[Row]:
    return chain(random, 500, int(random.integers(200, 350)), states=5)
