"""The web server: pages, what is new for each, and lenses. It reads nothing from the disk and writes nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from socket import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from livemon.boards.lens.json_form import lens_from_json, plain
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.lens.words import command_of, python_of
from livemon.boards.model import Board
from livemon.views.browser.connections import Connection
from livemon.views.browser.deeds import moved
from livemon.views.browser.feeds import Feed, Feeds
from livemon.views.browser.guard import Guard

__all__ = ["MOST_PAGES", "PageServer"]

MOST_PAGES = 32
_MOST_CONNECTIONS = 128
_LONGEST_LENS = 100_000  # characters
_LONGEST_HEAD = 200_000  # bytes of a request, whose address holds a lens
_BEAT_SECONDS = 2.0  # from one sign of life to the next: a page says so where livemon hangs or was stopped
_PIXELS = (300, 600, 900, 1400)  # widths of panels: pages of about one size share their curves
_MOST_PANELS = 1000
_END_SECONDS = 2.0


class PageServer:
    """Serves the page in a thread of its own.

    Args:
        files: Of the page: name -> type and content.
        ask: Called from the server's thread where a lens waits for its first board.
        token, hosts, any_address: See `Guard`.
        target: What is shown, as the user named it: for the command that draws it again.

    Attributes:
        feeds: What each lens sees.
        home: The lens of a page whose address has none.
        newest: A board through it, for lenses that have none yet; None before the first.
    """

    def __init__(self, files: Mapping[str, tuple[str, bytes]], ask: Callable[[], object], *, token: str, port: int,
                 hosts: tuple[str, ...] = (), any_address: bool = False, target: Any = ".") -> None:
        self.feeds = Feeds(self._wake)
        self.home = Lens()
        self.newest: Board | None = None
        self._files = files
        self._ask = ask
        self._target = target
        self._pages = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: asyncio.Event | None = None
        self._stops = False
        routes = [Route("/", self._page), Route("/page/{name}", self._file), Route("/stream", self._stream),
                  Route("/move", self._move), Route("/words", self._words)]
        app = Guard(Starlette(routes=routes, exception_handlers={Exception: _broken}), token, port, hosts,
                    any_address=any_address)
        config = uvicorn.Config(
            app, lifespan="off", log_level="critical", access_log=False, http=Connection, ws="none", loop="asyncio",
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=1, timeout_keep_alive=5,
            limit_concurrency=_MOST_CONNECTIONS, h11_max_incomplete_event_size=_LONGEST_HEAD,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def start(self, listening: socket) -> None:
        """Serve on a socket that listens."""
        self._thread = threading.Thread(target=self._run, args=(listening,), name="livemon serves", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all streams and the server. May be called twice."""
        self._stops = self._server.should_exit = True
        self._wake()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)

    def _run(self, listening: socket) -> None:
        async def serve() -> None:
            self._loop, self._changed = asyncio.get_running_loop(), asyncio.Event()
            await self._server.serve([listening])

        asyncio.run(serve())

    # -- what is new

    def _wake(self) -> None:
        """Something is new, or the end has come; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._wake_streams)
            except RuntimeError:  # it was closed meanwhile
                return

    def _wake_streams(self) -> None:
        assert self._changed is not None
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    async def _stream(self, request: Request) -> Response:
        if self._pages >= MOST_PAGES:
            return PlainTextResponse(f"{MOST_PAGES} pages are open already: close one of them", 503)
        try:
            lens = self._lens_of(request)
        except OptionError as error:
            return _event_response(_once(_event("refused", {"words": str(error)})))
        self._pages += 1
        cursor = request.headers.get("last-event-id") or request.query_params.get("since", "")
        return _event_response(self._events(lens, cursor[:100]))

    async def _events(self, lens: Lens, cursor: str) -> AsyncIterator[str]:
        """What is new for a page, until it leaves or we end. A page that reads slowly gets the newest then."""
        feed, must_ask = self.feeds.enter(lens)
        try:
            if must_ask:
                asyncio.get_running_loop().run_in_executor(None, self._ask)
            yield "retry: 1000\n\n"
            refused = ""
            while not self._stops:
                assert self._changed is not None
                changed = self._changed
                if feed.problem and feed.problem != refused:
                    refused = feed.problem
                    yield _event("refused", {"words": refused})
                if (news := feed.since(cursor)) is not None:
                    cursor, text = news
                    yield f"id: {cursor}\nevent: board\ndata: {text}\n\n"
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), _BEAT_SECONDS)
                except TimeoutError:
                    yield _event("beat", {})
            yield _event("end", {})
        finally:
            self._pages -= 1
            self.feeds.leave(feed)

    # -- the rest

    async def _page(self, request: Request) -> Response:
        kind, content = self._files["index.html"]
        return Response(content, media_type=kind)

    async def _file(self, request: Request) -> Response:
        entry = self._files.get(request.path_params["name"])
        if entry is None:
            return PlainTextResponse("there is no such file", 404)
        return Response(entry[1], media_type=entry[0])

    async def _move(self, request: Request) -> Response:
        try:
            lens = self._lens_of(request)
            feed: Feed | None = self.feeds.feed_of(lens)
            board = feed.board if feed is not None and feed.board is not None else self.newest
            if board is None:
                raise OptionError("there is no picture yet")
            made = moved(lens, board, request.query_params)
        except OptionError as error:
            return JSONResponse({"problem": str(error)}, 400)
        return JSONResponse({"lens": plain(made.lens), "words": made.words})

    async def _words(self, request: Request) -> Response:
        try:
            lens = self._lens_of(request)
        except OptionError as error:
            return JSONResponse({"problem": str(error)}, 400)
        return JSONResponse({"command": command_of(lens, self._target, "livemon.png"),
                             "python": python_of(lens, self._target, "livemon.png")})

    def _lens_of(self, request: Request) -> Lens:
        """The lens that a page looks through.

        Raises:
            OptionError: It is none.
        """
        words = request.query_params
        text = words.get("lens", "")
        if len(text) > _LONGEST_LENS:
            raise OptionError("the lens in the address is too long")
        lens = lens_from_json(text, "the lens in the address")[0] if text else self.home
        width, panels = (_count(words.get(name, "")) for name in ("width", "panels"))
        pixels = next((columns for columns in _PIXELS if columns >= (width or 900)), _PIXELS[-1])
        return replace(lens, pixels=pixels, max_panels=min(panels or self.home.max_panels, _MOST_PANELS))


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 and int(text) > 0 else None


def _event(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


async def _once(text: str) -> AsyncIterator[str]:
    yield text


def _event_response(events: AsyncIterator[str]) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _broken(request: Request, error: Exception) -> Response:
    return PlainTextResponse("livemon could not answer that", 500)
