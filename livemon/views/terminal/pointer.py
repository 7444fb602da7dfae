"""The cursor and the chosen range of x, over the panels of a terminal's screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from livemon.boards.model import Board, Panel
from livemon.views.lens_control import LensControl
from livemon.views.terminal.first_screen import ScreenLayout
from livemon.views.terminal.plot import Rect, Space

__all__ = ["Pointer", "is_in"]

Placed = tuple[Panel, Rect, Space]


class Pointer:
    """The user's position.

    Args:
        lens_control: Receives the chosen range.

    Attributes:
        cursor: The x of the cursor, or None.
        chosen: The key of the selected panel; "" for the first one.
        shown: The present layout; None before the first frame.
    """

    def __init__(self, lens_control: LensControl) -> None:
        self.cursor: float | None = None
        self.chosen = ""
        self.shown: ScreenLayout | None = None
        self._looking = lens_control
        self._whole: tuple[float, float] | None = None  # limits of x without zoom
        self._of = ("", "")
        self._pressed: tuple[int, int] | None = None

    def take(self, board: Board) -> None:
        """Take a board. The cursor stays visible: at the edge of a moving range; in another run at the same x, if the
        run has got so far."""
        before, self._of = self._of, (board.title, board.x_kind)
        if board.lens is not None and board.lens.zoom is None and (panel := next(_curves(board), None)) is not None:
            self._whole = panel.x_limits
        if self.cursor is not None and (panel := next(_curves(board), None)) is not None:
            inside = min(max(self.cursor, panel.x_limits[0]), panel.x_limits[1])
            means_nothing = before[1] != board.x_kind or (before[0] != board.title and inside != self.cursor)
            self.cursor = None if means_nothing else inside

    # -- panels

    def _spaces(self) -> list[Placed]:
        return [] if self.shown is None else [placed for placed in self.shown.spaces if placed[0].lines]

    def _placed(self) -> Placed | None:
        """The selected panel and its position."""
        spaces = self._spaces()
        return next((placed for placed in spaces if placed[0].key == self.chosen), spaces[0] if spaces else None)

    @property
    def panel(self) -> Panel | None:
        """The selected panel, of any kind."""
        shown = [] if self.shown is None else [panel for panel, _, _ in self.shown.spaces]
        return next((panel for panel in shown if panel.key == self.chosen), shown[0] if shown else None)

    def choose(self, step: int) -> bool:
        """Select the next or previous panel of all; whether it went around the end."""
        keys = [] if self.shown is None else self.shown.keys
        if not keys:
            return True
        at = keys.index(self.chosen) + step if self.chosen in keys else (0 if step > 0 else len(keys) - 1)
        self.chosen = keys[at % len(keys)]
        return not 0 <= at < len(keys)

    # -- the cursor and the range

    def move(self, cells: int) -> None:
        """Move the cursor by so many cells; at first it is at the newest point."""
        placed = self._placed()
        if placed is None:
            return
        space = placed[2]
        if self.cursor is None or (column := space.column_of(self.cursor)) is None:
            newest = max((float(line.x[-1]) for line in placed[0].lines if len(line.x)), default=space.x[1])
            self.cursor = min(max(newest, space.x[0]), space.x[1])
            return
        last = space.rect.column + space.rect.width - 1
        self.cursor = space.x_of(min(max(column + cells, space.rect.column), last))

    def zoom(self, factor: float) -> None:
        """Scale the range by a factor, around the cursor, or else at its newest end."""
        if (placed := self._placed()) is None or self._whole is None:
            return
        low, high = placed[2].x
        width = (high - low) * factor
        if self.cursor is None:
            low = high - width
        else:
            share = min(max((self.cursor - low) / (high - low), 0.0), 1.0)
            low = self.cursor - share * width
        self._stretch(low, low + width)

    def shift(self, share: float) -> None:
        """Shift the range by a share of its width."""
        if (placed := self._placed()) is not None:
            low, high = placed[2].x
            if self.cursor is not None:
                self.cursor += share * (high - low)  # it stays in its column
            self._stretch(low + share * (high - low), high + share * (high - low))

    def _stretch(self, low: float, high: float) -> None:
        """Show this range, within the limits of the run; without zoom if it is the whole."""
        if self._whole is None:
            return
        width = min(high - low, self._whole[1] - self._whole[0])
        low = min(max(low, self._whole[0]), self._whole[1] - width)
        if width >= 0.999 * (self._whole[1] - self._whole[0]):
            self._looking.look(lambda lens: replace(lens, zoom=None))
            return
        self._looking.zoom_to(low, low + width)

    # -- the mouse

    def press(self, column: int, row: int) -> bool:
        """The button was pressed in a cell; whether that is in a panel."""
        hit = next((placed for placed in (self.shown.spaces if self.shown else [])
                    if is_in(placed[1], column, row)), None)
        self._pressed = None
        if hit is None:
            return False
        self.chosen = hit[0].key
        if hit[0].lines:
            self._pressed = column, row
            self._point(column)
        return True

    def drag(self, column: int) -> None:
        """The pointer has moved while the button is pressed."""
        if self._pressed is not None:
            self._point(column)

    def release(self, column: int) -> None:
        """The button was released: in another column than where it was pressed, that chooses a range."""
        pressed, self._pressed = self._pressed, None
        placed = self._placed()
        if pressed is None or placed is None or abs(column - pressed[0]) < 2:
            return
        ends = sorted(placed[2].x_of(_within(placed[2], at)) for at in (pressed[0], column))
        self._stretch(*ends)

    def wheel(self, column: int, row: int, direction: int) -> None:
        """The wheel was turned over a cell: up zooms in there."""
        hit = next((placed for placed in self._spaces() if is_in(placed[1], column, row)), None)
        if hit is not None:
            self.chosen = hit[0].key
            self._point(column)
            self.zoom(0.5 if direction < 0 else 2.0)

    def _point(self, column: int) -> None:
        if (placed := self._placed()) is not None:
            self.cursor = placed[2].x_of(_within(placed[2], column))


def _curves(board: Board) -> Iterator[Panel]:
    return (panel for panel in board.panels if panel.lines)


def is_in(rect: Rect, column: int, row: int) -> bool:
    """Whether a cell is in a rectangle."""
    return rect.column <= column < rect.column + rect.width and rect.row <= row < rect.row + rect.height


def _within(space: Space, column: int) -> int:
    return min(max(column, space.rect.column), space.rect.column + space.rect.width - 1)
