from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from livemon.runs.run_name import as_file_name, key_of_run, long_name, long_names, longer_names


@pytest.mark.parametrize(("folder", "name"), [
    ("proj/exp_lr3", "exp_lr3"), ("proj/lightning_logs/version_0", "lightning_logs/version_0"),
    ("proj/lightning_logs/version_3/livemon", "lightning_logs/version_3"), ("proj/gpt/livemon", "gpt"),
    ("proj/gpt/logs", "gpt"), ("sweep/10-22-33/3", "sweep/10-22-33/3"), ("proj/base/seed_3", "base/seed_3"),
    ("proj/run_2", "run_2"), ("proj/exp7", "exp7"), ("mlflow.db/loud-hen", "loud-hen"),
])
def test_a_long_name_says_something(tmp_path: Path, folder: str, name: str) -> None:
    """A run is never called "livemon" or "3": folders above it make its name longer until it says something."""
    assert long_name(tmp_path / folder) == name


def test_a_framework_has_a_name_for_an_id(tmp_path: Path) -> None:
    """Where the folder is an id, the name that the framework gave counts; else it does not."""
    assert long_name(tmp_path / "0" / ("a" * 32), "loud hen") == "loud hen"
    assert long_name(tmp_path / "exp1", "loud hen") == "exp1"


def test_one_name_wherever_a_run_was_named_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run has one name and one key: by a relative path, by a link, from within."""
    run = tmp_path / "lightning_logs" / "version_0"
    run.mkdir(parents=True)
    (tmp_path / "latest").symlink_to(run)
    monkeypatch.chdir(run)
    ways = [run, tmp_path / "latest", Path("."), Path(os.path.relpath(run))]
    assert {long_name(way) for way in ways} == {"lightning_logs/version_0"}
    assert len({key_of_run(way) for way in ways}) == 1


def test_names_that_collide_become_longer(tmp_path: Path) -> None:
    """Two long names that are the same are told apart by more folders; a run that is given twice by a number."""
    folders = [tmp_path / rest for rest in ("a/lightning_logs/version_0", "b/lightning_logs/version_0", "c/exp1")]
    assert long_names([*folders, folders[-1]]) == [
        "a/lightning_logs/version_0", "b/lightning_logs/version_0", "exp1", "exp1 (2)"]
    assert next(longer_names(folders[0])) == "a/lightning_logs/version_0"
    assert [as_file_name(name) for name in itertools.islice(longer_names(folders[2]), 1)] == ["c-exp1"]
