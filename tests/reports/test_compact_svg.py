from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from livemon.boards.model import Board, Header, Line, Panel
from livemon.reports.compact_svg import compact_svg


def test_it_is_a_small_and_valid_picture() -> None:
    """A board of 100,000 points is a valid picture of some kilobytes; numbers in its texts are as they were."""
    x = np.arange(100_000.0)
    line = Line("loss", "raw", x, np.sin(x / 5000), "blue", label="loss 0.18357")
    panel = Panel("l", "loss", (0.0, 1e5), (-1.0, 1.0), lines=(line,))
    board = Board("run <&> 'x' 1.23456", Header("run", "finished"), (panel,))
    text = compact_svg(board)
    words = [element.text or "" for element in ElementTree.fromstring(text).iter() if element.tag.endswith("text")]
    assert len(text) < 20_000
    assert any("1.23456" in word for word in words) and any("0.18357" in word for word in words)
