"""Runs to compare, and files of weights."""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon import ExperimentLoader, MultiExperimentLoader, discover_experiments
from livemon.testing import ScriptedWriter

SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"


def write_run(folder: Path, values: list[float], metric: str = "val_loss", first: int = 1, **config: Any) -> Path:
    writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", metric])
    for step, value in enumerate(values, first):
        writer.append(step=step, **{metric: value})
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def seeded(tmp_path: Path, finals: dict[str, list[float]], seeds: bool = True) -> MultiExperimentLoader:
    """Runs of groups: each ends at its final value."""
    dirs = []
    for method, values in finals.items():
        for seed, value in enumerate(values):
            more = {"seed": seed} if seeds else {"seed": f"{method}{seed}"}
            dirs.append(write_run(tmp_path / f"{method}_s{seed}", [9.0, value], method=method, lr=0.1, **more))
    return MultiExperimentLoader(dirs)


def make_run(folder: Path, rows: dict[str, list[Any]], config: dict[str, Any] | None = None) -> Path:
    """A run's folder with these columns; None is a blank cell."""
    writer = ScriptedWriter(folder / "logs" / "metrics.csv", list(rows))
    for values in zip(*rows.values(), strict=True):
        writer.append(**{name: value for name, value in zip(rows, values, strict=True) if value is not None})
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were summarised by reading them."""
    read: list[str] = []
    summarise = ExperimentLoader.get_summary

    def counting(run: ExperimentLoader, **options: Any) -> dict[str, Any]:
        read.append(run.name)
        return summarise(run, **options)

    monkeypatch.setattr(ExperimentLoader, "get_summary", counting)
    return read


def age(folder: Path, seconds: float) -> None:
    """Make everything in a folder that old."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - seconds,) * 2)


def save_safetensors(path: Path, tensors: dict[str, np.ndarray], types: dict[str, str]) -> Path:
    header, at, blob = {}, 0, b""
    for name, values in tensors.items():
        data = values.tobytes()
        header[name] = {"dtype": types[name], "shape": list(values.shape), "data_offsets": [at, at + len(data)]}
        at, blob = at + len(data), blob + data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + blob)
    return path


def safetensors(path: Path, header: Any, data: bytes = b"\0" * 16) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def saved(path: Path, item: Any, **how: Any) -> Path:
    """What torch saves; the test is skipped where it is absent."""
    pytest.importorskip("torch").save(item, path, **how)
    return path


@pytest.fixture
def seeds() -> MultiExperimentLoader:
    return MultiExperimentLoader(discover_experiments(SEED_LAYOUT))


@pytest.fixture(name="write_run")
def _write_run() -> Callable[..., Path]:
    """Writes a run that logs one metric, with a config where settings are given."""
    return write_run


@pytest.fixture(name="seeded")
def _seeded() -> Callable[..., MultiExperimentLoader]:
    """Makes runs of groups: each ends at its final value."""
    return seeded


@pytest.fixture(name="make_run")
def _make_run() -> Callable[..., Path]:
    """Makes a run's folder with some columns."""
    return make_run


@pytest.fixture(name="age")
def _age() -> Callable[[Path, float], None]:
    """Makes everything in a folder some seconds old."""
    return age


@pytest.fixture(name="save_safetensors")
def _save_safetensors() -> Callable[..., Path]:
    """Writes arrays as safetensors."""
    return save_safetensors


@pytest.fixture(name="safetensors")
def _safetensors() -> Callable[..., Path]:
    """Writes a safetensors file with a description and bytes as they are given."""
    return safetensors


@pytest.fixture(name="saved")
def _saved() -> Callable[..., Path]:
    """Lets torch save something; the test is skipped where torch is absent."""
    return saved
