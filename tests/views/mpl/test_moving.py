from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from livemon.boards.model import Board
from livemon.views.mpl import moving


def test_frames_in_order_and_the_last_one_stays(usual: Callable[..., Board], tmp_path: Path) -> None:
    """A GIF has the boards in their order, ten a second, and then the last one for three seconds; all of one size."""
    frames = [usual(title=f"frame {number}") for number in range(3)]
    path = moving.save_moving(iter(frames), usual(), tmp_path / "run.gif")
    with Image.open(path) as picture:
        assert isinstance(picture, GifImageFile) and picture.n_frames == 4
        seen = []
        for number in range(4):
            picture.seek(number)
            seen.append((picture.info["duration"], picture.convert("RGB").tobytes()))
    assert [duration for duration, _ in seen] == [100, 100, 100, 3000]
    assert len({pixels for _, pixels in seen}) == 4
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file(usual: Callable[..., Board], tmp_path: Path) -> None:
    """Where a frame cannot be made, what was there before stays, and nothing lies beside it."""
    path = tmp_path / "run.gif"
    path.write_bytes(b"old")

    def boards() -> object:
        yield usual()
        raise RuntimeError("no further board")

    with pytest.raises(RuntimeError, match="no further board"):
        moving.save_moving(boards(), usual(), path)  # type: ignore[arg-type]
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_other_forms_are_refused(usual: Callable[..., Board], tmp_path: Path) -> None:
    """A moving picture is a .gif or an .mp4."""
    with pytest.raises(ValueError, match=r"must end in \.gif or \.mp4"):
        moving.save_moving([], usual(), tmp_path / "run.png")
