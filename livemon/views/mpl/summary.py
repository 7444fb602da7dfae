"""The table of numbers and settings beside the first panel."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from livemon.boards.model import SummaryRow
from livemon.views import style
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.text import printable, shorten, text_width
from livemon.views.mpl.text_pool import TextPool, points_of

__all__ = ["SummaryArtists"]

_HEADS = ("last", "best", "change")
_LINE = 1.56  # the height of a row, in font sizes


class SummaryArtists:
    """metric | last | best | change, with a row for each metric; below it the settings in two columns. Rows that do not
    fit are counted."""

    def __init__(self, figure: Figure, theme: style.Theme, *, animated: bool) -> None:
        self._colours = style.colours(theme)
        self._texts = TextPool(figure, animated=animated)
        self._back = Rectangle((0, 0), 1, 1, facecolor=self._colours["card"], edgecolor="none", zorder=0.5)
        figure.add_artist(self._back)
        self._back.set_transform(points_of(figure))

    def artists(self) -> list[Artist]:
        """All artists, for blitting."""
        return list(self._texts.artists)

    def remove(self) -> None:
        """Remove the artists from the figure."""
        self._texts.remove()
        self._back.remove()

    def update(self, rows: Sequence[SummaryRow], config: Sequence[tuple[str, str]], rect: Rect, scale: float,
               left_out: int = 0) -> None:
        """Show these rows in this rectangle; `left_out`: the number of further metrics."""
        sizes = style.sizes(scale)
        self._back.set_bounds(rect.left, rect.bottom, rect.width, rect.height)
        self._texts.start()
        self._texts.put(
            "summary" if rows else "configuration",
            rect.left,
            rect.top + 6 * scale,
            size=sizes["panel_title"],
            colour=self._colours["text"],
            bold=True,
        )
        inside = Rect(rect.left + 9 * scale, rect.bottom + 4 * scale, rect.width - 18 * scale, rect.height - 8 * scale)
        line = _LINE * sizes["table"]
        room = int(inside.height // line)
        pairs = 2 if inside.width > 210 * scale else 1
        table, settings = share_rows(room, len(rows) + (left_out > 0), -(-len(config) // pairs))
        top = inside.top
        if rows and table:
            top = self._put_table(rows, table, inside, line, sizes["table"], scale, left_out)
        if settings:
            top -= 0.5 * line if rows and table else 0.0
            self._put_config(
                config,
                settings,
                pairs,
                Rect(inside.left, inside.bottom, inside.width, top - inside.bottom),
                line,
                sizes["table"],
                scale,
            )
        self._texts.finish()

    def _put_table(
        self, rows: Sequence[SummaryRow], room: int, inside: Rect, line: float, size: float, scale: float, left_out: int
    ) -> float:
        """The header and as many rows as fit (header included). Returns the lower end."""
        shown = list(rows[: room - 1])
        if len(shown) < len(rows) or (left_out and room - 1 == len(rows)):
            shown = shown[:-1]
        left_out += len(rows) - len(shown)
        columns = _columns([row.cells for row in rows], inside.width, size, scale)
        baseline = inside.top - 0.5 * line - 0.36 * size
        name_right = inside.left + inside.width
        for column, right, width in columns:
            at = inside.left + inside.width - right
            self._texts.put(_HEADS[column], at, baseline, size=size, colour=self._colours["muted"], align="right")
            for number, row in enumerate(shown, 1):
                colour = self._colours["muted" if column == 2 else "text"]
                self._texts.put(
                    row.cells[column], at, baseline - number * line, size=size, colour=colour, align="right", mono=True
                )
            name_right = min(name_right, at - width)
        for number, row in enumerate(shown, 1):
            name = shorten(printable(row.metric), name_right - inside.left - 6 * scale, size, middle=True)
            self._texts.put(name, inside.left, baseline - number * line, size=size, colour=self._colours["muted"])
        used = 1 + len(shown)
        if left_out:
            self._texts.put(
                f"+ {left_out:,} more",
                inside.left,
                baseline - used * line,
                size=size,
                colour=self._colours["muted"],
            )
            used += 1
        return inside.top - used * line

    def _put_config(
        self,
        config: Sequence[tuple[str, str]],
        room: int,
        pairs: int,
        inside: Rect,
        line: float,
        size: float,
        scale: float,
    ) -> None:
        shown = list(config[: room * pairs])
        if len(shown) < len(config):
            shown = shown[:-1]
        half = inside.width / pairs
        keys = [shorten(printable(key), 0.55 * half, size, middle=True) for key, _ in shown]
        for index, (key, (_, value)) in enumerate(zip(keys, shown, strict=True)):
            row, side = divmod(index, pairs)
            left = inside.left + side * half
            key_width = max(text_width(keys[index], size) for index in range(side, len(keys), pairs)) + 8 * scale
            baseline = inside.top - (row + 0.5) * line - 0.36 * size
            self._texts.put(key, left, baseline, size=size, colour=self._colours["muted"])
            text = shorten(printable(value), half - key_width - 8 * scale, size, middle=True)
            self._texts.put(text, left + key_width, baseline, size=size, colour=self._colours["text"])
        if len(shown) < len(config):
            row, side = divmod(len(shown), pairs)
            self._texts.put(
                f"+ {len(config) - len(shown)} more",
                inside.left + side * half,
                inside.top - (row + 0.5) * line - 0.36 * size,
                size=size,
                colour=self._colours["muted"],
            )


def share_rows(room: int, metrics: int, settings: int) -> tuple[int, int]:
    """How the lines are shared: (those of the table with its header, those of the settings), with half a line between
    them. If not everything fits, the settings keep up to a third."""
    table = metrics + 1 if metrics else 0
    gap = 1 if table and settings else 0
    if table + gap + settings <= room:
        return table, settings
    kept = min(settings, max(room // 3, room - gap - table)) if table else settings
    if kept <= 0 or (table and room < 9):
        return min(table, room), 0
    return max(min(table, room - kept - gap), 0), min(kept, room)


def _columns(
    cells: Sequence[tuple[str, str, str]], width: float, size: float, scale: float
) -> list[tuple[int, float, float]]:
    """The number columns that fit: (column, distance of its right edge from the table's right edge, width). The name
    keeps a third of the width; best is dropped first, then change."""
    gap = 10 * scale
    widths = []
    for column, head in enumerate(_HEADS):
        longest = max(
            [7, *(len(cell[column]) for cell in cells)]
        )  # at least 7 characters: a column must not jump with its numbers
        widths.append(max(text_width("0", size, mono=True) * longest, text_width(head, size)) + gap)
    for wanted in ((0, 1, 2), (0, 2), (0,)):
        if sum(widths[column] for column in wanted) <= 0.68 * width or wanted == (0,):
            break
    placed, right = [], 0.0
    for column in reversed(wanted):
        placed.append((column, right, widths[column]))
        right += widths[column]
    return placed
