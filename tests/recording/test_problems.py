"""Warnings of the recorder."""

from __future__ import annotations

import pytest

from livemon.recording.problems import Problems, kind_and_message


def test_each_kind_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """A problem that comes again is not said again; another kind is."""
    problems = Problems()
    for kind in ("write", "write", "row"):
        problems.report(kind, f"of {kind}", OSError("full"))
    assert [record.message for record in caplog.records] == ["livemon: of write", "livemon: of row"]


def test_strict_raises_the_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """LIVEMON_STRICT raises the error, and a problem without an error stays a warning."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    with pytest.raises(OSError, match="full"):
        Problems().report("write", "of write", OSError("full"))
    Problems().report("taken", "of taken")
    assert len(caplog.records) == 1


def test_an_error_in_words() -> None:
    """The words are the kind and the message, without a colon that nothing follows, and never longer than a line."""
    assert kind_and_message(ValueError("no")) == "ValueError: no"
    assert kind_and_message(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert len(kind_and_message(ValueError("x" * 9000))) == 500
