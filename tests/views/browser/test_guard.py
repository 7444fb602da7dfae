from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livemon.views.browser.guard import Guard, cookie_value

TOKEN = "t" * 43
PORT = 7878
VALUE = cookie_value(TOKEN, PORT)
GOOD = [(b"host", b"127.0.0.1:7878"), (b"cookie", f"livemon-{PORT}={VALUE}".encode())]
ROUTES = ["/", "/page/main.js", "/stream", "/move", "/words", "/nothing", "//evil.com/", "/../../etc/passwd"]

FOREIGN = ["evil.com", "127.0.0.1.evil.com", "localhost.evil.com", "evil.com:7878", "localhost.", "0.0.0.0",
           "0.0.0.0:7878", "", " ", "a/?x=", "localhost/", "localhost@evil.com", "evil.com@localhost",
           "127.0.0.1:99999999", "127.0.0.1:",
           "[::1", "::1", "[::2]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1", "127.0.0.2", "10.0.0.1",
           "localhost:7878:7878", "localhost:x", "localhost#", "xn--localhost", "localhost\x00", "loc\u00e4lhost", "*"]


def answer(headers: list[tuple[bytes, bytes]], path: str = "/", method: str = "GET", query: str = "",
           **options: Any) -> tuple[int, dict[bytes, bytes]]:
    """Status and headers of the answer to a request; 200 is the app's."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
    asyncio.run(Guard(app, TOKEN, PORT, **options)(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_is_refused_on_every_route(host: str) -> None:
    """Case 62: a Host that is no loopback name is refused with 403 on every route, by whatever method, with a good
    cookie and a good token, too."""
    headers = [(b"host", host.encode("utf-8")), GOOD[1]]
    answers = [answer(headers, route, method, query)[0] for route in ROUTES for method in ("GET", "HEAD", "OPTIONS")
               for query in ("", f"token={TOKEN}")]
    assert set(answers) == {403}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9999", "[::1]", "[::1]:80"])
def test_a_loopback_name_with_any_port_is_ours(host: str) -> None:
    """`ssh -L` brings another port: any port of a loopback name is let through."""
    assert answer([(b"host", host.encode()), GOOD[1]])[0] == 200


def test_two_hosts_and_none_are_refused() -> None:
    """Case 62: a request with two Host headers, or without one, is refused, though one of them is ours."""
    assert answer([GOOD[0], (b"host", b"evil.com"), GOOD[1]])[0] == 403
    assert answer([GOOD[1]])[0] == 403


@pytest.mark.parametrize("origin", ["null", "http://evil.com", "http://127.0.0.1:7878.evil.com", "http://localhost:7878",
                                    "https://127.0.0.1", "file://", "http://127.0.0.1:78789"])
def test_a_foreign_origin_is_refused_without_cors(origin: str) -> None:
    """Case 63: a page of another origin is refused, and no answer allows one."""
    status, headers = answer([*GOOD, (b"origin", origin.encode())])
    assert status == 403 and not any(name.startswith(b"access-control") for name in headers)


@pytest.mark.parametrize(("site", "mode", "expected"), [
    ("cross-site", "no-cors", 403), ("cross-site", "navigate", 403), ("same-site", "no-cors", 403),
    ("same-site", "navigate", 200), ("same-origin", "cors", 200), ("none", "navigate", 200)])
def test_a_request_of_another_site_is_refused(site: str, mode: str, expected: int) -> None:
    """Case 63: what the browser says of where a request comes from is believed where it speaks against it."""
    assert answer([*GOOD, (b"sec-fetch-site", site.encode()), (b"sec-fetch-mode", mode.encode())])[0] == expected


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get"])
def test_only_get_is_answered(method: str) -> None:
    """The server is read-only: all but GET is refused."""
    assert answer(GOOD, method=method)[0] == 405


@pytest.mark.parametrize("cookie", ["", "livemon-7878=", f"livemon-7879={VALUE}", f"livemon-7878={VALUE}x",
                                    f"x={VALUE}", "livemon-7878", "\x00;=;", f"livemon-7878={VALUE[:-1]}",
                                    f"livemon-7878={TOKEN}", f"livemon-7878={cookie_value(TOKEN, 7879)}"])
def test_without_the_token_nothing_is_read(cookie: str) -> None:
    """On the loopback address, too, the cookie must hold the token, under the name with the port."""
    for route in ROUTES:
        assert answer([GOOD[0], (b"cookie", cookie.encode())], route)[0] == 403


def test_the_token_becomes_a_cookie() -> None:
    """The token in the address, once: it becomes a cookie that no script reads and no other site sends, and leaves the
    address; a wrong one is refused, though there is a good cookie."""
    status, headers = answer([GOOD[0]], query=f"token={TOKEN}")
    assert status == 303 and headers[b"location"] == b"./"
    words = headers[b"set-cookie"].decode()
    assert TOKEN not in words  # other servers on this machine get the cookie, too
    assert words.startswith(f"livemon-{PORT}={VALUE};") and "HttpOnly" in words and "SameSite=Strict" in words
    assert answer(GOOD, query="token=" + "x" * 43)[0] == 403
    assert answer([GOOD[0]], "/stream", query=f"token={TOKEN}")[0] == 403  # of the page alone


def test_every_answer_has_the_policy() -> None:
    """Every answer, a refusal included, forbids inline scripts and styles, other sources, framing and sniffing."""
    for headers in (GOOD, [GOOD[0]], [(b"host", b"evil.com")]):
        of_answer = answer(headers)[1]
        policy = of_answer[b"content-security-policy"].decode()
        assert "default-src 'none'" in policy and "style-src 'self';" in policy and "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert of_answer[b"x-content-type-options"] == b"nosniff" and of_answer[b"cache-control"] == b"no-store"


def test_a_server_for_others_takes_its_own_names_and_addresses() -> None:
    """With --host its names, and addresses in numbers, are let through: a foreign name still is not."""
    options: dict[str, Any] = {"hosts": ("gpu7", "0.0.0.0"), "any_address": True}
    for host, expected in (("gpu7:7878", 200), ("192.168.1.7:7878", 200), ("[fe80::1]:7878", 200), ("evil.com", 403)):
        assert answer([(b"host", host.encode()), GOOD[1]], **options)[0] == expected
    assert answer([(b"host", b"192.168.1.7"), GOOD[1]])[0] == 403


def test_a_websocket_is_closed() -> None:
    """There is no websocket here."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(Guard(None, TOKEN, PORT)({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    assert sent == ["websocket.close"]
