from __future__ import annotations

from typing import Any

from livemon.analysis.statistics.pairing import find_pairs


def runs(*settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"r{place}": one for place, one in enumerate(settings)}


def test_runs_of_the_same_seeds_are_pairs() -> None:
    """Two groups with the same seeds, each once, are paired by them, whatever their order; it is said why."""
    known = runs(*({"method": "a", "seed": seed} for seed in (1, 2, 3)),
                 *({"method": "b", "seed": seed} for seed in (3, 1, 2)))
    found = find_pairs(known, ["r0", "r1", "r2"], ["r3", "r4", "r5"])
    assert found.pairs == (("r0", "r4"), ("r1", "r5"), ("r2", "r3")) and found.keys == ("seed",)
    assert found.reason == "paired by seed: one run per seed in each group"


def test_runs_of_the_same_settings_can_be_pairs() -> None:
    """Other settings that match the runs, each combination once in both groups, pair them when that is asked for; by
    themselves they are only named, as a number of a run is no condition."""
    grid = [{"cond": cond, "block": block} for cond in ("0-40", "60-80") for block in (1, 3)]
    known = runs(*({"method": "a", **one} for one in grid), *({"method": "b", **one} for one in reversed(grid)))
    a, b = ["r0", "r1", "r2", "r3"], ["r4", "r5", "r6", "r7"]
    found = find_pairs(known, a, b, "cond,block")
    assert found.keys == ("cond", "block") and found.pairs[0] == ("r0", "r7")
    alone = find_pairs(known, a, b)
    assert not alone.pairs and alone.reason.endswith("; --pair cond,block would pair them")


def test_the_seed_is_enough_where_other_settings_do_not_match() -> None:
    """Where another setting was tuned for each run, the seed still pairs."""
    known = runs({"lr": 1, "seed": 1}, {"lr": 2, "seed": 2}, {"lr": 3, "seed": 1}, {"lr": 4, "seed": 2})
    assert find_pairs(known, ["r0", "r1"], ["r2", "r3"]).keys == ("seed",)


def test_what_does_not_match_is_not_paired() -> None:
    """Other seeds, seeds that come twice, a group that is larger, or no settings: no pairs by themselves."""
    for known in (runs({"seed": 1}, {"seed": 2}, {"seed": 2}, {"seed": 3}),
                  runs({"seed": 1}, {"seed": 1}, {"seed": 1}, {"seed": 1}), runs({}, {}, {}, {})):
        found = find_pairs(known, ["r0", "r1"], ["r2", "r3"])
        assert not found.pairs and found.reason.startswith("not paired: no seeds match")
    larger = runs({"seed": 1}, {"seed": 2}, {"seed": 1}, {"seed": 2}, {"seed": 3})
    assert not find_pairs(larger, ["r0", "r1"], ["r2", "r3", "r4"]).pairs


def test_a_failed_run_without_a_partner_undoes_no_pairs() -> None:
    """One more seed that diverged has no number, and nobody misses its partner: the others stay pairs. With a number it
    does count, and a failed run that has a partner stays one."""
    larger = runs({"seed": 1}, {"seed": 2}, {"seed": 1}, {"seed": 2}, {"seed": 3})
    paired = find_pairs(larger, ["r0", "r1"], ["r2", "r3", "r4"], failed=["r4"])
    assert paired.pairs == (("r0", "r2"), ("r1", "r3")) and paired.keys == ("seed",)
    assert not find_pairs(larger, ["r0", "r1"], ["r2", "r3", "r4"], failed=["r3"]).pairs
    assert len(find_pairs(larger, ["r0", "r1"], ["r2", "r3"], failed=["r3"]).pairs) == 2


def test_pairs_can_be_asked_for() -> None:
    """By name, short or long, also where runs have no partner, which are named; "none" is none; what cannot be is
    said."""
    known = runs({"learning_rate": 1}, {"learning_rate": 2}, {"learning_rate": 2}, {"learning_rate": 1},
                 {"learning_rate": 3})
    found = find_pairs(known, ["r0", "r1"], ["r2", "r3", "r4"], "lr")
    assert found.pairs == (("r0", "r3"), ("r1", "r2")) and found.without == ("r4",)
    assert "as asked for" in found.reason
    assert find_pairs(known, ["r0", "r1"], ["r2", "r3"], "none").reason == "not paired, as asked for"
    assert "no run has fold" in find_pairs(known, ["r0", "r1"], ["r2", "r3"], "fold").reason
    twice = runs({"seed": 1}, {"seed": 1}, {"seed": 1})
    assert "several runs" in find_pairs(twice, ["r0", "r1"], ["r2"], "seed").reason
