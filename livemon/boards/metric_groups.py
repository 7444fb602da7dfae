"""The metrics that share a panel, with its position, title, labels and colours. Names in, groups out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from livemon.boards.model import CYCLE, Colour, Dash, HiddenCurve
from livemon.tables import known_words as known
from livemon.tables import meaning, names
from livemon.tables.names import kind_of, words_in

__all__ = ["BOXES", "Group", "MANY_PANELS", "MOST_LINES", "PACE", "PACE_GROUP", "RunsCurve", "colour_of", "group",
           "names_a_unit", "with_main_in_front", "worth_a_panel"]

PACE = "seconds per step"  # computed from the time column, so not in the file
BOXES = "boxes"  # the box plot's key, and its name in a lens
MOST_LINES = 10  # in one panel
MANY_PANELS = 24  # with more, single metrics that end alike share one, in every view: a small view has the same panels
_FIRST_SCORES = 3
_FEW_NORMS = 3  # of gradients; more are those of layers
_LATER_SPLITS = {"val": 1, "test": 2}  # positions after the training split, in a panel and in the summary

_TITLES = {"grad_norm": "gradient norm", "learning_rate": "learning rate", "acc": "accuracy"}
_ORDER = ("loss", "score", "perplexity", "grad_norm", "learning_rate", "throughput", "other")
_SINGLE: tuple[Colour, ...] = ("teal", "brown", "pink", "olive")  # for unknown metrics, chosen by name
_OWN_COLOURS: dict[str, Colour] = {"grad_norm": "green", "learning_rate": "purple", "throughput": "teal"}
_SUFFIX_OF = {"loss": "loss", "ppl": "perplexity", "perplexity": "perplexity"}

_WALL_CLOCKS = frozenset(("runtime", "elapsed", "eta", "remaining", "timestamp", "timestamps", "date", "datetime",
                          "clock"))
_IDENTITIES = frozenset(("pid", "uid", "id", "port", "idx", "index", "seed"))
_EXTREME = re.compile(r"(.+)__(?:MIN|MAX)")  # W&B's export writes them beside each curve
_QUANTITIES = known.LOWER | known.HIGHER
_ANY_QUANTITY = frozenset(("score", "scores"))  # these say nothing about the unit
_ENDING = re.compile(r"([/_.\- ]+)([^/_.\- ]+)[/_.\- ]*$")  # a name's last word, and what separates it


@dataclass(frozen=True, slots=True)
class RunsCurve:
    """The origin of a panel's line, if several runs are drawn.

    Attributes:
        run: The name of the run in a lens.
        name: The name of the curve in a legend.
        dash: The dash pattern.
        is_behind: Whether it is pale, behind the others, without a name.
    """

    run: str
    name: str
    dash: Dash = "solid"
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of one panel.

    Attributes:
        key: a stable identity of the panel.
        kind: "loss", "score", "perplexity", "grad_norm", "learning_rate", "throughput" or "other".
        metrics, labels, colours: those of each line; a label is "" if the title says everything.
        left_out: further metrics of the same kind, beyond `MOST_LINES`, in panels of their own.
        unit: of y, or "".
        hidden: further metrics, whose curves are not drawn.
        runs: the origin of each line; () if all belong to one run.
        before: the number of those further metrics that are in the panels before this one.
    """

    key: str
    kind: str
    title: str
    metrics: tuple[str, ...]
    labels: tuple[str, ...]
    colours: tuple[Colour, ...]
    left_out: int = 0
    unit: str = ""
    hidden: tuple[HiddenCurve, ...] = ()
    runs: tuple[RunsCurve, ...] = ()
    before: int = 0

    def without(self, hidden: Collection[str]) -> Group:
        """The group without the curves of these metrics; the same group if it has none of them."""
        if hidden_here := [name for name in self.metrics if name in hidden]:
            lines = list(zip(self.metrics, self.labels, self.colours, strict=True))
            left = [line for line in lines if line[0] not in hidden_here]
            gone = tuple(HiddenCurve(name, label or name, colour) for name, label, colour in lines
                         if name in hidden_here)
            return replace(
                self, metrics=tuple(name for name, _, _ in left), labels=tuple(label for _, label, _ in left),
                colours=tuple(colour for *_, colour in left), hidden=(*self.hidden, *gone))
        return self

    @property
    def every_metric(self) -> tuple[str, ...]:
        """The metrics, including hidden ones."""
        return *dict.fromkeys(self.metrics), *(curve.metric for curve in self.hidden if curve.metric)


PACE_GROUP = Group(PACE, "throughput", PACE, (PACE,), ("",), ("teal",))


def colour_of(metric: str) -> Colour:
    """The colour of the metric if it is alone in a panel."""
    return _colours(kind_of(metric), [metric])[0]


def worth_a_panel(metrics: Sequence[str], wanted: Collection[str] = ()) -> list[str]:
    """The metrics that show how a run goes, without counters, wall clocks, numbers of processes, and the minima and
    maxima of exports; all metrics if there are no others.

    Args:
        metrics: In the file's order, which is kept.
        wanted: Metrics that were named by the user, which are always kept.
    """
    every = set(metrics)
    shown = [name for name in metrics if name in wanted or not _is_bookkeeping(name, every)]
    return shown or list(metrics)


def _is_bookkeeping(metric: str, every: Collection[str]) -> bool:
    if (match := _EXTREME.fullmatch(metric)) and match[1] in every:
        return True
    kind, words = meaning.bookkeeping(metric), meaning.words_of(metric)
    if kind == "clock":
        return not _WALL_CLOCKS.isdisjoint(words) or words[-2:] == ("total", "time")
    return kind == "counter" or (kind == "setting" and words[-1] in _IDENTITIES)


def group(metrics: Sequence[str], most: int = MANY_PANELS, alone: Collection[str] = ()) -> list[Group]:
    """The groups of the metrics, the most important ones first, and those of one section (`act/...`) side by side.

    Metrics with the same stem share a group (`train_x`, `val_x`, `eval/x`, `x_step`), as do those that differ only by a
    number (`mode1_loss`, `mode2_loss`). Numbered losses join the loss if there is no validation loss, and numbered
    perplexities the perplexity. With more than `most` groups, single metrics of a section that end with the same word
    are combined, if their names suggest the same unit; and so are the same scores or errors of several sections.

    Args:
        metrics: in the file's order.
        alone: metrics that must not share an axis with the others of their group.
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
            rest = families.get(stem, stem)
            key = kind, f" {rest}" if rest.startswith("=") else rest  # for a metric that is alone
        grouped.setdefault(key, []).append(metric)
    _join_evaluations(grouped)
    if len(grouped) > most:
        grouped = _with_joined_endings(grouped)
    kinds = [key[0] for key in grouped]
    made = [part for (kind, rest), members in grouped.items() for part in _made(kind, rest, members, kinds.count(kind))]
    return _ordered(made)


def _ordered(groups: list[Group]) -> list[Group]:
    """By importance: further scores come after what every run has, and unknown single metrics last. Unknown metrics of
    a section (or a split: `eval/...`) stand side by side, where the first of them is."""
    of_task = [grouped.key for grouped in groups if _is_of_task(grouped)]
    norms = [grouped.key for grouped in groups if grouped.kind == "grad_norm"]
    of_model = [key for key in norms if key == "grad_norm:grad_norm"]
    first, late = of_task[:_FIRST_SCORES], frozenset(of_task[_FIRST_SCORES:])
    of_layers = frozenset(norms).difference(of_model or norms[: _FEW_NORMS * (len(norms) <= _FEW_NORMS)])

    def importance(grouped: Group) -> float:
        if grouped.key in late:
            return len(_ORDER) - 1.5
        if grouped.key in first:
            return _ORDER.index("score")
        kind = "other" if grouped.key in of_layers else grouped.kind
        return _ORDER.index(kind) + (0.5 if kind == "other" and len(grouped.metrics) == 1 else 0.0)

    positions = [(importance(grouped), index) for index, grouped in enumerate(groups)]
    sections = [_section(grouped.metrics[0]) if positions[index][0] >= _ORDER.index("other") else ""
                for index, grouped in enumerate(groups)]
    first_of: dict[str, tuple[float, int]] = {}
    for section, position in zip(sections, positions, strict=True):
        first_of[section] = min(first_of.get(section, position), position)
    ordered = sorted(range(len(groups)), key=lambda index: (
        first_of[sections[index]] if sections[index] else positions[index], index))
    return [groups[index] for index in ordered]


def _section_of(grouped: Group) -> str:
    """The section of a panel; a split such as `train/` is none."""
    return _section(names.parse(grouped.metrics[0]).stem)


def _section(name: str) -> str:
    """"act/" for `act/layer0.mean`; "" for a name without a slash."""
    first, slash, rest = name.partition("/")
    return first + slash if rest else ""


def _is_of_task(grouped: Group) -> bool:
    """Whether a panel shows a score or a known error of the task: accuracy, `mae`, `val_wer`; not `loss/layer0`."""
    metric = grouped.metrics[0]
    is_part = names.is_loss(metric) or _section_of(grouped).lower() in ("loss/", "losses/")
    is_error = meaning.direction(metric) == "min" and not meaning.bookkeeping(metric) and not is_part
    return grouped.kind == "score" or (grouped.kind == "other" and is_error)


def _families(metrics: Iterable[str]) -> dict[str, str]:
    """stem -> "mode*_loss" for stems that differ from another only by a number."""
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


def _with_joined_endings(grouped: dict[tuple[str, str], list[str]]) -> dict[tuple[str, str], list[str]]:
    """The groups with those that end alike as one, at the position of the first."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for (kind, rest), members in grouped.items():
        may_join = kind in ("score", "other", "grad_norm") and "*" not in rest and not rest.startswith("=")
        if may_join and (pattern := _pattern_of_unit(rest, members[0])):
            alike.setdefault((kind if kind == "grad_norm" else "", pattern), []).append((kind, rest))
    joined = {key: (keys[0][0], pattern) for (_, pattern), keys in alike.items() if len(keys) > 2 for key in keys}
    made: dict[tuple[str, str], list[str]] = {}
    for key, members in grouped.items():
        made.setdefault(joined.get(key, key), []).extend(members)
    return made


def _pattern_of_unit(rest: str, metric: str) -> str:
    """A common name for metrics with one unit: "*_ms", "*_psnr_restore", "act/*.mean", "*/acc"; "" for metrics that
    share their unit with no other, such as counts."""
    words, ending = meaning.words_of(metric), _ENDING.search(rest)
    if not ending or not words or words[-1] in known.COUNTING or words[-1] in _IDENTITIES:
        return ""
    if meaning.bookkeeping(metric) == "counter":
        return ""
    separator, last = ending.groups()
    section, named = _section(rest), _QUANTITIES - _ANY_QUANTITY
    if words[-1] in named:
        return f"*{separator}{last}" if section + last == rest else f"{section}*{separator}{last}"
    if section + last == rest:
        return ""
    measured = sorted(set(meaning.words_of(rest.removeprefix(section))[:-1]) & named)
    return f"{section}*{separator}{'_'.join((*measured, last))}"


def names_a_unit(metric: str) -> bool:
    """Whether a metric's name gives its unit: a time, a rate, a size, or a known score or error."""
    known_unit = meaning.bookkeeping(metric) in ("clock", "rate", "size")
    return known_unit or not (_QUANTITIES - _ANY_QUANTITY).isdisjoint(meaning.words_of(metric))


def _made(kind: str, rest: str, members: list[str], of_kind: int) -> list[Group]:
    """The panels of a group: more than one if it has more than `MOST_LINES` metrics. The first ones never change when
    metrics come later."""
    key, title = f"{kind}:{rest}" if rest else kind, _title(kind, rest, members, of_kind)
    unit = _unit(members[0]) if kind == "throughput" and len(members) == 1 else ""
    labels = dict(zip(members, [""] * len(members) if rest.startswith("=") else _labels(members), strict=True))
    parts = []
    for before in range(0, len(members), MOST_LINES):
        shown = sorted(members[before : before + MOST_LINES],
                       key=lambda metric: _LATER_SPLITS.get(names.parse(metric).split, 0))
        number = f" ({before // MOST_LINES + 1})" if before else ""
        parts.append(Group(key + number, kind, title + number, tuple(shown), tuple(labels[metric] for metric in shown),
                           _colours(kind, shown), len(members) - len(shown), unit, before=before))
    return parts


def _title(kind: str, rest: str, members: Sequence[str], of_kind: int) -> str:
    if rest.startswith("="):
        title = rest[1:]
    elif kind in ("loss", "perplexity", "learning_rate"):
        title = kind
    elif kind == "throughput":
        title = kind if len(members) > 1 or _unit(members[0]) else members[0]
    else:
        title = rest.lstrip() or kind
    return "gradient norm" if kind == "grad_norm" and of_kind == 1 else _TITLES.get(title, title)


def _unit(metric: str) -> str:
    stem = names.parse(metric).stem.lower()
    if match := re.search(r"([a-z]+)(?:_per_s(?:ec|econd)?|/s(?:ec|econd)?)$", stem):
        return f"{match[1]}/s"
    return "frames/s" if stem.endswith("fps") else ""


def _labels(metrics: Sequence[str]) -> list[str]:
    """Short labels that tell the lines of a panel apart; "" for a single line."""
    if len(metrics) == 1:
        return [""] if names.parse(metrics[0]).split in ("", "train") else [names.parse(metrics[0]).split]
    parsed = [names.parse(metric) for metric in metrics]
    stems_with_split = {name.stem for name in parsed if name.split}
    common = set.intersection(*(set(words_in(name.stem)) for name in parsed))
    last_words = [words_in(name.stem)[-1:] for name in parsed]
    twins = Counter((name.split, name.stem) for name in parsed)
    words = _SUFFIX_OF if all(last and last[0] in _SUFFIX_OF for last in last_words) else {}
    labels = []
    for name in parsed:
        is_common = stems_with_split and name.stem in ("loss", "perplexity", "acc")
        split = name.split or ("train" if is_common or name.stem in stems_with_split else "")
        own = [word for word in words_in(name.stem) if word not in common and word not in words]
        if name.stem in ("loss", "perplexity") and split:
            own = []
        own += [name.aggregation] if name.aggregation and twins[name.split, name.stem] > 1 else []
        labels.append(" ".join([split, *own] if split else own))
    if len(set(labels)) == len(labels) and all(labels):
        return labels
    shared = set.intersection(*(set(words_in(metric)) for metric in metrics))
    labels = [" ".join(word for word in words_in(metric) if word not in shared) for metric in metrics]
    return labels if len(set(labels)) == len(labels) and all(labels) else list(metrics)


def _colours(kind: str, metrics: Sequence[str]) -> tuple[Colour, ...]:
    """Training blue, validation orange, the others in the order of the palette, without repeats as long as possible."""
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


def with_main_in_front(groups: list[Group], main: str | None, room: int) -> list[Group]:
    """The panel of the main metric comes first if there is no loss, and always if it is an agent's return; it is never
    left out. Where not all panels fit, the second and further ones of a group come last."""
    if len(groups) > room:
        groups = sorted(groups, key=lambda grouped: grouped.before > 0)
    index = next((i for i, grouped in enumerate(groups) if main in grouped.metrics), 0)
    if index and main and (groups[0].kind != "loss" or meaning.is_return(main)):
        return [groups[index], *groups[:index], *groups[index + 1 :]]
    if index >= room:
        return [groups[0], groups[index], *groups[1:index], *groups[index + 1 :]]
    return groups
