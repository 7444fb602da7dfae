from __future__ import annotations

from pathlib import Path

import pytest

from livemon.system.user_folders import cache_folder, state_folder


def test_the_folders_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """LIVEMON_STATE and LIVEMON_CACHE name the folders, also with ~; without them they are the user's, and two."""
    monkeypatch.setenv("LIVEMON_STATE", str(tmp_path))
    assert state_folder() == tmp_path
    monkeypatch.setenv("LIVEMON_CACHE", "~/x")
    assert cache_folder() == Path.home() / "x"
    monkeypatch.delenv("LIVEMON_STATE")
    monkeypatch.setenv("LIVEMON_CACHE", "")
    assert state_folder() != cache_folder() and state_folder().is_absolute() and cache_folder().is_absolute()
