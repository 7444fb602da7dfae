"""What tests of runs share: a run's folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def write_run() -> Callable[..., Path]:
    """Write a run's folder: its `logs/metrics.csv`, and beside it the config, if there is one."""

    def write(folder: Path, text: str, **config: Any) -> Path:
        (folder / "logs").mkdir(parents=True)
        (folder / "logs" / "metrics.csv").write_text(text)
        if config:
            (folder / "config.json").write_text(json.dumps(config))
        return folder

    return write
