"""The cost of recording for the training: `log()` beside torch's SummaryWriter and wandb offline, LiveMonitor's hooks,
and the import of the callback.

    python benchmarks/recording.py             everything; wandb and Lightning where they are installed
    python benchmarks/recording.py log peers   some parts: log, peers, hooks, import

Times are those of the calling thread. Each has a control, an empty function or the same thing once more: the difference
of two equal things is noise. A call once per millisecond finds cold caches and costs several times one in a tight loop;
both are shown.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from livemon import record

METRICS = {f"metric_{number}": number / 3 + 0.1 for number in range(8)}
PACED_CALLS = 5_000
TIGHT_CALLS = 2_000

Call = Callable[[int], object]


def paced(call: Call, calls: int = PACED_CALLS) -> list[float]:
    """Microseconds of each call, one per millisecond, sorted."""
    took = []
    due = time.perf_counter_ns()
    for step in range(calls):
        due += 1_000_000
        while (left := due - time.perf_counter_ns()) > 0:
            time.sleep(left / 1e9)
        begun = time.perf_counter_ns()
        call(step)
        took.append((time.perf_counter_ns() - begun) / 1000)
    return sorted(took)


def tight(call: Call, calls: int = TIGHT_CALLS) -> tuple[float, float]:
    """Microseconds of this thread's CPU, and of wall time, of a call in a tight loop: the least of five."""
    cpu, wall = [], []
    for turn in range(5):
        first = turn * calls
        begun, begun_cpu = time.perf_counter_ns(), time.thread_time_ns()
        for step in range(first, first + calls):
            call(step)
        cpu.append((time.thread_time_ns() - begun_cpu) / calls / 1000)
        wall.append((time.perf_counter_ns() - begun) / calls / 1000)
    return min(cpu), min(wall)


def at(took: list[float], share: float) -> float:
    """The quantile of sorted times."""
    return took[min(int(len(took) * share), len(took) - 1)]


def verdict(good: bool) -> str:
    return "ok" if good else "MISSED"


def empty(step: int) -> None:
    pass


def bench_log() -> bool:
    print(f"log() of 8 metrics, one call in a millisecond, {PACED_CALLS:,} calls [us]")
    with tempfile.TemporaryDirectory() as folder, record(folder) as log:
        rows = [("empty, control", paced(empty)), ("log()", paced(lambda step: log(METRICS, step))),
                ("empty, control", paced(empty))]  # fmt: skip
    for name, took in rows:
        print(f"  {name:16} median {at(took, 0.5):6.1f}  p99 {at(took, 0.99):6.1f}  p99.9 {at(took, 0.999):7.1f}  "
              f"max {took[-1]:8.1f}")
    took = rows[1][1]
    reached = at(took, 0.5) <= 10 and at(took, 0.99) <= 50 and at(took, 0.999) <= 1000
    print(f"  goal: median 10, p99 50, p99.9 1000: {verdict(reached)}")
    return reached


def bench_peers() -> bool:
    """log() against the peers: thread CPU in a tight loop, and the median of paced calls."""
    print("a row of 8 metrics [us]: thread CPU and time in a tight loop, median of 1,000 paced calls")
    figures: dict[str, tuple[float, float, float]] = {}

    def measure(name: str, call: Call) -> None:
        gc.collect()
        figures[name] = (*tight(call, 500), at(paced(call, 1_000), 0.5))

    with tempfile.TemporaryDirectory() as folder, record(folder) as log:
        measure("log()", lambda step: log(METRICS, step))
    if importlib.util.find_spec("torch") and importlib.util.find_spec("tensorboard"):
        from torch.utils.tensorboard import SummaryWriter

        with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
            add = writer.add_scalar
            measure("SummaryWriter", lambda step: [add(name, value, step) for name, value in METRICS.items()])
    else:
        print("  SummaryWriter: skipped, torch or tensorboard is not installed here")
    if importlib.util.find_spec("wandb"):
        os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
        import wandb

        with tempfile.TemporaryDirectory() as folder, wandb.init(project="bench", dir=folder) as run:
            measure("wandb offline", lambda step: run.log(METRICS, step=step))
    else:
        print("  wandb: skipped, it is not installed here")
    with tempfile.TemporaryDirectory() as folder, record(folder) as log:
        measure("log(), control", lambda step: log(METRICS, step))
    ours = figures["log()"]
    reached = True
    for name, figure in figures.items():
        ratios = [theirs / our for theirs, our in zip(figure, ours, strict=True)]
        goal = {"SummaryWriter": 50, "wandb offline": 10}.get(name)
        good = goal is None or min(ratios[:2]) >= goal
        reached &= good
        aim = f"  goal {goal}x {verdict(good)}" if goal else ""
        print(f"  {name:16} CPU {figure[0]:8.2f} ({ratios[0]:6.1f}x)  time {figure[1]:8.2f} ({ratios[1]:6.1f}x)  "
              f"paced {figure[2]:8.2f} ({ratios[2]:6.1f}x){aim}")
    return reached


def bench_hooks() -> bool:
    """The cost of LiveMonitor's hooks in a real training, by thread CPU: when it records, and beside a CSVLogger."""
    if not importlib.util.find_spec("lightning"):
        print("hooks: skipped, Lightning is not installed here")
        return True
    import logging
    import warnings

    warnings.simplefilter("ignore")
    import lightning.pytorch as pl
    import torch

    from livemon_integrations import lightning as ours

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    spent: dict[str, list[int]] = {}

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        times = spent.setdefault(name, [])

        def call(*args: Any, **kwargs: Any) -> Any:
            begun = time.thread_time_ns()
            try:
                return function(*args, **kwargs)
            finally:
                times.append(time.thread_time_ns() - begun)

        return call

    class Model(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(8, 1)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            loss = (self.layer(batch) ** 2).mean()
            self.log_dict({f"metric_{number}": loss * number for number in range(7)})
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    class Timed(ours.LiveMonitor):
        pass

    class Control(pl.Callback):  # before and after: the first callback of a hook finds cold caches
        pass

    for name in ("on_train_batch_start", "on_train_batch_end", "on_before_optimizer_step"):
        setattr(Timed, name, timed(name, getattr(ours.LiveMonitor, name)))
        setattr(Control, name, timed(f"empty {name}, control", lambda self, *args: None))
    ours._Tap.record = timed("a row that is logged", ours._Tap.record)  # type: ignore[method-assign]
    loader = torch.utils.data.DataLoader(torch.randn(8_000, 8), batch_size=4)
    print("LiveMonitor's hooks in Lightning, 2,000 steps, 8 metrics every 10 steps [us of thread CPU, median]")
    reached = True
    for title, csv_logger in (("recording by itself", False), ("beside a CSVLogger", True)):
        for times in spent.values():
            times.clear()
        with tempfile.TemporaryDirectory() as folder:
            pl.Trainer(
                max_epochs=1, accelerator="cpu", logger=pl.loggers.CSVLogger(folder) if csv_logger else False,
                callbacks=[Control(), Timed("none", plots=False), Control()],
                enable_progress_bar=False, log_every_n_steps=10, enable_model_summary=False,
                enable_checkpointing=False, default_root_dir=folder,
            ).fit(Model(), loader)  # fmt: skip
        print(f"  {title}")
        for name, times in spent.items():
            if times:
                print(f"    {name:44} {statistics.median(times) / 1000:6.2f}  ({len(times):,} calls)")
        if not csv_logger:
            control = statistics.median(spent["empty on_train_batch_end, control"]) / 1000
            added = statistics.median(spent["a row that is logged"]) / 1000 - control
            reached = added <= 20
            print(f"    a row that is logged adds, beyond an empty call, {added:.2f}; goal 20: {verdict(reached)}")
    return reached


IMPORT = """
import time, warnings
warnings.simplefilter("ignore")
import lightning.pytorch
begun = time.process_time()
import livemon_integrations.lightning
middle = time.process_time()
livemon_integrations.lightning.LiveMonitor("none")
print(middle - begun, time.process_time() - middle)
"""


def bench_import() -> bool:
    if not importlib.util.find_spec("lightning"):
        print("import: skipped, Lightning is not installed here")
        return True
    took = []
    for _ in range(4):
        done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
        took.append([float(word) * 1000 for word in done.stdout.split()[-2:]])
    module, instance = (statistics.median(column) for column in zip(*took[1:], strict=True))
    good = module + instance <= 50
    print(f"import livemon_integrations.lightning after Lightning: {module:.1f} ms of CPU, the first LiveMonitor "
          f"{instance:.1f} ms (goal 50 in all): {verdict(good)}")
    return good


PARTS = {"log": bench_log, "peers": bench_peers, "hooks": bench_hooks, "import": bench_import}


def main(parts: list[str]) -> int:
    reached = [PARTS[part]() for part in parts or PARTS]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
