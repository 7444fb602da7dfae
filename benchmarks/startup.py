"""The cost of starting: `import livemon` against `import pandas`, `livemon --help` against an empty typer app.

CPU time (user and system) of fresh interpreters, pinned to one core if the system can, median of 7, in turn with the
peer and with the peer once more as the control: the difference of two equal things is noise.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys

REPEATS = 7

EMPTY_APP = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def empty(): pass
app()
"""

CASES = [
    ("import livemon / import pandas", ["-c", "import livemon"], ["-c", "import pandas"], 1.5),
    ("from livemon import ExperimentLoader / import pandas", ["-c", "from livemon import ExperimentLoader"],
     ["-c", "import pandas"], 1.5),
    ("livemon --help / an empty typer app", ["-m", "livemon", "--help"], ["-c", EMPTY_APP, "--help"], 1.3),
]


def cpu_seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name: str, ours: list[str], peer: list[str], goal: float) -> bool:
    for arguments in (ours, peer):  # byte code and disk cache
        cpu_seconds(arguments)
    rows = [(cpu_seconds(ours), cpu_seconds(peer), cpu_seconds(peer)) for _ in range(REPEATS)]
    ours_s, peer_s, control_s = (statistics.median(column) for column in zip(*rows, strict=True))
    ratio, control = ours_s / peer_s, control_s / peer_s
    verdict = "ok" if ratio <= goal else "MISSED"
    print(f"{name:52} {ours_s:.3f} s / {peer_s:.3f} s = {ratio:.2f}x (control {control:.2f}x, goal {goal}x) {verdict}")
    return ratio <= goal


def main() -> int:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    reached = [compare(*case) for case in CASES]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
