"""The artists of one panel: made once, then only their data changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from livemon.boards.model import Band, Box, Line, Mark, Panel
from livemon.views import style
from livemon.views.mpl.label_places import Box as TextBox
from livemon.views.mpl.label_places import free_place, spread
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.rows import RowArtists, RowLayout, arrange_rows
from livemon.views.mpl.short_names import fit_names, name_and_value
from livemon.views.mpl.strokes import FastLine, Strokes, strokes
from livemon.views.mpl.text import font_of, printable, shorten, text_width, wrap
from livemon.views.mpl.text_pool import TextPool, points_of
from livemon.views.mpl.ticks import linear_ticks, log_ticks, tick_texts

__all__ = ["PanelArtists"]

Array = NDArray[np.float64]

_ORDER = {"superseded": 2.0, "raw": 2.1, "main": 2.3, "points": 2.4}
_MARKS = {"nan": "^", "inf": "^", "beyond": "^", "best": "*"}
_MARGIN, _NARROW_MARGIN, _LABEL_WIDTH = 0.28, 0.36, 100.0  # labels' width: a share of the panel, or points if narrow
_NAME_STEP = 6.0
_LED_FROM = 18.0  # points between a curve's end and its label that ask for a line
_ROOM_LEVELS = (0.0, 0.5, 1.0)  # room for labels comes in few steps, so that most frames need no new axes


class PanelArtists:
    """Draws one panel into a figure.

    `update` changes the artists and says whether anything changed that belongs to the background (axes, ticks, title);
    everything else is in `artists()`, in drawing order."""

    def __init__(self, figure: Figure, theme: style.Theme, *, animated: bool) -> None:
        self._figure = figure
        self._animated = animated
        self._palette = style.palette(theme)
        self._colours = style.colours(theme)
        self.axes: Axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        self._prepare_axes()
        self._lines: list[FastLine] = []
        self._marks: dict[tuple[str, str, str], Line2D] = {}
        self._boxes: tuple[PolyCollection, Line2D, Line2D] | None = None
        self._bars: StepPatch | None = None
        self._bands: list[PolyCollection] = []
        self._rows: RowArtists | None = None
        self._texts = TextPool(figure, animated=animated)
        self._frame: tuple[object, ...] = ()
        self._places: dict[Mark, TextBox] = {}  # where the texts of marks stand, as long as the axes do
        self._room: tuple[tuple[object, ...], float, float] = ((), 0.0, 0.0)
        self._leaders: LineCollection | None = None
        self._limits = ((0.0, 1.0), (0.0, 1.0))
        self._log = False
        self._outer = Rect(0, 0, 1, 1)  # of the panel
        self._rect = Rect(0, 0, 1, 1)  # of its axes: narrower where labels need a margin
        self._row_layout: RowLayout | None = None
        self._sizes = style.sizes()
        self._scale = 1.0

    def artists(self) -> list[Artist]:
        """What changes from frame to frame, in drawing order."""
        found: list[Artist] = [line for line in self._lines if line.get_visible()]
        found += [line for line in self._marks.values() if line.get_visible()]
        if self._boxes is not None:
            found += self._boxes
        if self._bars is not None:
            found.append(self._bars)
        found += self._bands
        if self._rows is not None:
            found += self._rows.artists()
        if self._leaders is not None and self._leaders.get_visible():
            found.append(self._leaders)
        found.sort(key=lambda artist: artist.get_zorder())
        return [*found, *self._texts.artists]

    def remove(self) -> None:
        """Take the panel out of its figure."""
        self._texts.remove()
        if self._leaders is not None:
            self._leaders.remove()
        self.axes.remove()

    def update(self, panel: Panel, rect: Rect, scale: float) -> bool:
        """Show `panel` at `rect` (points), its title above that. Returns whether the background changed."""
        self._outer, self._rect, self._scale, self._sizes = rect, rect, scale, style.sizes(scale)
        self._log = panel.y_scale == "log" and panel.y_limits[0] > 0
        labels = self._end_labels(panel.lines)
        self._limits = (self._x_limits(panel), _wide_enough(panel.y_limits, self._log))
        self._row_layout = arrange_rows(panel.rows, rect, scale) if panel.rows else None
        if self._row_layout is not None:
            self._rect, self._limits = self._row_layout.axes, self._row_layout.limits
        elif labels and not panel.boxes:
            self._rect = self._beside_labels(panel, labels)
        self._texts.start()
        title = self._put_title(panel)
        changed = self._update_frame(panel, title)
        self._update_lines(panel.lines)
        self._update_marks(panel.marks)
        self._update_boxes(panel.boxes, self._palette[panel.colour])
        self._update_bars(panel)
        self._update_bands(panel.bands)
        self._update_rows(panel)
        self._put_missing_boxes(panel.boxes)
        taken = self._put_end_labels(labels, panel)
        self._put_mark_texts(panel, taken)
        self._put_message(panel.message)
        self._texts.finish()
        return changed

    # -- the background: axes, ticks, title

    def _prepare_axes(self) -> None:
        axes = self.axes
        axes.set_facecolor(self._colours["panel"])
        axes.set_axisbelow(True)
        axes.margins(0)
        axes.set_autoscale_on(False)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(self._colours["edge"])
        axes.format_coord = _coordinates  # type: ignore[method-assign]

    def _update_frame(self, panel: Panel, title: str) -> bool:
        wanted = (
            self._rect,
            self._scale,
            self._limits,
            self._log,
            title,
            panel.x_label,
            bool(panel.message),
            tuple(box.label for box in panel.boxes),
            self._row_layout is not None and self._row_layout.log,
            bool(panel.rows),
            tuple(self._figure.get_size_inches()),
        )
        if wanted == self._frame:
            return False
        self._frame = wanted
        self._places.clear()
        axes, rect, sizes = self.axes, self._rect, self._sizes
        width, height = self._figure.get_size_inches() * 72
        axes.set_position((rect.left / width, rect.bottom / height, rect.width / width, rect.height / height))
        families, weight = font_of(title, bold=True)
        axes.set_title(
            title,
            loc="left",
            x=(self._outer.left - rect.left) / rect.width,
            fontsize=sizes["panel_title"],
            fontweight=weight,
            fontfamily=families,
            y=1.0,
            pad=6 * self._scale,
            color=self._colours["text"],
            parse_math=False,
        )
        for side in ("left", "bottom"):
            axes.spines[side].set_linewidth(sizes["edge"])
        (x_low, x_high), (y_low, y_high) = self._limits
        axes.set_yscale("log" if self._log else "linear")
        axes.set_xscale("log" if self._row_layout is not None and self._row_layout.log else "linear")
        axes.set_xlim(x_low, x_high)
        axes.set_ylim(y_low, y_high)
        self._update_ticks(panel)
        return True

    def _update_ticks(self, panel: Panel) -> None:
        axes, sizes, rect = self.axes, self._sizes, self._rect
        axes.tick_params(
            which="both",
            length=0,
            pad=4 * self._scale,
            labelsize=sizes["tick"],
            labelcolor=self._colours["muted"],
            labelfontfamily=style.fonts()["sans"],
            grid_color=self._colours["grid"],
            grid_linewidth=sizes["grid"],
        )
        axes.set_xlabel("")
        if self._row_layout is not None:
            self._update_row_ticks(self._row_layout)
            return
        if panel.message and not (panel.lines or panel.boxes or panel.bars):
            axes.set_xticks([])  # limits of nothing mean nothing
            axes.set_yticks([])
            return
        y_ticks = self._y_ticks(panel)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(FixedLocator(y_ticks))
        axes.set_yticks(y_ticks, tick_texts(y_ticks, log=self._log))
        x_ticks, x_texts = self._x_ticks(panel)
        axes.set_xticks(x_ticks, x_texts)
        axes.grid(True, axis="y")
        axes.grid(not panel.boxes, axis="x")
        if panel.x_label:
            axes.set_xlabel(
                panel.x_label,
                loc="right",
                fontsize=sizes["tick"],
                color=self._colours["muted"],
                fontfamily=font_of(panel.x_label)[0],
                parse_math=False,
            )
            # On the row of the tick texts, not below it: it takes no height.
            axes.xaxis.set_label_coords(1.0, -4 * self._scale / rect.height)
            axes.xaxis.label.set_verticalalignment("top")

    def _update_row_ticks(self, layout: RowLayout) -> None:
        axes, most = self.axes, int(min(max(self._rect.width / (40 * self._scale), 3), 5))
        low, high = layout.limits[0]
        ticks = log_ticks(low, high, most) if layout.log else linear_ticks(low, high, most)
        axes.set_yticks([])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, tick_texts(ticks, log=layout.log))
        axes.grid(True, axis="x")

    def _y_ticks(self, panel: Panel) -> list[float]:
        most = int(min(max(self._rect.height / (22 * self._scale), 2), 6))
        low, high = self._limits[1]
        return log_ticks(low, high, most) if self._log else linear_ticks(low, high, most, whole=panel.bars is not None)

    def _x_ticks(self, panel: Panel) -> tuple[list[float], list[str]]:
        rect, size = self._rect, self._sizes["tick"]
        low, high = self._limits[0]
        if panel.boxes:
            ticks, texts = (
                [float(index) for index in range(1, len(panel.boxes) + 1)],
                [printable(box.label) for box in panel.boxes],
            )
        else:
            most = int(min(max(rect.width / (62 * self._scale), 2), 7))
            ticks = linear_ticks(low, high, most, whole=panel.x_label in ("step", "epoch", "row"))
            texts = tick_texts(ticks)
        # Texts that would touch their neighbour, or the axis' name at the right end, are left out.
        end = rect.width + 12 * self._scale
        if panel.x_label:
            end = rect.width - text_width(panel.x_label, size) - 6 * self._scale
        free = -math.inf
        shown = []
        for tick, text in zip(ticks, texts, strict=True):
            centre, half = (tick - low) / (high - low or 1) * rect.width, text_width(text, size) / 2
            fits = centre - half >= free and centre + half <= end
            shown.append(text if fits else "")
            free = centre + half + 5 * self._scale if fits else free
        return ticks, shown

    # -- from data to points

    def _x_at(self, x: float) -> float:
        low, high = self._limits[0]
        return self._rect.left + (x - low) / (high - low or 1) * self._rect.width

    def _x_from(self, points: float) -> float:
        low, high = self._limits[0]
        return low + (points - self._rect.left) / self._rect.width * (high - low)

    def _y_at(self, y: float) -> float:
        low, high = self._limits[1]
        if self._log:
            low, high, y = math.log(low), math.log(high), math.log(max(y, 1e-300))
        share = (y - low) / (high - low or 1)
        return self._rect.bottom + min(max(share, 0.0), 1.0) * self._rect.height

    def _inside(self, x: float) -> float:
        low, high = self._limits[0]
        return min(max(x, low), high)

    def _x_limits(self, panel: Panel) -> tuple[float, float]:
        if panel.boxes:
            return 0.4, len(panel.boxes) + 0.6
        low, high = panel.x_limits
        if not high > low:
            return low - 0.5, high + 0.5
        if any(line.kind == "points" for line in panel.lines):  # no dot is cut in half at the end
            high += (high - low) * 0.7 * self._sizes["dot"] / self._outer.width
        return low, high

    def _beside_labels(self, panel: Panel, labels: Sequence[tuple[Line, str, float]]) -> Rect:
        """The axes' rectangle: narrower than the panel's where the labels at the curves' ends need a margin."""
        rect, (low, high) = self._outer, self._limits[0]
        ends = [end[0] for line in panel.lines if (end := _end_of(line)) is not None]
        share = min((max(width for _, _, width in labels) + 12 * self._scale) / rect.width, 0.6)
        share = math.ceil(share * 25) / 25
        stays = (panel.x_limits, rect)
        if self._room[0] == stays:
            share = max(share, self._room[1])  # a label that gets shorter does not move the axes back and forth
        reached = (self._inside(max(ends)) - low) / (high - low)
        needed = 1 - (1 - share) / reached if reached > 0 else 0.0  # for a label that begins there to stay in the panel
        level = next((level for level in _ROOM_LEVELS if level * share >= needed - 1e-9), 1.0)
        if self._room[0] == stays:
            level = max(level, self._room[2])
        self._room = (stays, share, level)
        return Rect(rect.left, rect.bottom, rect.width * (1 - level * share), rect.height)

    # -- lines, marks, boxes, bars

    def _update_lines(self, lines: Sequence[Line]) -> None:
        while len(self._lines) < len(lines):
            self._lines.append(self._new_line())
        for artist in self._lines[len(lines) :]:
            artist.set_visible(False)
        for artist, line in zip(self._lines, lines, strict=False):
            artist.strokes = self._strokes(line)
            artist.set_data(*(artist.strokes.polyline() if artist.strokes is not None else (line.x, line.y)))
            artist.set(visible=True, zorder=_ORDER[line.kind], **self._line_look(line))

    def _strokes(self, line: Line) -> Strokes | None:
        """In a window, the strokes that a raw curve with many points in every pixel column comes down to. A picture
        may be saved at any resolution, so it gets the curve."""
        if not self._animated or line.kind not in ("raw", "superseded"):
            return None
        return strokes(line.x, line.y, *self._limits[0], math.ceil(self._rect.width / 72 * self._figure.dpi))

    def _new_line(self) -> FastLine:
        artist = FastLine([], [], animated=self._animated, solid_joinstyle="round", solid_capstyle="round")
        self.axes.add_line(artist)
        return artist

    def _line_look(self, line: Line) -> dict[str, Any]:
        colour, sizes = self._palette[line.colour], self._sizes
        alone = _alone(line.y) if line.kind in ("main", "points") else np.empty(0, np.intp)
        look: dict[str, Any] = {
            "color": colour,
            "linewidth": sizes["main"],
            "marker": "None",
            "markevery": None,
            "markersize": sizes["dot"],
            "markeredgewidth": 0,
        }
        if line.kind == "raw":
            look |= {"color": to_rgba(colour, 0.34), "linewidth": sizes["raw"]}
        elif line.kind == "superseded":
            look |= {"color": to_rgba(colour, 0.42), "linewidth": sizes["superseded"]}
        if line.kind == "points" and len(line.x) <= self._rect.width / (4 * self._scale):
            look |= {"marker": "o"}
        elif len(alone):  # a point between two gaps is no line: it gets a dot, or nobody would see it
            look |= {"marker": "o", "markevery": alone.tolist()}
        return look

    def _update_marks(self, marks: Sequence[Mark]) -> None:
        groups: dict[tuple[str, str, str], list[Mark]] = {}
        low, high = self._limits[0]
        for mark in marks:
            if not low <= mark.x <= high:  # marks at the edge are not clipped
                continue
            edge = mark.edge if mark.y is None else ""
            groups.setdefault((mark.kind, edge, mark.colour), []).append(mark)
        for key, artist in self._marks.items():
            artist.set_visible(key in groups)
        for key, members in groups.items():
            if key not in self._marks:
                self._marks[key] = self._new_mark(*key)
            self._place_marks(self._marks[key], key, members)

    def _new_mark(self, kind: str, edge: str, colour: str) -> Line2D:
        artist = Line2D([], [], animated=self._animated, linestyle="None")
        artist.set_zorder(1.5 if kind in ("restart", "epoch") else 3.0)
        self.axes.add_line(artist)
        if kind in ("restart", "epoch"):
            artist.set(
                linestyle=(0, (4, 3)) if kind == "restart" else (0, (1, 3)),
                color=self._colours["muted"],
                transform=self.axes.get_xaxis_transform(),
            )
        elif kind == "best":
            artist.set(marker="*", color=self._palette[colour], markeredgecolor=self._colours["panel"], clip_on=False)
        else:
            artist.set(
                marker="^" if edge != "bottom" else "v",
                color=self._mark_colour(kind, colour),
                markeredgecolor=self._colours["panel"],
                clip_on=False,
            )
            if edge:
                artist.set_transform(self.axes.get_xaxis_transform())
        return artist

    def _mark_colour(self, kind: str, colour: str) -> str:
        """What is no number is a problem; a number beyond the limits is its curve's."""
        return self._colours["warning"] if kind in ("nan", "inf") else self._palette[colour]

    def _place_marks(self, artist: Line2D, key: tuple[str, str, str], marks: Sequence[Mark]) -> None:
        kind, edge, _ = key
        x = np.array([mark.x for mark in marks], np.float64)
        if kind in ("restart", "epoch"):
            gap = np.full(len(x), np.nan)
            artist.set_data(np.column_stack([x, x, gap]).ravel(), np.tile([0.0, 1.0, np.nan], len(x)))
            artist.set_linewidth(self._sizes["thin"])
            return
        inset = 0.5 * self._sizes["triangle"] / self._rect.height
        y = [(inset if edge == "bottom" else 1 - inset) if mark.y is None else mark.y for mark in marks]
        artist.set_data(x, np.array(y, np.float64))
        artist.set(markersize=self._sizes["star" if kind == "best" else "triangle"], markeredgewidth=0.6 * self._scale)

    def _update_boxes(self, boxes: Sequence[Box], colour: str) -> None:
        if not boxes and self._boxes is None:
            return
        if self._boxes is None:
            shapes = PolyCollection([], animated=self._animated, zorder=2.2)
            self.axes.add_collection(shapes, autolim=False)
            whiskers: Line2D = self._new_line()
            medians: Line2D = self._new_line()
            whiskers.set(zorder=2.1, color=self._colours["muted"])
            medians.set(zorder=2.3, color=self._colours["text"], solid_capstyle="butt")
            self._boxes = (shapes, whiskers, medians)
        shapes, whiskers, medians = self._boxes
        shapes.set(facecolor=to_rgba(colour, 0.6), edgecolor="none")
        whiskers.set_linewidth(self._sizes["thin"])
        medians.set_linewidth(self._sizes["median"])
        half = min(0.3, 0.02 + 0.06 * len(boxes))
        shapes.set_verts(
            [
                [(at - half, box.q1), (at + half, box.q1), (at + half, box.q3), (at - half, box.q3)]
                for at, box in enumerate(boxes, 1)
            ]
        )
        whiskers.set_data(
            *_segments(
                (at, at, low, high)
                for at, box in enumerate(boxes, 1)
                for low, high in ((box.low, box.q1), (box.q3, box.high))
            )
        )
        medians.set_data(*_segments((at - half, at + half, box.median, box.median) for at, box in enumerate(boxes, 1)))

    def _update_bars(self, panel: Panel) -> None:
        bars = panel.bars
        if bars is None:
            if self._bars is not None:
                self._bars.set_visible(False)
            return
        if self._bars is None:
            self._bars = StepPatch([0.0], [0.0, 1.0], fill=True, animated=self._animated, zorder=2.2)
            self.axes.add_patch(self._bars)
        baseline = self._limits[1][0] if self._log else 0.0
        self._bars.set_data(bars.counts, bars.edges, baseline)
        colour = self._palette[bars.colour]
        self._bars.set(visible=True, facecolor=to_rgba(colour, 0.55), edgecolor=colour, linewidth=self._sizes["thin"])

    def _update_bands(self, bands: Sequence[Band]) -> None:
        for artist in self._bands:
            artist.remove()
        self._bands = []
        for band in bands:
            known = np.isfinite(band.low) & np.isfinite(band.high)
            shape = self.axes.fill_between(band.x, band.low, band.high, where=known.tolist(), linewidth=0, zorder=1.9,
                                           facecolor=to_rgba(self._palette[band.colour], 0.2), animated=self._animated)
            self._bands.append(shape)

    def _update_rows(self, panel: Panel) -> None:
        if self._rows is None and panel.rows:
            self._rows = RowArtists(self.axes, self._palette, self._colours, animated=self._animated)
        if self._rows is not None:
            layout = self._row_layout or arrange_rows((), self._outer, self._scale)
            self._rows.update(panel.rows, layout, self._outer, self._scale, self._texts)

    # -- texts

    def _put_title(self, panel: Panel) -> str:
        """The note or warning above the axes' right end, and what is left for the title."""
        rect, sizes, gap = self._outer, self._sizes, 10 * self._scale
        note, warned = (panel.warning, True) if panel.warning else (panel.note, False)
        title_width = text_width(printable(panel.title), sizes["panel_title"], bold=True)
        if note:
            room = max(rect.width - title_width - gap, rect.width * (0.6 if warned else 0.35))
            note = _fewer_parts(printable(note), room, sizes["note"])
            self._texts.put(
                note,
                rect.right,
                rect.top + 6 * self._scale,
                size=sizes["note"],
                align="right",
                colour=self._colours["warning" if warned else "muted"],
            )
        left = rect.width - (text_width(note, sizes["note"]) + gap if note else 0)
        return shorten(printable(panel.title), left, sizes["panel_title"], bold=True, middle=True)

    def _end_labels(self, lines: Sequence[Line]) -> list[tuple[Line, str, float]]:
        """The lines that have a label and a point to stand at, with the text that fits and its width; as many as the
        height holds."""
        size, most = self._sizes["label"], max(int(self._outer.height // self._label_height()), 1)
        shown = [line for line in lines if line.label and _end_of(line) is not None][:most]
        if not shown:
            return []
        width = max(_MARGIN * self._outer.width, min(_NARROW_MARGIN * self._outer.width, _LABEL_WIDTH * self._scale))
        parts = [tuple(map(printable, name_and_value(line))) for line in shown]
        beside = max(text_width(" " + value, size, bold=True) if value else 0.0 for _, value in parts)
        room = math.floor((width - beside) / _NAME_STEP) * _NAME_STEP  # in steps: names are fitted seldom
        names = fit_names(tuple(name for name, _ in parts), max(room, 0.0), size, bold=True)
        texts = [f"{name} {value}".strip() for name, (_, value) in zip(names, parts, strict=True)]
        return [(line, text, text_width(text, size, bold=True)) for line, text in zip(shown, texts, strict=True)]

    def _label_height(self) -> float:
        return 1.35 * self._sizes["label"]

    def _put_end_labels(self, labels: Sequence[tuple[Line, str, float]], panel: Panel) -> list[TextBox]:
        """Each label at its curve's end, in one column so that no curve runs through it, and off the marks at the
        edges. A thin line leads to it from a curve that ends early. Returns where they stand."""
        if not labels:
            self._put_leaders([], [])
            return []
        height = self._label_height()
        ends = [end[0] for line in panel.lines if line.kind != "superseded" and (end := _end_of(line)) is not None]
        left = self._x_at(self._inside(max(ends))) + 7 * self._scale
        at = [end for line, _, _ in labels if (end := _end_of(line)) is not None]
        low, high = self._free_height(panel.marks, left)
        centres = spread([self._y_at(y) for _, y in at], height, low, high)
        boxes = []
        leaders, colours = [], []
        for (line, text, width), (x, y), centre in zip(labels, at, centres, strict=True):
            colour = self._palette[line.colour]
            self._texts.put(text, left, centre, size=self._sizes["label"], colour=colour, middle=True, bold=True)
            boxes.append((left, centre - height / 2, left + width, centre + height / 2))
            start, level = self._x_at(self._inside(x)) + 4 * self._scale, self._y_at(y)
            if left - start > _LED_FROM * self._scale:
                bend = left - min(10 * self._scale, (left - start) / 2)
                leaders.append([(start, level), (bend, level), (left - 2 * self._scale, centre)])
                colours.append(colour)
        self._put_leaders(leaders, colours)
        return boxes

    def _free_height(self, marks: Sequence[Mark], left: float) -> tuple[float, float]:
        """The lowest and the highest that labels right of `left` may reach: marks at the panel's edges stay free."""
        rect, size = self._rect, self._sizes["triangle"] + 2 * self._scale
        low, high = rect.bottom, rect.top
        for mark in marks:
            if mark.y is None and mark.kind in ("nan", "inf", "beyond") and left - size <= self._x_at(mark.x):
                low, high = (rect.bottom + size, high) if mark.edge == "bottom" else (low, rect.top - size)
        return low, high

    def _put_leaders(self, lines: Sequence[Sequence[tuple[float, float]]], colours: Sequence[str]) -> None:
        if self._leaders is None:
            if not lines:
                return
            self._leaders = LineCollection([], animated=self._animated, zorder=2.05, linestyle=(0, (1, 2)),
                                           transform=points_of(self._figure))
            self._figure.add_artist(self._leaders)
        self._leaders.set_segments(lines)
        self._leaders.set(color=list(colours) or "none", linewidth=self._sizes["thin"], visible=bool(lines))

    def _put_mark_texts(self, panel: Panel, taken: list[TextBox]) -> None:
        """The texts of marks beside them, off the curves where that can be; where there is no room the mark stands
        alone."""
        taken = taken + [self._mark_box(mark) for mark in panel.marks if mark.kind not in ("restart", "epoch")]
        order = ("best", "beyond", "inf", "nan", "restart", "epoch")
        for mark in sorted((mark for mark in panel.marks if mark.text), key=lambda mark: order.index(mark.kind)):
            text, size = printable(mark.text), self._sizes["note"]
            box = self._place_of(mark, text_width(text, size) + 2 * self._scale, 1.3 * size, panel.lines, taken)
            if box is None:
                continue
            colour = (
                self._colours["muted"]
                if mark.kind in ("restart", "epoch")
                else self._mark_colour(mark.kind, mark.colour)
            )
            self._texts.put(
                text, box[0], (box[1] + box[3]) / 2, size=size, colour=colour, middle=True, halo=self._colours["panel"]
            )
            taken.append(box)

    def _place_of(
        self, mark: Mark, width: float, height: float, lines: Sequence[Line], taken: Sequence[TextBox]
    ) -> TextBox | None:
        """Where a mark's text stands: where it stood, or at the first place that is free."""
        within = (self._rect.left, self._rect.bottom, self._outer.right, self._rect.top)
        stood = self._places.get(mark)
        if stood is not None and free_place([stood], taken, within):
            return stood
        places = list(self._around(mark, width, height))
        clear = (box for box in places if not any(self._crosses(line, box) for line in lines))
        box = free_place(clear, taken, within) or free_place(places, taken, within)
        if box is not None:
            self._places[mark] = box
        return box

    def _crosses(self, line: Line, box: TextBox) -> bool:
        """Whether a curve runs through a box: between the lowest and the highest of its points above the box' width."""
        beside = 4 * self._scale
        first, last = np.searchsorted(line.x, [self._x_from(box[0] - beside), self._x_from(box[2] + beside)])
        y = line.y[max(int(first) - 1, 0) : int(last) + 1]
        y = y[np.isfinite(y)]
        return bool(len(y)) and self._y_at(float(y.min())) < box[3] and box[1] < self._y_at(float(y.max()))

    def _mark_box(self, mark: Mark) -> TextBox:
        x, y = self._mark_at(mark)
        half = 0.5 * self._sizes["triangle"]
        return x - half, y - half, x + half, y + half

    def _mark_at(self, mark: Mark) -> tuple[float, float]:
        half = 0.5 * self._sizes["triangle"]
        if mark.y is not None:
            return self._x_at(mark.x), self._y_at(mark.y)
        return self._x_at(mark.x), self._rect.top - half if mark.edge == "top" else self._rect.bottom + half

    def _around(self, mark: Mark, width: float, height: float) -> Iterator[TextBox]:
        """Places for a mark's text: beside it, a line further from the edge, then further away."""
        x, y = self._mark_at(mark)
        gap = self._sizes["triangle"] * 0.5 + 4 * self._scale
        if mark.kind in ("restart", "epoch"):
            y, gap = self._rect.top - height / 2, 3 * self._scale
        inward = -height if y > self._rect.bottom + self._rect.height / 2 else height
        for further in (0.0, 1.0, 2.5, 4.0):
            for centre in (y, y + inward, y + 2 * inward):
                centre = min(max(centre, self._rect.bottom + height / 2), self._rect.top - height / 2)
                for left in (x + gap + further * height, x - gap - further * height - width):
                    yield left, centre - height / 2, left + width, centre + height / 2

    def _put_missing_boxes(self, boxes: Sequence[Box]) -> None:
        """A word in the place of a box without a finite value."""
        size = self._sizes["note"]
        for at, box in enumerate(boxes, 1):
            if math.isnan(box.median):
                self._texts.put("NaN", self._x_at(at), self._rect.top - size, size=size, align="center", middle=True,
                                colour=self._colours["warning"], bold=True)

    def _put_message(self, message: str) -> None:
        if not message:
            return
        rect, size = self._rect, self._sizes["message"]
        lines = wrap(printable(message), rect.width * 0.9, size, max(1, int(rect.height // (1.5 * size))))
        centre = rect.bottom + rect.height / 2 + (len(lines) - 1) * 0.75 * size
        for row, line in enumerate(lines):
            self._texts.put(
                line,
                rect.left + rect.width / 2,
                centre - row * 1.5 * size,
                size=size,
                colour=self._colours["muted"],
                align="center",
                middle=True,
            )


def _wide_enough(limits: tuple[float, float], log: bool) -> tuple[float, float]:
    """Limits that differ by more than what is lost in rounding: matplotlib would choose others behind our back."""
    low, high = limits
    if high - low > 1e-11 * max(abs(low), abs(high), 1e-200):
        return limits
    return (low / 2, high * 2) if log else (low - 0.5, high + 0.5)


def _fewer_parts(note: str, room: float, size: float) -> str:
    """As many of the parts between dots as there is room for; the first one is cut where even it is too wide."""
    parts = note.split(" · ")
    while len(parts) > 1 and text_width(" · ".join(parts), size) > room:
        parts.pop()
    return shorten(" · ".join(parts), room, size)


def _end_of(line: Line) -> tuple[float, float] | None:
    """The last finite point; None where there is none."""
    if not len(line.x):
        return None
    last = -1
    if not math.isfinite(line.y[-1]):
        finite = np.flatnonzero(np.isfinite(line.y))
        if not len(finite):
            return None
        last = int(finite[-1])
    return float(line.x[last]), float(line.y[last])


def _alone(y: Array) -> NDArray[np.intp]:
    """The indices of finite points with no finite neighbour."""
    finite = np.isfinite(y)
    beside = np.zeros(len(y), bool)
    beside[1:] |= finite[:-1]
    beside[:-1] |= finite[1:]
    return np.flatnonzero(finite & ~beside)


def _segments(ends: Iterator[tuple[float, float, float, float]]) -> tuple[Array, Array]:
    """Separate strokes (x0, x1, y0, y1) as one line with gaps."""
    table = np.array(list(ends), np.float64).reshape(-1, 4)
    gap = np.full(len(table), np.nan)
    return np.column_stack([table[:, 0], table[:, 1], gap]).ravel(), np.column_stack(
        [table[:, 2], table[:, 3], gap]
    ).ravel()


def _coordinates(x: float, y: float) -> str:
    return f"x = {x:,.0f}  y = {y:.6g}"
