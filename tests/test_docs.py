"""What the pages in docs/ say is what livemon does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
RUNS = Path(__file__).parent / "data" / "runs" / "seed_layout" / "experiments"


def blocks(page: Path, kind: str) -> list[str]:
    """The blocks of code of one kind in a page."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """The Python blocks of a page run, one after the other, as they stand, in a folder with some runs in `runs`."""
    shutil.copytree(RUNS, tmp_path / "runs")
    program = "\n".join(blocks(page, "python"))
    places = {"PYTHONPATH": os.pathsep.join(sys.path), "LIVEMON_CACHE": str(tmp_path / "cache")}
    env = {**os.environ, **places, "DISPLAY": ""}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
