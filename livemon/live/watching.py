"""`watch()`: shows a run, or several, until they end. Nothing heavy is imported before a page can be opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from livemon.boards.lens.json_form import lens_of
from livemon.live.browser_page import page_of
from livemon.live.console import Console
from livemon.live.watch_request import GlyphName, Style, ViewName, WatchRequest, one_or_several

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens

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
    from livemon.readers.encodings.bare_numbers import names_given

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
    console = Console(sys.stderr if request.json else sys.stdout)
    with page_of(request, console.notify) as page:
        if request.several:
            from livemon.live.watching_several import watch_several

            return watch_several(request, console, page)
        from livemon.live.watching_single import watch_single

        return watch_single(request, console, page)
