"""What a user asks of `livemon compare`, in one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from livemon.analysis.run_set.one_number import AT_WORDS, parse_at
from livemon.analysis.statistics.bands import BandKind, Middle
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.task_scores import TaskScale
from livemon.commands.chosen_style import ChosenStyle, chosen_style

__all__ = ["CompareRequest", "TableForm"]

Open = tuple[float | None, float | None]
TableForm = Literal["text", "markdown", "latex", "csv", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """What is compared, by which number and test, and how it is shown; see `livemon compare --help`.

    Attributes:
        form: How tables are printed.
        output: The picture's file or folder; None for no picture.
        metrics: "NAME[:min|:max][=LABEL]" each; the first ranks. (): the main one.
        baseline: A group (or, without groups, a run) with which each other is compared; None: each with each.
        limit: The table has so many rows at most.
        group_by: Settings that the runs of a group share; "all" for all but the seed; None for no groups.
        at, pair: See `significance.compare_groups`.
        test: None: that of the middle.
        xlim, ylim: "LOW:HIGH" each, an end may be left out; before it "METRIC=" of y.
        lines: Whether the single runs are drawn behind the middle of their group.
        style: "light", "dark", or the path of a matplotlib style sheet for a figure for a paper.
        tasks: The setting that says which task a run is of: groups are compared over tasks.
        task_scale: What is done to the scores of each task.
        header: The names of the columns of numbers that have none; () where they have.

    Raises:
        ValueError: An option has none of its values, or is about a picture that is not asked for.
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
                                     ("--band", self.band, get_args(BandKind))):
            if value is not None and value not in known:
                raise ValueError(f"{option}: {value!r} is not one of {', '.join(known)}")
        self._check_tasks()
        self.look, self.x_limits(), self.y_limits()
        if self.paper and self.select is not None:
            raise ValueError("--select chooses panels of a dashboard; a figure for a paper shows the metrics that "
                             "--metric names")
        if len(self.metrics) > 1 and self.select is not None:
            raise ValueError("--select and several --metric: both choose the panels; leave out one of them")
        pictured = {"--until": self.until is not None, "--xlim": self.xlim is not None, "--ylim": bool(self.ylim),
                    "--log-x": self.log_x, "--lines": self.lines, "--smooth": self.smooth is not None,
                    "--log": bool(self.log),
                    "--select": self.select is not None,
                    "--linear": bool(self.linear),
                    "--paper": self.paper, "--outline-text": self.outline_text,
                    "--width": self.width is not None, "--style": self.style is not None}
        if self.output is None and any(pictured.values()):
            named = ", ".join(option for option, given in pictured.items() if given)
            raise ValueError(f"{named}: this needs a picture; name one with -o FILE")
        suffix = "" if self.output is None else self.output.suffix.lower()
        of_pictures = {"--paper": self.paper, "--width": self.width is not None}
        if suffix in (".csv", ".html", ".gif", ".mp4") and any(of_pictures.values()):
            named = ", ".join(option for option, given in of_pictures.items() if given)
            raise ValueError(f"{named}: -o {self.output} is not a figure for a paper; name a .pdf, .svg or .png")
        of_looks = {"--style": self.style is not None, "--lines": self.lines, "--ylim": bool(self.ylim),
                    "--select": self.select is not None}
        if suffix == ".csv" and any(of_looks.values()):
            named = ", ".join(option for option, given in of_looks.items() if given)
            raise ValueError(f"{named}: -o {self.output} has points and no look; name a picture"
                             + "; --metric chooses the metrics" * (self.select is not None))
        if self.outline_text and suffix != ".svg":
            raise ValueError("--outline-text is for .svg pictures; name one with -o FILE.svg")

    @property
    def look(self) -> ChosenStyle:
        """What `style` means.

        Raises:
            ValueError, FileNotFoundError: See `chosen_style`.
        """
        return chosen_style(self.style, paper=self.paper or self.width is not None)

    def _check_tasks(self) -> None:
        if self.task_scale not in get_args(TaskScale):
            raise ValueError(f"--task-scale: {self.task_scale!r} is not one of {', '.join(get_args(TaskScale))}")
        if self.tasks is None:
            if self.task_scale != "logged":
                raise ValueError("--task-scale: this needs --tasks KEY, the setting that says which task a run is of")
            return
        other = {"--test": self.test is not None, "--pair": self.pair is not None, "--middle": self.middle != "mean",
                 "--band": self.band not in ("auto", "bootstrap"), "--importance": self.importance,
                 "--lines": self.lines, "--select": self.select is not None, "--smooth": self.smooth is not None,
                 "--log": bool(self.log), "--linear": bool(self.linear), "--xlim": self.xlim is not None,
                 "--ylim": bool(self.ylim), "--log-x": self.log_x, "--until": self.until is not None}
        if any(other.values()):
            named = ", ".join(option for option, given in other.items() if given)
            raise ValueError(f"{named}: this has no effect with --tasks, which compares interquartile means over tasks "
                             "by a stratified bootstrap; leave out one of them")
        if len(self.metrics) > 1:
            raise ValueError(f"--tasks compares one metric over tasks, and {len(self.metrics)} are named: name only "
                             "one with --metric")

    def x_limits(self) -> Open:
        """Low and high of x in the picture, None for an end of the data.

        Raises:
            ValueError: `xlim` is no range, or there is `until` beside it.
        """
        if self.xlim is not None and self.until is not None:
            raise ValueError("--until: the same as --xlim :X; leave out one of them")
        return (None, self.until) if self.xlim is None else _limits("--xlim", self.xlim)

    def y_limits(self) -> dict[str, Open]:
        """metric -> low and high of y; of "" those of the main metric.

        Raises:
            ValueError: One is no range, or a metric has two.
        """
        limits: dict[str, Open] = {}
        for text in self.ylim:
            metric, _, span = text.rpartition("=")
            if metric in limits:
                raise ValueError(f"--ylim: {metric or 'the main metric'} has two ranges")
            limits[metric] = _limits("--ylim", span)
        return limits


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
