"""A watch of one run, until it ends."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.boards.runs_maker import RunsMaker
from livemon.health.examination import Examination
from livemon.live.awaiting import await_next_run, await_path
from livemon.live.beside_window import run_beside_window, show_now
from livemon.live.final_plots import FinalPlots
from livemon.live.kept_lens import KeptLens
from livemon.live.monitor import Monitor
from livemon.live.opening import EarlierAttempts, need_rows, open_run
from livemon.live.pace import JUDGING_SECONDS
from livemon.live.recorded_boards import RecordedBoards
from livemon.live.runs_beside import RunsBeside
from livemon.live.screens import Screen, choose_screens
from livemon.live.shown_run import notes_on
from livemon.runs.discovery import run_folder
from livemon.runs.rows_version import count_rows
from livemon.states import State
from livemon.system.environment import base_of
from livemon.system.path_rules import same_path

if TYPE_CHECKING:
    from livemon.live.console import Console
    from livemon.live.recorded_boards import MakesBoards
    from livemon.live.watch_request import WatchRequest
    from livemon.runs.experiment import ExperimentLoader
    from livemon.runs.new_runs import RunsBelow, RunsIn
    from livemon.views import TouchedView
    from livemon.views.browser.view import BrowserView

__all__ = ["watch_single"]


def watch_single(request: WatchRequest, console: Console, page: BrowserView | None = None) -> int:
    """Show the run at `request.path`; see `watch`. `page`: of `--view browser`."""
    if request.report is not None:
        from livemon.reports.saving import check_place

        check_place(Path(request.report), "--report")
    run = open_run(_awaited(request, console), console.notify, join=request.join, remember=not request.once,
                   pid=request.pid, header=request.header)
    run.project.notify_once(console.notify)
    examination = Examination(run)
    maker = RunsMaker(RunsBeside(run, base_of(request.path), join=request.join, header=request.header), request.lens,
                      examination=examination)
    if not request.once:
        maker.judging_seconds = JUDGING_SECONDS
    if request.once:
        _need_something_to_show(run, request, console)
    recorded = RecordedBoards(run, maker, examination) if request.json else None
    window, screens = choose_screens(run, request, console, recorded, maker, page)
    kept = _look_as_before(request, maker, console)
    with contextlib.ExitStack() as stack:
        stack.callback(console.come_back)
        stack.callback(kept)
        for screen in screens:
            screen.view.open()
            stack.callback(screen.view.close)
        if request.once:
            show_now(recorded or maker, screens, window, console)
        else:
            try:
                _show_until_the_end(run, request, recorded or maker, screens, window, console)
            except KeyboardInterrupt:
                if count_rows(run) and not run.ended:
                    console.notify("no plots were saved, as the run has not ended: "
                                f"livemon plot {_as_typed(run)} makes them")
                raise
    return 1 if run.state == State.FAILED else 0


def _look_as_before(request: WatchRequest, maker: RunsMaker, console: Console) -> Callable[[], None]:
    """Begin a terminal with the lens with which its folder was left; returns a function that keeps it at the end."""
    if (terminal := console.aside) is None:
        return lambda: None
    kept = KeptLens(base_of(request.path))
    lens = kept.under(request.lens)
    if lens != request.lens:
        try:
            maker.set_lens(lens)
            terminal.controls.begin_with(request.lens, lens)
        except ValueError:  # not valid for the run that is shown now
            maker.set_lens(request.lens)

    def keep() -> None:
        if (left := terminal.controls.lens_control.lens) is not None:
            kept.keep(left)

    return keep


def _as_typed(run: ExperimentLoader) -> str:
    """The run as people would type it here."""
    here, path = Path.cwd(), run.exp_dir
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _awaited(request: WatchRequest, console: Console) -> Path:
    """The path to open; waits for it, or for the next run to begin below it, if asked to."""
    base = base_of(request.path)
    if request.next:
        return run_folder(await_next_run(base, console.notify))
    if request.wait and not request.once:
        await_path(base, console.notify)
    return base


def _need_something_to_show(run: ExperimentLoader, request: WatchRequest, console: Console) -> None:
    """Read the run, refuse it if nothing can be shown at present, and print the notes that users need."""
    run.refresh()
    need_rows(run, request.lens, "leave out --once to wait for the first one")
    for text in notes_on(run):
        console.notify(text)


def _show_until_the_end(
    run: ExperimentLoader, request: WatchRequest, maker: MakesBoards, screens: Sequence[Screen],
    window: TouchedView | None, console: Console,
) -> None:  # fmt: skip
    """Draw while the run goes on."""
    from livemon.system.wakeups import Wakeups

    if console.picture is not None:
        console.notify(f"the picture is {console.picture}, rewritten as the run goes on")
    plots = FinalPlots(run, request, console)
    with Wakeups() as wakeups:  # the loop follows the files once it has drawn
        monitor = Monitor(
            run, screens, maker, wakeups,
            until=request.until, keep_open=request.keep_open and window is not None,
            successors="join" if request.join else "move on", audit=True,
            runs=_runs_beside(run, request.header, given=base_of(request.path)),
            earlier=EarlierAttempts(run, console.notify_once).look if request.join else None,
            save=plots.save if console.aside is None else plots.save_apart, notify=console.notify, show=console.show,
        )
        if window is not None:
            window.ask = monitor.set_lens
        if console.aside is not None:
            monitor.call_on_refusal(console.aside.refuse)
        if window is None:
            monitor.run()
        else:
            run_beside_window(monitor, window, plots.leave)
    if plots.were_left:
        console.notify(f"the final plots were not made: livemon plot {_as_typed(run)} makes them")


def _runs_beside(
    run: ExperimentLoader, header: Sequence[str] = (), timer: Callable[[], float] = time.monotonic,
    given: Path | None = None,
) -> RunsBelow | RunsIn | None:
    """The runs below the given folder or in the given database; None if that is the run itself, or a part of it. A
    joined run no longer knows how it was named."""
    from livemon.runs.new_runs import RunsBelow, RunsIn

    given = run.given if given is None else given
    if run.metrics_path is not None and any(same_path(given, folder) for folder in run.exp_dirs):
        return None
    if os.path.isdir(given):
        return RunsBelow(given, timer=timer, header=header)
    return RunsIn(given) if run.metrics_path is not None and same_path(run.metrics_path.parent, given) else None
