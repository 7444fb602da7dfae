"""The views for the options of a watch, each with its own pace."""

from __future__ import annotations

import math
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from livemon.live.browser_page import open_page
from livemon.live.errors import CannotShowError, describe_error
from livemon.live.watch_request import Style, WatchRequest
from livemon.runs.places import WRITER, free_picture, named_picture, other_writer_of, this_writer
from livemon.runs.run_name import OWNER, key_of_run

if TYPE_CHECKING:
    from livemon.boards.model import Board
    from livemon.live.console import Console
    from livemon.live.recorded_boards import MakesBoards, RecordedBoards
    from livemon.runs.printed_lines import PrintedLines
    from livemon.views import TouchedView, View
    from livemon.views.browser.view import BrowserView
    from livemon.views.terminal.app import TerminalView

__all__ = ["CLOCK_SECONDS", "Screen", "choose_screens", "load_matplotlib", "opening_board"]

CLOCK_SECONDS = 1.0  # how often the header's clock moves without new rows: "row 4 s ago" counts seconds
# On a terminal, perhaps over a slow link, a mere change of the last row's age is rarely sent: (from this age on, this
# often), in seconds. A watch that nobody looks at then costs almost nothing.
TERMINAL_CLOCK = ((600.0, 60.0), (60.0, 15.0), (5.0, 5.0), (0.0, 1.0))
PICTURE_SECONDS = 2.0  # a picture is written completely, and users open a file only now and then
IDLE_PICTURE_SECONDS = 10.0  # for the clock alone, a file on a shared disk need not be written every second
LOGGED_LINE_SECONDS = 1.0  # for a header line in a log file, where each update adds a line


class Subject(Protocol):
    """The part of the watched run that views need; `ExperimentLoader` has it."""

    @property
    def label(self) -> str:
        """Its name for people."""

    @property
    def own_path(self) -> Path:
        """The real path that tells it from others."""

    @property
    def exp_dir(self) -> Path:
        """Its folder."""

    @property
    def metrics_path(self) -> Path | None:
        """Its metrics; None if there are none yet, or they are in several files."""


class Screen:
    """A view and its own pace.

    Args:
        view: The view.
        least_seconds: The time between two draws, at least.
        idle_seconds: The same if only the header's clock moved and no row arrived; may be a function of the seconds
            since the newest row.
    """

    def __init__(self, view: View, *, least_seconds: float = 0.0,
                 idle_seconds: float | Callable[[float], float] = CLOCK_SECONDS) -> None:
        self.view = view
        self.least_seconds = least_seconds
        self.idle_seconds = idle_seconds
        self.has_drawn = False
        self._drawn_at = -math.inf
        self._drawn: tuple[object, str] | None = None

    @property
    def drawn_version(self) -> object:
        """The last version drawn; None before."""
        return self._drawn[0] if self._drawn else None

    def clock_seconds(self, age: float) -> float:
        """The time between two draws if only the header's clock moves. `age`: of the newest row, in seconds."""
        idle = self.idle_seconds(age) if callable(self.idle_seconds) else self.idle_seconds
        return max(idle, self.least_seconds)

    def due(self, version: object, header: str, now: float, age: float = 0.0) -> bool:
        """Whether there is something new to see and the pace allows it. `age`: as above."""
        if self._drawn is None:
            return True
        if version != self._drawn[0]:
            return now - self._drawn_at >= self.least_seconds
        return header != self._drawn[1] and now - self._drawn_at >= self.clock_seconds(age)

    def draw(self, board: Board, version: object, now: float) -> None:
        """Draw, and remember the version and the time."""
        self._drawn_at = now
        self._drawn = (version, board.header.line())
        self.view.draw(board)
        self.has_drawn = True


def choose_screens(
    run: Subject, request: WatchRequest, console: Console, recorded: RecordedBoards | None,
    maker: MakesBoards | None = None, page: BrowserView | None = None,
) -> tuple[TouchedView | None, list[Screen]]:
    """The views for the options: the interactive one (a window or the terminal) or None, and all screens including it.

    Args:
        run: The watched run.
        request: The options of the watch.
        console: Prints messages, and is told about the picture and the header line.
        recorded: The boards for JSON; None without JSON.
        maker: Makes the boards; pages use many lenses.
        page: The page of `--view browser`, which may be open already.

    Raises:
        CannotShowError: A view that was asked for by name is not available.
    """
    if request.prints_screen:
        from livemon.views.terminal.printed import PrintedView

        return None, [Screen(PrintedView(sys.stdout, request.style, request.glyphs))]
    if request.wants_picture:
        load_matplotlib(console.notify, alone=request.alone)
    window: TouchedView | None
    if page is not None:
        open_page(page)
        window, page.maker = page, maker
    else:
        window = _open_window(run, request, console.notify)
    screens = [] if window is None else [Screen(window)]
    if request.wants_terminal(has_window=window is not None, is_terminal=_is_terminal()):
        window = console.aside = _open_terminal(request, console.notify)
        if window is not None:
            screens.append(Screen(window, idle_seconds=_terminal_clock))
    if recorded is not None:
        from livemon.live.json_lines import JsonView

        screens.append(Screen(JsonView(sys.stdout, boards=recorded), idle_seconds=math.inf))
    if request.wants_picture:
        console.picture = _picture_path(run, request.output, console.notify)
        screens.append(_picture_screen(console.picture, request.style, run))
    if window is None and recorded is None:
        screens.append(_header_screen(console, request.interval))
    return window, screens


def _open_window(run: Subject, request: WatchRequest, notify: Callable[[str], None]) -> TouchedView | None:
    """The window, if one is wanted and can be opened; a message says why it cannot although there is a display."""
    if not request.wants_window:
        return None
    named = request.view == "window"
    if not (named or _may_have_display()):
        return None
    load_matplotlib(notify, alone=request.alone)
    if (why_not := _why_no_window(named=named)) is None:
        from livemon.views.mpl.window import WindowView

        target = request.target
        window = WindowView(style=request.style, title=f"livemon: {run.label}", target=target, notify=notify)
        window.draw(opening_board(run))
        return window
    if named:
        raise CannotShowError(f"no window can be opened: {why_not}")
    notify(f"no window: {why_not}")
    return None


def _terminal_clock(age: float) -> float:
    """How often a terminal updates the age of the newest row."""
    return next(seconds for least, seconds in TERMINAL_CLOCK if age >= least)


def _is_terminal() -> bool:
    """Whether standard input and output are a terminal whose screen can be taken over, in the thread that receives
    signals."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and _is_on_terminal() and os.environ.get("TERM") != "dumb"


def _is_on_terminal() -> bool:
    """Whether standard input and output are terminals; a service may start us with either closed."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _may_have_display() -> bool:
    """Whether there may be a display; a reliable answer needs the import of matplotlib."""
    needs_name = sys.platform not in ("win32", "cygwin", "darwin")
    return not needs_name or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_terminal(request: WatchRequest, notify: Callable[[str], None]) -> TerminalView | None:
    """The screen of the terminal. If it cannot be used, a message says so, or an error if the user asked for it by
    name."""
    named = request.view == "terminal"
    if named and not _is_on_terminal():
        raise CannotShowError("--view terminal takes keys: standard input and output must be a terminal; "
                              "--once prints the run as text")
    try:
        from livemon.views.terminal.app import TerminalView
    except ImportError as error:  # Textual is missing, or too old
        why = f"the terminal's screen needs Textual 8 ({describe_error(error)}): pip install 'textual>=8'"
        if named:
            raise CannotShowError(why) from error
        notify(f"{why}. Meanwhile a line shows the run's state; --once prints its curves")
        return None

    target = request.target
    return TerminalView(request.style, request.glyphs, target=target, environ=os.environ, output=_output_of(request))


def _output_of(request: WatchRequest) -> PrintedLines | None:
    """The output of the training: the named file, else the one into which its process prints."""
    from livemon.runs.printed_lines import PrintedLines, file_of_process

    path = Path(request.stdout) if request.stdout is not None else None
    if path is None and request.pid is not None:
        path = file_of_process(request.pid)
    return None if path is None else PrintedLines(path)


def opening_board(run: Subject) -> Board:
    """The board of a window before the first one: the run, and what it waits for."""
    from livemon.boards.model import Board, Header

    where = run.metrics_path or run.exp_dir
    return Board(run.label, Header(run.label, "waiting", f"reading {where}"), ())


def load_matplotlib(notify: Callable[[str], None], *, alone: bool = False) -> None:
    """Import matplotlib, which reads the user's settings. livemon chooses the backend, so an invalid MPLBACKEND must
    not stop it; it is removed from the environment, so that it does not stop child processes either.

    Args:
        alone: Whether the process belongs to livemon: then matplotlib does not list the properties of its artists in
            docstrings, which takes a fifth of its import time and nobody reads there.

    Raises:
        CannotShowError: matplotlib cannot be imported with these settings.
    """
    if "matplotlib" in sys.modules:
        return
    asked = os.environ.pop("MPLBACKEND", "")
    try:
        import matplotlib

        if alone:
            import matplotlib.artist

            matplotlib.artist.kwdoc = lambda artist: ""
    except Exception as error:
        raise CannotShowError(
            f"matplotlib cannot be loaded: {describe_error(error)}. It reads a matplotlibrc in the current folder, or "
            "what MATPLOTLIBRC names, or ~/.config/matplotlib/matplotlibrc: mend that, or set MATPLOTLIBRC to an empty "
            "file"
        ) from error
    if not asked:
        return
    try:
        matplotlib.rcParams["backend"] = asked
    except ValueError:
        notify(f"MPLBACKEND is {asked!r}, which is not a backend of matplotlib; livemon ignores it")
    else:
        os.environ["MPLBACKEND"] = asked


def _picture_screen(picture: Path, style: Style | None, run: Subject) -> Screen:
    from livemon.views.mpl.picture import FileView

    view = FileView(picture, style=style or "light", texts={OWNER: key_of_run(run.own_path), WRITER: this_writer()})
    return Screen(view, least_seconds=PICTURE_SECONDS, idle_seconds=IDLE_PICTURE_SECONDS)


def _header_screen(console: Console, interval: float | None) -> Screen:

    from livemon.views.header_line import HeaderView

    console.header = HeaderView(sys.stdout)
    usual = 0.0 if sys.stdout.isatty() else LOGGED_LINE_SECONDS
    return Screen(console.header, least_seconds=usual if interval is None else interval)


def _picture_path(run: Subject, output: str | os.PathLike[str] | None, notify: Callable[[str], None]) -> Path:
    path = Path(output) if output is not None else Path()
    if path.is_dir():
        plain, path = named_picture(path, run.own_path, run.label), free_picture(path, run.own_path, run.label)
        if path != plain:
            notify(f"{plain} is the picture of another run: this one's is {path}")
    if not path.parent.is_dir():
        raise CannotShowError(f"no picture can be written to {path}: there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise CannotShowError(f"no picture can be written to {path}: no permission; name another place with -o FILE")
    if (other := other_writer_of(path)) is not None:
        notify(f"another livemon (process {other}) rewrites {path}, too, and each shows what it was asked for; -o FILE "
            "keeps them apart")
    return path


def _why_no_window(*, named: bool) -> str | None:
    """Why no window can be opened, in words, or None. `named`: whether the user asked for a window by name."""
    forwarded = _forwarded_display(os.environ)
    if forwarded and not named:
        return f"the display {forwarded} is a remote shell's X forwarding, often too slow; --view window tries it"
    from livemon.views.mpl.window import why_no_window

    return why_no_window(advise_file=named)


def _forwarded_display(environ: Mapping[str, str]) -> str | None:
    """The display, if it is an X display forwarded by a remote shell: `localhost:10.0` within ssh."""
    display = environ.get("DISPLAY", "")
    remote = any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))
    return display if remote and re.match(r"[^:/]+:\d", display) else None
