"""The command line -> one function call for each command. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import difflib
import os
import sys
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from typer.core import TyperCommand, TyperGroup

from livemon._version import __version__
from livemon.commands.ending import drop_output, end_by_signals, flush_output, reported
from livemon.commands.plain_words import take_plain_words
from livemon.commands.sections import COMPARE
from livemon.system.environment import is_strict
from livemon.system.own_process import reuse_memory, spare_process
from livemon.system.path_rules import expanded
from livemon.system.streams import put_message, take_any_text

__all__ = ["app", "main"]


class _Command(TyperCommand):
    """A command whose help shows `--once`, not typer's `--once <bool>` for a flag, and which takes plain words without
    conversion."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The remaining words. A single-valued option given twice is an error: typer would silently use the last
        one."""
        *_, given = self.make_parser(ctx).parse_args(args=list(args))
        for param in dict.fromkeys(given):
            has_a_value = param.param_type_name == "option" and not getattr(param, "is_flag", False)
            if has_a_value and not param.multiple and given.count(param) > 1:
                hint = "; livemon compare takes several" if param.name == "metric" else ""
                ctx.fail(f"{param.opts[0]} is there {given.count(param)} times, and takes one value{hint}")
        return list(super().parse_args(ctx, args))

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, flags without a type."""
        return _prepared(super().get_params(ctx))


class _CompareCommand(_Command):
    """A command whose help has sections."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, in the order of their sections."""
        section_of = {option: section for section, options in COMPARE.items() for option in options}
        order = {option: rank for rank, option in enumerate(section_of)}
        params = super().get_params(ctx)
        for param in params:
            option = next((word for word in param.opts if word in section_of), None)
            param.rich_help_panel = section_of.get(option or "", param.rich_help_panel)
        return sorted(params, key=lambda param: min((order[word] for word in param.opts if word in order), default=-1))


class _Group(TyperGroup):
    """All commands, with the same rules for options. `livemon [PATH]` means `livemon watch [PATH]`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words, with `watch` in front of them unless they name a command."""
        return super().parse_args(ctx, ["watch", *args] if _means_watch(args, self.commands) else args)

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, flags without a type."""
        return _prepared(super().get_params(ctx))


def _prepared(params: Sequence[Any]) -> list[Any]:
    for param in params:
        take_plain_words(param)
        if getattr(param, "is_flag", False):
            param.display_type_rich = lambda ctx: None
    return list(params)


def _means_watch(words: Sequence[str], commands: Collection[str]) -> bool:
    """Whether these words belong to `watch`: nothing, one of its options, or a path. A word that resembles a command
    and is not a path is a typo; so is a word followed by another one."""
    if not words:
        return True
    first = words[0]
    if first in commands or first in ("-h", "--help", "--version"):
        return False
    is_path = os.path.exists(os.path.expanduser(first)) or any(mark in first for mark in "/\\.*?[")
    is_slip = (words[1:] and not words[1].startswith("-")) or difflib.get_close_matches(first, commands, 1)
    return first.startswith("-") or is_path or not is_slip


app = typer.Typer(
    name="livemon",
    cls=_Group,
    help="Shows a training run while it trains, from the files that it already writes. livemon [PATH] is livemon watch "
    "[PATH].",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


ViewName = Literal["auto", "window", "browser", "terminal", "file"]
StyleName = Literal["light", "dark"]

_RUN = ("A run's folder, a metrics file, or a folder of runs, of which the newest is taken, preferably one that is "
        "still running. Default: the current folder, or the one that LIVEMON_DIR names.")
XOption = Annotated[
    str | None,
    typer.Option("--x", metavar="step|epoch|time|COLUMN", help="The x axis. Default: the run's own step."),
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
LinearOption = Annotated[
    list[str] | None, typer.Option(metavar="METRIC", help="Draw this metric on a linear axis; may be repeated.")
]
SelectOption = Annotated[str | None, typer.Option(metavar="REGEX", help="Show only the metrics whose name matches.")]
LensOption = Annotated[
    Path | None, typer.Option("--lens", metavar="FILE", help="A view that the window saved (its key e); other options "
                              "override it.")
]
ZoomOption = Annotated[
    str | None, typer.Option(metavar="LOW:HIGH|last:P%|last:N", help="The range of x to show; times are in seconds.")
]
ZoomYOption = Annotated[
    list[str] | None, typer.Option(metavar="METRIC=LOW:HIGH", help="The y limits of a panel; may be repeated.")
]
LimitsOption = Annotated[
    str | None, typer.Option(metavar="robust|full", help="y limits without outliers (robust) or of all values (full).")
]
HideOption = Annotated[
    list[str] | None, typer.Option(metavar="METRIC", help="Do not draw this metric; may be repeated.")
]
PinOption = Annotated[
    list[str] | None, typer.Option(metavar="METRIC", help="Put its panel first; may be repeated.")
]
LargeOption = Annotated[str | None, typer.Option(metavar="METRIC", help="Show its panel alone.")]
AttemptsOption = Annotated[
    str | None, typer.Option(metavar="all|latest", help="Dim what a later attempt replaced (all), or hide it (latest).")
]
MarkOption = Annotated[
    float | None, typer.Option(metavar="X", help="Mark this x in all panels; times are in seconds.")
]
ShowRunOption = Annotated[
    list[str] | None, typer.Option(metavar="RUN", help="Draw this run, named as in the list; may be repeated.")
]
HideRunOption = Annotated[
    list[str] | None, typer.Option(metavar="RUN", help="With several runs, do not draw this one; may be repeated.")
]
AloneRunOption = Annotated[str | None, typer.Option(metavar="RUN", help="With several runs, draw only this one.")]
WhereOption = Annotated[
    list[str] | None, typer.Option(metavar="CONDITION", help="Show only runs that meet this condition, as in livemon "
                                   "ls: 'lr>=0.001', state:running; may be repeated.")
]
GroupRunsOption = Annotated[
    str | None, typer.Option("--group-by", metavar="KEYS", help="With several runs, draw those that share these "
                             "settings ('lr,wd') as one curve with a band; 'all' is all settings but the seed.")
]
PaperStyleOption = Annotated[
    str | None, typer.Option("--style", metavar="light|dark|FILE.mplstyle",
                             help="Light or dark colours; for a paper a style sheet of matplotlib.")
]
PaperOption = Annotated[
    bool,
    typer.Option("--paper", help="A figure for a paper: the metric alone, small fonts, no title; with -o FILE.pdf."),
]
OutlineOption = Annotated[
    bool, typer.Option("--outline-text", help="Turn the text of an .svg into shapes, which need no fonts.")
]
WidthOption = Annotated[float | None, typer.Option(metavar="INCHES", help="The width of a figure for a paper.")]
HeightOption = Annotated[
    float | None,
    typer.Option(metavar="INCHES", show_default=False, help="The height of that figure. Default: by the golden "
                 "section.")
]


def _column_names(text: str) -> tuple[str, ...]:
    from livemon.readers.encodings.bare_numbers import names_given

    try:
        return names_given(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


HeaderOption = Annotated[
    Any,
    typer.Option("--header", parser=_column_names, metavar="NAME,NAME...", show_default=False,
                 help="Column names for a log that has only numbers, such as step,loss."),
]
NamePatternOption = Annotated[
    str | None,
    typer.Option(metavar="PATTERN",
                 help="How folder names are made from settings: '{cond}_{block}_seed{seed}_{method}'."),
]
JsonTableOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")]
LatexOption = Annotated[bool, typer.Option("--latex", help="Print a LaTeX table with booktabs' rules.")]
JoinOption = Annotated[
    bool, typer.Option("--join/--apart", show_default=False, help="Show a run that went on in other folders as one run "
                       "(the default), or each folder by itself.")
]


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """Shows a training run while it trains, from the files that it already writes. livemon [PATH] is livemon watch
    [PATH]."""
    if version:
        print(f"livemon {__version__}")
        raise typer.Exit


def _output_path(text: str) -> Path:
    """An empty path usually comes from an unset shell variable; it would mean the current folder."""
    if not text.strip():
        raise typer.BadParameter("it is empty; name a file or a folder, or leave the option out")
    return Path(text)


@app.command(cls=_Command)
def watch(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help=_RUN, show_default=False)] = None,
    view: Annotated[
        ViewName,
        typer.Option(
            metavar="auto|window|browser|terminal|file",
            help="auto: a window where one can be opened, else the terminal, and into a pipe a line per update; "
            "browser: a page on this machine; terminal: curves as text on the terminal's screen; file: a picture that "
            "is rewritten.",
        ),
    ] = "auto",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", parser=_output_path,
                     metavar="FILE", help="Where the picture goes. Default: ./livemon_<run>.png."),
    ] = None,
    x: XOption = None,
    until: Annotated[
        Literal["finished", "stalled"] | None,
        typer.Option(
            metavar="finished|stalled",
            help="When to stop. Default: when the run has ended; a window or a page stays open until you close it.",
        ),
    ] = None,
    metric: MetricOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    linear: LinearOption = None,
    select: SelectOption = None,
    lens: LensOption = None,
    zoom: ZoomOption = None,
    zoom_y: ZoomYOption = None,
    limits: LimitsOption = None,
    hide: HideOption = None,
    pin: PinOption = None,
    large: LargeOption = None,
    attempts: AttemptsOption = None,
    mark: MarkOption = None,
    show_run: ShowRunOption = None,
    hide_run: HideRunOption = None,
    alone_run: AloneRunOption = None,
    where: WhereOption = None,
    group_by: GroupRunsOption = None,
    run_list: Annotated[bool, typer.Option("--run-list", help="Show the list of runs.")] = False,
    join: JoinOption = True,
    next: Annotated[
        bool, typer.Option("--next", help="Wait for the next run to begin in the folder, and show it.")
    ] = False,
    pid: Annotated[
        int | None, typer.Option(metavar="PROCESS", help="The training's process; the run counts as running as long as "
                                 "it lives.")
    ] = None,
    header: HeaderOption = None,
    once: Annotated[bool, typer.Option("--once", help="Show the run as it is now, and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output, a line per update.")] = False,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
    glyphs: Annotated[
        Literal["braille", "blocks", "ascii"] | None,
        typer.Option(metavar="braille|blocks|ascii", help="The characters of curves in a terminal."),
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="With --view browser, serve the page to other machines, too. "
                                 "Default: only to this one.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="With --view browser, the first port to try. Default: 7878.")
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Print a line of text about the run, at most one every SECONDS."),
    ] = None,
    stdout: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file into which the training prints, to be shown on the terminal's "
                     "screen. Default: that of the process of --pid (Linux)."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", parser=_output_path, metavar="FILE",
                     help="When the run has ended, write a report: .html, .pdf or .md, as livemon report does."),
    ] = None,
) -> None:
    """Show a run while it trains, until it ends or you close it.

    When the run has ended, its final plots are saved into plots/ in the run. Several paths, or a pattern in quotes
    ('runs/ours_*'), are shown together, one colour a run; runs that begin later and match the pattern join.
    """
    with reported():
        from livemon.live.watch_request import WatchRequest, one_or_several
        from livemon.live.watching import run_watch

        if once:
            reuse_memory()
        path, several = one_or_several(paths or None, once=once)
        chosen = _lens(lens, x=x, metric=metric, smooth=smooth, log=log, linear=linear, select=select, zoom=zoom,
                       zoom_y=zoom_y, limits=limits, hidden=hide, pinned=pin, large=large, attempts=attempts, mark=mark,
                       runs=show_run, hidden_runs=hide_run, alone_run=alone_run, where=where, group_by=group_by,
                       run_list=run_list or None)
        status = run_watch(WatchRequest(
            path=path, several=several, wait=True, next=next, view=view,
            output=output and output.expanduser(),
            lens=chosen,
            until=until or "finished", join=join, pid=pid, once=once, json=json, style=style, keep_open=until is None,
            alone=True, header=header or (), glyphs=glyphs, interval=interval,
            stdout=stdout and stdout.expanduser(), host=host, port=port, report=report and report.expanduser(),
        ))  # fmt: skip
        raise typer.Exit(status)


def _lens(file: Path | None, **options: Any) -> Any:
    """The lens that these options make, on top of the one in a file."""
    from livemon.boards.lens.json_form import lens_of

    given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    return lens_of(given, file and file.expanduser(), put_message)


@app.command(cls=_Command)
def plot(
    path: Annotated[Path | None, typer.Argument(help=_RUN, show_default=False)] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", parser=_output_path,
                     metavar="DIR|FILE", help="A folder for the plots (default: plots/ in the run), or a .png, .pdf or "
                     ".svg for the dashboard alone, a .gif or .mp4 for its growth over the run, an .html to zoom into "
                     "(needs plotly)."),
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="Save a picture for each metric instead.")] = False,
    form: Annotated[
        str | None, typer.Option("--format", metavar="png|pdf|svg", help="The format of pictures in a folder (png).")
    ] = None,
    paper: PaperOption = False,
    width: WidthOption = None,
    outline_text: OutlineOption = False,
    x: XOption = None,
    metric: MetricOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    linear: LinearOption = None,
    select: SelectOption = None,
    lens: LensOption = None,
    zoom: ZoomOption = None,
    zoom_y: ZoomYOption = None,
    limits: LimitsOption = None,
    hide: HideOption = None,
    pin: PinOption = None,
    large: LargeOption = None,
    attempts: AttemptsOption = None,
    mark: MarkOption = None,
    join: JoinOption = True,
    header: HeaderOption = None,
    style: PaperStyleOption = None,
) -> None:
    """Save the plots of a run and print where they are."""
    with reported() as notify:
        reuse_memory()
        from livemon.live.screens import load_matplotlib

        load_matplotlib(notify, alone=True)
        from livemon.commands.plot import run_plot
        from livemon.commands.plot_request import PlotRequest

        chosen = _lens(lens, x=x, metric=metric, smooth=smooth, log=log, linear=linear, select=select, zoom=zoom,
                       zoom_y=zoom_y, limits=limits, hidden=hide, pinned=pin, large=large, attempts=attempts, mark=mark)
        request = PlotRequest(path=path and expanded(path, "livemon plot"), output=output and output.expanduser(),
                              lens=chosen, join=join, each=each, paper=paper, width=width, style=style, form=form,
                              outline_text=outline_text, header=tuple(header or ()))
        run_plot(request, notify)


@app.command(cls=_CompareCommand)
def compare(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH[=LABEL]", show_default=False, help="Runs, folders of runs, or patterns in quotes "
                       "('base_s*' 'ours_s*'), which make groups that are tested against each other."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", parser=_output_path,
                     metavar="FILE", help="Save the comparison dashboard (.png, .pdf, .svg), a page to zoom into "
                     "(.html, needs plotly), how it grew (.gif, .mp4), or the points of the curves (.csv)."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:min|:max][=LABEL]", show_default=False,
                     help="A metric, whether less or more is better, and what to call it. Repeat it for several "
                     "columns and panels; the first ranks."),
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(metavar="KEYS", help="Group the runs that share these settings, such as lr,wd; 'all' is all "
                     "settings but the seed."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LABEL", show_default=False, help="The name of a group, such as 'lr=0.1=Large'; may "
                     "be repeated. Formulas ($10^{-3}$) are set in LaTeX and in figures for papers.")
    ] = None,
    name_pattern: NamePatternOption = None,
    header: HeaderOption = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="final|best|auc|common|step:N|last:N%", show_default=False,
                     help="The number that stands for a run in the ranking and the test. Default: final, or, while "
                     "some runs still train, common: the value at the last step that all runs have."),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(metavar="welch|mannwhitney|permutation", show_default=False,
                     help="The test between groups. Default: welch for means, mannwhitney for medians, permutation for "
                     "interquartile means."),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option(metavar="KEYS|none", show_default=False,
                     help="Pair the runs that share these settings, such as fold. Default: the seed, if the groups "
                     "have the same seeds."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="Compare each group with this one only, and correct p "
                     "for these comparisons; without groups, show the difference of each run to this one."),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(metavar="KEY", show_default=False, help="The setting that says which task (environment, data set) "
                     "a run is of: a table with a row for each task, the best groups of each marked; and the groups "
                     "compared over all tasks by interquartile mean, probability of improvement and performance "
                     "profile."),
    ] = None,
    task_scale: Annotated[
        str, typer.Option(metavar="logged|minmax", help="minmax: in each task the worst run is 0 and the best is 1.")
    ] = "logged",
    middle: Annotated[str, typer.Option(metavar="mean|median|iqm", help="The middle of a group.")] = "mean",
    band: Annotated[str, typer.Option(
        metavar="auto|std|sem|t|order|bootstrap|minmax", help="The spread around the middle, in the table and the "
        "picture: mean ± std or sem, or an interval; auto: t for means, order statistics for medians, std on single "
        "tasks.",
    )] = "auto",
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, show_default=False,
                                 help="Show only the first N rows; without groups, the picture also has only these "
                                 "runs.")
    ] = None,
    importance: Annotated[bool, typer.Option("--importance", help="Also rank settings by their effect.")] = False,
    join: JoinOption = True,
    x: Annotated[str | None, typer.Option("--x", metavar="step|epoch|time|wall|COLUMN", help="The x axis.")] = None,
    until: Annotated[
        float | None, typer.Option(metavar="X", help="The same as --xlim :X.")
    ] = None,
    xlim: Annotated[
        str | None, typer.Option(metavar="LOW:HIGH", help="Draw this range of x, such as 100:5000 or :5000; times are "
                                 "in seconds. The table still covers the whole runs.")
    ] = None,
    ylim: Annotated[
        list[str] | None, typer.Option(metavar="[METRIC=]LOW:HIGH", help="The y limits of the main metric's panel, or "
                                       "of METRIC's; may be repeated.")
    ] = None,
    log_x: Annotated[bool, typer.Option("--log-x", help="Draw x on a logarithmic axis.")] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Draw the single runs behind the middle of their group.")
    ] = False,
    smooth: SmoothOption = None,
    log: LogOption = None,
    linear: LinearOption = None,
    select: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Draw the metrics whose name matches, each with its ranking.")
    ] = None,
    lens: Annotated[
        Path | None, typer.Option("--lens", metavar="FILE", help="A view that the window saved (its key e): its x, "
                                  "main metric, smoothing, log, linear and select; other options override it.")
    ] = None,
    xlabel: Annotated[
        str | None, typer.Option(metavar="TEXT", show_default=False, help="The label of the x axis.")
    ] = None,
    paper: PaperOption = False,
    width: WidthOption = None,
    height: HeightOption = None,
    outline_text: OutlineOption = False,
    style: PaperStyleOption = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="main|tasks|tests|importance", show_default=False,
                     help="Print only this table; tasks is that with a row for each task, with --tasks. Default: all, "
                     "with --csv main.")
    ] = None,
    json: JsonTableOption = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: only the first table, or with --importance only that table.")
    ] = False,
    markdown: MarkdownOption = False,
    latex: LatexOption = False,
) -> None:
    """Print a leaderboard of several runs, or of groups of them with a test of their difference; draw them with -o."""
    with reported() as notify:
        reuse_memory()
        form = _table_form(json, csv, markdown, latex)
        if output is not None:
            from livemon.live.screens import load_matplotlib

            load_matplotlib(notify, alone=True)
        from livemon.commands.compare import run_compare
        from livemon.commands.compare_request import CompareRequest

        if lens is not None:
            seen = _lens(lens, x=x, smooth=smooth, log=log, linear=linear, select=select)
            x, smooth, select = seen.x, seen.smooth, seen.select
            metric = metric or ([seen.metric] if seen.metric else None)
            log, linear = list(seen.log), list(seen.linear)
        request = CompareRequest(
            form=form, output=output and output.expanduser(), metrics=tuple(metric or ()), baseline=baseline,
            limit=limit, x=x, until=until, smooth=smooth, xlim=xlim, ylim=tuple(ylim or ()), log_x=log_x,
            lines=lines, tasks=tasks, task_scale=cast(Any, task_scale),
            log=tuple(log or ()), linear=tuple(linear or ()), select=select,
            group_by=group_by, name_pattern=name_pattern, middle=cast(Any, middle),
            band=cast(Any, band), at=at, test=cast(Any, test), pair=pair, width=width, paper=paper,
            outline_text=outline_text, height=height, labels=tuple(label or ()), table=cast(Any, table),
            xlabel=xlabel or "", importance=importance, join=join, style=style, header=header or ())
        run_compare(paths, request, notify)


@app.command(cls=_Command)
def report(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", show_default=False, help="A run, or several: runs, folders of runs, patterns in "
                       "quotes, which make groups. Default: the newest run below the current folder."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", parser=_output_path, metavar="FILE",
                     help="A page in one file (.html), a document (.pdf), or text with pictures beside it (.md). "
                     "Default: report.html."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:min|:max]", show_default=False, help="The main metric, and whether less or more is "
                     "better. With several runs it may be repeated; the first one ranks them."),
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(metavar="KEYS", help="With several runs: group those that share these settings; 'all' is all "
                     "settings but the seed, and the default if runs differ only in it."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="final|best|auc|common|step:N|last:N%", show_default=False,
                     help="With several runs: the number that stands for a run in the ranking and the test."),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(metavar="welch|mannwhitney|permutation", show_default=False, help="The test between groups."),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option(metavar="KEYS|none", show_default=False, help="Pair the runs that share these settings."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="Compare each group, or each run, with this one only."),
    ] = None,
    name_pattern: NamePatternOption = None,
    x: XOption = None,
    smooth: SmoothOption = None,
    log: LogOption = None,
    linear: LinearOption = None,
    select: SelectOption = None,
    join: JoinOption = True,
    header: HeaderOption = None,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
) -> None:
    """Write a report of one run, or of several, into one file that you can send to others."""
    with reported() as notify:
        reuse_memory()
        from livemon.live.screens import load_matplotlib

        load_matplotlib(notify, alone=True)
        from livemon.commands.compare_request import CompareRequest
        from livemon.commands.report import run_report

        lens = _lens(None, x=x, metric=metric[0] if metric and len(metric) == 1 else None, smooth=smooth, log=log,
                     linear=linear, select=select)
        request = CompareRequest(
            output=(output or Path("report.html")).expanduser(), metrics=tuple(metric or ()), baseline=baseline, x=x,
            smooth=smooth, log=tuple(log or ()), linear=tuple(linear or ()), select=select,
            group_by=group_by, name_pattern=name_pattern, at=at, test=cast(Any, test),
            pair=pair, join=join, style=style, header=header or ())
        run_report(paths or [], request, lens, notify)


@app.command(cls=_Command)
def ls(
    base: Annotated[Path, typer.Argument(help="A folder of runs, or one run. Default: the current folder.",
                                         show_default=False)] = Path("."),
    filters: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILTER", show_default=False, help="Such as 'lr>=0.001' 'model~gpt' seed=3 "
                       "state:stopped reason:pruned 'val_loss<3': settings, last values of metrics, columns of the "
                       "list."),
    ] = None,
    sort: Annotated[str | None, typer.Option(metavar="KEY", help="Sort by this column; -KEY: highest first.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Show at most N runs.")] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="KEY,KEY", help="Also show these: settings, last values of metrics, epochs, host, commit, "
                     "branch, command, batch_size, parameters."),
    ] = None,
    join: JoinOption = True,
    name_pattern: NamePatternOption = None,
    header: HeaderOption = None,
    clear_cache: Annotated[
        bool, typer.Option("--clear-cache", help="Delete the cached summaries of runs, and exit.")
    ] = False,
    json: JsonTableOption = False,
    csv: CsvOption = False,
    markdown: MarkdownOption = False,
    latex: LatexOption = False,
) -> None:
    """List the runs in a folder, filtered and sorted."""
    with reported() as notify:
        if clear_cache:
            from livemon.analysis.run_set.summaries import clear_summaries

            notify(f"cleared {clear_summaries()}")
            raise typer.Exit
        form = _table_form(json, csv, markdown, latex)
        from livemon.commands.ls import run_ls
        from livemon.commands.ls_request import ListRequest

        keys = tuple(key.strip() for key in (columns or "").split(",") if key.strip())
        request = ListRequest(base=expanded(base, "livemon ls"), words=tuple(filters or ()), sort=sort, limit=limit,
                              form=form, columns=keys, name_pattern=name_pattern, join=join, header=tuple(header or ()))
        run_ls(request, notify)


@app.command(cls=_Command)
def checkpoints(
    path: Annotated[Path | None, typer.Argument(help=_RUN, show_default=False)] = None,
    metric: Annotated[str | None, typer.Option(metavar="NAME", help="Show this metric at each checkpoint.")] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="NAME|last", help="Read this checkpoint in a separate process, and print statistics of "
                     "its weights and of their change since the checkpoint before; a part of its name will do."),
    ] = None,
    join: JoinOption = True,
    header: HeaderOption = None,
    json: JsonTableOption = False,
    csv: CsvOption = False,
    markdown: MarkdownOption = False,
    latex: LatexOption = False,
) -> None:
    """List a run's checkpoints: step, size, time, and the last one before the first NaN."""
    with reported() as notify:
        form = _table_form(json, csv, markdown, latex)
        from livemon.commands.checkpoints import run_checkpoints

        run_checkpoints(path and expanded(path, "livemon checkpoints"), notify, metric=metric, form=form,
                        weights=weights, join=join, header=header or ())


@app.command(cls=_Command)
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", show_default=False, help="Runs, folders of runs, or patterns in quotes. "
                       "Default: the newest run below the current folder, or below the one that LIVEMON_DIR names."),
    ] = None,
    join: JoinOption = True,
    header: HeaderOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what is wrong with runs, since when, and what to do.

    The exit status is 0 for healthy runs, 3 for a warning, 4 for a critical finding, and 2 if nothing can be judged.
    Of several runs the worst counts; runs that cannot be judged count only if no other can be judged.
    """
    with reported() as notify:
        from livemon.commands.check import run_check

        raise typer.Exit(run_check(paths or [], notify, as_json=json, join=join, header=header or ()))


@app.command(cls=_Command)
def status(
    path: Annotated[
        Path | None,
        typer.Argument(help=_RUN, show_default=False),
    ] = None,
    join: JoinOption = True,
    header: HeaderOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object of at most 2 KB.")] = False,
) -> None:
    """Sum a run up in one line: state, findings, main metric, time left."""
    with reported() as notify:
        from livemon.commands.status import run_status

        raise typer.Exit(run_status(path and expanded(path, "livemon status"), notify, as_json=json, join=join,
                                    header=header or ()))


def _table_form(json: bool, csv: bool, markdown: bool, latex: bool) -> Any:
    forms = (("json", json), ("csv", csv), ("markdown", markdown), ("latex", latex))
    asked = [name for name, wanted in forms if wanted]
    if len(asked) > 1:
        raise ValueError(f"--{asked[0]} and --{asked[1]}: a table has one format")
    return asked[0] if asked else "text"


@app.command(cls=_Command)
def demo(
    seconds: Annotated[float, typer.Option(metavar="S", help="About how long the training takes.")] = 20.0,
    view: Annotated[
        ViewName, typer.Option(metavar="auto|window|browser|terminal|file", help="As in livemon watch.")
    ] = "auto",
    dir: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="The run's folder. Default: livemon-demo/spirals_<time>."),
    ] = None,
    style: Annotated[StyleName | None, typer.Option(metavar="light|dark", help="Light or dark colours.")] = None,
) -> None:
    """Train a small network for real, and watch it."""
    with reported():
        from livemon.live.demo import run_demo

        raise typer.Exit(run_demo(dir, seconds=seconds, view=view, style=style))


def main() -> None:
    """The `livemon` command."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - a service may start us with its output closed
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    take_any_text(sys.stdout)
    warnings.showwarning = lambda message, *_: put_message(str(message))
    warnings.filterwarnings("ignore", message="(?s).*no config.json")  # most runs have none
    end_by_signals()
    try:
        with spare_process():
            app(windows_expand_args=False)  # typer would expand patterns, which we need to make groups
    except OSError as error:  # from --help; the commands report their own
        if is_strict():
            raise
        drop_output(error)
    finally:
        flush_output()
