"""Words on a command line -> one call below. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from livemon import __version__

__all__ = ["app", "main"]

CANNOT_SHOW = 2
INTERRUPTED = 130

app = typer.Typer(
    name="livemon",
    help="Shows a training run while it trains, from the files that it already writes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class ViewName(StrEnum):
    """What `--view` takes."""

    auto = "auto"
    window = "window"
    browser = "browser"
    terminal = "terminal"
    file = "file"


class Until(StrEnum):
    """What `--until` takes."""

    finished = "finished"
    stalled = "stalled"


class StyleName(StrEnum):
    """What `--style` takes."""

    light = "light"
    dark = "dark"


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
    ] = ViewName.auto,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the picture goes. Default: ./livemon_<run>.png."),
    ] = None,
    x: XOption = None,
    until: Annotated[
        Until | None,
        typer.Option(
            metavar="finished|stalled",
            help="When to stop. Default: when the run has ended; a window stays open until you close it.",
        ),
    ] = None,
    metric: MetricOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    select: SelectOption = None,
    once: Annotated[bool, typer.Option("--once", help="Show what is there and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output, a line an update.")] = False,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Colours.")] = None,
) -> None:
    """Show a run while it trains, until it ends or you close it.

    When the run has ended, its final plots are saved into plots/ in the run.
    """
    with _reported():
        from livemon.monitor import watch as run_watch

        status = run_watch(
            path, view=view.value, output=output, x=x, until=until.value if until else None, metric=metric,
            smooth=smooth, log=log or (), select=select, once=once, json=json, style=style.value if style else None,
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
) -> None:
    """Save the four plots of a run and print where they are."""
    with _reported():
        from livemon.monitor import open_run, save_plots_or_elsewhere
        from livemon.panels import Options

        chosen = Options(x=x, metric=metric, smooth=smooth, log=tuple(log or ()), select=select)
        run = open_run(path, _say)
        run.load_metrics()  # raises, and says what was looked for, where there are none
        for saved in save_plots_or_elsewhere(run, output or run.exp_dir / "plots", chosen, _say):
            print(saved)
        sys.stdout.flush()


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(metavar="S", help="How long the training takes, about.")] = 20.0,
    view: Annotated[ViewName, typer.Option(metavar="auto|window|file", help="As in watch.")] = ViewName.auto,
    dir: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="The run's folder. Default: livemon-demo/<time>.")
    ] = None,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Colours.")] = None,
) -> None:
    """Train a small network for real, and watch it."""
    with _reported():
        from livemon.demo import run_demo

        raise typer.Exit(run_demo(dir, seconds=seconds, view=view.value, style=style.value if style else None))


def main() -> None:
    """The `livemon` command."""
    warnings.showwarning = lambda message, *_: _say(str(message))
    warnings.filterwarnings("ignore", message=".*no config.json")  # most runs have none
    app()


def _say(text: str) -> None:
    print(f"livemon: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Errors become a line or two on standard error and an exit status, never a traceback."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # `livemon watch | head` has read enough
        _forget_output()
        raise typer.Exit(0) from None
    except Exception as error:
        if os.environ.get("LIVEMON_STRICT", "0") not in ("", "0"):
            raise
        _say(_explain(error))
        raise typer.Exit(CANNOT_SHOW) from None


def _forget_output() -> None:
    """Nobody reads our output any more: what Python flushes when it ends goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _explain(error: Exception) -> str:
    from livemon.monitor import CannotShowError

    if isinstance(error, CannotShowError | FileNotFoundError | ValueError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}"
