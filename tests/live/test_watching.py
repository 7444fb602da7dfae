from __future__ import annotations

from typing import Any

import pytest

import livemon
from livemon.live.watch_request import WatchRequest


def test_watch_makes_the_request_that_the_command_line_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    """`watch()` hands all that it is asked for on, in one request."""
    requests: list[WatchRequest] = []
    monkeypatch.setattr("livemon.live.watching.run_watch", lambda request: requests.append(request) or 0)
    options: dict[str, Any] = {"view": "file", "output": "a.png", "until": "finished", "join": True, "pid": 7,
                               "once": True, "json": True, "style": "dark", "keep_open": True,
                               "header": ("step", "loss")}
    looks: dict[str, Any] = {"x": "epoch", "metric": "loss", "smooth": 0.5, "log": ["lr"], "select": "a",
                             "linear": ["acc"]}
    assert livemon.watch("runs", **options, **looks) == 0
    (request,) = requests
    assert {name: getattr(request, name) for name in options} == options
    assert {name: getattr(request.lens, name) for name in looks} == {
        **looks, "log": ("lr",), "linear": ("acc",)}
    livemon.watch()
    assert requests[-1] == WatchRequest()
