from __future__ import annotations

import numpy as np
import pytest

from livemon.views.terminal.glyphs import ASCII, BLOCKS, BRAILLE, glyphs_for


def test_each_dot_of_braille() -> None:
    """Each dot of a cell is the dot of its braille character, and an empty cell is a space."""
    shown = []
    for across in range(2):
        for down in range(4):
            dots = np.zeros((2, 4), bool)
            dots[across, down] = True
            shown.append(str(BRAILLE.chars[BRAILLE.cells_of(dots)[0, 0]]))
    assert shown == list("⠁⠂⠄⡀⠈⠐⠠⢀")
    assert BRAILLE.chars[0] == " " and BRAILLE.chars[255] == "⣿"


def test_blocks_and_ascii() -> None:
    """Where there is no braille a cell has two dots, one above the other."""
    dots = np.array([[True, False], [False, True], [True, True], [False, False]])
    assert "".join(BLOCKS.chars[BLOCKS.cells_of(dots)[0]]) == "▀▄█ "
    assert "".join(ASCII.chars[ASCII.cells_of(dots)[0]]) == "'.: "


@pytest.mark.parametrize(("environ", "encoding", "expected"), [
    ({"TERM": "xterm-256color"}, "utf-8", "braille"), ({"TERM": "linux"}, "UTF-8", "blocks"),
    ({"TERM": "xterm"}, "ANSI_X3.4-1968", "ascii"), ({"TERM": "dumb"}, "utf-8", "ascii"),
    ({"TERM": "tmux-256color"}, "utf8", "braille"), ({"TERM": "screen"}, "iso8859-1", "ascii"),
])
def test_chosen_by_the_terminal(environ: dict[str, str], encoding: str, expected: str) -> None:
    """Braille where the terminal has it, half blocks on a Linux console, ASCII where the locale is no UTF-8."""
    assert glyphs_for(None, environ, encoding).name == expected


def test_asked_for() -> None:
    """What was asked for is taken; a wrong name is an error that says what there is."""
    assert glyphs_for("ascii", {"TERM": "xterm"}, "utf-8") is ASCII
    with pytest.raises(ValueError, match="braille, blocks, ascii"):
        glyphs_for("dots", {}, "utf-8")


def test_ascii_texts_are_ascii() -> None:
    """Our own signs are spelt in ASCII, powers of ten, too."""
    assert ASCII.plain("exp ● running · 10⁻⁵ …").isascii()
    assert all(one.isascii() for one in (ASCII.levels, *ASCII.shapes.values(), *map(str, ASCII.chars)))
