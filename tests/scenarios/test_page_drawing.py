"""What the page puts on its canvases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.chromium import Tab
from tests.page import browser, tabs, watch, write_run

__all__ = ["browser", "tabs", "watch"]

# The path of one line of a panel of 1000 x 100 pixels, whose x goes from 0 to 1000 and y from 0 to 100.
PATH = """import('./page/draw.js').then(({drawPanel}) => { const path = []; let isLine = true;
  const ctx = new Proxy({}, {get: (all, name) => (...at) => {
    if (isLine && (name === 'lineTo' || name === 'moveTo')) path.push([name === 'moveTo' ? 1 : 0, at[0], 100 - at[1]]);
    if (name === 'stroke') isLine = false; }, set: () => true});
  const u = {ctx, bbox: {left: 0, top: 0, width: 1000, height: 100}, scales: {x: {min: 0, max: 1000, distr: 1},
    y: {min: 0, max: 100, distr: 1}}};
  const line = {kind: 'main', x: XS, y: YS.map((y) => y ?? NaN), dash: 'solid', colour: 'blue'};
  drawPanel(u, {bands: [], boxes: [], marks: [], lines: [line]}, livemon.table, livemon.colours, 1); return path; })"""


@pytest.fixture
def path(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> Callable[..., np.ndarray]:
    """Gives the path that the page draws of a curve: whether the pen was up before, x and y."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run", once=True))

    def of(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        values = [None if np.isnan(y) else y for y in ys.tolist()]
        script = PATH.replace("XS", json.dumps(xs.tolist())).replace("YS", json.dumps(values))
        return np.array(tab.do(script), float)

    return of


def test_a_stroke_passes_every_point_by_less_than_a_fifth_of_a_pixel(path: Callable[..., np.ndarray]) -> None:
    """The path of a smooth curve has few of its points, and passes each of the others by less than 0.2 pixels; the
    ends, a spike, and both sides of a gap are in it as they are; of noise all points are."""
    xs = np.linspace(0, 1000, 4001)
    smooth = 50 + 40 * np.sin(xs / 150)
    ys = smooth.copy()
    ys[1234] = 99.5
    ys[3000:3010] = np.nan
    made = path(xs, ys)
    kept = {(x, y) for _, x, y in made.tolist()}
    for index in (0, 1233, 1234, 1235, 2999, 3010, 4000):
        assert any(abs(xs[index] - x) < 1e-9 and abs(ys[index] - y) < 1e-9 for x, y in kept), index
    assert made[:, 0].sum() == 2 and len(made) < 200
    parts = np.split(made, np.flatnonzero(made[:, 0])[1:])
    for part, some in zip(parts, (slice(0, 3000), slice(3010, None)), strict=True):
        assert np.abs(np.interp(xs[some], part[:, 1], part[:, 2]) - ys[some]).max() < 0.2
    noise = np.random.default_rng(0).uniform(0, 100, 500)
    assert len(path(np.arange(500.0), noise)) >= 490
    steep = path(np.array([5.0, 5.0, 5.0, 6.0]), np.array([1.0, 90.0, 2.0, 2.0]))
    assert [5.0, 90.0] in steep[:, 1:].tolist()


# A plot of 1000 x 200 pixels with a curve that falls from its upper left corner; the words of three marks at each x.
SPACES = """import('./page/words.js').then(({spaceFor}) => { const xs = Array.from({length: 1001}, (_, i) => i);
  const line = {x: xs, y: xs.map((x) => 20 + 180 * Math.exp(-x / 40))};
  return [0, 3, 500, 998].map((at) => { const plot = {x: (x) => x, y: (y) => 200 - y, left: 0, top: 0, right: 1000,
      bottom: 200, taken: [], lines: [line]};
    return [18, 18, 190].map((y) => { const space = spaceFor(plot, at, y, 5, 70, 1); plot.taken.push(space);
      const under = line.x.filter((x) => x >= space.left && x <= space.right).map((x) => 200 - line.y[x]);
      return {...space, isCrossed: under.some((y) => y > space.top && y < space.bottom)}; }); }); })"""


def test_words_cover_neither_a_curve_nor_each_other(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """The words of marks stay within the plot, at its left and right edges too, keep off the curve where there is
    space near the mark, and never lie over each other."""
    write_run(tmp_path / "run")
    for spaces in tabs(watch(tmp_path / "run", once=True)).do(SPACES):
        for number, space in enumerate(spaces):
            assert space["left"] >= 0 and space["right"] <= 1000 and space["top"] >= -2 and space["bottom"] <= 202
            assert not space["isCrossed"]
            for other in spaces[:number]:
                assert space["top"] >= other["bottom"] or space["bottom"] <= other["top"] or (
                    space["left"] >= other["right"] or space["right"] <= other["left"])


@pytest.mark.parametrize(("width", "height", "fills"), [(1280, 1400, True), (2560, 1440, True), (1280, 500, False)])
def test_few_panels_fill_a_high_window(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab], width: int, height: int, fills: bool
) -> None:
    """Few panels grow to the height of the window, but never beyond it, nor much higher than they are wide; in a low
    window and on a phone they have the height that many panels have, or fill their row."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run", once=True), width=width, height=height)
    size = ("(() => { const box = [...document.querySelectorAll('.plot')].at(-1).getBoundingClientRect(); "
            "return BODY; })()")
    plot = size.replace("BODY", "[box.width, box.height]")
    if fills:
        tab.wait(size.replace("BODY", f"box.bottom > {0.6 * height}"))
        assert tab.do("document.documentElement.scrollHeight") <= height
        assert tab.do(plot)[1] <= tab.do(plot)[0]
    else:
        assert tab.do("Math.min(...[...document.querySelectorAll('.plot')].map((plot) => plot.offsetHeight))") == 210
    tab.resize(390, height)
    tab.wait(size.replace("BODY", "box.height === 210"))
