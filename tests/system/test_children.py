from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import livemon

ASK = """
import subprocess, sys
from livemon.system.children import python_code, python_module
sys.path.insert(0, "")
print(subprocess.run({command}, capture_output=True, text=True).stdout)
"""


@pytest.mark.parametrize("command", [
    "python_code('import random, json, livemon; print(livemon.__file__, *sys.argv[1:])', 'a b')",
    "python_module('livemon', '--version')",
])
@pytest.mark.parametrize("path", ["", "{home}"])
def test_the_current_folder_counts_for_nothing(command: str, path: str, tmp_path: Path) -> None:
    """A module in the current folder is not run in a child, also where this process looks there; livemon is found,
    installed or by PYTHONPATH."""
    home = str(Path(livemon.__file__).parents[1])
    for name in ("random", "json", "numpy", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(f"open('{name} was run', 'w')\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([sys.executable, "-P", "-c", ASK.format(command=command)], cwd=tmp_path, text=True,
                          env=env | {"PYTHONPATH": path.format(home=home), "PYTHONINSPECT": "1"}, capture_output=True,
                          stdin=subprocess.DEVNULL)
    wanted = f"{livemon.__file__} a b" if "random" in command else f"livemon {livemon.__version__}"
    assert wanted in done.stdout, done.stderr
    assert not list(tmp_path.glob("* was run"))
