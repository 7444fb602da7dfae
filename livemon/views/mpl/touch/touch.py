"""Mouse and keys in a window, turned into lenses and the content of the overlay."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from livemon.boards.lens import moves
from livemon.boards.lens.history import History
from livemon.boards.lens.value import Lens
from livemon.boards.lens.words import difference
from livemon.boards.model import Board, Panel
from livemon.views.keys import Action, action_of
from livemon.views.lens_control import LensControl
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.drag import Drag
from livemon.views.mpl.touch.overlay import Touched
from livemon.views.mpl.touch.pointing import PointerTarget, nearest_curve, target_at
from livemon.views.readings import place_in_words

__all__ = ["Touch"]

_MESSAGE_SECONDS = 4.0  # long enough to read a line
_POINT_AT_A_PANEL = "point at a panel first"
_NO_OTHER_RUN = "no other run is here; livemon watch FOLDER lists those of a folder"


class Touch:
    """Turns the user's actions into lenses, and asks for boards.

    Args:
        blitter: Shows the boards.
        ask: Asks for a board through another lens.
        window: Performs the window's own actions: "quit", "full screen", "theme", "save", "hold".
        clock: Monotonic seconds.
    """

    def __init__(self, blitter: Blitter, ask: Callable[[Lens], object], window: Callable[[Action], object],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._blitter = blitter
        self._looking = LensControl(ask, lambda: blitter.board)
        self._window = window
        self._clock = clock
        self._pointer: tuple[float, float] | None = None
        self._drag: Drag | None = None
        self._help = False
        self._message: tuple[str, float] = "", -math.inf
        self._clicked: tuple[str, History] | None = None  # the last name that was clicked, and the earlier lenses
        self._chosen = ""  # the run of the list selected by keys

    # -- state

    @property
    def board(self) -> Board | None:
        """The present board."""
        return self._blitter.board

    def begin(self, board: Board) -> None:
        """Take a board."""
        self._looking.begin(board)
        if board.lens is not None and board.lens.run_list and not board.runs:
            self._looking.forget(board.lens)
            self.notify(_NO_OTHER_RUN)
        self._blitter.painter.chosen_run = self._chosen if self._is_listing(board) else ""

    @staticmethod
    def _is_listing(board: Board | None) -> bool:
        """Whether the list of runs is open."""
        return board is not None and bool(board.runs) and board.lens is not None and board.lens.run_list

    @property
    def lens(self) -> Lens | None:
        """The last lens asked for."""
        return self._looking.lens

    @property
    def touched(self) -> Touched:
        """The present content of the overlay."""
        spot = self._spot
        message, until = self._message
        if (prompt := self._looking.prompt) is not None:
            wrong = "  (not an expression yet)" if prompt.is_wrong else ""
            return Touched(message=f"show metrics: {prompt.text}|{wrong}", is_warning=prompt.is_wrong)
        pointed = spot.panel.key if spot.panel is not None else ""
        x = spot.x if spot.inside else None
        return Touched(x, pointed, self._dragged, message if self._clock() < until else "", help=self._help)

    def notify(self, text: str) -> None:
        """Show a message for a while."""
        self._message = text, self._clock() + _MESSAGE_SECONDS

    @property
    def _dragged(self) -> Drag | None:
        """The drag, on the present axes."""
        if self._drag is not None and (artists := self._blitter.painter.panels.get(self._drag.panel.key)) is not None:
            self._drag = self._drag if artists.space is None else self._drag.on(artists.space)
        return self._drag

    @property
    def _spot(self) -> PointerTarget:
        return PointerTarget() if self._pointer is None else target_at(self._blitter.painter, *self._pointer)

    # -- the mouse

    def move(self, x: float, y: float) -> None:
        """The pointer has moved here (points)."""
        self._pointer = x, y
        if self._drag is not None:
            self._drag = replace(self._drag, end=(x, y))

    def leave(self) -> None:
        """The pointer has left the figure. A drag continues."""
        if self._drag is None:
            self._pointer = None

    def press(self, x: float, y: float, *, shift: bool = False, double: bool = False) -> None:
        """The left button was pressed."""
        self.move(x, y)
        spot = self._spot
        if self._help:
            self._help = False
        elif spot.zoomed:
            self._looking.follow()
        elif spot.listed is not None:
            self._click_run(spot.listed, double=double)
        elif spot.metric is not None and spot.panel is not None:
            self._click_name(spot.metric, spot.run, spot.panel, double=double)
        elif double:
            self._drag = None
            self._looking.back()
        elif spot.inside and spot.panel is not None and spot.space is not None and spot.panel.lines:
            self._drag = Drag(spot.panel, spot.space, (x, y), (x, y), shift)

    def release(self, x: float, y: float) -> None:
        """The left button was released, anywhere."""
        drag, self._drag = self._dragged, None
        if drag is None:
            return
        drag = replace(drag, end=(x, y))
        if not drag.is_meant:
            return
        if drag.is_about_y:
            self._looking.zoom_y_to(drag.panel, *drag.values)
        else:
            self._looking.zoom_to(*drag.values)

    def _click_name(self, metric: str, run: str, panel: Panel, *, double: bool) -> None:
        if run:
            self._click(run, lambda lens: moves.hide_or_show_run(lens, run),
                        lambda lens: moves.show_run_alone(lens, run), double=double)
        else:
            self._click(metric, lambda lens: moves.hide_or_show(lens, (metric,)),
                        lambda lens: moves.show_alone(lens, metric, panel.metrics), double=double)

    def _click_run(self, run: str, *, double: bool) -> None:
        """A click on a row of the list of runs."""
        self._choose(run)
        shown = [row.name for row in self.board.runs if row.is_shown] if self.board is not None else []
        self._click(run, lambda lens: moves.choose_run(lens, run, shown), self._opened(run), double=double)

    def _click(self, name: str, once: Callable[[Lens], Lens], twice: Callable[[Lens], Lens], *, double: bool) -> None:
        """Handle a click on a name with one move, or a double click with another, as if its first click had not
        happened."""
        if (history := self._looking.history) is None:
            return
        if double and self._clicked is not None and self._clicked[0] == name:
            self._looking.look_from(self._clicked[1], twice)
            return
        self._clicked = name, history
        self._looking.look(once)

    # -- the list of runs

    def _opened(self, run: str) -> Callable[[Lens], Lens]:
        """The move that opens a run, and closes the list if it covers the panels."""
        layout = self._blitter.painter.layout
        covers = layout is not None and layout.runs is not None and not layout.panels
        return lambda lens: moves.open_run(moves.toggle_run_list(lens) if covers and lens.run_list else lens, run)

    def _choose(self, run: str) -> None:
        self._chosen = self._blitter.painter.chosen_run = run
        self._blitter.refresh()

    def _key_of_list(self, action: Action) -> bool:
        """Handle a key of the list of runs, if it is open; whether it did anything."""
        board = self.board
        if board is None or not self._is_listing(board):
            return False
        names = [row.name for row in board.runs]
        if action in ("run above", "run below"):
            step = 1 if action == "run below" else -1
            shown = next((row.name for row in board.runs if row.is_shown), names[0])
            at = names.index(self._chosen) + step if self._chosen in names else names.index(shown)
            self._choose(names[min(max(at, 0), len(names) - 1)])
        elif self._chosen in names and action in ("choose run", "large"):
            run, drawn = self._chosen, [row.name for row in board.runs if row.is_shown]
            self._looking.look(self._opened(run) if action == "large" else
                               lambda lens: moves.choose_run(lens, run, drawn))
        else:
            return False
        return True

    # -- the keys

    def key(self, name: str) -> None:
        """A key was pressed; `name` is matplotlib's."""
        if self._looking.prompt is not None:
            self._looking.type(" " if name == "space" else name)
            return
        action = action_of(name)
        if action is None:
            return
        if action == "help":
            self._help = not self._help
        elif action == "leave":
            self._leave()
        elif action in ("quit", "full screen", "theme", "save", "hold"):
            self._window(action)
        elif not self._key_of_list(action):
            before, message = self.lens, self._message
            self._do(action)
            if self._message is message:
                self._notify_of_change(action, before)

    def _notify_of_change(self, action: Action, before: Lens | None) -> None:
        """Answer a key at once; the picture follows when it is ready."""
        if before is not None and self.lens is not None and (words := difference(before, self.lens)):
            self.notify(words)
        elif before is not None and action in ("smooth less", "smooth more"):
            self.notify("smoothed as it is logged" if action == "smooth less" else "smoothed as much as can be")

    def _leave(self) -> None:
        """Close what is open; if nothing is, open or close the list of runs."""
        if self._help or self._drag is not None:
            self._help, self._drag = False, None
        else:
            self._chosen = ""
            self._looking.look(moves.toggle_run_list)
        self._message = "", -math.inf

    def _do(self, action: Action) -> None:
        if action in ("next event", "event before"):
            self._go_to_event(1 if action == "next event" else -1)
        elif action == "groups":
            self._looking.look(moves.group_runs)
        elif action not in ("run above", "run below", "choose run") and not self._looking.do(action):
            self._do_with_panel(action)

    def _do_with_panel(self, action: Action) -> None:
        spot = self._spot
        if action == "large" and self.lens is not None and self.lens.large is not None:
            self._looking.look(lambda lens: moves.enlarge(lens, None))
        elif spot.panel is None:
            self.notify(_POINT_AT_A_PANEL)
        elif action == "alone" and (curve := nearest_curve(spot)) is not None and curve[1]:
            self._looking.look(lambda lens: moves.show_run_alone(lens, curve[1]))
        else:
            near = nearest_curve(spot)
            self._looking.do_with(action, spot.panel, lambda _: near[0] if near is not None else None)

    def _go_to_event(self, direction: int) -> None:
        if (here := self._looking.go_to_event(direction)) is not None:
            at = f": {place_in_words(self.board, here.x)}" if self.board is not None else ""
            self.notify(f"{here.words} ({here.number} of {here.of}){at}")
        elif self.board is not None and self.lens is not None:
            self.notify("nothing happened that is marked")
