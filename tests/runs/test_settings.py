"""The settings of a run."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from livemon.runs.folder import RunFolder
from livemon.runs.settings import RunSettings, value_of
from livemon.tables.anomalies import Anomalies


def test_settings_that_come_late(tmp_path: Path) -> None:
    """They are looked for until there are some; what is wrong with a file is an anomaly until it is put right."""
    anomalies = Anomalies()
    settings = RunSettings(RunFolder(tmp_path, time.time), anomalies)
    assert (settings.values, settings.why_none) == ({}, f"no config.json in {tmp_path}")
    (tmp_path / "config.json").write_text("{")
    assert settings.values == {} and "config.json" in settings.why_none
    assert [anomaly.kind for anomaly in anomalies.as_list()] == ["config"]
    (tmp_path / "config.json").write_text('{"lr": 0.1, "max_steps": 50}')
    assert (settings.values["lr"], settings.total_steps, anomalies.as_list()) == (0.1, 50, [])


@pytest.mark.parametrize(("value", "steps"), [(100, 100), (10.0, 10), (True, 7), ("5", 7), (-1, 7), (1e20, 7)])
def test_total_steps(tmp_path: Path, value: object, steps: int) -> None:
    """livemon.json says how long the training will be, else the settings; what is no such number is passed over."""
    (tmp_path / "livemon.json").write_text(json.dumps({"total_steps": value, "config": {"total_steps": 7}}))
    assert RunSettings(RunFolder(tmp_path, time.time), Anomalies()).total_steps == steps


def test_dotted_names() -> None:
    """A dotted name reaches into nested settings; an exact name wins."""
    settings = {"a": {"b": 1, "c": {"d": 2}}, "a.b": 3}
    assert [value_of(settings, key, None) for key in ("a.b", "a.c.d", "a.c.d.e", "b")] == [3, 2, None, None]
