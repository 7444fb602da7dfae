"""Whether the watch in this process makes progress, for the process that started it and waits for its end."""

from __future__ import annotations

import time

__all__ = ["Keepalive", "of_this_process"]

WORKING_SHARE = 0.02  # of a core: less than any drawing takes, more than a window's own clock


class Keepalive:
    """The progress of the watch since the last question.

    Attributes:
        looks: The number of looks at the run.
        saving: Whether the final plots are being saved, which has its own deadline.
    """

    def __init__(self) -> None:
        self.looks = 0
        self.saving = False
        self._asked = (0, time.monotonic(), time.process_time())

    def made_progress(self) -> bool:
        """Whether there was progress since the last call: a look, work, or the saving of the final plots."""
        looks, asked_at, worked = self._asked
        self._asked = now = self.looks, time.monotonic(), time.process_time()
        return self.saving or now[0] != looks or now[2] - worked > WORKING_SHARE * (now[1] - asked_at)


of_this_process = Keepalive()
