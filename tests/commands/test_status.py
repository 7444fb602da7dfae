from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Command = Callable[..., Any]


def write(folder: Path, metrics: int = 1, note: dict[str, Any] | None = None) -> Path:
    """A run of 300 steps that becomes NaN at step 200, with so many metrics."""
    folder.mkdir()
    loss = 0.1 + 2 * np.exp(-np.arange(300) / 40)
    loss[200:] = math.nan
    names = ["train_loss", *(f"layer_{number}/weight_norm_of_the_layer" for number in range(metrics - 1))]
    rows = "".join(f"{step},{','.join([str(loss[step])] + ['1.2345678'] * (metrics - 1))}\n" for step in range(300))
    (folder / "metrics.csv").write_text(f"step,{','.join(names)}\n{rows}")
    if note is not None:
        (folder / "livemon.json").write_text(json.dumps({"livemon": 1, **note}))
    return folder


def test_one_line(tmp_path: Path, livemon: Command) -> None:
    """The status is one line of at most 300 characters, with the state, the finding and the step."""
    write(tmp_path / "exp1")
    result = livemon("status", "exp1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (line,) = result.stdout.splitlines()
    assert len(line) <= 300 and line.startswith("exp1 ● running")
    assert "critical: train_loss has not been finite since step 200" in line and "step 299" in line


def test_two_kilobytes_of_json(tmp_path: Path, livemon: Command) -> None:
    """With 50 metrics the JSON is at most 2 KB, strict, and says what was left out."""
    write(tmp_path / "exp1", 50)
    result = livemon("status", "exp1", "--json", cwd=tmp_path)
    assert len(result.stdout.strip()) <= 2048
    found = json.loads(result.stdout, parse_constant=lambda constant: 1 / 0)
    assert found["verdict"] == "critical" and found["metrics_left_out"] > 0


def test_the_exit_status(tmp_path: Path, livemon: Command) -> None:
    """A run that failed is 1, one without rows or that is not there 2."""
    write(tmp_path / "exp1", note={"state": "failed", "reason": "killed"})
    assert livemon("status", "exp1", cwd=tmp_path).returncode == 1
    (tmp_path / "exp2").mkdir()
    (tmp_path / "exp2" / "metrics.csv").write_text("step,train_loss\n")
    for words in (["exp2"], ["missing"]):
        assert livemon("status", *words, cwd=tmp_path).returncode == 2


def test_a_finished_run_says_what_it_made(tmp_path: Path, livemon: Command) -> None:
    """Steps and epochs that count from 0 are 500 of 500 and 5 at the end, as in the picture; before, the last ones."""
    (tmp_path / "exp1").mkdir()
    rows = "".join(f"{step},{step // 100},{1 / (step + 1)}\n" for step in range(500))
    (tmp_path / "exp1" / "metrics.csv").write_text(f"step,epoch,train_loss\n{rows}")
    for state, words, numbers in (("finished", "500/500 steps · 5 epochs", (500, 5)),
                                  ("stopped", "step 499/500 · epoch 4", (499, 4))):
        (tmp_path / "exp1" / "livemon.json").write_text(
            json.dumps({"livemon": 1, "state": state, "total_steps": 500}))
        assert words in livemon("status", "exp1", cwd=tmp_path).stdout
        found = json.loads(livemon("status", "exp1", "--json", cwd=tmp_path).stdout)
        assert (found["step"], found["epoch"]) == numbers


def test_nothing_is_said_twice(tmp_path: Path, livemon: Command) -> None:
    """Why a run failed is said once, by its state; beside it stand the finding and what to do, or what else was
    found."""
    (tmp_path / "exp1").mkdir()
    rows = "".join(f"{step},{math.exp(-step / 40)}\n" for step in range(300))
    (tmp_path / "exp1" / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    (tmp_path / "exp1" / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "killed"}')
    line = livemon("status", "exp1", cwd=tmp_path).stdout
    evidence = json.loads(livemon("status", "exp1", "--json", cwd=tmp_path).stdout)["evidence"]
    assert line.count(evidence) == 1 and line.count("killed") == evidence.count("killed") + 1
    assert "| critical: process gone -> look at the system log" in line


def test_a_healthy_run_is_called_healthy(tmp_path: Path, livemon: Command) -> None:
    """The word stands alone."""
    (tmp_path / "exp1").mkdir()
    rows = "".join(f"{step},{0.1 + 2 * math.exp(-step / 40)}\n" for step in range(300))
    (tmp_path / "exp1" / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    assert " | healthy | " in livemon("status", "exp1", cwd=tmp_path).stdout
