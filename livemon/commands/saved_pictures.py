"""The pictures, pages and tables of points that `livemon compare` saves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from livemon.boards.comparison import Comparison
from livemon.boards.model import Board, Panel
from livemon.commands.compare_request import CompareRequest
from livemon.system.atomic import replacing
from livemon.system.streams import put_result
from livemon.views.style import Theme

__all__ = ["page_of", "save_board", "save_growth", "save_paper", "save_text", "print_saved"]


def save_board(board: Board, path: Path, request: CompareRequest) -> Path:
    """Save a board as a picture, or as an HTML page if the path ends in .html.

    Raises:
        ValueError: A page needs Plotly, which is not installed.
    """
    if path.suffix.lower() == ".html":
        return save_text(path, page_of(board, request.chosen_style.theme))
    from livemon.views.mpl.picture import render, save_figure

    theme = request.chosen_style.theme
    return save_figure(render(board, theme), path, style=theme, outline_text=request.outline_text)


def save_paper(panels: Sequence[Panel], path: Path, request: CompareRequest) -> Path:
    """Save a paper's figure.

    Raises:
        ValueError: The style sheet cannot be read.
    """
    from livemon.views.mpl.paper import paper_figure, sheet_settings
    from livemon.views.mpl.picture import save_figure

    settings = sheet_settings(request.chosen_style.sheet)
    figure = paper_figure(panels, request.width, height=request.height, settings=settings)
    return save_figure(figure, path, settings=settings, outline_text=request.outline_text)


def save_growth(comparison: Comparison, path: Path, theme: Theme, progress: Callable[[int, int], None] | None) -> Path:
    """Save a moving picture of how a comparison grew.

    Raises:
        RuntimeError: An .mp4 needs ffmpeg, which is not installed.
    """
    from livemon.plotter import ExperimentPlotter

    plotter = ExperimentPlotter(comparison.runs, path.parent, options=comparison.options, style=theme)
    return plotter.save_moving(path, progress)


def save_text(path: Path, text: str) -> Path:
    """Save a text atomically."""
    with replacing(path) as handle:
        handle.write(text.encode())
    return path


def print_saved(path: Path, request: CompareRequest) -> None:
    """Print the path of a picture: on standard error if the tables are for other programs."""
    put_result(str(path), sys.stderr if request.form != "text" else sys.stdout)


def page_of(board: Board, theme: Theme) -> str:
    """The board as a self-contained HTML page.

    Raises:
        ValueError: It needs Plotly, which is not installed.
    """
    from livemon.views.plotly import to_plotly

    try:
        figure = to_plotly(board, theme)
    except ImportError as error:
        raise ValueError(f"-o: {error}") from None
    return str(figure.to_html(include_plotlyjs=True))
