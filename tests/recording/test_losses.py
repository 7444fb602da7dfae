"""Rows that could not be recorded."""

from __future__ import annotations

import copy
import sys
import threading

from livemon.recording.losses import Losses


def test_losses_have_reasons() -> None:
    """One reason stands alone; several have their numbers; what a hanging thread may write yet counts until it has."""
    losses = Losses()
    losses.add(0, "nothing")
    assert (losses.count, str(losses)) == (0, "")
    losses.add(1_200, "the disk is full")
    assert (losses.count, str(losses)) == (1_200, "the disk is full")
    losses.expect(3, "the disk does not answer")
    assert (losses.count, str(losses)) == (1_203, "1,200: the disk is full; 3: the disk does not answer")
    assert copy.deepcopy(losses).count == 1_203
    losses.settle()
    assert (losses.count, str(losses)) == (1_200, "the disk is full")


def test_threads_that_lose_rows_at_once_are_all_counted() -> None:
    """No loss is forgotten where several threads lose rows in the same instant."""
    losses, interval = Losses(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=lambda: [losses.add(1, "x") for _ in range(5_000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert losses.count == 20_000
