"""Keys and mouse in a terminal: the lenses to ask for, a cursor, and the overlay. This module does not use the
terminal: it takes keys by name, and returns frames as cells."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

from livemon.boards.lens import moves
from livemon.boards.lens.history import History
from livemon.boards.lens.typed import Known, completions, typed
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Panel
from livemon.views.keys import Action, action_of
from livemon.views.lens_control import LensControl, Prompt
from livemon.views.readings import place_in_words
from livemon.views.terminal.cells import Cells, ink
from livemon.views.terminal.command_line import CommandLine
from livemon.views.terminal.footer import HINTS_OF_LIST, HINTS_OF_OVERLAY, Footer, hints_of, left_out_text
from livemon.views.terminal.keys import NOT_HERE
from livemon.views.terminal.output_pane import Output, OutputPane
from livemon.views.terminal.overlay import Overlay
from livemon.views.terminal.plot import Pen
from livemon.views.terminal.pointer import Pointer, is_in
from livemon.views.terminal.run_list_pane import RunListPane
from livemon.views.terminal.step_times import StepTimes
from livemon.views.terminal.whole_screen import Panels, Parts, draw_screen

__all__ = ["Controls", "Pane"]

Pane = Literal["panels", "runs", "output"]

_MESSAGE_SECONDS = 5.0  # long enough to read a line
_LONGEST_PASTE = 500  # characters
_READS_RUNS = "reading the runs ..."
_JUMP = 10  # cells that the cursor moves with shift
_CONDITIONS = ("state:running", "state:failed", "verdict!=healthy", "name~")
_OWN_COMMANDS = ("quit", "help", "findings", "save", "export", "home", "runs", "output")


class Controls:
    """The user's actions in a terminal.

    Args:
        ask: Asks for a board through another lens.
        perform: Performs the terminal's own actions: "quit", "save", "theme".
        clock: Monotonic seconds.
        output: The output of the training; None if unknown.

    Attributes:
        lens_control: The lenses, and the text typed after `/`.
        pointer: The cursor, and the panel selected by keys.
        pane: The part of the screen selected by keys.
        output: The pane with the output of the training, or None.
        overlay: The keys or the findings, in place of the panels; or None.
    """

    def __init__(self, ask: Callable[[Lens], object], perform: Callable[[Action], object],
                 clock: Callable[[], float] = time.monotonic, output: Output | None = None) -> None:
        self.lens_control = LensControl(ask, lambda: self._board)
        self.pointer = Pointer(self.lens_control)
        self.pane: Pane = "panels"
        self.output = None if output is None else OutputPane(output)
        self.overlay: Overlay | None = None
        self._ask = ask
        self._perform = perform
        self._clock = clock
        self._runs = RunListPane()
        self._step_times = StepTimes()
        self._parts = Parts()
        self._panels = Panels()
        self._line: CommandLine | None = None
        self._board: Board | None = None
        self._holds = False
        self._message = ("", -math.inf)

    # -- state

    @property
    def board(self) -> Board | None:
        """The present board."""
        return self._board

    @property
    def cursor(self) -> float | None:
        """The x of the cursor, or None."""
        return self.pointer.cursor

    def take(self, board: Board) -> bool:
        """Take a board; whether it is shown: while the screen is frozen, only a board through another lens is."""
        self.lens_control.begin(board)
        self._step_times.take(board)
        if self._holds and self._board is not None and board.lens == self._board.lens:
            return False
        if board.runs and not (self._board is not None and self._board.runs):
            self.pane = "runs"
        elif not board.runs and self.pane == "runs":
            self.pane = "panels"
        self._board = board
        if board.runs and self._message[0] == _READS_RUNS:
            self._message = ("", -math.inf)
        self.pointer.take(board)
        if board.lens is not None and board.lens.run_list and not board.runs:
            self.refuse(board.lens, "no other run is here; livemon watch FOLDER lists those of a folder")
        return True

    def refuse(self, lens: Lens, why: str) -> None:
        """A lens is not valid for this run: the previous one stays, and the reason is shown."""
        self.lens_control.forget(lens)
        self.notify(why)

    def notify(self, text: str) -> None:
        """Show a message for a while."""
        self._message = text, self._clock() + _MESSAGE_SECONDS

    @property
    def message_ends(self) -> float:
        """When the message expires, by the clock; -inf without a message."""
        return self._message[1]

    def frame(self, width: int, height: int, pen: Pen) -> Cells:
        """The whole screen in so many cells."""
        if self._board is None or width < 1 or height < 1:
            return Cells(width, height)
        cells, self._parts = draw_screen(
            self._board, width, height, pen, panels=self._panels, cursor=self.pointer.cursor,
            chosen=self.pointer.chosen if self.pointer.chosen or self.pointer.cursor is not None else "",
            pane=self.pane, runs=self._runs, output=self.output, footer=self._footer(), overlay=self.overlay)
        self.pointer.shown = self._parts.panels
        return cells

    def _footer(self) -> Footer:
        left_out = left_out_text(self.lens_control.lens, holds=self._holds)
        strong = ink("text", bold=True)
        if (prompt := self.lens_control.prompt) is not None:
            wrong = "  (not an expression yet)" if prompt.is_wrong else ""
            return Footer(f"/{prompt.text}_{wrong or self._what_enter_does(prompt)}",
                          ink("warning" if prompt.is_wrong else "text", bold=True))
        if self._line is not None:
            return Footer(self._line.shown, strong)
        message, until = self._message
        if self._clock() < until:
            return Footer(message, strong, left_out=left_out)
        if self.pointer.cursor is not None and self._board is not None:
            return Footer(place_in_words(self._board, self.pointer.cursor), strong, left_out=left_out)
        if self._holds:
            return Footer("holding still: w goes on", ink("idle", bold=True), left_out=left_out[:-1])
        return Footer(look=ink("muted"), hints=self._hints(), left_out=left_out)

    def _what_enter_does(self, prompt: Prompt) -> str:
        lens = self.lens_control.lens
        return "  (enter shows all metrics)" if not prompt.text and lens is not None and lens.select else ""

    def _hints(self) -> tuple[str, ...]:
        if self.overlay is not None:
            return HINTS_OF_OVERLAY
        return HINTS_OF_LIST if self.pane == "runs" else hints_of(self._board, self.lens_control.lens)

    # -- keys

    def key(self, name: str) -> None:
        """A key was pressed: a character, or "left", "enter", "backspace" and so on."""
        self._message = ("", -math.inf)  # a user who continues has read it
        if self.lens_control.prompt is not None:
            self.lens_control.type(name)
        elif self._line is not None:
            self._type(self._line, name)
        elif self.overlay is not None and self.overlay.key(name):
            pass
        elif name in ("tab", "shift+tab"):
            self._next_pane(1 if name == "tab" else -1)
        elif name == ":":
            self._line = CommandLine(":", lambda text: completions(text, self._known()))
        elif name == "f":
            self._begin_filter()
        elif name == "g":
            self._group()
        elif name == "t":
            self._toggle_output()
        elif name == "!":
            self._toggle("findings")
        elif not self._key_of_pane(name):
            self._key_of_panels(name)

    def paste(self, text: str) -> None:
        """Paste a text: its first line into the typed text; elsewhere it is ignored."""
        if self.lens_control.prompt is not None or self._line is not None:
            for char in text.strip("\r\n").splitlines()[0][:_LONGEST_PASTE] if text.strip() else "":
                self.key(char)

    def _key_of_pane(self, name: str) -> bool:
        """Handle a key of the chosen pane; whether it is one."""
        steps = {"up": -1, "down": 1, "pageup": -_JUMP, "pagedown": _JUMP}
        if self.pane == "output" and self.output is not None:
            if name in ("up", "down"):
                self.output.scroll(steps[name])
            elif name in ("pageup", "pagedown"):
                self.output.page(-1 if name == "pageup" else 1)
            else:
                return False
            return True
        if self.pane != "runs" or self._board is None or not self._board.runs:
            return False
        if name in steps:
            self._runs.move(self._board.runs, steps[name])
        elif name in ("enter", "space", " "):
            self._open_or_overlay(name == "enter")
        elif name == "m":
            self._runs.mark(self._board.runs)
        else:
            return False
        return True

    def _key_of_panels(self, name: str) -> None:
        moves_of_cursor = {"left": -1, "right": 1, "shift+left": -_JUMP, "shift+right": _JUMP}
        if name in moves_of_cursor:
            self.pointer.move(moves_of_cursor[name])
            self._show_what_was_printed()
        elif name in ("down", "up"):
            self.pointer.choose(1 if name == "down" else -1)
        elif name in ("+", "=", "-"):
            self.pointer.zoom(2.0 if name == "-" else 0.5)
        elif name in ("[", "]"):
            self.pointer.shift(-0.5 if name == "[" else 0.5)
        elif (action := action_of(name)) is not None and action not in NOT_HERE:
            self._do(action)

    def _do(self, action: Action) -> None:
        own: dict[Action, Callable[[], object]] = {
            "help": lambda: self._toggle("keys"),
            "leave": self._leave,
            "hold": self._toggle_hold,
            "next event": lambda: self._go_to_event(1),
            "event before": lambda: self._go_to_event(-1),
        }
        if action in ("quit", "save", "theme"):
            self._perform(action)
            return
        if action == "x":
            self.pointer.cursor = None  # a position on one axis means nothing on another
            self._show_what_was_printed()
        if action in own:
            own[action]()
        elif not self.lens_control.do(action) and (panel := self.pointer.panel) is not None:
            self.lens_control.do_with(action, panel, lambda lens: _next_alone(lens, panel) if panel.metrics else None)

    def _toggle(self, name: Literal["keys", "findings"]) -> None:
        """Open or close a text in place of the panels."""
        is_there = self.overlay is not None and self.overlay.name == name
        self.overlay = None if is_there else Overlay(name)

    def _toggle_hold(self) -> None:
        self._holds = not self._holds

    def _leave(self) -> None:
        """Close what is open, one after the other; if nothing is, open the list of runs."""
        self._message = ("", -math.inf)
        if self.overlay is not None:
            self.overlay = None
        elif self.pane != "runs" and (self.pointer.cursor is not None or self.pointer.chosen):
            self.pointer.cursor, self.pointer.chosen = None, ""
            self._show_what_was_printed()
        else:
            self.lens_control.look(moves.toggle_run_list)
            if self.lens_control.lens is not None and self.lens_control.lens.run_list:
                self.notify(_READS_RUNS)

    def _go_to_event(self, direction: int) -> None:
        board = self._board
        if (here := self.lens_control.go_to_event(direction)) is not None and board is not None:
            self.pointer.cursor = here.x
            self._show_what_was_printed()
            self.notify(f"{here.words} ({here.number} of {here.of}): {place_in_words(board, here.x)}")
        elif board is not None and self.lens_control.lens is not None:
            self.notify("nothing happened that is marked")

    # -- panes

    def _panes(self) -> list[Pane]:
        panes: list[Pane] = ["runs"] if self._parts.runs is not None else []
        if self._parts.panels is not None and self._parts.panels.spaces:
            panes.append("panels")
        return [*panes, "output"] if self._parts.output is not None else panes

    def _next_pane(self, step: int) -> None:
        """The next panel; after the last one the next pane, if there are several."""
        panes = self._panes() or ["panels"]
        if self.pane == "panels" and not self.pointer.choose(step):
            return
        if len(panes) > 1:
            at = panes.index(self.pane) if self.pane in panes else 0
            self.pane = panes[(at + step) % len(panes)]
            self.pointer.chosen = ""
            if self.pane == "panels":
                self.pointer.choose(step)

    def _toggle_output(self) -> None:
        if self.output is None:
            self.notify("what the training prints is not known: --stdout FILE names the file, --pid its process")
            return
        self.output.is_open = not self.output.is_open
        if self.pane == "output" and not self.output.is_open:
            self.pane = "panels"

    def _show_what_was_printed(self) -> None:
        """Scroll the output to the time of the cursor."""
        if self.output is None or self._board is None:
            return
        cursor = self.pointer.cursor
        self.output.go_to(None if cursor is None else self._step_times.at(self._board, cursor))

    # -- several runs

    def _open_or_overlay(self, opens: bool) -> None:
        assert self._board is not None
        rows = self._board.runs
        row = self._runs.row_of(rows)
        if row is None:
            return
        self._runs.chosen = row.name
        if not opens:
            shown = [listed.name for listed in rows if listed.is_shown]
            before = self.lens_control.lens
            self.lens_control.look(lambda lens: moves.choose_run(lens, row.name, shown))
            if self.lens_control.lens == before:
                self.notify("the only run that is drawn stays: choose another with the arrows")
            return
        covers = self._parts.panels is None  # a narrow terminal shows either the list or the panels
        self.lens_control.look(lambda lens: moves.open_run(
            moves.toggle_run_list(lens) if covers and lens.run_list else lens, row.name))
        self.pane = "panels"

    def _group(self) -> None:
        self.lens_control.look(moves.group_runs)
        board = self._board
        if board is not None and max(len(board.paths), sum(row.is_shown for row in board.runs)) < 2:
            self.notify("seeds become a curve with a band where several runs are drawn: space chooses them in the list")

    def _begin_filter(self) -> None:
        lens = self.lens_control.lens
        before = "" if lens is None else " ".join(lens.where)
        rows = self._board.runs if self._board is not None else ()
        known = [*dict.fromkeys(name for row in rows for name, _ in row.settings), *_CONDITIONS]
        self._line = CommandLine("runs with: ", lambda text: [
            f"{text.removesuffix(text.split(' ')[-1])}{word}" for word in known
            if word.startswith(text.split(" ")[-1])], before)

    # -- typed text

    def _type(self, line: CommandLine, name: str) -> None:
        state = line.key(name)
        if state == "typing":
            return
        self._line = None
        if state == "left":
            return
        if line.sign == ":":
            self._obey(line.text.strip())
        else:
            self.lens_control.look(lambda lens: moves.filter_runs(lens, line.text))

    def _obey(self, text: str) -> None:
        """Execute a command."""
        own: dict[str, Callable[[], object]] = {
            "q": lambda: self._perform("quit"), "quit": lambda: self._perform("quit"),
            "help": lambda: self._toggle("keys"), "findings": lambda: self._toggle("findings"),
            "save": lambda: self._perform("save"), "export": lambda: self._perform("save"),
            "home": self.lens_control.home,
            "runs": lambda: self.lens_control.look(moves.toggle_run_list), "output": self._toggle_output,
        }
        if not text:
            return
        if text in own:
            own[text]()
            return
        try:
            lens = self.lens_control.lens
            after = None if lens is None else typed(lens, text)
        except ValueError as error:
            self.notify(str(error))
            return
        if after is not None:
            self.lens_control.look(lambda lens: after)

    def _known(self) -> Known:
        board = self._board
        if board is None:
            return Known(commands=_OWN_COMMANDS)
        metrics = dict.fromkeys((*(row.metric for row in board.summary),
                                 *(metric for panel in board.panels for metric in panel.metrics)))
        settings = dict.fromkeys(name for row in board.runs for name, _ in row.settings)
        return Known(board.axes, tuple(metrics), tuple(panel.title for panel in board.panels), tuple(settings),
                     _OWN_COMMANDS)

    # -- the mouse

    def press(self, column: int, row: int) -> None:
        """The button was pressed in a cell."""
        self.overlay = None
        runs, output = self._parts.runs, self._parts.output
        if runs is not None and is_in(runs, column, row) and self._board is not None:
            self.pane = "runs"
            if (hit := self._runs.run_at(self._board.runs, runs, row)) is not None:
                self._runs.chosen = hit.name
        elif output is not None and is_in(output, column, row):
            self.pane = "output"
        elif self.pointer.press(column - self._parts.left, row):
            self.pane = "panels"
            self._show_what_was_printed()

    def drag(self, column: int) -> None:
        """The pointer has moved while the button is pressed."""
        self.pointer.drag(column - self._parts.left)
        self._show_what_was_printed()

    def release(self, column: int) -> None:
        """The button was released."""
        self.pointer.release(column - self._parts.left)

    def wheel(self, column: int, row: int, direction: int) -> None:
        """The wheel was turned over a cell."""
        runs, output = self._parts.runs, self._parts.output
        if runs is not None and is_in(runs, column, row) and self._board is not None:
            self._runs.move(self._board.runs, 3 * direction)
        elif output is not None and self.output is not None and is_in(output, column, row):
            self.output.scroll(3 * direction)
        else:
            self.pointer.wheel(column - self._parts.left, row, direction)

    def begin_with(self, first: Lens, now: Lens) -> None:
        """Begin with a saved lens; `home` returns to the first one."""
        self.lens_control.history = History(first, (), now)


def _next_alone(lens: Lens, panel: Panel) -> str:
    """The next metric of a panel to show alone: the one after the present one."""
    shown = [metric for metric in panel.metrics if metric not in lens.hidden]
    if len(shown) != 1 or len(panel.metrics) == 1:
        return panel.metrics[0]
    at = panel.metrics.index(shown[0]) + 1
    return panel.metrics[at] if at < len(panel.metrics) else shown[0]
