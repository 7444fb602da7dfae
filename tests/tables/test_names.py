"""What names mean, in the spellings of several frameworks."""

from __future__ import annotations

import pytest

from livemon.tables import names
from livemon.tables.names import (
    find_metric,
    find_x,
    parse,
    parse_metric_choice,
)


@pytest.mark.parametrize(("name", "parts"), [
    ("train_loss", ("loss", "train", "")),
    ("train_loss_step", ("loss", "train", "step")),
    ("val/loss", ("loss", "val", "")),
    ("eval_loss", ("loss", "val", "")),
    ("loss", ("loss", "", "")),
    ("val_f1@0.5", ("f1@0.5", "val", "")),
    ("train_ppl", ("perplexity", "train", "")),
    ("lr-AdamW", ("learning_rate", "", "")),
    ("lr", ("learning_rate", "", "")),
    ("trainer_speed", ("trainer_speed", "", "")),
    ("train/seconds_per_step", ("seconds_per_step", "train", "")),
    ("loss/train", ("loss", "train", "")),
    ("Accuracy/test", ("Accuracy", "test", "")),
    ("train-logloss", ("logloss", "train", "")),
    ("training's l2", ("l2", "train", "")),
    ("valid_0's auc", ("auc", "val", "")),
])
def test_a_name_is_taken_apart(name: str, parts: tuple[str, str, str]) -> None:
    """Stem, split and aggregation are found in every spelling."""
    found = parse(name)
    assert (found.stem, found.split, found.aggregation) == parts


def test_the_exact_name_wins() -> None:
    """A well-known name is only replaced where it is not there itself."""
    assert find_metric("train_loss", ["loss", "train_loss"]) == "train_loss"
    assert find_metric("train_loss", ["train_loss_epoch", "train_loss_step"]) == "train_loss_step"
    assert find_metric("accuracy", ["loss"]) is None


@pytest.mark.parametrize(("wanted", "names"), [
    ("train_loss", ["Loss/test", "Loss/train"]),
    ("train_loss", ["lr", "total_loss"]),
    ("val_loss", ["loss", "valid_loss"]),
    ("val_loss", ["eval/mean_reward", "Validation/Loss"]),
    ("learning_rate", ["loss", "train/learning_rate"]),
    ("val_perplexity", ["eval_ppl"]),
    ("val_loss", ["train-loss", "val-loss"]),
])
def test_well_known_names_are_found_in_every_spelling(wanted: str, names: list[str]) -> None:
    """The last of each list is what the name means there."""
    assert find_metric(wanted, names) == names[-1]


def test_axes_are_known_by_name() -> None:
    """Step, epoch and time columns of several frameworks."""
    assert find_x("step", ["time/total_timesteps", "rollout/ep_rew_mean"]) == "time/total_timesteps"
    assert find_x("epoch", ["epoch", "loss"]) == "epoch"
    assert find_x("time", ["loss"]) is None


@pytest.mark.parametrize(("text", "known", "choice"), [
    (None, [], ("", None)),
    ("loss", ["loss"], ("loss", None)),
    ("loss:min", ["loss"], ("loss", "min")),
    ("acc:max", [], ("acc", "max")),
    ("AP@0.50:0.95", ["AP@0.50:0.95"], ("AP@0.50:0.95", None)),
    ("AP@0.50:0.95:max", ["AP@0.50:0.95"], ("AP@0.50:0.95", "max")),
    ("loss:max", ["loss", "loss:max"], ("loss:max", None)),
    ("loss:max:min", ["loss", "loss:max"], ("loss:max", "min")),
    (":max", ["loss"], ("", "max")),
    ("loss:up", ["loss"], ("loss:up", None)),
])
def test_a_chosen_metric(text: str | None, known: list[str], choice: tuple[str, str | None]) -> None:
    """Only a last `:min` or `:max` is a direction, and not where a metric is really called so."""
    assert parse_metric_choice(text, known) == choice


def test_the_main_metric_of_most_keeps_its_spelling() -> None:
    """Where all runs spell it alike, their spelling is shown; else the well-known name, and of most."""
    assert names.main_metric_of_most(["eval_loss", "eval_loss", None]) == "eval_loss"
    assert names.main_metric_of_most(["eval_loss", "val/loss"]) == "val_loss"
    assert names.main_metric_of_most(["acc", "eval_loss", "eval_loss"]) == "eval_loss"
    assert names.main_metric_of_most([None]) is None
