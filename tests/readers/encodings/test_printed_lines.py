"""Lines of what a training prints."""

from __future__ import annotations

from typing import Any

import pytest

from livemon.readers.encodings.printed_lines import rows_in


@pytest.mark.parametrize(("line", "row"), [
    ("{'loss': 2.3, 'grad_norm': 1.5, 'epoch': 0.01}", {"loss": 2.3, "grad_norm": 1.5, "epoch": 0.01}),
    ("{'loss': tensor(0.5, device='cuda:0'), 'step': 3}", {"loss": 0.5, "step": 3}),
    ("step 10: loss 0.3", {"step": 10, "loss": 0.3}),
    ("epoch=3 loss=0.3 acc=0.9", {"epoch": 3, "loss": 0.3, "acc": 0.9}),
    ("iter 100: loss 2.5, time 100.25ms, mfu 5.20%", {"iter": 100, "loss": 2.5, "time": 100.25, "mfu": 5.2}),
    ("step 250: train loss 1.95, val loss 2.05", {"step": 250, "train loss": 1.95, "val loss": 2.05}),
    ("Epoch [3/10], Step [100/600], Loss: 0.1234", {"Epoch": 3, "Step": 100, "Loss": 0.1234}),
    ("Epoch [3/10] loss: 0.5", {"Epoch": 3, "loss": 0.5}),
    ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.3", {"epoch": 1, "batch": 640, "Loss": 2.3}),
    ("2024-01-01 12:00:00,123 INFO root: step 10 loss 0.3", {"step": 10, "loss": 0.3}),
    ("INFO:root:epoch 3, train_loss: 0.5", {"epoch": 3, "train_loss": 0.5}),
    ("train.py:88 [Epoch 3] train loss = 0.3", {"Epoch": 3, "train loss": 0.3}),
    ("| epoch   1 |   200/ 2928 batches | lr 20.00 | loss  7.60", {"epoch": 1, "batch": 200, "lr": 20.0, "loss": 7.6}),
    ("eta: 0:05:00  iter: 19  total_loss: 3.4  lr: 1e-3", {"iter": 19, "total_loss": 3.4, "lr": 1e-3}),
    ("1875/1875 [=====] - 3s 2ms/step - loss: 0.2 - val_loss: 0.3", {"loss": 0.2, "val_loss": 0.3}),
    ("\x1b[1m9/9\x1b[0m \x1b[32m━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m3s\x1b[0m 2ms/step - loss: 0.25", {"loss": 0.25}),
    (" 9/90 [=>...] - ETA: 3s - loss: 0.2", None),
    ("  1%|          | 10/1000 [00:05<08:00,  2.04it/s, loss=0.5]", None),
    ("step 10: loss 0.3\rstep 11: loss 0.2\r", {"step": 11, "loss": 0.2}),
    # Of a name with a number in it and of a number with its thousands marked, the whole counts.
    ("step: 10  Acc@1  76.5 (76.1)  Acc@5 93.0", {"step": 10, "Acc@1": 76.5, "Acc@5": 93.0}),
    ("step: 1,230  loss: 0.5  tps: 7,523", {"step": 1230, "loss": 0.5, "tps": 7523}),
    ("step 1230 loss 0.5, 128 images", {"step": 1230, "loss": 0.5}),
    # What is said of other data than the training's is none of its losses.
    ("2025-03-04 10:00:00 | INFO | valid | epoch 003 | valid on 'valid' subset | loss 2.5 | num_updates 1500",
     {"epoch": 3, "valid/loss": 2.5, "num_updates": 1500}),
    ("Test set: Average loss: 0.0500, Accuracy: 9300/10000 (93%)",
     {"test/Average loss": 0.05, "test/Accuracy": 93}),
    ("Test: [  48/48]  Time: 0.125 (0.2)  Loss:  0.5 (0.5)  Acc@1: 15.5 (15.5)",
     {"time": 0.125, "test/Loss": 0.5, "test/Acc@1": 15.5}),
    ("Train: 2 [ 250/1251 ( 20%)]  Loss: 0.5 (0.6)  LR: 1.0e-05", {"epoch": 2, "batch": 250, "Loss": 0.5, "LR": 1e-5}),
    ("Validation Epoch 3: loss 0.5", {"epoch": 3, "validation/loss": 0.5}),
    ("| INFO | valid | {'epoch': 1, 'valid_loss': '2.5', 'valid_num_updates': '500'}",
     {"epoch": 1, "valid_loss": 2.5, "num_updates": 500}),
    # Some frameworks shorten words, and close an evaluation with a star; a line may go on about other data.
    (" * Acc@1 70.5 Acc@5 89.25", {"val/Acc@1": 70.5, "val/Acc@5": 89.25}),
    ("s:10 trl:3.25 lr:1e-4 norm:1.5", {"step": 10, "train_loss": 3.25, "lr": 1e-4, "norm": 1.5}),
    ("s:250 tel:3.5", {"step": 250, "val_loss": 3.5}),
    ("(trainer:670) INFO: 1epoch:train:1-100batch: loss_ctc=100.5, acc=0.25",
     {"epoch": 1, "batch": 100, "train/loss_ctc": 100.5, "train/acc": 0.25}),
    ("(trainer:323) INFO: 2epoch results: [train] loss=80.5, [valid] loss=60.25",
     {"epoch": 2, "train/loss": 80.5, "valid/loss": 60.25}),
    ("INFO [train.py:876] (0/4) Epoch 1, batch 50, loss[loss=1.25, simple_loss=2.5], lr: 3.00e-03",
     {"Epoch": 1, "batch": 50, "loss": 1.25, "simple_loss": 2.5, "lr": 3e-3}),
    ("INFO [train.py:908] (0/4) Epoch 1, validation: loss=0.5, simple_loss=1.5",
     {"Epoch": 1, "validation/loss": 0.5, "validation/simple_loss": 1.5}),
    ("10:\tlearn: 0.5\ttest: 0.75\tbest: 0.625 (9)\ttotal: 57.2ms\tremaining: 57.1s",
     {"iteration": 10, "learn/value": 0.5, "test/value": 0.75, "best/value": 0.625,
      "elapsed": 0.0572, "remaining": 57.1}),
    # A comma may be a decimal one; between three digits each it stands for thousands.
    ("Epoch 1/3 loss: 0,75 acc: 0,5", {"Epoch": 1, "loss": 0.75, "acc": 0.5}),
    ("step 1,230 loss: 1,5e-3, acc: 0,125", {"step": 1230, "loss": 0.0015, "acc": 0.125}),
    ("step 3 loss 0.5,0.4", {"step": 3, "loss": 0.5}),
    # How many steps there will be is no part of the next name; a score may be called as its data are.
    ("iter: 10/100 loss: 0.5 psnr: 22.5", {"iter": 10, "loss": 0.5, "psnr": 22.5}),
    ("Epoch 3/10 loss 0.25 acc 0.5", {"Epoch": 3, "loss": 0.25, "acc": 0.5}),
    ("Epoch: 001, Loss: 1.5, Train: 0.25, Val: 0.5, Test: 0.75",
     {"Epoch": 1, "Loss": 1.5, "Train": 0.25, "Val": 0.5, "Test": 0.75}),
    ("[1,  2000] loss: 2.25", {"epoch": 1, "batch": 2000, "loss": 2.25}),
    ("[2024-01-02 03:04:05] Ep. 1 : Up. 1000 : Sen. 64,000 : Cost 7.5 : gNorm 1.25",
     {"epoch": 1, "update": 1000, "Sen": 64000, "Cost": 7.5, "gNorm": 1.25}),
    ("Epoch [1][50/7330] lr: 1e-3, eta: 1 day, 0:00:00, loss: 1.5", {"Epoch": 1, "batch": 50, "lr": 1e-3, "loss": 1.5}),
    # A round of boosting stands in brackets in front.
    ("[10]\ttrain-rmse:0.5\tvalid-rmse:0.25", {"iteration": 10, "train-rmse": 0.5, "valid-rmse": 0.25}),
    ("[10:00:01] [10]\ttrain-auc:0.5", {"iteration": 10, "train-auc": 0.5}),
    # What a logger writes in front of its message is none of it; a unit is no part of the next name.
    ("2025-03-04 10:00:00 host:0 olmo.train:967 INFO [Rank 0] step=10 loss=0.5", {"step": 10, "loss": 0.5}),
    ("[INFO] 3DBall. Step: 12000. Time Elapsed: 10.5 s. Mean Reward: 1.5. Std of Reward: 0.5. Training.",
     {"Step": 12000.0, "Time Elapsed": 10.5, "Mean Reward": 1.5, "Std of Reward": 0.5}),
    ("iteration 100/ 500 | lm loss: 2.5E+00 | number of nan iterations:   0 |", {"iteration": 100, "lm loss": 2.5}),
    ("  lr ...................... 0.0001", None),
    ("Loaded 1000 samples in 3.2 s", None), ("torch version 2.1.0", None), ("", None), ("loss", None),
    ("Saving checkpoint at step 1000 to /x/step_1000", None), ("Using GPU 0: NVIDIA A100-SXM4-80GB", None),
    ("{'lr': 0.1}", None), ("{'batch_size': 8, 'seed': 1}", None), ("[" * 5000 + "1" * 5000, None),
])
def test_which_lines_are_rows(line: str, row: dict[str, Any] | None) -> None:
    """Issue 16: a line is a row where it names values as trainings do; progress bars and prose are none."""
    rows = list(rows_in(line))
    assert rows == ([] if row is None else [row])
    if row is not None:
        assert all(type(rows[0][name]) is type(value) for name, value in row.items())
