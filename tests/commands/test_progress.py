"""How far a command is that reads many runs."""

from __future__ import annotations

import io
import sys

import pytest

from livemon.commands.progress import show_progress


def test_into_a_pipe_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a terminal gets a line that is written over."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert show_progress("reading") is None
