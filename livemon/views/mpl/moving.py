"""Boards as a moving picture: GIF with Pillow, MP4 with ffmpeg if it is installed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from matplotlib.animation import FFMpegWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from livemon.boards.model import Board
from livemon.system.atomic import move_into_place, replacing
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.picture import natural_size
from livemon.views.style import Theme, context

__all__ = ["save_moving"]

_DPI = 80  # 1120 pixels wide: a page of the docs shows it whole
_FRAMES_A_SECOND = 10
_LAST_SECONDS = 3.0  # the duration of the last frame
_COLOURS = 128  # of a GIF: the edges of letters and curves stay smooth


def save_moving(boards: Iterable[Board], last: Board, path: Path, style: Theme = "light") -> Path:
    """Save boards as a moving picture with ten frames per second. The last one stays for three seconds.

    Args:
        boards: The frames, in order, without the last one.
        last: The last frame. All frames have its size, and a GIF has its colours.
        path: The file; .gif or .mp4.
        style: "light" or "dark".

    Raises:
        ValueError: The suffix is another one.
        RuntimeError: An .mp4 needs ffmpeg, which is not installed.
        OSError: The file cannot be written; the old one stays.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in ("gif", "mp4"):
        raise ValueError(f"cannot save a moving picture as {path.name!r}: the name must end in .gif or .mp4")
    if form == "mp4" and shutil.which("ffmpeg") is None:
        raise RuntimeError(f"-o {path}: an .mp4 is made by ffmpeg, which is not installed here; a .gif needs "
                           "nothing more")
    with context(style):
        width, height = natural_size(last)
        even = 2 / _DPI  # common codecs need even numbers of pixels
        figure = Figure(figsize=(width // even * even, height // even * even), dpi=_DPI)
        FigureCanvasAgg(figure)
        painter = Painter(figure, style, scale=1.0, least_notices=len(last.warnings))
        (_save_gif if form == "gif" else _save_mp4)(figure, painter, boards, last, path)
    return path


def _save_gif(figure: Figure, painter: Painter, boards: Iterable[Board], last: Board, path: Path) -> None:
    final = _image(figure, painter, last)
    palette = final.quantize(_COLOURS, dither=Image.Dither.NONE)

    def frames() -> Iterator[Image.Image]:
        for board in boards:
            yield _image(figure, painter, board).quantize(palette=palette, dither=Image.Dither.NONE)
        yield palette

    each = frames()
    first = next(each)
    rest = list(each)
    durations = [1000 // _FRAMES_A_SECOND] * len(rest) + [round(_LAST_SECONDS * 1000)]
    with replacing(path) as file:
        first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)


def _save_mp4(figure: Figure, painter: Painter, boards: Iterable[Board], last: Board, path: Path) -> None:
    writer = FFMpegWriter(fps=_FRAMES_A_SECOND, codec="libx264", extra_args=["-pix_fmt", "yuv420p", "-crf", "20"])
    with tempfile.TemporaryDirectory(prefix=".livemon-", dir=path.parent) as folder:
        part = Path(folder) / "moving.mp4"
        with writer.saving(figure, os.fspath(part), _DPI):
            for board in boards:
                painter.update(board)
                writer.grab_frame(facecolor=figure.get_facecolor())
            painter.update(last)
            for _ in range(round(_LAST_SECONDS * _FRAMES_A_SECOND)):
                writer.grab_frame(facecolor=figure.get_facecolor())
        move_into_place(part, path)


def _image(figure: Figure, painter: Painter, board: Board) -> Image.Image:
    painter.update(board)
    canvas: Any = figure.canvas  # matplotlib has no types for its renderers
    canvas.draw()
    return Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
