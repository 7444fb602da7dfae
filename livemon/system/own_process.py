"""Settings for CPU time and memory in livemon's own processes. A training's process is never changed like this."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["reuse_memory", "spare_process"]

# Python looks for unused objects after each 700 new ones, and checks the remaining ones again and again: this takes a
# tenth of the time of a command, although nearly all its objects (modules, tables, a figure) remain.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000
_REUSED_BYTES = 16 << 20  # more than the temporary memory for reading a block of a file


@contextmanager
def spare_process() -> Iterator[None]:
    """Use less CPU time until the end of the block; the process ends right after it."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's other threads wait by spinning, and have no work here
    try:
        yield
    finally:
        gc.freeze()  # the end of the process frees all objects; Python would check them three times before that


def reuse_memory() -> None:
    """Keep up to 32 MB of freed memory for the next block of a file, for a process that reads and ends.

    The C library of Linux keeps freed pieces up to the size of the largest one that was freed before. It returns larger
    pieces to the system, which clears them for their next use: a fifth of the time of reading.
    """
    bytes(_REUSED_BYTES)  # never written to, so it takes no memory
