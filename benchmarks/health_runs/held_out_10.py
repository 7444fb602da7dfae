"""A tenth set of kinds, written from the issue's text and the interface alone, before livemon/health, its tests or any
other set was read.

What an experienced person would say from the file alone is the label. These rules compute it; no tool has a say.

* A healthy run is left out if its validation ends `_WORSE_END` times its best and `_CLEAR` noise scales above it (or
  its score as far below), or if a single row of its training loss leaps as a fault's would (`leaps_alone`).
* A leap, and the row at which it begins, are by the rules of `twins`; a NaN begins at the first row that has it.
* `divergence`: the end is worse than that of its twin by the rule of `twins`, and than the run's own best stretch.
* `overfitting`: the validation ends 1.2 times its best and `_CLEAR` scales above it while the training loss fell on
  from there, and that of the twin does not.
* `not_learning`: the loss fell by less than `_UNMOVED` of what its twin fell, and by less than its noise or 1 % of its
  start.
* `learning_rate`: zero over the last `_STRETCH` of the rows or more; or no change there after it had changed at each
  row; or `_BACK_UP` times as high from a row to the next while the loss rises; the twin has none of it.
* `gradient`: its norm ends two decades above or below where it began, that of the twin not one.
* `throughput`: the last quarter runs at `_SLOWER` of its own best quarter or less, that of the twin does not.
* `collapse`: the return loses half of what it had won, or the policy has no entropy left after a quarter of the run and
  returns at most `_LITTLE` of the twin's.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .training import (
    Array,
    Data,
    Fit,
    Net,
    Random,
    Row,
    Schedule,
    clusters,
    constant,
    cosine,
    expects,
    kept,
    mlp,
    parity,
    regression,
    regressor,
    restarts,
    some,
    text,
)
from .twins import COST, LABELS, Label, Twin, label_of_end, label_of_leap, overfits, trend_of

_WORSE_END, _CLEAR = 1.1, 4.0
_UNMOVED, _STRETCH, _BACK_UP, _SLOWER, _LITTLE = 0.05, 0.2, 5.0, 0.65, 0.6
_BEGINNING = 30  # rows
Judge = Callable[[list[Row], list[Row]], Label]
NONE: Label = ("", -1)

# -- labels ------------------------------------------------------------------------------------------------------------


def column(rows: list[Row], name: str) -> Array:
    return np.array([row[name] for row in rows if name in row], float)


def noise_of(values: Array) -> float:
    """The robust standard deviation of what changes from a row to the next."""
    return float(1.4826 * np.median(np.abs(np.diff(values))) / math.sqrt(2)) if len(values) > 2 else 0.0


def ends_off_its_best(values: Array, times: float) -> bool:
    """Whether a loss above zero ends so many times its best, beyond its noise."""
    if len(values) < 5:
        return False
    medians = np.median(np.lib.stride_tricks.sliding_window_view(values, 3), axis=1)
    return bool(medians.min() > 0 and medians[-1] >= times * medians.min()
                and medians[-1] - medians.min() >= _CLEAR * noise_of(values) / math.sqrt(3))


def leaps_alone(losses: Array) -> bool:
    """Whether a stretch of one to three rows leaps out of the trend, and no other row does nearly so."""
    if len(losses) < 2 * _BEGINNING:
        return False
    trend = trend_of(losses)
    aside = (losses - trend)[_BEGINNING:]
    scale = max(1.4826 * float(np.median(np.abs(aside - np.median(aside)))), 1e-12)
    ordered = np.sort(aside)
    at = _BEGINNING + int(aside.argmax())
    is_far = ordered[-1] >= 8 * scale and (trend[at] <= 0 or losses[at] >= 1.5 * trend[at])
    return bool(is_far and ordered[-1] > 2 * ordered[-6])


def healthy(loss: str, val: str = "", score: str = "") -> Callable[[Any], Any]:
    """A healthy training; left out by the rules above. The names of its training loss, validation loss and score."""

    def wrap(train: Callable[[Random], list[Row]]) -> Callable[[Random], list[Row]]:
        @functools.wraps(train)
        def judged(random: Random) -> list[Row]:
            with np.errstate(all="ignore"):
                rows = train(random)
            scores = column(rows, score) if score else np.zeros(0)
            if (leaps_alone(column(rows, loss)) or (val and ends_off_its_best(column(rows, val), _WORSE_END))
                    or (len(scores) and ends_off_its_best(2 - scores, _WORSE_END))):
                rows[0][LABELS] = NONE
            return rows

        return judged

    return wrap


def faulty(judge: Judge, *expected: str) -> Callable[[Twin], Callable[[Random], list[Row]]]:
    """A training with a fault; `judge` compares it with its twin."""

    def wrap(train: Twin) -> Callable[[Random], list[Row]]:
        @functools.wraps(train)
        def judged(random: Random) -> list[Row]:
            with np.errstate(all="ignore"):
                twin = train(copy.deepcopy(random), False)
                rows = train(random, True)
            rows[0][LABELS] = judge(rows, twin)
            for row in rows:
                row.pop(COST, None)
            return rows

        return expects(*expected)(judged)  # type: ignore[no-any-return]

    return wrap


def by_leap(name: str) -> Judge:
    def judge(rows: list[Row], twin: list[Row]) -> Label:
        expected, index = label_of_leap(column(rows, name), column(twin, name))
        return expected, [at for at, row in enumerate(rows) if name in row][index] if index >= 0 else -1

    return judge


def by_nan(name: str) -> Judge:
    """The first value that is not finite, where the twin has none."""

    def judge(rows: list[Row], twin: list[Row]) -> Label:
        bad = [at for at, row in enumerate(rows) if not math.isfinite(row.get(name, 0.0))]
        return ("nan,divergence", bad[0]) if bad and np.isfinite(column(twin, name)).all() else NONE

    return judge


def by_end(name: str, *expected: str) -> Judge:
    def judge(rows: list[Row], twin: list[Row]) -> Label:
        label, _ = label_of_end(column(rows, name), column(twin, name), *expected)
        own = column(rows, name)
        medians = np.median(np.lib.stride_tricks.sliding_window_view(own, max(len(own) // 20, 5)), axis=1)
        risen = medians[-1] - medians.min()  # from the file alone: it ends worse than it was before
        clear = not np.isfinite(own).all() or risen >= max(_CLEAR * noise_of(own) / 2, 0.1 * abs(medians.min()))
        return (label, -1) if label and clear else NONE

    return judge


def by_flat(name: str, *others: str) -> Judge:
    def judge(rows: list[Row], twin: list[Row]) -> Label:
        run, good = column(rows, name), column(twin, name)
        falls = []
        for values in (run, good):
            fifth = max(len(values) // 5, 3)
            falls.append(float(np.median(values[: min(fifth, 10)]) - np.median(values[-fifth:])))
        learned = falls[1] >= 5 * noise_of(good) and falls[1] > 0.1 * abs(good[0])
        small = max(noise_of(run), 0.01 * abs(float(np.median(run[:10]))))
        is_flat = falls[0] < _UNMOVED * falls[1] and falls[0] < small and np.isfinite(run).all()
        return (",".join(("not_learning", *others)), -1) if learned and is_flat else NONE

    return judge


def by_overfitting(loss: str, val: str) -> Judge:
    def judge(rows: list[Row], twin: list[Row]) -> Label:
        validations, losses = column(rows, val), column(rows, loss)
        best = int(len(losses) * validations.argmin() / len(validations))
        falls = np.median(losses[-max(len(losses) // 10, 3) :]) < np.median(losses[max(best - 3, 0) : best + 4])
        worse = overfits(validations) and ends_off_its_best(validations, 1.2)
        return ("overfitting", -1) if worse and falls and not overfits(column(twin, val)) else NONE

    return judge


def by_rate(name: str, loss: str) -> Judge:
    def wrong(rows: list[Row]) -> bool:
        rates = column(rows, name)
        last = rates[-int(_STRETCH * len(rates)) :]
        changes = np.flatnonzero(np.diff(rates))
        moved = bool(changes.size) and changes.size > 0.9 * changes[-1]
        is_stuck = (last == last[0]).all() and moved and last[0] > 0.2 * rates.max()
        jumps = np.flatnonzero(rates[1:] >= _BACK_UP * np.maximum(rates[:-1], 1e-12)) + 1
        losses = column(rows, loss)
        rises = any(at > len(rates) // 3 and losses[at : at + 20].max() > losses[at - 20 : at].max() for at in jumps)
        return bool((last == 0).all() or is_stuck or rises)

    return lambda rows, twin: ("learning_rate", -1) if wrong(rows) and not wrong(twin) else NONE


def by_gradient(name: str, *others: str) -> Judge:
    def decades(rows: list[Row]) -> float:
        norms = np.log10(np.maximum(np.nan_to_num(column(rows, name), nan=1e30, posinf=1e30), 1e-30))
        tenth = max(len(norms) // 10, 5)
        return abs(float(np.median(norms[-tenth:]) - np.median(norms[:tenth])))

    def judge(rows: list[Row], twin: list[Row]) -> Label:
        return (",".join(("gradient", *others)), -1) if decades(rows) >= 2 and decades(twin) < 1 else NONE

    return judge


def by_pace(name: str, is_time: bool = False) -> Judge:
    def loss_of_pace(rows: list[Row]) -> float:
        paces = column(rows, name) ** (-1 if is_time else 1)
        quarters = [float(np.median(part)) for part in np.array_split(paces, 4)]
        return quarters[-1] / max(quarters)

    return lambda rows, twin: ("throughput", -1) if loss_of_pace(rows) <= _SLOWER < loss_of_pace(twin) else NONE


def by_collapse(name: str, entropy: str) -> Judge:
    def lost(rows: list[Row]) -> float:
        returns = column(rows, name)
        medians = np.median(np.lib.stride_tricks.sliding_window_view(returns, 10), axis=1)
        return float((medians.max() - medians[-1]) / max(medians.max() - medians[0], 1e-9))

    def judge(rows: list[Row], twin: list[Row]) -> Label:
        left = np.abs(column(rows, entropy))
        last, usual = (float(np.median(column(those, name)[-20:])) for those in (rows, twin))
        is_empty = left[len(left) // 4 :].max() < 0.02 * left[0] and last < _LITTLE * usual
        return ("collapse", -1) if (lost(rows) >= 0.5 > lost(twin)) or is_empty else NONE

    return judge


# -- how people log ----------------------------------------------------------------------------------------------------

KERAS: dict[str, Any] = {"columns": ("epoch", "train_loss", "val_loss", "val_acc"), "by_epoch": True,
                         "names": {"train_loss": "loss", "val_acc": "val_accuracy"}}
HF: dict[str, Any] = {"columns": ("step", "epoch", "train_loss", "val_loss", "val_acc", "lr", "grad_norm"),
                      "names": {"train_loss": "loss", "val_loss": "eval_loss", "val_acc": "eval_accuracy",
                                "lr": "learning_rate"}}
LIGHTNING: dict[str, Any] = {"columns": ("step", "epoch", "train_loss", "val_loss", "val_acc", "lr"),
                             "names": {"train_loss": "train/loss", "val_loss": "val/loss", "val_acc": "val/acc",
                                       "lr": "lr-AdamW"}}
NANO: dict[str, Any] = {"columns": ("step", "train_loss", "val_loss", "lr"), "names": {"step": "iter"}}


def one_cycle(rate: float, steps: int) -> Schedule:
    """Up over 30 % of the steps, then down to nearly nothing."""
    def at(step: int) -> float:
        part = step / (0.3 * steps)
        if part < 1:
            return rate * (0.04 + 0.96 * part)
        return rate * (0.5 * (1 + math.cos(math.pi * (part - 1) * 0.3 / 0.7)) + 1e-5)
    return at


def trained(net: Net, draw: Callable[[int], tuple[Array, Array]], steps: int, rate: Schedule, every: int = 1,
            more: Callable[[int, float], Row] | None = None, loss: str = "loss", adam: bool = True,
            accumulate: int = 1) -> list[Row]:
    """Train on what `draw` gives; a row every so many steps with the mean loss and what `more` adds."""
    rows: list[Row] = []
    window: list[float] = []
    kept_back: list[Array] = []
    for step in range(steps):
        x, y = draw(step)
        value, gradients = net.gradients(x, y)
        kept_back = [a + b for a, b in zip(kept_back, gradients, strict=True)] if kept_back else gradients
        if (step + 1) % accumulate == 0:
            net.step([part / accumulate for part in kept_back], rate(step), 0.9, adam, 0.0)
            kept_back = []
        window.append(value)
        if (step + 1) % every == 0:
            rows.append({"step": step, loss: float(np.mean(window)), **(more(step, value) if more else {})})
            window = []
    return rows


def soft_ce(out: Array, y: Array) -> tuple[Array, Array]:
    """Cross entropy with a distribution for each sample."""
    shifted = out - out.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(y * logs).sum(axis=1), np.exp(logs) * y.sum(axis=1, keepdims=True) - y


def bce(out: Array, y: Array) -> tuple[Array, Array]:
    return (np.logaddexp(0, out) - y * out).mean(axis=1), (1 / (1 + np.exp(-out)) - y) / y.shape[1]


def sharing(net: Net, loss: str) -> Net:
    """The same weights with another loss: for the validation."""
    other = net.copy()
    other.loss, other.weights, other.biases = loss, net.weights, net.biases
    return other


def batches(random: Random, data: Data, size: int) -> Callable[[int], tuple[Array, Array]]:
    def draw(step: int) -> tuple[Array, Array]:
        at = random.integers(len(data.x), size=size)
        return data.x[at], data.y[at]
    return draw


def classifier(random: Random, rate: Schedule, steps: int, hidden: int = 32, n: int = 3000, noise: float = 1.0,
               wrong: float = 0.0, **more: Any) -> Fit:
    data = clusters(random, n=n, noise=noise, wrong=wrong)
    return Fit(data, mlp(random, data, hidden), rate, steps, **more)


# -- healthy: classification -------------------------------------------------------------------------------------------


@healthy("loss", "eval_loss", "eval_accuracy")
def h_warmup_linear_to_zero(random: Random) -> list[Row]:
    def rate(step: int) -> float:
        return 2e-3 * min((step + 1) / 100, (1400 - step) / 1300)
    return classifier(random, rate, 1400, adam=True, val_every=100, log_every=some(random, 1, 10), **HF).run(random)


@healthy("loss", "val_loss", "val_accuracy")
def h_epochs_of_step_decay(random: Random) -> list[Row]:
    def rate(step: int) -> float:
        return 0.05 * 0.2 ** (step // 600)
    return classifier(random, rate, 2000, noise=1.3, **KERAS).run(random)


@healthy("train/loss", "val/loss", "val/acc")
def h_one_cycle_high_peak(random: Random) -> list[Row]:
    return classifier(random, one_cycle(some(random, 0.08, 0.12), 1200), 1200, n=8000, val_every=60, **LIGHTNING
                      ).run(random)


@healthy("loss", "eval_loss", "eval_accuracy")
def h_snapshot_ensemble(random: Random) -> list[Row]:
    return classifier(random, restarts(0.08, 300), 1500, n=8000, noise=1.2, batch=64, val_every=50, **HF).run(random)


@healthy("train_loss", "val_loss")
def h_one_sample_a_step(random: Random) -> list[Row]:
    return classifier(random, constant(some(random, 0.003, 0.006)), 3000, batch=1, momentum=0.0, val_every=200,
                      columns=NANO["columns"]).run(random)


@healthy("train/loss", "val/loss", "val/acc")
def h_two_samples_cosine(random: Random) -> list[Row]:
    return classifier(random, cosine(0.01, 2000, 100), 2000, batch=2, momentum=0.5, val_every=200, **LIGHTNING
                      ).run(random)


def _soft(random: Random, spread: float, mixes: bool, **more: Any) -> list[Row]:
    data = clusters(random, n=3000, noise=1.1)
    net = mlp(random, data, 32)
    net.loss = soft_ce

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        soft = np.eye(10)[y] * (1 - spread) + spread / 10
        if mixes:
            part = random.beta(0.4, 0.4)
            order = random.permutation(len(x))
            x, soft = part * x + (1 - part) * x[order], part * soft + (1 - part) * soft[order]
        return x, soft, rate

    return Fit(data, net, cosine(2e-3, 1500, 50), 1500, adam=True, meddle=meddle, evaluated=sharing(net, "ce"), **more
               ).run(random)


@healthy("loss", "val_loss")
def h_label_smoothing(random: Random) -> list[Row]:
    return _soft(random, 0.1, mixes=False, **KERAS)


@healthy("train_loss", "val_loss")
def h_mixup(random: Random) -> list[Row]:
    return _soft(random, 0.0, mixes=True, val_every=75, **NANO)


@healthy("loss", "val_loss", "val_accuracy")
def h_dropout_of_half(random: Random) -> list[Row]:
    return classifier(random, constant(2e-3), 2400, hidden=64, dropout=0.5, adam=True, **KERAS).run(random)


@healthy("train_loss", "val_loss")
def h_weighted_imbalance(random: Random) -> list[Row]:
    """One class in twenty, weighted; the accuracy hardly moves."""
    x = random.normal(size=(4000, 12))
    y = (x[:, 0] + 0.5 * x[:, 1] + 0.4 * random.normal(size=4000) > 1.9).astype(int)[:, None]
    weights = np.where(y > 0, 10.0, 1.0)

    def weighted(out: Array, both: Array) -> tuple[Array, Array]:
        each, back = bce(out, both[:, :1])
        return each * both[:, 1], back * both[:, 1:]

    data = Data(x[:3000], np.hstack([y, weights])[:3000], x[3000:], np.hstack([y, weights])[3000:])
    net = Net(random, [12, 16, 1], weighted)

    def more(step: int, value: float) -> Row:
        if (step + 1) % 50:
            return {}
        out = net.forward(data.val_x)[0][-1]
        guess, truth = out[:, 0] > 0, data.val_y[:, 0] > 0
        return {"val_loss": float(weighted(out, data.val_y)[0].mean()), "val_acc": float((guess == truth).mean()),
                "val_recall": float((guess & truth).sum() / max(truth.sum(), 1))}

    return trained(net, batches(random, data, 64), 1000, cosine(3e-3, 1000), more=more, loss="train_loss")


@healthy("loss", "eval_loss", "eval_accuracy")
def h_noisy_labels_large_set(random: Random) -> list[Row]:
    return classifier(random, cosine(2e-3, 1500, 100), 1500, n=8000, hidden=16, wrong=0.4, adam=True, val_every=100,
                      **HF).run(random)


@healthy("train/loss", "val/loss", "val/acc")
def h_validated_on_sixteen(random: Random) -> list[Row]:
    data = clusters(random, n=8000, noise=1.2, n_val=16)
    return Fit(data, mlp(random, data, 16), cosine(0.02, 1000), 1000, val_every=30, **LIGHTNING).run(random)


@healthy("loss", "val_loss", "val_accuracy")
def h_early_stopping(random: Random) -> list[Row]:
    rows = classifier(random, constant(1e-3), 4000, n=1500, noise=1.3, hidden=24, batch=50, adam=True, **KERAS
                      ).run(random)
    losses = column(rows, "val_loss")
    last = next((at for at in range(6, len(losses)) if at - losses[: at + 1].argmin() >= 5), len(losses) - 1)
    return rows[: last + 1]


@healthy("train_loss", "val_loss")
def h_ema_is_evaluated(random: Random) -> list[Row]:
    fit = classifier(random, constant(0.03), 1500, n=8000, val_every=50, **NANO)
    fit.evaluated = average = fit.net.copy()

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for mean, part in zip(average.parts, net.parts, strict=True):
            mean += 0.01 * (part - mean)
        return x, y, rate

    fit.meddle = meddle
    return fit.run(random)


@healthy("loss", "eval_loss", "eval_accuracy")
def h_logged_every_25(random: Random) -> list[Row]:
    return classifier(random, cosine(0.03, 3000, 200), 3000, n=9000, noise=1.1, log_every=25, val_every=250, **HF
                      ).run(random)


@healthy("loss", "eval_loss", "eval_accuracy")
def h_fine_tune_small_gain(random: Random) -> list[Row]:
    data = clusters(random, n=4000, noise=1.1)
    net = mlp(random, data, 32)
    Fit(data, net, cosine(0.05, 1500), 1500, columns=("step",)).run(random)
    shift = random.normal(size=16) * 0.15
    near = Data(data.x + shift, data.y, data.val_x + shift, data.val_y)
    return Fit(near, net.copy(), cosine(1e-3, 500, 30), 500, adam=True, val_every=50, **HF).run(random)


@healthy("train/loss", "val/loss")
def h_low_rank_adapter(random: Random) -> list[Row]:
    """A frozen network, and two thin matrices that learn what has changed."""
    data = clusters(random, n=3000, noise=1.0)
    base = mlp(random, data, 32)
    Fit(data, base, cosine(0.05, 800), 800, columns=("step",)).run(random)
    turned = np.linalg.qr(np.eye(16) + 0.15 * random.normal(size=(16, 16)))[0]

    def with_base(x: Array, y: Array) -> Array:
        return np.hstack([base.forward(x)[0][-1], np.eye(10)[y]])

    def loss(out: Array, both: Array) -> tuple[Array, Array]:
        return soft_ce(out + both[:, :10], both[:, 10:])

    x, val_x = data.x @ turned, data.val_x @ turned
    adapted = Data(x, with_base(x, data.y), val_x, with_base(val_x, data.val_y))
    net = Net(random, [16, 3, 10], loss, "linear")
    net.weights[-1][:] = 0
    return Fit(adapted, net, cosine(2e-3, 1000, 50), 1000, adam=True, val_every=100,
               columns=("step", "train_loss", "val_loss", "lr"), names=LIGHTNING["names"]).run(random)


@healthy("train/loss", "val/loss", "val/acc")
def h_frozen_then_whole(random: Random) -> list[Row]:
    """The head first, then all with a lower rate."""
    data = clusters(random, n=3000, noise=1.1)
    net = mlp(random, data, 48)
    first, second = one_cycle(0.1, 500), one_cycle(0.03, 900)
    return Fit(data, net, lambda step: first(step) if step < 500 else second(step - 500), 1400, val_every=50,
               meddle=kept([net.weights[0]], until=500), **LIGHTNING).run(random)


@healthy("loss", "val_loss", "val_accuracy")
def h_reduced_on_plateau(random: Random) -> list[Row]:
    rate, best, since = 0.08, math.inf, 0
    data = clusters(random, n=2500, noise=1.2)
    net = mlp(random, data, 24)
    rows: list[Row] = []
    for epoch in range(45):
        losses = []
        for _ in range(50):
            at = random.integers(len(data.x), size=50)
            value, gradients = net.gradients(data.x[at], data.y[at])
            net.step(gradients, rate, 0.9, False, 1e-3)
            losses.append(value)
        val, right = net.evaluate(data.val_x, data.val_y)
        rows.append({"epoch": epoch, "loss": float(np.mean(losses)), "val_loss": val, "val_accuracy": right,
                     "lr": rate})
        best, since = (val, 0) if val < best - 1e-3 else (best, since + 1)
        if since >= 4:
            rate, since = max(rate * 0.3, 1e-5), 0
    return rows


@healthy("train_loss", "val_loss", "val_acc")
def h_resumed_some_steps_back(random: Random) -> list[Row]:
    """Killed at 800, continued from the checkpoint at 700 in the same file."""
    fit = classifier(random, cosine(0.05, 1500), 800, val_every=50,
                     columns=("step", "train_loss", "val_loss", "val_acc", "lr"))
    saved: list[Net] = []

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if step == 700:
            saved.append(copy.deepcopy(net))
        return x, y, rate

    fit.meddle = meddle
    rows = fit.run(random)
    fit.net, fit.first_step, fit.steps, fit.meddle = saved[0], 700, 1500, None
    return rows + fit.run(random)


@healthy("loss")
def h_accumulated_gradients(random: Random) -> list[Row]:
    data = clusters(random, n=3000)
    return trained(mlp(random, data, 32), batches(random, data, 4), 3200, cosine(4e-3, 3200, 160), accumulate=8)


@healthy("loss", "val_loss")
def h_progressive_sizes(random: Random) -> list[Row]:
    """Small images, then larger ones, with stronger augmentation: the loss rises a little at each change."""
    data = clusters(random, n=4000, noise=0.8)
    net = mlp(random, data, 48)

    def draw(step: int) -> tuple[Array, Array]:
        x, y = batches(random, data, 32)(step)
        return x + random.normal(size=x.shape) * (0.0, 0.4, 0.8)[step // 500], y

    def more(step: int, value: float) -> Row:
        val = {"val_loss": net.evaluate(data.val_x, data.val_y)[0]} if (step + 1) % 50 == 0 else {}
        return {"resolution": (128, 160, 224)[step // 500], **val}

    return trained(net, draw, 1500, cosine(2e-3, 1500, 50), more=more)


@healthy("train_loss", "val_loss")
def h_distilled(random: Random) -> list[Row]:
    data = clusters(random, n=3000, noise=1.1)
    teacher, net = mlp(random, data, 64), mlp(random, data, 12)
    Fit(data, teacher, cosine(0.05, 800), 800, columns=("step",)).run(random)

    def targets(x: Array, y: Array) -> Array:
        out = teacher.forward(x)[0][-1] / 2
        soft: Array = np.exp(out - out.max(axis=1, keepdims=True))
        return 0.7 * soft / soft.sum(axis=1, keepdims=True) + 0.3 * np.eye(10)[y]

    net.loss = soft_ce
    return Fit(Data(data.x, targets(data.x, data.y), data.val_x, data.val_y), net, cosine(3e-3, 1500), 1500, adam=True,
               evaluated=sharing(net, "ce"), val_every=100, columns=NANO["columns"]).run(random)


@healthy("loss", "val_loss", "val_accuracy")
def h_weights_averaged_at_the_end(random: Random) -> list[Row]:
    fit = classifier(random, constant(0.03), 2400, hidden=16, noise=1.2, **KERAS)
    fit.evaluated = mean = fit.net.copy()

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        for average, part in zip(mean.parts, net.parts, strict=True):
            average += (part - average) / max(step - 1800, 1)
        return x, y, rate

    fit.meddle = meddle
    return fit.run(random)


@healthy("train_loss", "val_loss")
def h_full_batch_smooth(random: Random) -> list[Row]:
    data = clusters(random, n=400, noise=0.9, n_val=400)
    net = Net(random, [16, 10], "ce")

    def more(step: int, value: float) -> Row:
        return {"val_loss": net.evaluate(data.val_x, data.val_y)[0]}

    return trained(net, lambda step: (data.x, data.y), 500, constant(0.02), more=more, adam=False, loss="train_loss")


@healthy("loss", "eval_loss", "eval_accuracy")
def h_breaks_through_late(random: Random) -> list[Row]:
    data = parity(random, bits=3, n=4000)
    return Fit(data, mlp(random, data, 64), constant(some(random, 1.5e-3, 2.5e-3)), 2500, adam=True, val_every=100, **HF
               ).run(random)


# -- healthy: regression, likelihoods, representations -----------------------------------------------------------------


@healthy("train_loss", "val_loss")
def h_regression_noise_floor(random: Random) -> list[Row]:
    data = regression(random, n=4000, noise=some(random, 0.5, 1.0))
    return Fit(data, regressor(random, data, 24), cosine(3e-3, 1500), 1500, adam=True, val_every=50, **NANO).run(random)


@healthy("nll", "val_nll")
def h_negative_likelihood(random: Random) -> list[Row]:
    data = regression(random, n=6000, noise=0.25, curved=False)
    net = Net(random, [8, 24, 2], "nll")
    return Fit(data, net, cosine(1e-3, 1800, 50), 1800, batch=64, adam=True, val_every=60,
               columns=("step", "train_loss", "val_loss", "grad_norm"),
               names={"train_loss": "nll", "val_loss": "val_nll"}).run(random)


def _low_rank(random: Random, n: int = 3000, dims: int = 24, rank: int = 4) -> Array:
    seen = np.tanh(random.normal(size=(n, rank)) @ random.normal(size=(rank, dims)))
    return seen + 0.1 * random.normal(size=(n, dims))


@healthy("recon_loss", "val_recon_loss")
def h_autoencoder(random: Random) -> list[Row]:
    x = _low_rank(random)
    data = Data(x[:2500], x[:2500], x[2500:], x[2500:])
    return Fit(data, Net(random, [24, 16, 4, 16, 24], "mse", "tanh"), constant(2e-3), 1800, adam=True, by_epoch=True,
               columns=("epoch", "train_loss", "val_loss"),
               names={"train_loss": "recon_loss", "val_loss": "val_recon_loss"}).run(random)


@healthy("train/loss", "val/loss")
def h_masked_autoencoder(random: Random) -> list[Row]:
    x = _low_rank(random)
    data = Data(x[:2500], x[:2500], x[2500:], x[2500:])

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        return x * (random.random(x.shape) > 0.5), y, rate

    return Fit(data, Net(random, [24, 48, 24], "mse"), cosine(2e-3, 1500, 80), 1500, adam=True, meddle=meddle,
               val_every=50, columns=("step", "train_loss", "val_loss", "lr"), names=LIGHTNING["names"]).run(random)


@healthy("train/loss")
def h_denoising_diffusion(random: Random) -> list[Row]:
    """Predicts the noise at random times: falls at once, then a noisy floor that hardly moves."""
    turns = random.random(4000) * 7
    points = np.stack([turns * np.cos(turns), turns * np.sin(turns)], axis=1) / 4

    def draw(step: int) -> tuple[Array, Array]:
        at, time = random.integers(4000, size=32), random.random((32, 1))
        noise = random.normal(size=(32, 2))
        return np.hstack([np.sqrt(1 - time) * points[at] + np.sqrt(time) * noise, time, time**2]), noise

    def more(step: int, value: float) -> Row:
        return {"lr": 1e-3}

    return trained(Net(random, [4, 64, 64, 2], "mse"), draw, 1800, constant(1e-3), every=some(random, 1, 5), more=more,
                   loss="train/loss")


def _info_nce(out: Array, y: Array) -> tuple[Array, Array]:
    """Each half of the batch is a view of the same samples."""
    length = np.sqrt((out**2).sum(axis=1, keepdims=True)) + 1e-9
    unit = out / length
    half = len(out) // 2
    each, back = soft_ce(unit[:half] @ unit[half:].T / 0.2, np.eye(half))
    by_unit = np.vstack([back @ unit[half:], back.T @ unit[:half]]) / 0.2 * 2
    return np.concatenate([each, each]), (by_unit - unit * (unit * by_unit).sum(axis=1, keepdims=True)) / length


@healthy("contrastive_loss")
def h_contrastive(random: Random) -> list[Row]:
    data = clusters(random, n=3000)

    def draw(step: int) -> tuple[Array, Array]:
        x = data.x[random.integers(3000, size=32)]
        views = np.vstack([x, x]) + 0.7 * random.normal(size=(64, 16))
        return views, views

    return trained(Net(random, [16, 48, 12], _info_nce), draw, 900, cosine(2e-3, 900, 90), loss="contrastive_loss")


@healthy("triplet_loss")
def h_triplets(random: Random) -> list[Row]:
    """The share of triplets that still cost something falls with the loss."""
    data = clusters(random, n=2000, noise=0.8)
    groups = [np.flatnonzero(data.y == label) for label in range(10)]
    active = [1.0]

    def loss(out: Array, y: Array) -> tuple[Array, Array]:
        a, p, n = np.split(out, 3)
        cost = ((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1
        on = (cost > 0)[:, None]
        active[0] = float(on.mean())
        return np.tile(np.maximum(cost, 0), 3), np.vstack([6 * on * (n - p), 6 * on * (p - a), 6 * on * (a - n)])

    def draw(step: int) -> tuple[Array, Array]:
        labels = random.integers(10, size=(2, 32))
        labels[1] = np.where(labels[1] == labels[0], (labels[1] + 1) % 10, labels[1])
        at = [groups[label][random.integers(len(groups[label]))] for label in (*labels[0], *labels[0], *labels[1])]
        return data.x[at], data.y[at]

    return trained(Net(random, [16, 32, 6], loss, gain=0.5), draw, 900, constant(5e-4), loss="triplet_loss",
                   more=lambda step, value: {"active_fraction": active[0]})


@healthy("loss/total")
def h_three_tasks(random: Random) -> list[Row]:
    """A class, a number and a mask, which trade off."""
    data, target = clusters(random, n=3000), random.normal(size=(16, 2))
    both = np.hstack([np.eye(10)[data.y], np.tanh(data.x @ target / 3)])
    parts: dict[str, float] = {}

    def loss(out: Array, y: Array) -> tuple[Array, Array]:
        first, back = soft_ce(out[:, :10], y[:, :10])
        gap = out[:, 10:] - y[:, 10:]
        parts.update({"loss/cls": float(first.mean()), "loss/box": float((gap[:, 0] ** 2).mean()),
                      "loss/depth": float((gap[:, 1] ** 2).mean())})
        return first + 2 * (gap**2).sum(axis=1), np.hstack([back, 4 * gap])

    return trained(Net(random, [16, 32, 12], loss), batches(random, Data(data.x, both, data.x, both), 32), 1200,
                   cosine(2e-3, 1200, 50), more=lambda step, value: dict(parts), loss="loss/total")


@healthy("train/loss")
def h_dice_segmentation(random: Random) -> list[Row]:
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=-1).reshape(1, 64, 2)
    y = (((grid - random.uniform(1, 7, size=(1500, 1, 2))) ** 2).sum(axis=2) < 4.5).astype(float)
    x = y + 0.6 * random.normal(size=y.shape)

    def dice(out: Array, y: Array) -> tuple[Array, Array]:
        p = 1 / (1 + np.exp(-out))
        top, below = 2 * (p * y).sum(axis=1, keepdims=True) + 1, (p + y).sum(axis=1, keepdims=True) + 1
        return (1 - top / below)[:, 0], -(2 * y * below - top) / below**2 * p * (1 - p)

    net = Net(random, [64, 48, 64], dice)

    def more(step: int, value: float) -> Row:
        if (step + 1) % 40:
            return {}
        guess = net.forward(x[1200:])[0][-1] > 0
        return {"val/mIoU": float(((guess & (y[1200:] > 0)).sum(axis=1) / (guess | (y[1200:] > 0)).sum(axis=1)).mean())}

    return trained(net, batches(random, Data(x[:1200], y[:1200], x, y), 16), 800, cosine(3e-3, 800), more=more,
                   loss="train/loss")


def _gan(random: Random, steps: int, faulty: bool) -> list[Row]:
    """Two networks against each other; with the fault the judge wins for good."""
    centres = random.normal(size=(3, 2)) * 2
    maker, judge = Net(random, [4, 24, 2], "mse"), Net(random, [2, 24, 1], bce)
    judge.weights[-1] *= 0.2
    ones, rows = np.ones((32, 1)), []
    for step in range(steps):
        real = centres[random.integers(3, size=32)] + 0.5 * random.normal(size=(32, 2))
        layers, masks = maker.forward(random.normal(size=(32, 4)))
        d_loss, gradients = judge.gradients(np.vstack([real, layers[-1]]), np.vstack([ones, 0 * ones]))
        judge.step(gradients, 2e-2 if faulty and step > steps // 3 else 1e-3, 0.5, True, 0.01)
        seen, unused = judge.forward(layers[-1])
        each, back = bce(seen[-1], ones)
        if not faulty or step <= steps // 3:
            of_fakes = judge.backward(seen, unused, back / 32)[1]
            maker.step(maker.backward(layers, masks, of_fakes)[0], 1e-3, 0.5, True, 0.0)
        rows.append({"step": step, "G_loss": float(each.mean()), "D_loss": d_loss})
    return rows


@healthy("G_loss")
def h_two_players(random: Random) -> list[Row]:
    return _gan(random, 1500, faulty=False)


@healthy("loss")
def h_variational(random: Random) -> list[Row]:
    """The weight of the divergence grows over the first third: the whole may rise while each part is well."""
    x = _low_rank(random, dims=16)
    encoder, decoder = Net(random, [16, 32, 6], "mse", "tanh"), Net(random, [3, 32, 16], "mse", "tanh")
    rows: list[Row] = []
    for step in range(1200):
        batch = x[random.integers(len(x), size=32)]
        layers, masks = encoder.forward(batch)
        mean, log_var = layers[-1][:, :3], np.clip(layers[-1][:, 3:], -6, 4)
        noise, beta = random.normal(size=mean.shape), 0.05 * min(step / 400, 1)
        code = mean + noise * np.exp(log_var / 2)
        out, unused = decoder.forward(code)
        recon = float(((out[-1] - batch) ** 2).mean())
        kl = float(0.5 * (mean**2 + np.exp(log_var) - log_var - 1).sum(axis=1).mean())
        of_decoder, back = decoder.backward(out, unused, 2 * (out[-1] - batch) / batch.size)
        of_code = np.hstack([back + beta * mean / 32,
                             back * noise * np.exp(log_var / 2) / 2 + beta * 0.5 * (np.exp(log_var) - 1) / 32])
        decoder.step(of_decoder, 2e-3, 0.9, True, 0.0)
        encoder.step(encoder.backward(layers, masks, of_code)[0], 2e-3, 0.9, True, 0.0)
        rows.append({"step": step, "loss": recon + beta * kl, "recon": recon, "kl": kl, "beta": beta})
    return rows


@healthy("loss")
def h_recommender(random: Random) -> list[Row]:
    users, items = random.normal(size=(80, 4)), random.normal(size=(60, 4))
    likes = users @ items.T / 2 + 0.3 * random.normal(size=(80, 60)) > 1.0
    a, b = 0.1 * random.normal(size=(80, 8)), 0.1 * random.normal(size=(60, 8))
    rows: list[Row] = []
    for epoch in range(40):
        losses = []
        for _ in range(30):
            at = random.integers(80, size=16)
            out = a[at] @ b.T
            each, back = bce(out, likes[at].astype(float))
            of_a, of_b = back @ b, back.T @ a[at]
            np.subtract.at(a, at, 4 * of_a)
            b -= 4 * of_b
            losses.append(float(each.mean()))
        top = np.argsort(-(a @ b.T), axis=1)[:, :10]
        rows.append({"epoch": epoch, "loss": float(np.mean(losses)),
                     "hit_rate@10": float(np.take_along_axis(likes, top, 1).any(axis=1).mean()),
                     "precision@10": float(np.take_along_axis(likes, top, 1).mean())})
    return rows


def _boosted(random: Random, rounds: int, rate: float, n: int, noise: float, smallest: int) -> list[Row]:
    """Stumps, or small trees of two levels, on what is left."""
    data = regression(random, n=n, dims=5, noise=noise)
    guess, val_guess = np.zeros(n), np.zeros(len(data.val_x))
    rows: list[Row] = []
    for number in range(rounds):
        left = data.y[:, 0] - guess
        best: tuple[float, int, float, float, float] = (math.inf, 0, 0.0, 0.0, 0.0)
        for feature in range(5):
            for cut in random.choice(data.x[:, feature], size=8):
                low = data.x[:, feature] < cut
                if smallest <= low.sum() <= n - smallest:
                    below, above = left[low].mean(), left[~low].mean()
                    cost = float(-(below**2) * low.sum() - above**2 * (~low).sum())
                    best = min(best, (cost, feature, float(cut), float(below), float(above)))
        _, feature, cut, below, above = best
        guess += rate * np.where(data.x[:, feature] < cut, below, above)
        val_guess += rate * np.where(data.val_x[:, feature] < cut, below, above)
        rows.append({"iteration": number, "train-rmse": float(np.sqrt(((data.y[:, 0] - guess) ** 2).mean())),
                     "valid-rmse": float(np.sqrt(((data.val_y[:, 0] - val_guess) ** 2).mean()))})
    return rows


@healthy("train-rmse", "valid-rmse")
def h_boosted_stumps(random: Random) -> list[Row]:
    return _boosted(random, 150, 0.1, 800, 0.4, smallest=20)


# -- healthy: language -------------------------------------------------------------------------------------------------


def _letters(random: Random, rate: Schedule, steps: int, **more: Any) -> Fit:
    data = text(random, n=5000, letters=some(random, 24, 30))
    return Fit(data, mlp(random, data, 32), rate, steps, adam=True, **more)


@healthy("train/loss", "val/loss")
def h_letters_like_nano(random: Random) -> list[Row]:
    return _letters(random, cosine(3e-3, 1000, 50), 1000, log_every=10, val_every=100,
                    columns=("step", "train_loss", "val_loss", "lr"),
                    names={"step": "iter", "train_loss": "train/loss", "val_loss": "val/loss"}).run(random)


@healthy("train_ppl", "val_ppl")
def h_perplexity_alone(random: Random) -> list[Row]:
    return _letters(random, constant(1e-3), 1200, val_every=100, columns=("step", "train_ppl", "val_ppl")).run(random)


@healthy("loss", "eval_loss")
def h_stable_then_decay(random: Random) -> list[Row]:
    def rate(step: int) -> float:
        return 3e-3 * min((step + 1) / 50, 1, (1200 - step) / 240)
    return _letters(random, rate, 1200, val_every=100, **HF).run(random)


@healthy("train/loss")
def h_tokens_per_second(random: Random) -> list[Row]:
    """A slow first row (it compiles), and a dip at each evaluation."""
    rows = _letters(random, cosine(3e-3, 900, 50), 900, columns=("step", "train_loss", "lr"),
                    names={"train_loss": "train/loss"}).run(random)
    return [row | {"tokens_per_sec": _pace(random, row["step"]) * (0.05 if row["step"] == 0 else 1),
                   "mfu": 0.41 * math.exp(0.02 * random.normal())} for row in rows]


def _pace(random: Random, step: int, pace: float = 52_000.0) -> float:
    return pace * math.exp(0.04 * random.normal()) * (0.6 if step % 100 == 0 else 1)


# -- healthy: reinforcement --------------------------------------------------------------------------------------------


def _bandit(random: Random, updates: int, contexts: int = 6, rate: float = 0.6, fault: str = "", at: int = -1
            ) -> list[Row]:  # fmt: skip
    """A policy gradient over contexts and actions, logged as many do.

    Args:
        fault: From row `at` on: "wrong_sign" (of the advantage), "bonus" (for entropy, a hundred times as high),
            "greedy" (huge steps towards whatever was tried).
    """
    values = random.normal(size=(contexts, 5))
    values[np.arange(contexts), random.integers(5, size=contexts)] += 2.5
    policy, base, critic = np.zeros((contexts, 5)), 0.0, 0.0
    rows: list[Row] = []
    for update in range(updates):
        broken = fault and update >= at
        context = random.integers(contexts, size=64)
        chances = np.exp(policy - policy.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        action = (chances[context].cumsum(axis=1) < random.random((64, 1))).sum(axis=1).clip(0, 4)
        reward = values[context, action] + 0.5 * random.normal(size=64)
        advantage = (reward - base) * (-1 if broken and fault == "wrong_sign" else 1)
        if broken and fault == "greedy":
            advantage = np.abs(advantage)
        gradient = np.zeros_like(policy)
        np.add.at(gradient, context, (np.eye(5)[action] - chances[context]) * advantage[:, None] / 64 * contexts)
        gradient -= (2.0 if broken and fault == "bonus" else 0.02) * chances * (np.log(chances + 1e-12) + 1)
        before = chances
        policy = policy + rate * (40 if broken and fault == "greedy" else 1) * gradient
        after = np.exp(policy - policy.max(axis=1, keepdims=True))
        after /= after.sum(axis=1, keepdims=True)
        critic += 0.1 * (float(np.var(reward)) - critic)
        base += 0.1 * (float(reward.mean()) - base)
        rows.append({"time/total_timesteps": 64 * (update + 1), "rollout/ep_rew_mean": float(reward.mean()),
                     "train/entropy_loss": float((before * np.log(before + 1e-12)).sum(axis=1).mean()),
                     "train/approx_kl": float((before * np.log((before + 1e-12) / (after + 1e-12))).sum(axis=1).mean()),
                     "train/value_loss": critic, "train/policy_gradient_loss": float(-(advantage * np.log(
                         chances[context, action] + 1e-12)).mean()),
                     "time/fps": 900 * math.exp(0.05 * random.normal())})
    return rows


@healthy("train/value_loss")
def h_policy_gradient(random: Random) -> list[Row]:
    return _bandit(random, 250, rate=some(random, 0.3, 0.6))


def _corridor(random: Random, episodes: int) -> list[Row]:
    """Q-learning with a reward at the end alone: the error rises when the first reward is found, and falls later."""
    length = 7
    q = np.zeros((length, 2))
    rows: list[Row] = []
    for number in range(episodes):
        epsilon, returns, errors, total = max(1 - number / (0.6 * episodes), 0.05), [], [], 0
        for _ in range(4):
            state, steps = 0, 0
            while state < length - 1 and steps < 40:
                action = int(random.integers(2)) if random.random() < epsilon else int(q[state, 1] >= q[state, 0])
                then = min(max(state + (1 if action else -1), 0), length - 1)
                reward = 10.0 if then == length - 1 else -0.1
                error = reward + (0 if then == length - 1 else 0.97 * q[then].max()) - q[state, action]
                q[state, action] += 0.02 * error
                errors.append(error**2)
                state, steps = then, steps + 1
            returns.append((10.0 if state == length - 1 else 0.0) - 0.1 * steps)
            total += steps
        rows.append({"episode": 4 * number, "td_loss": float(np.mean(errors)),
                     "episode_return": float(np.mean(returns)), "episode_length": total / 4, "epsilon": epsilon,
                     "q_mean": float(q.mean())})
    return rows


@healthy("td_loss")
def h_q_learning(random: Random) -> list[Row]:
    return _corridor(random, 250)


# -- faulty: not a number ----------------------------------------------------------------------------------------------


@faulty(by_nan("loss"), "nan", "divergence")
def f_one_bad_sample(random: Random, bad: bool) -> list[Row]:
    """A single input that is no number, met at some step."""
    fit = classifier(random, cosine(2e-3, 800, 40), 800, adam=True, val_every=80, **HF)
    row = int(random.integers(len(fit.data.x)))
    if bad:
        fit.data.x[row, 3] = np.nan
    return fit.run(random)


@faulty(by_nan("train_loss"), "nan", "divergence")
def f_log_of_zero(random: Random, bad: bool) -> list[Row]:
    """Some batches hold padding alone, and the loss divides by the number of targets; their steps are skipped."""
    data = regression(random, n=3000)
    net = regressor(random, data, 24)
    first = int(random.integers(200, 700))
    gone = {first, first + 1, first + 60} if bad else set()
    rows = trained(net, batches(random, data, 32), 900, cosine(2e-3, 900), loss="train_loss")
    return [row | ({"train_loss": math.nan} if row["step"] in gone else {}) for row in rows]


@faulty(by_nan("train/loss"), "nan", "divergence")
def f_half_precision(random: Random, bad: bool) -> list[Row]:
    """What is stored in 16 bits overflows when the features grow."""
    fit = classifier(random, constant(0.02), 900, val_every=90, **LIGHTNING)
    first = int(random.integers(250, 700))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        if bad and step >= first:
            x = (x.astype(np.float16) * np.float16(3) ** np.float16((step - first) / 3)).astype(float)
        return x, y, rate

    fit.meddle = meddle
    return fit.run(random)


@faulty(by_nan("val_loss"), "nan")
def f_validation_no_number(random: Random, bad: bool) -> list[Row]:
    """A class is missing among the examples of the validation from some epoch on: 0 / 0."""
    rows = classifier(random, constant(1e-3), 2000, adam=True, **KERAS).run(random)
    first = int(random.integers(8, 16))
    return [row | ({"val_loss": math.nan} if bad and at >= first else {}) for at, row in enumerate(rows)]


# -- faulty: divergence ------------------------------------------------------------------------------------------------


@faulty(by_end("loss", "divergence", "nan"), "divergence", "nan")
def f_rate_far_too_high(random: Random, bad: bool) -> list[Row]:
    data = regression(random, n=2000)
    net = regressor(random, data, 24)
    return trained(net, batches(random, data, 32), 300, constant(some(random, 0.6, 1.0) if bad else 0.01), adam=False)


@faulty(by_end("train/loss", "divergence", "nan", "gradient"), "divergence", "nan", "gradient")
def f_rate_grows_each_step(random: Random, bad: bool) -> list[Row]:
    """A scheduler that multiplies the wrong way: the loss falls, then drifts up, then explodes."""
    factor = some(random, 1.006, 1.008) if bad else 0.999
    return classifier(random, lambda step: 0.01 * factor**step, 1000, val_every=100, **LIGHTNING).run(random)


@faulty(by_end("train_loss", "divergence"), "divergence")
def f_unlearns(random: Random, bad: bool) -> list[Row]:
    """From some step on the sign is wrong, with a small rate: the loss creeps up."""
    first, slow = int(random.integers(400, 700)), some(random, 0.05, 0.15)

    def rate(step: int) -> float:
        return -0.01 * slow if bad and step >= first else 0.01

    return classifier(random, rate, 1400, columns=("step", "train_loss"), momentum=0.5).run(random)


@faulty(by_end("loss", "divergence", "spike", "nan"), "divergence", "spike", "nan")
def f_resumed_without_moments(random: Random, bad: bool) -> list[Row]:
    """Resumed with another rate by mistake, some hundred times as high."""
    first, times = int(random.integers(400, 800)), some(random, 80, 150)

    def rate(step: int) -> float:
        return 2e-3 * (times if bad and step >= first else 1)

    return _letters(random, rate, 1100, columns=("step", "train_loss"), names={"train_loss": "loss"}).run(random)


@faulty(by_end("nll", "divergence", "nan", "spike"), "divergence", "nan", "spike")
def f_likelihood_diverges(random: Random, bad: bool) -> list[Row]:
    """A loss below zero, of which the variance collapses while the mean runs away."""
    data = regression(random, n=3000, noise=0.1, curved=False)
    first = int(random.integers(500, 900))

    def rate(step: int) -> float:
        return 3e-3 * (80 if bad and step >= first else 1)

    return Fit(data, Net(random, [8, 24, 2], "nll"), rate, 1300, adam=True, columns=("step", "train_loss"),
               names={"train_loss": "nll"}).run(random)


@faulty(by_end("G_loss", "divergence"), "divergence")
def f_judge_wins(random: Random, bad: bool) -> list[Row]:
    return _gan(random, 1200, faulty=bad)


# -- faulty: spikes ----------------------------------------------------------------------------------------------------


@faulty(by_leap("loss"), "spike", "divergence")
def f_one_wild_step(random: Random, bad: bool) -> list[Row]:
    first, times = int(random.integers(200, 800)), some(random, 400, 800)

    def rate(step: int) -> float:
        return 0.03 * (times if bad and step == first else 1)

    return classifier(random, rate, 1000, momentum=0.0, val_every=100, **HF).run(random)


@faulty(by_leap("train/loss"), "spike", "divergence")
def f_corrupt_shard(random: Random, bad: bool) -> list[Row]:
    """Text of random letters for 3 to 25 steps."""
    fit = _letters(random, cosine(3e-3, 1000, 50), 1000, columns=("step", "train_loss", "lr"),
                   names={"train_loss": "train/loss"})
    first, long = int(random.integers(400, 800)), some(random, 3, 10, 25)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        wrong = random.integers(y.max() + 1, size=len(y))
        return x, wrong if bad and first <= step < first + long else y, rate

    fit.meddle = meddle
    return fit.run(random)


@faulty(by_leap("train_loss"), "spike", "divergence")
def f_outliers_in_a_batch(random: Random, bad: bool) -> list[Row]:
    data = regression(random, n=3000, noise=0.3)
    first, long = int(random.integers(200, 700)), some(random, 1, 2, 4)

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        return x, y * (12 if bad and first <= step < first + long else 1), rate

    return Fit(data, regressor(random, data, 24), constant(0.01), 900, val_every=90, meddle=meddle, **NANO).run(random)


@faulty(by_leap("train_loss"), "spike", "divergence")
def f_head_lost(random: Random, bad: bool) -> list[Row]:
    """The last layer is reset by a wrong load; it is learned again, slowly."""
    fit = classifier(random, constant(some(random, 0.002, 0.01)), 1100, columns=("step", "train_loss", "lr"))
    first = int(random.integers(500, 900))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        fresh = random.normal(size=net.weights[-1].shape)
        if bad and step == first:
            net.weights[-1][:] = fresh
        return x, y, rate

    fit.meddle = meddle
    return fit.run(random)


@faulty(by_leap("loss"), "spike", "divergence")
def f_spike_in_means(random: Random, bad: bool) -> list[Row]:
    """A row is the mean of ten steps, of which some leap."""
    first = int(random.integers(1500, 3000))
    fit = classifier(random, cosine(0.05, 4000, 100), 4000, batch=16, log_every=10, columns=("step", "train_loss"),
                     names={"train_loss": "loss"})

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        return (x * 15, y, rate) if bad and first <= step < first + 2 else (x, y, rate)

    fit.meddle = meddle
    return fit.run(random)


@faulty(by_leap("nll"), "spike", "divergence")
def f_spike_below_zero(random: Random, bad: bool) -> list[Row]:
    data = regression(random, n=3000, noise=0.1, curved=False)
    first = int(random.integers(500, 1000))

    def meddle(step: int, net: Net, x: Array, y: Array, rate: float) -> tuple[Array, Array, float]:
        return x, y + (1.5 if bad and step == first else 0), rate

    return Fit(data, Net(random, [8, 24, 2], "nll"), cosine(3e-3, 1300), 1300, adam=True, meddle=meddle,
               columns=("step", "train_loss"), names={"train_loss": "nll"}).run(random)


# -- faulty: overfitting -----------------------------------------------------------------------------------------------


@faulty(by_overfitting("loss", "val_loss"), "overfitting")
def f_sixty_examples(random: Random, bad: bool) -> list[Row]:
    data = clusters(random, n=4000, noise=1.2)
    if bad:
        data = Data(data.x[:60], data.y[:60], data.val_x, data.val_y)
    fit = Fit(data, mlp(random, data, 64), constant(2e-3), 1200, batch=30, adam=True, **KERAS)
    fit.by_epoch, fit.log_every, fit.val_every, fit.columns = False, 20, 20, ("step", *KERAS["columns"][1:])
    return fit.run(random)


@faulty(by_overfitting("train_loss", "val_loss"), "overfitting")
def f_memorised_regression(random: Random, bad: bool) -> list[Row]:
    data = regression(random, n=3000, noise=0.6)
    if bad:
        data = Data(data.x[:80], data.y[:80], data.val_x, data.val_y)
    return Fit(data, regressor(random, data, 96), constant(3e-3), 1500, adam=True, log_every=10, val_every=50, **NANO
               ).run(random)


@faulty(by_overfitting("loss", "eval_loss"), "overfitting")
def f_fine_tuned_on_few(random: Random, bad: bool) -> list[Row]:
    data = clusters(random, n=3000, noise=1.3)
    net = mlp(random, data, 64)
    Fit(data, net, cosine(0.05, 500), 500, columns=("step",)).run(random)
    shift = random.normal(size=16) * 0.5
    many = Data(data.x + shift, data.y, data.val_x + shift, data.val_y)
    few = Data(many.x[:50], many.y[:50], many.val_x, many.val_y)
    return Fit(few if bad else many, net.copy(), constant(1e-3), 900, batch=16, adam=True, val_every=30, **HF
               ).run(random)


@faulty(by_overfitting("train/loss", "val/loss"), "overfitting")
def f_wrong_labels_learned(random: Random, bad: bool) -> list[Row]:
    """A third of the labels is wrong, and a large network learns them by heart."""
    data = clusters(random, n=400 if bad else 6000, noise=0.9, wrong=0.33)
    return Fit(data, mlp(random, data, 128), constant(2e-3), 1600, adam=True, log_every=10, val_every=40, **LIGHTNING
               ).run(random)


@faulty(by_overfitting("train-rmse", "valid-rmse"), "overfitting")
def f_boosted_too_long(random: Random, bad: bool) -> list[Row]:
    return _boosted(random, 250, 0.5 if bad else 0.1, 90 if bad else 900, 0.6, smallest=2 if bad else 20)


@faulty(by_overfitting("train/loss", "val/loss"), "overfitting")
def f_letters_by_heart(random: Random, bad: bool) -> list[Row]:
    data = text(random, n=4000, letters=24)
    if bad:
        data = Data(data.x[:150], data.y[:150], data.val_x, data.val_y)
    return Fit(data, mlp(random, data, 64), constant(2e-3), 1000, adam=True, log_every=10, val_every=50,
               columns=("step", "train_loss", "val_loss", "lr"),
               names={"step": "iter", "train_loss": "train/loss", "val_loss": "val/loss"}).run(random)


# -- faulty: it does not learn -----------------------------------------------------------------------------------------


@faulty(by_flat("loss"), "not_learning")
def f_rate_far_too_low(random: Random, bad: bool) -> list[Row]:
    rate = some(random, 1e-7, 1e-6) if bad else 2e-3
    return classifier(random, constant(rate), 900, adam=True, val_every=90, **HF).run(random)


@faulty(by_flat("train/loss", "gradient"), "not_learning", "gradient")
def f_all_units_dead(random: Random, bad: bool) -> list[Row]:
    fit = classifier(random, constant(0.02), 800, val_every=80, **LIGHTNING)
    if bad:
        fit.net.biases[0] -= 30
    return fit.run(random)


@faulty(by_flat("loss"), "not_learning")
def f_labels_shuffled(random: Random, bad: bool) -> list[Row]:
    """Inputs and labels come from two shuffles."""
    fit = classifier(random, constant(1e-3), 1500, n=20_000, hidden=16, adam=True, **KERAS)
    if bad:
        fit.data.y[:] = random.permutation(fit.data.y)
    fit.by_epoch, fit.log_every, fit.val_every, fit.columns = False, 10, 100, ("step", *KERAS["columns"][1:])
    return fit.run(random)


@faulty(by_flat("train_loss"), "not_learning")
def f_blank_inputs(random: Random, bad: bool) -> list[Row]:
    """The loader divides by 255 twice and casts to integers: every input is zero."""
    fit = _letters(random, cosine(3e-3, 800, 40), 800, val_every=80, **NANO)
    if bad:
        fit.data.x[:], fit.data.val_x[:] = 0, 0
        fit.data.y[:] = random.integers(fit.data.y.max() + 1, size=len(fit.data.y))
    return fit.run(random)


@faulty(by_flat("train_loss"), "not_learning")
def f_nothing_is_trained(random: Random, bad: bool) -> list[Row]:
    """The optimizer was given no weights."""
    data = regression(random, n=3000)
    net = regressor(random, data, 24)
    return Fit(data, net, constant(0.01), 700, val_every=50, meddle=kept(net.parts) if bad else None, **NANO
               ).run(random)


@faulty(by_flat("loss"), "not_learning")
def f_network_of_constants(random: Random, bad: bool) -> list[Row]:
    """All weights begin at zero."""
    data = parity(random, bits=2, n=4000)
    net = mlp(random, data, 24)
    if bad:
        for part in net.parts:
            part[:] = 0
    return Fit(data, net, constant(0.05), 900, log_every=some(random, 1, 10), columns=("step", "train_loss"),
               names={"train_loss": "loss"}).run(random)


# -- faulty: rates, gradients, pace ------------------------------------------------------------------------------------


@faulty(by_rate("learning_rate", "loss"), "learning_rate")
def f_rate_reaches_zero_early(random: Random, bad: bool) -> list[Row]:
    """The scheduler was given half of the steps."""
    share = some(random, 0.4, 0.6) if bad else 1.0

    def rate(step: int) -> float:
        return max(2e-3 * min((step + 1) / 50, 1 - step / (share * 1200)), 0.0)

    return classifier(random, rate, 1200, noise=1.2, adam=True, val_every=100, **HF).run(random)


@faulty(by_rate("lr", "train_loss"), "learning_rate")
def f_rate_drops_to_zero(random: Random, bad: bool) -> list[Row]:
    """A group of weights is made anew without a rate."""
    first = int(random.integers(300, 700))

    def rate(step: int) -> float:
        return 0.0 if bad and step >= first else 0.02

    return classifier(random, rate, 1100, val_every=100, **NANO).run(random)


@faulty(by_rate("lr-AdamW", "train/loss"), "learning_rate")
def f_scheduler_forgotten(random: Random, bad: bool) -> list[Row]:
    """The rate stands still in the middle of its fall."""
    first = int(random.integers(400, 600))

    def rate(step: int) -> float:
        return cosine(2e-3, 1300, 100)(min(step, first) if bad else step)

    return classifier(random, rate, 1300, adam=True, val_every=100, **LIGHTNING).run(random)


@faulty(by_rate("lr", "train_loss"), "learning_rate", "spike")
def f_rate_back_at_its_start(random: Random, bad: bool) -> list[Row]:
    """Resumed late, with the schedule from its first step."""
    first = int(random.integers(900, 1050))

    def rate(step: int) -> float:
        return cosine(0.1, 1300)(step - first if bad and step >= first else step)

    return classifier(random, rate, 1300, noise=1.2, val_every=100, **NANO).run(random)


@faulty(by_end("loss", "divergence", "gradient"), "divergence", "gradient")
def f_gradients_never_cleared(random: Random, bad: bool) -> list[Row]:
    """Each step adds to the gradients of all before."""
    data = clusters(random, n=3000)
    net = mlp(random, data, 32)
    rate = some(random, 1e-3, 3e-3)
    total: list[Array] = []
    rows: list[Row] = []
    for step in range(900):
        at = random.integers(3000, size=32)
        value, gradients = net.gradients(data.x[at], data.y[at])
        total = [a + b for a, b in zip(total, gradients, strict=True)] if total and bad else gradients
        net.step(total, rate, 0.0, False, 0.0)
        rows.append({"step": step, "loss": value,
                     "grad_norm": math.sqrt(sum(float((part**2).sum()) for part in total))})
    return rows


@faulty(by_end("loss", "divergence", "spike"), "divergence", "spike")
def f_outputs_saturate(random: Random, bad: bool) -> list[Row]:
    """Some wild steps drive every sigmoid to 0 or 1, where the squared error has no gradient."""

    def squares(out: Array, y: Array) -> tuple[Array, Array]:
        p = 1 / (1 + np.exp(-out))
        return ((p - y) ** 2).mean(axis=1), 2 * (p - y) * p * (1 - p) / y.shape[1]

    x = random.normal(size=(3000, 12))
    y = (x @ random.normal(size=(12, 4)) + random.normal(size=(3000, 4)) > 0).astype(float)
    net = Net(random, [12, 24, 4], squares)
    first, rows = int(random.integers(250, 600)), []
    for step in range(1000):
        at = random.integers(3000, size=32)
        value, gradients = net.gradients(x[at], y[at])
        net.step(gradients, 30.0 if bad and first <= step < first + 10 else 0.05, 0.9, False, 0.0)
        rows.append({"step": step, "loss": value, "grad_norm": math.sqrt(sum(float((g**2).sum()) for g in gradients))})
    return rows


def _with_norms(random: Random, spoil: Callable[[int, Net], None] | None) -> list[Row]:
    """A clipped training with the norm of all gradients but the last layer's bias."""
    data = clusters(random, n=4000, noise=1.2)
    net = mlp(random, data, 32)
    rows: list[Row] = []
    for step in range(1000):
        at = random.integers(4000, size=32)
        if spoil is not None:
            spoil(step, net)
        value, gradients = net.gradients(data.x[at], data.y[at])
        norm = math.sqrt(sum(float((part**2).sum()) for part in gradients[:-1]))
        net.step(gradients, 0.02 / max(norm, 1), 0.9, False, 0.0)
        rows.append({"step": step, "train_loss": value, "grad_norm": norm, "lr": 0.02})
    return rows


@faulty(by_gradient("grad_norm", "divergence"), "gradient", "divergence")
def f_explodes_behind_clipping(random: Random, bad: bool) -> list[Row]:
    """The scales of two layers drift apart: the outputs stay, the gradient grows, and clipping hides it at first."""
    first, growth = int(random.integers(200, 500)), some(random, 1.02, 1.04)

    def spoil(step: int, net: Net) -> None:
        if step >= first:
            net.weights[0] *= growth
            net.biases[0] *= growth
            net.weights[1] /= growth

    return _with_norms(random, spoil if bad else None)


@faulty(by_gradient("grad_norm", "not_learning", "divergence"), "gradient", "not_learning", "divergence")
def f_body_dies(random: Random, bad: bool) -> list[Row]:
    """The units fade until none is on: only the last bias has a gradient."""
    first = int(random.integers(200, 500))

    def spoil(step: int, net: Net) -> None:
        if step >= first:
            net.biases[0] -= 0.15

    return _with_norms(random, spoil if bad else None)


def _paced(random: Random, bad: bool, name: str, slow: Callable[[float], float], is_time: bool = False) -> list[Row]:
    """A healthy training with a pace: `slow` gives its factor by the share of the rows since the fault."""
    rows = classifier(random, cosine(0.03, 800, 40), 800, columns=("step", "train_loss", "lr")).run(random)
    first = int(random.integers(300, 500))
    for at, row in enumerate(rows):
        factor = slow((at - first) / (len(rows) - first)) if bad and at >= first else 1.0
        pace = _pace(random, at, 4_000) * factor
        row[name] = 32 / pace if is_time else pace
    return rows


@faulty(by_pace("samples_per_second"), "throughput")
def f_loader_starves(random: Random, bad: bool) -> list[Row]:
    share = some(random, 0.3, 0.5)
    return _paced(random, bad, "samples_per_second", lambda part: share)


@faulty(by_pace("tokens_per_sec"), "throughput")
def f_pace_leaks(random: Random, bad: bool) -> list[Row]:
    """Slower from row to row: something grows that is walked through at each step."""
    return _paced(random, bad, "tokens_per_sec", lambda part: 1 / (1 + 5 * part))


@faulty(by_pace("step_time", is_time=True), "throughput")
def f_steps_take_longer(random: Random, bad: bool) -> list[Row]:
    share = some(random, 0.25, 0.4)
    return _paced(random, bad, "step_time", lambda part: share, is_time=True)


# -- faulty: reinforcement ---------------------------------------------------------------------------------------------

_RETURN, _ENTROPY = "rollout/ep_rew_mean", "train/entropy_loss"


@faulty(by_collapse(_RETURN, _ENTROPY), "collapse")
def f_return_collapses(random: Random, bad: bool) -> list[Row]:
    return _bandit(random, 300, fault="wrong_sign" if bad else "", at=int(random.integers(120, 200)))


@faulty(by_collapse(_RETURN, _ENTROPY), "collapse")
def f_bonus_too_high(random: Random, bad: bool) -> list[Row]:
    return _bandit(random, 300, fault="bonus" if bad else "", at=int(random.integers(120, 200)))


@faulty(by_collapse(_RETURN, _ENTROPY), "collapse")
def f_entropy_gone_at_once(random: Random, bad: bool) -> list[Row]:
    return _bandit(random, 300, fault="greedy" if bad else "", at=0)
