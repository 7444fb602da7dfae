"""Windows and macOS: what can be shown of them on another system, by taking things away and by reading the source."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HOME = HERE.parents[1]
LIFE = HERE / "life_without_posix.py"
TAKEN_AWAY = runpy.run_path(str(LIFE))
SOURCES = sorted([*HOME.glob("livemon/**/*.py"), *HOME.glob("integrations/livemon_integrations/*.py")])

# The doors: each of these modules has another way where the system lacks the name.
DOORS = {
    ("system/shared_files.py", "os.O_NONBLOCK"), ("system/shared_files.py", "os.pread"),
    ("system/shared_files.py", "os.SEEK_DATA"),
    ("system/signals.py", "os.kill"), ("system/signals.py", "signal.SIGHUP"), ("system/signals.py", "signal.SIGSTOP"),
    ("system/processes.py", "os.kill"),
    ("system/processes.py", "os.register_at_fork"), ("system/filesystems.py", "os.getuid"),
    ("system/processes.py", "/proc"),
    ("recording/metrics_file.py", "os.O_CLOEXEC"),
    ("views/browser/token.py", "os.O_NOFOLLOW"), ("views/browser/token.py", "os.O_NONBLOCK"),
    ("views/browser/token.py", "os.getuid"),  # each asked for, and left out where it is not there
    ("runs/printed_lines.py", "/proc"),  # an option that only Linux has says so elsewhere
}


@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list what is open")
def test_a_small_life_without_what_only_posix_has(tmp_path: Path) -> None:
    """Recording, watching, plots, comparing, listing, a Lightning training and one that is ended from outside need
    nothing that Windows lacks, and replace nothing that is open. (A fake: this is no Windows.)"""
    pytest.importorskip("lightning.pytorch")
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LIVEMON_STRICT": "1", "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, str(LIFE)], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("lived\n"), done.stdout + done.stderr


def posix_names(source: str) -> Iterator[str]:
    """What a module names that only POSIX has: `os.pread`, `signal.SIGHUP`, a module, a path in /proc or /dev."""
    gone = {f"{module}.{name}" for module, names in TAKEN_AWAY["GONE"].items() for name in names.split()}
    modules = set(TAKEN_AWAY["GONE_MODULES"])
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [ast.unparse(node)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr") and len(node.args) > 1:
            names = [f"{ast.unparse(node.args[0])}.{getattr(node.args[1], 'value', '')}"]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            modules_named = {node.module or ""} & modules
            yield from modules_named
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & modules
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/proc"):
            yield "/proc"
        yield from (name for name in names if name in gone)


def test_what_only_posix_has_is_named_in_its_door_alone() -> None:
    """A call or a signal that Windows lacks stands in one module, which has another way beside it; everybody else
    asks that module."""
    found = set()
    for path in SOURCES:
        place = path.relative_to(HOME / "livemon" if path.is_relative_to(HOME / "livemon") else path.parent)
        found |= {(place.as_posix(), name) for name in posix_names(path.read_text(encoding="utf-8"))}
    assert found == DOORS


@pytest.mark.parametrize(("source", "names"), [
    ("import os\nos.pread(1, 2, 3)", ["os.pread"]), ("from signal import SIGHUP", ["signal.SIGHUP"]),
    ("import fcntl", ["fcntl"]), ("from pwd import getpwnam", ["pwd"]), ("getattr(os, 'O_NOFOLLOW', 0)",
                                                                         ["os.O_NOFOLLOW"]),
    ("open('/proc/stat')", ["/proc"]), ("os.replace('a', 'b'); signal.SIGTERM; self.pread(1)", []),
])
def test_the_search_finds_what_it_is_for(source: str, names: list[str]) -> None:
    """A name is found as an attribute, as an import, and as a text that is asked for."""
    assert list(posix_names(source)) == names


def opened_by_python(source: str) -> list[str]:
    """Where a module opens a file to read it by Python's own ways, which on Windows keep others from deleting it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_method = isinstance(node.func, ast.Attribute)
        if is_method and name in ("read_text", "read_bytes", "fromfile", "read_csv", "loadtxt"):
            found.append(name)
        is_built_in = isinstance(node.func, ast.Name) and name == "open"
        if is_built_in and not any(isinstance(word, ast.Constant) and str(word.value)[:1] in "wxar" and "+" in
                                   str(word.value) + "+" * (str(word.value)[:1] in "wxa") for word in node.args[1:]):
            found.append(name)
    return found


# Files that are livemon's own, or of which there is nothing to delete; the reason beside each.
OWN_FILES = {
    "livemon/system/atomic.py",  # what it has just written itself
    "livemon/system/processes.py",  # /proc
    "livemon/recording/metrics_file.py",  # the recorder's own
    "livemon/runs/journal.py",  # the cache's index
    "livemon/live/notebook.py",  # the picture of the process that it has started
    "livemon/readers/encodings/csv_blocks.py",  # from memory
    "livemon/testing.py",  # a writer
    "livemon/views/browser/files.py",  # the page, which comes with livemon
    "livemon/reports/page.py",  # the same
}


def test_files_of_others_are_opened_through_the_door() -> None:
    """What a training writes is opened by `shared_files` alone, so that on Windows the training may still replace and
    delete it; everything else that is opened is livemon's own."""
    found = {path.relative_to(HOME).as_posix() for path in SOURCES
             if opened_by_python(path.read_text(encoding="utf-8"))}
    assert found <= OWN_FILES
