"""`watch()`: shows the run at a path until it ends."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from livemon.boards.lens.json_form import lens_of
from livemon.boards.lens.value import Lens
from livemon.live.awaiting import await_next_run, await_path
from livemon.live.beside_window import run_beside_window, show_now
from livemon.live.final_plots import FinalPlots
from livemon.live.kept_lens import KeptLens
from livemon.live.monitor import Monitor
from livemon.live.opening import EarlierAttempts, base_of, need_rows, open_run
from livemon.live.pace import JUDGING_SECONDS
from livemon.live.screens import Console, Screen, choose_screens
from livemon.live.shown_run import files_to_watch, notes_on
from livemon.live.watch_request import GlyphName, Style, ViewName, WatchRequest, one_or_several
from livemon.readers.encodings.bare_numbers import names_given
from livemon.runs.discovery import run_folder
from livemon.runs.rows_version import count_rows
from livemon.states import State
from livemon.system.path_rules import same_path

if TYPE_CHECKING:
    from livemon.boards.runs_maker import RunsMaker
    from livemon.live.recorded_boards import MakesBoards
    from livemon.runs.experiment import ExperimentLoader
    from livemon.runs.new_runs import RunsBelow, RunsIn
    from livemon.views import TouchedView

__all__ = ["run_watch", "watch"]


def watch(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    *,
    view: ViewName = "auto",
    output: str | os.PathLike[str] | None = None,
    x: str | None = None,
    until: Literal["finished", "stalled"] | None = None,
    metric: str | None = None,
    smooth: float | None = None,
    log: Sequence[str] = (),
    select: str | None = None,
    join: bool = True,
    next: bool = False,
    pid: int | None = None,
    once: bool = False,
    json: bool = False,
    style: Style | None = None,
    keep_open: bool = False,
    linear: Sequence[str] = (),
    header: str | Sequence[str] = (),
    lens: str | os.PathLike[str] | Lens | None = None,
    zoom: str | None = None,
    zoom_y: Mapping[str, tuple[float, float]] | Sequence[str] = (),
    limits: Literal["robust", "full"] | None = None,
    hide: Sequence[str] = (),
    pin: Sequence[str] = (),
    large: str | None = None,
    attempts: Literal["all", "latest"] | None = None,
    mark: float | None = None,
    show_run: Sequence[str] = (),
    hide_run: Sequence[str] = (),
    alone_run: str | None = None,
    where: Sequence[str] = (),
    group_by: str | None = None,
    run_list: bool = False,
    glyphs: GlyphName | None = None,
    host: str | None = None,
    port: int | None = None,
    interval: float | None = None,
    stdout: str | os.PathLike[str] | None = None,
    report: str | os.PathLike[str] | None = None,
) -> int:
    """Show a run while it trains; blocks until the run ends or the user does.

    When the run has ended, its final plots are saved into `plots/` in the run, or into `./livemon-plots/<run>/` if the
    run cannot be written to or is not known to have ended. If the run goes on in another folder, as preempted jobs do,
    both are shown as one run from then on; after a run was killed or preempted, livemon waits ten minutes for that. In
    a folder of runs, the run that began last is shown when the previous one has ended. At the end of a run livemon
    reads the file once more from its first byte, and one line says whether the shown rows are those of the file.

    Args:
        path: A run's folder, a metrics file, or a folder of runs, which stands for its newest run. None: the newest run
            below the current folder (the environment variable LIVEMON_DIR names another). Several paths, or a
            pattern ("runs/ours_*"): all these runs in one picture, until all have ended; runs that begin later and
            match join. No plots are saved into them: they go to `./livemon-plots/`.
        view: "window", "browser" (a page on this machine), "terminal" (curves in text on the terminal's screen), "file"
            (one picture, rewritten), or "auto": a window if one can be opened, the terminal if standard input and
            output are one, else a line of text an update.
        output: The picture's path; by default `./livemon_<run>.png`.
        x: "step", "epoch", "time", "row" or a column; None means the run's own step.
        until: "finished" (the default) or "stalled": also return when no row has come for a minute or, if that is
            longer, for ten times as long as a row usually takes (ten minutes if that is not known).
        metric: The main metric, "NAME" or "NAME:min" or "NAME:max".
        smooth: The strength of the smoothing, 0 to 1.
        log, linear: Metrics with a logarithmic or a linear axis; for the others livemon decides by their values.
        select: A regular expression; only matching metrics are shown.
        join: Whether a run that certainly went on in other folders is one run, each folder an attempt.
        next: Whether to wait for the next run to begin below the folder, and show that.
        pid: The id of the training's process: the run goes on as long as the process runs.
        once: Whether to show the present data and return.
        json: Whether to print a line of JSON for each update on standard output.
        style: "light" or "dark".
        header: The names of the columns for files of numbers without a header: "step,loss", or a list of names.
        lens: The view, as a `livemon.boards.Lens` or a file that the window has saved; other arguments override it.
        zoom: The range of x: "LOW:HIGH", "last:10%" or "last:1000"; for time in seconds.
        zoom_y: A panel's title, or one of its metrics -> its y limits.
        limits: "robust": y limits without outliers; "full": y limits that contain every value.
        hide: Metrics that are not drawn.
        pin: Metrics whose panels come first.
        large: The metric whose panel is shown alone.
        attempts: "all": what a later attempt replaced is dimmed; "latest": it is hidden.
        mark: An x to mark in all panels; for time in seconds.
        show_run, hide_run: With several runs, those to draw or not to draw, by their names in the list of runs.
        alone_run: The only run to draw.
        where: Show only runs that meet these conditions, as for `livemon ls`: "lr>=1e-3", "state:running".
        group_by: Draw a curve with a band for the runs that share these settings, "lr,wd"; "all": all but the seed.
        run_list: Whether the list of runs is shown.
        glyphs: The characters of curves in a terminal; None: what the terminal can show.
        interval: Print a line of text about the run at most every so many seconds, instead of a window or a screen.
        stdout: The file into which the training prints: its last lines are shown on the terminal's screen. None: the
            one of the process `pid`, if that is a file (Linux).
        report: The file of a report (.html, .pdf or .md) to write when the run has ended, beside its plots.
        host: The address on which to serve a page for a browser; None: only this machine can reach it.
        port: The first port to try for it.
        keep_open: Whether a window or a page stays open after the run's end, until the user closes it.

    Returns:
        1 when the run failed, else 0: it finished, was stopped or has stalled, or the user closed the view. Findings
        change nothing: `livemon check` is for them.

    Raises:
        FileNotFoundError: The path does not exist, or has no run below it.
        CannotShowError: Nothing can be shown: there is no display for a window, or no row for `once`.
        ValueError: An argument is not valid, or the process `pid` does not exist.
        KeyboardInterrupt: The user pressed Ctrl-C.
    """
    given = {"x": x, "metric": metric, "smooth": smooth, "log": tuple(log), "select": select, "linear": tuple(linear),
             "zoom": zoom, "zoom_y": zoom_y or None, "limits": limits, "hidden": tuple(hide), "pinned": tuple(pin),
             "large": large, "attempts": attempts, "mark": mark, "runs": tuple(show_run),
             "hidden_runs": tuple(hide_run), "alone_run": alone_run, "where": tuple(where), "group_by": group_by,
             "run_list": run_list or None}
    single, several = one_or_several(path, once=once)
    return run_watch(WatchRequest(
        path=single, several=several, view=view, output=output, lens=lens_of(given, lens),
        until="finished" if until is None else until, join=join,
        next=next, pid=pid, once=once, json=json, style=style, keep_open=keep_open,
        header=names_given(header), glyphs=glyphs, interval=interval, host=host, port=port, stdout=stdout,
        report=report,
    ))  # fmt: skip


def run_watch(request: WatchRequest) -> int:
    """Show a run, or several, as requested; see `watch`."""
    if request.several:
        from livemon.live.watching_several import watch_several

        return watch_several(request)
    from livemon.boards.runs_maker import RunsMaker
    from livemon.health.examination import Examination
    from livemon.live.recorded_boards import RecordedBoards
    from livemon.live.runs_beside import RunsBeside

    if request.report is not None:
        from livemon.reports.saving import check_place

        check_place(Path(request.report), "--report")
    console = Console(sys.stderr if request.json else sys.stdout)
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
    window, screens = choose_screens(run, request, console, recorded, maker)
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
    with Wakeups(files_to_watch(run)) as wakeups:
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
