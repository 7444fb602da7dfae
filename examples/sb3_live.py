"""Let PPO of Stable-Baselines3 learn CartPole and watch it: `callback=LiveMonitor()`.

    python examples/sb3_live.py                  about a minute
    python examples/sb3_live.py --steps 1000     a few seconds
"""

import argparse

from stable_baselines3 import PPO

from livemon_integrations.stable_baselines3 import LiveMonitor

parser = argparse.ArgumentParser(description="Let PPO learn CartPole and watch it.")
parser.add_argument("--steps", type=int, default=50_000)
parser.add_argument("--dir", default="runs/cartpole")
parser.add_argument("--view", default="auto", choices=["auto", "none", "window", "file"])
args = parser.parse_args()

model = PPO("MlpPolicy", "CartPole-v1", n_steps=256, seed=0, device="cpu")
model.learn(args.steps, callback=LiveMonitor(args.dir, view=args.view))
