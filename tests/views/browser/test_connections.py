from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from livemon.views.browser import connections
from tests.views.browser.test_server import Served


@pytest.fixture
def served() -> Iterator[Served]:
    """A server."""
    made = Served()
    yield made
    made.leave()
    made.server.stop()


def test_silent_clients_leave_the_others_their_page(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 connections that send nothing, or half a request, hold nobody up: those that are silent make room, and are
    closed after a while in any case; an open page's stream stays."""
    monkeypatch.setattr(connections, "_MOMENT", 0.05)
    monkeypatch.setattr(connections, "_SILENT_SECONDS", 0.5)
    stream = served.get("/stream")
    with contextlib.ExitStack() as held:
        clients = []
        for number in range(200):
            client = held.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=5))
            if number % 2:
                with contextlib.suppress(OSError):
                    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            clients.append(client)
            time.sleep(0.002)
        time.sleep(0.1)
        assert served.get("/").status == 200
        ends = time.monotonic() + 10
        for client in clients:
            client.settimeout(max(ends - time.monotonic(), 0.1))
            with contextlib.suppress(ConnectionError):
                assert client.recv(10) == b""
    assert not stream.isclosed() and served.get("/").status == 200
