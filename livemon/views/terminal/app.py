"""Boards on an interactive terminal. Only this module and the driver use Textual.

One widget shows a grid of cells, and only changed cells are sent. `controls` handles keys and mouse.
"""

from __future__ import annotations

import math
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from rich.color import Color
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.system.errors import first_line
from livemon.system.streams import put_message
from livemon.views import style as styles
from livemon.views.keys import Action
from livemon.views.terminal.ansi import Depth, as_text, depth_of, hex_of, number_of_16
from livemon.views.terminal.cells import BOLD, INKS, REVERSE, Cells
from livemon.views.terminal.controls import Controls
from livemon.views.terminal.glyphs import Glyphs, glyphs_for
from livemon.views.terminal.output_pane import Output
from livemon.views.terminal.plot import Pen
from livemon.views.terminal.sent_cells import bytes_of_cells
from livemon.views.terminal.taking import signals_given_to, size_of_terminal

__all__ = ["TerminalApp", "TerminalView"]

_A_MOMENT = 0.05
_SETTLE_SECONDS = 0.15  # a size that lasts so long is not just a step on the way to another one
_PICTURE_INCHES = (12.8, 7.2)  # of a saved picture
_BEHIND_SECONDS = 0.02  # between two checks of whether a slow terminal has received everything
_SILENT_SECONDS = 0.5  # a user waits so long without wondering
_SAVED_SECONDS = 5.0
_OUTPUT_SECONDS = 0.5  # how soon printed lines are shown


class NewBoard(Message):
    """There is a newer board."""


class CloseRequested(Message):
    """The view is to be closed."""


@lru_cache(maxsize=1024)
def _rich(look: int, depth: Depth, theme: styles.Theme) -> Style:
    """An ink as a Textual style, on the terminal's own background."""
    name = INKS[look & (BOLD - 1)]
    colour = None
    if depth != "none" and name != "text":
        number = number_of_16(look)
        colour = Color.from_ansi(number) if depth == "16" else Color.parse(hex_of(look, theme))
    dim = depth == "16" and name.startswith("pale ")
    return Style(color=colour, bold=bool(look & BOLD) or None, reverse=bool(look & REVERSE) or None, dim=dim or None)


class Surface(Widget):
    """Shows a grid of cells."""

    can_focus = True

    DEFAULT_CSS = "Surface { width: 1fr; height: 1fr; background: ansi_default; }"

    def __init__(self, depth: Depth, theme: styles.Theme) -> None:
        super().__init__()
        self.depth: Depth = depth
        self.theme_name: styles.Theme = theme
        self.cells: Cells | None = None

    def on_resize(self) -> None:
        """The terminal has a new size."""
        self.post_message(NewBoard())

    def show(self, cells: Cells, *, anew: bool = False) -> None:
        """Show this grid; only changed cells are sent."""
        before, self.cells = self.cells, cells
        if anew or before is None or (before.width, before.height) != (cells.width, cells.height):
            self.refresh()
        elif changed := cells.changed(before):
            self.refresh(*(Region(first, row, end - first, 1) for row, first, end in changed))

    def render_line(self, y: int) -> Strip:
        """A row."""
        if self.cells is None or y >= self.cells.height:
            return Strip.blank(self.size.width)
        segments = [Segment(text, _rich(look, self.depth, self.theme_name)) for text, look in self.cells.row_runs(y)]
        return Strip(segments, self.cells.width)


class _Sent(CompositorUpdate):
    """The cells to send.

    Args:
        data: The bytes.
    """

    def __init__(self, data: str) -> None:
        self._data = data

    def render_segments(self, console: Console) -> str:
        """The bytes."""
        return self._data

    @classmethod
    def instead_of(cls, update: RenderableType | None, cells: Cells, surface: Surface) -> RenderableType | None:
        """The same update in fewer bytes; other updates are not changed."""
        if isinstance(update, ChopsUpdate):
            spans = update.spans
        elif isinstance(update, LayoutUpdate):
            spans = [(row, 0, cells.width) for row in range(cells.height)]
        else:
            return update
        return cls(bytes_of_cells(cells, spans, surface.depth, surface.theme_name))  # type: ignore[return-value]


class TerminalApp(App[None]):
    """The screen of a terminal: passes boards, keys and mouse to `Controls`, and shows its frames.

    Args:
        view: The view that owns it.
    """

    CSS = "Screen { background: ansi_default; overflow: hidden; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, view: TerminalView) -> None:
        super().__init__(driver_class=_driver_class(), ansi_color=True)
        self.view = view
        self.surface = Surface(view.depth, view.theme)
        self._message_ends = -math.inf
        self._settling: Timer | None = None
        self._later: Timer | None = None
        self._later_anew = False

    def compose(self) -> ComposeResult:
        """The only widget."""
        yield self.surface

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send the cells that Textual wants to draw: on its own it would send whole rows. Before the first board these
        would only be blanks, again and again."""
        cells = self.surface.cells
        if cells is None or self.view.newest is None:
            return
        super()._display(screen, _Sent.instead_of(renderable, cells, self.surface))

    def on_mount(self) -> None:
        """Show what is there."""
        self.surface.focus()
        self.app_resume_signal.subscribe(self, self.come_back)
        if self.view.controls.output is not None:
            self.set_interval(_OUTPUT_SECONDS, self.read_output)
        self.take_newest()

    def read_output(self) -> None:
        """Show new output of the training."""
        pane = self.view.controls.output
        if pane is not None and pane.is_open and pane.output.refresh():
            self.draw_frame()

    def come_back(self, app: App[None]) -> None:
        """The job continues after Ctrl-Z: the terminal has lost the screen."""
        self.refresh(layout=True)
        self.draw_frame(anew=True)

    def on_resize(self) -> None:
        """The terminal has a new size, or had one for a moment: its content may be cut or moved."""
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE_SECONDS, self.settle)

    def settle(self) -> None:
        """The size is stable: draw everything again in the terminal's size. In a rapid series of sizes the last one is
        sometimes lost."""
        self._settling = None
        size = Size(*shutil.get_terminal_size())
        if not self.is_headless and size != self.screen.size:
            self.screen.post_message(events.Resize(size, size))
            self._settling = self.set_timer(_SETTLE_SECONDS, self.settle)
        elif self.surface.cells is not None:
            self.come_back(self)

    def on_new_board(self) -> None:
        """A board or a message has come."""
        self.take_newest()

    def on_close_requested(self) -> None:
        """The view was closed."""
        self.take_newest()
        self.exit()

    def take_newest(self) -> None:
        """Show the newest board."""
        board = self.view.newest
        if board is not None and self.view.controls.board is not board:
            self.view.controls.take(board)
        self.draw_frame()

    def draw_frame(self, *, anew: bool = False) -> None:
        """Show the present frame, but not after a signal that ends the program: the terminal may be gone."""
        if self.view.interrupted is not None:
            return
        if getattr(self._driver, "is_behind", False):
            self._draw_later(anew)
            return
        if not self.is_headless and self._settling is None and Size(*shutil.get_terminal_size()) != self.screen.size:
            self.on_resize()
        size = self.surface.size
        cells = self.view.controls.frame(size.width, size.height, Pen(self.view.glyphs, self.view.depth != "none"))
        self.surface.show(cells, anew=anew)
        self._end_message()

    def _draw_later(self, anew: bool) -> None:
        """The link is slow: draw the newest frame once the terminal has received the last one, and skip those in
        between."""
        self._later_anew = self._later_anew or anew
        if self._later is None:
            self._later = self.set_timer(_BEHIND_SECONDS, self._draw_now)

    def _draw_now(self) -> None:
        anew, self._later, self._later_anew = self._later_anew, None, False
        self.draw_frame(anew=anew)

    def _end_message(self) -> None:
        """Draw once more when a message has expired, because no timer does."""
        ends = self.view.controls.message_ends
        if ends > self._message_ends:
            self._message_ends = ends
            self.set_timer(max(ends - time.monotonic(), 0.0) + _A_MOMENT, self.draw_frame)

    def _handle_exception(self, error: Exception) -> None:
        """An error is reported by the caller, below the screen."""
        self.view.error = error
        self.exit()

    # -- keys and mouse

    def on_key(self, event: events.Key) -> None:
        """A key."""
        name = event.character if event.is_printable and event.character else event.key
        event.stop()
        event.prevent_default()
        if name == "ctrl+c":
            self.view.interrupted = signal.SIGINT
            self.exit()
            return
        if name == "ctrl+z":
            self.action_suspend_process()
            return
        self.view.controls.key(name)
        self.draw_frame()

    def on_paste(self, event: events.Paste) -> None:
        """A text is pasted."""
        event.stop()
        self.view.controls.paste(event.text)
        self.draw_frame()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A button goes down."""
        if event.button == 1:
            self.capture_mouse(self.surface)
            self.view.controls.press(event.screen_x, event.screen_y)
            self.draw_frame()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The pointer moves."""
        if event.button == 1:
            self.view.controls.drag(event.screen_x)
            self.draw_frame()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The button goes up."""
        self.capture_mouse(None)
        self.view.controls.release(event.screen_x)
        self.draw_frame()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel turns."""
        self.view.controls.wheel(event.screen_x, event.screen_y, -1)
        self.draw_frame()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel turns back."""
        self.view.controls.wheel(event.screen_x, event.screen_y, 1)
        self.draw_frame()


def _driver_class() -> type[Driver] | None:
    """The driver that reads keys and writes cells; None for Textual's own, as on Windows."""
    try:
        from livemon.views.terminal.posix_driver import BlockingDriver
    except ImportError:  # another version of Textual, or a system without POSIX
        return None
    return BlockingDriver


class TerminalView:
    """An interactive terminal that shows the newest board.

    `open` and `run` belong to the main thread; `draw`, `notify` and `close` may be called from any.

    Args:
        style: "light" or "dark"; None takes LIVEMON_STYLE, else dark.
        glyphs: The name of a set of characters; None: by the terminal.
        target: The path as the user named it: for the command that draws the picture again.
        environ: The environment.
        output: The output of the training; None if unknown.

    Attributes:
        has_mouse: Whether to use the mouse.
        closed_by_user: Whether the user, rather than `close`, closed it.
        ask: Asks for a board through another lens; None if nobody makes boards.
        newest: The newest board; None before the first.
        interrupted: The signal that ended it; None for none.
        error: The error that ended it, or None.
    """

    def __init__(self, style: styles.Theme | None, glyphs: str | None, *, target: str | Sequence[str] = ".",
                 environ: Mapping[str, str], output: Output | None = None) -> None:
        self.theme: styles.Theme = styles.default_theme("dark") if style is None else style
        self.depth: Depth = depth_of(environ, is_terminal=True)
        self.glyphs: Glyphs = glyphs_for(glyphs, environ)
        self.has_mouse = "STY" not in environ  # GNU screen delays the escape key if the mouse is on
        self.closed_by_user = False
        self.ask: Callable[[Lens], object] | None = None
        self.newest: Board | None = None
        self.interrupted: int | None = None
        self.error: Exception | None = None
        self.controls = Controls(self._ask_for, self._do, output=output)
        self.app = TerminalApp(self)
        self._target = target
        self._closing = threading.Event()
        self._said: list[str] = []
        self._saving: threading.Thread | None = None

    def open(self) -> None:
        """Nothing yet: `run` takes over the terminal."""

    def draw(self, board: Board) -> None:
        """Hand over the newest board."""
        self.newest = board
        self._post(NewBoard())

    def notify(self, text: str) -> None:
        """A line for people: shown for a while, and printed to the terminal at the end."""
        self._said.append(text)
        self.controls.notify(text)
        self._post(NewBoard())

    def close(self) -> None:
        """End `run`. May be called twice."""
        self._closing.set()
        self._post(CloseRequested())

    def refuse(self, lens: Lens, why: str) -> None:
        """A lens is not valid: the previous one stays, and the reason is shown. Any thread."""
        self.controls.refuse(lens, why)
        self._post(NewBoard())

    @property
    def said(self) -> tuple[str, ...]:
        """The lines passed to `notify` while it was shown."""
        return tuple(self._said)

    def run(self) -> None:
        """Show boards until the user or `close` ends it; the terminal is restored afterwards."""
        with signals_given_to(self._end_by), size_of_terminal():
            if not self._closing.is_set() and self.interrupted is None:
                self.app.run(mouse=self.has_mouse)
        if self._saving is not None:
            self._wait_until_saved(self._saving)
        if self.interrupted is not None:
            signal.raise_signal(self.interrupted)  # now for the original handler
        if self.error is not None:
            raise self.error
        self.closed_by_user = self.closed_by_user or not self._closing.is_set()

    def _wait_until_saved(self, saving: threading.Thread) -> None:
        """Wait until the picture is saved, so that its path is printed below the screen. After a signal the wait is
        just long enough for complete files, as a rule."""
        saving.join(_SILENT_SECONDS)
        if saving.is_alive() and self.interrupted is None:
            put_message("saving what was seen ...")
        saving.join(None if self.interrupted is None else _SAVED_SECONDS)

    def _post(self, message: Message) -> None:
        if self.app.is_running:
            self.app.post_message(message)

    def _end_by(self, number: int) -> None:
        """A signal asks to end."""
        self.interrupted = number
        # Through another thread: that wakes the event loop, which a signal handler in its own thread does not.
        threading.Thread(target=self._post, args=(CloseRequested(),), daemon=True).start()

    def _ask_for(self, lens: Lens) -> None:
        if self.ask is not None:
            self.ask(lens)

    def _do(self, action: Action) -> None:
        if action == "quit":
            self.closed_by_user = True
            self.app.exit()
        elif action == "theme":
            self.theme = "light" if self.theme == "dark" else "dark"
            self.app.surface.theme_name = self.theme
            self.app.draw_frame(anew=True)
        elif action == "save" and self._saving is not None and self._saving.is_alive():
            # Two pictures would have the same name.
            self.controls.notify("still saving: once that is done, e saves what is seen then")
        elif action == "save" and (board := self.controls.board) is not None:
            self.controls.notify("saving ...")
            cells = self.app.surface.cells
            text = "" if cells is None else as_text(cells, "none")
            self._saving = threading.Thread(target=self._save, args=(board, text), name="livemon saves")
            self._saving.start()  # it takes seconds

    def _save(self, board: Board, text: str) -> None:
        try:
            from livemon.views.mpl.touch.saving import saved_lines

            lines = saved_lines(board, _PICTURE_INCHES, self.theme, self._target, text=text)
        except Exception as error:
            lines = [f"nothing was saved: {first_line(error)}"]
        self.notify(lines[0])
        self._said.extend(lines[1:])

