"""The page of `--view browser` in its surroundings: behind a proxy, without scripts, beside a server that hangs."""

from __future__ import annotations

import base64
import csv
import io
import signal
from collections.abc import Callable
from pathlib import Path

from tests.chromium import Chromium, Tab
from tests.page import Proxy, Watching, browser, last_point, process, tabs, watch, write_run
from tests.scenarios.test_page_runs import SAVED

__all__ = ["browser", "process", "tabs", "watch"]

def test_the_page_behind_a_proxy_that_takes_a_prefix_away(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Behind jupyter-server-proxy, which gives the page another port and a folder: it opens with the token, its files
    and its stream come, rows are shown as they are written, and a lens is made."""
    writer = write_run(tmp_path / "run")
    with Proxy(watch(tmp_path / "run")) as proxy:
        tab = tabs(proxy.address)
        assert "token" not in tab.do("location.href") and "/proxy/" in tab.do("location.pathname")
        writer.append(step=1000, train_loss=0.125)
        tab.wait(f"{last_point()}[0] === 1000")
        tab.key("Enter")
        tab.wait("livemon.board.order.length === 1")
        tab.do("livemon.source.close()")


def test_a_browser_without_scripts_is_told_what_to_do(
    tmp_path: Path, watch: Callable[..., str], browser: Chromium
) -> None:
    """Where scripts are switched off the page says so, and names the other views; it is not blank."""
    write_run(tmp_path / "run")
    tab = browser.tab()
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    tab.go(watch(tmp_path / "run"))
    words = "document.querySelector('noscript p')?.innerText"
    assert "--view window" in tab.wait(f"{words}?.includes('scripts') && {words}")
    tab.close()


def test_the_page_is_light(tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]) -> None:
    """All that a first visit loads, the worker that tabs share included, is at most 150 KB over the wire, without the
    data."""
    write_run(tmp_path / "run")
    with Proxy(watch(tmp_path / "run")) as proxy:
        tab = tabs(proxy.address)
        tab.wait("livemon.source.isShared")
        loaded = {path: length for path, length in proxy.sent.items() if not path.startswith("stream")}
        tab.do("livemon.source.close()")
    assert {"page/main.js", "page/source.js", "page/uPlot.iife.min.js", "page/table.json"} < loaded.keys()
    assert any(path.startswith("page/shared.js") for path in loaded)
    assert sum(loaded.values()) <= 150_000


def test_a_server_that_hangs_is_noticed(
    tmp_path: Path, process: Callable[..., Watching], tabs: Callable[..., Tab]
) -> None:
    """A page whose server was stopped says that it has not answered, and not that the run goes on; when the server goes
    on, so does the page."""
    write_run(tmp_path / "run")
    watching = process(tmp_path / "run", "--port", "0")
    tab = tabs(watching.address)
    watching.process.send_signal(signal.SIGSTOP)
    try:
        tab.do("livemon.source.aliveAt -= 9000")  # as if it had lasted so long
        tab.wait("document.getElementById('connection').textContent.includes('has not answered')")
        assert tab.do("document.getElementById('standing').className") == "is-old"
    finally:
        watching.process.send_signal(signal.SIGCONT)
    tab.wait("document.getElementById('connection').hidden")


def test_no_cell_of_a_saved_csv_is_a_formula(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Case 68: texts that a spreadsheet would take for a formula begin with an apostrophe; numbers stay numbers, a
    negative one too."""
    names = ["=1+1", "+cmd", "-2+3", "@SUM(A1)"]
    run = tmp_path / "=HYPERLINK()"
    run.mkdir()
    (run / "metrics.csv").write_text(f"step,{','.join(names)}\n" + "".join(f"{i},-0.5,-1,2,3\n" for i in range(5)))
    tab = tabs(watch(run, once=True))
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(tab.do(SAVED.replace("KIND", "CSV"))).decode())))
    assert {row["metric"] for row in rows} == {f"'{name}" for name in names}
    assert {row["run"] for row in rows} == {"'=HYPERLINK()"}
    assert {float(row["y"]) for row in rows} == {-0.5, -1.0, 2.0, 3.0}
    assert not [cell for row in rows for name, cell in row.items() if name not in "xy" and cell[0] in "=+-@"]
