"""Is A better than B? Groups of runs compared by a number each, with what so few runs can and cannot show."""

from __future__ import annotations

import fnmatch
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.points import At, Points, shared_range, value_at
from livemon.analysis.run_set.settings import as_compared, seed_of
from livemon.analysis.statistics.groups import find_groups
from livemon.analysis.statistics.hypothesis_tests import TestName, compare, floor_of, holm
from livemon.runs.experiment import ExperimentLoader
from livemon.tables import meaning, names
from livemon.wording import value_text

__all__ = ["MOST_GROUPS", "GroupComparison", "compare_groups", "match_groups", "metric_values"]

_LEVEL = 0.05
_AS_LONG = 0.9  # as long, as a share of the longest run
MOST_GROUPS = 40  # of which each is tested with each
_FEW = 5  # values of a group below which Welch's test leans on what they cannot show


@dataclass(frozen=True)
class GroupComparison:
    """What `compare_groups` found.

    Attributes:
        metric, at, rising: What was compared; whether more is better, None where that is not known.
        test: "welch", "mannwhitney" or "permutation".
        groups: A row a group: n, mean, std, and the number of runs left out (`left_out`).
        table: A row a pair of groups: a, b, n_a, n_b, paired (by seed), difference (a minus b), low, high (its 95 %
            confidence interval), effect (Hedges' g), superiority (how often a run of a is above one of b), p, p_holm,
            floor (the lowest p that the test can give), verdict.
        values: group -> run -> its number; NaN where it has none.
        notes: What has to be known to read the table, in sentences.
    """

    metric: str
    at: str
    rising: bool | None
    test: str
    groups: pd.DataFrame
    table: pd.DataFrame
    values: dict[str, dict[str, float]]
    notes: list[str]

    def __str__(self) -> str:
        from livemon.analysis.table_formats import to_text

        better = {True: ", more is better", False: ", less is better", None: ""}[self.rising]
        parts = [f"{self.metric} ({self.at}{better}), {self.test}",
                 to_text(self.groups), to_text(self.table), *self.notes]
        return "\n\n".join(parts[:3]) + "".join(f"\n- {note}" for note in self.notes)


def match_groups(runs: MultiExperimentLoader, patterns: Sequence[str]) -> dict[str, list[str]]:
    """Groups by patterns of names, such as `base_s*`; each run is in the first that matches.

    Raises:
        ValueError: A pattern matches no run.
    """
    groups: dict[str, list[str]] = {}
    taken: set[str] = set()
    for pattern in patterns:
        found = [name for name in runs.names if name not in taken and fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise ValueError(f"no run is called {pattern!r}; there are {', '.join(runs.names[:20])}")
        taken.update(found)
        groups[pattern.rstrip("*_-. ") or pattern] = found
    return groups


def metric_values(curves: Mapping[str, Points], at: At, rising: bool | None) -> dict[str, float]:
    """One number for each run. "auc" is over the range that all of them cover, so that runs of unequal length can be
    compared."""
    finite = [points for points in curves.values() if np.isfinite(points.y).any()]
    within = shared_range(finite) if at == "auc" else None
    if at == "auc" and within is None:
        return dict.fromkeys(curves, math.nan)
    return {name: value_at(points, at, rising, within) for name, points in curves.items()}


def compare_groups(
    runs: MultiExperimentLoader,
    metric: str | None = None,
    *,
    at: At = "final",
    groups: Mapping[str, Sequence[str]] | None = None,
    group_by: str | Sequence[str] | None = None,
    test: TestName = "welch",
    paired: bool | None = None,
    baseline: str | None = None,
    rising: bool | None = None,
    x: str | None = None,
) -> GroupComparison:
    """Compare groups of runs by one number of each run.

    Args:
        metric: None: the main one, which most runs have.
        at: "final", "best" or "auc": see `points.value_at`.
        groups: label -> names of runs; None: runs that differ in the seed alone are a group.
        group_by: Settings that the runs of a group share, instead.
        test: "welch", "mannwhitney" or "permutation"; for pairs their paired kin, see `stats.compare`.
        paired: By the seed. None: where both groups have the same seeds, each once, and at least two.
        baseline: Compare each group with this one only; None: each with each.
        rising: Whether more is better; None: by the metric's name.
        x: As `MultiExperimentLoader.curves` takes it.

    Raises:
        ValueError: There are fewer than two groups, a run is in two, or no run has the metric.
    """
    found = dict(groups) if groups is not None else find_groups(runs.settings, group_by)
    found = {label: list(members) for label, members in found.items()}
    shared = [name for name, count in Counter(name for one in found.values() for name in one).items() if count > 1]
    if shared:
        raise ValueError(f"{wording.listed(shared)} would be compared with itself: a run can be in one group only")
    if len(found) > MOST_GROUPS and baseline is None:
        raise ValueError(f"{len(found)} groups are too many to test each with each; name a baseline, or settings to "
                         "group by that make fewer")
    if len(found) < 2:
        only = next(iter(found), "none")
        raise ValueError(f"a comparison needs two groups of runs; there is one: {only}. Name patterns of their names, "
                         "or settings to group by")
    if baseline is not None and baseline not in found:
        raise ValueError(f"the baseline {baseline!r} is no group; the groups are {', '.join(found)}")
    metric = metric or main_metric(runs)
    curves = {name: one[metric] for name, one in runs.curves((metric,), x, stacklevel=3).items() if metric in one}
    if not curves:
        raise no_metric(runs, metric)
    rising = meaning.rises(runs.direction(metric)) if rising is None else rising
    members = [name for one in found.values() for name in one]
    numbers = metric_values({name: points for name, points in curves.items() if name in members}, at, rising)
    values = {label: {name: numbers.get(name, math.nan) for name in members} for label, members in found.items()}
    pairs = [(baseline, label) for label in found if label != baseline] if baseline else list(combinations(found, 2))
    rows, notes = [], [*_notes_on_values(values, metric, at), *_notes_on_lengths(curves, found, at)]
    for a, b in pairs:
        row, said = _pair(runs, a, b, values, test, paired)
        rows.append(row)
        notes += said
    table = pd.DataFrame(rows)
    table.insert(list(table).index("p") + 1, "p_holm", holm(table["p"].tolist()))
    table["verdict"] = [_verdict(row, rising, len(rows)) for row in table.to_dict("records")]
    notes += _notes_on_floors(table, test)
    if rising is None:
        notes.append(f"no group is called better: {meaning.ask_for_direction(metric)}")
    return GroupComparison(metric, at, rising, test, _described(values), table, values, list(dict.fromkeys(notes)))


def _main_of(run: ExperimentLoader) -> str | None:
    run.refresh()
    return run.main_metric()


def main_metric(runs: MultiExperimentLoader) -> str:
    """The main metric of most runs, by its well-known name where it has one.

    Raises:
        ValueError: No run has a metric.
    """
    main = names.main_metric_of_most(runs.read(_main_of, stacklevel=3).values())
    if main is None:
        raise ValueError("no run has a metric that could be compared")
    return main


def _described(values: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    rows = []
    for label, one in values.items():
        finite = _finite(one)
        rows.append({"group": label, "n": len(finite), "mean": finite.mean() if len(finite) else math.nan,
                     "std": finite.std(ddof=1) if len(finite) > 1 else math.nan, "left_out": len(one) - len(finite)})
    return pd.DataFrame(rows).set_index("group")


def _finite(values: Mapping[str, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([value for value in values.values() if math.isfinite(value)], np.float64)


def _pair(runs: MultiExperimentLoader, a: str, b: str, values: Mapping[str, Mapping[str, float]], test: TestName,
          paired: bool | None) -> tuple[dict[str, object], list[str]]:
    first, second = _finite(values[a]), _finite(values[b])
    matched = _by_seed(runs, values[a], values[b]) if paired is not False else None
    notes = []
    if paired and matched is None:
        notes.append(f"{a} and {b} are not paired: their runs have no seeds, or not the same ones, each once")
    if matched is not None:
        left = len(first) + len(second) - 2 * len(matched[0])
        if paired is None and left:
            matched = None  # pairs only where nothing is lost by it
        elif left:
            notes.append(f"{left} runs of {a} and {b} have no partner with their seed, and are not in the test")
    if matched is not None:
        first, second = matched
    found = compare(first, second, test, paired=matched is not None)
    return {"a": a, "b": b, "n_a": len(first), "n_b": len(second), "paired": matched is not None,
            "difference": found.difference, "low": found.low, "high": found.high, "effect": found.effect,
            "superiority": found.superiority, "p": found.p, "floor": found.floor}, notes


def _by_seed(runs: MultiExperimentLoader, a: Mapping[str, float], b: Mapping[str, float]
             ) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...] | None:
    """The values of the runs whose seeds are in both, in the same order; None where seeds repeat or fewer than two
    match."""
    seeded: list[dict[str, float]] = []
    for one in (a, b):
        seeds = {name: seed_of(runs.settings.get(name, {})) for name, value in one.items() if math.isfinite(value)}
        known = {as_compared(seed): one[name] for name, seed in seeds.items() if seed is not None}
        if len(known) < len(seeds):
            return None
        seeded.append(known)
    shared = sorted(seeded[0].keys() & seeded[1].keys())
    if len(shared) < 2:
        return None
    return tuple(np.array([one[seed] for seed in shared]) for one in seeded)


def _verdict(row: Mapping[object, object], rising: bool | None, tests: int) -> str:
    p = float(str(row["p_holm"]))
    if math.isnan(p):
        return "cannot be tested"
    if p <= _LEVEL and rising is None:
        return "they differ"
    if p <= _LEVEL:
        better = (float(str(row["difference"])) > 0) == rising
        return f"{row['a'] if better else row['b']} is better"
    if float(str(row["floor"])) * tests > _LEVEL:
        return "too few runs to tell"
    return "no difference shown"


def _notes_on_values(values: Mapping[str, Mapping[str, float]], metric: str, at: str) -> list[str]:
    notes = []
    for label, one in values.items():
        bad = [name for name, value in one.items() if not math.isfinite(value)]
        if bad:
            notes.append(f"{label}: left out, as {metric} has no finite {at} value: {wording.listed(bad)}. "
                         "Runs that diverged are no accident: a group that loses some looks better than it is")
    return notes


def _notes_on_lengths(curves: Mapping[str, Points], groups: Mapping[str, Sequence[str]], at: str) -> list[str]:
    """What has to be known where runs were not trained equally long."""
    ends = {label: [float(curves[name].x[-1]) for name in members if name in curves and len(curves[name].x)]
            for label, members in groups.items()}
    every = [end for one in ends.values() for end in one]
    if not every or min(every) >= _AS_LONG * max(every):
        return []
    if at == "auc":
        shortest = min((name for one in groups.values() for name in one if name in curves and len(curves[name].x)),
                       key=lambda name: float(curves[name].x[-1]))
        return [f"auc is over what all runs cover: up to {wording.count(min(every))}, where {shortest} ends; the "
                f"longest goes to {wording.count(max(every))}"]
    kind = next(points.kind for points in curves.values() if len(points.x))
    ranges = {label: _range_in_words(one) for label, one in ends.items() if one}
    told = "; ".join(f"{label}: {text}" for label, text in ranges.items())
    if len(set(ranges.values())) == 1:
        told = f"{next(iter(ranges.values()))} in each group"
    return [f"the runs end at different places ({kind} {told}): the {at} values are of trainings of different length; "
            "auc compares the part that all of them cover"]


def _range_in_words(values: Sequence[float]) -> str:
    low, high = wording.count(min(values)), wording.count(max(values))
    return low if low == high else f"{low} to {high}"


def _notes_on_floors(table: pd.DataFrame, test: TestName) -> list[str]:
    notes = []
    for row in table.to_dict("records"):
        n, m = int(row["n_a"]), int(row["n_b"])
        if min(n, m) == 0:
            notes.append(f"{row['a']} against {row['b']}: a group has no value")
        elif row["floor"] > _LEVEL / len(table):
            times = f", and {min(row['floor'] * len(table), 1):.2f} corrected for {len(table)} tests" * (len(table) > 1)
            notes.append(f"{n} against {m}: this test cannot give a p below {row['floor']:.2f} (two-sided){times}, "
                         "whatever the values are")
        elif test == "welch" and min(n, m) < 2:
            notes.append(f"{n} against {m}: with one value in a group nothing is known of its spread")
        elif math.isnan(row["p"]):
            same = "all pairs differ by the same" if row["paired"] else "all values of each group are the same"
            notes.append(f"{row['a']} against {row['b']} cannot be tested: {same}, and nothing says what chance does")
        elif test == "welch" and min(n, m) < _FEW:
            ranks = floor_of(n, m, "permutation", paired=bool(row["paired"]))
            notes.append(f"{n} against {m}: so few values cannot show whether they are normal, which this test takes "
                         f"for granted; a test that does not could not give a p below {ranks:.2f} (two-sided)")
    return notes


def value_with_interval(metric: str, value: float, low: float, high: float) -> str:
    """ "0.183 [0.170, 0.196]"."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return value_text(metric, value)
    return f"{value_text(metric, value)} [{value_text(metric, low)}, {value_text(metric, high)}]"
