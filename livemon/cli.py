"""Words on a command line -> one call below. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
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


ViewName = Literal["auto", "window", "browser", "terminal", "file"]
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
        from livemon.monitor import watch as run_watch

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
        typer.Option("--output", "-o", metavar="DIR", help="Where the plots go. Default: plots/ in the run."),
    ] = None,
    x: XOption = None,
    metric: MetricOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    select: SelectOption = None,
    join: JoinOption = False,
) -> None:
    """Save the four plots of a run and print where they are."""
    with _reported():
        from livemon.boards import Options
        from livemon.monitor import need_rows, open_run, save_plots_or_elsewhere
        from livemon.views.terminal import put_result

        chosen = Options(x=x, metric=metric, smooth=smooth, log=tuple(log or ()), select=select)
        run = open_run(path, _say, join=join)
        run.refresh()
        need_rows(run, chosen, f"once there are some, plot again; livemon watch {path} waits for them")
        if not join and (successors := run.successors()):
            _say(f"{run.label} goes on in {' or in '.join(map(str, successors))}; "
                 + ("--join makes one run of both" if len(successors) == 1 else "it cannot be told in which"))
        for saved in save_plots_or_elsewhere(run, output or run.exp_dir / "plots", chosen, _say):
            put_result(str(saved), sys.stdout)


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
        from livemon.demo import run_demo

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
        _drop_output(error)
    finally:
        _flush_output()


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
            raise _EndedError(number)

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def _say(text: str) -> None:
    from livemon.views.terminal import put_message

    put_message(text)


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Errors become a line or two on standard error and an exit status, never a traceback."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt as error:
        raise typer.Exit(error.status if isinstance(error, _EndedError) else INTERRUPTED) from None
    except BrokenPipeError:  # `livemon watch | head` has read enough
        raise typer.Exit(0) from None
    except Exception as error:
        if os.environ.get("LIVEMON_STRICT", "0") not in ("", "0"):
            raise
        from livemon.screens import explain

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
