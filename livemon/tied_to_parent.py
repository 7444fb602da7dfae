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
from livemon.live.sign_of_life import of_this_process
from livemon.system.processes import end_with_input, end_with_process

SIGN_SECONDS = 0.5  # from one sign of life to the next


def _show_signs() -> None:
    with contextlib.suppress(OSError):
        while True:
            if of_this_process.given():
                os.write(1, b".")
            time.sleep(SIGN_SECONDS)


def _begin_to_show_signs() -> None:
    threading.Thread(target=_show_signs, daemon=True).start()


if __name__ == "__main__":
    pid, _, born = sys.argv.pop(1).partition(":")
    end_with_input(_begin_to_show_signs)
    end_with_process(int(pid), born or None)
    main()
