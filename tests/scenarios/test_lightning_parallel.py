"""lightning.py in real trainings of two processes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightning")

RUNS = int(os.environ.get("LIVEMON_PARALLEL_RUNS", "1"))
HANGS_AFTER_SECONDS = 110 if RUNS == 1 else 600  # many runs may be for a machine that has other things to do
SCRIPT = Path(__file__).parent / "parallel_training.py"


def train(folder: Path, strategy: str, monitor: str = "monitor") -> list[dict[str, Any]]:
    """Train in a folder; gives what each of the two processes says."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "ignore", str(SCRIPT), strategy, monitor], cwd=folder, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        errors = process.communicate(timeout=HANGS_AFTER_SECONDS)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGABRT)  # then each process says where it stood
        pytest.fail(process.communicate()[1])
    assert process.returncode == 0, errors
    assert "the training is not affected" not in errors, "nothing went wrong in a hook"
    return [json.loads((folder / f"rank_{rank}.json").read_text()) for rank in range(2)]


def check(folder: Path, reports: list[dict[str, Any]]) -> None:
    assert [report["ours"] for report in reports] == [[], []]
    (run,) = folder.glob("livemon/version_*")
    notes = json.loads((run / "livemon.json").read_text())
    assert (notes["state"], notes["devices"]) == ("finished", "2 x CPU")
    assert (notes["total_steps"], notes["batch_size"]) == (16, 8)
    assert notes["pid"] == reports[0]["pid"]
    with open(run / "logs" / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows if row["train_loss_step"]] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert [int(row["step"]) for row in rows if row["grad_norm"]] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert len([row for row in rows if row["val_loss"]]) == 2


def test_ddp_of_two_processes(tmp_path: Path) -> None:
    """Under DDP every training comes to its end, only rank 0 records, once, and nothing of ours begins a collective in
    any process."""
    for number in range(RUNS):
        folder = tmp_path / f"with_{number}"
        check(folder, train(folder, "ddp"))


@pytest.mark.slow
def test_ddp_trains_the_same_without_us(tmp_path: Path) -> None:
    """A DDP training has the same collectives, and the same weights to the bit, with and without the monitor."""
    with_us, without = train(tmp_path / "with", "ddp"), train(tmp_path / "without", "ddp", "alone")
    for said in ("begun", "weights"):
        assert [report[said] for report in with_us] == [report[said] for report in without]
    assert "all_reduce" in with_us[0]["begun"], "it is seen where there is one"


@pytest.mark.slow
def test_ddp_spawn(tmp_path: Path) -> None:
    """Under ddp_spawn the callback is pickled into the processes, and rank 0 there records."""
    folder = tmp_path / "with"
    check(folder, train(folder, "ddp_spawn"))


LONG = """
import sys, time
sys.path.insert(0, sys.argv[1])
import lightning.pytorch as pl, torch
from parallel_training import Model
from livemon_integrations.lightning import LiveMonitor

class Slow(pl.Callback):
    def on_train_batch_end(self, trainer, *args):
        if trainer.global_step == 5:
            print("ready", flush=True)
        time.sleep(0.05)

loader = torch.utils.data.DataLoader(torch.randn(4000, 4), batch_size=4)
trainer = pl.Trainer(
    accelerator="cpu", devices=1, callbacks=[LiveMonitor("none"), Slow()], logger=pl.loggers.CSVLogger("."),
    enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1,
)
trainer.fit(Model(), loader, loader)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends a process at once there")
def test_a_real_sigterm_is_preemption(tmp_path: Path) -> None:
    """A training that gets SIGTERM in its grace period is noted as preempted, draws nothing, and keeps its rows."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", LONG, str(SCRIPT.parent)], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    asked = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert time.monotonic() - asked < 30
    (run,) = tmp_path.glob("lightning_logs/version_*")
    notes = json.loads((run / "livemon.json").read_text())
    assert (notes["state"], notes["reason"], notes["evidence"]) == ("failed", "preempted", "SIGTERM")
    assert not (run / "plots").exists()
    assert len((run / "metrics.csv").read_text().splitlines()) > 4
