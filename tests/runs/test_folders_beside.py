from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.runs.folders_beside import Siblings
from livemon.runs.notes import Note, read_note
from livemon.runs.watched_runs import WatchedRuns


def make_runs(parent: Path, count: int) -> list[Path]:
    """Runs of a sweep, numbered."""
    folders = [parent / f"run{number}" for number in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text("step,loss\n" + "".join(f"{step},{1 / (1 + step)}\n" for step in range(9)))
    return folders


def test_the_folders_that_may_be_attempts(tmp_path: Path) -> None:
    """By their names, and by what their notes say; a file with such a name is none."""
    for name in ("exp", "exp_resumed", "exp_said", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "exp_file").write_text("")
    (tmp_path / "exp_said" / "livemon.json").write_text(json.dumps({"livemon": 1, "continues": "../other"}))
    beside = Siblings().of(tmp_path / "exp")
    assert beside.that_may_be_after(tmp_path / "exp") == [tmp_path / "exp_resumed"]
    assert beside.that_may_be_before(tmp_path / "exp_resumed") == [tmp_path / "exp"]
    assert beside.that_say_so(tmp_path / "other") == [tmp_path / "exp_said"]
    assert Siblings().of(tmp_path / "nowhere" / "exp").that_may_be_after(tmp_path / "nowhere" / "exp") == []


def test_a_search_looks_once_at_each_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of finding the attempts of many runs grows with their number, not with its square."""
    looks: list[Path] = []

    def look(folder: Path) -> Note:
        looks.append(folder)
        return read_note(folder)

    monkeypatch.setattr("livemon.runs.folders_beside.read_note", look)
    folders = make_runs(tmp_path, 40)
    assert len(WatchedRuns(lambda: folders).search()) == 40
    assert len(looks) <= 2 * len(folders)
