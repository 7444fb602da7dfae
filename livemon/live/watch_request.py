"""The options of `livemon watch`, in one object, for the command line and `watch()`."""

from __future__ import annotations

import glob
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from livemon.boards.lens.value import Lens
from livemon.system.path_rules import is_pattern

__all__ = ["End", "GlyphName", "Style", "ViewName", "WatchRequest", "one_or_several"]

End = Literal["finished", "stalled"]
GlyphName = Literal["braille", "blocks", "ascii"]
Style = Literal["light", "dark"]
ViewName = Literal["auto", "window", "browser", "terminal", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """What to watch, where to show it, and how long; see `watching.watch`.

    Attributes:
        several: Paths, folders and patterns whose runs are watched together; () for one run.
        lens: The lens of the boards.
        wait: Whether to wait for a path that does not exist yet.
        next: Whether to wait for the next run to begin below the path, and show that.
        alone: Whether the process does nothing else, like that of the command.
        glyphs: The set of characters of a terminal: "braille", "blocks" or "ascii"; None: by the terminal.
        stdout: The file with the output of the training; None if not named.
        report: The file of a report to write when the run has ended, or None.
        interval: The seconds between two lines about the run, at least; None: no lines.
        header: The column names of a file that has only numbers; () if it has its own.
        host, port: The address of a page for a browser; None: the loopback address, and the usual port.

    Raises:
        ValueError: `view` or `until` is not valid, or options exclude each other.
    """

    path: str | os.PathLike[str] | None = None
    several: tuple[str, ...] = ()
    view: ViewName = "auto"
    output: str | os.PathLike[str] | None = None
    lens: Lens = field(default_factory=Lens)
    until: End = "finished"
    join: bool = True
    pid: int | None = None
    wait: bool = False
    next: bool = False
    once: bool = False
    json: bool = False
    style: Style | None = None
    keep_open: bool = False
    alone: bool = False
    header: tuple[str, ...] = ()
    glyphs: str | None = None
    host: str | None = None
    port: int | None = None
    interval: float | None = None
    stdout: str | os.PathLike[str] | None = None
    report: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.until not in ("finished", "stalled"):
            raise ValueError(f"until is {self.until!r}; it can be 'finished' or 'stalled'")
        if self.view not in get_args(ViewName):
            raise ValueError(f"view is {self.view!r}; it can be 'auto', 'window', 'browser', 'terminal' or 'file'")
        if self.glyphs not in (None, *get_args(GlyphName)):
            raise ValueError(f"glyphs is {self.glyphs!r}; it can be 'braille', 'blocks' or 'ascii'")
        if self.glyphs is not None and (self.view in ("window", "browser", "file") or self.json or (
                self.once and self.output)):
            raise ValueError("--glyphs is about curves in a terminal, and none are drawn here: leave it out, or take "
                             "--view terminal")
        self._check_page()
        if self.interval is not None:
            self._check_interval(self.interval)
        if self.stdout is not None and not self._may_take_terminal:
            raise ValueError("--stdout is about a pane of the terminal's screen, and none is shown here: leave it out, "
                             "or take --view terminal")
        if self.view == "terminal" and self.json:
            raise ValueError("--view terminal and --json both take standard output: leave out one of them")
        if self.once and self.until != "finished":
            raise ValueError("--once shows what is there and waits for nothing: leave out --once or --until")
        if self.style is not None and self.json and self.view == "auto" and not self.output:
            raise ValueError("--style is about a picture or a window, and --json alone shows none: name a picture with "
                             "-o FILE, or leave out one of them")
        if self.report is not None and self.once:
            raise ValueError("--report is written when the run has ended, and --once does not wait for that: livemon "
                             "report writes one now")
        if self.next and self.once:
            raise ValueError("--next waits for a run, and --once shows what is there: leave out one of them")
        self._check_several()

    def _check_several(self) -> None:
        """Raise ValueError if an option concerns one run, but several are watched, or the other way round."""
        if self.several:
            beside = next((word for word, is_given in (
                ("--json", self.json), ("--next", self.next), ("--pid", self.pid is not None),
                ("--report", self.report is not None)) if is_given), None)
            if beside is not None:
                instead = {"--json": "; livemon ls --json lists several",
                           "--report": "; livemon report compares several"}.get(beside, "")
                raise ValueError(f"{beside} is about one run, and several are named: name one{instead}")
            return
        lens = self.lens
        beside = next((word for word, is_given in (
            ("--hide-run", lens.hidden_runs), ("--alone-run", lens.alone_run), ("--where", lens.where),
            ("--group-by", lens.group_by is not None)) if is_given), None)
        if beside is not None:
            raise ValueError(f"{beside} is about several runs, and one is watched: name several, or a pattern")

    @property
    def target(self) -> str | tuple[str, ...]:
        """What to watch, as the user named it."""
        return self.several or ("." if self.path is None else str(self.path))

    def _check_page(self) -> None:
        """Raise ValueError if no page can be served there, or there is no page."""
        given = (("--host", self.host), ("--port", self.port))
        where = next((word for word, value in given if value is not None), None)
        if where is not None and self.view != "browser":
            raise ValueError(f"{where} is about the page of --view browser, and none is served here: leave it out, or "
                             "take --view browser")
        if self.port is not None and not 0 <= self.port <= 65535:
            raise ValueError(f"--port: {self.port} is not a port (1 to 65535, or 0 for any)")

    def _check_interval(self, interval: float) -> None:
        """Raise ValueError if no line can be printed at such an interval."""
        if not 0 < interval < math.inf:
            raise ValueError(f"--interval: {interval:g} is not a number of seconds above 0")
        beside = next((word for word, is_given in (
            ("--once", self.once), ("--json", self.json), (f"--view {self.view}", self.view in (
                "window", "browser", "terminal")), ("--glyphs", self.glyphs is not None)) if is_given), None)
        if beside is not None:
            raise ValueError(f"--interval is about lines that follow each other, and {beside} prints none: leave out "
                             "one of them")

    @property
    def _is_free(self) -> bool:
        """Whether livemon chooses the view."""
        return self.view == "auto" and not (self.output or self.once or self.json or self.interval is not None)

    @property
    def wants_window(self) -> bool:
        """Whether to open a window if that is possible."""
        return self.view == "window" or self._is_free

    def wants_terminal(self, *, has_window: bool, is_terminal: bool) -> bool:
        """Whether to take over the terminal's screen.

        Args:
            has_window: Whether a window is opened.
            is_terminal: Whether standard input and output are a terminal that can be taken over.
        """
        if self.view == "terminal":
            return not self.once
        return self._is_free and is_terminal and not has_window

    @property
    def _may_take_terminal(self) -> bool:
        """Whether to take over the terminal's screen if there is a terminal."""
        return self._is_free or (self.view == "terminal" and not self.once)

    @property
    def prints_screen(self) -> bool:
        """Whether to print the run as the text of a screen."""
        return self.once and not (self.json or self.output) and self.view in ("auto", "terminal")

    @property
    def wants_picture(self) -> bool:
        """Whether to write a picture."""
        return bool(self.output) or self.view == "file"


def one_or_several(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None, *, once: bool = False
) -> tuple[str | os.PathLike[str] | None, tuple[str, ...]]:
    """The path of the watched run, or several paths or a pattern.

    Args:
        path: The path or paths as given by the user.
        once: Whether to show only what exists now: then a pattern that matches one path is that path.
    """
    words = [path] if path is None or isinstance(path, str | os.PathLike) else list(path)
    named = [os.path.expanduser(os.fspath(word)) for word in words if word is not None]
    if len(named) > 1:
        return None, tuple(named)
    if not named or not is_pattern(named[0]) or os.path.exists(named[0]):
        return (named[0] if named else None), ()
    matches = glob.glob(named[0])
    return (matches[0], ()) if once and len(matches) == 1 else (None, (named[0],))
