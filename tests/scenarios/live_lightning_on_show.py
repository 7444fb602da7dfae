"""The trainings that test_hands_on_training.py looks at, one after the other, each as far as it is told.

Standard input: the folder of a training; then, at each step that was named last, the next step to train to, or "stop".
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import torch

from livemon_integrations.lightning import LiveMonitor

pl: Any = importlib.import_module("lightning.pytorch")
FIRST, SPIKE, NO_NUMBER = 160, 31, 47  # steps: the first pause, and where the loss is no usual one


class Model(pl.LightningModule):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = (self.layer(batch) ** 2).mean()
        self.log("train_loss", (1 + loss) * {SPIKE: 40.0, NO_NUMBER: float("nan")}.get(self.global_step, 1.0))
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        loss = (self.layer(batch) ** 2).mean()
        self.log_dict({"val_loss": 1 + loss, "val_acc": 1 / (1 + loss)})

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Orders(pl.Callback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.to = FIRST

    def on_train_batch_end(self, trainer: Any, *rest: Any) -> None:
        while trainer.global_step >= self.to and not trainer.should_stop:
            order = sys.stdin.readline().strip()
            if order.isdigit():
                self.to = int(order)
            else:
                trainer.should_stop = True


def train(folder: Path) -> None:
    pl.seed_everything(1)
    logger = pl.loggers.CSVLogger(folder.parent, name="", version=folder.name, flush_logs_every_n_steps=1)
    trainer = pl.Trainer(
        max_epochs=10_000, accelerator="cpu", logger=logger, log_every_n_steps=1,
        callbacks=[Orders(), LiveMonitor(view="none", plots=False)], enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False)
    data = torch.utils.data.DataLoader(torch.randn(80, 4), batch_size=4)
    trainer.fit(Model(), data, torch.utils.data.DataLoader(torch.randn(16, 4), batch_size=4))


torch.set_num_threads(1)
while line := sys.stdin.readline():
    train(Path(line.strip()))
