from __future__ import annotations

import ast
import os
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
    modules -= {Path("__main__.py"), Path("_version.py"), Path("tied_to_parent.py")}
    others = HERE.parent.glob("integrations/livemon_integrations/[!_]*.py")
    modules |= {Path("integrations", path.name) for path in others}
    wanted = {str(path.with_name(f"test_{path.name}")) for path in modules}
    found = {str(path.relative_to(HERE)) for path in HERE.rglob("test_*.py") if HERE / "scenarios" not in path.parents}
    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == ["test_house_rules.py", "test_imports.py"]


def test_variables_are_named_for_what_they_hold() -> None:
    """No variable or argument is called found, said, told, odd, one or place: each holds something that has a name."""
    vague = {"found", "said", "told", "odd", "one", "place"}
    sources = [path for folder in ("livemon", "integrations") for path in (HERE.parent / folder).rglob("*.py")]
    assert len(sources) > 300
    named = []
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in vague
            if is_stored or (isinstance(node, ast.arg) and node.arg in vague):
                named.append(f"{path.relative_to(HERE.parent).as_posix()}:{node.lineno}")
    assert [where for where in named if not where.startswith("livemon/readers/base.py:")] == []  # Facts.odd is public


LEAVE = {
    "thread": "import threading; threading.Thread(target=threading.Event().wait, name='lost', daemon=True).start()",
    "process": "import subprocess; globals()['kept'] = subprocess.Popen(['sleep', '20'])",
    "figure": "import matplotlib.pyplot as plt; plt.figure()",
    "window": "import pytest; pytest.skip('no Xvfb here')",
    "other": "import pytest; pytest.skip('no GPU here')",
    "nothing": "pass",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What pytest prints, with our conftest, of a test that leaves each of these behind; of `nothing` last."""
    folder = tmp_path_factory.mktemp("tests")
    conftest = (HERE / "conftest.py").read_text(encoding="utf-8")
    assert "\n_PATIENCE = 5.0" in conftest
    (folder / "conftest.py").write_text(conftest.replace("\n_PATIENCE = 5.0", "\n_PATIENCE = 0.3"))
    (folder / "test_it.py").write_text("".join(f"def test_{name}():\n    {leave}\n" for name, leave in LEAVE.items()))
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(folder)]
    env = {**os.environ, "COLUMNS": "300"}  # narrower, pytest cuts its lines
    result = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout
    return result.stdout.splitlines()


@pytest.mark.parametrize(("leave", "name"), [("thread", "lost"), ("process", "process"), ("figure", "figure")])
def test_what_is_left_behind_fails(leave: str, name: str, told: list[str]) -> None:
    """A test that leaves a thread, a process or a figure behind fails, and says which."""
    (line,) = [line for line in told if line.startswith("ERROR ") and f"::test_{leave} " in line]
    assert "left behind: " in line and name in line.split("left behind: ")[1]


def test_what_leaves_nothing_behind_passes(told: list[str]) -> None:
    """A test that leaves nothing behind passes, whatever those before it have left."""
    lines = [line for line in told if "::test_nothing" in line]
    assert len(lines) == 1 and lines[0].startswith("PASSED ")


def test_skipped_tests_of_the_window_are_counted(told: list[str]) -> None:
    """A line says how many tests of the window were skipped, and what to install; other skips are not counted."""
    (line,) = [line for line in told if line.startswith("NOT TESTED: ")]
    assert line.startswith("NOT TESTED: the window") and ": 1 (" in line and "apt-get install xvfb" in line
