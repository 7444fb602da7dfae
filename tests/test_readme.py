from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```(.*?)\n(.*?)^ *```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every `livemon ...` command in the README, in a block of its own or within a sentence."""
    inside = [line.split("#")[0].strip() for kind, text in BLOCKS if not kind for line in text.splitlines()]
    inline = re.findall(r"`(livemon [^`]+)`", README)
    return sorted({line for line in [*inside, *inline] if line.startswith("livemon ")})


def test_python_runs(tmp_path: Path) -> None:
    """The README's Python blocks run, one after the other, as they stand."""
    program = "\n".join(text for kind, text in BLOCKS if kind == "python")
    assert "quick_plot" in program
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DISPLAY": ""}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert len(list((tmp_path / "runs/mine/plots").iterdir())) == 4


@pytest.mark.parametrize("command", commands())
def test_commands_exist(command: str) -> None:
    """Each command and option that the README names is one that `--help` lists."""
    name, *words = shlex.split(command)[1:]
    result = subprocess.run(
        [sys.executable, "-m", "livemon", name, "--help"], capture_output=True, text=True, check=True
    )
    for word in words:
        if word.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", result.stdout), f"{name} has no {word}"


def test_make_targets_exist() -> None:
    """Each `make` target that the README or CONTRIBUTING names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)(?= *#|`)", text):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
