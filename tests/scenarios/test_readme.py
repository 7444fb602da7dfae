from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```(.*?)\n(.*?)^ *```", README, flags=re.MULTILINE | re.DOTALL)


def test_python_runs(tmp_path: Path, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The README's Python blocks run, one after the other, as they stand."""
    program = "\n".join(text for kind, text in BLOCKS if kind == "python")
    assert "quick_plot" in program
    result = python(program, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(list((tmp_path / "runs/mine/plots").iterdir())) == 4


def test_make_targets_exist() -> None:
    """Each `make` target that the README or CONTRIBUTING names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)(?= *#|`)", text):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
