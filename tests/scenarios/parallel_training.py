"""A script that trains with Lightning in two processes and says what happened in them: `parallel_training.py STRATEGY`.

Run by test_lightning_parallel.py. Each process writes `rank_<n>.json` into the current folder.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import lightning.pytorch as pl
import torch

from livemon_integrations.lightning import LiveMonitor

COLLECTIVES = (
    "all_gather", "all_gather_into_tensor", "all_gather_object", "all_reduce", "barrier", "broadcast",
    "broadcast_object_list", "gather", "monitored_barrier", "recv", "reduce", "reduce_scatter", "scatter", "send",
)  # fmt: skip
begun: list[str] = []  # every collective of this process
ours: list[str] = []  # those that were begun by livemon, in whatever thread


def watch_collectives() -> None:
    """Note each collective, and whether code of livemon has called for it."""

    def watched(name: str, original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            begun.append(name)
            ours.extend(f"{name} in {module}" for module in callers() if module.startswith("livemon"))
            return original(*args, **kwargs)

        return call

    for name in COLLECTIVES:
        setattr(torch.distributed, name, watched(name, getattr(torch.distributed, name)))


def callers() -> list[str]:
    """The modules of the functions that run in this thread."""
    modules: list[str] = []
    frame = sys._getframe(1)
    while frame is not None:
        modules.append(str(frame.f_globals.get("__name__")))
        frame = frame.f_back
    return modules


watch_collectives()  # here, as spawned processes import this module


class Model(pl.LightningModule):
    """A linear model that logs on steps and epochs, reduced over the processes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = (self.layer(batch) ** 2).mean()
        self.log("train_loss", loss, on_step=True, on_epoch=True, sync_dist=True)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", (self.layer(batch) ** 2).mean(), sync_dist=True)

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.05)


class Report(pl.Callback):
    """Writes what was found in this process."""

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        with open(f"rank_{trainer.global_rank}.json", "w") as file:
            weights = [value.tolist() for value in pl_module.state_dict().values()]
            json.dump({"begun": begun, "ours": ours, "weights": weights, "pid": os.getpid()}, file)


def main(strategy: str, with_monitor: bool) -> None:
    torch.set_num_threads(1)
    pl.seed_everything(3, verbose=False)
    loader = torch.utils.data.DataLoader(torch.randn(64, 4), batch_size=4)
    monitor = LiveMonitor("none", plots=False, grad_norm=True)
    trainer = pl.Trainer(
        accelerator="cpu", devices=2, strategy=strategy, max_epochs=2, log_every_n_steps=2, logger=False,
        callbacks=[*([monitor] if with_monitor else []), Report()], enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(Model(), loader, loader)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "monitor")
