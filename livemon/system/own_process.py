"""How a process that is livemon's own uses processor and memory. A training's process is never set so."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["spare_process"]

# Python looks for unused objects after each 700 new ones, and again at what stays: a tenth of the time of a command,
# of whose objects (modules, tables, a figure) nearly all stay.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000
_REUSED_BYTES = 16 << 20  # more than what reading a block of a file needs for a moment


@contextmanager
def spare_process() -> Iterator[None]:
    """Spend less of the processor until the end of this process, which comes next."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's other threads wait by spinning, and have no work here
    # The C library of Linux keeps freed pieces up to the size of the largest that it has seen freed, and returns larger
    # ones to the system, which has to clear them for their next use. This one is never written to.
    bytes(_REUSED_BYTES)
    try:
        yield
    finally:
        gc.freeze()  # the end of the process frees all objects; Python would look through them three times before
