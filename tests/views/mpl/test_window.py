"""A real window, on a real or virtual display: what it draws and when, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backend_bases import KeyEvent, MouseEvent

from livemon.boards import Lens
from livemon.boards.model import Board, Panel
from livemon.views import View, style
from livemon.views.mpl import toolkits as toolkits
from livemon.views.mpl.window import WindowView
from tests.started import started

pytest.importorskip("tkinter", reason="this Python has no Tk (Debian and Ubuntu: apt install python3-tk)")

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


@pytest.fixture
def window(screen: str) -> Iterator[WindowView]:
    """An open window, closed after the test."""
    view = WindowView(style="dark", title="livemon test", size=(1200, 700))
    view.open()
    yield view
    view.close()


def follow(window: WindowView, work: Callable[[], None]) -> None:
    """Run the window here and the work beside it; the window is closed after the work. An error in the work is
    raised."""
    errors: list[BaseException] = []

    def beside() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            window.close()

    thread = threading.Thread(target=beside, name="feeder")
    thread.start()
    window.run()
    thread.join()
    if errors:
        raise errors[0]


def wait_for(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def settle(window: WindowView) -> None:
    """Wait until the toolkit has nothing left to draw: it draws once more when a window has come up."""
    drawn = (-1, -1)
    while (now := (window.frames, window.full_draws)) != drawn:
        drawn, idle = now, threading.Event()
        time.sleep(0.3)
        in_window(window, lambda idle=idle: window._opened.manager.window.after_idle(idle.set))  # type: ignore[misc,union-attr]
        assert idle.wait(20.0), "it never rests"


def later(board: Board, step: int) -> Board:
    """The board some steps later: longer curves, other numbers, the same axes."""
    panels = []
    for panel in board.panels:
        lines = tuple(replace(line, y=line.y * (1 - 1e-3 * step)) for line in panel.lines)
        panels.append(replace(panel, lines=lines, note=f"{100 + step} points" if panel.note else ""))
    header = replace(board.header, progress=(f"step {990 + step}",))
    return replace(board, panels=tuple(panels), header=header)


def painter_of(window: WindowView) -> Any:
    assert window._opened is not None
    return window._opened.blitter.painter


# -- drawing


def test_it_is_a_view() -> None:
    """A window is a view as any other."""
    assert isinstance(WindowView(), View)


@pytest.mark.alone  # it counts what the toolkit draws unasked, too
def test_most_frames_are_blits(window: WindowView, usual: MakeBoard, tmp_path: Path) -> None:
    """Boards that need no new axes cost no full draw, and the newest one is what the artists show."""
    board = usual()
    counts: list[int] = []

    def work() -> None:
        window.draw(board)
        wait_for(lambda: window.frames == 1)
        settle(window)
        counts.append(window.full_draws)
        for step in range(1, 21):
            window.draw(later(board, step))
            wait_for(lambda step=step: window.frames == step + 1)  # type: ignore[misc]
        counts.append(window.full_draws)
        painter = painter_of(window)
        line = painter.panels["loss"].axes.get_lines()[1]
        np.testing.assert_allclose(line.get_ydata(), board.panels[0].lines[1].y * 0.98)
        moving = [artist for part in painter.artists() for artist in part]
        assert "step 1010" in [text.get_text() for text in moving if hasattr(text, "get_text")]
        keep_screenshot(tmp_path, "window")

    follow(window, work)
    assert counts[0] == counts[1]
    assert not window.closed_by_user


def test_pixels_follow_the_board(window: WindowView, board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A blit removes what the last frame drew: after going away and back the window is as it was, pixel by pixel."""
    first, second = board_of(panel_of("loss")), None
    second = later(first, 200)
    pictures: list[Any] = []

    def take() -> None:
        assert window._opened is not None
        pictures.append(np.asarray(window._opened.canvas.buffer_rgba()).copy())

    def work() -> None:
        for count, board in enumerate((first, second, replace(first)), 1):
            window.draw(board)
            wait_for(lambda count=count: window.frames == count)  # type: ignore[misc]
            settle(window)
            take()

    follow(window, work)
    assert (pictures[0] != pictures[1]).any()
    np.testing.assert_array_equal(pictures[0], pictures[2])


def test_a_new_metric_gets_a_panel(window: WindowView, board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A panel appears when it is first on the board, with one full draw, and the panels before stay the same axes."""

    def work() -> None:
        window.draw(board_of(panel_of("loss", span=2)))
        wait_for(lambda: window.frames == 1)
        settle(window)
        axes, full = painter_of(window).panels["loss"].axes, window.full_draws
        window.draw(board_of(panel_of("loss", span=2), panel_of("val_acc")))
        wait_for(lambda: window.frames == 2)
        settle(window)
        assert list(painter_of(window).panels) == ["loss", "val_acc"]
        assert painter_of(window).panels["loss"].axes is axes
        assert window.full_draws == full + 1

    follow(window, work)


def test_limits_that_grow_are_drawn(window: WindowView, board_of: MakeBoard, panel_of: MakePanel) -> None:
    """New limits reach the axes, and its ticks."""

    def work() -> None:
        window.draw(board_of(panel_of("loss")))
        wait_for(lambda: window.frames == 1)
        window.draw(board_of(panel_of("loss", x_limits=(0.0, 20000.0))))
        wait_for(lambda: window.frames == 2)
        axes = painter_of(window).panels["loss"].axes
        assert axes.get_xlim() == (0, 20000)
        assert "20k" in [text.get_text() for text in axes.get_xticklabels()]

    follow(window, work)


def test_resizing_lays_out_anew(window: WindowView, usual: MakeBoard) -> None:
    """A window made narrow by its user shows fewer columns."""
    columns: list[int] = []

    def work() -> None:
        window.draw(usual())
        wait_for(lambda: window.frames == 1)
        columns.append(painter_of(window).layout.columns)
        in_window(window, lambda: window._opened.manager.window.geometry("620x600"))  # type: ignore[union-attr]
        wait_for(lambda: painter_of(window).layout.columns < 3)
        columns.append(painter_of(window).layout.columns)

    follow(window, work)
    assert columns == [3, 2]


def test_theme_can_be_changed(window: WindowView, usual: MakeBoard) -> None:
    """The key d makes a dark window light, with the same panels."""

    def work() -> None:
        window.draw(usual())
        wait_for(lambda: window.frames == 1)
        settle(window)
        before, full = list(painter_of(window).panels), window.full_draws
        press(window, "d")
        wait_for(lambda: painter_of(window).theme == "light" and window.full_draws > full)
        settle(window)
        assert (painter_of(window).theme, list(painter_of(window).panels)) == ("light", before)

    follow(window, work)


def in_window(window: WindowView, action: Callable[[], object]) -> None:
    """Do something once in the window's own thread."""

    def once() -> bool:
        action()
        return False  # the timer forgets a callback that returns False

    assert window._timers
    window._timers["tick"].add_callback(once)


def press(window: WindowView, key: str) -> None:
    """Press a key in the window."""
    assert window._opened is not None
    canvas = window._opened.canvas
    in_window(window, lambda: canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key)))


def keep_screenshot(folder: Path, name: str) -> None:
    """A picture of the screen for people: in LIVEMON_ARTIFACTS, else beside the test's files."""
    if shutil.which("import"):
        path = Path(os.environ.get("LIVEMON_ARTIFACTS", folder)) / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], check=True)
        assert path.stat().st_size > 10_000


# -- the end


def test_close_draws_the_newest_board_first(window: WindowView, usual: MakeBoard) -> None:
    """A board handed over right before the end is drawn."""
    window.draw(usual())
    threading.Thread(target=lambda: (window.draw(usual(title="the last")), window.close()), name="feeder").start()
    window.run()
    assert window.frames >= 1
    assert not window.closed_by_user


def test_the_user_closes_the_window(window: WindowView, usual: MakeBoard) -> None:
    """Closing the window by its frame ends `run`, and says that it was the user."""

    def work() -> None:
        window.draw(usual())
        wait_for(lambda: window.frames == 1)
        tk = window._opened.manager.window  # type: ignore[union-attr]
        in_window(window, lambda: tk.tk.eval(tk.protocol("WM_DELETE_WINDOW")))
        wait_for(lambda: window.closed_by_user)

    follow(window, work)
    assert window.closed_by_user
    assert window.frames == 1


def test_q_closes_the_window(window: WindowView, usual: MakeBoard) -> None:
    """The key q is the user closing the window."""

    def work() -> None:
        window.draw(usual())
        wait_for(lambda: window.frames == 1)
        press(window, "q")
        wait_for(lambda: window.closed_by_user)

    follow(window, work)
    assert window.closed_by_user


PROGRAM = """
import sys, threading, time
from livemon.boards.model import Board, Header
from livemon.views.mpl.window import WindowView
window = WindowView(title="livemon")
window.open()
board = Board("exp7", Header("exp7", "running"), ())
def feed():
    told = False
    while True:
        window.draw(Board("exp7", Header("exp7", "running"), ()))
        if window.frames >= 3 and not told:
            told = True
            print("running", flush=True)
        time.sleep(0.02)
threading.Thread(target=feed, daemon=True).start()
try:
    window.run()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_at_once(screen: str) -> None:
    """Ctrl-C raises KeyboardInterrupt in the main thread within a second, while boards pour in, without a traceback."""
    command = [sys.executable, "-c", PROGRAM]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "running\n"
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        lines = process.stdout.read().split()
        spent = time.monotonic() - began
        errors = process.stderr.read()
    assert lines[-1] == "interrupted"
    assert errors == ""
    assert spent < 3


def test_an_error_in_drawing_is_raised(window: WindowView) -> None:
    """What breaks while drawing ends `run` with that error, instead of being printed by the toolkit while the window
    hangs."""
    window.draw("no board")  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        window.run()


def test_closing_twice_and_unopened(screen: str) -> None:
    """Closing is harmless before opening, without running, and twice."""
    window = WindowView()
    window.close()
    window = WindowView()
    window.open()
    window.close()
    window.close()
    assert (window.frames, window.full_draws) == (0, 0)


def test_run_needs_open() -> None:
    """Running a window that is not open is an error that says so."""
    with pytest.raises(RuntimeError, match="open"):
        WindowView().run()


def test_no_pyplot(screen: str) -> None:
    """Opening a window loads no pyplot."""
    program = (
        "import sys; from livemon.views.mpl.window import WindowView; "
        "window = WindowView(); window.open(); window.close(); print('matplotlib.pyplot' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


def test_styles() -> None:
    """A window is dark by default; a style that does not exist is an error."""
    assert WindowView()._theme == style.default_theme("dark")
    assert WindowView(style="light")._theme == "light"
    with pytest.raises(ValueError, match="no style 'neon'"):
        WindowView(style="neon")


# -- touched


def touch(window: WindowView, name: str, place: tuple[float, float], **known: Any) -> None:
    """A mouse's event at a place in points."""
    assert window._opened is not None
    canvas = window._opened.canvas
    scale = canvas.figure.dpi / 72
    event = MouseEvent(name, canvas, place[0] * scale, place[1] * scale, **known)
    in_window(window, lambda: canvas.callbacks.process(name, event))


def test_a_drag_asks_and_the_board_that_comes_is_shown(window: WindowView, usual: MakeBoard) -> None:
    """What the mouse does reaches whoever makes boards, in the window's thread; the cursor is drawn on top without a
    full draw; while the window holds still only a board through another lens is shown."""
    asked: list[Lens] = []
    window.ask = asked.append
    board = usual(lens=Lens())

    def work() -> None:
        window.draw(board)
        wait_for(lambda: window.frames == 1)
        settle(window)
        space = painter_of(window).panels["loss"].space
        full = window.full_draws
        touch(window, "motion_notify_event", (space.x_at(500.0), space.y_at(1.5)))
        wait_for(lambda: len(window._opened.blitter._overlay.cursor._lines.get_segments()) == 5)  # type: ignore[union-attr]
        assert window.full_draws == full
        touch(window, "button_press_event", (space.x_at(200.0), space.y_at(1.5)), button=1)
        touch(window, "motion_notify_event", (space.x_at(400.0), space.y_at(1.5)))
        touch(window, "button_release_event", (space.x_at(400.0), space.y_at(1.5)), button=1)
        wait_for(lambda: len(asked) == 1)
        zoom = asked[0].zoom
        assert zoom is not None and (zoom.low, zoom.high) == pytest.approx((200.0, 400.0), abs=5.0)  # whole pixels
        press(window, "w")
        settle(window)
        window.draw(replace(board, title="later"))
        settle(window)
        assert window._opened.blitter.board is board  # type: ignore[union-attr]
        window.draw(replace(board, title="zoomed", lens=asked[0]))
        wait_for(lambda: window._opened.blitter.board.title == "zoomed")  # type: ignore[union-attr]

    follow(window, work)


def test_what_is_seen_is_saved(
    window: WindowView, usual: MakeBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key e writes files into the current folder beside the window, which goes on, and says what draws it again."""
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    window._notify = said.append

    def work() -> None:
        window.draw(usual(lens=Lens()))
        wait_for(lambda: window.frames == 1)
        press(window, "e")
        wait_for(lambda: len(said) == 3, seconds=60.0)

    follow(window, work)
    assert said[1] == "livemon plot . -o livemon_exp7.png --style dark"
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".svg", ".pdf", ".csv", ".json"}
