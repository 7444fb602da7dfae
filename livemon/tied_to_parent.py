"""`python -m livemon.tied_to_parent ...`: the `livemon` command, in a process that ends when its standard input does.

For a view that must not outlive who opened it, however that ends: the system closes the input.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time

from livemon.cli import main

GRACE_SECONDS = 3.0  # to let go of what is half done, as after Ctrl-C


def _end_with_input() -> None:
    try:
        while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 4096):
            pass
    except OSError:
        pass
    _thread.interrupt_main()
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    main()
