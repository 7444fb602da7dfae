"""The page of `--view browser` in its surroundings: behind a proxy, without scripts, beside a server that hangs."""

from __future__ import annotations

import base64
import contextlib
import csv
import http.client
import io
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.chromium import Chromium, Tab
from tests.page import Watching, browser, last_point, process, tabs, watch, write_run
from tests.scenarios.test_page_runs import SAVED

__all__ = ["browser", "process", "tabs", "watch"]

HOP_BY_HOP = ("connection", "transfer-encoding", "keep-alive")


@contextmanager
def proxy_before(port: int) -> Iterator[str]:
    """What jupyter-server-proxy does: `/user/me/proxy/PORT/x` is asked of the port as `/x`, and answers are handed on
    as they come. Gives the address before the page's own."""
    prefix = f"/user/me/proxy/{port}"

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            with contextlib.closing(connection), contextlib.suppress(OSError):  # the browser leaves a stream
                connection.request("GET", self.path.removeprefix(prefix), headers=dict(self.headers))
                with connection.getresponse() as answer:
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in HOP_BY_HOP:
                            self.send_header(name, value)
                    self.end_headers()
                    while piece := answer.read1(65536):
                        self.wfile.write(piece)
                        self.wfile.flush()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_page_behind_a_proxy_that_takes_a_prefix_away(
    tmp_path: Path, watch: Callable[..., str], tabs: Callable[..., Tab]
) -> None:
    """Behind jupyter-server-proxy, which gives the page another port and a folder: it opens with the token, its files
    and its stream come, rows are shown as they are written, and a lens is made."""
    writer = write_run(tmp_path / "run")
    address = watch(tmp_path / "run")
    port, token = re.findall(r":(\d+)/\?(token=.*)", address)[0]
    with proxy_before(int(port)) as before:
        tab = tabs(f"{before}?{token}")
        assert "token" not in tab.do("location.href") and f"/proxy/{port}/" in tab.do("location.pathname")
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
