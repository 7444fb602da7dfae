"""The dashboard in a window: matplotlib without pyplot, in the GUI toolkit that works here.

Boards come from a worker thread, which only hands over the newest; a timer of the toolkit draws it in the main thread.
Most frames put the kept background back and draw only what moved (blitting); the whole figure is drawn where axes,
titles, the set of panels or the window's size changed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.backend_bases import Event, FigureManagerBase, TimerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.views import style
from livemon.views.keys import Action
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.interrupts import Interrupts
from livemon.views.mpl.toolkits import canvas_class, close_if_destroyed, gui_backend, screen_size, why_no_window
from livemon.views.mpl.touch.events import connect
from livemon.views.mpl.touch.saving import saved_lines
from livemon.views.mpl.touch.touch import Touch

__all__ = ["WindowView", "gui_backend", "show_figure", "why_no_window"]

_TICK_MS = 30
_SMALLEST = 2  # pixels
_PATIENCE = 100  # ticks for which a window that is to close waits for its size, so that its last board is drawn
_SOON_MS = 1  # what the pointer does is shown at once, but once where it does several things at a time
_DPI = 100
_SHARE = 0.82  # of the screen's width and height, where no size is asked for
_WIDEST = 1.9  # times the height: two screens side by side are one for some toolkits
_SMALL = (1280, 720)  # where nothing says how large the screen is


@dataclass(frozen=True)
class _Opened:
    """The parts of a window from `open` until it is destroyed. The canvas' methods differ a little from toolkit to
    toolkit."""

    manager: FigureManagerBase
    canvas: Any
    blitter: Blitter
    touch: Touch

    @property
    def has_no_size(self) -> bool:
        """Whether the toolkit has not given the window its size yet."""
        return bool(min(self.canvas.get_width_height()) < _SMALLEST)


class WindowView:
    """A window that shows the newest board, and can be touched: see `livemon.views.keys`.

    `open` and `run` belong to the main thread; `draw` and `close` may be called from any. What keys and mouse mean is
    in `touch/`; here are the window's own actions.

    Args:
        style: "light" or "dark"; None takes LIVEMON_STYLE, else dark.
        title: of the window.
        size: width and height in pixels of a screen with 100 dots an inch; None: a good part of the screen.
        target: The path of what is shown, as the user named it: for the command that draws it again.
        notify: Takes lines for people, as the command that draws it again.
    Attributes:
        closed_by_user: Whether the user, rather than `close`, closed the window.
        ask: Asks for a board through another lens, from the main thread; None where nobody makes one.
    """

    def __init__(
        self, style: str | None = None, title: str = "livemon", size: tuple[int, int] | None = None, *,
        target: str | Sequence[str] = ".", notify: Callable[[str], object] = print,
    ) -> None:
        self.closed_by_user = False
        self.ask: Callable[[Lens], object] | None = None
        self._target = target
        self._notify = notify
        self._theme = _theme(style)
        self._title = title
        self._size = size
        self._opened: _Opened | None = None
        self._newest: Board | None = None
        self._held: Board | None = None  # that stays while newer ones come
        self._closing = threading.Event()
        self._interrupts = Interrupts()
        self._running = False
        self._gone = False
        self._error: BaseException | None = None
        self._patience = _PATIENCE
        self._timers: dict[str, TimerBase] = {}  # "tick" runs all the time, "soon" once the pointer has moved
        self._counts = (0, 0)

    # -- what a view does

    def open(self) -> None:
        """Make the window, in the main thread.

        Raises:
            RuntimeError: No window can be opened here; the message says what is missing and what to do.
        """
        backend = gui_backend()
        if backend is None:
            raise RuntimeError(f"no window can be opened: {why_no_window()}")
        with style.context(self._theme):
            width, height = self._size or _SMALL
            figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
            manager = canvas_class(backend).new_manager(figure, 1)
            blitter = Blitter(figure, self._theme)
        canvas: Any = figure.canvas
        measure = getattr(canvas, "_update_device_pixel_ratio", None)  # Tk's, which would do it once it is seen
        if measure is not None:
            measure()
        if self._size is None and (screen := screen_size(manager)) is not None:
            width, height = (int(_SHARE * length) for length in screen)
            manager.resize(min(width, int(_WIDEST * height)), height)
        touch = Touch(blitter, self._ask_for, self._do)
        self._opened = _Opened(manager, canvas, blitter, touch)
        manager.set_window_title(self._title)
        _quieten(manager, canvas)
        close_if_destroyed(manager)
        canvas.mpl_connect("resize_event", lambda event: blitter.lay_out())  # the toolkit draws the figure afterwards
        canvas.mpl_connect("close_event", self._on_close)
        connect(canvas, touch, self._show_soon)

    def draw(self, board: Board) -> None:
        """Hand over the newest board; it is drawn at the next tick. Any thread."""
        self._newest = board

    def close(self) -> None:
        """Close the window after the newest board was drawn. Any thread; may be called twice."""
        self._closing.set()
        if not self._running and threading.current_thread() is threading.main_thread():
            self._destroy()

    def run(self) -> None:
        """Show the window and block until it is closed, by the user or by `close`. Main thread.

        Raises:
            KeyboardInterrupt: Ctrl-C; the window is closed first. What else a program makes of SIGTERM comes then, too.
        """
        if self._opened is None:
            raise RuntimeError("open() the window before run()")
        self._running = True
        try:
            with self._interrupts.kept():
                self._turn(self._opened)
        finally:
            self._running = False
            self._destroy()
        if self._error is not None:
            raise self._error
        self._interrupts.raise_again()

    @property
    def frames(self) -> int:
        """Boards drawn so far."""
        return self._opened.blitter.frames if self._opened is not None else self._counts[0]

    @property
    def full_draws(self) -> int:
        """How often the whole figure was drawn; the other frames were blits."""
        return self._opened.blitter.full_draws if self._opened is not None else self._counts[1]

    # -- turning

    def _turn(self, opened: _Opened) -> None:
        """Show the window until its loop ends."""
        canvas = opened.canvas
        self._timers = {"soon": canvas.new_timer(interval=_SOON_MS), "tick": canvas.new_timer(interval=_TICK_MS)}
        self._timers["soon"].single_shot = True
        self._timers["soon"].add_callback(self._show_touched)
        self._timers["tick"].add_callback(self._tick)
        self._show_newest()
        canvas.draw()  # the first picture is ours, not an empty canvas
        opened.manager.show()
        self._timers["tick"].start()
        try:
            canvas.start_event_loop(0)
        finally:
            self._stop_timers()

    def _stop_timers(self) -> None:
        timers, self._timers = self._timers, {}
        for timer in timers.values():
            timer.stop()

    def _tick(self) -> None:
        """What the timer does: draw the newest board, leave when asked to. An error ends the loop, or the toolkit
        would print it and go on."""
        opened = self._opened
        closing = self._closing.is_set()  # asked before the board, so that the last board is drawn before the end
        if opened is None:
            return
        if closing and opened.has_no_size and not self._gone and self._patience > 0:
            self._patience -= 1
            return
        try:
            self._show_newest()
            self._show_touched()
        except BaseException as error:
            self._error = error
            closing = True
        if closing or self._interrupts.number is not None:
            opened.canvas.stop_event_loop()

    def _show_newest(self) -> None:
        """Show the newest board; while the window holds still, only one through another lens."""
        board, opened = self._newest, self._opened
        if board is None or opened is None:
            return
        if self._held is not None and board.lens == self._held.lens:
            return
        if opened.has_no_size:
            return
        self._held = board if self._held is not None else None
        opened.touch.begin(board)
        opened.blitter.show(board)

    def _show_touched(self) -> None:
        """Show what the user does on top of the picture."""
        if self._opened is not None:
            self._opened.blitter.touch(self._opened.touch.touched)

    def _show_soon(self) -> None:
        """Show what the user does as soon as the loop has time."""
        if "soon" in self._timers:
            self._timers["soon"].start()

    # -- the window's own actions, and the end

    def _do(self, action: Action) -> None:
        """What a key does with the window itself."""
        opened = self._opened
        if opened is None:
            return
        if action == "quit":
            self.closed_by_user = True
            self._closing.set()
        elif action == "full screen":
            opened.manager.full_screen_toggle()
        elif action == "theme":
            opened.blitter.change_theme()
            opened.canvas.draw_idle()
        elif action == "hold":
            self._held = opened.blitter.board if self._held is None else None
            opened.touch.notify("held still: w goes on" if self._held is not None else "goes on")
        elif action == "save":
            self._save(opened)

    def _save(self, opened: _Opened) -> None:
        """Save the picture, in a thread: it takes seconds."""
        if (board := opened.blitter.board) is None:
            return
        width, height = (float(length) for length in opened.canvas.figure.get_size_inches())
        touch, theme = opened.touch, opened.blitter.theme

        def work() -> None:
            lines = saved_lines(board, (width, height), theme, self._target)
            for line in lines:
                self._notify(line)
            touch.notify(lines[0])

        touch.notify("saving ...")
        threading.Thread(target=work, name="livemon saves").start()

    def _ask_for(self, lens: Lens) -> None:
        if self.ask is not None:
            self.ask(lens)

    def _on_close(self, event: Event) -> None:
        """The window is gone, or about to go."""
        if self._running and not self._closing.is_set() and self._interrupts.number is None:
            self.closed_by_user = True
        self._gone = True
        self._closing.set()
        self._stop_timers()  # now: later there is no toolkit left to stop it
        if self._running and self._opened is not None:
            self._opened.canvas.stop_event_loop()

    def _destroy(self) -> None:
        """Let go of the window in the main thread, whole: a toolkit's objects that are collected later in another
        thread complain."""
        if self._opened is None:
            return
        self._counts = (self.frames, self.full_draws)
        self._closing.set()
        opened, self._opened = self._opened, None
        if not self._gone:
            opened.manager.destroy()
        del opened
        gc.collect()


def _quieten(manager: FigureManagerBase, canvas: Any) -> None:
    """Take matplotlib's own keys away: they would change scales and grids behind the painter's back."""
    handler = getattr(manager, "key_press_handler_id", None)
    if handler is not None:
        canvas.mpl_disconnect(handler)


def _theme(name: str | None) -> style.Theme:
    return style.default_theme("dark") if name is None else style.theme_named(name)


def show_figure(figure: Figure, title: str) -> None:
    """Show any figure in a window of its own, with matplotlib's tools to zoom, until the user closes it. Main thread.

    Raises:
        RuntimeError: No window can be opened here; the message says what is missing and what to do.
    """
    backend = gui_backend()
    if backend is None:
        raise RuntimeError(f"no window can be opened: {why_no_window()}")
    manager = canvas_class(backend).new_manager(figure, 1)
    canvas = figure.canvas
    manager.set_window_title(title)
    canvas.mpl_connect("close_event", lambda event: canvas.stop_event_loop())
    canvas.draw()
    manager.show()
    canvas.start_event_loop(0)
    FigureCanvasAgg(figure)  # the figure lives on without its window
    gc.collect()
