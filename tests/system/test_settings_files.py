"""Files of settings: plain data, whatever is in them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from livemon.runs.config import read_config
from livemon.system import settings_files
from livemon.system.settings_files import SettingsFile, read_settings


@pytest.mark.parametrize(("name", "text", "reason"), [
    ("hparams.yaml", "a: &a [*a]\nb: *a\n", "when its aliases (*name) are written out"),
    ("hparams.yaml", "a: &a [*a]\n", "when its aliases (*name) are written out"),
    ("hparams.yaml", "a: &a\n  <<: *a\n", ""),
    ("hparams.yaml", "x: " + "[" * 5000, ""),
    ("hparams.yaml", "x: !!timestamp never\n", ""),
    ("hparams.yaml", "? [1]\n: 2\n", ""),
    ("hparams.yaml", "- 1\n", "no named settings"),
    ("config.json", "[1]", "no named settings"),
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


def test_what_cannot_be_used_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be used is not parsed again before its time or size changes; one that was written just now is,
    as its writer may still be at it."""
    path, parsed = tmp_path / "config.yaml", []
    real = settings_files.parse_file
    monkeypatch.setattr(settings_files, "parse_file", lambda path, size: parsed.append(path) or real(path, size))
    path.write_text("a: [1")
    os.utime(path, (1e9, 1e9))
    for _ in range(3):
        with pytest.raises(ValueError, match="while parsing"):
            settings_files.read_settings(path)
    assert len(parsed) == 1
    path.write_text("a: [2")  # of the same size, now
    for _ in range(2):
        with pytest.raises(ValueError, match="while parsing"):
            settings_files.read_settings(path)
    assert len(parsed) == 3
    path.write_text("a: [1]")
    assert settings_files.read_settings(path) == {"a": [1]}


def test_a_clock_of_whole_seconds(tmp_path: Path) -> None:
    """Where a file system counts whole seconds, a file that is written twice in one, with one size, is read twice; a
    file that has stood for long is read once."""
    path, now = tmp_path / "params.yaml", float(int(time.time()))
    settings = SettingsFile(path)
    for text, written in (("a: 1\n", now), ("a: 2\n", now), ("a: 3\n", now - 3600)):
        path.write_text(text)
        os.utime(path, (written, written))
        assert settings.read() == {"a": int(text[3])}
    path.write_text("a: 4\n")
    os.utime(path, (now - 3600, now - 3600))
    assert settings.read() == {"a": 3}
