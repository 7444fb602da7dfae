"""Boards as pictures: PNG, PDF or SVG, written atomically."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.model import Board
from livemon.system.atomic import HeldOpenError, replacing
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.layout import height_for
from livemon.views.mpl.png import PngFile
from livemon.views.style import Theme, context

__all__ = ["FileView", "Sheet", "natural_size", "picture_bytes", "render", "save", "save_figure"]

_WIDTH = 14.0  # inches
PRINT_DPI = 300  # dots per inch of saved pictures: what journals ask for
_HIGHEST = 50.0  # 15,000 pixels at 300 dpi; the panels that do not fit are counted below
_FORMATS = ("png", "pdf", "svg")


def natural_size(board: Board) -> tuple[float, float]:
    """The size in inches at which the whole board fits: 14 wide, and at least as high as a 16:9 screen for a usual
    dashboard."""
    spans = [panel.span for panel in board.panels]
    summary = bool(board.summary or board.config)
    height = height_for(_WIDTH * 72, spans, summary=summary, columns=board.columns, row_height=board.row_height,
                        notices=len(board.warnings)) / 72
    return _WIDTH, round(min(height, _HIGHEST), 2)


def render(board: Board, style: Theme = "light", size: tuple[float, float] | None = None, dpi: float = 100) -> Figure:
    """The board as a separate figure, made without pyplot: nothing to close, no leaks.

    Args:
        board: The board to draw.
        style: "light" or "dark".
        size: In inches; None: `natural_size(board)`, which leaves out no panel.
        dpi: The resolution of the figure in dots per inch.
    """
    return Sheet(style, size, dpi).show(board)


class Sheet:
    """A figure that shows boards one after the other. What they share (the artists of a panel, the canvas of a size) is
    made only once.

    Args:
        style, size, dpi: See `render`.
    """

    def __init__(self, style: Theme = "light", size: tuple[float, float] | None = None, dpi: float = 100) -> None:
        self._style = style
        self._size = size
        with context(style):
            self._figure = Figure(figsize=size, dpi=dpi)
            FigureCanvasAgg(self._figure)
            self._painter = Painter(self._figure, style, scale=None if size else 1.0)

    def show(self, board: Board) -> Figure:
        """The figure with this board, until the next call."""
        with context(self._style):
            self._figure.set_size_inches(self._size or natural_size(board))
            self._painter.update(board)
        return self._figure


def save(
    board: Board,
    path: str | os.PathLike[str],
    *,
    dpi: float | None = None,
    style: Theme = "light",
    size: tuple[float, float] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Path:
    """Write the board as a picture in the format of the path's suffix: .png, .pdf or .svg; text stays text in the
    latter two.

    The picture is written beside `path` and moved into place when it is complete.

    Args:
        board: The board to draw.
        path: The file.
        dpi: Dots per inch; None: `PRINT_DPI`.
        style: Light or dark.
        size: In inches; None: as large as the board needs.
        texts: keyword -> text, stored in a .png.

    Raises:
        ValueError: The suffix is another one.
        OSError: The picture cannot be written; the message names it. No partial file is left, and an earlier picture
            stays.
    """
    path = Path(path)
    _format_of(path)
    return save_figure(render(board, style, size), path, dpi=dpi, style=style, texts=texts)


def save_figure(
    figure: Figure, path: str | os.PathLike[str], *, dpi: float | None = None, style: Theme = "light",
    texts: Mapping[str, str] | None = None, outline_text: bool = False, settings: Mapping[str, Any] | None = None,
) -> Path:
    """Write a figure as `save` does. With `outline_text` the texts of an .svg are shapes, which look the same without
    the fonts. `settings`: the matplotlib settings with which the figure was made."""
    path = Path(path)
    dpi = PRINT_DPI if dpi is None else dpi
    form = _format_of(path)
    try:
        drawn_with = {**(settings or {}), "svg.fonttype": "path" if outline_text else "none"}
        with replacing(path) as handle:
            if form == "pdf":  # on a full disk matplotlib would raise another error when closing the file
                handle.write(picture_bytes(figure, form, dpi, style, drawn_with))
            else:
                _write(figure, handle, form, dpi, style, drawn_with, texts)
    except OSError as error:
        advice = ""
        if error.errno == errno.ENAMETOOLONG:
            advice = f" ({len(os.fsencode(path.name))} bytes); plots are named after the run's folder: rename that"
        kind = HeldOpenError if isinstance(error, HeldOpenError) else OSError  # OSError chooses its subclass by errno
        raise kind(error.errno, f"cannot write the picture {path}: {error.strerror or error}{advice}") from error
    return path


def picture_bytes(figure: Figure, form: str, dpi: float, style: Theme = "light",
                  settings: Mapping[str, Any] | None = None) -> bytes:
    """A figure as the content of a file: "png", "pdf" or "svg". `settings`: matplotlib's."""
    content = io.BytesIO()
    _write(figure, content, form, dpi, style, {"svg.fonttype": "none", **(settings or {})})
    return content.getvalue()


def _write(figure: Figure, handle: IO[bytes], form: str, dpi: float, style: Theme, settings: Mapping[str, Any],
           texts: Mapping[str, str] | None = None) -> None:
    drawn_with: Any = settings  # matplotlib's types list every name
    with context(style), rc_context(drawn_with):
        target: Any = PngFile(handle, dpi, texts) if form == "png" else handle
        figure.savefig(target, format="raw" if form == "png" else form, dpi=dpi, facecolor=figure.get_facecolor())


def _format_of(path: Path) -> str:
    form = path.suffix.lower().removeprefix(".")
    if form not in _FORMATS:
        raise ValueError(f"cannot write a picture as {path.name!r}: the name must end in .png, .pdf or .svg")
    return form


class FileView:
    """Rewrites one picture with each board.

    Args:
        path: The file; its suffix is the format.
        style: "light" or "dark".
        size: In inches; None: as large as the board needs.
        dpi: 110 gives a width of 1540 pixels.
        texts: See `save`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        style: Theme = "light",
        size: tuple[float, float] | None = None,
        dpi: float = 110,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        self.path = Path(path)
        self._texts = texts
        self._theme = style
        self._size = size
        self._dpi = dpi

    def open(self) -> None:
        """Check that the picture can be written, before the first board is made.

        Raises:
            ValueError: The suffix is not a known format.
            NotADirectoryError: The folder does not exist.
        """
        _format_of(self.path)
        folder = self.path.parent
        if not folder.is_dir():
            raise NotADirectoryError(
                f"cannot write the picture {self.path}: the folder {folder} does not exist; create it first"
            )

    def draw(self, board: Board) -> None:
        """Write this board in place of the last one. Raises OSError like `save`."""
        save(board, self.path, dpi=self._dpi, style=self._theme, size=self._size, texts=self._texts)

    def close(self) -> None:
        """Nothing to do: the picture stays."""
