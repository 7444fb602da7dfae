from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from textual import events

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.views import View
from livemon.views.terminal.app import TerminalView

from .conftest import board_of, line_of, panel_of


def board(points: int = 100, lens: Lens | None = None) -> Board:
    y = np.exp(-np.arange(points) / 30)
    return board_of(panel_of(line_of(y), x_limits=(0.0, 200.0), y_limits=(0.0, 1.0)), lens=lens or Lens())


def played(play: Callable[[TerminalView, Any], Any], size: tuple[int, int] = (80, 24), **environ: str) -> TerminalView:
    """A view in which something was played with Textual's pilot."""
    view = TerminalView("dark", "braille", environ={"TERM": "xterm-256color"} | environ)

    async def run() -> None:
        async with view.app.run_test(size=size) as pilot:
            view.draw(board())
            await pilot.pause()
            await play(view, pilot)

    asyncio.run(run())
    return view


def lines_of(view: TerminalView) -> list[str]:
    assert view.app.surface.cells is not None
    return view.app.surface.cells.lines()


def test_a_board_is_shown_and_keys_ask() -> None:
    """A board that comes from another thread is shown, and a key asks for another lens."""
    asked: list[Lens] = []

    async def play(view: TerminalView, pilot: Any) -> None:
        assert isinstance(view, View)
        assert lines_of(view)[0].startswith("exp7 ● running")
        view.ask = asked.append
        await pilot.press("o", "question_mark")
        assert any("keys" in line for line in lines_of(view)) and asked[-1].limits == "full"
        await pilot.press("escape", "slash", "l", "o", "enter")
        assert asked[-1].select == "lo"

    played(play)


def test_only_what_changed_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a board with one new point only a few cells are drawn anew."""
    regions: list[Any] = []

    async def play(view: TerminalView, pilot: Any) -> None:
        await pilot.pause(0.3)  # the size has settled: that draws all anew
        while view.app._settling is not None:
            await pilot.pause(0.05)
        await pilot.pause()
        plain = view.app.surface.refresh
        monkeypatch.setattr(view.app.surface, "refresh", lambda *found, **known: (regions.append(found),
                                                                                  plain(*found, **known)))
        view.draw(board(104))
        await pilot.pause()
        cells = sum(region.width * region.height for found in regions for region in found)
        assert regions and all(regions) and 0 < cells < 200

    played(play, (120, 40))


def test_quit_and_the_end() -> None:
    """`q` is the user's end, `close` is ours, Ctrl-C is a signal."""

    async def leave(view: TerminalView, pilot: Any) -> None:
        await pilot.press("q")

    async def end(view: TerminalView, pilot: Any) -> None:
        view.close()
        view.close()
        await pilot.pause()

    async def interrupt(view: TerminalView, pilot: Any) -> None:
        await pilot.press("ctrl+c")

    assert played(leave).closed_by_user
    assert not played(end).closed_by_user
    assert played(interrupt).interrupted == 2


def test_resizing() -> None:
    """Another size is another screen, down to 20 x 5."""

    async def play(view: TerminalView, pilot: Any) -> None:
        for size in ((20, 5), (1, 1), (200, 60), (40, 10)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert len(lines_of(view)) == size[1]

    played(play)


def test_no_colour_and_16_colours() -> None:
    """Without colours no cell has one; of 16 colours each is one of these."""

    async def play(view: TerminalView, pilot: Any) -> None:
        styles = [segment.style for y in range(24) for segment in view.app.surface.render_line(y)]
        assert all(style.color is None for style in styles) == (view.depth == "none")
        assert all(style.color is None or style.color.number is not None or view.depth != "16" for style in styles)

    played(play, NO_COLOR="1")
    played(play, TERM="linux")


def test_the_mouse_and_messages() -> None:
    """A click puts the cursor; what is said is shown and kept for the end."""

    async def play(view: TerminalView, pilot: Any) -> None:
        await pilot.click(offset=(40, 8))
        assert view.controls.cursor is not None
        view.notify("audit: fine")
        await pilot.pause()
        assert lines_of(view)[-1].startswith("audit: fine")
        await pilot.press("d")
        assert view.theme == "light"

    assert played(play).said == ("audit: fine",)


def test_a_drag_and_the_wheel() -> None:
    """A drag over a panel zooms to what lies between its ends, the wheel zooms in and out where it turns, each over the
    whole way from the terminal's bytes to the lens."""
    asked: list[Lens] = []

    async def play(view: TerminalView, pilot: Any) -> None:
        view.ask = asked.append
        assert view.controls.pointer.shown is not None
        space = view.controls.pointer.shown.spaces[0][2]
        left, row = space.rect.column + 10, space.rect.row + 3
        await pilot.mouse_down(offset=(left, row))
        await pilot.hover(offset=(left + 20, row))
        await pilot.mouse_up(offset=(left + 20, row))
        zoom = asked[-1].zoom
        assert zoom is not None and zoom.low == pytest.approx(space.x_of(left), abs=1)
        assert zoom.high == pytest.approx(space.x_of(left + 20), abs=1)
        view.app.on_mouse_scroll_up(wheel(events.MouseScrollUp, left, row))
        await pilot.pause()
        narrower = asked[-1].zoom
        assert narrower is not None and narrower.high - narrower.low < 200
        count = len(asked)
        view.app.on_mouse_scroll_down(wheel(events.MouseScrollDown, left, row))
        assert len(asked) == count + 1

    played(play)


def wheel(kind: Any, column: int, row: int) -> Any:
    return kind(None, column, row, 0, 0, 0, False, False, False, screen_x=column, screen_y=row)


def test_one_thing_is_saved_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """While something is being saved, `e` says so: a second saving would take the first one's names."""
    goes_on, saved = threading.Event(), []

    def save(*words: Any, **known: Any) -> list[str]:
        saved.append(words)
        goes_on.wait(10)
        return ["saved x.png"]

    monkeypatch.setattr("livemon.views.mpl.touch.saving.saved_lines", save)

    async def play(view: TerminalView, pilot: Any) -> None:
        await pilot.press("e")
        assert lines_of(view)[-1].startswith("saving")
        await pilot.press("e")
        assert "still saving" in lines_of(view)[-1]
        goes_on.set()
        assert view._saving is not None
        view._saving.join(10)
        await pilot.press("e")

    view = played(play)
    assert view._saving is not None
    view._saving.join(10)
    assert len(saved) == 2 and view.said == ("saved x.png", "saved x.png")


def test_a_board_that_cannot_be_drawn_is_told() -> None:
    """What breaks ends the view, and is kept for whoever runs it: no traceback stands on the screen."""

    async def play(view: TerminalView, pilot: Any) -> None:
        view.draw(replace(board(), panels=(None,)))  # type: ignore[arg-type]
        await asyncio.sleep(0.3)

    assert isinstance(played(play).error, AttributeError)
