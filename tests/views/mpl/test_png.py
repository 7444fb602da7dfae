"""PNG files: what was on the canvas is in the file, pixel by pixel."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from livemon.views.mpl.png import PngFile


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (70, 200)])
def test_another_program_reads_the_same_pixels_and_the_resolution(shape: tuple[int, int]) -> None:
    """Pillow reads back each pixel with its alpha, and how many dots an inch has."""
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 4), np.uint8)
    file = io.BytesIO()
    PngFile(file, 300).write(memoryview(pixels))
    picture = Image.open(file)
    picture.load()
    assert np.array_equal(np.asarray(picture), pixels)
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_a_figure_is_written_as_it_is_drawn() -> None:
    """A figure that is saved through it is the same picture as matplotlib's own PNG."""
    figure = Figure(figsize=(3, 2), facecolor="#203040")
    FigureCanvasAgg(figure)
    figure.add_subplot().plot([0, 3, 1])
    ours, theirs = io.BytesIO(), io.BytesIO()
    figure.savefig(PngFile(ours, 150), format="raw", dpi=150, facecolor=figure.get_facecolor())
    figure.savefig(theirs, format="png", dpi=150, facecolor=figure.get_facecolor())
    assert np.array_equal(np.asarray(Image.open(ours)), np.asarray(Image.open(theirs)))
