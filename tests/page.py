"""What tests of the page share: a browser, watches in threads and processes, tabs."""

from __future__ import annotations

import collections
import contextlib
import http.client
import http.server
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import livemon
from livemon.testing import ScriptedWriter
from livemon.views.browser.files import why_no_page
from livemon.views.browser.view import BrowserView
from tests import chromium
from tests.chromium import Chromium, Tab

__all__ = ["SHOWN", "Proxy", "Watching", "browser", "last_point", "process", "tabs", "watch", "watched", "write_run"]

# A board has arrived, and each plot on the screen is drawn: a plot comes some frames after its panel.
SHOWN = ("window.livemon && livemon.frames > 0 && livemon.views.size > 0 && "
         "[...livemon.views.values()].every((view) => view.plot || view.isEmpty || "
         "view.root.getBoundingClientRect().top >= innerHeight)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """One browser for all."""
    program = chromium.find()
    chromium.must_run(why_no_page())
    chromium.must_run("no Chromium here (Debian: apt-get install chromium)" if program is None else None)
    assert program is not None
    made = Chromium(program)
    yield made
    made.close()


class Watching:
    """`livemon watch --view browser` in a process of its own."""

    def __init__(self, *words: str | Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "livemon", "watch", *map(str, words), "--view", "browser"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"})  # fmt: skip
        assert self.process.stdout is not None
        self.lines: list[str] = []
        self.address = ""
        for line in self.process.stdout:
            self.lines.append(line)
            if (match := re.search(r"http://\S+", line)) is not None:
                self.address = match.group()
                break
        assert self.address, self.lines

    def end(self) -> float:
        """Ctrl-C; how many seconds it took to end."""
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            self.lines += (self.process.communicate(timeout=20)[0] or "").splitlines()
        finally:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began


@pytest.fixture
def process() -> Iterator[Callable[..., Watching]]:
    """Starts watches in processes, and ends them."""
    started: list[Watching] = []

    def start(*words: str | Path) -> Watching:
        started.append(Watching(*words))
        return started[-1]

    yield start
    for one in started:
        one.end()


@contextlib.contextmanager
def watched(path: Path | list[Path], *, once: bool = False) -> Iterator[BrowserView]:
    """A watch in a thread of this process; gives its view, which is open."""
    views: queue.Queue[BrowserView] = queue.Queue()
    opened = BrowserView.open

    def open_and_tell(view: BrowserView) -> None:
        is_new = not view.address
        opened(view)
        if is_new:
            views.put(view)

    thread = threading.Thread(target=livemon.watch, args=(path,),
                              kwargs={"view": "browser", "port": 0, "keep_open": True, "once": once})
    BrowserView.open = open_and_tell  # type: ignore[method-assign]
    try:
        thread.start()
        view = views.get(timeout=60)
    finally:
        BrowserView.open = opened  # type: ignore[method-assign]
    try:
        yield view
    finally:
        view.close()
        thread.join(60)


@pytest.fixture
def watch() -> Iterator[Callable[..., str]]:
    """Watches a run in a thread; gives the page's address."""
    with contextlib.ExitStack() as watches:
        yield lambda path, *, once=False: watches.enter_context(watched(path, once=once)).address
    for thread in threading.enumerate():
        if thread.name == "livemon monitor":  # reads the file once more
            thread.join(60)


@pytest.fixture
def tabs(browser: Chromium) -> Iterator[Callable[..., Tab]]:
    """Opens tabs that show a board, closes them, and holds them to it: no script error, no breach of the policy."""
    opened: list[Tab] = []

    def open_tab(address: str, **size: int) -> Tab:
        tab = browser.tab(address, **size)
        opened.append(tab)
        tab.wait(SHOWN)
        return tab

    yield open_tab
    problems = [problem for tab in opened for problem in tab.problems]
    for tab in opened:
        tab.close()
    assert problems == []


class Proxy:
    """What jupyter-server-proxy does: `/user/me/proxy/PORT/x` is asked of the port as `/x`, and answers are handed on
    as they come.

    Args:
        page: The page's address.

    Attributes:
        address: The page's address through the proxy.
        sent: Path below the page -> the bytes of its answers so far.
    """

    def __init__(self, page: str) -> None:
        port, query = re.findall(r":(\d+)/(.*)", page)[0]
        prefix = f"/user/me/proxy/{port}/"
        sent = self.sent = collections.Counter[str]()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not self.path.startswith(prefix):
                    self.send_error(404)
                    return
                path = self.path.removeprefix(prefix)
                connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
                with contextlib.closing(connection), contextlib.suppress(OSError):  # the browser leaves a stream
                    connection.request("GET", f"/{path}", headers=dict(self.headers))
                    with connection.getresponse() as answer:
                        self.send_response(answer.status)
                        for name, value in answer.getheaders():
                            if name.lower() not in ("connection", "transfer-encoding", "keep-alive"):
                                self.send_header(name, value)
                        self.end_headers()
                        while piece := answer.read1(65536):
                            sent[path] += len(piece)
                            self.wfile.write(piece)
                            self.wfile.flush()

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}{query}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def write_run(folder: Path, rows: int = 300) -> ScriptedWriter:
    """A run of a few metrics."""
    writer = ScriptedWriter(folder / "metrics.csv", ["step", "train_loss", "val_loss", "accuracy"])
    text = "".join(f"{step},{2 / (step + 1)},{3 / (step + 1) if step % 10 == 0 else ''},{step / rows}\n"
                   for step in range(rows))
    with writer.path.open("a") as file:
        file.write(text)
    return writer


def last_point(panel: str = "loss", metric: str = "train_loss") -> str:
    """A script: the last point of a curve."""
    return (f"(() => {{ const line = livemon.board.panels.get({panel!r}).lines.find((one) => one.metric === {metric!r} "
            "&& (one.kind === 'main' || one.kind === 'points')); return [line.x.at(-1), line.y.at(-1)]; })()")
