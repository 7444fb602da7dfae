"""The pairing of runs in two groups: runs with the same seed, or the same settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livemon import wording
from livemon.analysis.run_set.settings import as_compared, distinguishing_settings, find_key, is_seed

__all__ = ["Pairing", "find_pairs"]


@dataclass(frozen=True, slots=True)
class Pairing:
    """How the runs of two groups are matched.

    Attributes:
        keys: The settings that the runs of a pair share; () without pairs.
        pairs: A run of the first group and one of the second.
        reason: The reason, in words.
        without: The runs without a partner.
    """

    keys: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    reason: str
    without: tuple[str, ...] = ()


def find_pairs(settings: Mapping[str, Mapping[str, Any]], a: Sequence[str], b: Sequence[str],
               pair: str | Sequence[str] | None = None, failed: Collection[str] = ()) -> Pairing:
    """Match the runs of two groups.

    Args:
        settings: The flat settings of each run.
        a, b: The runs of the groups.
        pair: "none"; or the settings that the runs of a pair share ("seed", "lr,seed"). None: the seed, if each run has
            exactly one partner and there are at least two pairs. Other settings that would match are only named in the
            reason: only the user knows whether they are conditions or just numbers of runs.
        failed: Runs without a number. Such a run without a partner does not undo the other pairs.
    """
    if pair == "none":
        return Pairing((), (), "not paired, as asked for")
    every = [settings.get(name, {}) for name in (*a, *b)]
    if pair is not None:
        wanted = [part.strip() for part in pair.split(",")] if isinstance(pair, str) else list(pair)
        keys = [_known(key, every) for key in wanted]
        if unknown := [key for key, known in zip(wanted, keys, strict=True) if known is None]:
            return Pairing((), (), f"not paired: no run has {wording.listed(unknown)}")
        return _asked(settings, a, b, tuple(key for key in keys if key is not None))
    inside = list(dict.fromkeys(key for group in (a, b)
                                for key in distinguishing_settings([settings.get(name, {}) for name in group])))
    seeds = tuple(key for key in inside if is_seed(key))
    if partners := _each_once(settings, a, b, seeds, failed):
        words = " and ".join(seeds)
        return Pairing(seeds, partners, f"paired by {words}: one run per {words} in each group")
    reason = "not paired: no seeds match the runs of the two groups one to one"
    if _each_once(settings, a, b, tuple(inside), failed):
        reason += f"; --pair {','.join(inside)} would pair them"
    return Pairing((), (), reason)


def _each_once(settings: Mapping[str, Mapping[str, Any]], a: Sequence[str], b: Sequence[str], keys: tuple[str, ...],
               failed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The pairs, if each run that did not fail has exactly one partner and there are at least two pairs; else none.
    """
    partners = _matched(settings, a, b, keys) if keys else None
    if partners is None or len(partners) < 2:
        return ()
    paired = {name for pair in partners for name in pair}
    return partners if all(name in paired or name in failed for name in (*a, *b)) else ()


def _known(key: str, every: Sequence[Mapping[str, Any]]) -> str | None:
    if key == "seed":
        return next((name for own in every for name in own if is_seed(name)), None)
    return find_key(key, every)


def _asked(settings: Mapping[str, Mapping[str, Any]], a: Sequence[str], b: Sequence[str], keys: tuple[str, ...]
           ) -> Pairing:
    words = " and ".join(keys)
    partners = _matched(settings, a, b, keys)
    if partners is None:
        return Pairing((), (), f"not paired: several runs of a group have the same {words}")
    if len(partners) < 2:
        return Pairing((), (), f"not paired: fewer than two runs of a group have the {words} of a run of the other")
    paired = {name for pair in partners for name in pair}
    return Pairing(keys, partners, f"paired by {words}, as asked for",
                   tuple(name for name in (*a, *b) if name not in paired))


def _matched(settings: Mapping[str, Mapping[str, Any]], a: Sequence[str], b: Sequence[str], keys: tuple[str, ...]
             ) -> tuple[tuple[str, str], ...] | None:
    """The runs that share all of these settings; None if several runs of a group do."""
    sides: list[dict[tuple[str, ...], str]] = []
    for group in (a, b):
        known: dict[tuple[str, ...], str] = {}
        for name in group:
            own = settings.get(name, {})
            if any(own.get(key) is None for key in keys):
                continue
            value = tuple(as_compared(own[key]) for key in keys)
            if value in known:
                return None
            known[value] = name
        sides.append(known)
    return tuple((name, sides[1][value]) for value, name in sides[0].items() if value in sides[1])
