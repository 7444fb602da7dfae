"""Spellings of names: which column is the step, and which metrics belong together. For directions see `meaning`.

Frameworks spell the same thing differently; only the tables in this module know their spellings.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any, cast

from livemon.tables.known_words import SPLITS
from livemon.tables.meaning import Direction, direction, words_of

__all__ = ["EPOCH_NAMES", "Name", "STEP_NAMES", "TIME_NAMES", "UNIX_FROM", "WELL_KNOWN", "find_metric", "find_x",
           "is_loss", "is_perplexity", "is_x", "kind_of", "kind_of_x", "main_metric_of_most", "names_of_x", "parse",
           "parse_metric_choice", "rank_of_x", "seconds_in", "split_in", "tells_of_training", "well_known", "words_in"]

# Each best first: a file may have several.
STEP_NAMES = ("step", "global_step", "Step", "_step", "steps", "train/global_step", "trainer/global_step", "iter",
              "iteration", "Iteration", "training_iteration", "time/total_timesteps", "total_timesteps",
              "timesteps_total", "num_steps_trained", "num_updates", "update", "num_batches", "batch")
EPOCH_NAMES = ("epoch", "Epoch", "epochs", "train/epoch", "trainer/epoch", "epoch_num")
TIME_NAMES = ("time_elapsed_seconds", "time/time_elapsed", "time_elapsed", "elapsed", "elapsed_time", "time_total_s",
              "_runtime", "relative_time", "time", "t", "_timestamp", "timestamp", "wall_time", "Wall time")

# The same in other spellings, as the words of their names, best first. A column with such a name is an axis if the run
# has no better one; else it is a metric.
_STEP_WORDS = ("current_step", "current_steps", "global_steps", "train_step", "train_steps", "training_step",
               "training_steps", "env_step", "env_steps", "total_env_steps", "num_env_steps", "total_env_interacts",
               "env_interacts", "timestep", "timesteps", "num_timesteps", "iters", "iterations", "iter_num",
               "iteration_num", "current_iter", "current_iteration", "updates", "kimg", "episode", "episodes",
               "episode_num", "episode_id", "episode_number", "current_episode", "generation",
               "total_steps", "num_iterations", "batch_idx", "batch_id", "batches")
_EPOCH_WORDS = ("epoch_id", "epoch_idx", "epoch_number", "current_epoch")
_TIME_WORDS = ("elapsed_seconds", "elapsed_s", "seconds_elapsed", "total_time", "datetime", "date_time", "created_at",
               "logged_at", "wall_clock_time", "date")
_GROUPS = frozenset(("train", "trainer", "training", "time", "progress", "counters", "charts"))

UNIX_FROM = 1e8  # seconds: larger values are times since 1970, smaller ones count from the run's start

_X_NAMES = frozenset((*STEP_NAMES, *EPOCH_NAMES, *TIME_NAMES, "time_elapsed_hours", "time_elapsed_minutes"))

_STEMS = {"ppl": "perplexity", "lr": "learning_rate", "gradient_norm": "grad_norm", "gradnorm": "grad_norm",
          "total_grad_norm": "grad_norm", "accuracy": "acc"}
_THROUGHPUT = re.compile(r"(^|[/_. ])(fps|throughput)$|_per_s(ec|econd)?$|/s(ec|econd)?$")

# Well-known names -> their spellings elsewhere, best first. Patterns match whole names, in upper or lower case.
_TRAIN, _VAL = "(?:train|training|trn)", "(?:val|valid|validation|eval|dev)"
_ALIASES: dict[str, tuple[str, ...]] = {
    "train_loss": (rf"{_TRAIN}[/_. -]loss", rf"{_TRAIN}[/_. -]loss_step", rf"{_TRAIN}[/_. -]loss_epoch", r"loss",
                   r"loss_step", r"loss_epoch", rf"loss[/_. -]{_TRAIN}", rf"(?:{_TRAIN}[/_. -])?total_loss"),
    "val_loss": (rf"{_VAL}[/_. -]loss", rf"{_VAL}[/_. -]loss_epoch", rf"epoch_{_VAL}_loss",
                 rf"loss[/_. -]{_VAL}", rf"{_VAL}[/_. -]total_loss"),
    "train_perplexity": (rf"{_TRAIN}[/_. -](?:ppl|perplexity)", r"perplexity", r"ppl"),
    "val_perplexity": (rf"{_VAL}[/_. -](?:ppl|perplexity)",),
    "learning_rate": (rf"{_TRAIN}[/_. -]learning_rate", r"lr", rf"{_TRAIN}[/_. -]lr", r"lr-[^/]+", r"lr/pg\d+"),
    "grad_norm": (rf"{_TRAIN}[/_. -]grad_norm", r"gradient_norm", r"grad_2\.0_norm_total"),
    "tokens_per_second": (r"tokens_per_sec", r"tokens/s", r"tok/s", r"throughput"),
}
WELL_KNOWN = tuple(_ALIASES)  # in the order in which they are drawn


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a metric's name.

    Attributes:
        stem: The measured quantity, without split and aggregation: "loss" for `train_loss_epoch`, `eval/loss`, `loss`.
        split: "train", "val", "test", or "" if the name does not tell.
        aggregation: "step", "epoch" or "".
    """

    stem: str
    split: str
    aggregation: str


@functools.lru_cache(maxsize=20_000)
def parse(name: str) -> Name:
    """Split a metric's name into its parts; see `Name`."""
    rest, aggregation, split = name.strip(), "", ""
    if match := re.fullmatch(r"(.+)(?<!_per)_(step|epoch)", rest):  # not `seconds_per_step`
        rest, aggregation = match[1], match[2]
    if (match := re.fullmatch(r"([A-Za-z]+)(?:(?:_\d+)?'s |[/_. -])(.+)", rest)) and match[1].lower() in SPLITS:
        split, rest = SPLITS[match[1].lower()], match[2]
    elif (match := re.fullmatch(r"(.+)[/.]([A-Za-z]+)", rest)) and match[2].lower() in SPLITS:
        split, rest = SPLITS[match[2].lower()], match[1]
    if re.fullmatch(r"lr[-/].+", rest):
        rest = "learning_rate"
    return Name(_STEMS.get(rest, rest), split, aggregation)


def split_in(text: str) -> str:
    """The split in a file's name: "train", "val" (`eval_log.csv`) or "test"; "" if it does not tell."""
    words = re.split(r"[^a-z]+", text.lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def find_x(kind: str, columns: Iterable[str]) -> str | None:
    """The column that is the run's "step", "epoch" or "time" axis, or None."""
    known = columns if isinstance(columns, Container) else set(columns)
    exact = next((name for name in names_of_x(kind) if name in known), None)
    if exact is not None:
        return exact
    ranked = ((rank, name) for name in columns if (rank := rank_of_x(kind, name)) is not None)
    return min(ranked, default=(0.0, None))[1]


def names_of_x(kind: str) -> tuple[str, ...]:
    """The possible names of the "step", "epoch" or "time" of rows, best first."""
    return {"step": STEP_NAMES, "epoch": EPOCH_NAMES, "time": TIME_NAMES}[kind]


@functools.lru_cache(maxsize=20_000)
def kind_of_x(name: str) -> str | None:
    """The axis that a column's name stands for: "step", "epoch" or "time"; None if it is not an axis."""
    return next((kind for kind in ("step", "epoch", "time") if rank_of_x(kind, name) is not None), None)


@functools.lru_cache(maxsize=20_000)
def rank_of_x(kind: str, name: str) -> float | None:
    """How well a column's name fits the "step", "epoch" or "time" of its row: lower is better, None is not at all.
    Exact names come first, then the same words in another spelling, then the names of few frameworks."""
    exact = names_of_x(kind)
    if name in exact:
        return float(exact.index(name))
    words = words_of(name)
    if len(words) > 1 and words[0] in _GROUPS and "/" in name:
        words = words[1:]
    spelt = "_".join(words)
    known = _words_of_x(kind)
    return known.get(spelt) if len(spelt) > 1 else None


@functools.cache
def _words_of_x(kind: str) -> dict[str, float]:
    """The words of the names of an axis -> their rank."""
    exact = names_of_x(kind)
    words: dict[str, float] = {}
    for rank, name in enumerate(exact):
        words.setdefault("_".join(words_of(name)), rank + 0.5)
    more = {"step": _STEP_WORDS, "epoch": _EPOCH_WORDS, "time": _TIME_WORDS}[kind]
    # Before the names that count parts of a step: `update`, `num_batches`, `batch`.
    start = exact.index("update") - 0.4 if kind == "step" else float(len(exact))
    for index, name in enumerate(more):
        words.setdefault(name, start + index / 1000)
    return words


def seconds_in(time: float) -> float:
    """The unit of a time column in seconds, judged by one of its times: 0.001 for milliseconds since 1970.

    Seconds since 1970 have ten digits; times with thirteen, sixteen or nineteen digits are thousandths and so on. Times
    that count from the run's start do not show their unit; they count as seconds.
    """
    return next((1e-3**power for power in (3, 2, 1) if time >= 1e8 * 1e3**power), 1.0)


def is_x(name: str) -> bool:
    """Whether the column gives the position of a row (step, epoch, time) instead of a measured value."""
    return name in _X_NAMES


def find_metric(wanted: str, columns: Iterable[str]) -> str | None:
    """The column that `wanted` means: the exact name, else the first of its well-known spellings, else None."""
    known = list(columns)
    if wanted in known:
        return wanted
    return next((name for matches in _aliases(wanted) for name in known if matches(name)), None)


@functools.lru_cache(maxsize=len(_ALIASES) + 1)
def _aliases(wanted: str) -> list[Callable[[str], Any]]:
    """The tests for spellings of a well-known name, the best spelling first."""
    return [re.compile(pattern, re.IGNORECASE).fullmatch for pattern in _ALIASES.get(wanted, ())]


@functools.lru_cache(maxsize=20_000)
def well_known(metric: str) -> str:
    """The well-known name that finds this spelling, else the metric itself."""
    return next((name for name in WELL_KNOWN if find_metric(name, [metric])), metric)


def parse_metric_choice(text: str | None, known: Iterable[str]) -> tuple[str, Direction | None]:
    """`NAME`, `NAME:min` or `NAME:max` -> the name, and the direction if there is one.

    Only a last `:min` or `:max` is a direction: `AP@0.50:0.95` is a name.

    Args:
        text: The user's choice, or None.
        known: The existing metrics: one of them may really be called `x:max`. It is used only for a text that ends
            like a direction.
    """
    choice = text or ""
    name, _, word = choice.rpartition(":")
    if word not in ("min", "max") or choice in known:
        return choice, None
    return name, cast(Direction, word)


def main_metric_of_most(mains: Iterable[str | None]) -> str | None:
    """The main metric of most runs, in their spelling if they all use the same, else by its well-known name; None if no
    run has a metric.

    Args:
        mains: The main metric of each run; see `meaning.main_metric`.
    """
    known = [main for main in mains if main is not None]
    counts = Counter(map(well_known, known))
    if not counts:
        return None
    most = counts.most_common(1)[0][0]
    spellings = {main for main in known if well_known(main) == most}
    return spellings.pop() if len(spellings) == 1 else most


@functools.lru_cache(maxsize=20_000)
def kind_of(metric: str) -> str:
    """The kind of quantity that the metric measures; see `Group.kind`."""
    stem = parse(metric).stem
    if stem in ("loss", "perplexity", "grad_norm", "learning_rate"):
        return stem
    if re.search(r"grad.*norm", stem.lower()):
        return "grad_norm"
    if _THROUGHPUT.search(stem.lower()):
        return "throughput"
    return "score" if direction(metric) == "max" else "other"


def is_perplexity(metric: str) -> bool:
    """Whether the metric is a perplexity: `val_perplexity`, `mode1_ppl`."""
    words = words_in(parse(metric).stem)
    return bool(words) and words[-1] in ("ppl", "perplexity")


def words_in(name: str) -> list[str]:
    """The words of a name: "mode1_ppl" has two."""
    return [word for word in re.split(r"[/_.\- ]+", name) if word]


@functools.lru_cache(maxsize=20_000)
def is_loss(metric: str) -> bool:
    """Whether the metric is a loss: `train_loss`, `eval/loss`, `mode1_loss`."""
    return kind_of(metric) == "loss" or parse(metric).stem.lower().endswith("loss")


def tells_of_training(columns: Iterable[str]) -> bool:
    """Whether columns belong to a training: one of them is a step, an epoch, a time, a loss or a score."""
    return any(is_x(name) or is_x(name.lower()) or direction(name) is not None or "loss" in name.lower()
               or kind_of(name) != "other" for name in columns)
