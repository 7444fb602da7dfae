"""The page of `--view browser` in a real Chromium, as somebody uses it: mouse, keys, several tabs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Header
from livemon.live.browser_page import page_of
from livemon.live.watch_request import WatchRequest
from livemon.testing import ScriptedWriter
from tests.chromium import Chromium, Tab
from tests.page import Watching, browser, last_point, process, tabs, watch, write_run

__all__ = ["browser", "process", "tabs", "watch"]

LINE = "document.getElementById('line').textContent"


def test_what_a_training_writes_is_shown_and_a_restarted_server_is_found_again(
    tmp_path: Path, process: Callable[..., Watching], tabs: Callable[..., Tab]
) -> None:
    """A row that is written is in the page a moment later. Ctrl-C with five tabs open ends livemon at once, without a
    traceback; the tabs say so and keep their picture. When livemon starts again on the port, they go on by
    themselves."""
    writer = write_run(tmp_path / "run")
    first = process(tmp_path / "run", "--port", "0")
    opened = [tabs(first.address) for _ in range(5)]
    port = re.search(r":(\d+)/", first.address)
    assert port is not None
    writer.append(step=1000, train_loss=0.125)
    for tab in opened:
        tab.wait(f"{last_point()}[0] === 1000")
    assert "step 1,000" in tab.do(LINE) and " ago" in tab.do(LINE)
    took = first.end()
    assert first.process.returncode == 130 and "Traceback" not in "".join(first.lines)
    assert took < 10.0, took  # test_server.py holds the streams to a second; here the machine may be busy
    for tab in opened:
        tab.wait("!document.getElementById('connection').hidden")
        assert tab.do("document.querySelectorAll('canvas').length") > 0
        line = tab.do(LINE)
        assert re.search(r" as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) and " ago" not in line, line
        assert tab.do("document.title").startswith("○")
    writer.append(step=1001, train_loss=0.0625)
    process(tmp_path / "run", "--port", port.group(1))
    tab.wait(f"{last_point()}[0] === 1001")
    assert tab.do("document.getElementById('connection').hidden")
    assert " ago" in tab.do(LINE) and "as of" not in tab.do(LINE)


def test_a_zoom_finds_a_spike_of_one_step_in_a_million(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """A spike of one step in 1,000,000 is in the overview; dragging around it reads the range again with every point,
    the smoothing unchanged; one step back shows all again."""
    run = tmp_path / "run"
    run.mkdir()
    lines = [f"{step},{0.5 + step % 7 / 100}" for step in range(1_000_000)]
    lines[654_321] = "654321,9.75"
    (run / "metrics.csv").write_text("step,train_loss\n" + "\n".join(lines) + "\n")
    tab = tabs(watch(run, once=True))
    raw = ("livemon.board.panels.get('loss').lines.filter((one) => one.kind === 'raw' || one.kind === 'points')"
           ".some((one) => one.y.some((y, i) => y === 9.75 && one.x[i] === 654321))")
    assert tab.do(raw)
    box = tab.do("(() => { const plot = livemon.views.get('loss').plot, b = plot.over.getBoundingClientRect(); return "
                 "[b.x + plot.valToPos(654000, 'x'), b.x + plot.valToPos(655000, 'x'), b.y + b.height / 2]; })()")
    smooth = "livemon.board.panels.get('loss').lines.find((one) => one.kind === 'main').y.at(-1)"
    before = tab.do(smooth)
    tab.drag((box[0] - 8, box[2]), (box[1] + 8, box[2]))
    tab.wait("livemon.board.panels.get('loss').x_limits[1] < 900000")
    assert "zoom" in unquote(tab.do("location.hash"))
    low, high = tab.do("livemon.board.panels.get('loss').x_limits")
    assert low < 654_321 < high < low + 60_000 and tab.do(raw)
    tab.do("livemon.move({action: 'zoom', low: 654300, high: 654400})")
    tab.wait("livemon.board.panels.get('loss').points === 101")
    assert tab.do(raw) and "101 of 101 points drawn" in tab.do("document.body.innerText")
    tab.key("Backspace")
    tab.wait("livemon.board.panels.get('loss').points > 101")
    tab.key("Backspace")
    tab.wait("livemon.board.panels.get('loss').x_limits[1] > 900000")
    assert tab.do(smooth) == before


def test_a_sleeping_tab_gets_what_it_missed(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """A tab that was asleep, and has no connection meanwhile, gets what it missed when it is looked at, and only that;
    a zoom survives."""
    writer = write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run"))
    tab.do("livemon.move({action: 'zoom', low: 100, high: 400})")
    tab.wait("livemon.board.panels.get('loss').x_limits[0] === 100")
    tab.do("livemon.source.close(); livemon.taken = []; const take = livemon.update.bind(livemon);"
           "livemon.update = (message) => { livemon.taken.push(message); take(message); }")
    for step in range(300, 305):
        writer.append(step=step, train_loss=float(step))
    time.sleep(0.4)
    tab.do("document.dispatchEvent(new Event('visibilitychange'))")
    tab.wait(f"{last_point()}[0] === 304")
    assert tab.do("livemon.taken[0].whole") is False
    assert tab.do("livemon.taken[0].panels.every((panel) => panel.key !== 'loss' "
                  "|| panel.lines.some((line) => line.keep > 0))")
    assert tab.do("livemon.board.panels.get('loss').x_limits[0]") == 100


def test_names_never_become_markup(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> None:
    """Case 65: 200 payloads as names of the run, of metrics, settings and values: no script runs, the policy is not
    breached, and what is seen is their text."""
    marks = ["<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", "\"><svg/onload={}>", "'-{}-'",
             "</script><script>{}</script>", "javascript:{}", "<!--<img src=x onerror={}>-->",
             "<iframe srcdoc='<script>{}</script>'>", "<a href=javascript:{}>x</a>",
             "<style>*{{background:url(javascript:{})}}</style>", "${{{}}}", "{{{{{}}}}}",
             "<math><mtext><img src onerror={}>", "<details open ontoggle={}>", "<input autofocus onfocus={}>",
             "\u2028{}\u2029", "<body onload={}>", "<x style=animation:x onanimationend={}>",
             "&lt;script&gt;{}&lt;/script&gt;"]
    payloads = [mark.format(f"window.pwned_{letter}=true") for letter in "abcdefghij" for mark in marks]
    assert len(payloads) == 200
    run = tmp_path / payloads[1].replace("/", "_")
    run.mkdir()
    names = ['"' + text.replace('"', '""') + '"' for text in payloads]
    rows = [",".join([str(step), *(str(step + i) for i in range(200))]) for step in range(3)]
    (run / "metrics.csv").write_text(f"step,{','.join(names)}\n" + "\n".join(rows) + "\n")
    (run / "config.json").write_text(json.dumps({text: text for text in payloads}))
    tab = tabs(watch(run))
    tab.click("#all-panels")
    tab.wait("livemon.views.size > 100")
    for key in ("e", "Escape", "?", "Escape", "Escape"):
        tab.key(key)
        time.sleep(0.05)
    tab.do("Promise.all([...livemon.views.values()].slice(0, 60).map((view) => { view.root.scrollIntoView(); "
           "return new Promise(requestAnimationFrame); }))")
    assert tab.do("Object.keys(window).filter((name) => name.startsWith('pwned'))") == []
    assert tab.do("document.querySelectorAll('main script, main img, main iframe, main style, header img').length") == 0
    assert "onerror=" in tab.do("document.getElementById('title').textContent")


def test_the_keyboard_alone_does_it_all(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Without a mouse: help, a cursor with its values read out, a logarithmic axis, a filter, one panel alone and back
    again, another look; each stands in the address but the look."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run"))
    tab.key("?")
    tab.wait("document.getElementById('dialog').open "
             "&& document.getElementById('dialog').innerText.includes('backspace')")
    tab.key("?")
    tab.wait("!document.getElementById('dialog').open")
    for _ in range(40):
        tab.key("Tab")
        if tab.do("document.activeElement.getAttribute('aria-label')?.startsWith('loss')"):
            break
    tab.wait("livemon.views.get('loss').plot !== null")
    for _ in range(3):
        tab.key("ArrowRight", shift=True)
    tab.wait("document.getElementById('spoken').textContent.includes('step')")
    assert "train" in tab.do("document.getElementById('spoken').textContent")
    scale = tab.do("livemon.board.panels.get('loss').y_scale")
    tab.key("l")
    tab.wait(f"livemon.board.panels.get('loss').y_scale !== {scale!r}")
    assert tab.do("document.getElementById('strength').textContent") == "auto"
    tab.key("S")
    tab.wait("livemon.board.parts.lens.smooth > 0 && document.getElementById('strength').textContent "
             "=== String(livemon.board.parts.lens.smooth)")
    tab.key("Backspace")
    tab.wait("livemon.board.parts.lens.smooth === undefined")
    tab.key("Enter")
    tab.wait("livemon.board.order.length === 1")
    tab.key("Backspace")
    tab.wait("livemon.board.order.length > 1")
    tab.key("/")
    for letter in "acc":
        tab.key(letter)
    tab.wait("livemon.board.order.includes('score:acc') && !livemon.board.order.includes('loss')")
    tab.key("Escape")
    tab.wait("""decodeURIComponent(location.hash).includes('"select":"acc"')""")
    address = unquote(tab.do("location.hash"))
    assert ('"log' in address or '"linear' in address)
    theme = tab.do("livemon.theme")
    tab.key("d")
    tab.wait(f"livemon.theme !== {theme!r}")
    again = tabs(tab.do("location.href"))  # the lens is in the address: another tab shows the same
    assert again.do("livemon.board.order.includes('score:acc') && !livemon.board.order.includes('loss')")


def test_states_without_curves_say_so(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> None:
    """A run that waits for its first row says so; its first row, and a metric with an endless name, are shown within a
    phone's width, which nothing exceeds."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "metrics.csv").write_text(f"step,train_loss,{'x' * 10_000}\n")
    tab = tabs(watch(run), width=360, height=700)
    assert "waiting for the first row" in tab.do("document.body.innerText")
    with (run / "metrics.csv").open("a") as file:
        file.write("1,0.5,0.25\n")
    tab.wait("document.querySelectorAll('canvas').length > 0")
    assert tab.do("document.documentElement.scrollWidth <= innerWidth")


def test_a_page_that_is_open_before_the_run_is_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Chromium
) -> None:
    """A page may be quicker than the reading: it says that livemon reads, and gets the first picture when it is there.
    """
    monkeypatch.setenv("LIVEMON_STATE", str(tmp_path / "state"))
    with page_of(WatchRequest(path=tmp_path, view="browser", port=0, lens=Lens(smooth=0.5)), print) as view:
        assert view is not None
        tab = browser.tab(view.address)
        tab.wait("window.livemon?.table")
        assert tab.do(LINE) == "livemon is reading"
        view.draw(Board("run", Header("run", "running"), (), lens=Lens(smooth=0.5)))
        tab.wait("livemon.frames > 0")
        assert tab.do(LINE).startswith("● running") and tab.do("livemon.board.parts.lens.smooth") == 0.5
        tab.close()


def test_the_cursor_and_new_points_reach_a_panel_when_it_comes_into_view(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Panels on the screen follow the pointer at once, with their values; one beyond it does when it is scrolled to,
    and has the newest points then, on the screen and in what is saved."""
    names = [f"metric_{letter}" for letter in "abcdefghijklmnopqrst"]
    writer = ScriptedWriter(tmp_path / "run" / "metrics.csv", ["step", *names])
    for step in range(100):
        writer.append(step=step, **{name: step + place for place, name in enumerate(names)})
    tab = tabs(watch(tmp_path / "run"), height=700)
    tab.click("#all-panels")
    tab.wait("livemon.views.size >= 20")
    tab.do("window.scrollTo(0, 0)")
    seen = "livemon.views.get(livemon.board.order.at({})).isSeen"
    tab.wait(f"{seen.format(0)} && !{seen.format(-1)}")
    drawn = "[...livemon.views.values()].filter((one) => one.isSeen && one.plot && one.panel.lines.length)"
    tab.wait(f"{drawn}.length >= 2")
    tab.do(f"window.some = {drawn}.slice(0, 2);"
           "window.far = livemon.views.get(livemon.board.order.at(-1)); undefined")
    x, y = tab.do("(() => { const box = some[0].plot.over.getBoundingClientRect(); "
                  "return [box.x + box.width / 2, box.y + 20]; })()")
    tab.mouse("mouseMoved", x, y)
    reading = "some[1].legend.root.textContent.includes('→')"
    tab.wait(f"{reading} && some[1].plot.cursor.left > 0")
    assert abs(tab.do("some[1].plot.posToVal(some[1].plot.cursor.left, 'x') - livemon.place")) < 0.5
    assert not tab.do("far.legend.root.textContent.includes('→')")
    tab.mouse("mouseMoved", 2, y)
    tab.wait(f"!({reading}) && livemon.place === null")
    tab.do("some[0].root.focus()")
    tab.key("ArrowRight", shift=True)
    tab.wait(reading)
    writer.append(step=100, **dict.fromkeys(names, 1000.0))
    tab.wait("far.panel.lines.at(-1).x.at(-1) === 100")
    tab.do("far.root.scrollIntoView()")
    tab.wait("far.isSeen && far.plot && !far.isStale && far.plot.scales.x.max >= 100")
    tab.wait("far.legend.root.textContent.includes('→')")


def test_a_page_that_is_held_still_keeps_nothing_back(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """While a page is held still it takes nothing, however long that lasts; then it gets what it missed at once."""
    writer = write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run"))
    tab.key("w")
    tab.wait("livemon.holds && !livemon.source.isOpen")
    writer.append(step=2000, train_loss=0.5)
    time.sleep(0.6)
    assert tab.do(f"{last_point()}[0]") < 2000
    scale = tab.do("livemon.board.panels.get('loss').y_scale")
    tab.key("l")  # another lens is shown all the same, and held again
    tab.wait(f"!livemon.source.isOpen && livemon.board.panels.get('loss').y_scale !== {scale!r}")
    tab.key("w")
    tab.wait(f"{last_point()}[0] === 2000")
    assert tab.do("livemon.source.isOpen")
