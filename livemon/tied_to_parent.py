"""`python -m livemon.tied_to_parent PID:STARTED ...`: the `livemon` command, in a process that ends when the one that
has opened it does: when its standard input ends, or when that process is gone although a child of it keeps the input
open. Any byte on the input asks for signs of life, which are bytes on standard output.

For a view that must not outlive who opened it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

from livemon.cli import main
from livemon.live.keepalive import of_this_process
from livemon.system.processes import end_with_input, end_with_process

KEEPALIVE_SECONDS = 0.5  # between two keepalives


def _send_keepalives() -> None:
    with contextlib.suppress(OSError):
        while True:
            if of_this_process.made_progress():
                os.write(1, b".")
            time.sleep(KEEPALIVE_SECONDS)


def _start_keepalives() -> None:
    threading.Thread(target=_send_keepalives, daemon=True).start()


if __name__ == "__main__":
    pid, _, process_started = sys.argv.pop(1).partition(":")
    end_with_input(_start_keepalives)
    end_with_process(int(pid), process_started or None)
    main()
