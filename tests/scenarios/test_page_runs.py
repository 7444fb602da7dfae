"""Several runs in the page of `--view browser`: curves over each other, their list, their settings, groups."""

from __future__ import annotations

import base64
import csv
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from tests.chromium import Tab
from tests.page import browser, tabs, watch

__all__ = ["browser", "tabs", "watch"]

SAVED = """(async () => { const kept = URL.createObjectURL; let blob;
URL.createObjectURL = (made) => { blob = made; return kept(made); };
const soon = () => new Promise((done) => setTimeout(done, 20));
const button = () => [...document.querySelectorAll('#dialog button')].find((made) => made.textContent === 'KIND');
HTMLAnchorElement.prototype.click = () => {}; livemon.act('save'); while (!button()) await soon();
button().click(); while (!blob) await soon();
document.getElementById('dialog').close(); URL.createObjectURL = kept;
return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join('')); })()"""


def write_runs(folder: Path, runs: int = 4, rows: int = 60) -> list[Path]:
    """Runs of two learning rates and two seeds each; the later, the better."""
    paths = []
    for number in range(runs):
        path = folder / f"run{number}"
        path.mkdir(parents=True)
        settings = {"lr": 0.001 * 10 ** (number // 2), "seed": number % 2, "model": {"depth": 3}, "api_key": "hidden"}
        (path / "config.json").write_text(json.dumps(settings))
        better = number / 4
        text = "".join(f"{step},{(2 - better) / (step + 1)},{(3 - better) / (step + 1)}\n" for step in range(rows))
        (path / "metrics.csv").write_text(f"step,train_loss,val_loss\n{text}")
        paths.append(path)
    return paths


def test_the_curves_of_several_runs_have_names_values_and_a_ranking(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Each run has one name with the shapes of its curves; the best values stand in rows, the best first; the cursor
    reads each run; a click hides a run, a double click shows it alone."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    tab.wait("livemon.views.get('loss').legend.root.children.length === 4")
    legend = tab.do("[...document.querySelector('.curves').children].map((one) => one.textContent)")
    assert len(legend) == 4 and all("lr=" in words and "seed=" in words for words in legend)
    rows = tab.do("[...document.querySelectorAll('.rows tr')].map((row) => row.innerText)")
    assert len(rows) == 4 and "lr=0.01 seed=1" in rows[0]
    assert "0.0375" in rows[0]  # (3 - 3/4) / 60
    words = tab.do("livemon.views.get('loss').read(0)")
    assert len(words) == 8 and any("2.25" in text for text in words) and any("1.25" in text for text in words)
    tab.click(".curves button")
    tab.wait("livemon.views.get('loss').legend.root.querySelectorAll('.is-hidden').length === 1")
    assert tab.do("livemon.board.parts.lens.hidden_runs.length") == 1


def test_the_list_of_runs_sorts_and_filters_and_groups(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Any column sorts the list, a setting's too; conditions filter it, those dragged out of an axis of the parallel
    coordinates too; the arrow keys go along it, space draws a run or not; groups have bands."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    tab.key("Escape")
    names = "[...document.querySelectorAll('#runs .run')].map((run) => run.textContent)"
    tab.wait(f"{names}.length === 4")
    tab.do("document.querySelector('[data-key=\"sort best\"]').click()")
    assert tab.do(names) == ["run3", "run2", "run1", "run0"]
    tab.do("document.querySelector('[data-key=\"sort setting seed\"]').click()")
    assert tab.do(names) == ["run0", "run2", "run1", "run3"]
    assert tab.do("document.querySelector('[aria-sort=ascending]').textContent") == "seed ▲"
    assert tab.do("document.querySelector('[data-key=\"sort best\"]').textContent") == "best val_loss"
    again = tabs(tab.do("location.href"))  # the order is in the address
    again.wait(f"{names}.length === 4")
    assert again.do(names) == ["run0", "run2", "run1", "run3"]
    again.do("document.querySelector('[data-key=\"sort setting seed\"]').click()")
    assert again.do(names)[:2] == ["run1", "run3"] and again.do("location.hash").endswith("&sort=-setting%20seed")
    tab.do("document.querySelector('#runs .run').focus()")
    tab.key("ArrowDown")
    assert tab.do("document.activeElement.textContent") == "run2"
    tab.key(" ")
    tab.wait("!livemon.board.runs.find((run) => run.name === 'run2').is_shown")
    assert tab.do("document.activeElement.textContent") == "run2"  # the new list has the focus where it was
    tab.do("livemon.runs.lines.click()")
    tab.wait("document.querySelectorAll('.parallel polyline').length === 4")
    x, top, bottom = tab.do("(() => { const box = document.querySelector('.brush').getBoundingClientRect(); "
                            "return [box.x + box.width / 2, box.y, box.bottom]; })()")
    tab.drag((x, top + 1), (x, (top + bottom) / 2))
    tab.wait(f"{names}.length === 2")
    assert len(tab.do("livemon.board.parts.lens.where")) == 1
    assert tab.do("livemon.board.parts.lens.where[0]").startswith("lr>=")
    assert tab.do(f"{names}.sort()") == ["run2", "run3"]
    tab.do("livemon.runs.where.value = ''; livemon.runs.where.dispatchEvent(new Event('change'))")
    tab.wait(f"{names}.length === 4")
    tab.do("livemon.act('home')")
    tab.wait("document.getElementById('runs').hidden")
    tab.key("g")
    tab.wait("[...livemon.board.panels.values()].some((panel) => panel.bands.length === 2)")
    assert tab.do("document.getElementById('groups').getAttribute('aria-pressed')") == "true"


SHOWN_RUNS = "livemon.board.runs.filter((run) => run.is_shown).map((run) => run.name).join()"


def click_row(tab: Tab, run: str, cell: str, *, double: bool = False) -> None:
    """A click on something in a run's row, or a double click: its second press is the second of a pair."""
    x, y = tab.do(f"(() => {{ const row = [...document.querySelectorAll('#runs tbody tr')].find((row) => "
                  f"row.querySelector('.run').textContent === '{run}'), b = row.querySelector('{cell}')"
                  ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
    tab.mouse("mouseMoved", x, y)
    for clicks in (1, 2)[:1 + double]:
        tab.mouse("mousePressed", x, y, buttons=1, clicks=clicks)
        tab.mouse("mouseReleased", x, y, clicks=clicks)


def test_the_keys_of_the_list_work_wherever_the_focus_was(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """After escape the arrow keys go along the list, from a panel and from the page alike, and nothing scrolls; space
    draws the run or not, also on its box; enter opens it, and once more gives way to all."""
    tab = tabs(watch(write_runs(tmp_path), once=True), height=400)
    tab.do("livemon.views.get('loss').root.focus()")
    tab.key("Escape")
    tab.wait("livemon.board.runs.length === 4 && document.querySelectorAll('#runs .run').length === 4")
    scrolled = tab.do("scrollY")
    for name in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        tab.key(name)
    assert tab.do("document.activeElement.textContent") == "run1"
    tab.key(" ")
    tab.wait(f"{SHOWN_RUNS} === 'run0,run2,run3'")
    tab.do("document.activeElement.blur()")
    assert tab.do("document.activeElement === document.body")
    tab.key("ArrowDown")
    assert tab.do("document.activeElement.textContent") == "run0"
    tab.do("document.querySelector('[data-key=\"draw run2\"]').focus()")
    tab.key(" ")
    tab.wait(f"{SHOWN_RUNS} === 'run0,run3'")
    tab.key("Enter")
    tab.wait(f"{SHOWN_RUNS} === 'run2'")
    tab.key("ArrowDown")
    tab.key("Enter")
    tab.wait(f"{SHOWN_RUNS} === 'run3'")
    tab.key("Enter")
    tab.wait(f"{SHOWN_RUNS} === 'run0,run1,run2,run3'")
    assert tab.do("scrollY") == scrolled
    tab.key("Escape")
    tab.wait("document.getElementById('runs').hidden")


def test_the_mouse_in_the_list_draws_and_opens_runs_and_says_where_the_keys_start(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """A click on a row draws its run or not, on its box once; a double click opens it, selecting no text; so does a
    click on its name, and a second one at once does not close it again; the keys start at the row that was clicked."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    tab.click("#runs-button")
    tab.wait("livemon.board.runs.length === 4 && document.querySelectorAll('#runs .run').length === 4")
    click_row(tab, "run2", "td:nth-child(3)")
    tab.wait(f"{SHOWN_RUNS} === 'run0,run1,run3'")
    tab.key("ArrowDown")
    assert tab.do("document.activeElement.textContent") == "run3"
    click_row(tab, "run1", "input")
    tab.wait(f"{SHOWN_RUNS} === 'run0,run3'")
    tab.do("window.moves = []; livemon.move = (words) => { moves.push(`${words.action} ${words.text}`); "
           "return livemon.constructor.prototype.move.call(livemon, words); }; undefined")
    click_row(tab, "run1", "td:nth-child(6)", double=True)
    tab.wait(f"{SHOWN_RUNS} === 'run1'")
    assert tab.do("getSelection().toString()") == ""
    click_row(tab, "run3", ".run", double=True)
    tab.wait(f"{SHOWN_RUNS} === 'run3'")
    tab.do("new Promise((done) => setTimeout(done, 400))")  # a click of a pair would count by now
    assert tab.do("moves") == ["open run run1", "open run run3"]
    tab.key("?")
    assert "click on its name" in tab.do("document.getElementById('dialog').innerText")


def test_the_settings_of_runs_stand_side_by_side(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Only what differs at first, then all, filtered as somebody types; what looks like a secret is masked."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    tab.do("document.querySelector('[data-do=settings]').click()")
    shown = "[...document.querySelectorAll('#dialog tbody th')].map((name) => name.textContent)"
    assert tab.do(shown) == ["lr", "seed"]
    tab.click("#dialog input[type=checkbox]")
    assert tab.do(shown) == ["lr", "seed", "model.depth", "api_key"]
    assert "hidden" not in tab.do("document.getElementById('dialog').innerText")
    tab.do("(() => { const filter = document.querySelector('#dialog input[type=search]'); filter.value = 'depth'; "
           "filter.dispatchEvent(new Event('input')); })()")
    assert tab.do(shown) == ["model.depth"]


def test_the_settings_of_many_runs_open_with_their_list(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """The board of many runs has no settings while the list is closed: the button opens the list, then them, once."""
    tab = tabs(watch(write_runs(tmp_path, runs=24, rows=5), once=True))
    assert tab.do("livemon.board.parts.settings.of.length") == 0
    tab.click("[data-do=settings]")
    tab.wait("document.getElementById('dialog').open")
    assert tab.do("document.querySelector('#dialog h2').textContent") == "settings of 24 runs"
    tab.do("document.getElementById('dialog').close()")
    tab.key("Escape")
    tab.wait("document.getElementById('runs').hidden")
    tab.key("Escape")
    tab.wait("!document.getElementById('runs').hidden")
    assert not tab.do("document.getElementById('dialog').open")


def test_what_is_seen_is_saved_as_png_svg_and_csv(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """PNG and SVG have all panels, those below the screen's edge too; the CSV has the points between the limits of x,
    numbers as numbers."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    png = base64.b64decode(tab.do(SAVED.replace("KIND", "PNG")))
    assert png.startswith(b"\x89PNG") and len(png) > 10_000
    svg = ET.fromstring(base64.b64decode(tab.do(SAVED.replace("KIND", "SVG"))))
    texts = [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"loss", "best val_loss", "step"} <= set(texts) and any("lr=0.01 seed=1" in text for text in texts)
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}path"))) > 8
    tab.do("livemon.move({action: 'zoom', low: 10, high: 20})")
    tab.wait("livemon.board.panels.get('loss').x_limits[0] === 10")
    rows = list(csv.DictReader(base64.b64decode(tab.do(SAVED.replace("KIND", "CSV"))).decode().splitlines()))
    assert {float(row["x"]) for row in rows} == set(map(float, range(10, 21)))
    assert {row["run"] for row in rows} == {"run0", "run1", "run2", "run3"}


def test_zoom_goes_in_and_out_step_by_step_and_along(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Keys halve and double what is seen, and go along; out of the whole there is no further out; the wheel with Ctrl
    zooms around the pointer, and a drag with the middle button goes along."""
    tab = tabs(watch(write_runs(tmp_path), once=True))
    limits = "livemon.board.panels.get('loss').x_limits"
    low, high = tab.do(limits)
    tab.key("+")
    tab.wait(f"{limits}[1] - {limits}[0] < {0.6 * (high - low)}")
    assert tab.do("!document.querySelector('[data-do=\"pan left\"]').disabled")
    first = tab.do(limits)
    tab.key("]")
    tab.wait(f"{limits}[0] > {first[0]}")
    assert abs(tab.do(f"{limits}[0]") - first[0] - (first[1] - first[0]) / 2) < 0.1
    tab.key("[")
    tab.wait(f"Math.abs({limits}[0] - {first[0]}) < 0.1")
    tab.key("-")
    tab.wait("!livemon.board.parts.lens.zoom")
    assert tab.do(limits) == [low, high]
    x, y = tab.do("(() => { const box = livemon.views.get('loss').plot.over.getBoundingClientRect(); "
                  "return [box.x + box.width / 4, box.y + box.height / 2]; })()")
    tab.ask("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-100, modifiers=2)
    tab.wait("livemon.board.parts.lens.zoom")
    zoomed = tab.do(limits)
    assert zoomed[1] - zoomed[0] < 0.9 * (high - low)
    for kind, at, buttons in (("mousePressed", x, 4), ("mouseMoved", x - 60, 4), ("mouseReleased", x - 60, 0)):
        tab.ask("Input.dispatchMouseEvent", type=kind, x=at, y=y, button="middle", buttons=buttons, clickCount=1)
    tab.wait(f"{limits}[0] > {zoomed[0]}")
    assert abs(tab.do(f"{limits}[1] - {limits}[0]") - (zoomed[1] - zoomed[0])) <= 1  # whole steps, once it is read anew


def test_names_of_runs_and_settings_never_become_markup(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Case 65 with several runs: payloads as names of runs, metrics, settings and values in the overlay, the list, the
    parallel coordinates, the settings, SVG: no script runs, the policy is not breached."""
    marks = ["<script>{}</script>", "<img src=x onerror={}>", "<svg onload={}>", "\"><svg onload={}>", "'-{}-'",
             "<!--<img src=x onerror={}>-->", "]]><script>{}</script>",
             "<style>*{{background:url(javascript:{})}}</style>", "&lt;img src=x onerror={}&gt;",
             "<details open ontoggle={}>"]
    paths = []
    for number in range(20):
        text = marks[number % 10].format(f"window.pwned_{number}=true")
        path = tmp_path / f"{number}{text}".replace("/", "_")
        path.mkdir()
        quoted = '"' + text.replace('"', '""') + '"'
        rows = "".join(f"{i},{i + number},{i}\n" for i in range(3))
        (path / "metrics.csv").write_text(f"step,val_loss,{quoted}\n{rows}")
        settings = {mark.format("window.pwned_s=1"): f"{number}{text}" for mark in marks}
        (path / "config.json").write_text(json.dumps(settings))
        paths.append(path)
    tab = tabs(watch(paths, once=True))
    tab.key("Escape")
    tab.wait("document.querySelectorAll('#runs .run').length === 20")
    tab.do("livemon.runs.lines.click()")
    tab.wait("document.querySelectorAll('.parallel polyline').length === 20")
    tab.do("document.querySelector('[data-do=settings]').click()")
    tab.wait("document.getElementById('dialog').open && document.querySelectorAll('#dialog tbody tr').length >= 10")
    tab.do("document.getElementById('dialog').close()")
    svg = base64.b64decode(tab.do(SAVED.replace("KIND", "SVG"))).decode()
    ET.fromstring(svg)
    assert "<script" not in svg and "onload=" not in svg.replace("&lt;svg onload=", "")
    tab.do("(() => { const frame = document.createElement('div'); frame.id = 'made'; document.body.append(frame); })()")
    assert tab.do("Object.keys(window).filter((name) => name.startsWith('pwned'))") == []
    assert tab.do("document.querySelectorAll('main script, main img, main iframe, main style, dialog img').length") == 0


def test_of_many_rows_only_those_with_news_are_made_anew(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """A new best value of one of many runs leaves the other rows of the panel of best values and of the list as they
    are, and both scrolled where they were; all runs are listed, those with later rows too."""
    paths = write_runs(tmp_path, runs=90, rows=20)
    tab = tabs(watch(paths))
    tab.wait("document.querySelectorAll('.rows tr').length === 90")
    tab.do("for (const row of document.querySelectorAll('.rows tr')) row.before_ = true; "
           "document.querySelector('.rows').scrollTop = 200; undefined")
    with (paths[40] / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write("20,-9,-19.26\n")
    tab.wait("document.querySelectorAll('.rows tr')[0].innerText.includes('-19.26')")
    made = "[...document.querySelectorAll('SPACE tr')].filter((row) => !row.before_).length"
    assert tab.do(made.replace("SPACE", ".rows")) < 10
    assert tab.do("document.querySelector('.rows').scrollTop") > 100
    tab.key("Escape")
    tab.wait("document.querySelectorAll('#runs tbody tr').length === 90 "
             "&& livemon.board.runs.every((run) => run.series.length)")
    tab.do("for (const row of document.querySelectorAll('#runs tbody tr')) row.before_ = true; "
           "document.querySelector('#runs .list').scrollTop = 200; undefined")
    with (paths[50] / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write("20,-9,-19.27\n")
    tab.wait("[...document.querySelectorAll('#runs tbody tr')].some((row) => row.innerText.includes('-19.27'))")
    assert tab.do(made.replace("SPACE", "#runs tbody")) == 0
    assert tab.do("document.querySelector('#runs .list').scrollTop") == 200
    tab.do("document.querySelector('[data-key=\"sort run\"]').click()")
    names = "[...document.querySelectorAll('#runs .run')].map((run) => run.textContent)"
    tab.wait(f"{names}[89] === 'run89' && {names}[9] === 'run9' && {names}[10] === 'run10'")
    assert tab.do(made.replace("SPACE", "#runs tbody")) == 0
