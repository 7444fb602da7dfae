"""Words on a command line -> one call below. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from livemon import __version__

__all__ = ["app", "main"]

CANNOT_SHOW = 2
INTERRUPTED = 130
SAME_WISH_SECONDS = 5.0  # `timeout` sends its signal twice; the second must not interrupt the cleaning up

app = typer.Typer(
    name="livemon",
    help="Shows a training run while it trains, from the files that it already writes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


ViewName = Literal["auto", "window", "file"]
StyleName = Literal["light", "dark"]

XOption = Annotated[
    str | None,
    typer.Option("--x", metavar="step|epoch|time|COLUMN", help="What x counts. Default: the run's own step."),
]
MetricOption = Annotated[
    str | None, typer.Option(metavar="NAME[:min|:max]", help="The main metric, and whether less or more is better.")
]
SmoothOption = Annotated[
    float | None, typer.Option(metavar="S", help="How strongly curves are smoothed, from 0 to 1.")
]
LogOption = Annotated[
    list[str] | None, typer.Option(metavar="METRIC", help="Draw this metric on a logarithmic axis; may be repeated.")
]
SelectOption = Annotated[str | None, typer.Option(metavar="REGEX", help="Show only the metrics whose name matches.")]
PaperOption = Annotated[
    bool,
    typer.Option("--paper", help="A figure for a paper: the metric alone, small fonts, no title; with -o FILE.pdf."),
]
WidthOption = Annotated[float | None, typer.Option(metavar="INCHES", help="The width of a figure for a paper.")]
NamePatternOption = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="How folders are named after settings: '{cond}_{block}_seed{seed}_{method}'."),
]
JsonTableOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")]
LatexOption = Annotated[bool, typer.Option("--latex", help="Print a LaTeX table with booktabs' rules.")]
JoinOption = Annotated[
    bool, typer.Option("--join", help="Show a run that went on in other folders as one run, each folder an attempt.")
]


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """Shows a training run while it trains, from the files that it already writes."""
    if version:
        print(f"livemon {__version__}")
        raise typer.Exit


@app.command()
def watch(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A run's folder, a metrics file, or a folder of runs, which means the newest. Left out: the newest "
            "run below the current folder, or below the folder that LIVEMON_DIR names.",
            show_default=False,
        ),
    ] = None,
    view: Annotated[
        ViewName,
        typer.Option(
            metavar="auto|window|file",
            help="auto: a window where one can be opened, else a picture that is rewritten and a line in the terminal.",
        ),
    ] = "auto",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the picture goes. Default: ./livemon_<run>.png."),
    ] = None,
    x: XOption = None,
    until: Annotated[
        Literal["finished", "stalled"] | None,
        typer.Option(
            metavar="finished|stalled",
            help="When to stop. Default: when the run has ended; a window stays open until you close it.",
        ),
    ] = None,
    metric: MetricOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    select: SelectOption = None,
    join: JoinOption = False,
    pid: Annotated[
        int | None, typer.Option(metavar="PROCESS", help="The training's process: the run goes on as long as it does.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Show what is there and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output, a line an update.")] = False,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
) -> None:
    """Show a run while it trains, until it ends or you close it.

    When the run has ended, its final plots are saved into plots/ in the run.
    """
    with _reported():
        from livemon.live.monitor import watch as run_watch

        status = run_watch(
            path, view=view, output=output, x=x, until=until, metric=metric,
            smooth=smooth, log=log or (), select=select, join=join, pid=pid, once=once, json=json, style=style,
            keep_open=until is None,
        )
        raise typer.Exit(status)


@app.command()
def plot(
    path: Annotated[Path, typer.Argument(help="A run's folder or a metrics file.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR|FILE", help="A folder for the plots (default: plots/ in the run), "
                     "or a .png, .pdf or .svg for the dashboard alone."),
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="One picture a metric instead.")] = False,
    form: Annotated[
        str | None, typer.Option("--format", metavar="png|pdf|svg", help="Of the pictures in a folder. Default: png.")
    ] = None,
    paper: PaperOption = False,
    width: WidthOption = None,
    x: XOption = None,
    metric: MetricOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    select: SelectOption = None,
    join: JoinOption = False,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
) -> None:
    """Save the plots of a run and print where they are."""
    with _reported():
        from livemon.boards import Options
        from livemon.live.screens import load_matplotlib

        load_matplotlib(_say)
        from livemon.commands.plot import run_plot

        chosen = Options(x=x, metric=metric, smooth=smooth, log=tuple(log or ()), select=select)
        wanted = [metric.split(":")[0]] if metric else []
        run_plot(path, _say, output=output, options=chosen, join=join, each=each, paper=paper, width=width,
                 metrics=wanted, style=style, form=form)


@app.command()
def compare(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH[=LABEL]...", show_default=False, help="Runs, folders of runs, or patterns in "
                       "quotes ('base_s*' 'ours_s*'), which make groups that are tested against each other."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Save the comparison dashboard: .png, .pdf or .svg."),
    ] = None,
    metric: MetricOption = None,
    group_by: Annotated[
        str | None,
        typer.Option(metavar="KEYS", help="Settings that the runs of a group share: lr,wd; 'all' is all but the seed."),
    ] = None,
    name_pattern: NamePatternOption = None,
    at: Annotated[str, typer.Option(metavar="final|best|auc", help="Which number of a run is tested.")] = "final",
    test: Annotated[
        str, typer.Option(metavar="welch|mannwhitney|permutation", help="How groups are tested.")
    ] = "welch",
    middle: Annotated[str, typer.Option(metavar="mean|median|iqm", help="The middle of a group.")] = "mean",
    band: Annotated[str, typer.Option(
        metavar="auto|t|bootstrap|minmax", help="The interval around it; auto: t for the mean, else bootstrap.",
    )] = "auto",
    importance: Annotated[bool, typer.Option("--importance", help="Also rank the settings that go with it.")] = False,
    apart: Annotated[bool, typer.Option("--apart", help="Do not join a run that went on in another folder.")] = False,
    x: Annotated[str | None, typer.Option("--x", metavar="step|epoch|time|wall|COLUMN", help="What x counts.")] = None,
    until: Annotated[
        float | None, typer.Option(metavar="X", help="Draw only up to this x; the table is of the whole runs.")
    ] = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    paper: PaperOption = False,
    width: WidthOption = None,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
    json: JsonTableOption = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: the first table alone, or with --importance that one alone.")
    ] = False,
    markdown: MarkdownOption = False,
    latex: LatexOption = False,
) -> None:
    """Print a leaderboard of several runs, or of groups of them with a test of their difference; draw them with -o."""
    with _reported():
        form = _table_form(json, csv, markdown, latex)
        from livemon.live.screens import load_matplotlib

        load_matplotlib(_say)
        from livemon.commands.compare import run_compare

        run_compare(
            paths, _say, form=form, output=output, metric=metric, x=x, until=until, smooth=smooth, log=log or (),
            group_by="" if group_by == "all" else group_by, name_pattern=name_pattern, middle=middle, band=band, at=at,
            test=test, width=width, paper=paper, importance=importance, join=not apart, style=style,
        )


@app.command()
def ls(
    base: Annotated[Path, typer.Argument(help="A folder of runs.", show_default=False)] = Path("."),
    filters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILTER]...", show_default=False, help="Such as 'lr>=0.001' 'model~gpt' seed=3 "
                       "state!=failed 'val_loss<3': settings, last values of metrics, columns of the list."),
    ] = None,
    sort: Annotated[str | None, typer.Option(metavar="KEY", help="Sort by it; -KEY: the highest first.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Show so many.")] = None,
    name_pattern: NamePatternOption = None,
    clear_cache: Annotated[
        bool, typer.Option("--clear-cache", help="Forget the summaries that are kept of runs, and exit.")
    ] = False,
    json: JsonTableOption = False,
    csv: CsvOption = False,
    markdown: MarkdownOption = False,
    latex: LatexOption = False,
) -> None:
    """List the runs in a folder, filtered and sorted."""
    with _reported():
        if clear_cache:
            from livemon.analysis.run_set.summaries import clear_summaries

            _say(f"cleared {clear_summaries()}")
            raise typer.Exit
        form = _table_form(json, csv, markdown, latex)
        from livemon.commands.ls import run_ls

        run_ls(base, filters or [], _say, sort=sort, limit=limit, form=form, name_pattern=name_pattern)


@app.command()
def checkpoints(
    path: Annotated[Path, typer.Argument(help="A run's folder.", show_default=False)],
    metric: Annotated[str | None, typer.Option(metavar="NAME", help="Whose value is shown for each.")] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="NAME|last", help="Read this checkpoint, in a process of its own, and print statistics of "
                     "its weights and how they changed since the one before; a part of its name will do."),
    ] = None,
    json: JsonTableOption = False,
    csv: CsvOption = False,
    markdown: MarkdownOption = False,
    latex: LatexOption = False,
) -> None:
    """List a run's checkpoints: step, size, time, and the last one before the first NaN."""
    with _reported():
        form = _table_form(json, csv, markdown, latex)
        from livemon.commands.checkpoints import run_checkpoints

        run_checkpoints(path, _say, metric=metric, form=form, weights=weights)


def _table_form(json: bool, csv: bool, markdown: bool, latex: bool) -> str:
    forms = (("json", json), ("csv", csv), ("markdown", markdown), ("latex", latex))
    asked = [name for name, wanted in forms if wanted]
    if len(asked) > 1:
        raise ValueError(f"--{asked[0]} and --{asked[1]}: a table has one format")
    return asked[0] if asked else "text"


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(metavar="S", help="How long the training takes, about.")] = 20.0,
    view: Annotated[ViewName, typer.Option(metavar="auto|window|file", help="As in livemon watch.")] = "auto",
    dir: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="The run's folder. Default: livemon-demo/spirals_<time>."),
    ] = None,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
) -> None:
    """Train a small network for real, and watch it."""
    with _reported():
        from livemon.live.demo import run_demo

        raise typer.Exit(run_demo(dir, seconds=seconds, view=view, style=style))


def main() -> None:
    """The `livemon` command."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - a service may start us with its output closed
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    warnings.showwarning = lambda message, *_: _say(str(message))
    warnings.filterwarnings("ignore", message="(?s).*no config.json")  # most runs have none
    _end_by_signals()
    try:
        app()
    except OSError as error:  # of --help; the commands report their own
        if _is_strict():
            raise
        _drop_output(error)
    finally:
        _flush_output()


_ended_by: list[int] = []  # signals that asked us to end
ASK_AGAIN_SECONDS = 8.0


def _ask_again(number: int) -> None:
    """Code in C may swallow what a signal raises in the middle of it: ask once more, if we are still there then."""
    again = threading.Timer(ASK_AGAIN_SECONDS, os.kill, (os.getpid(), number))
    again.daemon = True
    with contextlib.suppress(RuntimeError):  # no thread can be started any more
        again.start()


class _EndedError(KeyboardInterrupt):
    """A signal asked us to end; `status` is the exit status that says which."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def _end_by_signals() -> None:
    """SIGTERM, and SIGHUP of a terminal that was closed, end us as Ctrl-C does, so that nothing half done is left
    behind. Where whoever started us has them ignored (nohup), they stay so."""
    asked = -math.inf

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if time.monotonic() - asked >= SAME_WISH_SECONDS:
            asked = time.monotonic()
            _ended_by.append(number)
            _ask_again(number)
            raise _EndedError(number)

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def _is_strict() -> bool:
    return os.environ.get("LIVEMON_STRICT", "0") not in ("", "0")  # as recorder.is_strict, which takes long to import


def _say(text: str) -> None:
    from livemon.system.streams import put_message

    put_message(text)


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Errors become a line or two on standard error and an exit status, never a traceback. Where a signal has asked us
    to end, the status says so, whatever became of what it raised: matplotlib's C++ makes a TypeError of it."""
    try:
        with _told():
            yield
    except typer.Exit:
        if not _ended_by:
            raise
    if _ended_by:
        raise typer.Exit(128 + _ended_by[0])


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """An error as a line or two on standard error, and the exit status for it."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt as error:
        raise typer.Exit(error.status if isinstance(error, _EndedError) else INTERRUPTED) from None
    except BrokenPipeError:  # `livemon watch | head` has read enough
        raise typer.Exit(0) from None
    except Exception as error:
        if _is_strict():
            raise
        from livemon.live.screens import explain

        _say(explain(error))
        raise typer.Exit(CANNOT_SHOW) from None
    finally:
        _flush_output()


def _flush_output() -> None:
    """Write what Python still has to, while an error can be told."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop_output(error)


def _drop_output(error: OSError) -> None:
    """Standard output takes nothing more: let what Python still has for it go nowhere. That is an error, unless whoever
    read it has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    if not isinstance(error, BrokenPipeError):
        _say(f"standard output cannot be written to: {error.strerror or error}")
        sys.exit(CANNOT_SHOW)
