"""A window at every size, with few metrics and many, of one run and of several: nothing covers anything, and nothing
moves that has not changed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards import Lens
from livemon.boards.runs_maker import RunsMaker
from livemon.runs.experiment import ExperimentLoader
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.label_places import overlap
from livemon.views.style import context

SIZES = [(640, 400), (1280, 800), (1920, 1080), (3840, 2160)]
NAMES = ["val_loss", "train_loss", "val_acc", "grad_norm", "learning_rate", "tokens_per_second", "mae", "entropy",
         "a_metric_with_a_long_name_indeed", "zebra", *(f"layer{number}_norm_q{number % 7}" for number in range(50))]


class Runs:
    """So many runs in files that go on."""

    standings, are_over, are_all_read = None, False, True

    def __init__(self, folder: Path, runs: int, metrics: int) -> None:
        self.metrics, self.step = NAMES[:metrics], 0
        self.loaders: dict[str, ExperimentLoader] = {}
        for number in range(runs):
            path = folder / f"lr{10.0 ** -number:g}_wd0.{number}"
            path.mkdir()
            (path / "metrics.csv").write_text(",".join(["step", *self.metrics]) + "\n", encoding="utf-8")
            self.loaders[path.name] = ExperimentLoader(path)

    def given(self) -> list[str]:
        """All of them."""
        return list(self.loaders)

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        """All of them."""
        return self.loaders

    def go_on(self, rows: int, metrics: int | None = None) -> None:
        """Log so many rows more, of so many of the metrics."""
        for number, run in enumerate(self.loaders.values()):
            with open(run.exp_dir / "metrics.csv", "a", encoding="utf-8") as file:
                for step in range(self.step, self.step + rows):
                    noise = 1 + 0.05 * np.sin(step * (number + 7))
                    values = [f"{noise * (index + 1) * (0.1 + np.exp(-step / 300)) * 0.9**number:.5g}"
                              for index in range(len(self.metrics))]
                    file.write(",".join([str(step), *values[:metrics],
                                         *[""] * (0 if metrics is None else len(values) - metrics)]) + "\n")
            run.refresh()
        self.step += rows

    def end(self) -> None:
        """Say that all have finished."""
        for run in self.loaders.values():
            (run.exp_dir / "livemon.json").write_text('{"state": "finished"}', encoding="utf-8")


def figure_of(size: tuple[int, int]) -> Figure:
    figure = Figure(figsize=(size[0] / 100, size[1] / 100), dpi=100)
    FigureCanvasAgg(figure)
    return figure


def covered(figure: Figure) -> list[str]:
    """Texts that cover each other, or leave the figure."""
    boxes = []
    for text in figure.findobj(lambda artist: hasattr(artist, "get_text")):
        axes = getattr(text, "axes", None)
        if text.get_text() and text.get_visible() and (axes is None or axes.get_visible()):
            box = text.get_window_extent()
            boxes.append((text.get_text(), (box.x0 + 1, box.y0 + 1, box.x1 - 1, box.y1 - 1)))
    width, height = figure.bbox.width, figure.bbox.height
    out = [text for text, box in boxes if min(box[:2]) < -2 or box[2] > width + 2 or box[3] > height + 2]
    return out + [f"{text} / {other}" for (text, box), (other, below) in itertools.combinations(boxes, 2)
                  if overlap(box, below)]


@pytest.mark.parametrize(("runs", "metrics"), [(1, 1), (1, 4), (1, 12), (1, 60), (3, 4), (3, 60)])
def test_nothing_covers_anything(tmp_path: Path, runs: int, metrics: int) -> None:
    """At each size all texts stand free and within the window; a smaller window has fewer columns, never more, and
    shows the first panels; the text is never smaller than can be read."""
    source = Runs(tmp_path, runs, metrics)
    source.go_on(120)
    board = RunsMaker(source).dashboard(1e9)
    columns, shown = [], []
    for size in SIZES:
        figure = figure_of(size)
        with context("dark"):
            painter = Painter(figure, "dark", animated=True)
            painter.update(board)
            figure.draw_without_rendering()  # ticks have their texts then
        assert covered(figure) == [], size
        assert painter.layout is not None
        columns.append(painter.layout.columns)
        shown.append(list(painter.panels))
        sizes = [text.get_fontsize() * figure.dpi / 72 for text in figure.findobj(
            lambda artist: hasattr(artist, "get_fontsize")) if text.get_text()]
        assert min(sizes) >= 9, size
    assert columns == sorted(columns)
    keys = [panel.key for panel in board.panels]
    assert all(panels == keys[: len(panels)] for panels in shown) and shown[-1] == keys


@pytest.mark.parametrize("runs", [1, 3])
def test_nothing_moves(tmp_path: Path, runs: int) -> None:
    """While runs go on, and at their end, each panel keeps its place and its axes their edges; a metric that appears
    later stands behind the others."""
    source = Runs(tmp_path, runs, 6)
    maker = RunsMaker(source)
    figure = figure_of((1280, 800))
    with context("dark"):
        painter = Painter(figure, "dark", animated=True)

        def places(rows: int, metrics: int | None = None) -> dict[str, tuple[float, ...]]:
            source.go_on(rows, metrics)
            painter.update(maker.dashboard(1e9))
            spaces = {key: artists.space for key, artists in painter.panels.items()}
            return {key: (space.axes.left, space.axes.bottom, space.axes.right, space.axes.top)
                    for key, space in spaces.items() if space is not None}

        first = places(50, 4)
        for _ in range(6):
            assert places(37, 4) == first
        more = places(40)
        assert list(more)[: len(first)] == list(first) and len(more) > len(first)
        for _ in range(3):
            assert places(60) == more
        source.end()
        assert places(1) == more and all(run.ended for run in source.loaders.values())
