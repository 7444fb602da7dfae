from __future__ import annotations

from pathlib import Path

import pytest

from livemon.boards.lens.value import Lens
from livemon.live.browser_page import open_page, page_of
from livemon.live.errors import CannotShowError
from livemon.live.watch_request import WatchRequest
from livemon.views.browser.files import why_no_page

pytestmark = pytest.mark.skipif(why_no_page() is not None,
                                reason="no uPlot here: npm was missing when livemon was installed")


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A token of its own for each test."""
    monkeypatch.setenv("LIVEMON_STATE", str(tmp_path / "state"))


def test_other_views_have_no_page(tmp_path: Path) -> None:
    """There is a page only where one is asked for."""
    with page_of(WatchRequest(path=tmp_path), print) as page:
        assert page is None


@pytest.mark.parametrize(("named", "is_open"), [
    ({"path": "run"}, True), ({"several": ("run*",)}, True), ({"several": ("run", "later")}, True),
    ({"path": "later"}, False), ({"several": ("later*",)}, False), ({"path": "run", "next": True}, False),
])  # fmt: skip
def test_the_page_is_open_before_what_is_there_is_read(
    named: dict[str, object], is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is something to watch, the address is printed before it is read; else the page is opened later, and
    closed at the end either way."""
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    with page_of(WatchRequest(view="browser", port=0, **named), lines.append) as page:  # type: ignore[arg-type]
        assert page is not None and bool(page.address) == is_open and len(lines) == is_open
        open_page(page)
        assert len(lines) == 1 and page.address in lines[0]
    page.run()  # it has nothing to wait for any more


def test_a_page_before_the_first_board_looks_through_the_lens_of_the_command(tmp_path: Path) -> None:
    """A browser that is quicker than the reading gets the lens of the command line, not the usual one."""
    lens = Lens(smooth=0.9)
    with page_of(WatchRequest(path=tmp_path, view="browser", port=0, lens=lens), print) as page:
        assert page is not None and page._server is not None
        assert page._server.home == lens


def test_an_address_that_cannot_be_served_is_an_error_in_words(tmp_path: Path) -> None:
    """A host that is none ends the watch at once."""
    with pytest.raises(CannotShowError, match="no page can be served on no such host"), page_of(
        WatchRequest(path=tmp_path, view="browser", host="no such host"), print
    ):
        pass
