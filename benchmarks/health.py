"""The quality of health verdicts, beside losslint, runmedic and trainspotter, and their cost.

    python benchmarks/health.py                  # trains the runs that are missing; `make health`
    python benchmarks/health.py --set tuned      # of the kinds and seeds on which the conditions were tuned, alone
    python benchmarks/health.py --each           # and a line for each run that was judged wrongly

Of each kind of training: how many runs have a warning of the right kind (a healthy one: any warning), for livemon also
how many rows after the fault began the first word of it came. Then of each kind of finding: how many of the runs that
were to have it have it, and how many healthy runs have it; what the conditions were tuned on, and what was held out,
apart. The peers are judged by their own words; a kind of theirs counts as right where it means the same. A peer that is
not installed (extra `bench`) is left out, and that is said.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from health_peers import PEERS, Told, missing_peers
from health_runs import FIRST_LOOK, SETS, Kind, labelled, why_left_out, write_run

from livemon.health.checkup import Checkup
from livemon.health.finding import Severity
from livemon.runs.experiment import ExperimentLoader

# What is shown by default, under its heading.
_SHOWN = {
    "tuned on, or mended after its first look": [
        "tuned", "fresh", "held_out_2", "held_out_3", "held_out_4", "held_out_5", "held_out_6",
        "held_out_7", "held_out_8", "held_out_9"],
    "held out: other kinds and seeds": ["held_out_10"],
}
_SOON = 3  # rows
_SECONDS_EACH = 0.75  # of CPU time for a training and all judges
CACHE = Path(os.environ.get("LIVEMON_HEALTH_RUNS", Path(tempfile.gettempdir()) / "livemon-health-runs"))


def by_livemon(path: Path) -> list[Told]:
    """livemon's findings about a run: the kind, whether it is a warning, and after how many rows it was reported."""
    run = ExperimentLoader(path.parent)
    run.refresh()
    checkup = Checkup(run)
    checkup.update()
    return [Told(found.kind.value, found.severity is not Severity.INFO, (found.step or 0) - (found.since or 0),
                 found.row)
            for found in checkup.findings]


@dataclass
class Tally:
    """What the tools said of some runs.

    Attributes:
        healthy, faulty: How many runs there were.
        alarms, right: tool -> how many healthy runs have a warning, how many faulty ones the right one.
        expected: kind of finding -> how many runs were to have it.
        found, false: (tool, kind of finding) -> how many of those runs have it; how many healthy runs do.
    """

    healthy: int = 0
    faulty: int = 0
    alarms: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    false: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, kind: Kind, told: dict[str, list[Told]]) -> dict[str, bool]:
        """Count a run; for each tool, whether it has a warning (of a healthy run), or the right one."""
        hits = {tool: {one.kind for one in said if one.warns and (kind.healthy or one.kind in kind.expected)}
                for tool, said in told.items()}
        if kind.healthy:
            self.healthy += 1
            self.false.update((tool, which) for tool, kinds in hits.items() for which in kinds)
        else:
            self.faulty += 1
            self.expected[kind.expected[0]] += 1
            self.found.update((tool, kind.expected[0]) for tool, kinds in hits.items() if kinds)
        (self.alarms if kind.healthy else self.right).update(tool for tool, kinds in hits.items() if kinds)
        return {tool: bool(kinds) for tool, kinds in hits.items()}

    def join(self, other: Tally) -> None:
        """Add what another one counted."""
        self.healthy, self.faulty = self.healthy + other.healthy, self.faulty + other.faulty
        for name in ("alarms", "right", "expected", "found", "false"):
            getattr(self, name).update(getattr(other, name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=[*SETS], action="append", help="of runs; may be given again")
    parser.add_argument("--each", action="store_true", help="a line for each run that was judged wrongly")
    parser.add_argument("--peers", choices=["yes", "no"], default="yes", help="whether the other tools judge, too")
    words = parser.parse_args()
    chosen = words.set or [title for titles in _SHOWN.values() for title in titles]
    judges: dict[str, Callable[[Path], list[Told]]] = {"livemon": by_livemon}
    if words.peers == "yes":
        judges |= {name: judge for name, judge in PEERS.items() if name not in missing_peers()}
        for name in missing_peers():
            print(f"{name} is not installed: pip install '.[bench]'")
    runs = sum(len(SETS[title]) for title in chosen)
    print(f"{runs:,} trainings of small networks, half a second of CPU time each (they are kept in {CACHE}), and the "
          f"judging of each: {runs * _SECONDS_EACH / 60:.0f} to {2 * runs * _SECONDS_EACH / 60:.0f} minutes, a quarter "
          "of it when the trainings are there", flush=True)
    tallies = {title: judge_set(title, judges, words.each) for title in chosen}
    for heading, titles in _SHOWN.items():
        joined = Tally()
        for title in titles:
            if title in tallies:
                joined.join(tallies[title])
        if joined.healthy:
            show_kinds(heading, joined, [*judges])
    costs()
    commands()
    return 0


def judge_set(title: str, judges: dict[str, Callable[[Path], list[Told]]], shows_each: bool) -> Tally:
    """Judge the runs of a set, and print a line for each kind of training."""
    runs, tally = SETS[title], Tally()
    firsts: list[int] = []  # rows from where a twin shows the fault until the first alert
    print(f"\n{title}: {len(runs)} runs, {FIRST_LOOK[title]}")
    print(f"{'':47}{''.join(f'{name:>14}' for name in judges)}   rows until said")
    for name, those in itertools.groupby(runs, key=lambda run: run[0].name):
        counts: Counter[str] = Counter()
        left_out: Counter[str] = Counter()
        rows: list[float] = []
        number = 0
        for plain, seed in those:
            path = write_run(CACHE / title, plain, seed)
            kind = labelled(path, plain)
            if why := why_left_out(path, kind):
                left_out[why] += 1
                continue
            number += 1
            told = {judge: tell(path) for judge, tell in judges.items()}
            hits = tally.add(kind, told)
            counts.update(judge for judge, is_hit in hits.items() if is_hit)
            alerts = [one for one in told["livemon"] if one.warns and one.kind in kind.expected]
            rows += [one.rows for one in alerts]
            if kind.row >= 0 and alerts:
                firsts.append(min((one.row for one in alerts if one.row >= kind.row), default=-1) - kind.row)
            if shows_each and hits["livemon"] == kind.healthy:
                print(f"    {path.parent.name}: {[(one.kind, one.warns) for one in told['livemon']]}")
        label = "healthy" if plain.healthy else "|".join(plain.expected)
        cells = "".join(f"{counts[judge]:>10} / {number}" for judge in judges)
        later = f"{statistics.median(rows):12,.0f}" if rows else ""
        others = "".join(f"; {count} left out ({why})" for why, count in left_out.items())
        print(f"  {name:24} {label:20}{cells}{later}{others}", flush=True)
    for what, total, counted in (("healthy runs with a warning", tally.healthy, tally.alarms),
                                 ("faulty runs with the right warning", tally.faulty, tally.right)):
        print(f"  {what}, of {total}: {', '.join(f'{judge} {counted[judge]}' for judge in judges)}")
    if firsts:
        print(f"  first alert within {_SOON} rows of where the twin shows the fault: "
              f"{sum(0 <= rows <= _SOON for rows in firsts)} of {len(firsts)} that have it (else after: "
              f"{sorted(rows for rows in firsts if not 0 <= rows <= _SOON)})")
    return tally


def show_kinds(heading: str, tally: Tally, tools: list[str]) -> None:
    """Print a line for each kind of finding: recall, and the healthy runs that have it."""
    print(f"\n{heading}\n  {'':16}{'found, of those that were to have it':<{15 * len(tools)}}  "
          f"of {tally.healthy} healthy runs have it\n  {'':16}{''.join(f'{tool:>15}' for tool in tools)}  "
          f"{''.join(f'{tool:>13}' for tool in tools)}")
    seen = dict.fromkeys([*tally.expected, *sorted({kind for tool, kind in tally.false if tool == "livemon"})])
    for kind in seen:
        total = tally.expected[kind]
        found = "".join(f"{f'{tally.found[tool, kind]} / {total}' if total else '-':>15}" for tool in tools)
        print(f"  {kind:16}{found}  {''.join(f'{tally.false[tool, kind]:>13}' for tool in tools)}")
    found = "".join(f"{f'{tally.right[tool]} / {tally.faulty}':>15}" for tool in tools)
    print(f"  {'any':16}{found}  {''.join(f'{tally.alarms[tool]:>13}' for tool in tools)}")


def costs() -> None:
    """The cost of judging as a share of reading, for runs of several lengths and numbers of columns: CPU time."""
    for rows, columns in ((4_000, 2), (4_000, 10), (4_000, 50), (100_000, 10), (1_000_000, 10)):
        with tempfile.TemporaryDirectory() as folder:
            _made_frame(rows, columns).to_csv(Path(folder) / "metrics.csv", index=False)
            parts = []
            for _ in range(9):
                start = time.process_time()
                run = ExperimentLoader(folder)
                run.refresh()
                assert run.metric_names  # puts the columns together, as whoever looks at them does
                read = time.process_time() - start
                Checkup(run).update()
                parts.append((read, time.process_time() - start - read))
            read, judged = (statistics.median(part) for part in zip(*parts, strict=True))
            least_read, least_judged = map(min, zip(*parts, strict=True))
        print(f"{rows:,} rows x {columns}: reading {1000 * read:.1f} ms, judging {1000 * judged:.1f} ms = "
              f"{judged / read:.0%}; by the least times {least_judged / least_read:.0%} (goal 10 %)")
    for rows in (4_000, 100_000, 1_000_000):
        read, judged = (total / 600 / 1000 for total in _cost_of_new_rows(rows, 600))
        print(f"a row after {rows:,} x 10: reading {read:.0f} us, judging {judged:.0f} us = {judged / read:.0%} "
              "(goal 10 %)")


def _cost_of_new_rows(rows: int, new: int) -> tuple[int, int]:
    """The cost of reading so many new rows of 10 columns one by one, and of judging them: nanoseconds of CPU time."""
    frame = _made_frame(rows + new, 10)
    read = judged = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.csv"
        frame.iloc[:rows].to_csv(path, index=False)
        run = ExperimentLoader(folder)
        run.refresh()
        checkup = Checkup(run)
        checkup.update()
        with path.open("a") as file:
            for line in frame.iloc[rows:].to_csv(index=False, header=False).splitlines():
                file.write(line + "\n")
                file.flush()
                start = time.process_time_ns()
                run.refresh()
                assert run.metric_names
                then = time.process_time_ns()
                checkup.update()
                assert not checkup.findings
                read, judged = read + then - start, judged + time.process_time_ns() - then
    return read, judged


def _made_frame(rows: int, columns: int) -> pd.DataFrame:
    """The first columns of a healthy run."""
    random = np.random.default_rng(0)
    noise = np.exp(random.normal(size=(rows, max(columns, 8))) * 0.1)
    loss = (2 * np.exp(-np.arange(rows) / (rows / 8)) + 0.1) * noise[:, 0]
    more = {f"layer{index}/grad_norm": noise[:, index] for index in range(6, columns - 4)}
    frame = pd.DataFrame({"step": np.arange(rows), "train_loss": loss, "epoch": np.arange(rows) // 1000,
                         "val_loss": loss * noise[:, 1], "lr": np.linspace(0.1, 0.01, rows), "grad_norm": noise[:, 2],
                         "val_acc": 1 / (1 + loss), "tokens_per_second": noise[:, 3], "a": noise[:, 4],
                         "b": noise[:, 5], **more})
    return frame.iloc[:, :columns]


def commands() -> None:
    """The cost of `status` and `check` for a run of 4,000 rows, paired with an import of pandas: CPU time."""
    rows = np.arange(4_000)
    frame = pd.DataFrame({"step": rows, "train_loss": 2 * np.exp(-rows / 500) + 0.1 + 0.01 * np.sin(rows), "lr": 0.1})
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "metrics.csv", index=False)
        ratios: dict[str, list[float]] = {"status": [], "check": [], "a second import of pandas": []}
        for _ in range(9):
            pandas = _cpu_of("-c", "import pandas")
            for name in ("status", "check"):
                ratios[name].append(_cpu_of("-m", "livemon", name, folder) / pandas)
            ratios["a second import of pandas"].append(_cpu_of("-c", "import pandas") / pandas)
    told = ", ".join(f"{name} {statistics.median(found):.2f}" for name, found in ratios.items())
    print(f"4,000 rows, CPU time by that of `import pandas`: {told} (goal 1.7)")


def _cpu_of(*words: str) -> float:
    before = os.times()
    subprocess.run([sys.executable, *words], capture_output=True, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    sys.exit(main())
