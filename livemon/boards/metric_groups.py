"""Which metrics share a panel, in which order, with which title, labels and colours. Names in, groups out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from livemon.boards.model import Colour
from livemon.tables import names
from livemon.tables.names import kind_of, words_in

__all__ = ["CYCLE", "Group", "MOST_LINES", "PACE", "PACE_GROUP", "colour_of", "group"]

PACE = "seconds per step"  # derived from the time column, so no metric of the file
MOST_LINES = 10  # in one panel
_FIRST_SCORES = 3

_TITLES = {"grad_norm": "gradient norm", "learning_rate": "learning rate", "acc": "accuracy"}
_ORDER = ("loss", "score", "perplexity", "grad_norm", "learning_rate", "throughput", "other")
CYCLE: tuple[Colour, ...] = ("blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")
_SINGLE: tuple[Colour, ...] = ("teal", "brown", "pink", "olive")  # of unknown metrics; which one depends on the name
_OWN_COLOURS: dict[str, Colour] = {"grad_norm": "green", "learning_rate": "purple", "throughput": "teal"}
_SUFFIX_OF = {"loss": "loss", "ppl": "perplexity", "perplexity": "perplexity"}


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of one panel.

    Attributes:
        key: stable identity of the panel.
        kind: "loss", "score", "perplexity", "grad_norm", "learning_rate", "throughput" or "other".
        metrics, labels, colours: of each line; a label is "" where the title says it all.
        left_out: further metrics that belong here, beyond `MOST_LINES`.
        unit: of y, or "".
    """

    key: str
    kind: str
    title: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    colours: tuple[Colour, ...]
    left_out: int = 0
    unit: str = ""


PACE_GROUP = Group(PACE, "throughput", PACE, (PACE,), ("",), ("teal",))


def colour_of(metric: str) -> Colour:
    """The colour of the metric where it is alone in a panel."""
    return _colours(kind_of(metric), [metric])[0]


def group(metrics: Sequence[str], most: int, alone: Collection[str] = ()) -> list[Group]:
    """The metrics' groups in order of importance.

    Metrics of one stem share a group (`train_x`, `val_x`, `eval/x`, `x_step`), as do those that differ by a number only
    (`mode1_loss`, `mode2_loss`). Numbered losses join the loss where there is no validation loss, and numbered
    perplexities the perplexity. Where there would be more than `most` groups, single metrics that end with the same
    word come together.

    Args:
        metrics: in the file's order.
        alone: metrics that cannot share an axis with the others of their group.
    """
    grouped: dict[tuple[str, str], list[str]] = {}
    families = _families(metrics)
    for metric in metrics:
        kind, stem = kind_of(metric), names.parse(metric).stem
        if metric in alone:
            key = kind, f"={metric}"
        elif kind in ("loss", "perplexity", "learning_rate", "throughput"):
            key = kind, ""
        else:
            key = kind, families.get(stem, stem)
        grouped.setdefault(key, []).append(metric)
    _join_evaluations(grouped)
    if len(grouped) > most:
        _join_suffixes(grouped)
    kinds = [key[0] for key in grouped]
    made = [_made(kind, rest, members, kinds.count(kind)) for (kind, rest), members in grouped.items()]
    return _ordered(made)


def _ordered(groups: list[Group]) -> list[Group]:
    """By importance: scores beyond the third stand behind what every run has; unknown single metrics come last."""
    scores = [one for one in groups if one.kind == "score"]
    late = scores[_FIRST_SCORES:]

    def place(one: Group) -> float:
        if one in late:
            return len(_ORDER) - 1.5
        return _ORDER.index(one.kind) + (0.5 if one.kind == "other" and len(one.metrics) == 1 else 0.0)

    return sorted(groups, key=place)


def _families(metrics: Iterable[str]) -> dict[str, str]:
    """stem -> "mode*_loss" for stems that differ from another by a number only."""
    stems = dict.fromkeys(names.parse(metric).stem for metric in metrics)
    patterns = {stem: re.sub(r"\d+", "*", stem) for stem in stems}
    counts: dict[str, int] = {}
    for pattern in patterns.values():
        counts[pattern] = counts.get(pattern, 0) + 1
    return {stem: pattern for stem, pattern in patterns.items() if "*" in pattern and counts[pattern] > 1}


def _join_evaluations(grouped: dict[tuple[str, str], list[str]]) -> None:
    for key in list(grouped):
        last = words_in(key[1])[-1] if key[1] and "*" in key[1] else ""
        target = (_SUFFIX_OF.get(last, ""), "")
        if not target[0] or target not in grouped:
            continue
        splits = {names.parse(metric).split for metric in grouped[target]}
        if "val" not in splits and len(grouped[target]) + len(grouped[key]) <= MOST_LINES:
            grouped[target] += grouped.pop(key)


def _join_suffixes(grouped: dict[tuple[str, str], list[str]]) -> None:
    singles: dict[str, list[tuple[str, str]]] = {}
    for kind, rest in grouped:
        words = words_in(rest)
        if kind in ("score", "other") and len(words) > 1 and not rest.startswith("="):
            singles.setdefault(words[-1], []).append((kind, rest))
    for word, keys in singles.items():
        if len(keys) > 2:
            members = [metric for key in keys for metric in grouped.pop(key)]
            grouped[keys[0][0], f"*_{word}"] = members


def _made(kind: str, rest: str, members: list[str], of_kind: int) -> Group:
    shown = members[:MOST_LINES]
    labels = _labels(shown)
    if rest.startswith("="):
        title, labels = rest[1:], [""] * len(shown)
    elif kind in ("loss", "perplexity", "learning_rate"):
        title = kind
    elif kind == "throughput":
        title = kind if len(members) > 1 or _unit(members[0]) else members[0]
    else:
        title = rest or kind
    title = _TITLES.get(title, title)
    if kind == "grad_norm" and of_kind == 1:
        title = "gradient norm"
    unit = _unit(members[0]) if kind == "throughput" and len(members) == 1 else ""
    return Group(f"{kind}:{rest}" if rest else kind, kind, title, tuple(shown), tuple(labels), _colours(kind, shown),
                 len(members) - len(shown), unit)


def _unit(metric: str) -> str:
    stem = names.parse(metric).stem.lower()
    if match := re.search(r"([a-z]+)(?:_per_s(?:ec|econd)?|/s(?:ec|econd)?)$", stem):
        return f"{match[1]}/s"
    return "frames/s" if stem.endswith("fps") else ""


def _labels(metrics: Sequence[str]) -> list[str]:
    """What tells the lines of a panel apart, in as few words as possible; "" for a single line."""
    if len(metrics) == 1:
        return [""] if names.parse(metrics[0]).split in ("", "train") else [names.parse(metrics[0]).split]
    parsed = [names.parse(metric) for metric in metrics]
    has_splits = any(name.split for name in parsed)
    common = set.intersection(*(set(words_in(name.stem)) for name in parsed))
    last_words = [words_in(name.stem)[-1:] for name in parsed]
    said = _SUFFIX_OF if all(last and last[0] in _SUFFIX_OF for last in last_words) else {}
    labels = []
    for name in parsed:
        split = name.split or ("train" if has_splits and name.stem in ("loss", "perplexity", "acc") else "")
        own = [word for word in words_in(name.stem) if word not in common and word not in said]
        if name.stem in ("loss", "perplexity") and split:
            own = []
        twins = sum(other.split == name.split and other.stem == name.stem for other in parsed)
        own += [name.aggregation] if name.aggregation and twins > 1 else []
        labels.append(" ".join([split, *own] if split else own))
    if len(set(labels)) == len(labels) and all(labels):
        return labels
    shared = set.intersection(*(set(words_in(metric)) for metric in metrics))
    labels = [" ".join(word for word in words_in(metric) if word not in shared) for metric in metrics]
    return labels if len(set(labels)) == len(labels) and all(labels) else list(metrics)


def _colours(kind: str, metrics: Sequence[str]) -> tuple[Colour, ...]:
    """Training blue, validation orange, the others from the front of the palette, none twice while there are enough."""
    if len(metrics) == 1 and kind in _OWN_COLOURS:
        return (_OWN_COLOURS[kind],)
    fixed: dict[int, Colour] = {}
    by_step = sorted(range(len(metrics)), key=lambda i: names.parse(metrics[i]).aggregation == "epoch")
    for i, metric in ((i, metrics[i]) for i in by_step):
        split = names.parse(metric).split
        first = i == 0 and split == "" and kind in ("loss", "perplexity")
        colour: Colour | None = "orange" if split == "val" else "blue" if split == "train" or first else None
        if colour and colour not in fixed.values():
            fixed[i] = colour
    rest = [colour for colour in CYCLE if colour not in fixed.values()]
    if len(metrics) == 1:
        return (fixed[0] if fixed else _SINGLE[sum(metrics[0].encode()) % len(_SINGLE)],)
    free = iter(rest)
    return tuple(fixed[i] if i in fixed else next(free, "grey") for i in range(len(metrics)))
