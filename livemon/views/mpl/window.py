"""The dashboard in a window: matplotlib without pyplot, in the GUI toolkit that works here.

Boards come from a worker thread, which only hands over the newest; a timer of the toolkit draws it in the main thread.
Most frames put the kept background back and draw only what moved (blitting); the whole figure is drawn where axes,
titles, the set of panels or the window's size changed."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib.backend_bases import Event, FigureManagerBase, KeyEvent, LocationEvent, MouseEvent, TimerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.views import style
from livemon.views.keys import Action
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.toolkits import canvas_class, close_if_destroyed, gui_backend, screen_size, why_no_window
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


class WindowView:
    """A window that shows the newest board, and can be touched: see `livemon.views.keys`.

    `open` and `run` belong to the main thread; `draw` and `close` may be called from any. What keys and mouse mean is
    in `touch/`; here are the window's own deeds.

    Args:
        style: "light" or "dark"; None takes LIVEMON_STYLE, else dark.
        title: of the window.
        size: width and height in pixels of a screen with 100 dots an inch; None: a good part of the screen.
        target: The path of what is shown, as the user named it: for the command that draws it again.
        say: Takes lines for people, as the command that draws it again.
    Attributes:
        closed_by_user: Whether the user, rather than `close`, closed the window.
        ask: Asks for a board through another lens, from the main thread; None where nobody makes one.
    """

    def __init__(
        self, style: str | None = None, title: str = "livemon", size: tuple[int, int] | None = None, *,
        target: str | Sequence[str] = ".", say: Callable[[str], object] = print,
    ) -> None:
        self.closed_by_user = False
        self.ask: Callable[[Lens], object] | None = None
        self._target = target
        self._say = say
        self._touch: Touch | None = None
        self._held: Board | None = None  # that stays while newer ones come
        self._theme = _theme(style)
        self._title = title
        self._size = size
        self._newest: Board | None = None
        self._closing = threading.Event()
        self._interrupted: int | None = None  # the signal
        self._running = False
        self._gone = False
        self._error: BaseException | None = None
        self._manager: FigureManagerBase | None = None
        self._patience = _PATIENCE
        self._canvas: Any = None  # its methods differ a little from toolkit to toolkit
        self._blitter: Blitter | None = None
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
            self._manager = canvas_class(backend).new_manager(figure, 1)
            self._canvas = figure.canvas
            self._blitter = Blitter(figure, self._theme)
        measure = getattr(self._canvas, "_update_device_pixel_ratio", None)  # Tk's, which would do it once it is seen
        if measure is not None:
            measure()
        if self._size is None and (screen := screen_size(self._manager)) is not None:
            width, height = (int(_SHARE * length) for length in screen)
            self._manager.resize(min(width, int(_WIDEST * height)), height)
        self._touch = Touch(self._blitter, self._ask_for, self._do)
        self._manager.set_window_title(self._title)
        self._quieten(self._manager)
        close_if_destroyed(self._manager)
        self._canvas.mpl_connect("resize_event", self._on_resize)
        self._canvas.mpl_connect("close_event", self._on_close)
        self._canvas.mpl_connect("key_press_event", self._on_key)
        self._canvas.mpl_connect("motion_notify_event", self._on_move)
        self._canvas.mpl_connect("figure_leave_event", self._on_leave)
        self._canvas.mpl_connect("button_press_event", self._on_press)
        self._canvas.mpl_connect("button_release_event", self._on_release)

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
        if self._manager is None:
            raise RuntimeError("open() the window before run()")
        self._running = True
        try:
            with self._interruptible():
                self._turn()
        finally:
            self._running = False
            self._destroy()
        if self._error is not None:
            raise self._error
        if self._interrupted is not None:
            signal.raise_signal(self._interrupted)  # to whom it belongs

    @property
    def frames(self) -> int:
        """Boards drawn so far."""
        return self._blitter.frames if self._blitter is not None else self._counts[0]

    @property
    def full_draws(self) -> int:
        """How often the whole figure was drawn; the other frames were blits."""
        return self._blitter.full_draws if self._blitter is not None else self._counts[1]

    # -- turning

    def _turn(self) -> None:
        assert self._manager is not None
        self._timers = {"soon": self._canvas.new_timer(interval=_SOON_MS),
                        "tick": self._canvas.new_timer(interval=_TICK_MS)}
        self._timers["soon"].single_shot = True
        self._timers["soon"].add_callback(self._touched)
        self._timers["tick"].add_callback(self._tick)
        self._show_newest()
        self._canvas.draw()  # the first picture is ours, not an empty canvas
        self._manager.show()
        self._timers["tick"].start()
        try:
            self._canvas.start_event_loop(0)
        finally:
            self._stop_timers()

    def _stop_timers(self) -> None:
        timers, self._timers = self._timers, {}
        for timer in timers.values():
            timer.stop()

    def _tick(self) -> None:
        """What the timer does: draw the newest board, leave when asked to. An error ends the loop, or the toolkit
        would print it and go on."""
        closing = self._closing.is_set()  # asked before the board, so that the last board is drawn before the end
        if closing and self._has_no_size() and not self._gone and self._patience > 0:
            self._patience -= 1
            return
        try:
            self._show_newest()
            self._touched()
        except BaseException as error:
            self._error = error
            closing = True
        if closing or self._interrupted is not None:
            self._canvas.stop_event_loop()

    def _show_newest(self) -> None:
        """Show the newest board; while the window holds still, only one through another lens."""
        board = self._newest
        if board is None or self._blitter is None or self._touch is None:
            return
        if self._held is not None and board.lens == self._held.lens:
            return
        if self._has_no_size():
            return
        self._held = board if self._held is not None else None
        self._touch.begin(board)
        self._blitter.show(board)

    def _has_no_size(self) -> bool:
        """Whether the toolkit has not given the window its size yet."""
        return bool(min(self._canvas.get_width_height()) < _SMALLEST)

    def _touched(self) -> None:
        """Show what the user does on top of the picture."""
        if self._blitter is not None and self._touch is not None:
            self._blitter.touch(self._touch.touched)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C ends the loop, where it still means what Python makes of it, and SIGTERM where the program has made
        something of it: toolkits print what a handler raises in a callback, and go on."""
        kept: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
            if kept[signal.SIGINT] is not signal.default_int_handler:
                del kept[signal.SIGINT]
            if not callable(kept[signal.SIGTERM]):
                del kept[signal.SIGTERM]
        for number in kept:
            signal.signal(number, self._on_interrupt)
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def _on_interrupt(self, number: int, frame: object) -> None:
        self._interrupted = number

    def _on_resize(self, event: Event) -> None:
        """The toolkit draws the figure afterwards."""
        if self._blitter is not None:
            self._blitter.lay_out()

    # -- keys and the end

    def _quieten(self, manager: FigureManagerBase) -> None:
        """matplotlib's own keys would change scales and grids behind the painter's back."""
        handler = getattr(manager, "key_press_handler_id", None)
        if handler is not None:
            self._canvas.mpl_disconnect(handler)

    def _on_key(self, event: Event) -> None:
        key = event.key if isinstance(event, KeyEvent) else None
        if self._touch is None or key is None:
            return
        self._touch.key({" ": "space", "ctrl+w": "q", "cmd+w": "q", "f11": "F11", "return": "enter"}.get(key, key))
        self._show_soon()

    def _do(self, action: Action) -> None:
        """What a key does with the window itself."""
        if self._manager is None or self._blitter is None or self._touch is None:
            return
        if action == "quit":
            self.closed_by_user = True
            self._closing.set()
        elif action == "full screen":
            self._manager.full_screen_toggle()
        elif action == "theme":
            self._blitter.change_theme()
            self._canvas.draw_idle()
        elif action == "hold":
            self._held = self._blitter.board if self._held is None else None
            self._touch.say("held still: w goes on" if self._held is not None else "goes on")
        elif action == "save":
            self._save()

    def _save(self) -> None:
        assert self._blitter is not None and self._touch is not None
        if (board := self._blitter.board) is None:
            return
        width, height = (float(length) for length in self._canvas.figure.get_size_inches())
        touch, theme = self._touch, self._blitter.theme

        def work() -> None:
            lines = saved_lines(board, (width, height), theme, self._target)
            for line in lines:
                self._say(line)
            touch.say(lines[0])

        touch.say("saving ...")
        threading.Thread(target=work, name="livemon saves").start()  # it takes seconds

    def _ask_for(self, lens: Lens) -> None:
        if self.ask is not None:
            self.ask(lens)

    # -- the mouse

    def _points(self, event: LocationEvent) -> tuple[float, float]:
        dpi = float(self._canvas.figure.dpi)
        return event.x * 72 / dpi, event.y * 72 / dpi

    def _show_soon(self) -> None:
        if "soon" in self._timers:
            self._timers["soon"].start()

    def _on_move(self, event: Event) -> None:
        if self._touch is not None and isinstance(event, MouseEvent):
            self._touch.move(*self._points(event))
            self._show_soon()

    def _on_leave(self, event: Event) -> None:
        if self._touch is not None:
            self._touch.leave()
            self._show_soon()

    def _on_press(self, event: Event) -> None:
        if self._touch is not None and isinstance(event, MouseEvent) and event.button == 1:
            shift = "shift" in (event.modifiers or ()) or event.key == "shift"
            self._touch.press(*self._points(event), shift=shift, double=event.dblclick)
            self._show_soon()

    def _on_release(self, event: Event) -> None:
        if self._touch is not None and isinstance(event, MouseEvent) and event.button == 1:
            self._touch.release(*self._points(event))
            self._show_soon()

    def _on_close(self, event: Event) -> None:
        """The window is gone, or about to go."""
        if self._running and not self._closing.is_set() and self._interrupted is None:
            self.closed_by_user = True
        self._gone = True
        self._closing.set()
        self._stop_timers()  # now: later there is no toolkit left to stop it
        if self._running:
            self._canvas.stop_event_loop()

    def _destroy(self) -> None:
        """Let go of the window in the main thread, whole: a toolkit's objects that are collected later in another
        thread complain."""
        manager, self._manager = self._manager, None
        if manager is None:
            return
        self._closing.set()
        if not self._gone:
            manager.destroy()
        self._counts = (self.frames, self.full_draws)
        self._canvas = self._blitter = self._touch = None
        del manager
        gc.collect()


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
