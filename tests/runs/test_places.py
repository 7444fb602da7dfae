from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.boards.model import Board, Header
from livemon.runs.places import WRITER, free_picture, other_writer_of, owner_of, plots_elsewhere, this_writer
from livemon.runs.run_name import OWNER, key_of_run
from livemon.system.processes import started
from livemon.views.mpl.picture import FileView, save


def draw(picture: Path, run: Path) -> None:
    """A picture of a run."""
    FileView(picture, texts={OWNER: key_of_run(run)}, size=(2, 2)).draw(Board("x", Header("x", "running", ""), ()))


def test_pictures_of_two_runs_have_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`X/version_0` and `Y/version_0` have pictures of their own, and each keeps its one however often it is shown."""
    monkeypatch.chdir(tmp_path)
    runs = [tmp_path / way / "version_0" for way in ("X", "Y")]
    assert [free_picture(Path(), run).name for run in runs] == ["livemon_X-version_0.png", "livemon_Y-version_0.png"]
    assert free_picture(Path(), tmp_path / "lightning_logs/version_3/livemon").name == (
        "livemon_lightning_logs-version_3.png")


def test_a_name_that_is_taken_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of another run is not written over: this run's gets a longer name, also the next time; a picture that
    says no run is."""
    monkeypatch.chdir(tmp_path)
    first, second = (tmp_path / way / "lightning_logs" / "version_0" for way in ("a", "b"))
    plain = free_picture(Path(), first)
    plain.write_bytes(b"no picture")
    assert free_picture(Path(), second) == plain
    draw(plain, first)
    assert owner_of(plain) == key_of_run(first) and str(tmp_path).encode() not in plain.read_bytes()
    assert free_picture(Path(), first) == plain
    other = free_picture(Path(), second)
    assert other.name == "livemon_b-lightning_logs-version_0.png"
    draw(other, second)
    assert free_picture(Path(), second) == other


def test_plots_beside_those_of_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots that are not put into the run go to a folder that no other run's are in."""
    monkeypatch.chdir(tmp_path)
    first, second = tmp_path / "a" / "exp", tmp_path / "b" / "exp"
    folder = plots_elsewhere(first)
    assert folder == Path("livemon-plots/exp")
    folder.mkdir(parents=True)
    draw(folder / "dashboard_exp.png", first)
    assert (plots_elsewhere(first), plots_elsewhere(second)) == (folder, Path("livemon-plots/b-exp"))


def test_a_picture_says_who_rewrites_it(tmp_path: Path) -> None:
    """Issue 19: of two watches of one run the second learns that the first rewrites the same picture; who has ended,
    this process itself, and a picture of another machine do not count."""
    path = tmp_path / "livemon_exp1.png"
    assert other_writer_of(path) is None
    board = Board("exp1", Header("exp1", "running"), ())
    machine = this_writer().split(":")[0]
    parent = os.getppid()
    texts = [(this_writer(), None), (f"{machine}:{parent}:{started(parent) or ''}", parent),
             (f"{machine}:{parent}:1", None), (f"elsewhere:{parent}:", None), (f"{machine}:x:", None)]
    for text, number in texts:
        save(board, path, dpi=20, texts={WRITER: text})
        assert other_writer_of(path) == number, text
