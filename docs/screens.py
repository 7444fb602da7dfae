"""Screens of a terminal as SVG: each character in its cell, whatever fonts the reader has."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, SIZE = 8.0, 17.0, 13  # of a cell, and of its letters, in px
COLOURS = {"light": ("#f6f6f6", "#1f2328"), "dark": ("#16181d", "#e6e6e6")}
_SGR = re.compile(r"\x1b\[([\d;]*)m")
# The dots of a braille character by their bits: column, row.
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
_EIGHTHS = "▁▂▃▄▅▆▇█"


def printed_on_terminal(command: Sequence[str], cwd: Path, columns: int, rows: int) -> str:
    """What a command prints on a terminal of this size, with its colours."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": ""}
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=writer, stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        text = b""
        with contextlib.suppress(OSError):  # the terminal is gone with its last process
            while piece := os.read(reader, 1 << 16):
                text += piece
        problem = process.communicate()[1]
    os.close(reader)
    if process.returncode:
        raise RuntimeError(problem.decode())
    return text.decode().replace("\r\n", "\n")


def as_svg(text: str, theme: str) -> str:
    """Lines of text, with SGR colours or without, as a picture."""
    background, plain = COLOURS[theme]
    lines = text.rstrip("\n").split("\n")
    width = max(80, *(len(_SGR.sub("", line)) for line in lines)) * WIDTH + 20
    height = len(lines) * HEIGHT + 16
    shapes = [shape for row, line in enumerate(lines) for shape in _shapes(line, 8 + row * HEIGHT, plain)]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="monospace" font-size="{SIZE}" xml:space="preserve">',
        f'<rect width="100%" height="100%" rx="4" fill="{background}"/>', *shapes, "</svg>\n"])


def _shapes(line: str, top: float, plain: str) -> list[str]:
    shapes, column, colour, bold = [], 0, plain, False
    for number, part in enumerate(_SGR.split(line)):
        if number % 2:
            colour, bold = _colour(part, plain), "1" in part.split(";")[:1]
            continue
        for char in part:
            shapes += _shape(char, 10 + column * WIDTH, top, colour, bold)
            column += 1
    return shapes


def _colour(codes: str, plain: str) -> str:
    found = re.search(r"38;2;(\d+);(\d+);(\d+)", codes)
    return "#" + "".join(f"{int(value):02x}" for value in found.groups()) if found else plain


def _shape(char: str, x: float, top: float, colour: str, bold: bool) -> list[str]:
    """The marks of a character: dots and blocks are drawn, as fonts differ in them; all others are text."""
    if char == " ":
        return []
    if 0x2800 <= ord(char) <= 0x28FF:
        across, down = WIDTH / 2, HEIGHT / 4
        return [f'<circle cx="{x + (column + 0.5) * across:g}" cy="{top + (row + 0.5) * down:g}" r="1.5" '
                f'fill="{colour}"/>' for bit, (column, row) in enumerate(_DOTS) if ord(char) >> bit & 1]
    if char in _EIGHTHS:
        high = HEIGHT * (_EIGHTHS.index(char) + 1) / 8
        return [f'<rect x="{x:g}" y="{top + HEIGHT - high:g}" width="{WIDTH - 0.4:g}" height="{high:g}" '
                f'fill="{colour}"/>']
    weight = ' font-weight="bold"' if bold else ""
    return [f'<text x="{x:g}" y="{top + HEIGHT * 0.76:g}" fill="{colour}"{weight}>{escape(char)}</text>']
