"""All that is known of a run's health at one moment: what its rows say, and what the clock, the process, the disk and
the checkpoints do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from livemon.analysis.checkpoints.listing import paths_of_checkpoints
from livemon.health.advice import Saved, advised, named_checkpoint
from livemon.health.best_not_saved import find_unsaved_best
from livemon.health.checkup import Checkup
from livemon.health.disk import find_full_disk
from livemon.health.finding import Finding, NotJudged, Verdict, worst_first
from livemon.health.process_gone import find_failure
from livemon.health.stall import find_stall
from livemon.health.time_limit import find_time_limit
from livemon.health.unjudged import unjudged_beside_the_rows
from livemon.health.unread import why_unread
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.last_output import LastOutput, last_output

__all__ = ["Examination"]

_Value = TypeVar("_Value")

_LOOK_AGAIN_SECONDS = 5.0  # for files that may not be read, and for checkpoints
_CLOCK_SECONDS = 1.0  # what the clock, the process and the disk say


class Examination:
    """The health of a run, asked again and again as it grows.

    Args:
        run: It is refreshed by whoever owns it.
        clock: Unix seconds.

    Attributes:
        run: As above.
        checkup: What the rows say.
        saved: The steps and paths of the checkpoints, the lowest step first, as the findings were asked for last.
        output: What the run printed last, where it failed, as the findings were asked for last.
    """

    def __init__(self, run: ExperimentLoader, clock: Callable[[], float] = time.time) -> None:
        self.run = run
        self._clock = clock
        self.checkup = Checkup(run)
        self.saved: Saved = []
        self.output: LastOutput | None = None
        self._unread: _Kept[str] = _Kept(_LOOK_AGAIN_SECONDS)
        self._checkpoints: _Kept[tuple[Saved, Finding | None]] = _Kept(_LOOK_AGAIN_SECONDS)
        self._clocked: _Kept[list[Finding | None]] = _Kept(_CLOCK_SECONDS)

    def findings(self, *, ended: bool | None = None) -> tuple[Finding, ...]:
        """What is found now, the worst first. Judges the rows that are new. `ended`: `run.ended`, where the caller has
        just asked for it."""
        with self.run.at_one_moment():
            return self._find(ended)

    def _find(self, ended: bool | None) -> tuple[Finding, ...]:
        self.checkup.update()
        run, now = self.run, self._clock()
        same = run.ended if ended is None else ended, tuple(run.exp_dirs)
        clocked = self._clocked.get(now, same, lambda: [
            find_failure(run, self._find_output()), find_stall(run, now), find_time_limit(run, now),
            find_full_disk(run)])
        of_rows = self.checkup.findings
        known = same, tuple((finding.kind, finding.since, finding.is_over) for finding in of_rows)
        self.saved, unsaved = self._checkpoints.get(now, known, self._list_checkpoints)
        is_ended = bool(same[0])
        now_found = worst_first([*of_rows, *(finding for finding in clocked if finding is not None)])
        made = advised(now_found, self.saved, unsaved, is_ended=is_ended)
        if (path := named_checkpoint(made)) is not None and not os.path.exists(path):  # deleted since it was listed
            self.saved, unsaved = self._checkpoints.get_anew(now, known, self._list_checkpoints)
            made = advised(now_found, self.saved, unsaved, is_ended=is_ended)
        return worst_first(made)

    def _find_output(self) -> LastOutput | None:
        self.output = last_output(self.run)
        return self.output

    def _list_checkpoints(self) -> tuple[Saved, Finding | None]:
        """The checkpoints, and whether the best step has none, for which every point is looked at."""
        saved = paths_of_checkpoints(self.run)
        return saved, find_unsaved_best(self.run, self.run.main_metric(), saved)

    def verdict(self, findings: Sequence[Finding]) -> Verdict:
        """What these findings say. Without a warning a run is unknown where rows of it could not be read."""
        verdict = self.checkup.verdict(findings)
        return Verdict.UNKNOWN if verdict is Verdict.HEALTHY and self.why_unread else verdict

    @property
    def why_unread(self) -> str:
        """Why not all rows could be read; "" where all could. It is looked for every few seconds."""
        return self._unread.get(self._clock(), None, lambda: why_unread(self.run))

    @property
    def not_judged(self) -> tuple[NotJudged, ...]:
        """What could not be judged, and why: of the rows, and of what is beside them."""
        return (*self.checkup.not_judged, *unjudged_beside_the_rows(self.run, self.saved))


class _Kept(Generic[_Value]):
    """A value that costs something to find, kept for some seconds while what it depends on is the same."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._found: tuple[float, object, _Value] | None = None

    def get(self, now: float, of: object, find: Callable[[], _Value]) -> _Value:
        """The value of `of`, which is found where it is not known or too old."""
        if self._found is None or self._found[1] != of or not 0 <= now - self._found[0] < self._seconds:
            return self.get_anew(now, of, find)
        return self._found[2]

    def get_anew(self, now: float, of: object, find: Callable[[], _Value]) -> _Value:
        """The value, found now."""
        self._found = now, of, find()
        return self._found[2]
