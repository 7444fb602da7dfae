from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import livemon

PACKAGE = Path(livemon.__file__).parent
HEAVY = ("matplotlib.pyplot", "torch", "lightning", "pytorch_lightning", "transformers", "keras", "starlette")

# Imports point to the left: a part of livemon (a module, or a package with all in it) imports only what stands in a
# line above its own.
ORDER = [
    "tail anomalies board callers children config curves device_values files filesystems listing names process style "
    "wording",
    "table",
    "axes calls readers metrics_file run_notes testing wakeups",
    "history boards formats liveness audit recorder training",
    "discovery memory",
    "source runs successors",
    "folder",
    "experiment",
    "analysis views",
    "plotter",
    "screens",
    "monitor",
    "commands demo",
    "cli",
    "__main__ __init__ tied",
]
PLACE = {part: place for place, line in enumerate(ORDER) for part in line.split()}


def modules_after(code: str) -> set[str]:
    """The modules that are loaded in a fresh interpreter after this code."""
    program = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "code", ["import livemon", "import livemon.cli", "from livemon import *", "import livemon_integrations"]
)
def test_import_is_light(code: str) -> None:
    """Importing livemon, its command line or all its names loads no training framework, no pyplot and no server."""
    assert modules_after(code) & set(HEAVY) == set()


def test_import_livemon_loads_nothing_at_all() -> None:
    """`import livemon` alone does not even load NumPy: the names are resolved when they are used."""
    assert modules_after("import livemon") & {"numpy", "pandas", "matplotlib", "typer"} == set()


def test_the_light_import_test_can_fail() -> None:
    """The test above sees a heavy module when there is one."""
    assert "matplotlib.pyplot" in modules_after("import livemon, matplotlib.pyplot")


def test_public_names() -> None:
    """`__all__` is sorted, and is what `dir` shows, what can be resolved, and what `import *` gives."""
    assert list(livemon.__all__) == sorted(livemon.__all__)
    assert set(livemon.__all__) <= set(dir(livemon))
    given: dict[str, object] = {}
    exec("from livemon import *", given)
    assert set(given) - {"__builtins__"} == set(livemon.__all__)
    for name in livemon.__all__:
        assert given[name] is getattr(livemon, name)


def test_unknown_names() -> None:
    """A name that livemon does not have is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="nonsense"):
        livemon.nonsense  # noqa: B018


def test_no_module_is_named_like_a_public_function() -> None:
    """No module shares its name with a public name, so importing a module never replaces a function."""
    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules & set(livemon.__all__) == set()


def imported(path: Path) -> set[str]:
    """The modules that a file imports, as dotted names, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if node.module == "livemon":
                found.update(f"livemon.{alias.name}" for alias in node.names if alias.name != "__version__")
            else:
                found.add(node.module or "")
    return found


def parts() -> dict[str, list[Path]]:
    """part of livemon (a module, or a package with all in it) -> its files."""
    found = {path.stem: [path] for path in PACKAGE.glob("*.py")}
    for folder in PACKAGE.iterdir():
        if (folder / "__init__.py").exists():
            found[folder.name] = sorted(folder.rglob("*.py"))
    return found


@pytest.mark.parametrize("part", sorted(parts()))
def test_imports_point_to_the_left(part: str) -> None:
    """A part of livemon imports only parts to its left, never livemon_integrations."""
    assert part in PLACE, f"say in {Path(__file__).name} where {part} stands"
    for path in parts()[part]:
        for name in imported(path):
            assert name.split(".")[0] != "livemon_integrations", f"{path.name} imports {name}"
            other = name.removeprefix("livemon.").split(".")[0] if name.startswith("livemon.") else part
            assert other == part or PLACE[other] < PLACE[part], f"{path.name} imports {name}"


def test_tail_imports_nothing_of_livemon() -> None:
    """`tail` knows files and bytes, and nothing of livemon."""
    assert not [name for name in imported(PACKAGE / "tail.py") if name.startswith("livemon")]


DOORS = {
    "watchdog": {"wakeups.py"},
    "yaml": {"config.py"},
    "typer": {"cli.py"},
}


@pytest.mark.parametrize("library", DOORS)
def test_each_foreign_library_has_one_door(library: str) -> None:
    """A foreign library is imported in its own module only."""
    importers = {
        path.name
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert importers <= DOORS[library]
