"""The options of `livemon plot`, in one object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from livemon.boards import Lens
from livemon.commands.chosen_style import ChosenStyle, chosen_style
from livemon.commands.output import FORMATS, is_moving, is_page, is_picture

__all__ = ["Drawing", "PlotRequest"]


class Drawing(Enum):
    """What to draw."""

    PLOTS = "the plots that a training leaves"
    EACH = "a picture a metric"
    FIGURE = "a figure for a paper"
    PICTURE = "the dashboard"
    MOVING = "the dashboard as it grew"
    PAGE = "the dashboard to zoom into"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotRequest:
    """What to draw of which run, and where to save it; see `livemon plot --help`.

    Attributes:
        path: A run or a folder of runs; None: the newest run below the current folder.
        output: The file of a picture, or a folder; None: the run's own folder of plots.
        lens: The view of the run.
        join: Whether to treat the folders in which a run went on as one run.
        each: Whether each metric gets a picture of its own.
        paper, width: Whether to draw a paper's figure, and its width in inches.
        style: "light", "dark", or the path of a matplotlib style sheet for a paper's figure.
        form: "png", "pdf" or "svg"; None: by the name of the output.
        outline_text: Whether SVG text becomes outlines.
        header: The column names of a file that has only numbers; () if the file has its own.

    Raises:
        ValueError: Options do not go together, or make no sense for this drawing.
    """

    path: Path | None
    output: Path | None
    lens: Lens
    join: bool = True
    each: bool = False
    paper: bool = False
    width: float | None = None
    style: str | None = None
    form: str | None = None
    outline_text: bool = False
    header: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        drawing = self.drawing
        if drawing is Drawing.MOVING and (self.each or self.form or self.is_figure or self.outline_text):
            raise ValueError(f"-o {self.output} is a moving picture of the dashboard; leave out --each, --format, "
                             "--paper, --width and --outline-text")
        if drawing is Drawing.PAGE and self.is_figure:
            raise ValueError(f"-o {self.output} is a page to zoom into, and not a figure for a paper: name a .pdf, "
                             ".svg or .png")
        if self.is_one_file and (self.each or self.form):
            asked = "--each" if self.each else "--format"
            raise ValueError(f"-o {self.output} is one picture, and its suffix sets the format; for {asked} name a "
                             "folder: -o pictures --format pdf")
        if self.each and self.is_figure:
            raise ValueError("--each draws all metrics, a figure for a paper "
                             f"({'--paper' if self.paper else '--width'}) only one: leave out one of them")
        if self.output is None and (part := _part_of(self.lens)):
            raise ValueError(f"{part} shows a part of the run, and would take the place of its plots of the whole; "
                             "name a picture or a folder: -o part.png")
        if self.form and self.form not in FORMATS:
            raise ValueError(f"--format: {self.form!r} is not one of {', '.join(FORMATS)}")
        suffix = self.output.suffix.lower().removeprefix(".") if self.output is not None else None
        if self.outline_text and "svg" not in (self.form, suffix):
            raise ValueError("--outline-text is for .svg pictures; name one with -o FILE.svg or take --format svg")

    @property
    def is_figure(self) -> bool:
        """Whether a paper's figure is drawn."""
        return self.paper or self.width is not None

    @property
    def is_one_file(self) -> bool:
        """Whether the output names a file, not a folder."""
        return self.output is not None and (is_moving(self.output) or is_picture(self.output, (*FORMATS, "html")))

    @property
    def drawing(self) -> Drawing:
        """What is drawn."""
        if self.output is not None and is_moving(self.output):
            return Drawing.MOVING
        if is_page(self.output):
            return Drawing.PAGE
        if self.is_figure:
            return Drawing.FIGURE
        if self.is_one_file:
            return Drawing.PICTURE
        return Drawing.EACH if self.each else Drawing.PLOTS

    def chosen_style(self) -> ChosenStyle:
        """The theme or style sheet."""
        return chosen_style(self.style, paper=self.is_figure)


def _part_of(lens: Lens) -> str:
    """The option that shows only a part of the run; "" if the lens shows all of it."""
    parts = {"--zoom": lens.zoom, "--zoom-y": lens.zoom_y, "--large": lens.large}
    return next((option for option, wanted in parts.items() if wanted), "")
