"""The progress of a command that reads many runs."""

from __future__ import annotations

from collections.abc import Callable

from livemon.system.streams import obeys_escapes

__all__ = ["show_progress"]


def show_progress(what: str) -> Callable[[int, int], None] | None:
    """A function that shows on standard error how many runs have been read; None without a terminal, or for a few
    runs."""
    import sys
    import time

    if not sys.stderr.isatty():
        return None
    started = time.monotonic()
    erase = "\r\x1b[K" if obeys_escapes(sys.stderr) else f"\r{' ' * 79}\r"

    def show(done: int, of: int) -> None:
        if time.monotonic() - started > 0.5 and (done % max(of // 200, 1) == 0 or done == of):
            width = 24 * done // of
            line = f"\r{what} [{'#' * width}{'.' * (24 - width)}] {done:,}/{of:,}"
            sys.stderr.write(line + erase * (done == of))
            sys.stderr.flush()

    return show
