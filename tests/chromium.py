"""A real Chromium without a screen, driven over the pipe of its DevTools: pages, keys, mouse, pictures.

`find()` says where it is, or None: then tests skip, but in CI, which installs it, they fail (`must_run`).
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0  # seconds: the machine may be busy


def find() -> str | None:
    """The program; None where there is none, or no way to hand it a pipe."""
    if os.name != "posix":
        return None
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def must_run(missing: str | None) -> None:
    """Skip a test that lacks something; fail where it must run, as in CI, which sets LIVEMON_TEST_PAGE=must."""
    if missing is not None and os.environ.get("LIVEMON_TEST_PAGE") == "must":
        pytest.fail(f"LIVEMON_TEST_PAGE=must: {missing}", pytrace=False)
    if missing is not None:
        pytest.skip(missing)


class Chromium:
    """A browser; `close` ends it and all its processes."""

    def __init__(self, program: str) -> None:
        self._profile = tempfile.mkdtemp(prefix="livemon-chromium-")
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def hand_over() -> None:  # what it reads is 3, what it writes is 4
            kept = os.dup(from_browser)
            os.dup2(to_browser, 3)
            os.dup2(kept, 4)

        self._process = subprocess.Popen(
            [program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--disable-quic", "--disable-sync", "--disable-extensions", "--hide-scrollbars", "--no-proxy-server",
             f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=hand_over,
            pass_fds=(3, 4), start_new_session=True)  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self.listeners: dict[str, Callable[[str, dict[str, Any]], None]] = {}
        self._reader = threading.Thread(target=self._listen, name="chromium's pipe", daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        pieces: list[bytes] = []  # of a message that is not whole yet
        while piece := os.read(self._read, 1 << 20):
            *whole, rest = piece.split(b"\0")
            if whole:
                whole[0] = b"".join([*pieces, whole[0]])
                pieces.clear()
            pieces.append(rest)
            for text in whole:
                message = json.loads(text)
                if "id" in message:
                    if (waiting := self._answers.pop(message["id"], None)) is not None:
                        waiting.put(message)
                elif (listener := self.listeners.get(message.get("sessionId", ""))) is not None:
                    listener(message["method"], message["params"])

    def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """The answer to a command of the DevTools."""
        number = next(self._numbers)
        self._answers[number] = waiting = queue.Queue()
        message = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = waiting.get(timeout=PATIENCE)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    def tab(self, url: str = "about:blank", *, width: int = 1280, height: int = 800, alone: bool = False) -> Tab:
        """A new tab, in a window of its own: a tab behind another one is not seen. `alone`: with cookies and storage of
        its own."""
        context = {"browserContextId": self.ask("Target.createBrowserContext")["browserContextId"]} if alone else {}
        target = self.ask("Target.createTarget", url="about:blank", newWindow=True, **context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, target, session)
        self.listeners[session] = tab.heard
        for domain in ("Page", "Runtime", "Log"):
            tab.ask(f"{domain}.enable")
        tab.resize(width, height)
        if url != "about:blank":
            tab.go(url)
        return tab

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(Exception):
            self.ask("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.wait(5)
        self._reader.join(5)
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)


_KEYS = {"Enter": 13, "Escape": 27, "Backspace": 8, "Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
         "ArrowDown": 40, "Home": 36, "End": 35}


class Tab:
    """A tab. `problems`: errors of scripts and violations of the policy, in words."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session
        self.problems: list[str] = []

    def heard(self, method: str, params: dict[str, Any]) -> None:
        """An event."""
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and params["entry"]["source"] in ("security", "javascript", "violation"):
            self.problems.append(params["entry"]["text"])

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command."""
        return self._browser.ask(method, self._session, **params)

    def go(self, url: str) -> None:
        """Open an address."""
        self.ask("Page.navigate", url=url)

    def do(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", str(answer)))
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = PATIENCE) -> Any:
        """The value of an expression once it is true."""
        ends, value = time.monotonic() + seconds, None
        while time.monotonic() < ends:
            with contextlib.suppress(RuntimeError):  # the page is only coming
                if value := self.do(script):
                    return value
            time.sleep(0.03)
        raise AssertionError(f"never true: {script} (it is {value!r}); {self.problems}")

    def resize(self, width: int, height: int, *, ratio: float = 1.0) -> None:
        """Another size of the window."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=ratio,
                 mobile=False)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """A picture of what is seen, or of the whole page."""
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def key(self, name: str, *, shift: bool = False) -> None:
        """Press a key."""
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 else "")
        fields: dict[str, Any] = {"key": name, "modifiers": 8 if shift else 0}
        if name in _KEYS:
            fields |= {"code": name, "windowsVirtualKeyCode": _KEYS[name]}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **fields, **({"text": text} if text else {}))
        self.ask("Input.dispatchKeyEvent", type="keyUp", **fields)

    def mouse(self, kind: str, x: float, y: float, *, shift: bool = False, buttons: int = 0, clicks: int = 0) -> None:
        """The mouse: "mouseMoved", "mousePressed", "mouseReleased"."""
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, modifiers=8 if shift else 0, buttons=buttons,
                 button="left" if clicks or buttons else "none", clickCount=clicks)

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        script = ("(() => { const there = document.querySelector(SELECTOR); there.scrollIntoView({block: 'center'}); "
                  "const b = there.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        x, y = self.do(script.replace("SELECTOR", json.dumps(selector)))
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, buttons=1, clicks=1)
        self.mouse("mouseReleased", x, y, clicks=1)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from here to there."""
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, buttons=1, clicks=1)
        for share in (0.3, 0.7, 1.0):
            x, y = (one + share * (two - one) for one, two in zip(start, end, strict=True))
            self.mouse("mouseMoved", x, y, buttons=1)
        self.mouse("mouseReleased", *end, clicks=1)

    def close(self) -> None:
        """Close it."""
        self._browser.listeners.pop(self._session, None)
        self._browser.ask("Target.closeTarget", targetId=self._target)
