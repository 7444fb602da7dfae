"""Whether everybody can use the page of `--view browser`: axe-core in each of its states, and the keyboard alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import chromium
from tests.chromium import Tab
from tests.page import browser, tabs, watch, write_run
from tests.scenarios.test_page_runs import write_runs

__all__ = ["browser", "tabs", "watch"]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = ("axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) => "
              "`${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' ; ')}`))")
FOCUS = ("(() => { const at = document.activeElement; "
         "return at.id || at.dataset.key || at.textContent.slice(0, 60); })()")


@pytest.fixture
def axe() -> Callable[[Tab], list[str]]:
    """What axe-core finds wrong in a tab. Its script comes through the DevTools: the page's policy refuses others."""
    chromium.must_run(None if AXE.is_file() else "no axe-core here (make node_modules)")

    def violations(tab: Tab) -> list[str]:
        tab.do("document.activeElement.blur()")
        if not tab.do("typeof axe === 'object'"):
            tab.do(AXE.read_text(encoding="utf-8") + "; undefined")
        found: list[str] = tab.do(VIOLATIONS)
        return found

    return violations


def test_axe_finds_nothing_wrong_with_one_run(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab], axe: Callable[[Tab], list[str]]
) -> None:
    """No violation in the panels, light and dark, in the help, in what can be saved, in the settings, at a phone's
    width, and while nothing is there yet."""
    write_run(tmp_path / "run").append(step=300, train_loss=math.nan)
    (tmp_path / "run" / "config.json").write_text('{"lr": 0.1, "seed": 3}')
    tab = tabs(watch(tmp_path / "run"))
    tab.wait("document.querySelectorAll('canvas').length > 1 && document.querySelector('#notices li') !== null")
    assert axe(tab) == []
    tab.key("d")
    assert axe(tab) == []
    for key in ("?", "e"):
        tab.key(key)
        tab.wait("document.getElementById('dialog').open")
        assert axe(tab) == []
        tab.do("document.getElementById('dialog').close()")
    tab.do("document.querySelector('[data-do=settings]').click()")
    assert axe(tab) == []
    tab.do("document.getElementById('dialog').close()")
    tab.do("livemon.move({action: 'curve', metric: 'val_loss'})")
    tab.wait("document.querySelector('.is-hidden') !== null")
    tab.resize(360, 700)
    assert axe(tab) == []


def test_axe_finds_nothing_wrong_with_several_runs(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab], axe: Callable[[Tab], list[str]]
) -> None:
    """No violation with the list of runs, their settings as lines and side by side, in both looks, nor where no row has
    come yet."""
    tab = tabs(watch(write_runs(tmp_path / "runs"), once=True))
    tab.key("Escape")
    tab.wait("document.querySelectorAll('#runs .run').length === 4")
    tab.do("livemon.runs.lines.click()")
    assert axe(tab) == []
    tab.key("d")
    tab.resize(390, 800)
    assert axe(tab) == []
    tab.do("document.querySelector('[data-do=settings]').click()")
    assert axe(tab) == []
    (tmp_path / "waiting").mkdir()
    (tmp_path / "waiting" / "metrics.csv").write_text("step,loss\n")
    waiting = tabs(watch(tmp_path / "waiting"))
    assert axe(waiting) == []


def test_the_keyboard_reaches_everything(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Tab alone reaches the filter, every tool, the list of runs with its checks and buttons, the names of curves and
    each panel, in the order in which they stand, and the focus is seen; Enter opens a run, and saves."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    tab.key("Escape")
    tab.wait("document.querySelectorAll('#runs .run').length === 4")
    seen = []
    for _ in range(80):
        tab.key("Tab")
        seen.append(tab.do(FOCUS))
        if seen[-1] != "":
            assert tab.do("document.activeElement === document.body "
                          "|| getComputedStyle(document.activeElement).outlineStyle !== 'none'"), seen[-1]
        if seen[-1].startswith("best"):
            break
    order = ["filter", "axis", "limits", "runs-button", "settings", "save", "sort best", "draw run0", "run0", "run3"]
    places = [seen.index(name) for name in order]
    assert places == sorted(places)
    tab.do("document.querySelector('[data-do=save]').focus()")
    tab.key("Enter")
    tab.wait("document.getElementById('dialog').open")
    tab.key("Escape")
    tab.wait("!document.getElementById('dialog').open")
    tab.do("document.querySelector('#runs .run').focus()")
    tab.key("Enter")
    tab.wait("livemon.board.parts.lens.runs && livemon.board.parts.lens.runs.length === 1")
