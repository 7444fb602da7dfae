from __future__ import annotations

import signal

import pytest
import typer

from livemon.commands.ending import reported


@pytest.mark.parametrize("error", [TypeError("incompatible function arguments"), None])
def test_a_signal_that_was_swallowed_still_ends_the_command(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a signal raises may be lost in C code, or come out of it as another error: the status is the signal's."""
    monkeypatch.setattr("livemon.commands.ending.ended_by", [int(signal.SIGTERM)])
    monkeypatch.delenv("LIVEMON_STRICT", raising=False)

    @reported()
    def command() -> None:
        if error is not None:
            raise error

    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == 143


@pytest.mark.parametrize(("error", "status", "message"), [
    (ValueError("lr is no metric"), 2, "lr is no metric"),
    (KeyboardInterrupt(), 130, ""),
    (BrokenPipeError(), 0, ""),
    (typer.Exit(1), 1, ""),
])
def test_an_error_is_a_line_and_a_status(
    error: BaseException, status: int, message: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An error becomes a line and the status 2, Ctrl-C 130, a reader that has gone 0; a status stays what it is."""
    monkeypatch.delenv("LIVEMON_STRICT", raising=False)

    @reported()
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == status
    assert capsys.readouterr().err == (f"livemon: {message}\n" if message else "")


def test_tests_see_the_error_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """With LIVEMON_STRICT an error is raised, not told."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    with pytest.raises(ValueError, match="ours"), reported():
        raise ValueError("ours")
