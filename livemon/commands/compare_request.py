"""What a user asks of `livemon compare`, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from livemon.analysis.run_set.one_number import AT_WORDS, parse_at
from livemon.analysis.statistics.bands import BandKind, Middle
from livemon.analysis.statistics.hypothesis_tests import TestName

__all__ = ["CompareRequest", "TableForm"]

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
        group_by: Settings that the runs of a group share; "" for all but the seed; None for no groups.
        at, pair: See `significance.compare_groups`.
        test: None: that of the middle.
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
    join: bool = True
    style: Literal["light", "dark"] | None = None
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
        if (self.paper or self.width is not None) and self.style is not None:
            raise ValueError("--style: a figure for a paper has a look of its own; leave out one of them")
        if self.paper and self.select is not None:
            raise ValueError("--select chooses panels of a dashboard; a figure for a paper shows the metrics that "
                             "--metric names")
        if len(self.metrics) > 1 and self.select is not None:
            raise ValueError("--select and several --metric: both choose the panels; leave out one of them")
        pictured = {"--until": self.until is not None, "--smooth": self.smooth is not None, "--log": bool(self.log),
                    "--select": self.select is not None,
                    "--linear": bool(self.linear),
                    "--paper": self.paper, "--outline-text": self.outline_text,
                    "--width": self.width is not None, "--style": self.style is not None}
        if self.output is None and any(pictured.values()):
            named = ", ".join(option for option, given in pictured.items() if given)
            raise ValueError(f"{named}: this needs a picture; name one with -o FILE")
