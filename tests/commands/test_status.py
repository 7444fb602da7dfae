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
    assert "critical: train_loss is no finite number since step 200" in line and "step 299" in line


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
