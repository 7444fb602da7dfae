"""Record a training loop of your own, here one in NumPy, and watch it from another terminal.

    python examples/plain_loop.py                  about half a minute
    livemon watch runs/plain_loop                  in another terminal, or afterwards
"""

import argparse
import time

import numpy as np

from livemon import record

parser = argparse.ArgumentParser(description="Fit a noisy sine with a small network and record it.")
parser.add_argument("--steps", type=int, default=3_000)
parser.add_argument("--dir", default="runs/plain_loop")
parser.add_argument("--pause", type=float, default=0.01, help="seconds between steps, so that there is time to watch")
args = parser.parse_args()

config = {"hidden": 32, "learning_rate": 0.05, "momentum": 0.9, "batch_size": 64}
random = np.random.default_rng(0)
w1, b1 = random.normal(0, 1.5, (1, config["hidden"])), random.normal(0, 1.5, config["hidden"])
w2, b2 = random.normal(0, 0.2, (config["hidden"], 1)), np.zeros(1)
weights = [w1, b1, w2, b2]
speeds = [np.zeros_like(weight) for weight in weights]


def batch(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Points on a noisy sine: x and y, shape (size, 1)."""
    x = random.uniform(-3, 3, (size, 1))
    return x, np.sin(2 * x) + random.normal(0, 0.1, x.shape)


def loss_and_gradients(x: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """Mean squared error and its gradient for each weight."""
    hidden = np.tanh(x @ w1 + b1)
    error = hidden @ w2 + b2 - y
    back = 2 * error / len(x)
    back_hidden = back @ w2.T * (1 - hidden**2)
    gradients = [x.T @ back_hidden, back_hidden.sum(0), hidden.T @ back, back.sum(0)]
    return float((error**2).mean()), gradients


with record(args.dir, config=config, total_steps=args.steps) as log:
    for step in range(args.steps):
        loss, gradients = loss_and_gradients(*batch(config["batch_size"]))
        rate = config["learning_rate"] * 0.5 * (1 + np.cos(np.pi * step / args.steps))
        for weight, speed, gradient in zip(weights, speeds, gradients, strict=True):
            speed *= config["momentum"]
            speed -= rate * gradient
            weight += speed
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
        log({"train_loss": loss, "learning_rate": rate, "grad_norm": norm}, step=step)
        if step % 100 == 99:
            log({"val_loss": loss_and_gradients(*batch(1_000))[0]}, step=step)
        time.sleep(args.pause)
