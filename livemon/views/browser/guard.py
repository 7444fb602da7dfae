"""Who may read: only the user of this machine, in one of our pages. The decision uses the request as received."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

__all__ = ["Guard", "cookie_value"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?\Z")
_HEADERS = [(name.encode(), value.encode()) for name, value in {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; "
                               "connect-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; "
                               "base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}.items()]
_YEAR_SECONDS = 365 * 24 * 3600


class Guard:
    """Passes only permitted requests to an app.

    Args:
        app: The app.
        token: The token that a page must present: first in its address, afterwards in a cookie.
        port: The port of the server. It is part of the cookie's name, because cookies ignore ports.
        hosts: Names beside the loopback's under which the server may be addressed.
        any_address: Whether numeric addresses are allowed, too: for a server that others can reach.
    """

    def __init__(self, app: App, token: str, port: int, hosts: Iterable[str] = (), *,
                 any_address: bool = False) -> None:
        self._app = app
        self._token = token
        self._cookie, self._value = f"livemon-{port}", cookie_value(token, port)
        self._hosts = frozenset((*_LOOPBACK, *(host.lower() for host in hosts)))
        self._any_address = any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal)
        elif (token := self._token_in_address(scope)) is not None:
            if hmac.compare_digest(token.encode(), self._token.encode()):
                cookie = f"{self._cookie}={self._value}; HttpOnly; SameSite=Strict; Max-Age={_YEAR_SECONDS}"
                await _answer(send, 303, "", [(b"location", b"./"), (b"set-cookie", cookie.encode())])
            else:
                await _answer(send, 403, _NO_TOKEN)
        elif not self._has_cookie(headers):
            await _answer(send, 403, _NO_TOKEN)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not self._is_ours(host := hosts[0].decode("latin-1").lower()):
            return 403, "This name does not belong to livemon. Open the address that livemon printed.\n"
        if scope["method"] != "GET":
            return 405, "livemon only answers GET.\n"
        origins = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
        if any(origin not in (f"http://{host}", f"https://{host}") for origin in origins):
            return 403, "Another page may not read this one.\n"
        sites = {value for name, value in headers if name == b"sec-fetch-site"}
        modes = {value for name, value in headers if name == b"sec-fetch-mode"}
        if b"cross-site" in sites or (b"same-site" in sites and modes != {b"navigate"}):
            return 403, "Another page may not read this one. Type, or paste, the address that livemon printed.\n"
        return None

    def _is_ours(self, host: str) -> bool:
        match = _HOST.match(host)
        if match is None:
            return False
        name = match.group(1)
        return name in self._hosts or (self._any_address and _is_address(name))

    def _token_in_address(self, scope: Scope) -> str | None:
        if scope["path"].rpartition("/")[2] != "":  # only for the page itself
            return None
        return next(iter(parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20).get("token", ())), None)

    def _has_cookie(self, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == b"cookie":
                try:
                    morsel = SimpleCookie(value.decode("latin-1")).get(self._cookie)
                except CookieError:
                    continue
                if morsel is not None and hmac.compare_digest(morsel.value.encode(), self._value.encode()):
                    return True
        return False


def cookie_value(token: str, port: int) -> str:
    """The value of the cookie. A browser sends the cookies of 127.0.0.1 to every port, so possibly to another user's
    server: that must not learn the token, which opens the pages of all ports."""
    return hmac.new(token.encode(), f"livemon {port}".encode(), "sha256").hexdigest()


_NO_TOKEN = ("livemon shows this page only to those who have its token: open the whole address that livemon printed, "
             "with ?token=...\n")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return send_with


async def _answer(send: Send, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    body = text.encode()
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *headers,
        *_HEADERS]})
    await send({"type": "http.response.body", "body": body})
