"""A run that went on in another folder, in every command: in which form its paths are printed, and what is said."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
NOTICE = "runs/version_1 goes on from runs/version_0: one run of 2 attempts; --apart separates them"


@pytest.fixture
def resumed(tmp_path: Path) -> Path:
    """A run in `runs/version_0` that went on in `runs/version_1`, where it has plots."""
    for name, first, last in (("version_0", 0, 190), ("version_1", 180, 300)):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        rows = "".join(f"{step},{1 / (step + 1)}\n" for step in range(first, last))
        (folder / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    for path in (tmp_path / "runs" / "version_0" / "metrics.csv", tmp_path / "runs" / "version_0"):
        os.utime(path, (time.time() - 600.0,) * 2)
    plots = tmp_path / "runs" / "version_1" / "plots"
    plots.mkdir()
    (plots / "dashboard_version_1.png").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(("folder", "named", "shown"), [
    ("", ".", "runs/version_1"), ("", "runs", "runs/version_1"), ("", "runs/version_1", "runs/version_1"),
    ("", "{}/runs", "{}/runs/version_1"), ("runs/version_1", ".", "."), ("runs", "../runs", "../runs/version_1"),
])  # fmt: skip
def test_paths_are_printed_as_named(folder: str, named: str, shown: str, resumed: Path, livemon: Command) -> None:
    """In text, paths are relative where the user named the run by a relative path; in JSON, they are absolute."""
    here, named, shown = resumed / folder, named.format(resumed), shown.format(resumed)
    at = Path(shown)
    assert livemon("status", named, cwd=here).stdout.strip().endswith(f"| plots {at / 'plots'}")
    assert f" {at}  " in livemon("check", named, cwd=here).stdout
    assert livemon("plot", named, cwd=here).stdout.splitlines()[0] == str(at / "plots" / "dashboard_version_1.png")
    for words in (("status", named), ("check", named), ("watch", named, "--once"), ("ls", named)):
        said = json.loads(livemon(*words, "--json", cwd=here).stdout)
        (run,) = said["runs"] if "runs" in said else said if isinstance(said, list) else [said]
        whole = os.path.abspath(here / at)
        assert (run["path"], run["plots"][0]) == (whole, os.path.join(whole, "plots", "dashboard_version_1.png")), words


@pytest.mark.parametrize("words", [
    ("watch", "--once"), ("plot",), ("compare",), ("report", "-o", "report.md"), ("ls",), ("check",), ("status",),
    ("checkpoints",),
])  # fmt: skip
def test_a_notice_comes_once(words: tuple[str, ...], resumed: Path, livemon: Command) -> None:
    """That two folders are one run is said once, in one wording, by every command."""
    said = livemon(words[0], "runs", *words[1:], cwd=resumed).stderr
    assert said.count(NOTICE) == 1 and said.count("one run of") == 1, said
