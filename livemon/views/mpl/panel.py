"""One panel in a figure. Its artists are made once; afterwards only their data changes.

A helper for each kind of content keeps its artists (`frame`, `lines`, `marks`, `end_labels`, `boxes`, `rows`); this
module combines them."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livemon.boards.model import Panel
from livemon.views import style
from livemon.views.mpl.boxes import BarArtists, BoxArtists
from livemon.views.mpl.end_labels import EndLabels, labels_of_panel
from livemon.views.mpl.frame import Frame, content_of
from livemon.views.mpl.label_places import Box
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.lines import BandArtists, LineArtists
from livemon.views.mpl.marks import MarkArtists, MarkTexts
from livemon.views.mpl.panel_space import Space, space_of
from livemon.views.mpl.rows import RowArtists, arrange_rows
from livemon.views.mpl.text import printable, shorten, text_width, wrap
from livemon.views.mpl.text_pool import TextPool

__all__ = ["PanelArtists"]


class PanelArtists:
    """Draws one panel into a figure.

    `update` changes the artists and says whether the background (axes, ticks, title) changed; everything else is in
    `artists()`, in drawing order.

    Attributes:
        panel, space: The panel and its position; None before the first.
        names: The boxes of the curves' names, each with its metric and run.
    """

    def __init__(self, figure: Figure, theme: style.Theme, *, animated: bool) -> None:
        self.panel: Panel | None = None
        self.space: Space | None = None
        self.names: list[tuple[Box, str, str]] = []
        self._figure = figure
        self._shown: tuple[object, ...] | None = None  # the last arguments of `update`
        self._colours = style.colours(theme)
        self._frame = Frame(figure, theme)
        self.axes: Axes = self._frame.axes
        self._lines = LineArtists(self.axes, theme, animated=animated)
        self._bands = BandArtists(self.axes, theme, animated=animated)
        self._marks = MarkArtists(self.axes, theme, animated=animated)
        self._boxes = BoxArtists(self.axes, theme, animated=animated)
        self._bars = BarArtists(self.axes, theme, animated=animated)
        self._rows = RowArtists(self.axes, theme, animated=animated)
        self._end_labels = EndLabels(figure, theme, animated=animated)
        self._mark_texts = MarkTexts(theme)
        self._texts = TextPool(figure, animated=animated)

    def artists(self) -> list[Artist]:
        """The moving artists, in drawing order."""
        parts = (self._lines, self._marks, self._boxes, self._bars, self._bands, self._rows, self._end_labels)
        artists = [artist for part in parts for artist in part.artists()]
        return [*sorted(artists, key=lambda artist: artist.get_zorder()), *self._texts.artists]

    def hide(self) -> None:
        """Hide the panel for a while, until `show`."""
        self.axes.set_visible(False)

    def show(self) -> None:
        """Draw it again from the next `update` on."""
        self.axes.set_visible(True)

    def remove(self) -> None:
        """Remove the panel from its figure."""
        self._texts.remove()
        self._end_labels.remove()
        self.axes.remove()

    def update(self, panel: Panel, rect: Rect, scale: float) -> bool:
        """Show `panel` at `rect` (points), with its title above. Returns whether the background changed."""
        wanted = id(panel), rect, scale, float(self._figure.dpi), tuple(self._figure.get_size_inches())
        if wanted == self._shown and panel is self.panel:
            return False
        self._shown = wanted
        space = space_of(panel, rect, scale)
        labels = labels_of_panel(panel, rect, scale)
        rows = arrange_rows(panel.rows, rect, scale, panel.row_limits)
        if panel.rows:
            space = replace(space, axes=rows.axes, x=rows.limits[0], y=rows.limits[1], log_x=rows.log)
        elif labels and not panel.boxes:
            space = self._end_labels.make_room(labels, panel, space)
        self._texts.start()
        changed = self._frame.update(content_of(panel, space, self._put_note(panel, space)))
        self._lines.update(panel.lines, space)
        self._marks.update(panel.marks, space)
        self._boxes.update(panel.boxes, panel.colour, space, self._texts)
        self._bars.update(panel.bars, space)
        self._bands.update(panel.bands)
        self._rows.update(panel.rows, rows, rect, scale, self._texts, panel.row_rule)
        taken = self._end_labels.put(labels, panel, space, self._texts)
        self.panel, self.space = panel, space
        self.names = [(box, label.metric, label.run) for box, label in zip(taken, labels, strict=True)]
        self._mark_texts.put(panel.marks, panel.lines, taken, space, self._texts)
        self._put_message(panel.message, space)
        self._texts.finish()
        return changed

    def _put_note(self, panel: Panel, space: Space) -> str:
        """Draw the note or the warning above the axes' right end. Returns the title, cut to the remaining room."""
        rect, scale, sizes = space.panel, space.scale, style.sizes(space.scale)
        gap, left = 10 * scale, space.panel.width
        title = printable(panel.title)
        if note := panel.warning or panel.note:
            title_width = text_width(title, sizes["panel_title"], bold=True)
            room = max(rect.width - title_width - gap, rect.width * (0.6 if panel.warning else 0.35))
            note = _fewer_parts(printable(note), room, sizes["note"])
            if not panel.warning and rect.width - text_width(note, sizes["note"]) - gap < title_width <= rect.width:
                note = ""
        if note:
            self._texts.put(note, rect.right, rect.top + 6 * scale, size=sizes["note"], align="right",
                            colour=self._colours["warning" if panel.warning else "muted"])
            left -= text_width(note, sizes["note"]) + gap
        return shorten(title, left, sizes["panel_title"], bold=True, middle=True)

    def _put_message(self, message: str, space: Space) -> None:
        if not message:
            return
        rect, size = space.axes, style.sizes(space.scale)["message"]
        lines = wrap(printable(message), rect.width * 0.9, size, max(1, int(rect.height // (1.5 * size))))
        centre = rect.bottom + rect.height / 2 + (len(lines) - 1) * 0.75 * size
        for row, line in enumerate(lines):
            self._texts.put(line, rect.left + rect.width / 2, centre - row * 1.5 * size, size=size, align="center",
                            middle=True, colour=self._colours["muted"])


def _fewer_parts(note: str, room: float, size: float) -> str:
    """As many of the parts between dots as fit; the first one is cut if it is too wide alone."""
    parts = note.split(" · ")
    while len(parts) > 1 and text_width(" · ".join(parts), size) > room:
        parts.pop()
    return shorten(" · ".join(parts), room, size)
