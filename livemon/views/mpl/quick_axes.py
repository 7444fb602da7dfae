"""Axes that are fast to make and to draw.

matplotlib makes five artists for each tick, and measures all texts of an axis before it draws them. Here the artists of
a single tick draw all of them. Code that asks for the ticks, or changes them, gets matplotlib's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.font_manager import findfont
from matplotlib.path import Path
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from livemon.views.mpl.fast_text import draw_text
from livemon.views.mpl.text import font_of

__all__ = ["QuickAxes"]

_BELOW = {"top": 1.0, "center_baseline": 0.5}  # how far below its position a text's baseline is, in letter heights


class _QuickAxis(Axis):
    """An axis with labels at given values, without tick marks.

    Attributes:
        is_open: Whether the last tick has no grid line, which would close the panel.
    """

    majorTicks: list[Tick]  # noqa: N815 - matplotlib's names
    minorTicks: list[Tick]  # noqa: N815
    axis_name: str
    is_open = False
    _autolabelpos: bool  # whether the label is placed next to the tick labels
    _drawing: tuple[dict[str, Any], Tick] | None = None  # the style of ticks, and the one that draws them all

    def show_ticks(self, values: Sequence[float], texts: Sequence[str]) -> None:
        """Show ticks with these labels at values within the limits, and no others."""
        self.set_minor_locator(NullLocator())
        self.set_major_locator(FixedLocator(list(values)))
        self.set_major_formatter(FixedFormatter(list(texts)))

    def reset_ticks(self) -> None:
        """Have no ticks until code asks for them; see `Axis.reset_ticks`."""
        self.majorTicks, self.minorTicks = [], []

    def get_major_ticks(self, numticks: int | None = None) -> list[Tick]:
        """The ticks with their values and labels; see `Axis.get_major_ticks`."""
        ticks, values = super().get_major_ticks(numticks), self.get_majorticklocs().tolist()
        texts = self.get_major_formatter().format_ticks(values)
        has_grid = self.get_tick_params().get("gridOn", False)
        for tick, value, text in zip(ticks, values, texts, strict=False):
            tick.update_position(value)
            tick.label1.set_text(text)
            tick.gridline.set_visible(has_grid and not (self.is_open and tick is ticks[-1]))
        return ticks

    def _get_tick(self, major: bool) -> Tick:
        """A new tick, for `Axis`."""
        tick: Tick = super()._get_tick(major)  # type: ignore[misc]
        tick.set_clip_path(self.axes.patch)
        return tick

    def draw(self, renderer: RendererBase) -> None:
        """Draw the axis; see `Axis.draw`."""
        if self.majorTicks or self.minorTicks or not self._is_plain():
            super().draw(renderer)
        elif self.get_visible():
            renderer.open_group("matplotlib.axis", gid=self.get_gid())
            self._draw_all_ticks(renderer)
            self.label.draw(renderer)
            renderer.close_group("matplotlib.axis")
        self.stale = False

    def _is_plain(self) -> bool:
        """Whether everything is still as `show_ticks` left it."""
        look = self.get_tick_params()
        is_ours = (isinstance(self.get_major_locator(), FixedLocator)
                   and isinstance(self.get_minor_locator(), NullLocator)
                   and isinstance(self.get_major_formatter(), FixedFormatter))
        return (is_ours and look.get("length") == 0 and look.get("grid_linestyle", "-") == "-"
                and (not self.label.get_text() or not self._autolabelpos)
                and not any(look.get(name) for name in ("labelright", "labeltop", "labelrotation", "rotation")))

    def _draw_all_ticks(self, renderer: RendererBase) -> None:
        look = self.get_tick_params()
        if self._drawing is None or self._drawing[0] != look:
            self._drawing = look, self._get_tick(major=True)
        tick, values = self._drawing[1], np.asarray(self.get_majorticklocs(), float)
        inside = _is_within(self.get_transform().transform(values),
                            self.get_transform().transform(np.array(self.get_view_interval(), float)))
        if tick.gridline.get_visible():
            lined = inside.copy()
            lined[-1:] &= not self.is_open
            self._draw_grid(tick, values[lined], renderer)
        if tick.label1.get_visible():
            texts = self.get_major_formatter().format_ticks(values.tolist())
            shown = np.flatnonzero(inside).tolist()
            self._draw_texts(tick, values[shown].tolist(), [texts[index] for index in shown], renderer)

    def _draw_grid(self, tick: Tick, values: NDArray[np.float64], renderer: RendererBase) -> None:
        line = tick.gridline
        across = np.tile([0.0, 1.0], len(values))
        along = np.repeat(values, 2)
        points = np.column_stack((along, across) if self.axis_name == "x" else (across, along))
        codes = np.tile(np.array([Path.MOVETO, Path.LINETO], Path.code_type), len(values))
        gc = renderer.new_gc()
        gc.set_clip_rectangle(line.get_clip_box())
        gc.set_foreground(to_rgba(line.get_color(), line.get_alpha()), isRGBA=True)
        gc.set_linewidth(line.get_linewidth())
        gc.set_capstyle(line.get_solid_capstyle())
        renderer.draw_path(gc, Path(line.get_transform().transform(points), codes), IdentityTransform())
        gc.restore()

    def _draw_texts(self, tick: Tick, values: Sequence[float], texts: Sequence[str],
                    renderer: RendererBase) -> None:
        """Draw the labels of all ticks; on a pixel canvas without measuring each one."""
        label = tick.label1
        move, family = label.set_x if self.axis_name == "x" else label.set_y, label.get_fontfamily()
        below = _BELOW.get(label.get_verticalalignment()) if isinstance(renderer, RendererAgg) else None
        drop, font = 0.0, ""
        if below is not None:
            properties = label.get_fontproperties()
            _, height, depth = renderer.get_text_width_height_descent("lp", properties, False)
            drop, font = below * (height - depth), findfont(properties)
        for value, text in zip(values, texts, strict=True):
            move(value)
            if below is None or font_of(text)[0] != family:
                label.set_text(text)
                label.draw(renderer)
            elif text:
                x, y = label.get_transform().transform(label.get_position())
                draw_text(renderer, text, x, y - drop, font, float(label.get_fontsize()),
                          label.get_horizontalalignment(), label.get_color())


def _is_within(values: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values lie between two limits, within rounding errors."""
    low, high = limits.min(), limits.max()
    slack = 1e-10 * (high - low)
    return np.asarray((low - slack <= values) & (values <= high + slack))


class _QuickXAxis(_QuickAxis, XAxis):
    """A quick x axis."""


class _QuickYAxis(_QuickAxis, YAxis):
    """A quick y axis."""


class QuickAxes(Axes):
    """Axes for `Figure.add_axes(..., axes_class=QuickAxes)`, with ticks that `show_ticks` of each axis sets."""

    xaxis: _QuickXAxis
    yaxis: _QuickYAxis

    def _init_axis(self) -> None:
        """Make both axes; `Axes` calls this method."""
        self.xaxis = _QuickXAxis(self, clear=False)
        self.yaxis = _QuickYAxis(self, clear=False)
        for spine, axis in (("bottom", self.xaxis), ("top", self.xaxis), ("left", self.yaxis), ("right", self.yaxis)):
            self.spines[spine].register_axis(axis)
