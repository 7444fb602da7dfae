"""The options of `livemon compare`, in one object."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from livemon.analysis.run_set.one_number import AT_WORDS, parse_at
from livemon.analysis.statistics.bands import PLUS_MINUS, BandKind, Middle
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.task_scores import TaskScale
from livemon.commands.chosen_style import ChosenStyle, chosen_style

__all__ = ["CompareRequest", "TableForm", "TableName"]

_LARGEST_INCHES = 40.0
Open = tuple[float | None, float | None]
TableForm = Literal["text", "markdown", "latex", "csv", "json"]
TableName = Literal["main", "tasks", "tests", "importance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """What to compare, by which number and test, and how to show it; see `livemon compare --help`.

    Attributes:
        form: The format of tables.
        output: The file or folder of the picture; None: no picture.
        metrics: "NAME[:min|:max][=LABEL]" each; the first one ranks. Empty: the main metric.
        baseline: The group (or, without groups, the run) with which each other one is compared; None: every pair is
            compared.
        limit: The largest number of rows in the table.
        group_by: The settings that the runs of a group share; "all": all but the seed; None: no groups.
        at, pair: See `significance.compare_groups`.
        test: None: the usual test for `middle`.
        xlim, ylim: "LOW:HIGH" each; either end may be left out. A y range may begin with "METRIC=".
        lines: Whether to draw the single runs behind the middle of their group.
        style: "light", "dark", or the path of a matplotlib style sheet for a paper's figure.
        tasks: The setting that names a run's task: groups are compared over tasks.
        task_scale: How the scores of each task are scaled.
        header: The column names of a file that has only numbers; () if files have their own.
        labels: "NAME=LABEL" each: the name of a group.
        table: The only table to print: "main", "tasks", "tests" or "importance"; None: all.
        xlabel: The label of the x axis in pictures; "": the default.
        width, height: The size of a paper's figure in inches.

    Raises:
        ValueError: An option has an invalid value, or concerns a picture that was not asked for.
    """

    form: TableForm = "text"
    output: Path | None = None
    metrics: tuple[str, ...] = ()
    baseline: str | None = None
    limit: int | None = None
    x: str | None = None
    until: float | None = None
    xlim: str | None = None
    ylim: tuple[str, ...] = ()
    log_x: bool = False
    lines: bool = False
    smooth: float | None = None
    log: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    select: str | None = None
    group_by: str | None = None
    name_pattern: str | None = None
    middle: Middle = "mean"
    band: BandKind = "auto"
    at: str | None = None
    test: TestName | None = None
    pair: str | None = None
    width: float | None = None
    height: float | None = None
    labels: tuple[str, ...] = ()
    table: TableName | None = None
    xlabel: str = ""
    paper: bool = False
    outline_text: bool = False
    importance: bool = False
    tasks: str | None = None
    task_scale: TaskScale = "logged"
    join: bool = True
    style: str | None = None
    header: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.at is not None:
            try:
                parse_at(self.at)
            except ValueError:
                raise ValueError(f"--at: {self.at!r} is not one of {AT_WORDS}") from None
        for option, value, known in (("--test", self.test, get_args(TestName)),
                                     ("--middle", self.middle, get_args(Middle)),
                                     ("--band", self.band, get_args(BandKind)),
                                     ("--table", self.table, get_args(TableName))):
            if value is not None and value not in known:
                raise ValueError(f"{option}: {value!r} is not one of {', '.join(known)}")
        if self.form == "json" and self.table is not None:
            raise ValueError("--table: --json has all tables in one document; leave out one of them")
        if self.table == "importance" and not self.importance:
            raise ValueError("--table importance: this needs --importance, which ranks the settings")
        if self.band in PLUS_MINUS and self.middle != "mean":
            raise ValueError(f"--band {self.band} is around the mean; with --middle {self.middle} ask for auto or "
                             "bootstrap")
        self._check_tasks()
        self.chosen_style, self.x_limits(), self.y_limits()
        if self.is_for_paper and self.select is not None:
            raise ValueError("--select chooses panels of a dashboard; a figure for a paper shows the metrics that "
                             "--metric names")
        if len(self.metrics) > 1 and self.select is not None:
            raise ValueError("--select and several --metric: both choose the panels; leave out one of them")
        pictured = {"--until": self.until is not None, "--xlim": self.xlim is not None, "--ylim": bool(self.ylim),
                    "--log-x": self.log_x, "--lines": self.lines, "--smooth": self.smooth is not None,
                    "--log": bool(self.log), "--select": self.select is not None, "--linear": bool(self.linear),
                    "--xlabel": bool(self.xlabel), "--paper": self.paper, "--outline-text": self.outline_text,
                    "--width": self.width is not None, "--height": self.height is not None,
                    "--style": self.style is not None}
        if self.output is None and any(pictured.values()):
            raise ValueError(f"{_named(pictured)}: this needs a picture; name one with -o FILE")
        of_pictures = {"--paper": self.paper, "--width": self.width is not None, "--height": self.height is not None}
        suffix = self._suffix
        if suffix in (".html", ".gif", ".mp4") and any(of_pictures.values()):
            raise ValueError(f"{_named(of_pictures)}: -o {self.output} is not a figure for a paper; name a .pdf, .svg "
                             "or .png")
        for option, size in (("--width", self.width), ("--height", self.height)):
            if size is not None and not 0.5 <= size <= _LARGEST_INCHES:
                raise ValueError(f"{option}: {size:g} inches are no size of a figure for a paper; write 0.5 to "
                                 f"{_LARGEST_INCHES:g}")
        if suffix == ".csv" and self.select is not None:
            raise ValueError(f"--select: -o {self.output} has the points of the metrics that --metric names")
        if self.outline_text and suffix != ".svg":
            raise ValueError("--outline-text is for .svg pictures; name one with -o FILE.svg")

    @property
    def _suffix(self) -> str:
        return "" if self.output is None else self.output.suffix.lower()

    @property
    def is_for_paper(self) -> bool:
        """Whether a paper's figure is drawn."""
        return self.paper or self.width is not None or self.height is not None

    @property
    def without_effect(self) -> list[str]:
        """Options of appearance. A file of points ignores them, so that the command of a figure also writes its points
        if only the file's name is changed."""
        looks = {"--paper": self.paper, "--width": self.width is not None, "--height": self.height is not None,
                 "--style": self.style is not None, "--ylim": bool(self.ylim)}
        return [option for option, given in looks.items() if given] if self._suffix == ".csv" else []

    def unseen_in_tables(self) -> list[str]:
        """Options about the tests of groups that leave no trace in what is printed, as their table is not."""
        about_tests = {"--baseline": self.baseline is not None, "--test": self.test is not None,
                       "--pair": self.pair is not None}
        is_left_out = self.table in ("main", "importance") or (self.form == "csv" and self.table is None)
        return [option for option, given in about_tests.items() if given and is_left_out]

    @property
    def chosen_style(self) -> ChosenStyle:
        """The parsed `style`.

        Raises:
            ValueError, FileNotFoundError: See `chosen_style`.
        """
        return chosen_style(self.style, paper=self.is_for_paper)

    def _check_tasks(self) -> None:
        if self.task_scale not in get_args(TaskScale):
            raise ValueError(f"--task-scale: {self.task_scale!r} is not one of {', '.join(get_args(TaskScale))}")
        if self.tasks is None:
            of_tasks = {"--task-scale": self.task_scale != "logged", "--table tasks": self.table == "tasks"}
            if any(of_tasks.values()):
                raise ValueError(f"{_named(of_tasks)}: this needs --tasks KEY, the setting that says which task a run "
                                 "is of")
            return
        of_each = {"--test": self.test is not None, "--pair": self.pair is not None, "--middle": self.middle != "mean",
                   "--band": self.band != "auto"}
        prints_tasks = self.table == "tasks" or (self.table is None and self.form != "csv")
        if any(of_each.values()) and not prints_tasks:
            raise ValueError(f"{_named(of_each)}: this is of the table with a row for each task, which --table tasks "
                             "prints")
        other = {"--xlabel": bool(self.xlabel),
                 "--lines": self.lines, "--select": self.select is not None, "--smooth": self.smooth is not None,
                 "--log": bool(self.log), "--linear": bool(self.linear), "--xlim": self.xlim is not None,
                 "--ylim": bool(self.ylim), "--log-x": self.log_x, "--until": self.until is not None}
        if any(other.values()):
            raise ValueError(f"{_named(other)}: this has no effect with --tasks, which compares interquartile means "
                             "over tasks by a stratified bootstrap; leave out one of them")
        if len(self.metrics) > 1:
            raise ValueError(f"--tasks compares one metric over tasks, and {len(self.metrics)} are named: name only "
                             "one with --metric")

    def x_limits(self) -> Open:
        """The lowest and highest x in the picture; None: as far as the data goes.

        Raises:
            ValueError: `xlim` is not a valid range, or is given together with `until`.
        """
        if self.xlim is not None and self.until is not None:
            raise ValueError("--until: the same as --xlim :X; leave out one of them")
        return (None, self.until) if self.xlim is None else _limits("--xlim", self.xlim)

    def y_limits(self) -> dict[str, Open]:
        """metric -> lowest and highest y; "" stands for the main metric.

        Raises:
            ValueError: A range is not valid, or a metric has two.
        """
        limits: dict[str, Open] = {}
        for text in self.ylim:
            metric, _, span = text.rpartition("=")
            if metric in limits:
                raise ValueError(f"--ylim: {metric or 'the main metric'} has two ranges")
            limits[metric] = _limits("--ylim", span)
        return limits


def _named(options: Mapping[str, bool]) -> str:
    return ", ".join(option for option, given in options.items() if given)


def _limits(option: str, text: str) -> Open:
    low, colon, high = text.partition(":")
    try:
        ends = tuple(float(end.replace(",", "")) if end.strip() else None for end in (low, high))
    except ValueError:
        ends = (None, None)
    known = [end for end in ends if end is not None]
    if not colon or not known or not all(math.isfinite(end) for end in known) or (len(known) == 2
                                                                                 and known[0] >= known[1]):
        raise ValueError(f"{option}: {text!r} is not a range; write LOW:HIGH, such as 0:5000, or :5000")
    return ends[0], ends[1]
