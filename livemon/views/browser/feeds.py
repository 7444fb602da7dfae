"""The boards of each lens, and their changes since a page's last update: a cursor counts the changes."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from livemon.boards.lens.json_form import lens_to_json
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Line, Panel
from livemon.views.browser.packed import Array, encoded, with_steps
from livemon.views.browser.plain import PlainPanel, look_of, named_lines, plain_parts

__all__ = ["Feed", "Feeds"]

_KEPT_SECONDS = 120.0  # a sleeping or disconnected tab later gets only what it missed


class _LineChanges:
    """A line of a feed, and the number of its points that each change left as they were.

    Attributes:
        line: The present line.
        version: The version that changed it last.
    """

    def __init__(self, name: str, line: Line, version: int) -> None:
        self.line = line
        self.version = self._born = version
        self._name = name
        self._look = look_of(line)
        self._kept: list[tuple[int, int]] = []  # (version, number of kept points); both only grow

    def update(self, line: Line, version: int) -> None:
        """Set the present line."""
        before, self.line = self.line, line
        if line is before:
            return
        kept, look = _common(before, line), look_of(line)
        if kept == len(line.x) == len(before.x) and look == self._look:
            return
        self.version, self._look = version, look
        while self._kept and self._kept[-1][1] >= kept:
            self._kept.pop()
        self._kept.append((version, kept))

    def since(self, version: int) -> dict[str, Any]:
        """The changes since a version: the number of points that stay, and those that follow them."""
        x, y = self.line.x, self.line.y
        kept = 0 if self._born > version else next((kept for at, kept in self._kept if at > version), len(x))
        return {"key": self._name, **self._look, "keep": kept, "x": with_steps(x[kept:]), "y": encoded(y[kept:])}


def _common(before: Line, after: Line) -> int:
    """The number of points that two lines have in common at their beginning."""
    if before.x is after.x and before.y is after.y:
        return len(after.x)
    length = min(len(before.x), len(after.x))
    differs = (_bits(before.x[:length]) != _bits(after.x[:length])) | (
        _bits(before.y[:length]) != _bits(after.y[:length]))
    return int(np.argmax(differs)) if differs.any() else length


def _bits(values: Array) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The bits of values: NaN then equals itself."""
    return np.ascontiguousarray(values, np.float64).view(np.uint64)


class _PanelChanges:
    """A panel of a feed.

    Attributes:
        version: The version that changed it last.
    """

    def __init__(self, panel: Panel, version: int) -> None:
        self._panel: Panel | None = None
        self._plain = PlainPanel()
        self._fields: dict[str, tuple[int, Any]] = {}  # with the version that changed each of them last
        self._lines: dict[str, _LineChanges] = {}
        self.update(panel, version)

    def update(self, panel: Panel, version: int) -> None:
        """Set the present panel."""
        if panel is self._panel:
            return
        self._panel = panel
        lines = named_lines(panel)
        for name, value in {**self._plain.of(panel), "order": list(lines)}.items():
            if name not in self._fields or self._fields[name][1] != value:
                self._fields[name] = version, value
        before, self._lines = self._lines, {}
        for name, line in lines.items():
            known = self._lines[name] = before.get(name) or _LineChanges(name, line, version)
            known.update(line, version)
        self.version = max(*(changed for changed, _ in self._fields.values()),
                           *(line.version for line in self._lines.values()))

    def since(self, version: int) -> dict[str, Any]:
        """The changes since a version: fields, with the order of the lines among them, and lines."""
        new = {name: value for name, (changed, value) in self._fields.items() if changed > version}
        lines = [line.since(version) for line in self._lines.values() if line.version > version]
        return {**new, "key": self._fields["key"][1], "lines": lines}


class Feed:
    """The boards of one lens. Any thread.

    Args:
        lens: The lens.

    Attributes:
        lens: The lens.
        board: The newest board; None before the first.
        key: An identity of this feed that no other server has.
        problem: Why there is no board for this lens, or "".
        clients: The number of listening pages.
        left_at: When the last page left, by `time.monotonic`.
    """

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.board: Board | None = None
        self.key = secrets.token_hex(8)
        self.problem = ""
        self.clients = 0
        self.left_at = time.monotonic()
        self._lock = threading.Lock()
        self._version = 0
        self._parts: dict[str, tuple[int, Any]] = {}
        self._panels: dict[str, _PanelChanges] = {}
        self._order: tuple[int, list[str]] = 0, []
        self._texts: dict[int, str] = {}  # by version: pages that have seen the same get the same text

    def update(self, board: Board, *, is_first: bool = False) -> bool:
        """Set the newest board; whether anything is new. `is_first`: only if there is none yet."""
        with self._lock:
            if is_first and self.board is not None:
                return False
            version = self._version + 1
            self.board, self.problem = board, ""
            for name, part in plain_parts(board).items():
                if name not in self._parts or self._parts[name][1] != part:
                    self._parts[name] = version, part
            order = [panel.key for panel in board.panels]
            if order != self._order[1]:
                self._order = version, order
            panels = {}
            for panel in board.panels:
                known = self._panels.get(panel.key)
                if known is None:
                    known = _PanelChanges(panel, version)
                else:
                    known.update(panel, version)
                panels[panel.key] = known
            self._panels = panels
            if not self._is_new(version):
                return False
            self._version = version
            self._texts.clear()
            return True

    def _is_new(self, version: int) -> bool:
        return (self._order[0] == version or any(at == version for at, _ in self._parts.values())
                or any(panel.version == version for panel in self._panels.values()))

    def since(self, cursor: str) -> tuple[str, str] | None:
        """The changes as JSON, and the cursor after them; None if there are none.

        Args:
            cursor: The cursor of the page's last update; any other text means that the page has nothing.
        """
        with self._lock:
            key, _, number = cursor.partition("-")
            before = int(number) if key == self.key and number.isdecimal() and len(number) < 16 else 0
            before = min(before, self._version)
            if before == self._version:
                return None
            if before not in self._texts:
                self._texts[before] = json.dumps(self._message(before), allow_nan=False, separators=(",", ":"))
            return f"{self.key}-{self._version}", self._texts[before]

    def _message(self, before: int) -> dict[str, Any]:
        message: dict[str, Any] = {"whole": before == 0}
        message["parts"] = {name: part for name, (version, part) in self._parts.items() if version > before}
        if self._order[0] > before:
            message["order"] = self._order[1]
        message["panels"] = [panel.since(before) for panel in self._panels.values() if panel.version > before]
        return message


class Feeds:
    """The feeds of all pages. Any thread.

    Args:
        changed: Called after each change, from any thread.
        clock: Monotonic seconds.
    """

    def __init__(self, changed: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._changed = changed
        self._clock = clock
        self._lock = threading.Lock()
        self._feeds: dict[str, Feed] = {}

    def enter(self, lens: Lens) -> tuple[Feed, bool]:
        """A page begins to listen to a lens; whether a board must be made for it now."""
        with self._lock:
            feed = self._feeds.setdefault(_key_of(lens), Feed(lens))
            waits = feed.clients == 0 or feed.board is None
            feed.clients += 1
            return feed, waits

    def begin(self, feed: Feed, board: Board | None) -> None:
        """Begin a feed that has no board yet with this one, if it was made through the feed's lens. Its text is made
        here, not in the server's thread."""
        if board is not None and board.lens == feed.lens and feed.update(board, is_first=True):
            feed.since("")
            self._changed()

    def leave(self, feed: Feed) -> None:
        """A page stops listening."""
        with self._lock:
            feed.clients -= 1
            feed.left_at = self._clock()

    def feed_of(self, lens: Lens) -> Feed | None:
        """The feed of a lens; None if no page listens to it."""
        return self._feeds.get(_key_of(lens))

    def update(self, make: Callable[[Lens], Board]) -> None:
        """Update the board of each lens.

        Args:
            make: Makes the board of a lens; raises ValueError if the lens is not valid.
        """
        with self._lock:
            now = self._clock()
            for key, feed in list(self._feeds.items()):
                if feed.clients == 0 and now - feed.left_at > _KEPT_SECONDS:
                    del self._feeds[key]
            feeds = [feed for feed in self._feeds.values() if feed.clients > 0]
        is_new = False
        for feed in feeds:
            try:
                is_new |= feed.update(make(feed.lens))
            except ValueError as error:
                if feed.problem != str(error):
                    feed.problem, is_new = str(error), True
        if is_new:
            self._changed()


def _key_of(lens: Lens) -> str:
    return f"{lens.pixels} {lens.max_panels} {lens_to_json(lens)}"
