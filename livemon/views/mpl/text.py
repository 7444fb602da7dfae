"""The width of a text, and how to shorten it, so that no text collides with another or leaves the figure."""

from __future__ import annotations

import functools
import unicodedata

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from matplotlib.textpath import TextToPath

from livemon.views import style

__all__ = ["ELLIPSIS", "font_of", "make_legible", "printable", "shorten", "text_width", "wrap"]

ELLIPSIS = "…"
_MEASURED_AT = 100.0  # points; widths are proportional to the size


def font_of(text: str, *, mono: bool = False, bold: bool = False) -> tuple[list[str], str]:
    """The font families and the weight to draw a text with. Fallback fonts are used only for characters that need one,
    and then without bold: few of them have it, and matplotlib would warn at every draw."""
    family = style.fonts()["mono" if mono else "sans"]
    if text.isascii() or all(_in_font(char, family) for char in text):
        return [family], "bold" if bold else "normal"
    return [family, *style.fallback_fonts()], "normal"


@functools.lru_cache(maxsize=4096)
def _advance(char: str, mono: bool, bold: bool) -> float:
    """The advance of a character, as a share of the font's size. Measured as the difference made by more of the same
    character, because the first and the last one of a text are measured by their ink."""
    families, weight = font_of(char, mono=mono, bold=bold)
    properties = FontProperties(family=families, weight=weight, size=_MEASURED_AT)
    measure = TextToPath().get_text_width_height_descent
    many, single = measure(char * 11, properties, False)[0], measure(char, properties, False)[0]
    return float(many - single) / 10 / _MEASURED_AT


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """The width of one line of text in points, at a font size in points. Kerning is ignored: it is less than 2 %
    here."""
    return size * sum(_advance(char, mono, bold) for char in text)


@functools.lru_cache(maxsize=4096)
def _in_font(char: str, family: str) -> bool:
    return bool(get_font(findfont(FontProperties(family=family))).get_char_index(ord(char)))


def _has_glyph(char: str) -> bool:
    return any(_in_font(char, family) for family in (style.fonts()["sans"], *style.fallback_fonts()))


@functools.lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """The text in one line, in characters that our fonts have: line breaks and tabs become spaces, other control
    characters, joiners and selectors are removed, and a character without a font becomes a small box. matplotlib would
    warn about each of them at every draw."""
    out = []
    for char in text:
        if char.isascii() and char.isprintable():
            out.append(char)
        elif char.isspace():
            out.append(" ")
        elif unicodedata.category(char) in ("Cc", "Cf", "Mn", "Me", "Cs"):
            continue
        else:
            out.append(char if _has_glyph(char) else "\N{WHITE SQUARE}")
    return "".join(out)


def make_legible(text: Text) -> None:
    """Add the fallback fonts that a text of a user's figure needs after its own, and boxes for characters without a
    font; a text that its font can draw stays as it is."""
    if (shown := text.get_text()).isascii():
        return
    lines = [printable(line) for line in shown.split("\n")]
    text.set_text("\n".join(lines))
    families, _ = font_of("".join(lines))
    if len(families) > 1:
        text.set_fontfamily([*text.get_fontfamily(), *families])


def shorten(
    text: str, width: float, size: float, *, mono: bool = False, bold: bool = False, middle: bool = False
) -> str:
    """The text, cut to a width in points with an ellipsis at its end, or in its `middle` if the end matters more ("" if
    not even two characters fit)."""
    if text_width(text, size, mono=mono, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:  # the largest number of characters that fits
        count = (low + high + 1) // 2
        if text_width(_cut(text, count, middle), size, mono=mono, bold=bold) <= width:
            low = count
        else:
            high = count - 1
    return _cut(text, low, middle) if low >= 2 else ""


def _cut(text: str, count: int, middle: bool) -> str:
    if count >= len(text):
        return text
    if not middle:
        return text[:count].rstrip() + ELLIPSIS
    head = (count + 1) // 2
    return text[:head].rstrip() + ELLIPSIS + text[len(text) - (count - head) :].lstrip()


def wrap(text: str, width: float, size: float, lines: int) -> list[str]:
    """The text in at most `lines` lines of a width in points; the last line is cut if necessary."""
    out: list[str] = []
    rest = text.split()
    while rest and len(out) < lines:
        if len(out) == lines - 1:
            return [*out, shorten(" ".join(rest), width, size)]
        count = 1
        while count < len(rest) and text_width(" ".join(rest[: count + 1]), size) <= width:
            count += 1
        out.append(shorten(" ".join(rest[:count]), width, size))
        rest = rest[count:]
    return out
