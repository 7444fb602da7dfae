"""The view: a page in a browser, with a lens for each page."""

from __future__ import annotations

import contextlib
import errno
import getpass
import ipaddress
import os
import shlex
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from livemon.system.user_folders import state_folder
from livemon.views.browser.files import page_files, why_no_page
from livemon.views.browser.token import kept_token

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.boards.model import Board
    from livemon.views.browser.server import PageServer

__all__ = ["DEFAULT_PORT", "BrowserView", "ssh_line"]

DEFAULT_PORT = 7878
_MORE_PORTS = 50  # to try if the first one is taken
_LOOPBACK = "127.0.0.1"
_LOOK_SECONDS = 0.5  # so that Ctrl-C is noticed even if a wait cannot be interrupted


class MakesBoardsForLenses(Protocol):
    """Makes boards through any lens, as board makers do."""

    def dashboard(self, now: float | None = None) -> Board:
        """The board at this moment, in unix seconds."""

    def set_lens(self, lens: Lens) -> None:
        """Use another lens from the next board on; raises ValueError if it is not valid."""


class BrowserView:
    """A page that shows the newest board.

    `run` belongs to the main thread; `draw` and `close` may be called from any.

    Args:
        notify: Prints a line for people: the address of the page.
        target: The path as the user named it.
        host: The address on which it listens.
        port: The first port to try; 0 for any.
        style: "light" or "dark", until the user chooses; None: as in the browser's settings.
        home: The lens of a page whose address has none; None: that of the first board.
        environ: The environment.

    Attributes:
        ask: Asks for a new board; None if nobody makes boards.
        maker: Makes the boards, in the thread that calls `draw`; None: only drawn boards are shown.
        address: The address of the page, with its token; "" before `open`.

    Raises:
        RuntimeError: The page is missing; the message says what to do.
    """

    def __init__(self, notify: Callable[[str], object], *, target: str | Sequence[str] = ".", host: str = _LOOPBACK,
                 port: int = DEFAULT_PORT, style: str | None = None, home: Lens | None = None,
                 environ: Mapping[str, str] = os.environ) -> None:
        if (why_not := why_no_page()) is not None:
            raise RuntimeError(why_not)
        self.ask: Callable[[Lens], object] | None = None
        self.maker: MakesBoardsForLenses | None = None
        self.address = ""
        self._notify = notify
        self._target = target
        self._host = host
        self._port = port
        self._style = style or environ.get("LIVEMON_STYLE")
        self._environ = environ
        self._closing = threading.Event()
        self._asking = threading.Lock()
        self._home = home
        self._server: PageServer | None = None

    def open(self) -> None:
        """Serve the page, and print its address. Only the first call has an effect.

        Raises:
            RuntimeError: The page cannot be served at this address.
        """
        if self._server is not None:
            return
        listening = _listen(self._host, self._port)
        port = listening.getsockname()[1]
        if self._port not in (0, port):
            self._notify(f"port {self._port} is taken: the page is on {port}")
        beyond = not _is_loopback(self._host)
        token = kept_token(state_folder())
        name = self._host if self._host not in ("0.0.0.0", "::", "") else socket.gethostname()
        self.address = f"http://{f'[{name}]' if ':' in name else name}:{port}/?token={token}"
        if beyond:
            self._notify(f"warning: whoever reaches {self._host} and has the address can read this run, and the "
                         "address goes over the network as plain text; without --host only this machine can, and ssh "
                         "-L reaches it from yours")
        self._notify(f"the page is {self.address}  (Ctrl-C ends it)")
        if not beyond and (line := ssh_line(self._environ, port)) is not None:
            self._notify(f"from your own machine: {line}   and open the same address there")
        hosts = (self._host, socket.gethostname(), socket.getfqdn()) if beyond else ()
        self._server = self._server_of(token, port, hosts, any_address=beyond)
        self._server.start(listening)

    def _server_of(self, token: str, port: int, hosts: tuple[str, ...], *, any_address: bool) -> PageServer:
        """The server. Importing it takes a while: meanwhile clients wait at the socket, which already listens."""
        from livemon.views.browser.server import PageServer

        return PageServer(page_files(self._style), self._ask_again, token=token, port=port, hosts=hosts,
                          any_address=any_address, target=self._target, home=self._home)

    def draw(self, board: Board) -> None:
        """Send the newest board to the pages, each through its own lens. Any thread."""
        if self._server is None:
            return
        if self._home is None and board.lens is not None:
            self._home = self._server.home = board.lens
        self._server.newest = board
        home, maker = self._home, self.maker
        if maker is None or home is None:
            self._server.feeds.update(lambda lens: board)
            return

        are_complete = True

        def make(lens: Lens) -> Board:
            nonlocal are_complete
            if lens == board.lens:
                return board
            maker.set_lens(lens)
            made = maker.dashboard(time.time())
            are_complete &= made.is_complete
            return made

        try:
            self._server.feeds.update(make)
        finally:
            with contextlib.suppress(ValueError):
                maker.set_lens(home)
        if not are_complete:  # whoever made the board knows only of its own
            self._server.ask_soon()

    def close(self) -> None:
        """Stop serving; open pages stay, and say that livemon has ended. May be called twice."""
        self._closing.set()
        if self._server is not None:
            self._server.stop()

    def run(self) -> None:
        """Serve until `close`, or Ctrl-C. Main thread."""
        while not self._closing.wait(_LOOK_SECONDS if sys.platform == "win32" else None):
            pass

    def _ask_again(self) -> None:
        """A page waits for a board."""
        with self._asking:
            if self.ask is not None and self._home is not None and not self._closing.is_set():
                self.ask(self._home)


def ssh_line(environ: Mapping[str, str], port: int) -> str | None:
    """The command that reaches a port of this machine from the other end of an SSH connection; None without SSH."""
    connection = environ.get("SSH_CONNECTION", "").split()
    if len(connection) != 4:
        return None
    try:
        user = f"{getpass.getuser()}@"
    except (OSError, KeyError):
        user = ""
    return shlex.join(["ssh", "-N", "-L", f"{port}:{_LOOPBACK}:{port}", f"{user}{connection[2]}"])


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a port, or on the next free one.

    Raises:
        RuntimeError: No port is free; the message says why.
    """
    last = port + _MORE_PORTS if port else 0
    for number in range(port, min(last, 65535) + 1):
        try:
            family = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0][0]
            made = socket.socket(family, socket.SOCK_STREAM)
            try:
                if sys.platform != "win32":  # on Windows it would share a port with another program
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind((host, number))
                made.listen(64)
            except BaseException:
                made.close()
                raise
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES) and not isinstance(error, socket.gaierror):
                continue
            raise RuntimeError(f"no page can be served on {host}: {error.strerror or error}") from error
        return made
    raise RuntimeError(f"no page can be served on {host}: the ports {port} to {min(last, 65535)} are all taken")
