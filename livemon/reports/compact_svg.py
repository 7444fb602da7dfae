"""A board as a small SVG picture, shown by pages if scripts are switched off."""

from __future__ import annotations

import re

from livemon.boards.model import Board
from livemon.reports.thinned import thinned
from livemon.views import style as looks
from livemon.views.mpl.picture import picture_bytes, render
from livemon.views.style import Theme

__all__ = ["compact_svg"]

_COLUMNS = 110  # for a curve: a panel is about 300 points wide
_COLUMNS_BEHIND = 40  # for a smoothed curve, which changes little from column to column
_PATH = re.compile(r' d="([^"]*)"')
_POINT = re.compile(r"([MLQCzZ])|(-?[\d.]+(?:e-?\d+)?) (-?[\d.]+(?:e-?\d+)?)")
_NO_USE = (r"<\?xml.*?\?>", r"<!DOCTYPE[^>]*>", r"<metadata>.*?</metadata>", r"<!--.*?-->",
           r' transform="rotate\(-?0 [^)]*\)"', r"(?<=<g) id=\"[^\"]*\"")


def compact_svg(board: Board, style: Theme | None = "light") -> str:
    """The picture, with as few points as its size needs, including the extremes. `style`: None: the picture has the
    colours of both themes, and uses those that its reader prefers."""
    theme: Theme = style or "light"
    figure = render(thinned(board, _COLUMNS, _COLUMNS_BEHIND), theme)
    for words in figure.artists:  # texts with a halo would become outlines of letters
        words.set_path_effects([])
    text = picture_bytes(figure, "svg", 72, theme, {"svg.hashsalt": "livemon"}).decode("utf-8")
    for pattern in _NO_USE:
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    text = _PATH.sub(lambda match: f' d="{_relative(match[1])}"', text)
    text = re.sub(r"<[^>]*>", lambda match: re.sub(r"(?<=\d\.\d)\d+", "", match[0]), text)  # only within tags
    text = re.sub(r"\s+", " ", text).replace("> <", "><")
    while "<g></g>" in text or "<g/>" in text:
        text = text.replace("<g></g>", "").replace("<g/>", "")
    text = re.sub(r"font-family: '([^']*)'(?=;)", r"font-family:\1", text).strip()
    return text if style else _in_both_themes(text)


def _in_both_themes(picture: str) -> str:
    """A light picture whose colours become named attributes with two values, one for dark."""
    light, dark = ({**looks.colours(theme), **looks.palette(theme)} for theme in ("light", "dark"))
    names: dict[str, str] = {}  # a light colour -> the first attribute with it
    for name, colour in light.items():
        names.setdefault(colour, name)
    used = [colour for colour in names if colour in picture]
    picture = re.sub(r"(?<=[ \"])style=\"[^\"]*\"", lambda match: re.sub(
        r"#[0-9a-f]{6}", lambda colour: f"var(--{names[colour[0]]})" if colour[0] in names else colour[0], match[0]),
        picture)
    values = [";".join(f"--{names[colour]}:{of[names[colour]]}" for colour in used) for of in (light, dark)]
    rules = f"svg{{{values[0]}}}@media(prefers-color-scheme:dark){{svg{{{values[1]}}}}}"
    return re.sub(r"<svg[^>]*>", lambda match: f"{match[0]}<style>{rules}</style>", picture, count=1)


def _relative(path: str) -> str:
    """The path with each point as the distance from the one before, to a tenth of a point."""
    if "Q" in path or "C" in path:
        return path
    made: list[str] = []
    before = (0, 0)
    command = ""
    for match in _POINT.finditer(path):
        if match[1]:
            command = match[1]
            made += ["z"] if command in "zZ" else []
            continue
        point = round(10 * float(match[2])), round(10 * float(match[3]))
        if command == "M":
            made.append(f"M{_tenths(point[0])} {_tenths(point[1])}l")
            command = "L"
        elif point != before:
            made.append(f"{_tenths(point[0] - before[0], ' ')}{_tenths(point[1] - before[1], ' ')}")
        before = point
    return re.sub(r"l(?=M|z|$)", "", "".join(made).replace("l ", "l"))


def _tenths(value: int, before: str = "") -> str:
    """A number of tenths as text, after `before` if it has no sign."""
    sign, size = "-" if value < 0 else before, abs(value)
    text = str(size // 10) if size >= 10 or size % 10 == 0 else ""
    return f"{sign}{text}" + (f".{size % 10}" if size % 10 else "")
