"""What the tests of several commands are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.testing import ScriptedWriter


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """Six runs without a config, of two methods and three seeds each, and an empty one."""
    for method, level in (("base", 2.0), ("ours", 1.0)):
        for seed in range(3):
            writer = ScriptedWriter(tmp_path / f"{method}_s{seed}" / "logs" / "metrics.csv", ["step", "val_loss"])
            for step in range(5):
                writer.append(step=step, val_loss=level + 1 / (step + 1) + seed**level / 50)
    ScriptedWriter(tmp_path / "empty" / "logs" / "metrics.csv", ["step", "val_loss"])
    return tmp_path
