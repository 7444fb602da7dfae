"""The process of a view that must not outlive the one that started it, as seen from there."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from livemon.system.processes import background_flags, python_module, started

__all__ = ["SILENT_SECONDS", "TiedProcess", "end_process"]

SILENT_SECONDS = 5.0  # a view without a sign of life for so long at the end is given up
LOOK_SECONDS = 0.05  # between two checks of whether it has ended or given a sign
KILL_SECONDS = 1.0  # for a process to disappear; one that hangs on a dead disk cannot be killed, and is left behind


class TiedProcess:
    """A `livemon` command in a process that ends with this one, even if this one is killed while a child of it lives
    on. It has its own session: Ctrl-C in the terminal only reaches this process.

    Args:
        arguments: The arguments of the command.
        errors: Receives its standard error.

    Attributes:
        process: The process.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, arguments: Sequence[str], errors: IO[bytes]) -> None:
        parent = f"{os.getpid()}:{started(os.getpid()) or ''}"
        # A file, not a pipe, because nobody reads it while the training runs.
        self._signs = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the process
        try:
            self.process = subprocess.Popen(
                python_module("livemon.tied_to_parent", parent, *arguments), stdin=subprocess.PIPE, stdout=self._signs,
                stderr=errors, start_new_session=True, creationflags=background_flags(),
            )  # fmt: skip
        except BaseException:
            self._signs.close()
            raise

    def wait(self, deadline: float) -> None:
        """Wait for its end, at most `deadline` seconds, and only while it shows signs of life."""
        self._request_keepalives()
        now = time.monotonic()
        ends, silent_since, size = now + deadline, now, 0
        while self.process.poll() is None:
            now, before = time.monotonic(), size
            with contextlib.suppress(OSError, ValueError):
                size = os.fstat(self._signs.fileno()).st_size
            if size != before:
                silent_since = now
            if now >= ends or now - silent_since >= SILENT_SECONDS:
                return
            time.sleep(LOOK_SECONDS)

    def end(self) -> None:
        """End it if it still runs, and release its resources."""
        if self.process.poll() is None:
            end_process(self.process)
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        self._signs.close()

    def _request_keepalives(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended
            if self.process.stdin is not None:
                self.process.stdin.write(b"?")
                self.process.stdin.flush()


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Kill a process; one that hangs on a dead disk cannot be killed, and is not waited for."""
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(KILL_SECONDS)
