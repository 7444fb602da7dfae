"""The characters that a terminal can show: curves in braille, in half blocks, or in ASCII."""

from __future__ import annotations

import locale
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon.views.terminal.dots import Raster

__all__ = ["ASCII", "BLOCKS", "BRAILLE", "GLYPHS", "GlyphName", "Glyphs", "glyphs_for"]

GlyphName = Literal["braille", "blocks", "ascii"]


@dataclass(frozen=True, eq=False)
class Glyphs:
    """A set of characters.

    Attributes:
        name: Its name.
        across, down: The number of dots in a cell.
        weights: shape (across, down): the number of a character is the sum of the weights of its dots.
        chars: The characters, by number; that without dots is a space.
        levels: The characters of a sparkline, the lowest first.
        shapes: The characters of marks, by look; see `livemon.views.looks`.
        down_triangle: For marks at the lower edge.
        axis, tick: For axes.
        ellipsis: For cut texts.
    """

    name: GlyphName
    across: int
    down: int
    weights: NDArray[np.int64]
    chars: NDArray[np.str_]
    levels: str
    shapes: Mapping[str, str]
    down_triangle: str
    axis: str
    tick: str
    ellipsis: str

    def cells_of(self, dots: Raster) -> NDArray[np.int64]:
        """The number of each cell's character, shape (rows, columns)."""
        numbers = np.zeros((dots.shape[1] // self.down, dots.shape[0] // self.across), np.int64)
        for across in range(self.across):
            for down in range(self.down):
                numbers += dots[across :: self.across, down :: self.down].T * self.weights[across, down]
        return numbers

    def plain(self, text: str) -> str:
        """One of our texts in these characters."""
        return text if self.name != "ascii" else text.translate(_PLAIN)


_PLAIN = str.maketrans({"●": "*", "·": "-", "…": "~", "↑": "^", "↓": "v", "\u00d7": "x", "⁻": "-",
                        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))})
_BRAILLE_BITS = np.array([[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]])
_BRAILLE_CHARS = np.array([" ", *(chr(0x2800 + bits) for bits in range(1, 256))])  # U+2800 is not empty in every font
BRAILLE = Glyphs(
    "braille", 2, 4, _BRAILLE_BITS, _BRAILLE_CHARS, "▁▂▃▄▅▆▇█",
    {"star": "★", "triangle": "▲", "cross": "\u00d7", "diamond": "◆", "square": "■", "dot": "•", "ring": "○",
     "dashed": "╎", "dotted": "┊", "dashdot": "┇"},
    "▼", "│", "┤", "…",
)
BLOCKS = Glyphs(
    "blocks", 1, 2, np.array([[1, 2]]), np.array([" ", "▀", "▄", "█"]), "_▄█",
    {"star": "*", "triangle": "▲", "cross": "x", "diamond": "♦", "square": "■", "dot": "•", "ring": "o",
     "dashed": "│", "dotted": ":", "dashdot": "│"},
    "▼", "│", "┤", "~",
)
ASCII = Glyphs(
    "ascii", 1, 2, np.array([[1, 2]]), np.array([" ", "'", ".", ":"]), "_.-=#",
    {"star": "*", "triangle": "^", "cross": "x", "diamond": "I", "square": "#", "dot": "o", "ring": "O",
     "dashed": "|", "dotted": ":", "dashdot": "!"},
    "v", "|", "+", "~",
)
GLYPHS: Mapping[str, Glyphs] = {glyphs.name: glyphs for glyphs in (BRAILLE, BLOCKS, ASCII)}


def glyphs_for(asked: str | None, environ: Mapping[str, str], encoding: str | None = None) -> Glyphs:
    """The set that was asked for; else the best one that a terminal can show, by its name and locale.

    Args:
        asked: A name, or None.
        environ: The environment.
        encoding: The encoding of the output; None: the locale's.

    Raises:
        ValueError: There is no set with that name.
    """
    if asked is not None:
        if asked not in GLYPHS:
            raise ValueError(f"--glyphs: {asked!r} is not one of {', '.join(GLYPHS)}")
        return GLYPHS[asked]
    encoding = (encoding or locale.getpreferredencoding(False) or "").lower().replace("-", "").replace("_", "")
    if not encoding.startswith("utf"):
        return ASCII
    term = environ.get("TERM", "")
    if term in ("linux", "cons25", "vt220") or term.startswith("rxvt-16color"):
        return BLOCKS
    if term in ("dumb", "vt100", "vt102", "ansi") or (not term and sys.platform != "win32"):
        return ASCII
    return BRAILLE
