"""The list of runs in a figure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.run_row import RunRow
from livemon.views.mpl.layout import Rect, arrange
from livemon.views.mpl.run_list import RunListArtists, first_row

SICK = RunRow("sick", "sick", "failed", "killed", 100.0, None, None, "val_loss", "min", float("nan"), 0.5, 90.0,
              (3.0, 2.0, 1.0), None, "critical", "killed, NaN since 90", is_shown=True, colour="orange")
WELL = RunRow("well", "well", "running", "", 200.0, 1000, 3600.0, "val_loss", "min", 0.25, 0.25, 200.0,
              (3.0, 1.0, 0.25), 4.0, "healthy", "", (("lr", "0.1"),))


def texts(list_of_runs: RunListArtists) -> list[str]:
    return [artist.get_text() for artist in list_of_runs.artists() if hasattr(artist, "get_text")]


def drawn(rows: list[RunRow], width: float, height: float = 300.0, chosen: str = "") -> RunListArtists:
    made = RunListArtists(Figure(figsize=(20, 10)), "dark", animated=False)
    made.update(rows, Rect(10, 10, width, height), 1.0, chosen)
    return made


def test_all_columns_where_there_is_room() -> None:
    """A row says how a run stands, how far and how good it is, and what is wrong or by what it differs."""
    shown = texts(drawn([SICK, WELL], 900))
    assert {"sick", "failed (killed)", "NaN", "killed, NaN since 90", "well", "running", "200/1,000", "1h00", "0.250",
            "0.250 @ 200", "lr=0.1", "4 s", "val_loss ↓", "2 runs"} <= set(shown)


@pytest.mark.parametrize("width", [120, 200, 300, 420, 700])
def test_columns_do_not_touch(width: float) -> None:
    """At any width the columns that stay have their room; the name and the newest value stay longest."""
    made = drawn([SICK, WELL], width)
    assert {"sick", "well"} <= set(texts(made)) or width < 150
    figure = made.artists()[0].get_figure(root=True)
    assert isinstance(figure, Figure)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [artist.get_window_extent(renderer) for artist in made.artists() if hasattr(artist, "get_text")]
    assert not any(one.overlaps(other) and one is not other and min(one.x1, other.x1) - max(one.x0, other.x0) > 2
                   and min(one.y1, other.y1) - max(one.y0, other.y0) > 2
                   for place, one in enumerate(boxes) for other in boxes[:place])


def test_more_runs_than_rows() -> None:
    """As many rows as there is room for stand around the chosen one; how many more there are is said."""
    rows = [replace(WELL, name=f"r{number}") for number in range(60)]
    made = drawn(rows, 600, 200, "r40")
    names = [name for _, name in made.places]
    assert "r40" in names and len(names) < 20 and f"{60 - len(names)} more: up, down" in texts(made)
    rect = next(rect for rect, name in made.places if name == "r40")
    assert made.name_at(rect.left + 1, rect.bottom + 1) == "r40" and made.name_at(0, 0) is None


@pytest.mark.parametrize(("chosen", "room", "first"), [("", 3, 0), ("a", 3, 0), ("e", 3, 3), ("f", 3, 3), ("c", 9, 0)])
def test_the_first_row(chosen: str, room: int, first: int) -> None:
    """It is such that the chosen one is shown, and that no room is left over at the end."""
    assert first_row("abcdef", chosen, room) == first


@pytest.mark.parametrize(("width", "beside"), [(640, False), (922, True), (2765, True)])
def test_beside_the_panels_where_there_is_room(width: float, beside: bool) -> None:
    """The list stands left of the panels and moves them; where there is no room it stands in their place."""
    layout = arrange(width, 0.6 * width, [2, 1, 1], summary=False, columns=3, runs=True)
    assert layout.runs is not None and bool(layout.panels) is beside
    assert all(layout.runs.right < panel.left for panel in layout.panels)
    assert layout.runs.top < layout.header.bottom and layout.runs.bottom > layout.footer.top
