"""The web server: pages, their updates, and lenses. It neither reads from nor writes to the disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from socket import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from livemon.boards.lens.json_form import plain
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.lens.words import command_of, python_of
from livemon.boards.model import Board
from livemon.views.browser.actions import moved
from livemon.views.browser.asked import Words, asked_cursors, asked_lens, asked_pages
from livemon.views.browser.connections import Connection
from livemon.views.browser.feeds import Feed, Feeds, Shown
from livemon.views.browser.files import version_of
from livemon.views.browser.guard import Guard

__all__ = ["MOST_PAGES", "MOST_STREAMS", "PageServer"]

MOST_STREAMS = 32  # a browser has one for all its tabs
MOST_PAGES = 128  # while a stream replaces another one, its pages count twice
_MOST_CONNECTIONS = 128
_LONGEST_HEAD = 200_000  # bytes of a request, whose address contains a lens
_BEAT_SECONDS = 2.0  # between two signs of life: pages show when livemon hangs or was stopped
_END_SECONDS = 2.0
_PIECE = 1 << 18  # characters: the next piece is sent when the browser has taken most of the last one
_MORE_SECONDS = 0.1  # until the next board, after one that is not complete
_PACKING = 6  # of 9: two thirds of the time, and a hundredth more


class _Listening:
    """A page that shares a stream with others.

    Attributes:
        feed: The boards of its lens; None if the lens is not valid.
        cursor: The cursor of its last update.
        shown: What the page shows of another lens; None for nothing.
        problem: Why it gets no updates, or "".
        must_ask: A newer board must be asked for.
    """

    def __init__(self, feed: Feed | None, cursor: str, problem: str = "", *, shown: Shown | None = None,
                 must_ask: bool = False) -> None:
        self.feed = feed
        self.cursor = cursor
        self.shown = shown
        self.problem = problem
        self.must_ask = must_ask
        self._refused = ""

    def news(self) -> str | None:
        """The changes as JSON, and the cursor moves past them; None if there are none."""
        news = None if self.feed is None else self.feed.since(self.cursor, self.shown)
        if news is None:
            return None
        self.shown = None
        self.cursor, text = news
        return text

    def refusal(self) -> str | None:
        """Why it gets no updates, unless it was told before."""
        problem = self.problem if self.feed is None else self.feed.problem
        if not problem or problem == self._refused:
            return None
        self._refused = problem
        return problem


class PageServer:
    """Serves the page in a thread of its own.

    Args:
        files: The files of the page: name -> type and content.
        ask: Called from the server's thread if a lens waits for its first board.
        token, hosts, any_address: See `Guard`.
        target: The path as the user named it: for the command that draws the picture again.

    Attributes:
        feeds: The boards of each lens.
        home: The lens of a page whose address has none.
        newest: A board through it, for lenses without one; None before the first.
    """

    def __init__(self, files: Mapping[str, tuple[str, bytes]], ask: Callable[[], object], *, token: str, port: int,
                 hosts: tuple[str, ...] = (), any_address: bool = False, target: Any = ".",
                 home: Lens | None = None) -> None:
        self.feeds = Feeds(self._wake)
        self.home = Lens() if home is None else home
        self.newest: Board | None = None
        self._files = files
        self._sign_of_life = _event("beat", {"version": version_of(files)})
        self._ask = ask
        self._target = target
        self._streams = 0
        self._pages = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: asyncio.Event | None = None
        self._stops = False
        routes = [Route("/", self._page), Route("/page/{name}", self._file), Route("/stream", self._stream),
                  Route("/move", self._move), Route("/words", self._words)]
        packs = [Middleware(GZipMiddleware, compresslevel=_PACKING)]  # all but the stream, which must not wait
        app = Guard(Starlette(routes=routes, middleware=packs, exception_handlers={Exception: _broken}), token, port,
                    hosts, any_address=any_address)
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
            for connection in list(self._server.server_state.connections):  # that have not ended in time
                connection.transport.abort()
            await asyncio.sleep(0)  # until they are closed

        asyncio.run(serve())

    def ask_soon(self) -> None:
        """Ask for the next board in a moment: the last one says that it shows more. Any thread."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it was closed in the meantime
                self._loop.call_soon_threadsafe(self._loop.call_later, _MORE_SECONDS, self._ask_in_thread)

    def _ask_in_thread(self) -> None:
        if not self._stops:
            asyncio.get_running_loop().run_in_executor(None, self._ask)

    # -- updates

    def _wake(self) -> None:
        """There are updates, or the server ends; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._wake_streams)
            except RuntimeError:  # it was closed in the meantime
                return

    def _wake_streams(self) -> None:
        assert self._changed is not None
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    async def _stream(self, request: Request) -> Response:
        if self._streams >= MOST_STREAMS:
            return PlainTextResponse("too many pages are open already: close some of them", 503)
        try:
            pages = asked_pages(request.query_params)
        except OptionError as error:
            return PlainTextResponse(str(error), 400)
        cursors = asked_cursors(pages, request.headers.get("last-event-id", ""))
        return StreamingResponse(self._events(pages, cursors), media_type="text/event-stream",
                                 headers={"x-accel-buffering": "no"})

    async def _events(self, pages: list[Words], cursors: list[str]) -> AsyncIterator[str]:
        """The updates for the pages that share a stream, until they leave or the server ends. A slow reader gets only
        the newest state."""
        if self._streams >= MOST_STREAMS:  # many asked at once, before the first of them was counted
            return
        self._streams += 1
        listening = [self._enter(page, cursor) for page, cursor in zip(pages, cursors, strict=True)]
        waiting = [page.feed for page in listening if page.feed is not None and page.must_ask]
        in_thread = asyncio.get_running_loop().run_in_executor
        try:
            yield "retry: 1000\n\n"
            yield self._sign_of_life
            for feed in waiting:
                await in_thread(None, self.feeds.begin, feed, self.newest)
            while not self._stops:
                assert self._changed is not None
                changed, is_new = self._changed, False
                for event in self._news(listening):
                    is_new = True
                    for start in range(0, len(event), _PIECE):
                        yield event[start : start + _PIECE]
                if is_new:
                    continue
                if waiting:  # only now: making a board would compete with sending the first one
                    waiting = []
                    in_thread(None, self._ask)
                try:
                    await asyncio.wait_for(changed.wait(), _BEAT_SECONDS)
                except TimeoutError:
                    yield self._sign_of_life
            yield _event("end", {})
        finally:
            self._streams -= 1
            for page in listening:
                if page.feed is not None:
                    self._pages -= 1
                    self.feeds.leave(page.feed)

    def _enter(self, page: Words, cursor: str) -> _Listening:
        if self._pages >= MOST_PAGES:
            return _Listening(None, cursor, f"{MOST_PAGES} pages are open already: close one of them")
        shown = self.feeds.shown(cursor)
        try:
            feed, must_ask = self.feeds.enter(asked_lens(page, self.home))
        except OptionError as error:
            return _Listening(None, cursor, str(error))
        self._pages += 1
        return _Listening(feed, cursor, shown=shown, must_ask=must_ask)

    def _news(self, listening: list[_Listening]) -> Iterator[str]:
        for number, page in enumerate(listening):
            if (words := page.refusal()) is not None:
                yield _event("refused", {"of": number, "words": words})
            if (text := page.news()) is not None:
                cursors = " ".join(other.cursor for other in listening)
                yield f"id: {number} {cursors}\nevent: board\ndata: {text}\n\n"

    # -- other requests

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
            lens = asked_lens(request.query_params, self.home)
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
            lens = asked_lens(request.query_params, self.home)
        except OptionError as error:
            return JSONResponse({"problem": str(error)}, 400)
        return JSONResponse({"command": command_of(lens, self._target, "livemon.png"),
                             "python": python_of(lens, self._target, "livemon.png")})


def _event(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


async def _broken(request: Request, error: Exception) -> Response:
    return PlainTextResponse("livemon could not answer that", 500)
