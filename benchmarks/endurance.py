"""Long runs of the chain from a writer's file to the table: is anything lost, wrong or late?

    python benchmarks/endurance.py growth               # 200 trainings that rewrite their file, read at four paces
    python benchmarks/endurance.py sustained            # 100,000 rows a second for a minute
    python benchmarks/endurance.py latency              # from a write to the table, with and without events
    python benchmarks/endurance.py folders              # 10,000 run folders, 100 of them being written to
    python benchmarks/endurance.py growth --runs 20     # shorter

Each prints its counts, and exits with 1 if anything was lost or wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.new_runs import RunsBelow
from livemon.system.wakeups import Wakeups

POLLS = (0.005, 0.05, 0.25, 1.0)
ROWS = 1500


class Growing:
    """Writes a file like Lightning's CSVLogger: the same file is emptied and written again when a metric appears."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._dice = random.Random(seed)
        self._names = ["step", "train_loss"]
        self._rows: list[dict[str, str]] = []
        self._grow_at = sorted(self._dice.sample(range(100, ROWS), 3))

    def write(self, seconds: float) -> None:
        """Write all rows in about this time, with a flush every few rows."""
        self._flush(whole=True, start=0)
        start, pause = 0, seconds / ROWS
        began = time.monotonic()
        for step in range(ROWS):
            row = {name: repr(value_of(step, name)) for name in self._names if name != "step"}
            self._rows.append({"step": str(step), **row})
            whole = step in self._grow_at
            if whole:
                self._names = sorted([*self._names, f"metric_{self._grow_at.index(step)}"])
            if whole or step + 1 == ROWS or self._dice.random() < 0.1:
                self._flush(whole=whole, start=start)
                start = step + 1
            time.sleep(max(began + pause * step - time.monotonic(), 0.0))

    def _flush(self, *, whole: bool, start: int) -> None:
        with self._path.open("w" if whole else "a", newline="") as file:
            if whole:
                file.write(",".join(self._names) + "\r\n")
            for row in self._rows[0 if whole else start :]:
                file.write(",".join(row.get(name, "") for name in self._names) + "\r\n")


def value_of(step: int, name: str) -> float:
    """A logged value, unique for its row and column."""
    return step / 7 + len(name) + ord(name[-1])


class PolledReader:
    """A loader that looks regularly, and checks everything that it shows."""

    def __init__(self, path: Path, poll: float) -> None:
        self.run = ExperimentLoader(path)
        self.poll = poll
        self.looks = self.shrunk = self.wrong = 0
        self._shown = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(self.poll):
            self.look()

    def look(self) -> None:
        """Look once, and compare every row with what was written."""
        self.run.refresh()
        self.looks += 1
        shown = sum(table.n_rows for table in self.run.tables)
        self.shrunk += shown < self._shown
        self._shown = shown
        for table in self.run.tables:
            for name, column in table.columns.items():
                expected = column.rows if name == "step" else [value_of(row, name) for row in column.rows.tolist()]
                self.wrong += int((column.values != np.asarray(expected)).sum())

    def finish(self) -> tuple[int, int]:
        """Stop after a last look; returns the numbers of lost and of doubled rows."""
        self._stop.set()
        self._thread.join()
        deadline = time.monotonic() + 10
        self.look()
        while self.run.rewriting and time.monotonic() < deadline:
            time.sleep(0.05)
            self.look()
        steps = [int(step) for table in self.run.tables for step in table.columns["step"].values]
        return ROWS - len(set(steps)), len(steps) - len(set(steps))


def growth(runs: int, seconds: float) -> int:
    """Trainings whose file is rewritten three times, each read at four paces at once."""
    total = {poll: np.zeros(5, np.int64) for poll in POLLS}
    for seed in range(runs):
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "metrics.csv"
            path.touch()
            readers = [PolledReader(Path(name), poll) for poll in POLLS]
            Growing(path, seed).write(seconds)
            for reader in readers:
                lost, doubled = reader.finish()
                total[reader.poll] += [reader.looks, lost, reader.wrong, doubled, reader.shrunk]
    print(f"{runs} trainings of {ROWS:,} rows in {seconds:g} s, 3 header growths each; all rows compared at each look")
    print(f"  {'poll':>8} {'looks':>8} {'lost':>6} {'wrong':>6} {'doubled':>8} {'shown less':>11}")
    for poll, counted in total.items():
        looks, *odd = counted.tolist()
        print(f"  {poll * 1000:>5.0f} ms {looks:>8,} {odd[0]:>6} {odd[1]:>6} {odd[2]:>8} {odd[3]:>11}")
    return int(any(counted[1:].any() for counted in total.values()))


SUSTAINED_WRITER = """
import sys, time
path, seconds, rate = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
batch = rate // 100
tail = ",0.12345678,1.25,3.0e-4,17.5\\n"
start = time.time()
print(start, flush=True)
with open(path, "a", buffering=1 << 20) as file:
    for number in range(int(seconds * 100)):
        first = number * batch
        file.write("".join([str(first + row) + tail for row in range(batch)]))
        file.flush()
        time.sleep(max(start + (number + 1) / 100 - time.time(), 0))
"""


def sustained(seconds: float, rate: int) -> int:
    """Many rows per second: how far the table is behind the file, and the cost."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "metrics.csv"
        path.write_text("step,a,b,c,d\n")
        command = [sys.executable, "-c", SUSTAINED_WRITER, str(path), str(seconds), str(rate)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer, Wakeups([path]) as wakeups:
            assert writer.stdout is not None
            start = float(writer.stdout.readline())
            run, lags, cpu = ExperimentLoader(name), [], time.process_time()
            while writer.poll() is None:
                wakeups.wait(rest=0.05)
                written_before = time.time()
                run.refresh()
                (table,) = run.tables
                shown = int(table.columns["step"].values[-1]) + 1 if table.n_rows else 0
                lags.append(min(written_before - start, seconds) - shown / rate)
            cpu, wall = time.process_time() - cpu, time.time() - start
        run.refresh()
        steps = run.tables[0].columns["step"].values
        whole = len(steps) == int(seconds * 100) * (rate // 100) and bool((np.diff(steps) == 1).all())
    found = "all" if whole else "NOT ALL"
    print(f"{rate:,} rows a second for {seconds:g} s: {len(steps):,} rows, {found} in the table")
    median, most = np.median(lags) * 1000, max(lags) * 1000
    print(f"  behind the writer's plan: median {median:.0f} ms, most {most:.0f} ms (goal 1,000)")
    print(f"  CPU time of the reader: {cpu / wall:.2f} of one core (goal 1)")
    return int(not whole or max(lags) > 1.0 or cpu > wall)


def latency(writes: int) -> int:
    """From a write to its row in the table: with events, and with every event dropped."""

    class Nothing:
        def healthy(self) -> bool:
            return True

        def close(self) -> None:
            pass

    failed = 0
    for events, goal in ((True, 0.25), (False, 1.5)):
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "metrics.csv"
            path.write_text("step,loss\n")
            run = ExperimentLoader(name)
            took: list[float] = []
            wakeups = Wakeups([path]) if events else Wakeups([path], notify=lambda folders, changed: Nothing())
            with wakeups:
                at: dict[int, float] = {}
                count = writes if events else max(writes // 5, 20)

                def write(at: dict[int, float] = at, path: Path = path, count: int = count) -> None:
                    dice = random.Random(0)
                    for step in range(count):
                        time.sleep(dice.uniform(0.0, 0.4))
                        with path.open("a") as file:
                            at[step] = time.monotonic()
                            file.write(f"{step},0.5\n")

                thread = threading.Thread(target=write)
                thread.start()
                while len(took) < count:
                    wakeups.wait(rest=0.05)
                    run.refresh()
                    now = time.monotonic()
                    took += [now - at[step] for step in range(len(took), run.tables[0].n_rows)]
                thread.join()
        p99 = float(np.quantile(took, 0.99))
        failed |= p99 > goal
        what = "with events" if events else "every event dropped"
        print(f"{what}: {count} writes, median {np.median(took) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms "
              f"(goal {goal * 1000:,.0f})")
    return int(failed)


ACTIVE_WRITER = """
import os, sys, time
base, active, seconds, every = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
start, step, new = time.time(), 0, 0
settled = seconds / 2
while time.time() < start + seconds:
    step += 1
    for number in range(active):
        with open(f"{base}/run_{number:05d}/metrics.csv", "a") as file:
            file.write(f"{step},0.5\\n")
    if time.time() - start > settled + new * every:
        os.mkdir(f"{base}/new_{new}")
        with open(f"{base}/new_{new}/metrics.csv", "w") as file:
            file.write("step,loss\\n0,0.5\\n")
        print(new, time.time(), flush=True)
        new += 1
    time.sleep(1.0)
"""


def folders(count: int, active: int, seconds: float) -> int:
    """Many runs in one folder: the cost of finding out which are being written, reading those, and finding new ones."""
    with tempfile.TemporaryDirectory() as name:
        long_ago = time.time() - 86_400
        for number in range(count):
            path = Path(name) / f"run_{number:05d}" / "metrics.csv"
            path.parent.mkdir()
            path.write_text("step,loss\n0,0.5\n")
            os.utime(path, (long_ago, long_ago))
            os.utime(path.parent, (long_ago, long_ago))
        runs = RunsBelow(Path(name))
        loaders: dict[Path, ExperimentLoader] = {}
        first = time.process_time()
        assert len(runs.look().new) == count
        first = time.process_time() - first
        found: dict[str, float] = {}
        command = [sys.executable, "-c", ACTIVE_WRITER, name, str(active), str(seconds), "3"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            time.sleep(seconds / 3)
            for metrics in runs.look().written:
                loaders[metrics] = ExperimentLoader(metrics)
                loaders[metrics].refresh()
            looking = reading = 0.0
            began, looks = time.monotonic(), 0
            while writer.poll() is None:
                time.sleep(max(began + looks - time.monotonic(), 0.0))
                looks += 1
                started = time.process_time()
                changes = runs.look()
                looking += time.process_time() - started
                found |= {metrics.parent.name: time.time() for metrics in changes.new}
                started = time.process_time()
                for metrics in changes.written:
                    if metrics not in loaders:
                        loaders[metrics] = ExperimentLoader(metrics)
                    loaders[metrics].refresh()
                reading += time.process_time() - started
            wall = time.monotonic() - began
            time.sleep(1.0)
            found |= {metrics.parent.name: time.time() for metrics in runs.look().new}
            assert writer.stdout is not None
            made = {f"new_{number}": float(at) for number, at in map(str.split, writer.stdout)}
        late = [found[run] - at for run, at in made.items() if run in found]
        missed = len(made) - len(late)
    print(f"{count:,} run folders, {active} of them written to each second, for {wall:.0f} s; no inotify watch")
    print(f"  first look: {first:.1f} s of CPU time")
    print(f"  looking: {looking / wall:.2%} of a core; reading what was written: {reading / wall:.2%}; in all "
          f"{(looking + reading) / wall:.2%} (goal 2 %)")
    print(f"  {len(late)} new runs found after at most {max(late):.1f} s (goal 2), {missed} not found")
    return int(bool(missed) or max(late) > 2.0 or (looking + reading) / wall > 0.02)


def main() -> int:
    """Run the part that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["growth", "sustained", "latency", "folders"])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=int, default=100_000)
    parser.add_argument("--writes", type=int, default=500)
    parser.add_argument("--folders", type=int, default=10_000)
    arguments = parser.parse_args()
    if arguments.what == "growth":
        return growth(arguments.runs, arguments.seconds or 3.0)
    if arguments.what == "sustained":
        return sustained(arguments.seconds or 60.0, arguments.rate)
    if arguments.what == "folders":
        return folders(arguments.folders, 100, arguments.seconds or 120.0)
    return latency(arguments.writes)


if __name__ == "__main__":
    sys.exit(main())
