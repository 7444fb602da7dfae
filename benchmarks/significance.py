"""Do the statistics keep their promises? Simulated studies with a known truth, beside the nominal figures.

For groups of 2 to 10 runs, with normal values, lognormal ones, rounded ones with ties, and groups in which runs
sometimes fail: how often the interval of a group covers the true middle (nominal 95 %), how often a test finds a
difference where there is none (nominal 5 %), and how often it finds a difference of two standard deviations. For
settings without effect: how often any setting is called important (nominal 5 %); and how often a setting is found whose
best value lies in the middle of a 3 x 3 x 3 grid. (A file called statistics.py would shadow Python's own module.)

Everything is drawn with one seed, so the figures are reproducible. `--studies` is the number of studies of each kind.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Callable
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import Middle, band_of, middle_of
from livemon.analysis.statistics.hypothesis_tests import TestName, compare
from livemon.analysis.statistics.importance import importance_of

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

SIZES = (2, 3, 4, 5, 6, 8, 10)


def _failing(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.where(rng.random(shape) < 0.05, 10.0, rng.normal(size=shape))


DRAWS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(0.0, 0.5, size=shape),
    "ties": lambda rng, shape: np.round(rng.normal(size=shape), 1),
    "failures": _failing,
}


def _row(name: str, cells: list[str]) -> None:
    print(f"  {name:<34}" + "".join(f"{cell:>8}" for cell in cells))


def coverage(studies: int) -> None:
    """How often the interval of a group's middle covers the true one."""
    print("intervals: share that hold the true middle, nominal 0.95; '-' is no interval")
    _row("runs in the group", [str(n) for n in SIZES])
    for kind, draw in DRAWS.items():
        for middle in get_args(Middle):
            cells = []
            for n in SIZES:
                rng = np.random.default_rng(n)
                truth = float(np.mean(middle_of(draw(rng, (n, 200_000)), middle)))
                if middle != "iqm":
                    truth = float(middle_of(draw(rng, (1_000_000,)), middle))
                low, high = band_of(draw(rng, (n, studies)), middle, "auto")
                held = float(((low <= truth) & (truth <= high)).mean())
                cells.append("-" if np.isnan(low).all() else f"{held:.3f}")
            _row(f"{kind}, {middle}", cells)


def errors_and_power(studies: int) -> None:
    """How often tests find a difference that does not exist, and one that does."""
    for words, shift in (("no difference: share of p <= 0.05, at most 0.05", 0.0), ("2 sd apart: share found", 2.0)):
        print(f"tests, {words}")
        _row("runs in each group", [str(n) for n in SIZES])
        for kind, draw in DRAWS.items():
            for test, paired in itertools.product(get_args(TestName), (False, True)):
                cells = []
                for n in SIZES:
                    rng, hits = np.random.default_rng(n), 0
                    for _ in range(studies):
                        a, b = draw(rng, (n,)) + shift, draw(rng, (n,))
                        if paired:  # the common part of a pair is as large as the individual parts
                            shared = rng.normal(size=n)
                            a, b = a + shared, b + shared
                        p = compare(a, b, test, paired=paired).p
                        hits += bool(not math.isnan(p) and p <= 0.05)
                    cells.append(f"{hits / studies:.3f}")
                _row(f"{kind}, {test}{', paired' * paired}", cells)


def importance_under_the_null(studies: int) -> None:
    """How often any setting is called important if none has an effect."""
    counts = (1, 3, 10)
    print("importance where no setting matters: share of studies in which one is called important, at most 0.05")
    _row("settings", [str(count) for count in counts])
    for runs in (4, 6, 8, 12, 16):
        cells = []
        for count in counts:
            rng, wrong = np.random.default_rng(100 * runs + count), 0
            for _ in range(studies):
                settings = {f"r{run}": {f"s{key}": _setting(rng, key) for key in range(count)} for run in range(runs)}
                table = importance_of(settings, {name: float(rng.normal()) for name in settings}, rising=False)
                wrong += bool((table["p_holm"] <= 0.05).any())
            cells.append(f"{wrong / studies:.3f}")
        _row(f"{runs} runs", cells)


def _setting(rng: np.random.Generator, key: int) -> float | str:
    kinds: tuple[float | str, ...] = (
        float(rng.choice([1e-4, 1e-3, 1e-2])), float(rng.normal()), str(rng.choice(["adam", "sgd"])))
    return kinds[key % 3]


def importance_of_a_middle(studies: int) -> None:
    """A best value in the middle, by five times the noise."""
    rng, found, wrong = np.random.default_rng(0), 0, 0
    grid = list(itertools.product([1e-4, 1e-3, 1e-2], [0.0, 0.1, 0.2], [32, 64, 128]))
    settings = {f"r{run}": {"lr": lr, "wd": wd, "width": width} for run, (lr, wd, width) in enumerate(grid)}
    for _ in range(studies):
        values = {name: 0.5 * (one["lr"] != 1e-3) + 0.1 * float(rng.normal()) for name, one in settings.items()}
        table = importance_of(settings, values, rising=False)
        found += table.index[0] == "lr" and table.loc["lr", "best"] == "about 0.001"
        wrong += bool((table.loc[["wd", "width"], "p_holm"] <= 0.05).any())
    print("importance of a best value in the middle of a 3 x 3 x 3 grid, five noise sd")
    _row("found, at least 0.95", [f"{found / studies:.3f}"])
    _row("another called important, at most 0.05", [f"{wrong / studies:.3f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=200)
    studies = parser.parse_args().studies
    coverage(max(studies, 2000))
    errors_and_power(studies)
    importance_under_the_null(studies)
    importance_of_a_middle(studies)


if __name__ == "__main__":
    main()
