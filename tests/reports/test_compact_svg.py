from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

from livemon.boards.model import Board, Header, Line, Panel
from livemon.reports.compact_svg import compact_svg
from livemon.views import style


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


def test_colours_of_both_themes() -> None:
    """A picture for nobody in particular has every colour twice, one for the dark, and draws with no other."""
    line = Line("loss", "main", np.arange(9.0), np.arange(9.0), "blue", label="loss")
    panel = Panel("l", "loss", (0.0, 9.0), (0.0, 9.0), lines=(line,))
    text = compact_svg(Board("run", Header("run", "finished"), (panel,)), None)
    ElementTree.fromstring(text)
    rules, drawn = re.findall(r"<style>svg\{(.*?)</style>", text)[0], re.sub(r"<style>svg.*?</style>", "", text)
    light, dark = rules.split("@media(prefers-color-scheme:dark)")
    for name, colours in (("blue", style.palette), ("text", style.colours), ("background", style.colours)):
        assert f"--{name}:{colours('light')[name]}" in light
        assert f"--{name}:{colours('dark')[name]}" in dark
        assert f"var(--{name})" in drawn
    assert not re.findall(r"#[0-9a-f]{6}", drawn)
