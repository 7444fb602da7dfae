"""What tests of recording share: what stands in a run's files, and a script in a process of its own."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def rows_of() -> Callable[[Path], list[dict[str, str]]]:
    """The rows of a run's metrics.csv, as the csv module reads them."""

    def rows(run: Path) -> list[dict[str, str]]:
        with open(run / "logs" / "metrics.csv", newline="") as file:
            return list(csv.DictReader(file))

    return rows


@pytest.fixture(scope="session")
def start_script() -> Callable[..., subprocess.Popen[str]]:
    """Start Python code, with these words as its arguments."""

    def start(text: str, *args: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", text, *map(str, args)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start
