"""How keys change the lens, in every interactive view: each asks for another lens."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from livemon.boards.lens import moves
from livemon.boards.lens.history import History
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Panel
from livemon.tables.patterns import UserPattern
from livemon.views.keys import Action

__all__ = ["EventPosition", "LensControl", "Prompt", "edited", "name_of", "zoomed", "zoomed_y"]

_WORDS = {"nan": "NaN", "inf": "infinite", "beyond": "off the scale", "leap": "spike"}
_MOST_WORDS = 3  # events described at one position


@dataclass(frozen=True)
class Prompt:
    """The text typed after `/`. `is_wrong`: it is not yet a valid expression, and the earlier picture stays."""

    text: str = ""
    is_wrong: bool = False


@dataclass(frozen=True)
class EventPosition:
    """An x with events: their description, and its number among all such positions."""

    x: float
    words: str
    number: int
    of: int


class LensControl:
    """The lenses of one view.

    Args:
        ask: Asks for a board through another lens.
        shown: Gives the present board.

    Attributes:
        history: The lenses; None before the first board.
        prompt: The text typed after `/`, or None.
    """

    def __init__(self, ask: Callable[[Lens], object], shown: Callable[[], Board | None]) -> None:
        self._ask = ask
        self._shown = shown
        self.history: History | None = None
        self.prompt: Prompt | None = None

    @property
    def lens(self) -> Lens | None:
        """The last lens asked for."""
        return self.history.now if self.history is not None else None

    def begin(self, board: Board) -> None:
        """Take a board: the first one has the lens from the command line."""
        if self.history is None and board.lens is not None:
            self.history = History.of(board.lens)

    def look(self, move: Callable[[Lens], Lens]) -> None:
        """Ask for the lens that a move makes from this one."""
        if self.history is not None:
            self._go(self.history.to(move(self.history.now)))

    def look_from(self, history: History, move: Callable[[Lens], Lens]) -> None:
        """The same from an earlier history, as if the later moves had not been made."""
        self.history = history
        self.look(move)

    def back(self) -> None:
        """Go back to the previous lens."""
        if self.history is not None:
            self._go(self.history.back())

    def home(self) -> None:
        """Go back to the first lens."""
        if self.history is not None:
            self._go(self.history.home())

    def forget(self, lens: Lens) -> None:
        """A lens was not valid: go back to the previous one."""
        if self.history is not None and self.history.now == lens:
            self.history = self.history.back()

    def follow(self) -> None:
        """Follow the newest part of the run."""
        if (board := self._shown()) is not None:
            counts = board.x_kind in ("step", "row")
            self.look(lambda lens: moves.follow_newest(lens, counts_steps=counts))

    def _go(self, history: History) -> None:
        if self.history is not None and history.now != self.history.now:
            self._ask(history.now)
        self.history = history

    def zoom_to(self, low: float, high: float) -> None:
        """Zoom to the range between two values of x, in the units of the board."""
        if (board := self._shown()) is not None:
            self.look(lambda lens: zoomed(lens, board, low, high))

    def zoom_y_to(self, panel: Panel, low: float, high: float) -> None:
        """Zoom to the range between two values of a panel."""
        self.look(lambda lens: zoomed_y(lens, panel, low, high))

    # -- keys

    def do(self, action: Action) -> bool:
        """Do what a key asks for the whole board; whether it is such a key."""
        actions: dict[Action, Callable[[], object]] = {
            "limits": lambda: self.look(moves.toggle_limits),
            "attempts": lambda: self.look(moves.toggle_attempts),
            "smooth less": lambda: self.look(lambda lens: moves.smooth_more(lens, "less")),
            "smooth more": lambda: self.look(lambda lens: moves.smooth_more(lens, "more")),
            "x": self._next_x,
            "filter": self._begin_prompt,
            "back": self.back,
            "home": self.home,
            "follow": self.follow,
        }
        if action in actions:
            actions[action]()
        return action in actions

    def do_with(self, action: Action, panel: Panel, alone: Callable[[Lens], str | None]) -> None:
        """Do what a key asks for a panel. `alone`: gives the metric to show alone."""
        name = name_of(panel)
        if action == "log":
            self.look(lambda lens: moves.toggle_log(lens, name, panel.metrics, is_log=panel.y_scale == "log"))
        elif action == "pin":
            self.look(lambda lens: moves.pin_or_not(lens, name))
        elif action == "hide":
            self.look(lambda lens: moves.hide_or_show(lens, panel.metrics or (panel.key,)))
        elif action == "large":
            self.look(lambda lens: moves.enlarge(lens, name))
        elif action == "alone" and (lens := self.lens) is not None and (metric := alone(lens)) is not None:
            self.look(lambda lens: moves.show_alone(lens, metric, panel.metrics))

    def _next_x(self) -> None:
        if (board := self._shown()) is not None:
            self.look(lambda lens: moves.next_x(lens, board.axes[:-1] or board.axes, board.x_kind))

    def go_to_event(self, direction: int) -> EventPosition | None:
        """Mark the next (1) or previous (-1) position with an event, in a circle; None if there are no events."""
        board, lens = self._shown(), self.lens
        if board is None or lens is None or not board.events:
            return None
        places = sorted({event.x for event in board.events})
        at = lens.mark / board.x_unit if lens.mark is not None else -math.inf * direction
        near = 1e-9 * max(abs(at), 1.0) if math.isfinite(at) else 0.0
        further = [x for x in places if (x > at + near if direction > 0 else x < at - near)]
        x = (further or places)[0 if direction > 0 else -1]
        words = dict.fromkeys(_WORDS.get(event.kind, event.kind) + (f" in {event.panel}" if event.panel else "")
                              for event in board.events if event.x == x)
        self.look(lambda lens: moves.mark_x(lens, x * board.x_unit))
        return EventPosition(x, ", ".join(list(words)[:_MOST_WORDS]), places.index(x) + 1, len(places))

    # -- the filter

    def _begin_prompt(self) -> None:
        if self.history is not None:
            self.prompt = Prompt()
            self.history = History(self.history.first, (*self.history.before, self.history.now), self.history.now)

    def type(self, name: str) -> None:
        """Handle a key of the prompt: a letter, "backspace", "ctrl+u", "ctrl+w", "enter", or "escape", which discards
        the text."""
        assert self.prompt is not None and self.history is not None
        text = self.prompt.text
        if name == "enter" and self.prompt.is_wrong:
            return  # the earlier picture does not match the typed text
        if name in ("enter", "escape"):
            self.prompt = None
            if name == "escape":
                self.back()
            elif not text:
                self.look(lambda lens: moves.filter_names(lens, ""))
            return
        after = edited(text, name)
        if after is None:
            return
        self.prompt = Prompt(after, is_wrong=not _is_expression(after))
        if not self.prompt.is_wrong:
            self.history = self.history.instead(moves.filter_names(self.history.now, after))
            self._ask(self.history.now)


def name_of(panel: Panel) -> str:
    """The name of a panel in a lens."""
    return panel.title if panel.metrics else panel.key


def zoomed(lens: Lens, board: Board, low: float, high: float) -> Lens:
    """The lens for the range between two values of x pointed at by hand, in the units of the board."""
    if board.x_kind in ("step", "row") and math.isfinite(high - low) and high - low > 1:  # these are whole numbers
        return moves.zoom_to(lens, float(math.floor(low)), float(math.ceil(high)))
    return moves.zoom_to(lens, *_rounded(low * board.x_unit, high * board.x_unit))


def zoomed_y(lens: Lens, panel: Panel, low: float, high: float) -> Lens:
    """The lens for the range between two values of a panel pointed at by hand."""
    return moves.zoom_y_to(lens, name_of(panel), *_rounded(low, high))


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Two values pointed at by hand, rounded to the precision of a hand: a thousandth of their distance."""
    if not (math.isfinite(high - low) and high > low):
        return low, high
    digits = 3 - math.floor(math.log10(high - low))
    return round(low, digits), round(high, digits)


def _is_expression(text: str) -> bool:
    if text.endswith("|"):  # it would match every name until the next letter is typed
        return False
    try:
        UserPattern(text, "/")
    except ValueError:
        return False
    return True


def edited(text: str, name: str) -> str | None:
    """A typed text after a key: a letter, "backspace", or, as in shells, "ctrl+u" and "ctrl+w", which delete all of it
    or its last word. None for a key that does not edit."""
    if name == "backspace":
        return text[:-1]
    if name == "ctrl+u":
        return ""
    if name == "ctrl+w":
        before, blank, _ = text.rstrip().rpartition(" ")
        return before + blank
    return text + name if len(name) == 1 else None
