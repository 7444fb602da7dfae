"""The meaning of a metric's name: its words, whether more or less is better, whether it is a result at all, and which
metric is the main metric of a run.

The words are in `livemon.tables.known_words`. Every view, table and test uses these functions.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal

from livemon.tables import known_words as known

__all__ = ["Direction", "ask_for_direction", "bookkeeping", "direction", "higher_is_better", "is_return",
           "main_metric", "question_of_direction", "split_of", "words_of"]

Direction = Literal["min", "max"]  # of a metric: whether less or more is better

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_PARTS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")
_TABLE = frozenset((*known.LOWER, *known.HIGHER, *known.COUNTERS, *known.CLOCKS, *known.RATES, *known.LENGTHS,
                    *known.SETTINGS, *known.SPREADS, *known.SPLITS))
_PASS_AT = re.compile(r"(?<![a-z])pass(?:@|_at_|\^)(?:k|\d+)(?![a-z])", re.IGNORECASE)
_TOP = re.compile(r"(?<![a-z])top[-_ @]?(?:k|\d+)(?![a-z])", re.IGNORECASE)
_AT = re.compile(r"(?<![a-z])(?:r|p|hr)@(?:k|\d+)", re.IGNORECASE)  # recall, precision, hit rate
_SECONDS = r"(?:s|sec|secs|second|seconds)(?![a-z])"
_PER_TIME = re.compile(rf"(?<=[a-z\d])(?:[_ ]per[_ ]|/){_SECONDS}", re.IGNORECASE)
_TIME_PER = re.compile(rf"(?<![a-z])(?:s|sec|secs|second|seconds|ms)(?:[_ ]per[_ ]|/)(?!{_SECONDS})[a-z]",
                       re.IGNORECASE)
_FRAMEWORK_METRICS = tuple(re.compile(pattern, re.IGNORECASE) for _, pattern in known.FRAMEWORK_METRICS)
_CHANGE = re.compile(r"(?:^|[^A-Za-z])d[A-Z]")  # `dLoss`: the change of a loss


@functools.lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in small letters: `AverageTestEpRet` has four, `mAP50-95(B)` has `map50`, `95` and `b`.

    They end at blanks, at signs such as `_ / . - : @ ( )`, and before a capital after small letters.
    """
    words: list[str] = []
    for piece in _SEPARATORS.split(name):
        if _known(piece.lower()) or not piece:
            words += [piece.lower()] if piece else []
        else:
            words += [part.lower() for part in _PARTS.findall(piece)]
    return tuple(words)


def _known(word: str) -> bool:
    return word in _TABLE or word.rstrip("0123456789") in _TABLE


def _any(words: Iterable[str], of: Container[str]) -> bool:
    return any(word in of or (len(word) > 1 and word.rstrip("0123456789") in of) for word in words)


def _has_phrase(words: Sequence[str], phrases: Iterable[tuple[str, ...]]) -> bool:
    return any(phrase[0] in words and any(tuple(words[at : at + len(phrase)]) == phrase
                                          for at in range(len(words) - len(phrase) + 1)) for phrase in phrases)


def direction(name: str, own: Mapping[str, Direction] | None = None) -> Direction | None:
    """Whether less ("min") or more ("max") of a metric is better; None if its name does not tell.

    Args:
        name: The name as the run spells it.
        own: The user's directions for names, or for patterns such as `*/quality`; they take precedence.
    """
    if own:
        if name in own:
            return own[name]
        for pattern, own_direction in own.items():
            if fnmatch.fnmatchcase(name, pattern):
                return own_direction
    return _by_words(name)


@functools.lru_cache(maxsize=20_000)
def _by_words(name: str) -> Direction | None:
    if name == "r":  # Stable-Baselines3's monitor: the reward of an episode
        return "max"
    words, kind = words_of(name), bookkeeping(name)
    if kind == "rate":
        return "max"
    if _TIME_PER.search(name) or (kind == "clock" and _any(words, ("latency", "runtime"))):
        return "min"
    explained = _has_phrase(words, (("explained", "variance"),))
    if kind or _CHANGE.search(name) or (not explained and not known.SPREADS.isdisjoint(words)):
        return None
    named = _named(name, words)
    negatives = (("true", "negative"), ("false", "negative"))
    if named and _any(words, known.NEGATIONS) and not _has_phrase(words, negatives):
        return "min" if named == "max" else "max"
    return named


def _named(name: str, words: Sequence[str]) -> Direction | None:
    if _any(words, known.LOWER) or _has_phrase(words, known.LOWER_PHRASES):
        return "min"
    rising = _any(words, known.HIGHER) or _has_phrase(words, known.HIGHER_PHRASES)
    return "max" if rising or any(pattern.search(name) for pattern in (_PASS_AT, _TOP, _AT)) else None


def _is_measured(words: Sequence[str]) -> bool:
    """Whether the words name a loss, an error, a score or a reward."""
    return _any(words, known.LOWER) or _any(words, known.HIGHER) or _has_phrase(
        words, (*known.LOWER_PHRASES, *known.HIGHER_PHRASES))


@functools.lru_cache(maxsize=20_000)
def bookkeeping(name: str) -> str:
    """The kind of a metric that is not a result, one of `known_words.NO_RESULTS`; "" for a result.

    `num_episodes` is a counter, `eval_runtime` a clock, `tokens_per_second` a rate, `ep_len_mean` a size.
    """
    words = words_of(name)
    if name in known.PLACEHOLDERS:
        return "placeholder"
    if name in known.INDEXES:
        return "counter"
    if not words:
        return ""
    last, measured = words[-1], _is_measured(words)
    if _any(words, known.GRADIENTS):
        return "gradient"
    if "lr" in (words[0], last) or _has_phrase(words, (("learning", "rate"),)):
        return "setting"
    if not measured and (_PER_TIME.search(name) or _any(words, known.RATES)):
        return "rate"
    if (last in known.CLOCKS and not (measured and last == "s")) or _TIME_PER.search(name):
        return "clock"
    if not known.COUNTING.isdisjoint(words):
        return "counter"
    if last in known.LENGTHS or (not measured and _any(words, known.LENGTHS)) or name == "l":
        return "size"
    if last in known.SETTINGS:
        return "setting"
    if measured:
        return ""
    counted = words[-2] if last in known.SO_FAR and len(words) > 1 else last
    if counted in known.COUNTERS:
        return "counter"
    if words[0] in known.CLOCKS - known.UNITS_OF_TIME:
        return "clock"
    return "counter" if _any(words, ("steps", "timesteps", "kimg")) else ""


def is_return(name: str) -> bool:
    """Whether a metric is the return or reward of an episode, for which an agent is trained."""
    return name == "r" or _any(words_of(name), known.REWARDS)


def split_of(name: str) -> str:
    """The data on which a metric is measured: "train", "val", "test", or "" if no word of its name tells."""
    splits = {known.SPLITS[word] for word in words_of(name) if word in known.SPLITS}
    return next((split for split in ("val", "test", "train") if split in splits), "")


def higher_is_better(direction: Direction | None) -> bool | None:
    """Whether more is better; None if that is not known."""
    return None if direction is None else direction == "max"


def question_of_direction(metric: str) -> str:
    """The short form of `ask_for_direction`, for a line below a number."""
    return f"more or less is better? --metric {metric}:max"


def ask_for_direction(metric: str) -> str:
    """The message for users if a direction is not known."""
    return (f"whether more or less of {metric} is better is not known; say it with --metric {metric}:max "
            f"or --metric {metric}:min")


# The main metric of a run ---------------------------------------------------------------------------------------------


def main_metric(names: Iterable[str], preferred: Sequence[str] = (), *, single: Container[str] = (),
                own: Mapping[str, Direction] | None = None) -> str | None:
    """The main metric of a run, whatever the order of its names; None if none of them is a result.

    It is the metric that the user or the framework names; else a validation loss, reward or score; the same for a test;
    an episode's reward; a training loss; another metric with a direction; any other that is not a counter, clock, rate
    or size.

    Args:
        names: The metrics of the run.
        preferred: The user's names, best first.
        single: The metrics with a single value, if others have more: a number at the end, not a curve.
        own: See `direction`.
    """
    known_names = set(names)
    for name in preferred:
        if name in known_names:
            return name
    results = [name for name in known_names if bookkeeping(name) in ("", "setting", "gradient")]
    return min(results, key=lambda name: _rank(name, name in single, direction(name, own)), default=None)


def _of_framework(name: str) -> int | None:
    """The rank of a name among the metrics by which frameworks choose their best model; None for other names."""
    return next((rank for rank, pattern in enumerate(_FRAMEWORK_METRICS) if pattern.fullmatch(name)), None)


@functools.lru_cache(maxsize=20_000)
def _rank(name: str, single: bool, direction: Direction | None) -> tuple[object, ...]:
    """A sort key for the candidates for the main metric: the lowest is the best."""
    rank = _of_framework(name)
    if rank is not None and not single:
        return -1, rank, _natural(name)
    if kind := bookkeeping(name):  # only if there is nothing else
        return (50 if kind == "setting" else 51), _natural(name)
    words, split = words_of(name), split_of(name)
    what = _what(name, words, direction)
    if split == "val":
        tier = {"loss": 0, "perplexity": 1, "reward": 2, "max": 3, "min": 4}.get(what, 30)
    elif split == "test" and not single:
        tier = {"loss": 10, "perplexity": 11, "reward": 12, "max": 13, "min": 14}.get(what, 31)
    else:
        tier = {"reward": 20, "loss": 21, "perplexity": 22, "max": 23, "min": 24}.get(what, 32)
        tier += 3 if split == "train" and what in ("max", "min") else 0
    plain = [word for word in words if word not in known.SPLITS and word not in known.SUMMED and word != "step"]
    # The return of a single episode, `r`, ranks like an extreme: a mean over episodes is better.
    extreme = name == "r" or _any(words, ("max", "min", "best", "std", "discounted", "raw", "ema"))
    aggregation = 2 * (words[-1:] == ("step",)) + (words[-1:] == ("epoch",))
    if split in ("train", ""):
        aggregation = {2: 1, 1: 2}.get(aggregation, 0)
    trained = split != "train" if what == "loss" and tier == 21 else 0
    return (tier, single, extreme, len(plain), trained, aggregation, len(words), _natural(name))


def _what(name: str, words: Sequence[str], direction: Direction | None) -> str:
    if direction == "min" and (_any(words, known.LOSSES) or _has_phrase(words, (("cross", "entropy"),))):
        return "loss"
    if direction == "min" and _any(words, known.PERPLEXITIES):
        return "perplexity"
    if direction == "max" and (name == "r" or (_any(words, known.REWARDS) and "accuracies" not in words)):
        return "reward"
    return direction or ""


def _natural(name: str) -> tuple[object, ...]:
    """A sort key that puts `idx_2` before `idx_10`."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part)
                 for part in re.findall(r"[0-9]+|[^0-9]+", name))
