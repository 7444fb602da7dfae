"""A report as a page, in a real browser that has no network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests import chromium
from tests.page import SHOWN, browser
from tests.scenarios.test_page_access import axe

__all__ = ["axe", "browser"]

Command = Callable[..., subprocess.CompletedProcess[str]]
PAYLOADS = [form.format(n) for n in range(25) for form in (
    "<script>hit({})</script>", "<img src=x onerror=hit({})>", "\"onmouseover=hit({}) x=\"", "'><svg onload=hit({})>",
    "</script><script>hit({})</script>", "javascript:hit({})", "${{hit({})}}", "--><iframe srcdoc='<script>hit({})'>")]


def opened(browser: chromium.Chromium, path: Path, *, scripts: bool = True) -> chromium.Tab:
    tab = browser.tab(width=1400, height=1000)
    tab.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    tab.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
    tab.go(path.as_uri())
    if scripts:
        tab.wait(SHOWN)
    return tab


def test_a_spike_of_one_step_in_a_million(tmp_path: Path, livemon: Command, browser: chromium.Chromium) -> None:
    """In a run of 1,000,000 rows a spike of a single one is in the file: at the overview, and where it was when one
    zooms in; there the page says that a closer look ends."""
    values = 1 + np.arange(1_000_000) % 7 / 10
    values[618_033] = 25.0
    (tmp_path / "long").mkdir()
    rows = "\n".join(f"{step},{value:g}" for step, value in enumerate(values.tolist()))
    (tmp_path / "long" / "metrics.csv").write_text(f"step,train_loss\n{rows}\n")
    assert livemon("report", "long", "-o", "r.html", cwd=tmp_path).returncode == 0
    assert (tmp_path / "r.html").stat().st_size < 400_000
    tab = opened(browser, tmp_path / "r.html")
    spike = ("(() => { const line = livemon.board.panels.get(livemon.board.order[0]).lines.find((one) => "
             "one.kind === 'raw'); const at = line.y.indexOf(25); return [line.x[at], line.x.length]; })()")
    at, length = tab.do(spike)
    assert at == 618_033 and length <= 5000
    tab.do("livemon.move({action: 'zoom', low: 618000, high: 618070}).then(() => 1)")
    tab.wait("livemon.board.parts.header.zoomed === 'zoomed to step 618,000 - 618,070'")
    panel = "livemon.board.panels.get(livemon.board.order[0])"
    assert tab.do(f"{panel}.y_limits[1] > 25 && {panel}.x_limits[1] === 618070")
    assert "a closer look ends here" in tab.do(f"{panel}.note")
    tab.do("livemon.act('back')")
    tab.wait("livemon.board.parts.header.zoomed === ''")
    assert tab.problems == []
    tab.close()


def test_without_scripts(groups: Path, livemon: Command, browser: chromium.Chromium) -> None:
    """With scripts switched off the texts, the tables and the curves as pictures are there, and no dead tools."""
    livemon("report", "base_s0", "-o", "r.html", cwd=groups)
    tab = opened(browser, groups / "r.html", scripts=False)
    seen = ("JSON.stringify([document.querySelector('img.still').naturalWidth, "
            "getComputedStyle(document.getElementById('tools')).display, "
            "document.querySelectorAll('td').length > 10, document.body.innerText.includes('less is')])")
    tab.wait("document.querySelector('img.still') && document.querySelector('img.still').complete")
    width, tools, has_tables, has_words = json.loads(tab.do(seen))
    assert width > 500 and tools == "none" and has_tables and has_words
    tab.close()


def test_200_names_that_would_be_scripts(tmp_path: Path, livemon: Command, browser: chromium.Chromium) -> None:
    """Runs, metrics, settings and files whose names are scripts run none of them, and violate no policy."""
    assert len(PAYLOADS) == 200
    for number in range(2):
        folder = tmp_path / "runs" / f"<img src=x onerror=hit({number})>"
        folder.mkdir(parents=True)
        rows = [{"step": step, **dict.fromkeys(PAYLOADS, step + number)} for step in range(3)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        config = {name: PAYLOADS[-place - 1] for place, name in enumerate(PAYLOADS)} | {"lr": number}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "step=2-<img src=x onerror=hit(7)>.ckpt").write_bytes(b"7")
    for words in ([f"runs/{folder.name}"], ["runs"]):  # the last one, and both
        done = livemon("report", *words, "-o", "r.html", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        tab = browser.tab()
        tab.ask("Page.addScriptToEvaluateOnNewDocument", source="window.hits = []; window.hit = (n) => hits.push(n);")
        tab.go((tmp_path / "r.html").as_uri())
        tab.wait(SHOWN)
        tab.do("document.querySelectorAll('*').forEach((one) => one.dispatchEvent(new Event('mouseover')))")
        assert tab.do("hits.length") == 0 and tab.problems == []
        names = [PAYLOADS[0], folder.name, *(["<img src=x onerror=hit(7)>.ckpt"] if words != ["runs"] else [])]
        assert tab.do(f"{json.dumps(names)}.every((one) => document.body.textContent.includes(one))")
        tab.close()


def test_axe_finds_nothing_wrong(
    groups: Path, livemon: Command, browser: chromium.Chromium, axe: Callable[[chromium.Tab], list[str]]
) -> None:
    """No violation in the report of a run and in that of a comparison, in either look, wide and at a phone's width."""
    for words in (["base_s0"], ["base_s*", "ours_s*"]):
        assert livemon("report", *words, "-o", "r.html", cwd=groups).returncode == 0
        for look, width in (("light", 1400), ("dark", 1400), ("dark", 360)):
            tab = browser.tab(width=width, height=900)
            tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": look}])
            tab.go((groups / "r.html").as_uri())
            tab.wait(SHOWN)
            assert tab.do("matchMedia('(prefers-color-scheme: dark)').matches") is (look == "dark")
            assert axe(tab) == [], (words, look, width)
            tab.close()


def test_on_paper(groups: Path, livemon: Command, browser: chromium.Chromium) -> None:
    """Printed, in whatever look, the curves are pictures as wide as the paper, dark on white, and no tool is there."""
    assert livemon("report", "base_s0", "-o", "r.html", cwd=groups).returncode == 0
    tab = browser.tab(width=1400, height=900)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    seen = ("[...['#panels', '#tools', '.still'].map((one) => getComputedStyle(document.querySelector(one)).display), "
            "getComputedStyle(document.documentElement).getPropertyValue('--panel'), "
            "getComputedStyle(document.documentElement).getPropertyValue('--text')]")
    tab.ask("Emulation.setEmulatedMedia", features=dark)
    tab.go((groups / "r.html").as_uri())
    tab.wait(SHOWN)
    panels, tools, still, panel, text = tab.do(seen)
    assert "none" not in (panels, tools) and still == "none" and panel != "#ffffff"
    tab.ask("Emulation.setEmulatedMedia", media="print", features=dark)
    panels, tools, still, panel, text = tab.do(seen)
    assert (panels, tools, still, panel) == ("none", "none", "block", "#ffffff") and text < "#444444"
    assert tab.do("document.querySelector('.still').naturalWidth") > 500
    tab.close()


def test_ticks_of_a_log_axis(tmp_path: Path, livemon: Command, browser: chromium.Chromium) -> None:
    """On a log axis each tick has a unit of its own: 10 is not 0.01k beside 1k."""
    (tmp_path / "run").mkdir()
    rows = "".join(f"{step},{10 ** (5 - step / 40):g}\n" for step in range(240))
    (tmp_path / "run" / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    assert livemon("report", "run", "-o", "r.html", cwd=tmp_path).returncode == 0
    tab = opened(browser, tmp_path / "r.html")
    tab.do("var view = [...livemon.views.values()].find((view) => view.panel.y_scale === 'log');"
           "view.root.scrollIntoView()")
    texts = tab.wait("view.plot && view.plot.axes[1]._values")
    assert {"0.1", "10", "1k", "100k"} <= set(texts)
    tab.close()
