"""Brings uPlot, with which the page of `--view browser` draws, into the package while that is built or installed.

npm fetches exactly what package-lock.json names, by its checksum, and runs no script. Without npm, or without a
network, livemon installs all the same: that view alone then says what is missing.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("livemon", "views", "browser", "page", "uplot")
FILES = ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE")
MANIFESTS = ("package.json", "package-lock.json")
LONGEST_SECONDS = 60


class UplotHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel is built, an editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the files, and make them a part of the wheel."""
        folder = Path(self.root) / FOLDER
        if self.target_name == "wheel" and not all((folder / Path(name).name).is_file() for name in FILES):
            problem = bring(Path(self.root), folder)
            if problem:
                self.app.display_warning(f"livemon --view browser will not work: {problem}")
        if folder.is_dir():
            build_data["artifacts"].append(f"/{FOLDER.as_posix()}/*")


def bring(root: Path, folder: Path) -> str:
    """Bring uPlot's files into a folder; why that could not be, "" where it could."""
    npm = shutil.which("npm")
    if npm is None:
        return "it needs uPlot, and there is no npm to bring it"
    with tempfile.TemporaryDirectory(prefix="livemon-npm-") as name:
        work = Path(name)
        for manifest in MANIFESTS:
            shutil.copy(root / manifest, work)
        command = [npm, "ci", "--omit", "dev", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "0"]
        try:
            done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            return f"npm did not bring uPlot within {LONGEST_SECONDS} s"
        except OSError as error:
            return f"npm could not be started: {error}"
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            return f"npm could not bring uPlot: {lines[0] if lines else f'it ended with {done.returncode}'}"
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            shutil.copy(work / "node_modules" / "uplot" / file, folder)
    return ""
