from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pytest

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Header, Line, Panel
from livemon.views.browser.files import version_of
from livemon.views.browser.guard import cookie_value
from livemon.views.browser.server import MOST_PAGES, MOST_STREAMS, PageServer

TOKEN = "t" * 43
FILES = {"index.html": ("text/html", b"the page"), "main.js": ("text/javascript", b"1")}


def cookie(port: int) -> str:
    """What a page shows."""
    return f"livemon-{port}={cookie_value(TOKEN, port)}"


def board(points: int = 3, lens: Lens | None = None) -> Board:
    """A board with a curve."""
    x = np.arange(points, dtype=np.float64)
    line = Line("loss", "main", x, x, "blue")
    panel = Panel("loss", "loss", (0.0, 10.0), (0.0, 1.0), lines=(line,), metrics=("loss",))
    header = Header("run", "running", age=f"row {points}")
    return Board("run", header, (panel,), lens=lens or Lens(), axes=("step", "row"))


class Served:
    """A server, and what asks it."""

    def __init__(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        self.asked = threading.Event()
        self._open: list[http.client.HTTPConnection | http.client.HTTPResponse] = []
        self.server = PageServer(FILES, self.asked.set, token=TOKEN, port=self.port)
        self.server.start(listening)

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """The answer to a request of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Cookie": cookie(self.port), **headers})
        answer = connection.getresponse()
        self._open += [answer, connection]
        return answer

    def stream(self, path: str = "/stream", last_id: str = "") -> http.client.HTTPResponse:
        """A stream whose pages have entered: what is new from now on is theirs. `last_id`: of the last event that they
        got."""
        stream = self.get(path, **({"Last-Event-ID": last_id} if last_id else {}))
        assert stream.readline() == b"retry: 1000\n"
        return stream

    def leave(self) -> None:
        """Close all that was opened."""
        for one in self._open:
            one.close()
        self._open.clear()

    def event(self, stream: http.client.HTTPResponse, kind: str = "board") -> str:
        """The data of the next event of a kind; "id": the id of the next one that has one."""
        is_it = False
        while line := stream.readline().decode():
            if kind == "id" and line.startswith("id: "):
                return line.removeprefix("id: ").rstrip()
            is_it = line == f"event: {kind}\n" or (is_it and line != "\n")
            if is_it and line.startswith("data: "):
                return line.removeprefix("data: ")
        raise AssertionError("the stream has ended")


@pytest.fixture
def served() -> Iterator[Served]:
    """A server that runs."""
    made = Served()
    yield made
    made.leave()
    made.server.stop()


def test_files_are_looked_up_by_name_and_are_never_paths(served: Served) -> None:
    """Case 64: what is no name of the table is not found, in whatever spelling; nothing of the disk is asked."""
    assert served.get("/").read() == b"the page" and served.get("/page/main.js").status == 200
    for path in ("/page/../server.py", "/page/%2e%2e%2fserver.py", "/page/%252e%252e/x", "/page/..\\server.py",
                 "/page/C:",
                 "/page/main.js%00", "/page/\\\\host\\share", "/page/", "/page", "/page/main.js/", "/page/main.js.gz",
                 "/etc/passwd", "//evil.com", "/static/../static1"):
        answer = served.get(path)
        assert answer.status in (404, 400, 307), path
        body = answer.read()
        assert b"Traceback" not in body and b"livemon/" not in body


def test_files_travel_compressed_and_the_stream_does_not(served: Served) -> None:
    """What a browser takes compressed it gets so; a stream, whose events may not wait for each other, is plain text."""
    served.server._files = {**FILES, "main.js": ("text/javascript", b"x = 1;" * 1000)}
    packed = {"Accept-Encoding": "gzip, deflate, br"}
    answer = served.get("/page/main.js", **packed)
    assert answer.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.read()) == b"x = 1;" * 1000
    assert served.get("/page/main.js").read() == b"x = 1;" * 1000
    stream = served.get("/stream", **packed)
    assert stream.getheader("Content-Encoding") is None and stream.readline() == b"retry: 1000\n"


def test_a_page_gets_the_board_then_what_is_new(served: Served) -> None:
    """A page that listens hears which version it talks to, has a board asked for, gets it whole, then only what is new;
    a connection that comes back with its cursor gets what it missed."""
    stream = served.get("/stream")
    assert json.loads(served.event(stream, "beat")) == {"version": version_of(FILES)}
    assert served.asked.wait(5)
    served.server.feeds.update(lambda lens: board(3, lens))
    assert json.loads(served.event(stream))["whole"] is True
    served.server.feeds.update(lambda lens: board(4, lens))
    news = json.loads(served.event(stream))
    assert news["whole"] is False and news["panels"][0]["lines"][0]["keep"] == 3


def test_a_newer_board_is_asked_for_when_the_first_is_sent(served: Served) -> None:
    """A page gets the board that is there before another one is made, which would compete with sending it."""
    lens = Lens(pixels=900)  # that of a page without a lens
    points = np.random.default_rng(0).random(2_000_000)
    line = Line("loss", "main", points, points, "blue")
    panel = replace(board().panels[0], lines=(line,))
    served.server.home, served.server.newest = lens, replace(board(lens=lens), panels=(panel,))
    stream = served.stream()
    assert not served.asked.wait(1)  # nobody takes the tens of megabytes
    assert json.loads(served.event(stream))["whole"] is True
    assert served.asked.wait(5)


def test_pages_have_lenses_of_their_own(served: Served) -> None:
    """The lens in a page's address is that of its boards; a lens that is none is refused in words, in the stream."""
    lens = '{"smooth":0.9}'.replace('"', "%22")
    stream = served.get(f"/stream?lens={lens}&width=500&panels=40")
    assert served.asked.wait(5)
    seen: list[Lens] = []

    def make(lens: Lens) -> Board:
        seen.append(lens)
        return board(3, lens)

    served.server.feeds.update(make)
    served.event(stream)
    assert seen[0] == Lens(smooth=0.9, pixels=600, max_panels=40)
    answer = json.loads(served.get(f"/move?lens={lens}&width=500&panels=40&action=curve&metric=loss").read())
    assert answer["lens"] == {"smooth": 0.9, "hidden": ["loss"]}
    refused = served.event(served.get("/stream?lens=%5B1%5D"), "refused")
    assert "not a JSON object" in json.loads(refused)["words"]


def shared(*pages: dict[str, object]) -> str:
    """The address of a stream that pages share."""
    return f"/stream?of={quote(json.dumps(pages))}"


def test_pages_share_a_stream(served: Served) -> None:
    """Pages that share a connection get each what is new through its own lens, from its own cursor; a lens that means
    nothing is refused to its page alone. A browser that takes the connection up again says what all of them got."""
    stream = served.get(shared({"lens": '{"smooth":0.9}'}, {"lens": "[1]"}, {"lens": "", "panels": 40}))
    assert json.loads(served.event(stream, "refused"))["of"] == 1
    served.server.feeds.update(lambda lens: board(3 if lens.smooth else 5, lens))
    seen = {}
    for _ in range(2):
        last = served.event(stream, "id")
        number, *cursors = last.split()
        seen[number] = json.loads(served.event(stream))["parts"]["header"]["age"]
    assert seen == {"0": "row 3", "2": "row 5"} and len(cursors) == 3 and cursors[1] == "-"
    served.leave()
    served.server.feeds.update(lambda lens: board(6, lens))
    again = served.stream(shared({"lens": '{"smooth":0.9}'}, {"lens": "[1]"}, {"lens": "", "panels": 40}), last)
    served.server.feeds.update(lambda lens: board(7, lens))
    news = [json.loads(served.event(again)) for _ in range(2)]
    kept = [(message["whole"], message["panels"][0]["lines"][0]["keep"]) for message in news]
    assert kept == [(False, 3), (False, 5)]


def test_a_page_too_many_is_refused_within_its_stream(served: Served) -> None:
    """Of more pages than may be open those beyond are refused in words, and the others get their board."""
    stream = served.get(shared(*({"panels": number + 1} for number in range(MOST_PAGES + 1))))
    refused = json.loads(served.event(stream, "refused"))
    assert refused["of"] == MOST_PAGES and "pages are open" in refused["words"]
    served.server.feeds.update(lambda lens: board(3, lens))
    assert json.loads(served.event(stream))["whole"] is True


@pytest.mark.parametrize("path", ["/move?action=x", "/move?lens=x", "/words?lens=%7B%22x%22:1%7D",
                                  "/move?" + "a=1&" * 3000,
                                  "/stream?lens=" + "%22" * 5000, "/stream?of=%5B1%5D",
                                  "/stream?of=" + "%5B" * 5000, "/stream?of=x",
                                  "/move?lens=%7B%22zoom%22:%22nan:nan%22%7D"])
def test_rubbish_is_refused_in_words(served: Served, path: str) -> None:
    """What a page may not ask is refused with a message and without a traceback; the next request is answered."""
    answer = served.get(path)
    assert answer.status in (200, 400)
    if answer.status == 400 and not path.startswith("/stream"):
        assert "problem" in json.loads(answer.read())
    assert served.get("/").status == 200


def test_bytes_that_are_no_request_disturb_nobody(served: Served) -> None:
    """A client that sends rubbish, or a header without end, is cut off; the others are answered."""
    for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                 b"GET " + b"a" * 300_000,
                 b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 60_000):
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as client:
            try:
                client.sendall(data)
                answer = client.recv(100)
            except OSError:
                answer = b""
            assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert served.get("/").status == 200


def test_streams_end_within_a_second(served: Served) -> None:
    """Five pages are open when the server is stopped: all streams end within a second, each with its last event."""
    streams = [served.stream() for _ in range(5)]
    served.server.feeds.update(lambda lens: board(3, lens))
    for stream in streams:
        served.event(stream)
    began = time.monotonic()
    served.server.stop()
    assert time.monotonic() - began < 1.0
    assert [served.event(stream, "end") for stream in streams] == ["{}\n"] * 5


def test_too_many_pages_are_refused_and_make_room(served: Served) -> None:
    """A page beyond the most is refused in words; when others have left there is room again."""
    streams = [served.stream() for _ in range(MOST_STREAMS)]
    refused = served.get("/stream")
    assert refused.status == 503 and b"pages are open" in refused.read()
    served.leave()
    deadline = time.monotonic() + 15
    count = 0
    while time.monotonic() < deadline:
        count += 1
        served.server.feeds.update(lambda lens: replace(board(), title=f"run {count}"))  # noqa: B023
        if served.get("/stream").status == 200:
            assert len(streams) == MOST_STREAMS
            return
        time.sleep(0.05)
    raise AssertionError("no room again")


def test_streams_that_are_asked_for_at_once_are_counted(served: Served) -> None:
    """Requests that all come before the first stream has begun get no more streams than others."""

    async def begin() -> list[str | None]:
        streams = [served.server._events([{}], ["-"]) for _ in range(MOST_STREAMS + 3)]
        firsts = [await anext(stream, None) for stream in streams]
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        return firsts

    assert asyncio.run(begin()).count(None) == 3


def test_a_page_that_reads_nothing_slows_nobody(served: Served) -> None:
    """Beside a page that never reads, another gets 100 changes at once, and the slow one's share of memory is bounded:
    it gets the newest later."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(f"GET /stream HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie(served.port)}\r\n\r\n"
                     .encode())
        stream = served.stream()
        began = time.monotonic()
        for number in range(100):
            served.server.feeds.update(lambda lens, number=number: board(2000 + number, lens))  # type: ignore[misc]
            while json.loads(served.event(stream))["parts"].get("header", {}).get("age") != f"row {2000 + number}":
                pass
        assert time.monotonic() - began < 5.0
