"""No secret of a config is shown, printed or written into what is sent to others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SECRET, TOKEN = "correcthorse", "hf_abcdefghijklmnop"
CONFIG = {"lr": 0.1, "batch_size": 8, "api_key": SECRET, "hub": {"token": SECRET, "url": f"https://me:{SECRET}@host/x"},
          "note": f"use {TOKEN}"}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs with secrets in their configs."""
    for number in range(2):
        folder = tmp_path / "runs" / f"s{number}"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(CONFIG | {"seed": number, "api_key": f"{SECRET}{number}"}))
        rows = "".join(f"{step},{1 / (step + 1 + number)}\n" for step in range(60))
        (folder / "metrics.csv").write_text("step,val_loss\n" + rows)
    return tmp_path


@pytest.mark.parametrize("command", [
    "watch runs/s0 --once", "watch runs/s0 --once --json", "ls runs --columns api_key,hub.token,note", "ls runs --json",
    "status runs/s0 --json", "check runs --json", "compare runs --group-by all", "compare runs --json",
    "compare runs --importance", "plot runs/s0 -o made.svg", "plot runs/s0 -o made.html", "compare runs -o made.svg",
    "report runs/s0 -o made.html", "report runs -o made.html", "report runs/s0 -o made.md", "report runs -o made.md",
])  # fmt: skip
def test_no_command_shows_a_secret(command: str, runs: Path, livemon: Callable[..., Any]) -> None:
    """Values that are called a key, token or password, and what looks like one, are masked in all that a command prints
    or writes; their names, and other settings, are there."""
    done = livemon(*command.split(), cwd=runs)
    assert done.returncode in (0, 2, 3, 4), done.stderr
    written = "".join(path.read_text("utf-8", "replace") for path in runs.glob("made*") if path.is_file())
    shown = done.stdout + done.stderr + written
    assert shown and SECRET not in shown and TOKEN not in shown
