"""The training that test_live_stable_baselines.py watches: run as a script, it trains for a few seconds in a folder.

    live_stable_baselines_training.py FOLDER RECORD

Writes to the file RECORD, as JSON, every row that Stable-Baselines3 handed to its CSV writer: {name: text of the cell}.
"""

import json
import sys
from pathlib import Path
from typing import Any

import gymnasium
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import CSVOutputFormat, Logger, filter_excluded_keys

folder, record = Path(sys.argv[1]), Path(sys.argv[2])
rows: list[dict[str, str]] = []


class RememberingCSV(CSVOutputFormat):  # type: ignore[misc]
    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        cells = filter_excluded_keys(key_values, key_excluded, "csv")
        rows.append({name: str(value) for name, value in cells.items() if value is not None})
        super().write(key_values, key_excluded, step)


class MoreAndMore(BaseCallback):  # type: ignore[misc]
    """Logs a metric more from time to time, as evaluations do: then the whole file is written over itself."""

    def _on_rollout_end(self) -> None:
        rollouts = self.num_timesteps // 64
        for name in range(rollouts // 20):
            self.logger.record(f"eval/metric_{name}", rollouts / (7 + name))

    def _on_step(self) -> bool:
        return True


torch.set_num_threads(1)
model = PPO("MlpPolicy", gymnasium.make("CartPole-v1"), n_steps=64, batch_size=64, n_epochs=1, seed=1, device="cpu")
model.set_logger(Logger(str(folder), [RememberingCSV(str(folder / "progress.csv"))]))
model.learn(64 * 120, callback=MoreAndMore())
record.write_text(json.dumps(rows))
