from __future__ import annotations

import pytest

from livemon.health.roles import Role, role_of
from livemon.tables import meaning


@pytest.mark.parametrize(("name", "role"), [
    ("train_loss", Role.TRAIN_LOSS), ("loss", Role.TRAIN_LOSS), ("train/total_loss", Role.TRAIN_LOSS),
    ("tr_loss", Role.TRAIN_LOSS), ("train_loss_step", Role.TRAIN_LOSS), ("perplexity", Role.TRAIN_LOSS),
    ("nll", Role.TRAIN_LOSS),
    ("val_loss", Role.VAL_LOSS), ("eval/loss", Role.VAL_LOSS), ("val_perplexity", Role.VAL_LOSS),
    ("cls_loss", Role.PART_OF_LOSS), ("g_loss", Role.PART_OF_LOSS),
    ("train/value_loss", Role.PART_OF_LOSS), ("kl_loss", Role.KL), ("val_acc", Role.SCORE),
    ("rollout/ep_rew_mean", Role.RETURN), ("lr", Role.RATE), ("learning_rate", Role.RATE), ("lr-AdamW", Role.RATE),
    ("grad_norm", Role.GRADIENT), ("tokens_per_second", Role.THROUGHPUT), ("train/entropy", Role.ENTROPY),
    ("cross_entropy", Role.TRAIN_LOSS), ("approx_kl", Role.KL), ("kl_coef", Role.OTHER), ("gpu_memory_gb", Role.OTHER),
    ("training's binary_logloss", Role.TRAIN_LOSS), ("valid_0's multi_logloss", Role.VAL_LOSS),
    ("val-rmse", Role.VAL_LOSS), ("val_binary_crossentropy", Role.VAL_LOSS), ("num_episodes", Role.OTHER),
    ("quality", Role.OTHER),
])  # fmt: skip
def test_what_a_metric_is(name: str, role: Role) -> None:
    """A metric's name says what it is to the health of a run."""
    assert role_of(name, meaning.direction(name)) is role
