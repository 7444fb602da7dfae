"""How keys change what somebody looks at, in every view that can be touched: each asks for a lens."""

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

__all__ = ["Happening", "Looking", "Prompt", "edited", "name_of", "zoomed", "zoomed_y"]

_WORDS = {"nan": "NaN", "inf": "infinite", "beyond": "off the scale", "leap": "spike"}
_MOST_WORDS = 3  # of what happened at one place


@dataclass(frozen=True)
class Prompt:
    """What is typed after `/`. `is_wrong`: it is no expression yet, and what was shown before stays."""

    text: str = ""
    is_wrong: bool = False


@dataclass(frozen=True)
class Happening:
    """A place of x at which something happened: what, and which of how many such places it is."""

    x: float
    words: str
    number: int
    of: int


class Looking:
    """The lenses of one view.

    Args:
        ask: Asks for a board through another lens.
        shown: Gives the board that is on show.

    Attributes:
        history: The lenses; None before the first board.
        prompt: What is typed after `/`; None where nothing is.
    """

    def __init__(self, ask: Callable[[Lens], object], shown: Callable[[], Board | None]) -> None:
        self._ask = ask
        self._shown = shown
        self.history: History | None = None
        self.prompt: Prompt | None = None

    @property
    def lens(self) -> Lens | None:
        """The lens that was asked for last."""
        return self.history.now if self.history is not None else None

    def begin(self, board: Board) -> None:
        """A board comes: the first one brings the lens that was asked for on the command line."""
        if self.history is None and board.lens is not None:
            self.history = History.of(board.lens)

    def look(self, move: Callable[[Lens], Lens]) -> None:
        """Ask for the lens that a move makes of this one."""
        if self.history is not None:
            self._go(self.history.to(move(self.history.now)))

    def look_from(self, history: History, move: Callable[[Lens], Lens]) -> None:
        """The same, as if what was looked through since that history had not been."""
        self.history = history
        self.look(move)

    def back(self) -> None:
        """The lens before."""
        if self.history is not None:
            self._go(self.history.back())

    def home(self) -> None:
        """The first lens."""
        if self.history is not None:
            self._go(self.history.home())

    def forget(self, lens: Lens) -> None:
        """A lens that was asked for means nothing: the one before is that of this moment again."""
        if self.history is not None and self.history.now == lens:
            self.history = self.history.back()

    def follow(self) -> None:
        """The newest part of the run, as it moves."""
        if (board := self._shown()) is not None:
            counts = board.x_kind in ("step", "row")
            self.look(lambda lens: moves.follow_newest(lens, counts_steps=counts))

    def _go(self, history: History) -> None:
        if self.history is not None and history.now != self.history.now:
            self._ask(history.now)
        self.history = history

    def zoom_to(self, low: float, high: float) -> None:
        """Zoom to what lies between two places of x, as the board on show has them."""
        if (board := self._shown()) is not None:
            self.look(lambda lens: zoomed(lens, board, low, high))

    def zoom_y_to(self, panel: Panel, low: float, high: float) -> None:
        """Show what lies between two values of a panel."""
        self.look(lambda lens: zoomed_y(lens, panel, low, high))

    # -- keys

    def do(self, action: Action) -> bool:
        """Do what a key asks of the whole board; whether it is such a key."""
        deeds: dict[Action, Callable[[], object]] = {
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
        if action in deeds:
            deeds[action]()
        return action in deeds

    def do_with(self, action: Action, panel: Panel, alone: Callable[[Lens], str | None]) -> None:
        """Do what a key asks of a panel. `alone`: names the metric that is shown alone then."""
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

    def go_to_event(self, direction: int) -> Happening | None:
        """Mark the next place at which something happened (1), or the one before (-1), around the ends; None where
        nothing did."""
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
        return Happening(x, ", ".join(list(words)[:_MOST_WORDS]), places.index(x) + 1, len(places))

    # -- the filter

    def _begin_prompt(self) -> None:
        if self.history is not None:
            self.prompt = Prompt()
            self.history = History(self.history.first, (*self.history.before, self.history.now), self.history.now)

    def type(self, name: str) -> None:
        """A key of the prompt: a letter, "backspace", "ctrl+u", "ctrl+w", "enter", or "escape", which takes back what
        was typed."""
        assert self.prompt is not None and self.history is not None
        text = self.prompt.text
        if name == "enter" and self.prompt.is_wrong:
            return  # what was shown before is not what was typed
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
    """What a lens calls a panel."""
    return panel.title if panel.metrics else panel.key


def zoomed(lens: Lens, board: Board, low: float, high: float) -> Lens:
    """The lens for what lies between two places of x that a hand has pointed at, as a board has them."""
    if board.x_kind in ("step", "row") and math.isfinite(high - low) and high - low > 1:  # which are whole
        return moves.zoom_to(lens, float(math.floor(low)), float(math.ceil(high)))
    return moves.zoom_to(lens, *_rounded(low * board.x_unit, high * board.x_unit))


def zoomed_y(lens: Lens, panel: Panel, low: float, high: float) -> Lens:
    """The lens for what lies between two values of a panel that a hand has pointed at."""
    return moves.zoom_y_to(lens, name_of(panel), *_rounded(low, high))


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Two values that a hand has pointed at, with the digits that it can mean: a thousandth of what lies between."""
    if not (math.isfinite(high - low) and high > low):
        return low, high
    digits = 3 - math.floor(math.log10(high - low))
    return round(low, digits), round(high, digits)


def _is_expression(text: str) -> bool:
    if text.endswith("|"):  # which would match every name until the next letter
        return False
    try:
        UserPattern(text, "/")
    except ValueError:
        return False
    return True


def edited(text: str, name: str) -> str | None:
    """A typed text after a key: a letter, "backspace", or "ctrl+u" and "ctrl+w", which take back all of it or its last
    word, as shells do. None for a key that does not edit."""
    if name == "backspace":
        return text[:-1]
    if name == "ctrl+u":
        return ""
    if name == "ctrl+w":
        before, blank, _ = text.rstrip().rpartition(" ")
        return before + blank
    return text + name if len(name) == 1 else None
