"""Reading one event file of 300,000 scalars, all points kept and all checksums checked, beside TensorBoard's loaders.

    python benchmarks/event_files.py            # some minutes, most of them to write the files
    python benchmarks/event_files.py --rows 30000

CPU time, pinned to one core, the candidates in turn, median of 7 (EventAccumulator: of 3); the control is livemon a
second time. The Rust loader is `tensorboard-data-server`: its whole process until it says that loading has finished.
With `scalars=0` it checks and reads everything, and keeps no point; with `scalars=all` it keeps what livemon keeps. The
audit at the end of a watch parses each record with its own code: 600,000 records must fit into its 10 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import struct
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from livemon.readers.base import read_table
from livemon.readers.encodings.crc32c import crc32c_of_many, mask_many
from livemon.readers.tensorboard.reader import TensorBoard
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing

ROUNDS = 7
SLOW_ROUNDS = 3
Work = Callable[[], float]


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call; its result is freed outside of the measured time."""
    start = time.process_time()
    result = work()
    elapsed = time.process_time() - start
    del result
    return elapsed


def write_with_torch(path: Path, tags: list[str], rows: int) -> None:
    """A file as PyTorch's SummaryWriter writes it, byte for byte except for the times: its own events, framed at
    once."""
    from tensorboard.compat.proto.event_pb2 import Event
    from torch.utils.tensorboard import summary

    random = np.random.default_rng(0)
    data = [Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()]
    for row in range(rows):
        scalar = summary.scalar(tags[row % len(tags)], random.normal())
        event = Event(wall_time=1.7e9 + row / 100, step=row // len(tags), summary=scalar)
        data.append(event.SerializeToString())
    write_framed(path, data)


def write_framed(path: Path, data: Sequence[bytes]) -> None:
    """A file of these events, each with its length and the checksums of both."""
    lengths = np.array([len(event) for event in data])
    ends = np.cumsum(lengths)
    checksums = mask_many(crc32c_of_many(np.frombuffer(b"".join(data), np.uint8), ends - lengths, ends))
    headers = [struct.pack("<Q", length) for length in lengths]
    places = np.arange(len(headers)) * 8
    of_lengths = mask_many(crc32c_of_many(np.frombuffer(b"".join(headers), np.uint8), places, places + 8))
    with path.open("wb") as file:
        for header, length_checksum, event, checksum in zip(headers, of_lengths, data, checksums, strict=True):
            file.write(header + struct.pack("<I", length_checksum) + event + struct.pack("<I", checksum))


def livemon(folder: Path, rows: int) -> float:
    """CPU seconds of finding the file and reading all of it into a table, with every point of every column."""
    reader_format = TensorBoard()

    def read() -> object:
        [path] = reader_format.find(Listing(folder))
        table = read_table(reader_format.open(path))
        assert sum(len(column) for column in table.columns.values()) == 3 * rows  # step, time and value
        return table

    return cpu_seconds(read)


def audit(folder: Path, rows: int) -> float:
    """CPU seconds of the audit of a file that has been read."""
    run = ExperimentLoader(folder)
    run.refresh()

    def check() -> object:
        audits = run.audit(600.0)
        assert [(one.compared, one.differing) for one in audits] == [(rows, 0)]
        return audits

    return cpu_seconds(check)


def rust(folder: Path, kept: str) -> float:
    """CPU seconds of the Rust loader's process, from its start to the end of its only load."""
    import tensorboard_data_server

    command = [str(tensorboard_data_server.server_binary()), "--logdir", str(folder), "--port", "0", "--reload", "once",
               "--checksum", f"--samples-per-plugin=scalars={kept}", "-v"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if "Finished load cycle" in line:
                break
        fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
        before = children_seconds()
        server.kill()
    assert fields[0] in "RS"
    return children_seconds() - before


def children_seconds() -> float:
    """CPU seconds of child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def accumulator(folder: Path, rows: int) -> float:
    """CPU seconds of TensorBoard's EventAccumulator."""
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    def read() -> object:
        found = EventAccumulator(str(folder), size_guidance={SCALARS: 0}).Reload()
        assert sum(len(found.Scalars(tag)) for tag in found.Tags()["scalars"]) == rows
        return found

    return cpu_seconds(read)


def bench(folder: Path, rows: int) -> None:
    """All candidates in turn on one file."""
    candidates: dict[str, Work] = {
        "livemon": lambda: livemon(folder, rows),
        "Rust, scalars=0": lambda: rust(folder, "0"),
        "Rust, scalars=all": lambda: rust(folder, "all"),
        "control": lambda: livemon(folder, rows),
    }
    seen: dict[str, list[float]] = {name: [] for name in [*candidates, "EventAccumulator"]}
    for turn in range(ROUNDS):
        for name, work in candidates.items():
            seen[name].append(work())
        if turn < SLOW_ROUNDS:
            seen["EventAccumulator"].append(accumulator(folder, rows))
    found = {name: statistics.median(times) for name, times in seen.items()}
    goals = {"Rust, scalars=0": "(goal 1)", "EventAccumulator": "(goal 40)"}
    for name, seconds in found.items():
        print(f"  {name:<18} {seconds:7.3f} s  {seconds / found['livemon']:7.2f} x livemon {goals.get(name, '')}")


def main() -> None:
    """Run all and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")
    few = ["train/loss", "train/acc", "lr", "val/loss"]
    many = [f"layer_{number}/{'gradient_norm' if number % 3 else 'weight'}" for number in range(1000)]
    for name, tags in (("4 tags", few), ("1,000 tags", many)):
        with tempfile.TemporaryDirectory() as folder:
            write_with_torch(Path(folder) / "events.out.tfevents.1700000000.host.1.0", tags, rows)
            print(f"\n{rows:,} scalars, {name}; CPU time, median of {ROUNDS}, with numpy {np.__version__}")
            bench(Path(folder), rows)
            seconds = audit(Path(folder), rows)
            whole = seconds * 600_000 / rows
            print(f"  an audit           {seconds:7.3f} s, of 600,000 scalars {whole:.1f} s (goal 10)")


if __name__ == "__main__":
    main()
