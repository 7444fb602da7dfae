"""What the page tells about the curve under the pointer, and what must not move meanwhile; colours of problems."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

from tests.chromium import Tab
from tests.page import browser, tabs, watch, write_run
from tests.scenarios.test_page_runs import write_runs

__all__ = ["browser", "tabs", "watch"]

PLACES = ("JSON.stringify([...document.querySelectorAll('.panel')].map((one) => { "
          "const box = one.getBoundingClientRect(); return [box.top, box.height]; }))")
ZOOM = "livemon.board.parts.lens.zoom || ''"
COLOUR = "getComputedStyle(document.querySelector('{}')).{}"


def test_a_grey_curve_has_a_name_under_the_pointer(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Pointing at a grey curve of many runs tells its run, by name and settings, and its value, and draws it stronger;
    away from all curves nothing is told. No panel moves meanwhile. The list shows the settings beside the name."""
    tab = tabs(watch(write_runs(tmp_path, runs=12), once=True))
    tab.wait("[...livemon.views.values()].some((view) => view.panel.note.includes('12 runs'))")
    before = tab.do(PLACES)
    x, y, run = tab.do("""(() => {
      const view = livemon.views.get('loss');
      const line = view.panel.lines.find((one) => one.colour === 'grey');
      const box = view.plot.over.getBoundingClientRect();
      return [box.x + view.plot.valToPos(line.x[30], 'x'), box.y + view.plot.valToPos(line.y[30], 'y'), line.run];
    })()""")
    tab.mouse("mouseMoved", x, y)
    tab.wait("document.querySelector('.pointed-name:not([hidden])') !== null")
    words = tab.do("document.querySelector('.pointed-name:not([hidden])').textContent")
    assert re.fullmatch(rf"{run} \(lr=\S+ seed=\d\) \w+ → [\d.e-]+", words)
    assert tab.do("document.querySelector('.pointed path').getAttribute('d').length") > 50
    assert tab.do(PLACES) == before
    box = tab.do("(() => { const box = livemon.views.get('loss').plot.over.getBoundingClientRect(); "
                 "return [box.right - 4, box.top + 4]; })()")
    tab.mouse("mouseMoved", *box)
    tab.wait("document.querySelector('.pointed-name:not([hidden])') === null")
    tab.key("Escape")
    tab.wait("document.querySelectorAll('#runs .run').length === 12")
    assert tab.do("document.querySelector('#runs .of-run small').textContent").startswith("lr=")


def test_zooming_out_goes_one_step_back(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> None:
    """After two steps in, a step out shows a part of the run, and another one all of it."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run", once=True))
    seen = [""]
    for key in ("+", "+", "-", "-"):
        tab.key(key)
        tab.wait(f"({ZOOM}) !== {seen[-1]!r}")
        seen.append(tab.do(ZOOM))
    assert seen[3] != "" and seen[4] == ""


def test_problems_have_the_colour_of_their_severity(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """The header, the list of runs and the findings write what is critical in one colour, and warnings in another."""
    paths = write_runs(tmp_path, runs=2, rows=400)
    rows = (paths[0] / "metrics.csv").read_text().splitlines()
    (paths[0] / "metrics.csv").write_text("\n".join(rows[:300]) + "\n" + "".join(
        f"{step},nan,nan\n" for step in range(300, 400)))
    falls = [(step, 2 * math.exp(-step / 80) + 0.1, 1.0 + 2 * math.exp(-step / 40) + max(0, step - 150) / 200)
             for step in range(400)]
    (paths[1] / "metrics.csv").write_text("step,train_loss,val_loss\n" + "".join(
        f"{step},{train},{val}\n" for step, train, val in falls))
    tab = tabs(watch(paths, once=True))
    tab.key("Escape")
    for severity in ("critical", "warning"):
        tab.wait(f"Boolean(document.querySelector('#notices li.{severity}') "
                 f"&& document.querySelector('td.problem.{severity}'))")
        colours = {tab.do(COLOUR.format(selector, name)) for selector, name in (
            (f"#notices li.{severity}", "borderLeftColor"), (f"#line .problem.{severity}", "color"),
            (f"td.problem.{severity}", "color"))}
        assert len(colours) == 1
