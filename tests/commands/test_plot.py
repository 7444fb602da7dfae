from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., subprocess.CompletedProcess[str]]



def test_plot_of_a_folder_of_runs(groups: Path, livemon: Command) -> None:
    """Of several runs the newest is plotted, and a line says what draws them together."""
    shutil.rmtree(groups / "empty")
    done = livemon("plot", ".", "-o", "one.png", cwd=groups)
    assert done.returncode == 0 and "is the newest of 6 runs" in done.stderr
    assert "all together: livemon compare . -o compared.png" in done.stderr


def test_plot_each_and_paper(groups: Path, livemon: Command) -> None:
    """`plot --each` saves a picture a metric; with -o FILE the dashboard, or with --paper one for a paper."""
    assert livemon("plot", "base_s0", "--each", "-o", "out", cwd=groups).returncode == 0
    assert [path.name for path in (groups / "out").iterdir()] == ["val_loss_base_s0.png"]
    assert livemon("plot", "base_s0", "--each", "-o", "each", "--format", "pdf", cwd=groups).returncode == 0
    assert (groups / "each" / "val_loss_base_s0.pdf").read_bytes().startswith(b"%PDF")
    livemon("plot", "base_s0", "-o", "one.svg", "--style", "dark", cwd=groups)
    livemon("plot", "base_s0", "--paper", "-o", "fig.pdf", cwd=groups)
    assert (groups / "one.svg").is_file() and (groups / "fig.pdf").read_bytes().startswith(b"%PDF")


def test_an_empty_place_is_no_place(groups: Path, livemon: Command) -> None:
    """`-o ''`, of a variable of the shell that is not set as a rule, is an error in every command, not this folder."""
    for command in ("plot", "compare", "watch"):
        done = livemon(command, "base_s0", "-o", "", cwd=groups)
        assert done.returncode == 2 and "it is empty" in done.stderr, (command, done.stderr)
    assert not list(groups.glob("*.png"))
