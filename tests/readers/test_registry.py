"""The formats that are known, and those that packages add."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from livemon.readers.base import read_table
from livemon.readers.registry import format_of, formats, reader_for

PLUG_IN = '''
from livemon.readers.base import Facts, Format, Update
from livemon.readers.csv import CsvReader


class PipeReader:
    """Lines such as `12 | 0.5`: a step and a loss."""

    def __init__(self, path):
        self.path, self.files, self.facts = path, [path], Facts(config={"by": "a plug-in"})
        self._read = 0

    def read(self):
        import numpy as np
        from livemon.tables.table import Block, Cells

        lines = self.path.read_text().splitlines()[self._read :]
        self._read += len(lines)
        if not lines:
            return Update()
        steps, losses = zip(*(line.split("|") for line in lines))
        cells = {"step": Cells(np.array(steps, np.int64)), "loss": Cells(np.array(losses, np.float64))}
        return Update(block=Block(len(lines), cells))


class PipeFormat(Format):
    name = "pipes"

    def find(self, folder):
        return [folder.path / name for name in folder.files if name.endswith(".pipes")]

    def recognises(self, path, head):
        return path.suffix == ".pipes"

    def open(self, path, *, plain=False):
        return PipeReader(path)
'''


def install(place: Path, name: str, module: str, points: str) -> None:
    """A package as pip leaves it: its module, and beside it what it says of itself."""
    (place / f"{name}.py").write_text(module)
    info = place / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[livemon.readers]\n{points}\n")


def run(place: Path, code: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(place)!r})\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


def test_an_installed_package_adds_a_format(tmp_path: Path) -> None:
    """A run in a format that only a package knows is found, read, and told by the one loader there is."""
    install(tmp_path, "pipes_for_livemon", PLUG_IN, "pipes = pipes_for_livemon:PipeFormat")
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "log.pipes").write_text("1|0.5\n2|0.25\n")
    code = f"""
import livemon
run = livemon.ExperimentLoader({str(tmp_path / "runs")!r})
print(run.load_metrics()["loss"].tolist(), run.format, run.config, run.name)
print(livemon.discover_experiments({str(tmp_path / "runs")!r})[0].name)
"""
    assert run(tmp_path, code).stdout == "[0.5, 0.25] pipes {'by': 'a plug-in'} a\na\n"


def test_a_broken_package_stops_nothing(tmp_path: Path) -> None:
    """What a package adds and cannot be used is named in a warning; the other formats are there."""
    points = "gone = no_such_module:Format\nodd = pathlib:PurePath"
    install(tmp_path, "broken_for_livemon", "", points)
    result = run(tmp_path, "from livemon.readers.registry import formats; print([one.name for one in formats()][-1])")
    assert result.stdout.strip() == formats()[-1].name
    assert "'gone' (no_such_module:Format) cannot be used: ModuleNotFoundError" in result.stderr
    assert "'odd' (pathlib:PurePath) cannot be used: it is not a class derived from" in result.stderr


def test_a_file_that_nothing_knows_is_none(tmp_path: Path) -> None:
    """A text file, an empty one and a folder without metrics have no format; an empty one is read, with no rows."""
    (tmp_path / "notes.txt").write_text("Some words.\nAnd more.\n")
    (tmp_path / "empty.csv").touch()
    assert [format_of(tmp_path / name) for name in ("notes.txt", "empty.csv", ".", "nothing")] == [None] * 4
    assert read_table(reader_for(tmp_path / "empty.csv")).n_rows == 0
