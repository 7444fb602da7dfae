"""What Stable-Baselines3's EvalCallback keeps."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.readers.registry import format_of
from livemon.readers.sb3_evaluations import Sb3Evaluations
from livemon.runs.experiment import ExperimentLoader


def archive(n: int = 3, **more: Any) -> bytes:
    file = io.BytesIO()
    results = np.arange(n * 5, dtype=np.float64).reshape(n, 5)
    arrays = {"timesteps": np.arange(1, n + 1) * 1000, "results": results, "ep_lengths": np.full((n, 5), 20)} | more
    np.savez(file, **arrays)
    return file.getvalue()


def test_evaluations(tmp_path: Path) -> None:
    """Issue 16: a row for each evaluation: the mean over its episodes, in the folder and by name; it grows."""
    path = tmp_path / "evaluations.npz"
    path.write_bytes(archive(2))
    run = ExperimentLoader(tmp_path)
    assert run.refresh() == 2 and run.format == "Stable-Baselines3 evaluations"
    path.write_bytes(archive(3))
    assert run.refresh() == 1 and format_of(path) is not None
    assert run.series("eval/mean_reward").to_dict() == {1000: 2.0, 2000: 7.0, 3000: 12.0}
    assert run.series("eval/mean_ep_length").tolist() == [20.0] * 3
    assert run.series("eval/std_reward").tolist() == pytest.approx([2**0.5] * 3)
    assert run.load_metrics().shape == (3, 4)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    """Issue 16: an archive with objects, which only pickle could read, is refused with the reason."""
    path = tmp_path / "evaluations.npz"
    path.write_bytes(archive(results=np.array([[1], [2, 3], []], dtype=object)))
    reader = Sb3Evaluations().open(path)
    reader._now = lambda: 9e9  # type: ignore[attr-defined]
    update = reader.read()
    assert update.status == "unreadable" and "allow_pickle" in update.problem


@pytest.mark.parametrize("data", [archive()[:400], archive(results=np.zeros(2)), archive(timesteps=np.zeros((3, 2))),
                                  archive(results=np.array(["a"] * 3)), b"PK\x03\x04" + b"timesteps.npy" * 9])
def test_what_is_half_or_something_else(tmp_path: Path, data: bytes) -> None:
    """An archive that is cut, or holds something else, gives no rows."""
    path = tmp_path / "evaluations.npz"
    path.write_bytes(data)
    reader = Sb3Evaluations().open(path)
    for _ in range(2):
        update = reader.read()
        assert update.block is None and update.status in ("rewriting", "unreadable")


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(Sb3Evaluations(), tmp_path, "evaluations.npz", archive())
