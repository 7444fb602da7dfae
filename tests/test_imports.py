from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import livemon

PACKAGE = Path(livemon.__file__).parent
HEAVY = ("matplotlib.pyplot", "torch", "lightning", "pytorch_lightning", "transformers", "keras", "starlette")

# Imports point to the left: a part of livemon (a module, or a folder with all in it) imports only parts that stand in a
# line above its own.
ORDER = [
    "_version states system curves",
    "tables",
    "wording",
    "readers",
    "runs",
    "recording",
    "analysis",
    "health",
    "boards",
    "views",
    "plotter",
    "reports",
    "live",
    "commands",
    "cli testing",
    "__main__ __init__ tied_to_parent",
]
PLACE = {part: place for place, line in enumerate(ORDER) for part in line.split()}

# What no part may know, beyond the order. Only live/, commands/ and the plotter put stages together.
NEVER = {
    "system": "livemon.",
    "curves": "livemon.tables livemon.system",
    "recording": "livemon.readers",
    "views": "livemon.readers livemon.runs livemon.recording livemon.analysis livemon.boards",
}
EXCEPT = {"system": "livemon.system", "views": "livemon.boards.model livemon.boards.run_row livemon.boards.lens"}

# Faces hand names on, and resolve them when they are used; so what stands to their right is no circle.
FACES = {"livemon", "livemon.analysis", "livemon.boards", "livemon.readers", "livemon.views"}
LATE = {
    ("livemon.runs.experiment", "livemon.live.notebook"):
        "a loader as the last thing of a cell shows itself; the notebook's view stands to the right, and is looked up "
        "when it is asked for",
}


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


@pytest.mark.parametrize("command", ["status", "check"])
def test_a_look_at_a_run_is_light(command: str, tmp_path: Path) -> None:
    """`status` and `check` of a plain run load neither pandas nor NumPy's masked arrays, which `np.median` and
    `np.unique` load: that would take longer than all of its health."""
    rows = "\n".join(f"{row},{2 - row / 1000},{2 - row / 2000}" for row in range(600))
    (tmp_path / "metrics.csv").write_text(f"step,train_loss,val_loss\n{rows}\n")
    code = (f"import sys\nfrom livemon.cli import main\nsys.argv = ['livemon', '{command}', {str(tmp_path)!r}]\n"
            "try: main()\nexcept SystemExit: pass")
    assert modules_after(code) & {"pandas", "numpy.ma"} == set()


def test_a_page_is_served_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    """A browser loads the page while NumPy, the readers and the boards are being imported."""
    code = ("import sys, livemon.views.browser.view as view\nview.BrowserView.open = lambda page: sys.exit()\n"
            f"from livemon.cli import main\nsys.argv = ['livemon', 'watch', {str(tmp_path)!r}, '--view', 'browser']\n"
            "try: main()\nexcept SystemExit: pass")
    loaded = modules_after(code)
    assert "livemon.live.browser_page" in loaded
    assert loaded & {"numpy", "starlette", "livemon.readers", "livemon.boards.model", "rich"} == set()


def test_the_recorder_is_light() -> None:
    """What a training imports loads nothing that only a watcher needs."""
    heavy = {"psutil", "pandas", "matplotlib", "scipy", "watchdog", "typer"}
    assert modules_after("import livemon; livemon.record") & heavy == set()


def test_status_is_light(tmp_path: Path) -> None:
    """`livemon status` of a run in a CSV file loads no reader of another format, nothing that draws, no pandas, whose
    import takes longer than all the rest, and nothing that typer would need for numbers."""
    (tmp_path / "logs").mkdir()
    rows = "".join(f"{step},{1 / step}\n" for step in range(1, 3000))
    (tmp_path / "logs" / "metrics.csv").write_text(f"step,loss\n{rows}")
    command = f"import sys; sys.argv = ['livemon', 'status', {str(tmp_path)!r}]"
    loaded = modules_after(f"{command}\nfrom livemon.cli import main\ntry:\n    main()\nexcept SystemExit: pass")
    assert "livemon.health.run_object" in loaded
    readers = {name.split(".")[2] for name in loaded if name.startswith("livemon.readers.")}
    assert readers == {"base", "built_in", "csv", "encodings", "long_table", "registry", "steps", "wrapped_reader"}
    heavy = {"pandas", "pydantic", "matplotlib", "scipy", "rich", "livemon.boards", "livemon.live.watch_request",
             "livemon.views"}
    assert loaded & heavy == set()


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
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(names & FILES.keys() or {node.module or ""})  # a module of a folder, or names in a module
    return found


def late_imports(path: Path) -> set[str]:
    """The modules of ours that a file names in `import_module`."""
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    words = (call.args[0] for call in calls if call.args and ast.unparse(call.func).endswith("import_module"))
    names = (str(word.value) for word in words if isinstance(word, ast.Constant))
    return {name for name in names if name.startswith("livemon.")}


def module_of(path: Path) -> str:
    """livemon/runs/folder.py -> livemon.runs.folder; a folder's `__init__.py` is the folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def part_of(module: str) -> str:
    """livemon.runs.folder -> runs."""
    return module.split(".")[1] if "." in module else "__init__"


@pytest.mark.parametrize("module", sorted(FILES))
def test_imports_point_to_the_left(module: str) -> None:
    """A part of livemon imports only parts to its left, never livemon_integrations."""
    part = part_of(module)
    assert part in PLACE, f"say in {Path(__file__).name} where {part} stands"
    for name in imported(FILES[module]):
        assert name.split(".")[0] != "livemon_integrations", f"{module} imports {name}"
        if module not in FACES and name.startswith("livemon."):
            other = part_of(name)
            assert other == part or PLACE[other] < PLACE[part], f"{module} imports {name}"


@pytest.mark.parametrize("part", NEVER)
def test_what_no_part_may_know(part: str) -> None:
    """The system knows nothing of livemon, curves no table, the recorder no reader, views neither runs nor makers of
    boards."""
    for module in (module for module in FILES if part_of(module) == part):
        for name in imported(FILES[module]):
            allowed = part in EXCEPT and f"{name}.".startswith(tuple(f"{one}." for one in EXCEPT[part].split()))
            assert allowed or not name.startswith(tuple(NEVER[part].split())), f"{module} imports {name}"


def test_only_named_imports_are_late() -> None:
    """What a module looks up by its name, to its right, is named here with its reason."""
    found = {(module, name) for module, path in FILES.items() for name in late_imports(path)}
    assert found == set(LATE)


def test_no_circle_of_imports() -> None:
    """No module imports itself by way of others, be it late or for a type only; faces aside."""
    arrows = {
        module: {name for name in imported(path) if name in FILES and name != module and name not in FACES}
        for module, path in FILES.items() if module not in FACES
    }

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = list(arrows[start])
        while todo:
            if (module := todo.pop()) not in seen:
                seen.add(module)
                todo += arrows[module]
        return seen

    assert [module for module in arrows if module in reached(module)] == []


DOORS = {
    "watchdog": {"wakeups.py"},
    "psutil": {"processes.py", "filesystems.py"},
    "yaml": {"inert_yaml.py"},
    "typer": {"cli.py", "ending.py"},
    "textual": {"app.py", "posix_driver.py", "typed_input.py"},
    "rich": {"app.py"},
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
