from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livemon.system.png_texts import text_in
from livemon.views.mpl.png import PngFile


def test_a_picture_says_what_it_was_told(tmp_path: Path) -> None:
    """A text in a picture is found again, by us and by others, and the picture is what it was."""
    pixels = np.arange(4 * 5 * 4, dtype=np.uint8).reshape(4, 5, 4)
    with (tmp_path / "a.png").open("wb") as file:
        PngFile(file, 100, {"livemon run": "abc"}).write(pixels)
    assert text_in(tmp_path / "a.png", "livemon run") == "abc" and text_in(tmp_path / "a.png", "other") == ""
    with Image.open(tmp_path / "a.png") as image:
        assert image.text["livemon run"] == "abc" and np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt", b"%PDF"])
def test_what_says_nothing(tmp_path: Path, content: bytes) -> None:
    """A file that is none, or is cut, says nothing, and is no error."""
    (tmp_path / "a.png").write_bytes(content)
    assert text_in(tmp_path / "a.png", "livemon run") == "" == text_in(tmp_path / "none.png", "livemon run")
