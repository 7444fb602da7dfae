"""The boards of each lens, and their changes since a page's last update: a cursor counts the changes."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livemon.boards.lens.json_form import lens_to_json
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.views.browser.changes import PanelChanges, RunChanges, ShownPanel
from livemon.views.browser.plain import plain_parts

__all__ = ["Feed", "Feeds", "Shown"]

_KEPT_SECONDS = 120.0  # a sleeping or disconnected tab later gets only what it missed


@dataclass(frozen=True, slots=True)
class Shown:
    """The content of a feed at one moment: of a page that goes on to another lens, which then costs what differs.

    Attributes:
        parts: All but the list of runs and the panels, by name.
        runs: The rows of the list of runs, by name.
        order: The keys of the panels in their order.
        panels: The panels by key.
    """

    parts: Mapping[str, Any]
    runs: Mapping[str, dict[str, Any]]
    order: Sequence[str]
    panels: Mapping[str, ShownPanel]


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
        self._runs = RunChanges()
        self._panels: dict[str, PanelChanges] = {}
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
            self._runs.update(board.runs, version)
            order = [panel.key for panel in board.panels]
            if order != self._order[1]:
                self._order = version, order
            panels = {}
            for panel in board.panels:
                known = self._panels.get(panel.key)
                if known is None:
                    known = PanelChanges(panel, version)
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
        return (version in (self._order[0], self._runs.version) or any(at == version for at, _ in self._parts.values())
                or any(panel.version == version for panel in self._panels.values()))

    def since(self, cursor: str, shown: Shown | None = None) -> tuple[str, str] | None:
        """The changes as JSON, and the cursor after them; None if there are none.

        Args:
            cursor: The cursor of the page's last update.
            shown: What a page shows whose cursor is of another feed; None: the page has nothing.
        """
        with self._lock:
            before = self._version_of(cursor)
            if before == self._version:
                return None
            if before == 0 and shown is not None:
                text = _json(self._message_after(shown))
            else:
                if before not in self._texts:
                    self._texts[before] = _json(self._message(before))
                text = self._texts[before]
            return f"{self.key}-{self._version}", text

    def shown(self, cursor: str) -> Shown | None:
        """What the page shows that has this cursor; None unless it is the newest cursor of this feed."""
        with self._lock:
            if self._version == 0 or self._version_of(cursor) != self._version:
                return None
            return Shown({name: part for name, (_, part) in self._parts.items()}, self._runs.shown(), self._order[1],
                         {key: panel.shown() for key, panel in self._panels.items()})

    def _version_of(self, cursor: str) -> int:
        """The version of a cursor; 0 for one that is not of this feed."""
        key, _, number = cursor.partition("-")
        before = int(number) if key == self.key and number.isdecimal() and len(number) < 16 else 0
        return min(before, self._version)

    def _message(self, before: int) -> dict[str, Any]:
        message: dict[str, Any] = {"whole": before == 0}
        message["parts"] = {name: part for name, (version, part) in self._parts.items() if version > before}
        if self._runs.version > before:
            message["runs"] = self._runs.since(before)
        if self._order[0] > before:
            message["order"] = self._order[1]
        message["panels"] = [panel.since(before) for panel in self._panels.values() if panel.version > before]
        return message

    def _message_after(self, shown: Shown) -> dict[str, Any]:
        """What differs from the content of another feed."""
        message: dict[str, Any] = {"whole": False}
        message["parts"] = {name: part for name, (_, part) in self._parts.items() if shown.parts.get(name) != part}
        if (runs := self._runs.since_rows(shown.runs)) is not None:
            message["runs"] = runs
        if self._order[1] != shown.order:
            message["order"] = self._order[1]
        changes = (panel.since_panel(shown.panels.get(key)) for key, panel in self._panels.items())
        message["panels"] = [change for change in changes if change is not None]
        return message


def _json(message: Mapping[str, Any]) -> str:
    return json.dumps(message, allow_nan=False, separators=(",", ":"))


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

    def shown(self, cursor: str) -> Shown | None:
        """What a page with this cursor shows, unless it has missed something since."""
        with self._lock:
            feeds = list(self._feeds.values())
        return next((shown for feed in feeds if (shown := feed.shown(cursor)) is not None), None)

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
