from __future__ import annotations

import queue
import socket
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Header
from livemon.views import View
from livemon.views.browser.files import why_no_page
from livemon.views.browser.view import BrowserView, ssh_line

pytestmark = pytest.mark.skipif(why_no_page() is not None,
                                reason="no uPlot here: npm was missing when livemon was installed")


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A token of its own for each test."""
    monkeypatch.setenv("LIVEMON_STATE", str(tmp_path / "state"))


def test_it_is_a_view_that_says_its_address_once() -> None:
    """The view has the three verbs, serves where it says, and is gone after `close`."""
    lines: list[str] = []
    view = BrowserView(lines.append, port=0, environ={})
    assert isinstance(view, View)
    view.open()
    view.open()
    assert [view.address in line for line in lines] == [True]
    view.draw(Board("run", Header("run", "running"), (), lens=Lens()))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(view.address.partition("?")[0])
    view.close()
    view.close()
    view.run()  # which has nothing to wait for any more
    with pytest.raises(OSError):
        urllib.request.urlopen(view.address)


def test_a_taken_port_is_said_and_the_next_one_taken() -> None:
    """Where the port is taken the page is on the next free one, and that is said."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        lines: list[str] = []
        view = BrowserView(lines.append, port=port, environ={})
        view.open()
        view.close()
    assert lines[0].startswith(f"port {port} is taken: the page is on ") and f":{port}/" not in view.address


def test_beyond_this_machine_there_is_a_warning() -> None:
    """--host beyond the loopback is warned of; a host that is none is an error in words."""
    lines: list[str] = []
    view = BrowserView(lines.append, host="0.0.0.0", port=0, environ={"SSH_CONNECTION": "1 2 3 4"})
    view.open()
    view.close()
    assert lines[0].startswith("warning: whoever reaches 0.0.0.0") and not any("ssh -N" in line for line in lines)
    with pytest.raises(RuntimeError, match="no page can be served on no such host"):
        BrowserView(lines.append, host="no such host", environ={}).open()


def test_under_ssh_the_way_back_is_a_command() -> None:
    """Under SSH the line that reaches the page from the other machine is printed; elsewhere there is none."""
    line = ssh_line({"SSH_CONNECTION": "10.0.0.7 51234 10.0.0.9 22"}, 7878)
    assert line is not None and line.startswith("ssh -N -L 7878:127.0.0.1:7878 ") and line.endswith("@10.0.0.9")
    assert ssh_line({}, 7878) is None and ssh_line({"SSH_CONNECTION": "rubbish"}, 7878) is None


def test_pages_look_through_lenses_of_their_own_and_the_first_one_stays() -> None:
    """Boards of other lenses are made of the same maker, which looks through the first lens again afterwards."""
    looked: list[Lens] = []

    class Maker:
        def set_lens(self, lens: Lens) -> None:
            looked.append(lens)

        def dashboard(self, now: float | None = None) -> Board:
            return Board("run", Header("run", "running"), (), lens=looked[-1])

    view = BrowserView(lambda text: None, port=0, environ={})
    view.open()
    view.maker = Maker()
    assert view._server is not None
    home = Lens()
    feeds: Any = view._server.feeds
    feed, other = feeds.enter(home)[0], feeds.enter(Lens(x="epoch"))[0]
    view.draw(Board("run", Header("run", "running"), (), lens=home))
    view.close()
    assert looked == [Lens(x="epoch"), home] and feed.board.lens == home and other.board.lens.x == "epoch"


def test_a_board_of_another_lens_that_is_not_complete_is_followed_by_the_next() -> None:
    """Whoever makes the boards knows only whether their own is complete: the page asks until all are."""
    complete = iter([False, False, True])
    lenses = [Lens()]

    class Maker:
        def set_lens(self, lens: Lens) -> None:
            lenses.append(lens)

        def dashboard(self, now: float | None = None) -> Board:
            return Board("run", Header("run", "running"), (), lens=lenses[-1], is_complete=next(complete))

    view = BrowserView(lambda text: None, port=0, environ={})
    home = Board("run", Header("run", "running"), (), lens=Lens())
    asked: queue.Queue[Lens] = queue.Queue()
    view.open()
    assert view._server is not None
    with pytest.raises(urllib.error.HTTPError):  # refused without a cookie: it serves by now
        urllib.request.urlopen(view.address, timeout=30)
    view.maker, view.ask = Maker(), asked.put
    view._server.feeds.enter(Lens(run_list=True))
    view.draw(home)
    for _ in range(2):
        assert asked.get(timeout=30) == home.lens
        view.draw(home)
    view.close()
    assert next(complete, None) is None and asked.empty()


@pytest.mark.skipif(sys.platform == "win32", reason="a wait is cut into pieces there")
def test_run_waits_until_it_is_closed() -> None:
    """`run` blocks until another thread closes the view."""
    view = BrowserView(lambda text: None, port=0, environ={})
    view.open()
    threading.Timer(0.2, view.close).start()
    view.run()
