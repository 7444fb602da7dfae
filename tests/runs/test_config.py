from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from livemon import ExperimentLoader, record
from livemon.runs.config import read_config
from livemon.system.settings_files import SettingsFile, read_settings

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("config.json", '{"lr": 0.1}', {"lr": 0.1}),
    ("hparams.yaml", "lr: 0.1\nbetas: !!python/tuple [0.9, 0.99]\n", {"lr": 0.1, "betas": [0.9, 0.99]}),
    ("args.yaml", "model: yolo.pt\nepochs: 3\nbox: 7.5\n", {"model": "yolo.pt", "epochs": 3, "box": 7.5}),
    ("params.json", '{"lr": 0.1, "model": {"layers": 2}}', {"lr": 0.1, "model": {"layers": 2}}),
    ("params.yaml", "lr: 0.1\n", {"lr": 0.1}),
    (".hydra/config.yaml", "optimizer:\n  lr: 0.1\n", {"optimizer": {"lr": 0.1}}),
    ("config.yaml", "_wandb:\n  value: {cli_version: 0.18}\nlr:\n  desc: null\n  value: 0.1\nn:\n  value: {a: 1}\n",
     {"lr": 0.1, "n": {"a": 1}}),  # as W&B writes it
    ("config.yaml", "wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\n", {"lr": 0.1}),
    ("config.yaml", "lr:\n  value: 0.1\nother: 3\n", {"lr": {"value": 0.1}, "other": 3}),
])
def test_where_settings_are_found(tmp_path: Path, name: str, text: str, expected: dict[str, Any]) -> None:
    """Each framework's file of settings is found in the run's folder."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert read_config(tmp_path) == (expected, [])


def test_the_models_config_is_not_the_runs(tmp_path: Path) -> None:
    """In an output folder of Hugging Face's trainer, config.json is the model's."""
    (tmp_path / "config.json").write_text('{"n_layer": 2}')
    (tmp_path / "checkpoint-5").mkdir()
    assert read_config(tmp_path) == ({"n_layer": 2}, [])
    (tmp_path / "checkpoint-5" / "trainer_state.json").write_text("{}")
    assert read_config(tmp_path) == (None, [])
    (tmp_path / "args.yaml").write_text("lr: 1\n")
    assert read_config(tmp_path) == ({"lr": 1}, [])


@pytest.mark.parametrize(("text", "expected"), [
    ("x: !!python/object/apply:os.system ['exit 1']\n", {"x": ["exit 1"]}),
    ("x: !!python/object:os.PathLike {a: 1}\n", {"x": {"a": 1}}),
    ("x: !!python/name:os.system\n", {"x": ""}),
    ("x: !Ref abc\ny: !<tag:example.org,2000:z> [1]\n", {"x": "abc", "y": [1]}),
    ("x: !!python/tuple [1, !!python/tuple [2]]\n", {"x": [1, [2]]}),
    ("a: &a {lr: 1}\nb: *a\nc:\n  <<: *a\n  n: 2\n", {"a": {"lr": 1}, "b": {"lr": 1}, "c": {"lr": 1, "n": 2}}),
])
def test_tags_are_inert(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    """FAULTS 66: tags of Python and of others become plain data, and ordinary anchors are what they stand for."""
    (tmp_path / "hparams.yaml").write_text(text)
    assert read_config(tmp_path) == (expected, [])


@pytest.mark.parametrize(("name", "text", "reason"), [
    ("hparams.yaml", BOMB, "when its aliases (*name) are written out"),
    ("hparams.yaml", "a: &a [*a]\n", "when its aliases (*name) are written out"),
    ("hparams.yaml", "a: &a\n  <<: *a\n", ""),
    ("hparams.yaml", "x: " + "[" * 5000, ""),
    ("hparams.yaml", "x: !!timestamp never\n", ""),
    ("hparams.yaml", "? [1]\n: 2\n", ""),
    ("hparams.yaml", "- 1\n", "no settings by name"),
    ("config.json", "[1]", "no settings by name"),
    ("config.json", '{"a": ', ""),
    ("config.json", "[" * 100_000, ""),
])
def test_what_cannot_be_used_is_said(tmp_path: Path, name: str, text: str, reason: str) -> None:
    """FAULTS 66: bombs of aliases, circles, broken and odd files are refused with a reason, and raise nothing."""
    (tmp_path / name).write_text(text)
    found, problems = read_config(tmp_path)
    assert found is None and len(problems) == 1
    assert problems[0].startswith(f"{name} cannot be used: ") and reason in problems[0]
    with pytest.raises(ValueError):
        read_settings(tmp_path / name)


@pytest.mark.parametrize(("name", "start"), [("hparams.yaml", b"a: "), ("config.json", b'{"a": "')])
def test_large_files_are_refused_unread(tmp_path: Path, name: str, start: bytes) -> None:
    """FAULTS 66: a file of 50 MB is refused with the reason, without being read."""
    with (tmp_path / name).open("wb") as file:
        file.write(start)
        file.truncate(50_000_000)
    found, problems = read_config(tmp_path)
    assert found is None and "it is larger than" in problems[0]


def test_a_large_file_without_aliases_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what aliases add is refused: a file may hold as many values as it has room for."""
    monkeypatch.setattr("livemon.system.settings_files.MOST_NODES", 10)
    (tmp_path / "args.yaml").write_text("".join(f"k{i}: {i}\n" for i in range(50)))
    assert len(read_settings(tmp_path / "args.yaml") or {}) == 50


def test_settings_that_are_followed(tmp_path: Path) -> None:
    """A file of settings is read again when it has changed; what was known stays where it is broken or gone."""
    path = tmp_path / "params.yaml"
    settings = SettingsFile(path)
    assert settings.read() == {}
    path.write_text("a: 1\n")
    assert settings.read() == settings.read() == {"a": 1}
    path.write_text("a: [\n")
    assert settings.read() == {"a": 1}
    path.write_text("a: 10\n")
    assert settings.read() == {"a": 10}
    path.unlink()
    path.mkdir()
    assert settings.read() == {"a": 10}


def test_a_corrected_config_counts(tmp_path: Path) -> None:
    """Who corrects the config.json of a recorded run has the last word; of a framework's run it is the model's."""
    with record(tmp_path / "run", config={"lr": 1}) as log:
        log({"loss": 1.0})
    path = tmp_path / "run" / "config.json"
    assert read_config(tmp_path / "run")[0] == {"lr": 1}
    path.write_text('{"lr": 2}')
    os.utime(path, (time.time() + 3600,) * 2)
    assert read_config(tmp_path / "run")[0] == {"lr": 2}
    with record(tmp_path / "other", config={"lr": 1}, framework="transformers") as log:
        log({"loss": 1.0})
    (tmp_path / "other" / "config.json").write_text('{"hidden_size": 8}')
    os.utime(tmp_path / "other" / "config.json", (time.time() + 3600,) * 2)
    assert read_config(tmp_path / "other")[0] == {"lr": 1}


def test_a_note_beside_what_another_logger_writes(tmp_path: Path) -> None:
    """Where our callback keeps its rows in `livemon` in a logger's folder, that folder's run is what the note says."""
    with record(tmp_path / "version_0" / "livemon", config={"lr": 1}, total_steps=2) as log:
        log({"loss": 1.0}, step=0)
    assert read_config(tmp_path / "version_0")[0] == {"lr": 1}
    run = ExperimentLoader(tmp_path / "version_0")
    run.refresh()
    assert (run.state, run.total_steps) == ("finished", 2)
