"""Artists that tell whether they show the same as before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.views.mpl.kept import KeptStrokes, shows_already
from livemon.views.mpl.strokes import FastLine
from livemon.views.mpl.text_pool import points_of


def test_a_version_for_each_thing_that_is_shown() -> None:
    """Who shows the same again keeps its version; who shows something else has another, also on the way back."""
    artist, versions = KeptStrokes([]), []
    for what in ("a", "a", "b", "a"):
        assert shows_already(artist, what) == (versions[-1:] == [artist.version] and what == "a" and len(versions) == 1)
        versions.append(artist.version)
    assert versions[0] == versions[1] and len(set(versions)) == 3
    assert KeptStrokes([]).version == 0


@pytest.mark.parametrize("make", [
    lambda figure: KeptStrokes([[(0.2, 0.9), (0.5, 0.1)]], linewidth=7),
    lambda figure: KeptStrokes([[(40.0, 20.0), (60.0, 90.0)], [(10.0, 30.0), (20.0, 30.0)]], linewidth=5,
                               transform=points_of(figure)),
    lambda figure: FastLine([0.0, 1.0], [1.0, 0.0], marker="o", markersize=18, clip_on=False),
    lambda figure: FastLine([30.0], [60.0], marker="o", markersize=18, transform=points_of(figure)),
])
def test_all_ink_lies_within_the_extent(make: Any) -> None:
    """What an artist draws lies within what it says."""
    figure = Figure(figsize=(4, 3), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.2, 0.2, 0.6, 0.6))
    axes.set(xticks=[], yticks=[], frame_on=False)
    artist = make(figure)
    if artist.is_transform_set():
        figure.add_artist(artist)
    else:
        axes.add_artist(artist)
    canvas.draw()
    rows, columns = np.nonzero((np.asarray(canvas.buffer_rgba())[:, :, :3] < 255).any(axis=2))
    left, bottom, right, top = artist.extent(canvas.get_renderer())
    assert len(rows) and left <= columns.min() and columns.max() < right
    assert bottom <= 300 - rows.max() - 1 and 300 - rows.min() <= top
