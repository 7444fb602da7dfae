"""A panel drawn into a user's axes, and figures for papers: plain matplotlib, without a title."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from livemon import wording
from livemon.boards.model import CYCLE, PAIRED_BY, Line, Mark, Panel, Row
from livemon.tables.maths import has_formula
from livemon.views import style
from livemon.views.looks import PAPER
from livemon.views.mpl.lines import DASHES
from livemon.views.mpl.marks import shape_of
from livemon.views.mpl.panel_space import is_log, is_log_x
from livemon.views.mpl.rows import dot_of, interval_of, rest_of, row_limits
from livemon.views.mpl.short_names import fit_names, name_and_value, run_name
from livemon.views.mpl.text import make_legible, printable, text_width, wrap
from livemon.views.style import Theme
from livemon.views.ticks import log_ticks, tick_texts

__all__ = ["draw_into", "paper_figure", "sheet_settings"]

_PAPER = {
    "font.size": 8.0, "axes.labelsize": 8.0, "xtick.labelsize": 7.0, "ytick.labelsize": 7.0, "legend.fontsize": 7.0,
    "axes.linewidth": 0.6, "lines.linewidth": PAPER.lines["main"].width,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.visible": False, "axes.edgecolor": "#333333",
}
_COLUMN = 3.25  # inches
_GOLDEN = 0.62  # height of a panel by its width
_MARKED_EVERY = 12  # a line has so many markers, so that lines differ in print even without colours
_LOG_TICKS = 6
_SHAPES = "osD^vP*Xdh"
_MARK_WORDS = {"nan": "NaN", "inf": "inf", "spike": "spike", "beyond": "beyond the axis",
               "fewer": "fewer runs from here"}
_BESIDE = 0.02  # of the axis, free at both ends so that markers are not cut
_MOST_ROWS = 40

# A legend below the figure, in inches.
_FONT, _SMALL = 7.0, 6.5  # points
_HANDLE, _ROW, _LEAST_COLUMN = 0.48, 0.15, 1.0
_BELOW_ROWS = 0.45  # for the ticks and the label below rows
_MOST_LINES = 5  # lines of names: columns become narrower before the legend becomes higher
_TITLE_SHARE, _TITLE_LINES = 0.6, 4  # for the names of bands, in a legend within the axes
_NAMES_SHARE = 0.5  # of a panel's width, for the names of rows
_INSIDE_SHARE = 0.45  # of the axes' width, for the names in a legend within

Entry = tuple[str, Artist]


def paper_figure(panels: Sequence[Panel], width: float | None = None, *, height: float | None = None,
                 settings: Mapping[str, Any] | None = None) -> Figure:
    """A figure for a paper: its panels side by side, with axis labels, and nothing above them. One legend below names
    the lines, counts those in the background, names the bands, and says whether lines are smoothed.

    Args:
        panels: One or more.
        width: In inches: 3.25 for a column, 6.75 for a page of most conferences. None: by the style sheet, else a
            column.
        height: In inches; None: the golden section of a panel's width, plus the legend.
        settings: The settings of a style sheet, see `sheet_settings`: they take precedence; its colours
            (axes.prop_cycle) are those of the curves.
    """
    import matplotlib

    given = dict(settings or {})
    rc: Any = style.rc("light") | _PAPER | given
    width = width or (given["figure.figsize"][0] if "figure.figsize" in given else _COLUMN)
    palette = style.palette("light") | _colours_in(given)
    named, rest, notes = _entries(panels, palette, markers=True)
    columns, names, lines = _columns([name for name, _ in named], [name for name, _ in rest], width)
    title = "\n".join(wrap(" · ".join(notes), 72 * width, _SMALL, 3))
    across = min(len(panels), 3 if width > 5 else 1)
    down = math.ceil(len(panels) / across)
    below = _ROW * (lines + bool(lines) + (title.count("\n") + 1 if title else 0))
    high = max(_GOLDEN * width / across, *(_height_of_rows(panel) for panel in panels))
    size = (width, height or high * down + below)
    with style.context("light"), matplotlib.rc_context(rc):
        figure = Figure(figsize=size, dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        for number, panel in enumerate(panels, 1):
            _draw(figure.add_subplot(down, across, number), panel, palette, "light", markers=True, legend=False)
        if names or title:
            _take_literally(figure.legend([handle for _, handle in (*named, *rest)], names, ncols=columns, title=title,
                                          loc="outside lower center", title_fontsize=_SMALL, frameon=False,
                                          columnspacing=1.2, borderaxespad=0.2))
    return figure


def _height_of_rows(panel: Panel) -> float:
    """The height for the names of rows, in inches; a pair of groups takes two lines."""
    lines = sum(row.label.count(PAIRED_BY) + 1 for row in panel.rows[:_MOST_ROWS])
    return lines * _ROW + _BELOW_ROWS if lines else 0.0


def sheet_settings(sheet: str | os.PathLike[str] | None) -> dict[str, Any]:
    """The settings in a matplotlib style sheet (.mplstyle); empty without one.

    Raises:
        ValueError: It cannot be read.
    """
    if sheet is None:
        return {}
    import matplotlib

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            settings: Any = matplotlib.rc_params_from_file(os.fspath(sheet), use_default_template=False)
        return {str(name): settings[name] for name in settings}
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        raise ValueError(f"the style sheet {sheet} cannot be read: {error}") from None


def _colours_in(settings: Mapping[str, Any]) -> dict[str, str]:
    """The colours of a style's cycle under our names, the first for the first curve."""
    cycle = settings.get("axes.prop_cycle")
    colours = cycle.by_key().get("color", []) if cycle is not None else []
    return dict(zip(CYCLE, (to_hex(colour) for colour in colours), strict=False))


def _columns(names: Sequence[str], rest: Sequence[str], width: float) -> tuple[int, list[str], int]:
    """The number of columns in a legend of this width (inches), the fitted names of runs followed by the rest, and the
    number of lines."""
    count = len(names) + len(rest)
    if not count:
        return 1, [], 0
    longest = max(text_width(name, _FONT) for name in (*names, *rest)) / 72 + _HANDLE
    columns = max(1, min(count, int(width / longest)))
    if math.ceil(count / columns) > _MOST_LINES:
        columns = max(columns, min(math.ceil(count / _MOST_LINES), int(width / _LEAST_COLUMN)))
    for more in range(min(count, 4), columns, -1):  # Shorter names in fewer lines, if none is cut.
        room = (width / more - _HANDLE) * 72
        fitted = _fitted(names, room)
        if _reads_as(fitted, names) and all(text_width(name, _FONT) <= room for name in (*fitted, *rest)):
            columns = more
            break
    room = (width / columns - _HANDLE) * 72
    return columns, [*_fitted(names, room), *rest], math.ceil(count / columns)


def _fitted(names: Sequence[str], room: float) -> list[str]:
    """The fitted names (points); names with a formula stay whole, because half a formula is not valid."""
    plain = tuple(name for name in names if not has_formula(name))
    shorter = dict(zip(plain, fit_names(plain, room, _FONT) if plain else (), strict=True))
    return [shorter.get(name, name) for name in names]


def _reads_as(fitted: Sequence[str], names: Sequence[str]) -> bool:
    """Whether shortened names have only lost words: none was cut or numbered."""
    return all(word in name for short, name in zip(fitted, names, strict=True) for word in short.split())


def _entries(panels: Sequence[Panel], palette: dict[str, str], *, markers: bool
             ) -> tuple[list[Entry], list[Entry], list[str]]:
    """A legend's entries: the named lines (each run once over all panels), the other elements, and notes."""
    entries: dict[tuple[str, str], Entry] = {}
    behind, of = 0, "run"
    smoothed = wording.smoothing([weight for panel in panels for weight in panel.smoothing])
    bands: dict[str, None] = {}
    for panel in panels:
        labelled = [line for line in panel.lines if line.label]
        behind = max(behind, sum(_is_behind(line, panel) for line in panel.lines))
        of = panel.of
        bands |= {band.text: None for band in panel.bands if band.text}
        for shape, line in enumerate(labelled):
            name = printable(run_name(line) if len(panels) > 1 else name_and_value(line)[0])
            look = _look(line, palette, shape if markers else None, len(labelled)) | {"markevery": None}
            entries.setdefault((name, line.colour), (name, Line2D([], [], **look)))
    named = list(entries.values()) if max((_named(panel) for panel in panels), default=0) > 1 else []
    grey = to_rgba(palette["grey"], 0.5)
    rest: list[Entry] = []
    if behind:
        words = f"{behind} {'other ' * bool(named)}{of}{'s' * (behind > 1)}"
        rest.append((words, Line2D([], [], color=grey, linewidth=0.8)))
    rest += _mark_entries([mark for panel in panels for mark in panel.marks])
    notes = [f"line and band: {text}" for text in _together(list(bands))]
    if bands and behind and of == "group":
        notes.append(f"bands of the best {max(len(panel.bands) for panel in panels)} alone")
    raw = any(line.kind == "raw" and not _is_behind(line, panel) for panel in panels for line in panel.lines)
    if raw and of == "group":
        notes.append("thin: single runs" + f", {smoothed}" * bool(smoothed))
    elif smoothed:
        notes.append(smoothed + ", pale: as logged" * raw)
    return named, rest, notes


def _together(bands: Sequence[str]) -> list[str]:
    """The names of bands, merged if only the number of runs differs: "(n = 3 to 5)"."""
    counts = [match[1] for text in bands if (match := re.search(r"\(n = ([^,)]*)", text))]
    bare = {re.sub(r" \(n = [^)]*\)", "", text) for text in bands}
    if len(bands) < 2 or len(bare) > 1 or len(counts) < len(bands):
        return list(bands)
    numbers = [int(number) for count in counts for number in re.findall(r"\d+", count.replace(",", ""))]
    low, high = min(numbers), max(numbers)
    return [f"{bare.pop()} (n = {low}" + f" to {high}" * (high > low) + ")"]


def _mark_entries(marks: Sequence[Mark]) -> list[Entry]:
    """The meanings of the marks' shapes, and the largest number of runs in a group with such a mark."""
    text = to_rgba(style.colours("light")["text"])
    entries: list[Entry] = []
    for kind, words in _MARK_WORDS.items():
        same = [mark for mark in marks if mark.kind == kind]
        if same:
            most = max(mark.runs for mark in same)
            more = f" in {'up to ' * (most > 1)}{most} run{'s' * (most > 1)}" if most and kind != "fewer" else ""
            entries.append((words + more, Line2D([], [], linestyle="none", **_mark_look(same[0], text))))
    return entries


def _mark_look(mark: Mark, colour: Any) -> dict[str, Any]:
    """A mark's shape, size and colour for `Axes.plot`."""
    look = PAPER.marks[mark.kind]
    if look.shape == "cross":
        return {"marker": "x", "markersize": look.size, "color": colour}
    return {"marker": shape_of(mark), "markersize": look.size, "color": colour, "markerfacecolor": "white",
            "markeredgewidth": 0.8}


def _named(panel: Panel) -> int:
    return sum(bool(line.label) for line in panel.lines)


def _is_behind(line: Line, panel: Panel) -> bool:
    """Whether the line belongs to a run without colour and name."""
    return line.kind == "raw" and line.colour == "grey" and not any(
        other.label and other.colour == "grey" for other in panel.lines)


def _take_literally(legend: Legend) -> None:
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_parse_math(has_formula(text.get_text()))
        make_legible(text)


def _make_legible(axes: Axes) -> None:
    """Give texts other than numbers the fonts that they need, and set formulas in names."""
    for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts):
        text.set_parse_math(has_formula(text.get_text()))
        make_legible(text)


def draw_into(axes: Axes, panel: Panel, theme: Theme = "light", *, markers: bool = False, legend: bool = True) -> Axes:
    """Draw a panel's lines, bands and rows with the settings with which the axes were made; a legend names the lines
    and bands, and says whether lines are smoothed.

    Args:
        markers: Whether each line gets a few markers of a shape of its own.
        legend: Whether to add a legend.
    """
    return _draw(axes, panel, style.palette(theme), theme, markers=markers, legend=legend)


def _draw(axes: Axes, panel: Panel, palette: dict[str, str], theme: Theme, *, markers: bool, legend: bool) -> Axes:
    if panel.message and not panel.lines:
        axes.text(0.5, 0.5, panel.message, transform=axes.transAxes, ha="center", va="center", parse_math=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel(_in_words(panel.title), parse_math=False)
        _make_legible(axes)
        return axes
    if panel.rows:
        _draw_rows(axes, panel, palette)
        return axes
    alpha = PAPER.alpha_of_bands(len(panel.bands))
    for band in panel.bands:
        axes.fill_between(band.x, band.low, band.high, color=to_rgba(palette[band.colour], alpha),
                          zorder=PAPER.band_order, linewidth=0)
    labelled = [line for line in panel.lines if line.label]
    for line in panel.lines:
        shape = labelled.index(line) if markers and line in labelled else None
        axes.plot(line.x, line.y, label=name_and_value(line)[0] if line.label else "_nolegend_",
                  **_look(line, palette, shape, len(labelled), panel))
    for mark in panel.marks:
        if look := PAPER.marks.get(mark.kind):
            y = (0.02 if mark.edge == "bottom" else 0.98) if mark.y is None else mark.y
            axes.plot([mark.x], [y], zorder=look.order, linestyle="none", clip_on=False,
                      transform=axes.get_xaxis_transform() if mark.y is None else axes.transData,
                      **_mark_look(mark, look.in_colour(palette[mark.colour], style.colours(theme))))
    axes.set_yscale("log" if is_log(panel) else "linear")
    low, high = panel.x_limits
    if is_log_x(panel):
        axes.set_xscale("log")
        axes.set_xlim(low * (low / high) ** _BESIDE, high * (high / low) ** _BESIDE)
        ticks = log_ticks(low, high, _LOG_TICKS)
        axes.set_xticks(ticks, tick_texts(ticks, log=True))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(low - _BESIDE * (high - low), high + _BESIDE * (high - low))
    axes.set_ylim(panel.y_limits)
    if is_log(panel):  # matplotlib's own labels are formulas, which livemon's settings switch off
        ticks = log_ticks(*panel.y_limits, _LOG_TICKS)
        axes.set_yticks(ticks, tick_texts(ticks, log=True))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(panel.x_label, parse_math=False)
    axes.set_ylabel(_in_words(panel.title), parse_math=False)
    _make_legible(axes)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        _put_legend(axes, panel, palette, markers)
    return axes


def _in_words(name: str) -> str:
    """A metric's name with its words separated; underscores at its ends, as in `_x_`, are part of the name."""
    if has_formula(name):
        return name
    return re.sub(r"(?<=[^\W_])_(?=[^\W_])", " ", name)


def _put_legend(axes: Axes, panel: Panel, palette: dict[str, str], markers: bool) -> None:
    """A legend within the axes, with names cut so that it stays narrower than the axes."""
    named, rest, notes = _entries([panel], palette, markers=markers)
    if not named and not rest and not notes:
        return
    width = axes.get_window_extent().width / axes.get_figure(root=True).dpi * 72  # type: ignore[union-attr]
    names = _fitted([name for name, _ in named], _INSIDE_SHARE * width)
    title = "\n".join(wrap(" · ".join(notes), _TITLE_SHARE * width, _SMALL, _TITLE_LINES))
    _take_literally(axes.legend([handle for _, handle in (*named, *rest)], [*names, *(text for text, _ in rest)],
                                title=title, title_fontsize=_SMALL, framealpha=0.7, edgecolor="none"))


def _look(line: Line, palette: dict[str, str], shape: int | None, count: int, panel: Panel | None = None
          ) -> dict[str, Any]:
    """A line's look for `Axes.plot`. Main lines have the width from the settings of the axes. `panel`: its panel; None:
    in a legend."""
    look, colour = PAPER.lines[line.kind], palette[line.colour]
    if look.alpha < 1:
        return {"color": to_rgba(colour, look.alpha), "linewidth": look.width, "zorder": look.order}
    if shape is not None and count > 1:
        marked = None if panel is None else _marked(line.x, panel, shape / count)
        return {"color": colour, "linestyle": DASHES[line.dash],
                "marker": _SHAPES[shape % len(_SHAPES)], "markersize": 3.0, "markevery": marked}
    return {"color": colour} | ({"marker": "o", "markersize": look.dot} if look.dot else {})


def _marked(x: NDArray[np.float64], panel: Panel, shift: float) -> list[int]:
    """The points of a line that get a marker, evenly spaced along the axis. `shift`: as a share of the distance between
    two markers, so that those of several lines do not coincide."""
    low, high = panel.x_limits
    if not len(x):
        return []
    where = np.log(np.maximum(x, np.finfo(np.float64).tiny)) if is_log_x(panel) else x
    start, end = (math.log(low), math.log(high)) if is_log_x(panel) else (low, high)
    targets = start + (np.arange(_MARKED_EVERY) + 0.15 + 0.7 * shift) / _MARKED_EVERY * (end - start)
    targets = targets[(targets >= where[0]) & (targets <= where[-1])]
    after = np.clip(np.searchsorted(where, targets), 1, max(len(x) - 1, 1)) if len(x) > 1 else np.zeros(0, np.int64)
    nearer = after - (targets - where[after - 1] < where[after] - targets) if len(after) else after
    return np.unique(nearer).tolist() or [len(x) - 1]


def _row_names(axes: Axes, rows: Sequence[Row]) -> list[str]:
    """The names of rows, fitted into half of the panel's width; a pair of groups takes two lines."""
    figure, cell = axes.get_figure(root=True), axes.get_subplotspec()
    across = cell.get_gridspec().ncols if cell is not None else 1
    room = _NAMES_SHARE * (figure.get_size_inches()[0] if figure is not None else _COLUMN) / across * 72
    lines = [printable(row.label).split(PAIRED_BY) for row in rows]
    each = list(dict.fromkeys(name for parts in lines for name in parts))
    fitted = dict(zip(each, _fitted(each, room), strict=True))
    return [f"\n{PAIRED_BY.lstrip()}".join(fitted[name] for name in parts) for parts in lines]


def _draw_rows(axes: Axes, panel: Panel, palette: dict[str, str]) -> None:
    rows = panel.rows[:_MOST_ROWS]
    low, high, log = row_limits(rows, panel.row_limits)
    for index, row in enumerate(rows):
        if interval := interval_of(row):
            axes.plot(interval, [index, index], color=to_rgba(palette[row.colour], PAPER.rows.alpha),
                      linewidth=PAPER.rows.interval)
        if dot := dot_of(row, (low, high)):
            axes.plot([dot[0]], [index], marker=dot[1], markersize=PAPER.rows.dot, linestyle="none",
                      color=palette[row.colour], clip_on=False)
    axes.set_yticks(np.arange(len(rows)), _row_names(axes, rows), parse_math=False)
    left_out = panel.rows[_MOST_ROWS:]
    if left_out:
        axes.text(0.01, len(rows), rest_of(left_out), transform=axes.get_yaxis_transform(), va="center",
                  fontsize="small", parse_math=False)
    axes.set_ylim(len(rows) - 0.5 + bool(left_out), -0.5)
    axes.set_xscale("log" if log else "linear")
    axes.set_xlim(low, high)
    if log:
        ticks = log_ticks(low, high, _LOG_TICKS)
        axes.set_xticks(ticks, tick_texts(ticks, log=True))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:  # As many as fit, once all panels have their sizes.
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    if panel.row_rule is not None:
        axes.axvline(panel.row_rule, color=to_rgba(palette["grey"], 0.8), linewidth=0.8, linestyle=(0, (3, 2)),
                     zorder=0)
    axes.grid(True, axis="y", linewidth=0.4, alpha=0.5)
    axes.set_xlabel(panel.title, parse_math=False)
    _make_legible(axes)
    for label in axes.get_yticklabels():
        label.set_parse_math(has_formula(label.get_text()))
        make_legible(label)
    axes.spines[["top", "right"]].set_visible(False)
