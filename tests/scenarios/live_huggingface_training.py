"""Trains a tiny random GPT-2 with the real Trainer: what the tests of its reader follow.

    python live_huggingface_training.py OUTPUT_FOLDER [key=value ...]

`nan_from=K` makes the loss NaN from step K on, `resume=1` resumes from the newest checkpoint, `state=1` saves the state
in the end; all else are TrainingArguments.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

ARGUMENTS: dict[str, Any] = {
    "num_train_epochs": 2, "per_device_train_batch_size": 8, "logging_steps": 2, "save_steps": 4, "eval_steps": 4,
    "eval_strategy": "steps", "learning_rate": 5e-3, "report_to": "none", "use_cpu": True, "seed": 1,
    "disable_tqdm": True, "remove_unused_columns": False, "label_names": ["labels"], "save_only_model": True,
    "logging_first_step": True,
}


class Diverging(GPT2LMHeadModel):
    """Loses its mind at a step."""

    nan_from = 10**9
    calls = 0

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        found = super().forward(*args, **kwargs)
        if self.training:
            self.calls += 1
            if self.calls >= self.nan_from:
                found.loss = found.loss * float("nan")
        return found


def main() -> None:
    torch.set_num_threads(1)
    given = {key: json.loads(value) for key, _, value in (word.partition("=") for word in sys.argv[2:])}
    nan_from, resume, state = given.pop("nan_from", 10**9), given.pop("resume", 0), given.pop("state", 1)
    torch.manual_seed(1)
    sizes = GPT2Config(vocab_size=16, n_positions=8, n_embd=4, n_layer=1, n_head=1, bos_token_id=0, eos_token_id=0)
    model = Diverging(sizes)
    model.nan_from = nan_from
    rows = [{"input_ids": torch.randint(0, 16, (8,)), "labels": torch.randint(0, 16, (8,))} for _ in range(64)]
    arguments = TrainingArguments(output_dir=sys.argv[1], **(ARGUMENTS | given))
    trainer = Trainer(model=model, args=arguments, train_dataset=rows, eval_dataset=rows[:8])
    trainer.train(resume_from_checkpoint=True if resume else None)
    if state:
        trainer.save_state()


if __name__ == "__main__":
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    main()
