"""The training that test_live_lightning.py watches: run as a script, it trains for a few seconds in a given folder.

    live_lightning_training.py NAMESPACE csv|memory LOG_DIR RECORD

Writes to the file RECORD, as JSON, every row that Lightning handed to its logger: [step, {name: value}].
"""

import importlib
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import torch

from livemon_integrations.lightning import LiveMonitor

namespace, kind, log_dir, record = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
pl: Any = importlib.import_module(namespace)
torch.set_num_threads(1)
rows: list[tuple[int | None, dict[str, float]]] = []


class Model(pl.LightningModule):  # type: ignore[misc]
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, 1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        time.sleep(0.012)  # An epoch lasts longer than the recorder waits between two writes.
        loss = (self.layer(batch) ** 2).mean()
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        self.log("odd", math.nan if batch_idx == 9 else batch_idx / 3)
        if self.current_epoch >= 2:
            self.log("late", loss * 2)
        return loss

    def validation_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> None:
        self.log("val_loss", (self.layer(batch) ** 2).mean())

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.01)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


class RememberingCSV(pl.loggers.CSVLogger):  # type: ignore[misc]
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        rows.append((step, {name: float(value) for name, value in metrics.items()}))
        super().log_metrics(metrics, step)


class Memory(pl.loggers.Logger):  # type: ignore[misc]
    name, version = "memory", 0
    log_dir = str(log_dir.parent)

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        rows.append((step, {name: float(value) for name, value in metrics.items()}))

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None: ...


logger = Memory() if kind == "memory" else RememberingCSV(log_dir.parent, name="", version=log_dir.name)
pl.seed_everything(1)
trainer = pl.Trainer(
    max_epochs=4,
    accelerator="cpu",
    logger=logger,
    log_every_n_steps=2,
    callbacks=[
        LiveMonitor(view="none", plots=False),
        pl.callbacks.LearningRateMonitor(logging_interval="step"),
    ],
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
)
loader = torch.utils.data.DataLoader(torch.randn(240, 4), batch_size=4)
validation = [torch.utils.data.DataLoader(torch.randn(16, 4), batch_size=4) for _ in range(2)]
trainer.fit(Model(), loader, validation)
record.write_text(json.dumps(rows))
