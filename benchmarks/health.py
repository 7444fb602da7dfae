"""How well the health of runs is judged, beside losslint, runmedic and trainspotter, and what it costs.

    python benchmarks/health.py                  # trains the runs that are missing, some minutes; `make health`
    python benchmarks/health.py --set tuned      # of the kinds and seeds on which the conditions were tuned, alone
    python benchmarks/health.py --each           # and a line for each run that was judged wrongly

Of each kind of training: how many runs have a warning of the right kind (a healthy one: any warning), for livemon also
how many rows after the fault began the first word of it came. The peers are judged by their own words; a kind of theirs
counts as right where it means the same. A peer that is not installed (extra `bench`) is left out, and that is said.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from health_peers import PEERS, Told, missing_peers
from health_runs import FIRST_LOOK, SETS, write_run
from health_training import Kind

from livemon.health.checkup import Checkup
from livemon.health.finding import Severity
from livemon.runs.experiment import ExperimentLoader

_SHOWN = ("fresh", "held_out_2", "held_out_3", "held_out_4")
CACHE = Path(os.environ.get("LIVEMON_HEALTH_RUNS", Path(tempfile.gettempdir()) / "livemon-health-runs"))


def by_livemon(path: Path) -> list[Told]:
    """What livemon says of a run: kind, whether it is a warning, how many rows after its beginning it was said."""
    run = ExperimentLoader(path.parent)
    run.refresh()
    checkup = Checkup(run)
    checkup.update()
    return [Told(found.kind.value, found.severity is not Severity.INFO, (found.step or 0) - (found.since or 0))
            for found in checkup.findings]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=[*SETS], action="append", help="of runs; may be given again")
    parser.add_argument("--each", action="store_true", help="a line for each run that was judged wrongly")
    words = parser.parse_args()
    chosen = [(name, SETS[name]) for name in words.set or _SHOWN]
    judges: dict[str, Callable[[Path], list[Told]]] = {"livemon": by_livemon}
    judges |= {name: judge for name, judge in PEERS.items() if name not in missing_peers()}
    for name in missing_peers():
        print(f"{name} is not installed: pip install '.[bench]'")
    false_alarms, totals = dict.fromkeys(judges, 0), [0, 0]
    right_of_all = dict.fromkeys(judges, 0)
    for title, runs in chosen:
        before = [*totals], {**false_alarms}, {**right_of_all}
        print(f"\n{title}: {len(runs)} runs, {FIRST_LOOK[title]}")
        print(f"{'':47}{''.join(f'{name:>14}' for name in judges)}   rows until said")
        kinds: dict[str, list[tuple[Kind, int]]] = {}
        for kind, seed in runs:
            kinds.setdefault(kind.name, []).append((kind, seed))
        for name, those in kinds.items():
            kind, counts, rows = those[0][0], dict.fromkeys(judges, 0), []
            for _, seed in those:
                path = write_run(CACHE / title, kind, seed)
                for judge, tell in judges.items():
                    told = tell(path)
                    hits = [one for one in told if one.warns and (kind.healthy or one.kind in kind.expected)]
                    counts[judge] += bool(hits)
                    if judge == "livemon":
                        rows += [one.rows for one in hits]
                        if words.each and bool(hits) == kind.healthy:
                            print(f"    {path.parent.name}: {[(one.kind, one.warns) for one in told]}")
            label = "healthy" if kind.healthy else "|".join(kind.expected)
            later = f"{statistics.median(rows):12,.0f}" if rows and not kind.healthy else ""
            cells = "".join(f"{counts[judge]:>10} / {len(those)}" for judge in judges)
            print(f"  {name:24} {label:20}{cells}{later}")
            totals[not kind.healthy] += len(those)
            for judge in judges:
                (false_alarms if kind.healthy else right_of_all)[judge] += counts[judge]
        show_totals([now - then for now, then in zip(totals, before[0], strict=True)],
                    {judge: false_alarms[judge] - before[1][judge] for judge in judges},
                    {judge: right_of_all[judge] - before[2][judge] for judge in judges})
    if len(chosen) > 1:
        print("\nall of them")
        show_totals(totals, false_alarms, right_of_all)
    costs()
    commands()
    return 0


def show_totals(totals: list[int], false_alarms: dict[str, int], right: dict[str, int]) -> None:
    """How many runs each tool was right and wrong about."""
    for title, total, counted in (("healthy runs with a warning", totals[0], false_alarms),
                                  ("faulty runs with the right warning", totals[1], right)):
        print(f"  {title}, of {total}: {', '.join(f'{name} {count}' for name, count in counted.items())}")


def costs() -> None:
    """What judging costs, as a part of reading: of runs of 4,000, 100,000 and 1,000,000 rows of 10 columns."""
    random = np.random.default_rng(0)
    for rows in (4_000, 100_000, 1_000_000):
        noise = np.exp(random.normal(size=(rows, 8)) * 0.1)
        loss = (2 * np.exp(-np.arange(rows) / (rows / 8)) + 0.1) * noise[:, 0]
        frame = pd.DataFrame({"step": np.arange(rows), "epoch": np.arange(rows) // 1000, "train_loss": loss,
                              "val_loss": loss * noise[:, 1], "lr": np.linspace(0.1, 0.01, rows),
                              "grad_norm": noise[:, 2], "val_acc": 1 / (1 + loss), "tokens_per_second": noise[:, 3],
                              "a": noise[:, 4], "b": noise[:, 5]})  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            frame.to_csv(Path(folder) / "metrics.csv", index=False)
            parts = []
            for _ in range(5):
                start = time.process_time()
                run = ExperimentLoader(folder)
                run.refresh()
                read = time.process_time() - start
                checkup = Checkup(run)
                checkup.update()
                parts.append((read, time.process_time() - start - read))
            read, judged = (statistics.median(part) for part in zip(*parts, strict=True))
        print(f"{rows:,} rows x 10: reading {1000 * read:.0f} ms, judging {1000 * judged:.1f} ms = {judged / read:.0%} "
              "(goal 10 %)")


def commands() -> None:
    """What `status` and `check` of a run of 4,000 rows cost, in pairs with an import of pandas: CPU time."""
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
