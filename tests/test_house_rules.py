from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.rglob("test_*.py")), ids=lambda path: str(path.relative_to(HERE)))
def test_each_test_states_its_rule(path: Path) -> None:
    """Each test has a docstring that says its rule."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_the_tests_mirror_the_source() -> None:
    """Each module has a test file of its name in its place, and each test file its module; scenarios cut across."""
    source = HERE.parent / "livemon"
    modules = {path.relative_to(source) for path in source.rglob("*.py") if path.name != "__init__.py"}
    modules -= {Path("__main__.py"), Path("_version.py"), Path("tied.py"), Path("curves/arrays.py")}
    others = HERE.parent.glob("integrations/livemon_integrations/[!_]*.py")
    modules |= {Path("integrations", path.name) for path in others}
    wanted = {str(path.with_name(f"test_{path.name}")) for path in modules}
    found = {str(path.relative_to(HERE)) for path in HERE.rglob("test_*.py") if HERE / "scenarios" not in path.parents}
    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == ["test_house_rules.py", "test_imports.py"]


@pytest.mark.parametrize(
    ("leave", "name"),
    [
        ("import threading; threading.Thread(target=threading.Event().wait, name='lost', daemon=True).start()", "lost"),
        ("import subprocess; globals()['kept'] = subprocess.Popen(['sleep', '20'])", "process"),
        ("import matplotlib.pyplot as plt; plt.figure()", "figure"),
        ("pass", ""),
    ],
    ids=["thread", "process", "figure", "nothing"],
)
def test_what_is_left_behind_fails(leave: str, name: str, tmp_path: Path) -> None:
    """A test that leaves a thread, a process or a figure behind fails, and says which; one that does not passes."""
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {leave}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ("left behind" in result.stdout and name in result.stdout) == bool(name), result.stdout
    assert result.returncode == (1 if name else 0)
