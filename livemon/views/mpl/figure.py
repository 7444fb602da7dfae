"""The painter of windows and pictures: a board into a matplotlib figure.

Artists are made once for each `Panel.key` and then only get new data, so that a window can keep the background (axes,
ticks, titles) and redraw what moved."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from livemon.boards.model import Board, Header, Notice
from livemon.views import style
from livemon.views.mpl.kept import shows_already
from livemon.views.mpl.layout import NOTICE, Layout, Rect, arrange
from livemon.views.mpl.panel import PanelArtists
from livemon.views.mpl.run_list import RunListArtists
from livemon.views.mpl.strokes import FastLine
from livemon.views.mpl.summary import SummaryArtists
from livemon.views.mpl.text import printable, shorten, text_width, wrap
from livemon.views.mpl.text_pool import TextPool, points_of

__all__ = ["Painter"]

Segment = tuple[str, str]  # text, name of its colour

_ROOM_FOR_ADVICE = 12.0  # in font sizes: shorter advice says nothing
_FOLDERS = re.compile(r"[^\s/]*/(?=\S)")  # of a path
_MOST_RESTING = 24  # panels: making the artists of one takes as long as drawing three
_SEPARATOR = 1.7  # space for the dot between the parts of the status line, in font sizes


class Painter:
    """Keeps a figure's artists up to date with the newest board.

    Args:
        figure: An empty figure. The painter fills it, at its present size at each update.
        theme: "light" or "dark".
        animated: Whether the figure's own draw skips the moving artists (for blitting).
        scale: The scale of text and lengths; None: by the figure's size.
        least_notices: The number of notices for which there is always room.
    """

    def __init__(
        self, figure: Figure, theme: style.Theme, *, animated: bool = False, scale: float | None = None,
        least_notices: int = 0,
    ) -> None:
        self.figure = figure
        self.theme = theme
        self.panels: dict[str, PanelArtists] = {}
        self._resting: dict[str, PanelArtists] = {}  # in a window: panels that are hidden at present
        self.layout: Layout | None = None
        self.zoomed_at: Rect | None = None  # the part of the header that describes the zoom
        self.runs: RunListArtists | None = None
        self.chosen_run = ""  # the row selected by keys
        self._animated = animated
        self._scale = scale
        self._least_notices = least_notices
        self._colours = style.colours(theme)
        self._palette = style.palette(theme)
        self._summary: SummaryArtists | None = None
        self._texts = TextPool(figure, animated=animated)
        self._dot = FastLine([], [], marker="o", linestyle="None", markeredgewidth=0, animated=animated,
                             transform=points_of(figure))
        figure.add_artist(self._dot)
        figure.set_facecolor(self._colours["background"])

    def update(self, board: Board) -> bool:
        """Show this board. Returns whether the background changed, so that a full draw is needed."""
        width, height = (float(inches) * 72 for inches in self.figure.get_size_inches())
        has_summary = bool(board.summary or board.config)
        has_runs = board.lens is not None and board.lens.run_list and bool(board.runs)
        layout = arrange(
            width,
            height,
            [panel.span for panel in board.panels],
            summary=has_summary,
            columns=board.columns,
            scale=self._scale,
            notices=max(len(board.warnings), self._least_notices),
            runs=has_runs,
        )
        changed = layout != self.layout
        self.layout = layout
        shown = board.panels[: len(layout.panels)]
        spare = self._drop_others({panel.key for panel in shown})
        changed |= bool(spare)
        for panel, rect in zip(shown, layout.panels, strict=True):
            if panel.key not in self.panels:
                self.panels[panel.key] = self._artists_of(panel.key, spare)
                changed = True
            changed |= self.panels[panel.key].update(panel, rect, layout.scale)
        self._leave(spare)
        changed |= self._update_summary(board, layout)
        changed |= self._update_runs(board, layout)
        self._texts.start()
        self._put_header(board, layout)
        self._put_notices(board.warnings, layout)
        self._put_footer(board, layout, 0 if layout.runs and not shown else len(board.panels) - len(shown))
        if not board.panels and layout.runs is None:
            self._put_empty(board, layout)
        self._texts.finish()
        return changed

    def artists(self) -> list[list[Artist]]:
        """The moving artists of each panel and finally those beside the panels, in drawing order."""
        beside: list[Artist] = []
        if self._summary is not None:
            beside += self._summary.artists()
        if self.runs is not None:
            beside += self.runs.artists()
        return [*(panel.artists() for panel in self.panels.values()), [*beside, self._dot, *self._texts.artists]]

    def remove(self) -> None:
        """Remove every artist from the figure."""
        self._leave(self._drop_others(set()))
        if self._summary is not None:
            self._summary.remove()
            self._summary = None
        if self.runs is not None:
            self.runs.remove()
            self.runs = None
        self._texts.remove()
        self._dot.remove()

    def _drop_others(self, keys: set[str]) -> dict[str, PanelArtists]:
        """Remove the panels without these keys, and return their artists."""
        return {key: self.panels.pop(key) for key in list(self.panels) if key not in keys}

    def _artists_of(self, key: str, spare: dict[str, PanelArtists]) -> PanelArtists:
        """The artists for a panel that was not in the last frame. In a picture those of another panel are reused."""
        if (panel := self._resting.pop(key, None)) is not None:
            panel.show()
            return panel
        if spare and not self._animated:
            return spare.pop(next(iter(spare)))
        return PanelArtists(self.figure, self.theme, animated=self._animated)

    def _leave(self, panels: dict[str, PanelArtists]) -> None:
        """Hide these panels. A user of a window often comes back to them."""
        for key, panel in panels.items():
            if self._animated and self.panels:
                panel.hide()
                self._resting[key] = panel
            else:
                panel.remove()
        for key in list(self._resting)[:-_MOST_RESTING] if self.panels else list(self._resting):
            self._resting.pop(key).remove()

    def _update_summary(self, board: Board, layout: Layout) -> bool:
        had = self._summary is not None
        if layout.summary is None:
            if self._summary is not None:
                self._summary.remove()
                self._summary = None
            return had
        if self._summary is None:
            self._summary = SummaryArtists(self.figure, self.theme, animated=self._animated)
        self._summary.update(board.summary, board.config, layout.summary, layout.scale, board.summary_left_out)
        return not had

    def _update_runs(self, board: Board, layout: Layout) -> bool:
        had = self.runs is not None
        if layout.runs is None:
            if self.runs is not None:
                self.runs.remove()
                self.runs = None
            return had
        if self.runs is None:
            self.runs = RunListArtists(self.figure, self.theme, animated=self._animated)
        self.runs.update(board.runs, layout.runs, layout.scale, self.chosen_run)
        return not had

    # -- the lines above and below the grid

    def _put_header(self, board: Board, layout: Layout) -> None:
        rect, scale, sizes = layout.header, layout.scale, style.sizes(layout.scale)
        high, low = rect.bottom + 29 * scale, rect.bottom + 9 * scale  # baselines of title and status line
        gap = 24 * scale
        title_room = status_room = rect.width
        if board.headline is not None:
            text, small, colour = board.headline
            text = shorten(printable(text), 0.55 * rect.width, sizes["headline"], bold=True, middle=True)
            small = printable(small)
            if text_width(small, sizes["status"]) > 0.4 * rect.width:
                small = small.rpartition(", ")[0] or small
            small = shorten(small, 0.4 * rect.width, sizes["status"], middle=True)
            self._texts.put(
                text, rect.right, high, size=sizes["headline"], colour=self._palette[colour], align="right", bold=True
            )
            self._texts.put(small, rect.right, low, size=sizes["status"], colour=self._colours["muted"], align="right")
            title_room -= text_width(text, sizes["headline"], bold=True) + gap
            status_room -= text_width(small, sizes["status"]) + gap
        title = shorten(printable(board.title), title_room, sizes["title"], bold=True, middle=True)
        self._texts.put(title, rect.left, high, size=sizes["title"], colour=self._colours["text"], bold=True)
        self._put_status(board, rect.left, low, status_room, sizes["status"])

    def _put_status(self, board: Board, left: float, baseline: float, room: float, size: float) -> None:
        if not shows_already(self._dot, (left, baseline, size, board.header.state)):
            self._dot.set_data([left + 0.4 * size], [baseline + 0.36 * size])
            self._dot.set(color=style.state_colour(board.header.state, self.theme), markersize=0.8 * size)
        x = left + 1.25 * size
        gap = _SEPARATOR * size
        self.zoomed_at = None
        for index, (text, colour) in enumerate(
            status_segments(board.header, board.headline is None, room - 1.25 * size, size)
        ):
            if index:
                self._texts.put("·", x + gap / 2, baseline, size=size, colour=self._colours["muted"], align="center")
                x += gap
            self._texts.put(text, x, baseline, size=size, colour=self._colours[colour])
            if text == board.header.zoomed:
                self.zoomed_at = Rect(x, baseline - 0.4 * size, text_width(text, size), 1.6 * size)
            x += text_width(text, size)

    def _put_notices(self, notices: Sequence[Notice], layout: Layout) -> None:
        """A line for each of the first notices: a dot with the colour of its severity, what happened, and the advice if
        there is room; the last line counts the rest."""
        rect, size = layout.header, style.sizes(layout.scale)["status"]
        line, left = NOTICE * layout.scale, rect.left + 1.25 * size
        for index, notice in enumerate(notices[: layout.notices]):
            baseline = rect.bottom - (index + 0.5) * line - 0.1 * size
            more = len(notices) - layout.notices if index == layout.notices - 1 else 0
            rest = f" · and {more} more" if more > 0 else ""
            colour = self._colours["warning" if notice.severity == "critical" else "idle"]
            self._texts.put("●", rect.left, baseline, size=0.8 * size, colour=colour)
            room = rect.right - left - text_width(rest, size)
            happened, advice = _fitted(printable(notice.text), printable(notice.advice), room - _SEPARATOR * size, size)
            text = shorten(happened, room, size)
            self._texts.put(text, left, baseline, size=size, colour=self._colours["text"])
            end = left + text_width(text, size)
            if room - (end - left) > _ROOM_FOR_ADVICE * size:
                self._texts.put("·", end + _SEPARATOR * size / 2, baseline, size=size, colour=self._colours["muted"],
                                align="center")
                end += _SEPARATOR * size
                advice = shorten(advice, room - (end - left), size)
                self._texts.put(advice, end, baseline, size=size, colour=self._colours["muted"])
                end += text_width(advice, size)
            if rest:
                self._texts.put(rest, end, baseline, size=size, colour=self._colours["muted"])

    def _put_footer(self, board: Board, layout: Layout, hidden: int) -> None:
        parts = [printable(board.hint)] if board.hint else []
        if hidden:
            parts.insert(
                0, "1 more panel does not fit here" if hidden == 1 else f"{hidden} more panels do not fit here"
            )
        if parts:
            rect, size = layout.footer, style.sizes(layout.scale)["note"]
            self._texts.put(
                shorten("  ·  ".join(parts), rect.width, size),
                rect.left,
                rect.bottom + 2 * layout.scale,
                size=size,
                colour=self._colours["muted"],
            )

    def _put_empty(self, board: Board, layout: Layout) -> None:
        """A message in the middle for a run without panels."""
        size = style.sizes(layout.scale)["status"]
        rect = Rect(
            layout.header.left, layout.footer.top, layout.header.width, layout.header.bottom - layout.footer.top
        )
        lines = wrap(printable(board.header.evidence or "no metrics yet"), 0.8 * rect.width, size, 4)
        for row, line in enumerate(lines):
            self._texts.put(
                line,
                rect.left + rect.width / 2,
                rect.bottom + rect.height / 2 - row * 1.6 * size,
                size=size,
                colour=self._colours["muted"],
                align="center",
            )


def status_segments(header: Header, with_metric: bool, room: float, size: float) -> list[Segment]:
    """The parts of the status line that fit into `room` points, in reading order. Problems come first, then the main
    metric (if nothing else shows it), then progress and age."""
    state: Segment = (header.standing, "text")
    zoomed = [(header.zoomed, "good")] if header.zoomed else []
    problems = [(printable(text), "warning") for text in header.problems]
    metric = [(printable(header.metric), "text")] if with_metric and header.metric else []
    progress = [(printable(text), "muted") for text in header.progress]
    explained = header.state in ("failed", "stopped", "stalled", "unknown", "waiting") and header.evidence
    age = [(printable(text), "muted") for text in [header.evidence if explained else header.age] if text]
    order = [state, *zoomed, *progress, *metric, *age, *problems]
    free = room - text_width(state[0], size)
    kept: list[Segment] = []
    for segment in [*zoomed, *problems, *metric, *progress, *age]:
        width = _SEPARATOR * size + text_width(segment[0], size)
        if width > free and segment in problems and kept in ([], zoomed):
            segment_room = free - _SEPARATOR * size
            short = (shorten(segment[0], segment_room, size), segment[1])
            order[order.index(segment)] = short
            segment, width = short, free
        if width <= free and segment[0]:
            kept.append(segment)
            free -= width
    return [state, *_in_order(order[1:], kept)]


def _in_order(order: Sequence[Segment], kept: Sequence[Segment]) -> list[Segment]:
    left = list(kept)
    segments = []
    for segment in order:
        if segment in left:
            left.remove(segment)
            segments.append(segment)
    return segments


def _fitted(text: str, advice: str, room: float, size: float) -> tuple[str, str]:
    """The notice and the advice, shortened if there is no room for everything: without the text after the first clause,
    and without the folders of a path."""
    first, action = text.split("; ")[0], advice.split("; ")[0]
    for happened, what_to_do in ((text, advice), (first, advice), (first, action)):
        if text_width(f"{happened}{what_to_do}", size) <= room:
            return happened, what_to_do
    return first, _FOLDERS.sub("", action)
