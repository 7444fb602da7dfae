"""Train a tiny GPT-2 to count with Hugging Face's Trainer, and watch it: `callbacks=[LiveMonitor()]`.

    python examples/huggingface_live.py               about half a minute, with a window where there is a display
    python examples/huggingface_live.py --steps 20    a few seconds
"""

import argparse

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from livemon_integrations.huggingface import LiveMonitor

parser = argparse.ArgumentParser(description="Train a tiny GPT-2 and watch it.")
parser.add_argument("--steps", type=int, default=600)
parser.add_argument("--dir", default="runs/gpt2")
parser.add_argument("--view", default="auto", choices=["auto", "none", "window", "file"])
args = parser.parse_args()

torch.set_num_threads(1)  # the model is small; leave the other cores to the view


def counting(texts: int) -> list[dict[str, torch.Tensor]]:
    """Sequences of 32 numbers below 16 with a constant difference (modulo 16)."""
    starts, jumps = torch.randint(0, 16, (texts, 1)), torch.randint(1, 5, (texts, 1))
    words = (starts + jumps * torch.arange(32)) % 16
    return [{"input_ids": row, "labels": row} for row in words]


trainer = Trainer(
    GPT2LMHeadModel(GPT2Config(vocab_size=16, n_positions=32, n_embd=32, n_layer=2, n_head=2)),
    TrainingArguments(
        args.dir, max_steps=args.steps, per_device_train_batch_size=16, learning_rate=3e-3, logging_steps=5,
        eval_strategy="steps", eval_steps=20, save_strategy="no", report_to="none", use_cpu=True,
    ),
    train_dataset=counting(2_000),
    eval_dataset=counting(64),
    callbacks=[LiveMonitor(view=args.view)],
)  # fmt: skip
trainer.train()
