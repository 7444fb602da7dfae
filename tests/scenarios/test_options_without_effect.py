"""An option that has no effect is an error that names it, in every command."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from livemon.cli import app

Command = Callable[..., subprocess.CompletedProcess[str]]

# option -> words with which it would have no effect; () where it has one whatever stands beside it.
_VIEW = dict.fromkeys(("--x", "--metric", "--smooth", "--log", "--linear", "--select", "--join", "--header"), ())
_FORMS = {"--json": ("--csv",), "--csv": ("--json",), "--markdown": ("--json",), "--latex": ("--json",)}
_PICTURE = ("-o", "x.png")
_TEXT = ("-o", "x.md")  # of one run
ALONE: dict[str, dict[str, tuple[str, ...]]] = {
    "watch": {"--output": (), "--until": ("--once",), "--next": ("--once",), "--once": (), "--json": (), "--view": (),
              "--report": ("--once",), "--pid": (), "--style": ("--json", "--once"), "--glyphs": ("--view", "file"),
              "--interval": ("--once",), "--stdout": ("--once",), "--host": ("--view", "file"),
              "--port": ("--view", "file"), "--show-run": (), "--run-list": (),
              **dict.fromkeys(("--hide-run", "--alone-run", "--where", "--group-by"), ("--once",))},
    "plot": {"--output": (), "--each": _PICTURE, "--format": _PICTURE, "--paper": ("--each",), "--width": ("--each",),
             "--outline-text": _PICTURE, "--style": ("--paper", *_PICTURE)},
    "compare": {"--output": (), "--group-by": (), "--name-pattern": (), "--at": (), "--test": ("--at", "final"),
                "--pair": ("--at", "final"), "--middle": ("--at", "final"), "--band": ("--at", "final"),
                "--importance": (), "--baseline": (), "--limit": (), "--label": (), "--table": ("--json",),
                "--tasks": (), "--task-scale": ("--at", "final"),
                "--xlim": ("--at", "final"), "--ylim": ("--at", "final"), "--log-x": ("--at", "final"),
                "--lines": ("--at", "final"), "--until": ("--at", "final"), "--smooth": ("--at", "final"),
                "--log": ("--at", "final"), "--linear": ("--at", "final"), "--select": ("--at", "final"),
                "--xlabel": ("--at", "final"), "--height": ("--at", "final"), "--paper": ("--at", "final"),
                "--width": ("--at", "final"), "--outline-text": ("--at", "final"),
                "--style": ("--paper", *_PICTURE), **_FORMS},
    "report": {"--output": (), "--group-by": _TEXT, "--at": _TEXT, "--test": _TEXT, "--pair": _TEXT,
               "--baseline": _TEXT, "--name-pattern": _TEXT, "--style": ("-o", "x.pdf")},
    "checkpoints": {"--metric": ("--weights", "last"), "--weights": (), **_FORMS},
}
VALUES = {"--until": {"watch": "stalled", "compare": "3"}, "--format": "pdf", "--width": "4", "--style": "dark",
          "--test": "welch", "--pair": "none", "--middle": "median", "--band": "minmax", "--smooth": "0.5",
          "--task-scale": "minmax", "--xlim": ":3", "--ylim": "0:3", "--log": "val_loss",
          "--linear": "val_loss", "--select": "loss", "--metric": "val_loss", "--glyphs": "ascii",
          "--interval": "5", "--stdout": "run.log", "--host": "127.0.0.1", "--port": "0", "--hide-run": "base_s0",
          "--alone-run": "base_s0", "--where": "lr=1", "--group-by": {"watch": "lr", "report": "lr"}, "--at": "final",
          "--report": "x.html", "--baseline": "base_s0", "--name-pattern": "{method}_s{seed}", "--xlabel": "epoch",
          "--height": "3", "--table": "main"}
CASES = [(command, option, beside) for command, options in ALONE.items()
         for option, beside in options.items() if beside]


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    """Four runs of two names."""
    for number, name in enumerate(("base_s0", "base_s1", "ours_s0", "ours_s1")):
        (tmp_path / name).mkdir()
        rows = "".join(f"{step},{number + 1 / (step + 1)}\n" for step in range(5))
        (tmp_path / name / "metrics.csv").write_text("step,val_loss\n" + rows)
    return tmp_path


@pytest.mark.parametrize(("command", "option", "beside"), CASES, ids=[f"{one[0]} {one[1]}" for one in CASES])
def test_an_option_without_effect_is_an_error(
    command: str, option: str, beside: tuple[str, ...], groups: Path, livemon: Command
) -> None:
    """Issue 19: an option that can do nothing beside others, or without one, ends with 2 and is named; no picture."""
    value = VALUES.get(option)
    value = value[command] if isinstance(value, dict) else value
    given = [option] if value is None else [option, value]
    paths = ["base_s0", "ours_s0"] if command == "compare" else ["base_s0"]
    done = livemon(command, *paths, *given, *beside, cwd=groups)
    assert done.returncode == 2 and option.lstrip("-") in done.stderr, (done.returncode, done.stderr)
    assert not list(groups.glob("x.*")) and not list(groups.glob("*.png"))


@pytest.mark.parametrize("command", ALONE)
def test_every_option_of_such_a_command_is_thought_of(command: str) -> None:
    """The table above has each option of these commands, but for those that any view of a run obeys: who adds an option
    says where it has no effect."""
    params = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    of_lens = {"--lens", "--zoom", "--zoom-y", "--limits", "--hide", "--pin", "--large", "--attempts", "--mark"}
    options = {next(word for word in param.opts if word.startswith("--")) for param in params
               if any(word.startswith("--") for word in param.opts)} - {"--help"}
    assert options - of_lens <= ALONE[command].keys() | _VIEW.keys()
    assert ALONE[command].keys() <= options
