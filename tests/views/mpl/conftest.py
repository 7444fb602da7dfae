"""What stands in a figure."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from livemon.views.mpl.label_places import overlap


def axes_of(figure: Figure, title: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def texts_of(figure: Figure) -> list[Text]:
    """Every text that is seen."""
    found = [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip()
    ]
    hidden = {id(part) for axes in figure.axes for part in axes.findobj(Text) if not _seen(axes, part)}
    return [text for text in found if id(text) not in hidden]


def _seen(axes: Axes, text: Any) -> bool:
    ticks = [*axes.xaxis.get_ticklabels(), *axes.yaxis.get_ticklabels()]
    shown = [*ticks, axes.xaxis.label, axes.title, axes._left_title]  # type: ignore[attr-defined]
    return any(text is other for other in shown)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts_of(figure)]


@pytest.fixture(name="axes_of")
def _axes_of() -> Callable[[Figure, str], Axes]:
    """Finds the axes of a panel by its title."""
    return axes_of


@pytest.fixture(name="texts_of")
def _texts_of() -> Callable[[Figure], list[Text]]:
    """Finds every text of a figure that is seen."""
    return texts_of


@pytest.fixture(name="words")
def _words() -> Callable[[Figure], list[str]]:
    """Finds the words of every text of a figure that is seen."""
    return words


def collisions(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other, and texts that leave the figure (paired with "")."""
    figure.canvas.draw()
    boxes = []
    for text in texts_of(figure):
        box = text.get_window_extent()
        boxes.append((text.get_text(), (box.x0 + 1, box.y0 + 1, box.x1 - 1, box.y1 - 1)))
    width, height = figure.bbox.width, figure.bbox.height
    outside = [
        (text, "") for text, box in boxes if box[0] < -2 or box[1] < -2 or box[2] > width + 2 or box[3] > height + 2
    ]
    pairs = itertools.combinations(boxes, 2)
    return outside + [(one, other) for (one, box), (other, other_box) in pairs if overlap(box, other_box)]


@pytest.fixture(name="collisions")
def _collisions() -> Callable[[Figure], list[tuple[str, str]]]:
    """Finds the texts of a figure that cover each other or leave it."""
    return collisions
