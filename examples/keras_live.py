"""Train a small network with Keras 3 and watch it: `callbacks=[LiveMonitor()]`.

    KERAS_BACKEND=torch python examples/keras_live.py              about half a minute
    KERAS_BACKEND=torch python examples/keras_live.py --epochs 2   a few seconds
"""

import argparse

import keras
import numpy as np

from livemon_integrations.keras import LiveMonitor

parser = argparse.ArgumentParser(description="Fit a surface with a small network and watch it.")
parser.add_argument("--epochs", type=int, default=40)
parser.add_argument("--dir", default="runs/keras")
parser.add_argument("--view", default="auto", choices=["auto", "none", "window", "file"])
args = parser.parse_args()

random = np.random.default_rng(0)
x = random.uniform(-2, 2, (4_000, 2)).astype("float32")
y = np.sin(2 * x[:, :1]) * np.cos(x[:, 1:]) + random.normal(0, 0.05, (4_000, 1))

model = keras.Sequential([
    keras.Input((2,)), keras.layers.Dense(32, "tanh"), keras.layers.Dense(32, "tanh"), keras.layers.Dense(1),
])  # fmt: skip
model.compile(keras.optimizers.Adam(3e-3), "mse", metrics=["mae"])
model.fit(
    x, y, batch_size=64, epochs=args.epochs, validation_split=0.2, verbose=0,
    callbacks=[LiveMonitor(args.dir, view=args.view)],
)  # fmt: skip
