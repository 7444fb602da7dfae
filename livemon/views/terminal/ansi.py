"""Inks as colours of a terminal, and a grid of cells as text."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Literal

from livemon.views import style
from livemon.views.terminal.cells import BOLD, INKS, REVERSE, Cells

__all__ = ["Depth", "as_text", "depth_of", "hex_of", "number_of_16"]

Depth = Literal["none", "16", "256", "true"]

_COLOURLESS = ("dumb", "vt52", "vt100", "vt102", "vt220", "vt320")
_PALE = 0.5  # the share of its colour in a pale ink; the rest is the background's
_NAMED = {  # of 16 colours: SGR codes of the foreground
    "text": "39", "muted": "90", "faint": "90", "edge": "90", "warning": "91", "good": "32", "idle": "33",
    "blue": "94", "orange": "33", "green": "32", "purple": "35", "red": "31", "teal": "36", "brown": "93",
    "pink": "95", "olive": "92", "grey": "37",
}


def depth_of(environ: Mapping[str, str], *, is_terminal: bool) -> Depth:
    """The colour depth, by the environment: none for a pipe, and none with NO_COLOR."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or not is_terminal or term in _COLOURLESS or term.endswith(("-mono", "-m")):
        return "none"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "true"
    return "256" if "256" in term else "16"


def number_of_16(look: int) -> int:
    """An ink as one of 16 colours; that of texts is white."""
    code = int(_NAMED[INKS[look & (BOLD - 1)].removeprefix("pale ")])
    return 7 if code == 39 else code - 30 if code < 90 else code - 82


@functools.lru_cache(maxsize=256)
def hex_of(look: int, theme: style.Theme) -> str:
    """The colour of an ink, as #rrggbb."""
    name = INKS[look & (BOLD - 1)]
    frame, palette = style.colours(theme), style.palette(theme)
    if name.startswith("pale "):
        return _mixed(palette[name.removeprefix("pale ")], frame["background"])
    return palette.get(name) or frame[name]


def _mixed(colour: str, background: str) -> str:
    parts = ((int(colour[at : at + 2], 16), int(background[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(_PALE * a + (1 - _PALE) * b):02x}" for a, b in parts)


@functools.lru_cache(maxsize=1024)
def sgr_of(look: int, depth: Depth, theme: style.Theme) -> str:
    """The codes for an ink; "" for none."""
    codes = ["1"] * bool(look & BOLD) + ["7"] * bool(look & REVERSE)
    if depth == "none":
        return ";".join(codes) if look & REVERSE else ""
    name = INKS[look & (BOLD - 1)]
    if name == "text":
        pass  # the terminal's default
    elif depth == "16":
        codes += ["2"] * name.startswith("pale ") + [_NAMED[name.removeprefix("pale ")]]
    else:
        red, green, blue = (int(hex_of(look, theme)[at : at + 2], 16) for at in (1, 3, 5))
        codes.append(f"38;2;{red};{green};{blue}" if depth == "true" else f"38;5;{_of_256(red, green, blue)}")
    return ";".join(codes)


def _of_256(red: int, green: int, blue: int) -> int:
    """The nearest of the 6 x 6 x 6 colours, or of the greys."""
    steps = (0, 95, 135, 175, 215, 255)
    cube = [min(range(6), key=lambda at: abs(steps[at] - value)) for value in (red, green, blue)]
    level = min(max(round(((red + green + blue) / 3 - 8) / 10), 0), 23)
    grey = 8 + 10 * level
    far = sum((steps[at] - value) ** 2 for at, value in zip(cube, (red, green, blue), strict=True))
    if sum((grey - value) ** 2 for value in (red, green, blue)) < far:
        return 232 + level
    return 16 + 36 * cube[0] + 6 * cube[1] + cube[2]


def as_text(cells: Cells, depth: Depth, theme: style.Theme = "dark") -> str:
    """The grid as lines of text with colour codes, without empty cells at the ends of lines and empty lines at the
    bottom."""
    lines = []
    for row, plain in enumerate(cells.lines()):
        if depth == "none" or not plain:
            lines.append(plain)
            continue
        parts = []
        for text, look in cells.row_runs(row):
            codes = sgr_of(look, depth, theme) if text.strip() or look & REVERSE else ""
            parts.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
        lines.append("".join(parts).rstrip())
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)
