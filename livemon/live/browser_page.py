"""The page of a watch with `--view browser`: open before the run, so that a browser loads it while livemon loads itself
and reads."""

from __future__ import annotations

import contextlib
import glob
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from livemon.live.errors import CannotShowError, describe_error
from livemon.system.environment import base_of

if TYPE_CHECKING:
    from livemon.live.watch_request import WatchRequest
    from livemon.views.browser.view import BrowserView

__all__ = ["open_page", "page_of"]


# The server answers a page in hundreds of small steps, and before each one it may wait so long for the thread that
# reads: ten times shorter than Python's default.
_SWITCH_SECONDS = 0.0005


@contextlib.contextmanager
def page_of(request: WatchRequest, notify: Callable[[str], None]) -> Iterator[BrowserView | None]:
    """The page of a watch; None for other views. It is open already if there is something to watch: the address of a
    page that must end at once would help nobody.

    Raises:
        CannotShowError: The page, or what serves it, is not installed; or it cannot be served at this address.
    """
    if request.view != "browser":
        yield None
        return
    try:
        from livemon.views.browser.view import DEFAULT_PORT, BrowserView
    except ImportError as error:
        raise CannotShowError(f"--view browser needs Starlette and uvicorn ({describe_error(error)}): "
                              "pip install 'starlette>=1.0.1' uvicorn") from error
    port = DEFAULT_PORT if request.port is None else request.port
    try:
        page = BrowserView(notify, target=request.target, host=request.host or "127.0.0.1", port=port,
                           style=request.style, home=request.lens)
    except RuntimeError as error:
        raise CannotShowError(str(error)) from error
    if request.alone:
        sys.setswitchinterval(_SWITCH_SECONDS)
    with contextlib.closing(page):
        if _is_there(request):
            open_page(page)
        yield page


def open_page(page: BrowserView) -> None:
    """Serve the page, unless it is served already.

    Raises:
        CannotShowError: It cannot be served at this address.
    """
    try:
        page.open()
    except RuntimeError as error:
        raise CannotShowError(str(error)) from error


def _is_there(request: WatchRequest) -> bool:
    """Whether there is something at a path of the request."""
    paths = request.several or (str(base_of(request.path)),)
    return not request.next and any(os.path.exists(path) or glob.glob(path) for path in paths)
