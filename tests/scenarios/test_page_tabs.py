"""Many tabs of one page: they share one connection, as a browser has six for one host."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.chromium import Chromium, Tab
from tests.page import SHOWN, Watching, browser, last_point, process, tabs, watch, write_run

__all__ = ["browser", "process", "tabs", "watch"]

MANY = 8  # a seventh would stay blank without
NOTES_NEWS = ("livemon.taken = []; const take = livemon.update.bind(livemon);"
              "livemon.update = (message) => { livemon.taken.push(message); take(message); }")


def test_many_tabs_share_one_stream(
    tmp_path: Path, process: Callable[..., Watching], tabs: Callable[..., Tab], browser: Chromium
) -> None:
    """Eight tabs, all seen, get each row as it is written, each through its own lens. When the first of them is closed
    the others go on; one that slept gets what it missed and only that; when livemon starts again all go on."""
    writer = write_run(tmp_path / "run")
    first = process(tmp_path / "run", "--port", "0")
    port = re.search(r":(\d+)/", first.address)
    assert port is not None
    opener = browser.tab(first.address)
    opener.wait(SHOWN)
    opened = [tabs(first.address) for _ in range(MANY - 1)]
    opened[0].do("livemon.move({action: 'zoom', low: 100, high: 2000})")
    opened[0].wait("livemon.board.panels.get('loss').x_limits[0] === 100")
    writer.append(step=1000, train_loss=0.125)
    for tab in (opener, *opened):
        tab.wait(f"{last_point()}[0] === 1000")
        assert tab.do("livemon.source.isShared")
    assert [tab.do("livemon.board.panels.get('loss').x_limits[0] === 100") for tab in opened] == [
        True, *[False] * (MANY - 2)]
    opener.close()
    asleep = opened[1]
    asleep.do(f"livemon.source.close(); {NOTES_NEWS}")
    for step in (1001, 1002):
        writer.append(step=step, train_loss=0.0625)
    for tab in opened:
        if tab is not asleep:
            tab.wait(f"{last_point()}[0] === 1002")
    assert asleep.do(f"livemon.taken.length === 0 && {last_point()}[0] === 1000")
    asleep.do("document.dispatchEvent(new Event('visibilitychange'))")
    asleep.wait(f"{last_point()}[0] === 1002")
    assert asleep.do("livemon.taken.every((message) => !message.whole)")
    first.end()
    for tab in opened:
        tab.wait("!document.getElementById('connection').hidden")
    writer.append(step=1003, train_loss=0.03125)
    process(tmp_path / "run", "--port", port.group(1))
    for tab in opened:
        tab.wait(f"{last_point()}[0] === 1003")
        assert tab.do("document.getElementById('connection').hidden")
    assert opened[0].do("livemon.board.panels.get('loss').x_limits[0]") == 100


def test_a_browser_without_shared_workers_has_a_stream_for_each_tab(
    tmp_path: Path, watch: Callable[..., str], browser: Chromium
) -> None:
    """Where a browser knows no shared worker, or it cannot start, the page shows new rows by a stream of its own."""
    writer = write_run(tmp_path / "run")
    address = watch(tmp_path / "run")
    lacks = "delete window.SharedWorker"
    fails = ("window.SharedWorker = class extends SharedWorker { "
             "constructor(address, options) { super('page/none.js', options); } }")
    for step, script in enumerate((lacks, fails), 1000):
        tab = browser.tab()
        tab.ask("Page.addScriptToEvaluateOnNewDocument", source=script)
        tab.go(address)
        tab.wait(SHOWN)
        writer.append(step=step, train_loss=0.125)
        tab.wait(f"{last_point()}[0] === {step}")
        assert not tab.do("livemon.source.isShared")
        tab.close()


def test_a_worker_that_dies_is_replaced(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab], browser: Chromium
) -> None:
    """Where the shared worker was killed its pages start another one; where that tells nothing either, a page goes on
    with a connection of its own."""
    writer = write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run"))
    workers = [target["targetId"] for target in browser.ask("Target.getTargets")["targetInfos"]
               if target["type"] == "shared_worker"]
    for worker in workers:
        browser.ask("Target.closeTarget", targetId=worker)
    writer.append(step=1000, train_loss=0.125)
    tab.do("livemon.source.toldAt = 0")  # as if so long had passed
    tab.wait(f"{last_point()}[0] === 1000")
    assert tab.do("livemon.source.isShared")
    silent = "livemon.source.listen = () => {}; livemon.source.number += 1; livemon.source.toldAt = 0"
    tab.do(f"livemon.source.shared = () => () => {{}}; {silent}")
    tab.wait("livemon.source.deaths === 1")
    writer.append(step=1001, train_loss=0.125)
    tab.do("livemon.source.toldAt = 0")
    tab.wait(f"{last_point()}[0] === 1001")
    assert not tab.do("livemon.source.isShared")


def test_a_page_that_meets_another_version_of_livemon_loads_itself_anew(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """A page whose livemon was replaced by another version meanwhile loads itself anew, once, and shows what it showed;
    where that changes nothing it says what to do."""
    write_run(tmp_path / "run")
    tab = tabs(watch(tmp_path / "run"))
    tab.do("livemon.move({action: 'zoom', low: 100, high: 200})")
    tab.wait("livemon.board.panels.get('loss').x_limits[0] === 100")
    tab.do("window.isOld = true; livemon.source.version = 'older'; livemon.connect()")
    tab.wait(f"!window.isOld && {SHOWN}")
    assert tab.do("livemon.board.panels.get('loss').x_limits[0]") == 100
    assert tab.do("document.getElementById('connection').hidden")
    tab.do("window.isOld = true; livemon.source.version = 'older'; livemon.connect()")
    tab.wait("document.getElementById('connection').textContent.includes('reload the page')")
    assert tab.do("window.isOld")
