"""A window's hands: what mouse and keys mean, as lenses that are asked for and what stands on top of the picture."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from livemon.boards.lens import moves
from livemon.boards.lens.history import History
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Panel
from livemon.tables.patterns import UserPattern
from livemon.views.keys import Action, action_of
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.drag import Drag
from livemon.views.mpl.touch.overlay import Touched
from livemon.views.mpl.touch.pointing import Spot, name_of, nearest_curve, spot_at

__all__ = ["Touch", "rounded"]

_MESSAGE_SECONDS = 4.0  # long enough to read a line
_POINT_AT_A_PANEL = "point at a panel first"


@dataclass(frozen=True)
class Prompt:
    """What is typed after `/`. `is_wrong`: it is no expression yet, and what was shown before stays."""

    text: str = ""
    is_wrong: bool = False


class Touch:
    """Turns what the user does into lenses, and asks for them.

    Args:
        blitter: Shows the boards.
        ask: Asks for a board through another lens.
        window: What a key does with the window: "quit", "full screen", "theme", "save", "hold".
        clock: Seconds that only grow.
    """

    def __init__(self, blitter: Blitter, ask: Callable[[Lens], object], window: Callable[[Action], object],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._blitter = blitter
        self._ask = ask
        self._window = window
        self._clock = clock
        self._history: History | None = None
        self._pointer: tuple[float, float] | None = None
        self._drag: Drag | None = None
        self._prompt: Prompt | None = None
        self._help = False
        self._message: tuple[str, float] = "", -math.inf
        self._clicked: tuple[str, History] | None = None  # the name that was clicked last, and the lenses before

    # -- what is shown

    @property
    def board(self) -> Board | None:
        """What is on show."""
        return self._blitter.board

    def begin(self, board: Board) -> None:
        """A board comes: the first one brings the lens that was asked for on the command line."""
        if self._history is None and board.lens is not None:
            self._history = History.of(board.lens)

    @property
    def touched(self) -> Touched:
        """What stands on top of the picture now."""
        spot = self._spot
        message, until = self._message
        if self._prompt is not None:
            wrong = "  (not an expression yet)" if self._prompt.is_wrong else ""
            words = f"show metrics: {self._prompt.text}|{wrong}"
            return Touched(message=words, is_warning=self._prompt.is_wrong)
        pointed = spot.panel.key if spot.panel is not None else ""
        x = spot.x if spot.inside else None
        return Touched(x, pointed, self._drag, message if self._clock() < until else "", help=self._help)

    def say(self, text: str) -> None:
        """Show a line for a while."""
        self._message = text, self._clock() + _MESSAGE_SECONDS

    @property
    def _spot(self) -> Spot:
        return Spot() if self._pointer is None else spot_at(self._blitter.painter, *self._pointer)

    # -- the mouse

    def move(self, x: float, y: float) -> None:
        """The pointer is here (points)."""
        self._pointer = x, y
        if self._drag is not None:
            self._drag = replace(self._drag, end=(x, y))

    def leave(self) -> None:
        """The pointer has left the figure. A drag goes on."""
        if self._drag is None:
            self._pointer = None

    def press(self, x: float, y: float, *, shift: bool = False, double: bool = False) -> None:
        """The left button goes down."""
        self.move(x, y)
        spot = self._spot
        if self._help:
            self._help = False
        elif spot.zoomed:
            self._follow()
        elif spot.metric is not None and spot.panel is not None:
            self._click_name(spot.metric, spot.panel, double=double)
        elif double:
            self._drag = None
            self._back()
        elif spot.inside and spot.panel is not None and spot.space is not None and spot.panel.lines:
            self._drag = Drag(spot.panel, spot.space, (x, y), (x, y), shift)

    def release(self, x: float, y: float) -> None:
        """The left button goes up, wherever."""
        drag, self._drag = self._drag, None
        if drag is None:
            return
        drag = replace(drag, end=(x, y))
        if not drag.is_meant:
            return
        low, high = drag.values
        if drag.is_about_y:
            ends = rounded(low, high)
            self._look(lambda lens: moves.zoom_y_to(lens, name_of(drag.panel), *ends))
        else:
            unit = self.board.x_unit if self.board is not None else 1.0
            ends = rounded(low * unit, high * unit)
            self._look(lambda lens: moves.zoom_to(lens, *ends))

    def _click_name(self, metric: str, panel: Panel, *, double: bool) -> None:
        if self._history is None:
            return
        if double and self._clicked is not None and self._clicked[0] == metric:
            self._history = self._clicked[1]  # the first click of the two has hidden it
            self._look(lambda lens: moves.show_alone(lens, metric, panel.metrics))
            return
        self._clicked = metric, self._history
        self._look(lambda lens: moves.hide_or_show(lens, (metric,)))

    # -- the keys

    def key(self, name: str) -> None:
        """A key was pressed, by matplotlib's name of it."""
        if self._prompt is not None:
            self._type(name)
            return
        action = action_of(name)
        if action is None:
            return
        if action == "help":
            self._help = not self._help
        elif action == "leave":
            self._help, self._drag, self._message = False, None, ("", -math.inf)
        elif action in ("quit", "full screen", "theme", "save", "hold"):
            self._window(action)
        else:
            self._do(action)

    def _do(self, action: Action) -> None:
        deeds: dict[str, Callable[[], object]] = {
            "limits": lambda: self._look(moves.toggle_limits),
            "attempts": lambda: self._look(moves.toggle_attempts),
            "smooth less": lambda: self._look(lambda lens: moves.smooth_more(lens, "less")),
            "smooth more": lambda: self._look(lambda lens: moves.smooth_more(lens, "more")),
            "x": self._next_x,
            "filter": self._begin_prompt,
            "next event": lambda: self._go_to_event("next"),
            "event before": lambda: self._go_to_event("before"),
            "back": self._back,
            "home": self._home,
            "follow": self._follow,
        }
        if action in deeds:
            deeds[action]()
        else:
            self._do_with_panel(action)

    def _do_with_panel(self, action: Action) -> None:
        spot = self._spot
        if action == "large" and self._history is not None and self._history.now.large is not None:
            self._look(lambda lens: moves.enlarge(lens, None))
            return
        if (panel := spot.panel) is None:
            self.say(_POINT_AT_A_PANEL)
            return
        name = name_of(panel)
        if action == "log":
            self._look(lambda lens: moves.toggle_log(lens, name, panel.metrics, is_log=panel.y_scale == "log"))
        elif action == "pin":
            self._look(lambda lens: moves.pin_or_not(lens, name))
        elif action == "hide":
            self._look(lambda lens: moves.hide_or_show(lens, panel.metrics or (panel.key,)))
        elif action == "large":
            self._look(lambda lens: moves.enlarge(lens, name))
        elif action == "alone" and (metric := nearest_curve(spot)) is not None:
            self._look(lambda lens: moves.show_alone(lens, metric, panel.metrics))

    def _next_x(self) -> None:
        if (board := self.board) is not None:
            self._look(lambda lens: moves.next_x(lens, board.axes[:-1] or board.axes, board.x_kind))

    def _follow(self) -> None:
        if (board := self.board) is not None:
            counts = board.x_kind in ("step", "row")
            self._look(lambda lens: moves.follow_newest(lens, counts_steps=counts))

    def _go_to_event(self, which: Literal["next", "before"]) -> None:
        board = self.board
        if board is None or self._history is None:
            return
        if not board.events:
            self.say("nothing happened that is marked")
            return
        places = sorted({event.x for event in board.events})
        mark = self._history.now.mark
        at = mark / board.x_unit if mark is not None else (-math.inf if which == "next" else math.inf)
        near = 1e-9 * max(abs(at), 1.0) if math.isfinite(at) else 0.0
        further = [x for x in places if (x > at + near if which == "next" else x < at - near)]
        x = (further[0] if which == "next" else further[-1]) if further else places[0 if which == "next" else -1]
        here = [event for event in board.events if event.x == x]
        words = ", ".join(dict.fromkeys(_in_words(event.kind, event.panel) for event in here[:3]))
        self._look(lambda lens: moves.mark_x(lens, x * board.x_unit))
        self.say(f"{words} ({places.index(x) + 1} of {len(places)})")

    # -- the filter

    def _begin_prompt(self) -> None:
        if self._history is not None:
            self._prompt = Prompt()
            self._history = History(self._history.first, (*self._history.before, self._history.now), self._history.now)

    def _type(self, name: str) -> None:
        assert self._prompt is not None and self._history is not None
        text = self._prompt.text
        if name in ("enter", "escape"):
            self._prompt = None
            if name == "escape":
                self._back()
            return
        if name == "backspace":
            text = text[:-1]
        elif len(name) == 1:
            text += name
        else:
            return
        self._prompt = Prompt(text, is_wrong=not _is_expression(text))
        if not self._prompt.is_wrong:
            self._history = self._history.instead(moves.filter_names(self._history.now, text))
            self._ask(self._history.now)

    # -- lenses

    def _look(self, move: Callable[[Lens], Lens]) -> None:
        """Ask for the lens that a move makes of this one."""
        if self._history is not None:
            self._go(self._history.to(move(self._history.now)))

    def _back(self) -> None:
        if self._history is not None:
            self._go(self._history.back())

    def _home(self) -> None:
        if self._history is not None:
            self._go(self._history.home())

    def _go(self, history: History) -> None:
        if self._history is not None and history.now != self._history.now:
            self._ask(history.now)
        self._history = history

    @property
    def lens(self) -> Lens | None:
        """The lens that was asked for last."""
        return self._history.now if self._history is not None else None


def rounded(low: float, high: float) -> tuple[float, float]:
    """Two values that a hand has pointed at, with the digits that it can mean: a thousandth of what lies between."""
    if not (math.isfinite(high - low) and high > low):
        return low, high
    digits = 3 - math.floor(math.log10(high - low))
    return round(low, digits), round(high, digits)


def _in_words(kind: str, panel: str) -> str:
    words = {"nan": "NaN", "inf": "infinite", "beyond": "off the scale", "leap": "spike"}.get(kind, kind)
    return f"{words} in {panel}" if panel else words


def _is_expression(text: str) -> bool:
    try:
        UserPattern(text, "/")
    except ValueError:
        return False
    return True

