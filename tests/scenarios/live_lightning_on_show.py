"""The training that test_hands_on_training.py looks at: run as a script, it trains until a file is there.

    live_lightning_on_show.py FOLDER STOP_FILE
"""

import importlib
import sys
import time
from pathlib import Path
from typing import Any

import torch

from livemon_integrations.lightning import LiveMonitor

pl: Any = importlib.import_module("lightning.pytorch")
folder, stop = Path(sys.argv[1]), Path(sys.argv[2])
torch.set_num_threads(1)


class Model(pl.LightningModule):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        time.sleep(0.02)
        loss = (self.layer(batch) ** 2).mean()
        self.log("train_loss", loss * (40 if self.global_step == 31 else 1))  # a spike
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        loss = (self.layer(batch) ** 2).mean()
        self.log_dict({"val_loss": loss, "val_acc": 1 / (1 + loss)})

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Stop(pl.Callback):  # type: ignore[misc]
    def on_train_batch_end(self, trainer: Any, *rest: Any) -> None:
        trainer.should_stop = stop.exists()


pl.seed_everything(1)
trainer = pl.Trainer(
    max_epochs=200, accelerator="cpu", logger=pl.loggers.CSVLogger(folder.parent, name="", version=folder.name,
                                                                    flush_logs_every_n_steps=2), log_every_n_steps=1,
    callbacks=[Stop(), LiveMonitor(view="none", plots=False)], enable_progress_bar=False,
    enable_model_summary=False, enable_checkpointing=False)
data = torch.utils.data.DataLoader(torch.randn(80, 4), batch_size=4)
trainer.fit(Model(), data, torch.utils.data.DataLoader(torch.randn(16, 4), batch_size=4))
