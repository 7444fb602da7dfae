"""The page on a phone: fingers on a plot, the menu of a panel, tools and findings in little room."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.chromium import Tab
from tests.page import browser, tabs, watch, write_run
from tests.scenarios.test_page_runs import write_runs

__all__ = ["browser", "tabs", "watch"]

LOW, HIGH = (f"livemon.views.get(livemon.board.order[0]).panel.x_limits[{end}]" for end in (0, 1))
ZOOM = "livemon.board.parts.lens.zoom || ''"
Finger = tuple[float, float]


def touch(tab: Tab, kind: str, *fingers: Finger) -> None:
    """A touch event: "touchStart", "touchMove", "touchEnd"."""
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
    tab.ask("Input.dispatchTouchEvent", type=kind, touchPoints=points)


def slide(tab: Tab, start: Sequence[Finger], end: Sequence[Finger], pause: float = 0.0) -> None:
    """Move fingers from here to there, with a pause of some seconds between two movements."""
    touch(tab, "touchStart", *start)
    for step in range(1, 9):
        time.sleep(pause)
        touch(tab, "touchMove", *((x + (to_x - x) * step / 8, y + (to_y - y) * step / 8)
                                  for (x, y), (to_x, to_y) in zip(start, end, strict=True)))
    touch(tab, "touchEnd")


def phone(tab: Tab) -> tuple[float, float, float, float]:
    """Make the tab a phone's; where the first plot is: left, top, width, height."""
    tab.ask("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    tab.ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    tab.wait("innerWidth === 390 && document.querySelector('.u-over').clientWidth < 390")
    left, top, width, height = tab.do(
        "(() => { const box = livemon.views.get(livemon.board.order[0]).plot.over.getBoundingClientRect(); "
        "return [box.x, box.y, box.width, box.height]; })()")
    return left, top, width, height


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_two_fingers_zoom_and_one_pans(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab], pause: float
) -> None:
    """Two fingers that part zoom x, and the steps under them stay there; then one that moves sideways pans; two that
    close again show all. The page is neither zoomed nor scrolled by it. It is the same where the fingers rest so long
    that boards come meanwhile, which may replace the plot under them."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run", once=True))
    left, top, width, height = phone(tab)
    middle = top + height / 2
    low, high = tab.do(f"[{LOW}, {HIGH}]")

    def step_at(share: float) -> float:
        return float(low + (high - low) * share)

    slide(tab, [(left + 0.4 * width, middle), (left + 0.6 * width, middle)],
          [(left + 0.1 * width, middle), (left + 0.9 * width, middle)], pause)
    tab.wait(f"Math.abs({LOW} + 0.1 * ({HIGH} - {LOW}) - {step_at(0.4)}) < {0.02 * (high - low)}")
    tab.wait(f"Math.abs({LOW} + 0.9 * ({HIGH} - {LOW}) - {step_at(0.6)}) < {0.02 * (high - low)}")
    tab.wait(f"Boolean({ZOOM})")
    new_low, new_high = tab.do(f"[{LOW}, {HIGH}]")
    slide(tab, [(left + 0.7 * width, middle)], [(left + 0.3 * width, middle + 8)], pause)
    tab.wait(f"{LOW} > {new_low + 0.3 * (new_high - new_low)}")
    assert math.isclose(tab.do(f"{HIGH} - {LOW}"), new_high - new_low, rel_tol=0.05)
    slide(tab, [(left + 0.02 * width, middle), (left + 0.98 * width, middle)],
          [(left + 0.48 * width, middle), (left + 0.52 * width, middle)])
    tab.wait(f"({ZOOM}) === ''")
    assert tab.do("[visualViewport.scale, scrollY]") == [1, 0]


def test_one_finger_moves_the_cursor_or_scrolls(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """With all of x in sight, a finger that moves sideways moves the cursor; one that moves upwards over a plot scrolls
    the page, and zooms nothing."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run", once=True))
    left, top, width, height = phone(tab)
    middle = top + height / 2
    slide(tab, [(left + 0.2 * width, middle)], [(left + 0.7 * width, middle + 5)])
    low, high = tab.do(f"[{LOW}, {HIGH}]")
    tab.wait("!document.getElementById('place').hidden")
    assert math.isclose(tab.do("livemon.place"), low + 0.7 * (high - low), abs_tol=0.02 * (high - low))
    slide(tab, [(left + 0.5 * width, middle)], [(left + 0.5 * width + 5, middle - 200)])
    tab.wait("scrollY > 100")
    assert tab.do(ZOOM) == ""


def test_the_menu_of_a_panel(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> None:
    """A tap on the button of a panel opens its menu, where a tap enlarges the panel; with the keyboard, Enter opens it,
    arrows go through it, Enter does it, Escape closes it and the focus is on the button again. Each entry is one of the
    table of keys."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run", once=True))
    phone(tab)
    x, y = tab.do("(() => { const box = document.querySelector('.opens-menu').getBoundingClientRect(); "
                  "return [box.x + box.width / 2, box.y + box.height / 2]; })()")
    touch(tab, "touchStart", (x, y))
    touch(tab, "touchEnd")
    tab.wait("document.querySelector('.menu:popover-open') !== null")
    words = tab.do("[...document.querySelectorAll('.menu span')].map((one) => one.textContent)")
    assert len(words) == 6
    assert set(words) <= set(tab.do("livemon.table.keys.map((key) => key.words)"))
    assert tab.do("(() => { const box = document.querySelector('.menu').getBoundingClientRect(); "
                  "return box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight; })()")
    tab.do("document.querySelector('.menu button').click()")
    tab.wait("livemon.board.parts.lens.large !== undefined && document.querySelector('.menu') === null")
    tab.do("document.querySelector('.opens-menu').focus()")
    tab.key("Enter")
    tab.wait("document.activeElement.closest('.menu') !== null")
    tab.key("Escape")
    tab.wait("document.activeElement.matches('.opens-menu') && document.querySelector('.menu') === null")
    assert tab.do("document.activeElement.getAttribute('aria-expanded')") == "false"
    tab.key("Enter")
    tab.wait("document.activeElement.closest('.menu') !== null")
    tab.key("ArrowDown")
    assert "logarithmic" in tab.do("document.activeElement.textContent")
    scale = tab.do("livemon.views.get('loss').panel.y_scale")
    tab.key("Enter")
    tab.wait(f"livemon.views.get('loss').panel.y_scale !== {scale!r}")


def test_a_phone_has_room_for_curves(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> None:
    """At a phone's width one row of tools is open, from which all others are reached; of several findings, the first
    two lines; a button shows the rest."""
    runs = write_runs(tmp_path / "runs")
    for run in runs:
        with (run / "metrics.csv").open("a") as file:
            file.writelines(f"{step},nan,nan\n" for step in range(1000, 1020))
    tab = tabs(watch(runs, once=True))
    tab.wait("document.querySelectorAll('#notices li').length > 2")
    phone(tab)
    assert tab.do("document.getElementById('top').offsetHeight") < 0.25 * 844
    assert tab.do("[...document.querySelectorAll('#notices li')].filter((one) => one.offsetHeight).length") == 1
    tab.click("#all-tools")
    assert tab.do("document.querySelector('[data-do=save]').offsetHeight") > 0
    tab.click("#all-notices")
    assert tab.do("[...document.querySelectorAll('#notices li')].every((one) => one.offsetHeight)")
    assert tab.do("document.getElementById('all-notices').getAttribute('aria-expanded')") == "true"
    tab.click("#all-notices")
    assert tab.do("[...document.querySelectorAll('#notices li')].filter((one) => one.offsetHeight).length") == 1
