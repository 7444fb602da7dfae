"""Train a small classifier with Lightning and watch it: one line in the script, `callbacks=[LiveMonitor()]`.

    python examples/lightning_live.py              about a minute, with a window where there is a display
    python examples/lightning_live.py --epochs 3   a few seconds
"""

import argparse
import math

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from livemon_integrations.lightning import LiveMonitor


def spirals(points: int, noise: float = 0.4) -> TensorDataset:
    """Three arms of a spiral in the plane; the task is to say which arm a point belongs to."""
    arm = torch.arange(points) % 3
    along = torch.rand(points).sqrt()
    angle = 8 * along + arm * 2 * math.pi / 3 + noise * torch.randn(points)
    return TensorDataset(torch.stack([along * angle.cos(), along * angle.sin()], dim=1), arm)


class Classifier(pl.LightningModule):
    def __init__(self, width: int = 64, learning_rate: float = 1e-3, epochs: int = 30) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Linear(2, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 3)
        )

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        self.log("grad_norm", torch.cat([p.grad.flatten() for p in self.parameters() if p.grad is not None]).norm())

    def validation_step(self, batch: list[torch.Tensor], batch_idx: int) -> None:
        scores = self.net(batch[0])
        self.log("val_loss", nn.functional.cross_entropy(scores, batch[1]))
        self.log("val_acc", (scores.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self) -> tuple[list[torch.optim.Optimizer], list[dict[str, object]]]:
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams["learning_rate"])
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a small classifier and watch it.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--dir", default="runs", help="where the run's folder is made")
    parser.add_argument("--view", default="auto", choices=["auto", "none", "window", "file"])
    args = parser.parse_args()

    torch.set_num_threads(1)  # the model is small; leave the other cores to the view
    pl.seed_everything(7)
    trainer = pl.Trainer(
        max_epochs=args.epochs,
        accelerator="cpu",
        logger=CSVLogger(args.dir, name="spirals"),
        log_every_n_steps=10,
        callbacks=[LiveMonitor(view=args.view), LearningRateMonitor(logging_interval="step")],
    )
    trainer.fit(
        Classifier(epochs=args.epochs),
        DataLoader(spirals(20_000), batch_size=64, shuffle=True),
        DataLoader(spirals(4_000), batch_size=1_000),
    )
