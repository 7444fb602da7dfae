"""`python -m livemon.tied_to_parent PID:STARTED ...`: the `livemon` command, in a process that ends when the one that
has opened it does: when its standard input ends, or when that process is gone although a child of it keeps the input
open. Any byte on the input asks for signs of life, which are bytes on standard output.

For a view that must not outlive who opened it, however that ends.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import sys
import threading
import time

from livemon.cli import main
from livemon.live.sign_of_life import of_this_process
from livemon.system.processes import is_running

GRACE_SECONDS = 3.0  # to let go of what is half done, as after Ctrl-C
LOOK_SECONDS = 1.0  # from one look at the parent to the next
SIGN_SECONDS = 0.5  # from one sign of life to the next


def _end() -> None:
    _thread.interrupt_main()
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def _end_with_input() -> None:
    asked = False
    with contextlib.suppress(OSError):
        while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 4096):
            if not asked:
                asked = True
                threading.Thread(target=_show_signs, daemon=True).start()
    _end()


def _end_with_parent(number: int, since: str | None) -> None:
    while is_running(number, since):
        time.sleep(LOOK_SECONDS)
    _end()


def _show_signs() -> None:
    with contextlib.suppress(OSError):
        while True:
            if of_this_process.given():
                os.write(1, b".")
            time.sleep(SIGN_SECONDS)


if __name__ == "__main__":
    pid, _, born = sys.argv.pop(1).partition(":")
    threading.Thread(target=_end_with_input, daemon=True).start()
    threading.Thread(target=_end_with_parent, args=(int(pid), born or None), daemon=True).start()
    main()
