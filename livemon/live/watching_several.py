"""Several runs in one watch: overlaid curves, until all have ended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon import wording
from livemon.boards.runs_maker import RunsMaker
from livemon.live.beside_window import run_beside_window, show_now
from livemon.live.errors import CannotShowError
from livemon.live.messages import Messages
from livemon.live.pace import JUDGING_SECONDS, LoopPace
from livemon.live.plots_of_several import PlotsOfSeveral
from livemon.live.screens import Screen, choose_screens
from livemon.live.several_runs import SeveralMonitor, ShownRuns
from livemon.runs.run_selection import select_present_runs, select_runs
from livemon.runs.watched_runs import WatchedRuns

if TYPE_CHECKING:
    from livemon.live.console import Console
    from livemon.live.watch_request import WatchRequest
    from livemon.views import TouchedView
    from livemon.views.browser.view import BrowserView

__all__ = ["watch_several"]

_MOST_NAMED = 5


def watch_several(request: WatchRequest, console: Console, page: BrowserView | None = None) -> int:
    """Show the runs that `request.several` names; see `watch`. `page`: of `--view browser`.

    Raises:
        CannotShowError: Nothing can be shown: there is no display for a window, or no row for `once`.
        ValueError: A word names no run, or an option concerns a single run.
    """
    arguments = request.several
    missing: list[str] = []

    def find() -> list[Path]:
        if request.once:  # without a later look no word can find a run
            return select_runs(arguments, request.header).dirs
        dirs, missing[:] = select_present_runs(arguments, request.header)
        return dirs

    watched = WatchedRuns(find, join=request.join, header=request.header, remember=not request.once)
    pace = LoopPace(time.monotonic, time.process_time)
    messages = Messages(console.notify)
    shown = ShownRuns(watched, messages, pace, arguments)
    shown.refresh()
    _list_watched_runs(watched, missing, request, console)
    maker = RunsMaker(shown, request.lens)
    maker.set_lens(request.lens)  # raises an error for an x that no run has
    if request.once and not any(table.n_rows for run in watched.runs.values() for table in run.tables):
        raise CannotShowError(f"no rows in {wording.listed(list(watched.runs))} yet; leave out --once to wait for them")
    window, screens = choose_screens(shown, request, console, None, maker, page)
    if request.keep_open and window is not None and not request.once:  # further boards come until all are judged
        maker.judging_seconds = JUDGING_SECONDS
    with contextlib.ExitStack() as stack:
        stack.callback(console.come_back)
        for screen in screens:
            screen.view.open()
            stack.callback(screen.view.close)
        if request.once:
            show_now(maker, screens, window, console)
        else:
            _show_until_the_end(shown, request, maker, screens, window, console, messages, pace)
    return 1 if shown.have_failed else 0


def _list_watched_runs(watched: WatchedRuns, missing: Sequence[str], request: WatchRequest, console: Console) -> None:
    """Print the runs, and the words for which there is no run yet: `missing` says why. Raises an error if there is no
    run at all, and none is waited for."""
    nothing = watched.problem or f"no run in {wording.listed(request.several)}"
    if watched.runs:
        runs = len(watched.runs)
        console.notify(f"watching {runs} run{'s' * (runs != 1)}: {wording.listed(list(watched.runs), _MOST_NAMED)}")
        for why in missing:
            console.notify(f"{why}; its runs join when they begin")
    elif request.once or not request.wait:
        raise FileNotFoundError(nothing)
    else:
        console.notify(f"{nothing}; waiting for the first, Ctrl-C ends")


def _show_until_the_end(
    shown: ShownRuns, request: WatchRequest, maker: RunsMaker, screens: Sequence[Screen], window: TouchedView | None,
    console: Console, messages: Messages, pace: LoopPace,
) -> None:  # fmt: skip
    """Draw while any of the runs goes on."""
    from livemon.system.wakeups import Wakeups

    if console.picture is not None:
        console.notify(f"the picture is {console.picture}, rewritten as the runs go on")
    plots = PlotsOfSeveral(shown, request, console)
    with Wakeups() as wakeups:  # the loop follows the files once it has drawn
        monitor = SeveralMonitor(
            shown, screens, maker, wakeups, pace, are_read=True, until=request.until,
            keep_open=request.keep_open and window is not None, messages=messages, show=console.show,
            save=plots.save if console.aside is None else plots.save_apart)
        if console.aside is not None:
            monitor.call_on_refusal(console.aside.refuse)
        if window is None:
            monitor.run()
        else:
            window.ask = monitor.set_lens
            run_beside_window(monitor, window, plots.leave)
    plots.notify_how_to_make_them()
