from __future__ import annotations

from pathlib import Path

import pytest

from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.value import Lens
from livemon.live.kept_lens import KeptLens


def test_a_lens_is_kept_for_its_folder(tmp_path: Path) -> None:
    """The next watch of a folder, by whichever path, begins with the lens that was left; what is asked for then wins,
    and another folder has nothing of it."""
    run, link = tmp_path / "run", tmp_path / "link"
    run.mkdir()
    link.symlink_to(run)
    KeptLens(run).keep(Lens(smooth=0.9, hidden=("lr",), x="time"))
    assert KeptLens(link).under(Lens(x="epoch", pixels=160)) == Lens(x="epoch", smooth=0.9, hidden=("lr",), pixels=160)
    assert KeptLens(tmp_path).under(Lens()) == Lens()


def test_what_is_of_the_moment_is_not_kept(tmp_path: Path) -> None:
    """A mark and a stretch with ends are left out, the newest part stays; a lens that says nothing is forgotten."""
    kept = KeptLens(tmp_path)
    kept.keep(Lens(mark=3.0, zoom=Stretch(1, 2), zoom_y=(("loss", 0.0, 1.0),), limits="full"))
    assert kept.under(Lens()) == Lens(limits="full")
    kept.keep(Lens(zoom=Stretch(last=10, percent=True)))
    assert kept.under(Lens()).zoom == Stretch(last=10, percent=True)
    kept.keep(Lens(mark=1.0))
    assert kept.under(Lens()) == Lens()


def test_a_state_folder_that_is_useless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written, and where what is there is no lens, the watch begins as without one."""
    monkeypatch.setenv("LIVEMON_STATE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    KeptLens(tmp_path).keep(Lens(limits="full"))
    assert KeptLens(tmp_path).under(Lens()) == Lens()
    monkeypatch.setenv("LIVEMON_STATE", str(tmp_path / "state"))
    KeptLens(tmp_path).keep(Lens(limits="full"))
    (path,) = (tmp_path / "state").rglob("*.json")
    for text in (b"{", b"\xff", b'{"smooth": 7}'):
        path.write_bytes(text)
        assert KeptLens(tmp_path).under(Lens()) == Lens()
