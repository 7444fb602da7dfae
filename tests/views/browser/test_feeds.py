from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Header, Line, Panel
from livemon.boards.run_row import RunRow
from livemon.views.browser.feeds import Feed, Feeds, Shown
from tests.views.browser.test_packed import unpacked

VALUES = st.lists(st.sampled_from([0.0, 1.0, -2.5, float("nan")]), max_size=6)
CURVES = st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1)


def board(curves: dict[str, list[float]], age: str = "", order: list[str] | None = None) -> Board:
    """A board with a panel for each curve."""
    panels = []
    for name in order or curves:
        y = np.array(curves[name], np.float64)
        line = Line(name, "main", np.arange(len(y), dtype=np.float64), y, "blue")
        panels.append(Panel(name, name, (0.0, 10.0), (0.0, 1.0), lines=(line,)))
    return Board("run", Header("run", "running", age=age), tuple(panels), lens=Lens())


class Page:
    """What a page makes of the news."""

    def __init__(self) -> None:
        self.cursor = ""
        self.parts: dict[str, Any] = {}
        self.panels: dict[str, Any] = {}
        self.runs: list[dict[str, Any]] = []
        self.order: list[str] = []
        self.sent = 0

    def take(self, feed: Feed, shown: Shown | None = None) -> bool:
        """Take what is new; whether anything was. `shown`: of the feed that it leaves."""
        news = feed.since(self.cursor, shown)
        if news is None:
            return False
        self.cursor, text = news
        message = json.loads(text)
        self.sent = len(text)
        if message["whole"]:
            self.panels = {}
            self.runs = []
        self.parts |= message["parts"]
        if (runs := message.get("runs")) is not None:
            rows = {row["name"]: row for row in (*self.runs, *runs["rows"])}
            self.runs = [rows[name] for name in runs.get("order", rows)]
        self.order = message.get("order", self.order)
        for panel in message["panels"]:
            before = self.panels.get(panel["key"], {})
            lines = {line["key"]: line for line in before.get("lines", ())}
            for line in panel["lines"]:
                for axis in ("x", "y"):
                    kept = lines[line["key"]][axis][: line["keep"]] if line["keep"] else []
                    line[axis] = [*kept, *unpacked(line[axis]).tolist()]
            lines |= {line["key"]: line for line in panel["lines"]}
            now = {**before, **panel}
            self.panels[panel["key"]] = {**now, "lines": [lines[key] for key in now["order"]]}
        self.panels = {key: self.panels[key] for key in self.order}
        return True

    def curves(self) -> dict[str, Any]:
        """What is drawn."""
        return {key: [line["y"] for line in panel["lines"]] for key, panel in self.panels.items()}


@settings(max_examples=60)
@given(st.lists(st.tuples(CURVES, st.booleans()), min_size=1, max_size=8))
def test_a_page_that_missed_some_news_has_the_same_picture(changes: list[tuple[dict[str, list[float]], bool]]) -> None:
    """Whichever news a page missed, what it gets then makes the same picture as that of a page that gets all, and of
    one that is new."""
    feed, steady, sleepy = Feed(Lens()), Page(), Page()
    for curves, is_awake in changes:
        feed.update(board(curves))
        steady.take(feed)
        if is_awake:
            sleepy.take(feed)
    fresh = Page()
    fresh.take(feed)
    sleepy.take(feed)
    expected = {key: [values] for key, values in changes[-1][0].items()}
    for page in (steady, sleepy, fresh):
        assert repr(page.curves()) == repr({key: expected[key] for key in page.order})
        assert page.order == list(changes[-1][0]) and page.parts["title"] == "run"


def test_news_cost_what_is_new() -> None:
    """A point more of 3,000 is some hundred bytes, not the curve; another age of the last row alone sends no panel."""
    feed, page = Feed(Lens()), Page()
    values = [float(one % 7) for one in range(3000)]
    feed.update(board({"loss": values}))
    page.take(feed)
    whole = page.sent
    feed.update(board({"loss": [*values, 5.0]}))
    assert page.take(feed) and page.sent < whole / 30 and page.curves()["loss"][0][-1] == 5.0
    feed.update(board({"loss": [*values, 5.0]}, age="row 1 s ago"))
    news = feed.since(page.cursor)
    assert news is not None and json.loads(news[1])["panels"] == []


def test_of_many_curves_only_those_that_changed_are_sent() -> None:
    """A new point of one of 500 runs in a panel sends that curve's point alone, and of the panel what changed."""
    feed, page = Feed(Lens()), Page()
    x, curves = np.arange(3.0), [np.full(3, float(number)) for number in range(500)]

    def shown(x_high: float) -> Board:
        lines = tuple(Line("loss", "main", x if len(y) == 3 else np.arange(4.0), y, "blue", run=f"run{number}")
                      for number, y in enumerate(curves))
        panel = Panel("loss", "loss", (0.0, x_high), (0.0, 500.0), lines=lines, metrics=("loss",))
        return Board("many", Header("many", "running"), (panel,), lens=Lens())

    feed.update(shown(10.0))
    page.take(feed)
    curves[7] = np.append(curves[7], 2.5)
    feed.update(shown(20.0))
    assert page.take(feed) and page.sent < 1000
    assert len(page.curves()["loss"]) == 500 and page.curves()["loss"][7] == [7.0, 7.0, 7.0, 2.5]
    assert page.panels["loss"]["x_limits"] == [0.0, 20.0] and page.panels["loss"]["y_limits"] == [0.0, 500.0]


def test_a_feed_begins_with_what_was_shown_last() -> None:
    """A page whose lens is that of the newest board sees it at once; a board that came meanwhile is not replaced by it,
    and one of another lens is not its."""
    feeds = Feeds(lambda: None)
    feed, must_ask = feeds.enter(Lens())
    feeds.begin(feed, replace(board({"loss": [1.0]}), lens=Lens(smooth=0.9)))
    feeds.begin(feed, None)
    assert must_ask and feed.since("") is None
    feeds.begin(feed, board({"loss": [1.0]}))
    feeds.begin(feed, board({"loss": [2.0]}))
    page = Page()
    assert page.take(feed) and page.curves() == {"loss": [[1.0]]}


def test_nothing_new_is_nothing() -> None:
    """The same board again is no news, and a page that has all gets nothing."""
    feed, page = Feed(Lens()), Page()
    assert feed.update(board({"loss": [1.0]})) and page.take(feed)
    assert not feed.update(board({"loss": [1.0]})) and not page.take(feed)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "0-0", f"{'9' * 400}-{'9' * 400}", "\u0663-\u0663", "--",
                                    "deadbeef-5"])
def test_a_cursor_that_is_not_ours_gets_the_whole(cursor: str) -> None:
    """A server that was started again does not know the cursors of the one before: the page gets everything."""
    feed = Feed(Lens())
    feed.update(board({"loss": [1.0]}))
    news = feed.since(cursor)
    assert news is not None and json.loads(news[1])["whole"]


def test_pages_with_one_lens_share_its_board() -> None:
    """A board is made once for all pages that look through the same lens, and for none where nobody looks."""
    feeds, made = Feeds(lambda: None), []

    def make(lens: Lens) -> Board:
        made.append(lens)
        return board({"loss": [1.0]})

    first, must_ask = feeds.enter(Lens())
    second, _ = feeds.enter(Lens())
    other, _ = feeds.enter(Lens(smooth=0.9))
    feeds.update(make)
    assert must_ask and first is second and other is not first and len(made) == 2
    feeds.leave(other)
    made.clear()
    feeds.update(make)
    assert made == [Lens()]


def test_a_lens_that_means_nothing_is_said_and_disturbs_nobody() -> None:
    """A lens for which no board can be made has a problem in words; the others have their boards."""
    changes: list[int] = []
    feeds = Feeds(lambda: changes.append(1))
    good, bad = feeds.enter(Lens())[0], feeds.enter(Lens(x="nothing"))[0]

    def make(lens: Lens) -> Board:
        if lens.x is not None:
            raise ValueError("no column nothing")
        return replace(board({"loss": [1.0]}), lens=lens)

    feeds.update(make)
    assert bad.problem == "no column nothing" and good.board is not None and changes


@settings(max_examples=60)
@given(st.lists(CURVES, min_size=2, max_size=6), st.booleans())
def test_another_lens_costs_what_differs(boards: list[dict[str, list[float]]], has_missed: bool) -> None:
    """A page that goes from lens to lens has the picture of a new page at each; if it had missed nothing, only what
    differs is sent."""
    feeds, page = Feeds(lambda: None), Page()
    for number, curves in enumerate(boards):
        feed, _ = feeds.enter(Lens(max_panels=number + 1))
        feed.update(board(curves))
        shown = feeds.shown(page.cursor)
        assert (shown is None) == (number == 0 or (has_missed and number == 1))
        new = Page()
        page.take(feed, shown)
        new.take(feed)
        assert repr((page.parts, page.order, page.curves())) == repr((new.parts, new.order, new.curves()))
        assert page.sent <= new.sent + 2
        if has_missed and number == 0:
            feed.update(board({"a": [5.0]}))


def test_only_changed_rows_of_the_list_are_sent() -> None:
    """Of a list of runs, a page gets the rows that changed, and their order if it did; another lens without a change of
    the list sends none."""
    rows = [RunRow(f"run{number}", "", "running", best=1.0) for number in range(500)]
    feed, page, length = Feed(Lens(run_list=True)), Page(), []
    for number in (None, 7):
        if number is not None:
            rows[number] = replace(rows[number], best=0.5)
        for ordered in (rows, rows[::-1]):
            feed.update(replace(board({"a": [1.0]}), runs=tuple(ordered)))
            page.take(feed)
            assert [(row["name"], row["best"]) for row in page.runs] == [(row.name, row.best) for row in ordered]
            length.append(page.sent)
    assert length[2] - length[1] < 1000 and length[1] < length[0] / 5
    other = Feed(Lens(run_list=True, smooth=0.5))
    other.update(replace(board({"a": [1.0]}), runs=tuple(rows[::-1])))
    before = page.runs
    page.take(other, feed.shown(page.cursor))
    assert page.runs == before and page.sent < 1000
