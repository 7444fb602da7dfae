"""The role of a metric for the health of a run, by its name: a training loss, a validation loss, the learning rate
..."""

from __future__ import annotations

import functools
from enum import Enum

from livemon.tables import known_words, meaning, names

__all__ = ["Role", "role_of"]

_AGGREGATIONS = frozenset(("step", "epoch", "batch", "iter", "running", "smoothed", "per", "token"))
# Losses of two opposed networks, or losses that say nothing about progress: they may rise freely.
_OPPOSED = frozenset((
    "gan", "gen", "generator", "disc", "discriminator", "adv", "adversarial", "critic", "actor", "policy", "pi", "vf",
    "value", "q", "qf", "qf1", "qf2", "g", "d", "entropy", "kl", "commit", "aux", "reg", "l1", "l2", "penalty", "td"))
_OF_CLASSES = frozenset(("binary", "multi", "multiclass", "categorical", "sparse"))  # `binary_logloss`
_ERRORS = frozenset(("mse", "mae", "rmse", "error", "err", "cost"))  # losses of a regression


class Role(Enum):
    """The role of a metric for the health of a run."""

    TRAIN_LOSS = "loss"
    VAL_LOSS = "validation loss"
    PART_OF_LOSS = "part of a loss"
    SCORE = "score"
    RETURN = "return"
    RATE = "learning rate"
    GRADIENT = "gradient norm"
    THROUGHPUT = "throughput"
    ENTROPY = "entropy"
    KL = "KL divergence"
    OTHER = "other"


@functools.lru_cache(maxsize=20_000)
def role_of(name: str, direction: meaning.Direction | None) -> Role:
    """The role of a metric. `direction`: whether less or more of it is better, if known."""
    words, kind = meaning.words_of(name), names.kind_of(name)
    if kind == "learning_rate" or (meaning.bookkeeping(name) == "setting" and _is_rate(words)):
        return Role.RATE
    if kind == "grad_norm":
        return Role.GRADIENT
    if kind == "throughput" or meaning.bookkeeping(name) == "rate":
        return Role.THROUGHPUT
    if "entropy" in words and "cross" not in words and "coef" not in words:
        return Role.ENTROPY
    if "kl" in words and not {"coef", "coeff", "target", "beta"} & set(words):
        return Role.KL
    if meaning.bookkeeping(name) or direction is None:
        return Role.OTHER
    if direction == "max":
        return Role.RETURN if not known_words.REWARDS.isdisjoint(words) else Role.SCORE
    return _loss(name, words)


def _is_rate(words: tuple[str, ...]) -> bool:
    return bool(words) and ("lr" in (words[0], words[-1]) or words[-2:] == ("learning", "rate"))


def _loss(name: str, words: tuple[str, ...]) -> Role:
    """The training loss, a validation loss, or a part of one, such as `cls_loss`."""
    losses = known_words.LOSSES | known_words.PERPLEXITIES | _ERRORS
    if losses.isdisjoint(words) and words[-2:] != ("cross", "entropy"):
        return Role.OTHER
    usual = known_words.SPLITS.keys() | known_words.SUMMED | _AGGREGATIONS | _OF_CLASSES | losses | {"cross", "entropy"}
    plain = set(meaning.words_of(names.parse(name).stem)) - usual
    if plain & _OPPOSED:
        return Role.PART_OF_LOSS
    if meaning.split_of(name) in ("val", "test"):
        return Role.VAL_LOSS if not plain else Role.OTHER
    return Role.TRAIN_LOSS if not plain else Role.PART_OF_LOSS
