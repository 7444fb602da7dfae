"""Fast frames: the background (axes, ticks, titles) is kept, and only the moving artists are drawn on top."""

from __future__ import annotations

from typing import Any

from matplotlib.backend_bases import Event
from matplotlib.figure import Figure

from livemon.boards.model import Board
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.sheets import Sheets
from livemon.views.mpl.touch.overlay import Overlay, Touched
from livemon.views.style import Theme, context

__all__ = ["Blitter"]


class Blitter:
    """Shows boards on a figure with any of matplotlib's Agg canvases, which can draw parts of a picture.

    Attributes:
        painter: Fills the figure.
        frames: Boards shown so far.
        full_draws: How often the whole figure was drawn, because the background changed or the toolkit asked.
        theme: Light or dark.
    """

    def __init__(self, figure: Figure, theme: Theme) -> None:
        self.frames = 0
        self.full_draws = 0
        self._figure = figure
        self._canvas: Any = figure.canvas  # its methods differ slightly between toolkits
        self.theme: Theme = theme
        self._shown: Board | None = None
        self._background: Any = None
        self._picture: Any = None  # the background with the moving artists; None until something is drawn on top of it
        self._touched = Touched()
        self._overlay = Overlay(figure, theme)
        self._sheets = Sheets(figure)
        self.painter = Painter(figure, theme, animated=True)
        self._canvas.mpl_connect("draw_event", self._on_draw)

    def show(self, board: Board) -> None:
        """Show this board in place of the last one, if it differs."""
        if board is self._shown:
            return
        self._shown = board
        self._picture = None
        if self.painter.update(board) or self._background is None:
            self._background = None
            self._canvas.draw()
        else:
            self._canvas.restore_region(self._background)
            self._draw_moving()
            self._draw_on_top()
            self._canvas.blit(self._figure.bbox)
        self.frames += 1

    @property
    def board(self) -> Board | None:
        """The board that is shown."""
        return self._shown

    def refresh(self) -> None:
        """Show the board once more, after a change of the selection."""
        board, self._shown = self._shown, None
        if board is not None:
            self.show(board)

    def touch(self, touched: Touched) -> None:
        """Show this on top of the picture, if it has changed; only what is on top is drawn."""
        if touched == self._touched:
            return
        self._touched = touched
        if self._background is None or self._shown is None:
            return  # a full draw will follow
        if self._picture is None:
            self._canvas.restore_region(self._background)
            self._draw_moving()
            self._picture = self._canvas.copy_from_bbox(self._figure.bbox)
        else:
            self._canvas.restore_region(self._picture)
        self._draw_on_top(keep=False)
        self._canvas.blit(self._figure.bbox)

    def _draw_on_top(self, *, keep: bool = True) -> None:
        """Draw the overlay. `keep`: whether the picture below is new and must be saved first."""
        if self._touched.is_nothing or self._shown is None or self.painter.layout is None:
            return
        if keep:
            self._picture = self._canvas.copy_from_bbox(self._figure.bbox)
        spaces = [(key, artists.space) for key, artists in self.painter.panels.items() if artists.space is not None]
        self._overlay.show(self._touched, self._shown, spaces, self.painter.layout)
        for artist in self._overlay.artists():
            self._figure.draw_artist(artist)

    def lay_out(self) -> None:
        """Adapt to the figure's new size; the caller draws afterwards."""
        self._background = self._picture = None
        if self._shown is not None:
            self.painter.update(self._shown)

    def change_theme(self) -> None:
        """Switch between dark and light; the caller draws afterwards."""
        self.theme = "light" if self.theme == "dark" else "dark"
        self.painter.remove()
        self._overlay.remove()
        self._overlay = Overlay(self._figure, self.theme)
        with context(self.theme):
            self.painter = Painter(self._figure, self.theme, animated=True)
            self.lay_out()

    def _on_draw(self, event: Event) -> None:
        """The background was drawn: keep a copy of it, then draw the moving artists on top."""
        if self._canvas.is_saving():
            return
        self.full_draws += 1
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)
        self._picture = None
        self._sheets.forget()
        self._draw_moving()
        self._draw_on_top()

    def _draw_moving(self) -> None:
        self._sheets.draw(self.painter.artists())
