"""What keys and mouse mean in a terminal: lenses that are asked for, a cursor, and what is drawn on top. It knows no
terminal: keys come in by their names, and a frame goes out as cells."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from livemon.boards.lens import moves
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Panel
from livemon.system.streams import cells_of
from livemon.views.keys import Action, action_of
from livemon.views.looking import Looking, rounded
from livemon.views.readings import place_in_words
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.first_screen import LOWEST, NARROWEST, Screenful, first_screen
from livemon.views.terminal.keys import NOT_HERE, help_rows
from livemon.views.terminal.plot import Pen, Rect, Space

__all__ = ["Hands"]

_MESSAGE_SECONDS = 5.0  # long enough to read a line
_JUMP = 10  # cells that the cursor moves with shift
_HINT = "? help   q quit   tab panel   arrows cursor   + - [ ] zoom   / filter   enter large"


class Hands:
    """What somebody does to the boards in a terminal.

    Args:
        ask: Asks for a board through another lens.
        deed: Does what is about the terminal and no board: "quit", "save", "theme".
        clock: Seconds that only grow.

    Attributes:
        looking: The lenses, and what is typed after `/`.
        cursor: The x of the cursor; None for none.
        chosen: The key of the panel that keys are about; "" for the first one.
        is_helping: Whether the keys are shown.
    """

    def __init__(self, ask: Callable[[Lens], object], deed: Callable[[Action], object],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.looking = Looking(ask, lambda: self._board)
        self._deed = deed
        self._clock = clock
        self.cursor: float | None = None
        self.chosen = ""
        self.is_helping = False
        self._board: Board | None = None
        self._holds = False
        self._shown: Screenful | None = None
        self._whole: tuple[float, float] | None = None  # limits of x while nothing was zoomed
        self._message = ("", -math.inf)
        self._pressed: tuple[int, int] | None = None

    # -- what is shown

    @property
    def board(self) -> Board | None:
        """What is on show."""
        return self._board

    def take(self, board: Board) -> bool:
        """A board comes; whether it is shown: while somebody holds still, only one through another lens is."""
        self.looking.begin(board)
        if self._holds and self._board is not None and board.lens == self._board.lens:
            return False
        self._board = board
        if board.lens is not None and board.lens.zoom is None and (panel := next(_curves(board), None)) is not None:
            self._whole = panel.x_limits
        return True

    def say(self, text: str) -> None:
        """Show a line for a while."""
        self._message = text, self._clock() + _MESSAGE_SECONDS

    def frame(self, width: int, height: int, pen: Pen) -> Cells:
        """All that is shown in so many cells."""
        if self._board is None or width < 1 or height < 1:
            return Cells(width, height)
        has_footer = width >= NARROWEST and height > LOWEST
        self._shown = first_screen(self._board, width, height - has_footer, pen, cursor=self.cursor,
                                   chosen=self.chosen if self.chosen or self.cursor is not None else "")
        cells = Cells(width, height)
        cells.text[: height - has_footer] = self._shown.cells.text
        cells.ink[: height - has_footer] = self._shown.cells.ink
        if self.is_helping:
            _put_help(cells, pen)
        if has_footer:
            self._put_footer(cells, height - 1, pen)
        return cells

    def _put_footer(self, cells: Cells, row: int, pen: Pen) -> None:
        text, look = self._footer()
        more = self._shown.left_out if self._shown is not None else 0
        right = cells.width
        if more and not self.is_helping:
            right = cells.put_right(row, cells.width, f"{more:,} more panels", ink("faint")) - 2
        cells.put(row, 0, clipped(pen.glyphs.plain(text), max(right, 0), pen.glyphs.ellipsis), look)

    def _footer(self) -> tuple[str, int]:
        if (prompt := self.looking.prompt) is not None:
            wrong = "  (not an expression yet)" if prompt.is_wrong else ""
            return f"/{prompt.text}_{wrong}", ink("warning" if prompt.is_wrong else "text", bold=True)
        message, until = self._message
        if self._clock() < until:
            return message, ink("text", bold=True)
        if self.cursor is not None and self._board is not None:
            return place_in_words(self._board, self.cursor), ink("text", bold=True)
        if self._holds:
            return "holding still: w goes on", ink("idle", bold=True)
        return _HINT, ink("muted")

    # -- keys

    def key(self, name: str) -> None:
        """A key was pressed: a character, or "left", "enter", "backspace" and so on."""
        if self.looking.prompt is not None:
            self.looking.type(name)
            return
        moves_of_cursor = {"left": -1, "right": 1, "shift+left": -_JUMP, "shift+right": _JUMP}
        if name in moves_of_cursor:
            self._move_cursor(moves_of_cursor[name])
        elif name in ("tab", "down", "shift+tab", "up"):
            self._choose(1 if name in ("tab", "down") else -1)
        elif name in ("+", "=", "-"):
            self._zoom(2.0 if name == "-" else 0.5)
        elif name in ("[", "]"):
            self._shift(-0.5 if name == "[" else 0.5)
        elif (action := action_of(name)) is not None and action not in NOT_HERE:
            self._do(action)

    def _do(self, action: Action) -> None:
        own: dict[Action, Callable[[], object]] = {
            "help": self._toggle_help,
            "leave": self._leave,
            "hold": self._toggle_hold,
            "next event": lambda: self._go_to_event(1),
            "event before": lambda: self._go_to_event(-1),
        }
        if action in ("quit", "save", "theme"):
            self._deed(action)
            return
        if action == "x":
            self.cursor = None  # a place of one axis means nothing on another
        if action in own:
            own[action]()
        elif not self.looking.do(action) and (panel := self._panel()) is not None:
            self.looking.do_with(action, panel, lambda lens: _next_alone(lens, panel) if panel.metrics else None)

    def _toggle_help(self) -> None:
        self.is_helping = not self.is_helping

    def _toggle_hold(self) -> None:
        self._holds = not self._holds

    def _leave(self) -> None:
        """Close what is open, one thing after the other."""
        if self.is_helping:
            self.is_helping = False
        elif self.cursor is not None:
            self.cursor = None
        else:
            self.chosen = ""
        self._message = ("", -math.inf)

    def _go_to_event(self, direction: int) -> None:
        board = self._board
        if (here := self.looking.go_to_event(direction)) is not None and board is not None:
            self.cursor = here.x
            self.say(f"{here.words} ({here.number} of {here.of}): {place_in_words(board, here.x)}")
        elif board is not None and self.looking.lens is not None:
            self.say("nothing happened that is marked")

    # -- the cursor and the stretch

    def _spaces(self) -> list[tuple[Panel, Rect, Space]]:
        return [] if self._shown is None else [one for one in self._shown.spaces if one[0].lines]

    def _place(self) -> tuple[Panel, Rect, Space] | None:
        """The panel that keys are about, and where it stands."""
        spaces = self._spaces()
        return next((one for one in spaces if one[0].key == self.chosen), spaces[0] if spaces else None)

    def _panel(self) -> Panel | None:
        """The panel that keys are about, of whichever kind."""
        shown = [] if self._shown is None else [panel for panel, _, _ in self._shown.spaces]
        return next((panel for panel in shown if panel.key == self.chosen), shown[0] if shown else None)

    def _choose(self, step: int) -> None:
        keys = [] if self._shown is None else [panel.key for panel, _, _ in self._shown.spaces]
        if keys:
            at = keys.index(self.chosen) + step if self.chosen in keys else (0 if step > 0 else -1)
            self.chosen = keys[at % len(keys)]

    def _move_cursor(self, cells: int) -> None:
        place = self._place()
        if place is None:
            return
        space = place[2]
        if self.cursor is None or (column := space.column_of(self.cursor)) is None:
            newest = max((float(line.x[-1]) for line in place[0].lines if len(line.x)), default=space.x[1])
            self.cursor = min(max(newest, space.x[0]), space.x[1])
            return
        last = space.rect.column + space.rect.width - 1
        self.cursor = space.x_of(min(max(column + cells, space.rect.column), last))

    def _zoom(self, factor: float) -> None:
        """The stretch by a factor, around the cursor, else at its end, where a run goes on."""
        if (place := self._place()) is None or self._whole is None:
            return
        low, high = place[2].x
        width = (high - low) * factor
        if self.cursor is None:
            low = high - width
        else:
            share = min(max((self.cursor - low) / (high - low), 0.0), 1.0)
            low = self.cursor - share * width
        self._stretch(low, low + width)

    def _shift(self, share: float) -> None:
        if (place := self._place()) is not None:
            low, high = place[2].x
            self._stretch(low + share * (high - low), high + share * (high - low))

    def _stretch(self, low: float, high: float) -> None:
        """Show this stretch, within the whole; nothing is zoomed where it is the whole."""
        if self._whole is None or self._board is None:
            return
        width, unit = min(high - low, self._whole[1] - self._whole[0]), self._board.x_unit
        low = min(max(low, self._whole[0]), self._whole[1] - width)
        if width >= 0.999 * (self._whole[1] - self._whole[0]):
            self.looking.look(lambda lens: replace(lens, zoom=None))
            return
        ends = rounded(low * unit, (low + width) * unit)
        self.looking.look(lambda lens: moves.zoom_to(lens, *ends))

    # -- the mouse

    def press(self, column: int, row: int) -> None:
        """The button goes down in a cell."""
        self.is_helping = False
        hit = next((one for one in (self._shown.spaces if self._shown else []) if _is_in(one[1], column, row)), None)
        self._pressed = None
        if hit is not None:
            self.chosen = hit[0].key
            if hit[0].lines:
                self._pressed = column, row
                self._point(column)

    def drag(self, column: int) -> None:
        """The pointer moves while the button is down."""
        if self._pressed is not None:
            self._point(column)

    def release(self, column: int) -> None:
        """The button goes up: over another column than where it went down, that is a stretch."""
        pressed, self._pressed = self._pressed, None
        place = self._place()
        if pressed is None or place is None or abs(column - pressed[0]) < 2:
            return
        ends = sorted(place[2].x_of(_within(place[2], one)) for one in (pressed[0], column))
        self._stretch(*ends)

    def wheel(self, column: int, row: int, direction: int) -> None:
        """The wheel turns over a cell: up zooms in there."""
        hit = next((one for one in self._spaces() if _is_in(one[1], column, row)), None)
        if hit is not None:
            self.chosen = hit[0].key
            self._point(column)
            self._zoom(0.5 if direction < 0 else 2.0)

    def _point(self, column: int) -> None:
        if (place := self._place()) is not None:
            self.cursor = place[2].x_of(_within(place[2], column))

def _curves(board: Board) -> Iterator[Panel]:
    return (panel for panel in board.panels if panel.lines)


def _is_in(rect: Rect, column: int, row: int) -> bool:
    return rect.column <= column < rect.column + rect.width and rect.row <= row < rect.row + rect.height


def _within(space: Space, column: int) -> int:
    return min(max(column, space.rect.column), space.rect.column + space.rect.width - 1)


def _next_alone(lens: Lens, panel: Panel) -> str:
    """The metric of a panel that is shown alone next: the one behind the one that is alone now."""
    shown = [metric for metric in panel.metrics if metric not in lens.hidden]
    if len(shown) != 1 or len(panel.metrics) == 1:
        return panel.metrics[0]
    at = panel.metrics.index(shown[0]) + 1
    return panel.metrics[at] if at < len(panel.metrics) else shown[0]


def _put_help(cells: Cells, pen: Pen) -> None:
    """The keys, in as many columns as there is room for."""
    rows = [(pen.glyphs.plain(name), pen.glyphs.plain(words)) for name, words in help_rows()]
    beside = max(cells_of(name) for name, _ in rows) + 2
    room = max(cells.height - 4, 1)
    columns = max(min(-(-len(rows) // room), cells.width // 40), 1)
    high = min(-(-len(rows) // columns), room)
    width = cells.width // columns
    for row in range(min(high + 2, cells.height - 1)):
        cells.put(row + 1, 0, " " * cells.width)
    cells.put(1, 0, " keys ", ink("text", bold=True, reverse=True))
    for number, (name, words) in enumerate(rows[: high * columns]):
        row, column = 2 + number % high, number // high * width
        cells.put(row, column + 1, name, ink("text", bold=True), room=width - 1)
        cells.put(row, column + 1 + beside, clipped(words, width - beside - 2, pen.glyphs.ellipsis), ink("muted"))
